// A trace that is told late says what it would have said at once, byte for byte: no fact that a sentence is made of
// changes between the two. Random labs and traffic, and labs that somebody changes while packets are under way.
import { expect } from "chai";
import { Lab } from "../../lib/lab/lab.ts";
import { addAddress } from "../../lib/netns/configure.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { Recorder } from "../../lib/trace/recorder.ts";
import { LEVEL } from "../../lib/trace/step.ts";
import { addressWithLength } from "../../lib/wire/address.ts";
import { atLeast } from "../conform/batches.ts";
import type { Case } from "../conform/case.ts";
import { Dice } from "../conform/dice.ts";
import { generate } from "../conform/generate.ts";
import { runModel } from "../conform/model.ts";
import { casesOf } from "../devices/ask.ts";
import { policyCase } from "../policy/generate.ts";

type When = "at once" | "late";

/** From now on every step is recorded; "at once" settles after each, so that it is told when it was noted. */
function watch(lab: Lab, when: When): void {
  const { recorder } = lab;
  recorder.level = LEVEL.full;
  if (when === "late") return;
  recorder.note = function (this: Recorder, ...row: Parameters<Recorder["note"]>) {
    const id = Recorder.prototype.note.apply(this, row);
    this.settle();
    return id;
  } as Recorder["note"];
}

/** The steps of a case, one in a line. */
function stepsOf(test: Case, when: When): string[] {
  const labs: Lab[] = [];
  runModel(test, atLeast(test), (lab) => {
    watch(lab, when);
    labs.push(lab);
  });
  return labs.flatMap(({ recorder }) => recorder.steps.map((step) => JSON.stringify(step)));
}

/** Two pods behind a router, every way in two forms so that changes find something to change. */
function town(): Lab {
  const lab = new Lab({ seed: "town" });
  const router = lab.node("router").forward();
  router.bridge("br0", { address: "10.1.0.1/24" });
  for (const i of [2, 3]) router.pod(`pod${i}`, { bridge: "br0", address: `10.1.0.${i}/24`, gateway: "10.1.0.1" });
  const far = lab.node("far");
  for (const i of [1, 2]) {
    const ends = lab.cable("router", `out${i}`, "far", `in${i}`);
    for (const [k, end] of ends.entries()) {
      const { address, length } = addressWithLength(`10.2.${i}.${k + 1}/24`);
      addAddress(k === 0 ? router.root : far.root, end, address, length);
    }
  }
  run(lab, "far", "ip route add 10.1.0.0/24 via 10.2.1.1");
  return lab;
}

function run(lab: Lab, where: string, line: string): void {
  runShell(lab, place(lab, where), line);
}

const CHANGES: readonly (readonly [string, string])[] = [
  ["router", "ip link set out1 down"],
  ["router", "ip link set out1 up"],
  ["router", "ip link set out1 name uplink"],
  ["router", "ip link set uplink name out1"],
  ["router", "ip link set br0 address 02:00:00:00:00:77"],
  ["router", "sysctl -w net.ipv4.ip_forward=0"],
  ["router", "sysctl -w net.ipv4.ip_forward=1"],
  ["router", "sysctl -w net.ipv4.conf.br0.forwarding=1"],
  ["router", "ip route replace 10.2.1.0/24 via 10.2.2.2"],
  ["router", "ip route del 10.2.1.0/24 via 10.2.2.2"],
  ["router", "ip rule add from 10.1.0.2 table 7"],
  ["router", "ip rule add iif uplink table 8"],
  ["router", "ip rule del from 10.1.0.2 table 7"],
  ["router", "ip route add 10.2.1.2 dev out1 table 7"],
  ["router", "ip route replace 10.2.1.2 nexthop via 10.2.1.2 nexthop via 10.2.2.2"],
  ["router", "ip neigh flush dev br0"],
  ["router", "ip neigh replace 10.1.0.2 lladdr 02:00:00:00:00:99 nud permanent dev br0"],
  ["router", "ip link set out2 mtu 600"],
  ["router", "ip link add dummy0 type dummy"],
  ["router", "ip link del dummy0"],
  ["router", "ip rule add iif dummy0 table 8"],
  ["far", "ip link set in2 down"],
  ["far", "ip link set in1 name eth0"],
  ["far", "ip route replace 10.1.0.0/24 via 10.2.2.1"],
  ["far", "ip route del 10.1.0.0/24"],
  ["pod2", "ip link set eth0 down"],
  ["pod2", "ip link set eth0 up; ip route add default via 10.1.0.1"],
  ["pod2", "ip addr add 10.1.0.9/24 dev eth0"],
  ["pod2", "ip addr del 10.1.0.2/24 dev eth0"],
];

const TRAFFIC: readonly (readonly [string, string])[] = [
  ["pod2", "ping -c 1 -W 1 10.2.1.2"],
  ["pod2", "ping -c 1 -W 1 10.1.0.3"],
  ["pod3", "ping -c 1 -W 1 -s 1400 -M do 10.2.2.2"],
  ["far", "ping -c 1 -W 1 10.1.0.3"],
  ["pod3", "ping -c 2 -i 0.2 -W 1 10.9.9.9"],
];

/** Traffic and changes in turn; some changes fall into the middle of the traffic. */
function changedTown(seed: string, when: When): string[] {
  const dice = new Dice(seed);
  const lab = town();
  watch(lab, when);
  for (let i = 0; i < 12; i++) {
    const [from, line] = dice.of(TRAFFIC);
    const [where, change] = dice.of(CHANGES);
    lab.later(dice.whole(0, 30_000), () => run(lab, where, change));
    run(lab, from, line);
    const [later, another] = dice.of(CHANGES);
    run(lab, later, another);
  }
  return lab.recorder.take().map((step) => JSON.stringify(step));
}

function expectSame(late: readonly string[], atOnce: readonly string[], name: string): number {
  const at = late.findIndex((line, i) => line !== atOnce[i]);
  if (at !== -1) expect(late[at], `${name}, step ${at}`).to.equal(atOnce[at]);
  expect(late.length, name).to.equal(atOnce.length);
  return late.length;
}

describe("a trace that is told late", function () {
  this.timeout(60_000);

  it("says of random labs and their traffic what it would have said at once", () => {
    const cases = [
      ...Array.from({ length: 12 }, (_, i) => generate(`told/${i}`)),
      ...Array.from({ length: 8 }, (_, i) => policyCase(`told/${i}`)),
      ...casesOf(["routed", "bridged", "ipip"], 0, 6),
    ];
    let steps = 0;
    for (const test of cases) steps += expectSame(stepsOf(test, "late"), stepsOf(test, "at once"), test.name);
    expect(steps).to.be.above(5000);
  });

  it("says it also of labs that somebody changes meanwhile", () => {
    let steps = 0;
    for (let i = 0; i < 60; i++)
      steps += expectSame(changedTown(`${i}`, "late"), changedTown(`${i}`, "at once"), `town ${i}`);
    expect(steps).to.be.above(5000);
  });
});
