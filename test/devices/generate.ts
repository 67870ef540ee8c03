// Random labs with tunnels and random traffic between their pods, from a seed.
import { labData } from "../../lib/lab/data-write.ts";
import type { Case, Question, Traffic } from "../conform/case.ts";
import { Dice } from "../conform/dice.ts";
import { podAddress, type Shape, tunnelLab } from "./labs.ts";

const VXLAN_WORDS = [
  "",
  "",
  "ttl 5",
  "ttl inherit",
  "tos 0x10",
  "tos inherit",
  "df set",
  "df inherit",
  "srcport 40000 40100",
];
const IPIP_WORDS = ["", "", "ttl 5", "nopmtudisc", "tos inherit", "tos 0x10", "dev eth0"];

/** A case of this seed. Of one in three something is set up wrong. */
export function generate(seed: string, kinds: readonly Shape["kind"][]): Case {
  const dice = new Dice(seed);
  const machines = dice.chance(0.3) ? 3 : 2;
  const kind = dice.of(kinds);
  const shape: Shape = {
    machines,
    kind,
    port: dice.of([8472, 4789]),
    vni: dice.of([1, 7, 4096]),
    words: dice.of(kind === "ipip" ? IPIP_WORDS : VXLAN_WORDS),
    mtus: Array.from({ length: machines }, () => dice.of([1500, 1500, 1500, 1400, 1300])),
    podMtu: dice.of([1450, 1450, 1500, 1400]),
    faults: dice.chance(0.35) ? [dice.of(faultsOf(kind))] : [],
  };
  const lab = tunnelLab(shape, seed);
  const pods = Array.from({ length: machines }, (_, i) => i + 1);
  const traffic: Traffic[] = kind === "flannel" ? flannels(dice, pods) : [];
  const flows = traffic.length + 5;
  for (let at = 50; traffic.length < flows; at += 300) traffic.push(flow(dice, shape, pods, at));
  return { name: seed, lab: labData(lab), traffic, questions: questionsOf(shape, pods) };
}

/** Of one in four a machine is told of one subnet less. */
function flannels(dice: Dice, pods: readonly number[]): Traffic[] {
  return pods.map((i) => {
    const others = pods.filter((each) => each !== i);
    const told = dice.chance(0.25) ? others.slice(1) : others;
    const subnets = Object.fromEntries(told.map((o) => [`10.244.${o}.0/24`, `192.168.10.1${o}`]));
    return { kind: "flannel", ns: `n${i}`, address: `192.168.10.1${i}`, tunAddress: `10.244.${i}.0`, subnets };
  });
}

function faultsOf(kind: Shape["kind"]): string[] {
  if (kind === "flannel")
    return [
      "n2: ip link set flannel0 down",
      "n1: ip link set flannel0 mtu 1300",
      "n1: ip link set flannel0 mtu 1500",
      "n2: ip addr del 10.244.2.0/16 dev flannel0",
      "n1: ip route add blackhole 192.168.10.12",
    ];
  if (kind === "ipip")
    return [
      "n2: ip link set t1 down",
      "n1: ip link set t2 mtu 1300",
      "n2: ip tunnel del t1",
      "n2: ip addr del 192.168.10.12/24 dev eth0",
      "n1: ip link set eth0 mtu 1000",
    ];
  const both = ["n2: ip link set vx down", "n2: ip addr del 192.168.10.12/24 dev eth0", "n1: ip link set vx mtu 1000"];
  if (kind === "bridged")
    return [
      ...both,
      "n1: bridge fdb del 00:00:00:00:00:00 dev vx dst 192.168.10.12",
      "n2: bridge fdb add 5e:00:00:00:00:77 dev vx dst 192.168.10.11 static",
      "n1: bridge fdb append 00:00:00:00:00:00 dev vx dst 192.168.10.99",
      "n1: bridge fdb append 00:00:00:00:00:00 dev vx dst 10.99.0.1",
      "n1: bridge fdb append 00:00:00:00:00:00 dev vx dst 192.168.10.12 vni 99",
    ];
  return [
    ...both,
    "n1: bridge fdb replace 5e:00:00:00:00:02 dev vx dst 192.168.10.99",
    "n1: bridge fdb replace 5e:00:00:00:00:02 dev vx dst 192.168.10.12 port 4790",
    "n1: bridge fdb replace 5e:00:00:00:00:02 dev vx dst 192.168.10.12 vni 99",
    "n1: bridge fdb replace 5e:00:00:00:00:02 dev vx dst 10.99.0.1",
    "n1: bridge fdb del 5e:00:00:00:00:02 dev vx",
    "n2: ip neigh del 10.244.1.0 dev vx",
  ];
}

function flow(dice: Dice, shape: Shape, pods: readonly number[], at: number): Traffic {
  const from = dice.of(pods);
  const to = dice.of(pods.filter((each) => each !== from));
  const ns = dice.chance(0.8) ? `p${from}` : `n${from}`;
  const target = podAddress(shape, to);
  const size = dice.of([0, 56, 56, 500, 1200, 1300, 1372, 1400, 1422, 1423, 1472, 3000]);
  const common = { at, ns, to: target, count: dice.of([1, 2]), interval: 100, size, broadcast: false };
  if (dice.chance(0.7))
    return {
      kind: "ping",
      ...common,
      discovery: dice.of(["want", "want", "do", "dont"]),
      ...(dice.chance(0.25) && { ttl: dice.of([1, 2, 3]) }),
    };
  return { kind: "udp", ...common, port: 9999, connected: dice.chance(0.5) };
}

function questionsOf(shape: Shape, pods: readonly number[]): Question[] {
  const ask = (ns: string, command: string): Question => ({ ns, to: "", command });
  return pods.flatMap((i) => {
    const device = shape.kind === "flannel" ? "flannel0" : shape.kind === "ipip" ? (i === 1 ? "t2" : "t1") : "vx";
    const others = pods.filter((each) => each !== i).map((o) => ({ ns: `n${i}`, to: podAddress(shape, o) }));
    const counters = ask(`n${i}`, `ip -s link show ${device}`);
    if (shape.kind === "ipip")
      return [...others, counters, ask(`n${i}`, "ip tunnel show"), ask(`n${i}`, "ip -d link show t1")];
    if (shape.kind === "flannel")
      return [...others, counters, ask(`n${i}`, "ip tuntap show"), ask(`n${i}`, "ip -d link show flannel0")];
    const table = ask(`n${i}`, "bridge fdb show dev vx");
    // ARP goes through a bridged tunnel, and who is confirmed when is chance: then counters say little.
    if (shape.kind === "bridged") return [...others, table];
    return [...others, counters, table, ask(`n${i}`, "ip -d link show vx")];
  });
}
