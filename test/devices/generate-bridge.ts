// Random bridges from a seed: switches of ports, VLANs, entries set by hand, and frames of every kind through them.
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import type { Case, Question, Traffic } from "../conform/case.ts";
import { Dice } from "../conform/dice.ts";

const FLAGS = ["hairpin", "learning", "flood", "mcast_flood", "bcast_flood", "isolated", "locked"];
const VLANS = [1, 10, 20, 30];

/** A case of this seed: one machine with a bridge and three to five hosts on it, with VLANs if `filters`. */
export function generateBridge(seed: string, filters: boolean): Case {
  const dice = new Dice(seed);
  const lab = new Lab({ seed });
  const hosts = Array.from({ length: dice.whole(3, 5) }, (_, i) => i + 1);
  const run = (where: string, line: string) => {
    const { text, status } = runShell(lab, place(lab, where), line);
    if (status !== 0) throw new Error(`${where}: ${line}: ${text}`);
  };
  lab.node("sw");
  const settings = filters ? " vlan_filtering 1" : "";
  const pvid = filters && dice.chance(0.3) ? ` vlan_default_pvid ${dice.of([0, 10])}` : "";
  run("sw", `ip link add br0 address 02:00:00:00:00:aa type bridge mcast_snooping 0${settings}${pvid}`);
  run("sw", "ip link set br0 up");
  if (dice.chance(0.7)) run("sw", "ip addr add 10.0.0.254/24 brd + dev br0");
  for (const i of hosts) {
    lab.node(`h${i}`);
    lab.cable("sw", `p${i}`, `h${i}`, "eth0");
    run(`h${i}`, `ip link set eth0 address 02:00:00:00:00:0${i}`);
    run("sw", `ip link set p${i} master br0`);
    run(`h${i}`, `ip addr add 10.0.0.${i}/24 brd + dev eth0`);
  }
  for (const i of hosts) for (const line of portLines(dice, i, filters, pvid === "")) run("sw", line);
  if (filters) {
    for (const i of hosts)
      for (const id of VLANS.filter(() => dice.chance(0.25))) {
        run(`h${i}`, `ip link add link eth0 name eth0.${id} type vlan id ${id}`);
        run(`h${i}`, `ip addr add 10.${id}.0.${i}/24 brd + dev eth0.${id}`);
        run(`h${i}`, `ip link set eth0.${id} up`);
      }
    for (const id of VLANS.filter(() => dice.chance(0.4)))
      run("sw", `bridge vlan add dev br0 vid ${id}${dice.of([" pvid", ""])}${dice.of([" untagged", ""])} self`);
  }
  lab.run();
  const traffic: Traffic[] = [];
  for (let at = 50; traffic.length < 16; at += 150) traffic.push(frameOrPing(dice, hosts, at, filters));
  const ask = (command: string): Question => ({ ns: "sw", to: "", command });
  const questions = ["bridge -d link", "bridge fdb show br br0", ...(filters ? ["bridge vlan", "bridge -j vlan"] : [])];
  return { name: seed, lab: labData(lab), traffic, questions: questions.map(ask) };
}

function portLines(dice: Dice, i: number, filters: boolean, isIn1: boolean): string[] {
  const lines: string[] = [];
  const flags = FLAGS.filter((flag) => dice.chance(flag === "locked" ? 0.08 : 0.2));
  for (const flag of flags) {
    const word = flag === "hairpin" || flag === "isolated" || flag === "locked" ? "on" : "off";
    if (dice.chance(0.5)) lines.push(`bridge link set dev p${i} ${flag} ${word}`);
    else lines.push(`ip link set p${i} type bridge_slave ${flag} ${word}`);
  }
  if (dice.chance(0.1)) lines.push(`bridge link set dev p${i} state disabled`);
  if (dice.chance(0.2)) lines.push(`bridge fdb replace 02:00:00:00:01:0${dice.whole(1, 4)} dev p${i} master static`);
  if (!filters) return lines;
  if (isIn1 && dice.chance(0.2)) lines.push(`bridge vlan del dev p${i} vid 1`);
  for (const id of VLANS.filter(() => dice.chance(0.5)))
    lines.push(`bridge vlan add dev p${i} vid ${id}${dice.of([" pvid", "", ""])}${dice.of([" untagged", "", ""])}`);
  return lines;
}

const DESTINATIONS = ["ffffffffffff", "01005e000001", "0180c200000e", "0180c2000000", "333300000001", "0200000000aa"];

function frameOrPing(dice: Dice, hosts: readonly number[], at: number, filters: boolean): Traffic {
  const from = dice.of(hosts);
  const to = dice.of([...hosts, 254].filter((each) => each !== from));
  if (dice.chance(0.4)) {
    const network = filters && dice.chance(0.5) ? dice.of(VLANS) : 0;
    return {
      kind: "ping",
      at,
      ns: `h${from}`,
      to: `10.${network}.0.${to}`,
      count: 1,
      interval: 100,
      size: dice.of([0, 56, 1472]),
      discovery: "want",
      broadcast: false,
    };
  }
  // Hosts, strangers and groups; the second digit from the right is the stranger's.
  const stranger = `02000000010${dice.whole(1, 4)}`;
  const dst = dice.of([...DESTINATIONS, stranger, stranger, `02000000000${dice.of(hosts)}`]);
  const src = dice.of([`02000000000${from}`, `02000000000${from}`, `02000000010${dice.whole(1, 4)}`, "010000000001"]);
  const priority = dice.of([0, 0, 5]) << 13;
  const tag = filters && dice.chance(0.6) ? `8100${hex(priority | dice.of([0, 1, 10, 20, 30, 40]))}` : "";
  return {
    kind: "frame",
    at,
    ns: `h${from}`,
    dev: "eth0",
    bytes: `${dst}${src}${tag}88b5${hex(at)}${"00".repeat(44)}`,
  };
}

function hex(value: number): string {
  return value.toString(16).padStart(4, "0");
}
