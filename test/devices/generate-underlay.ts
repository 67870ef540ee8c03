// Random labs whose tunnels cross a router that does not let everything through: what it says of the outer packets, and
// what of that the senders inside hear. VXLAN, routed into or bridged, with pods of both families.
// (What IP in IP does is in underlay-lines.ts.)
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { forgetLearned } from "../../lib/link/bridge.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { SECOND } from "../../lib/trace/world.ts";
import type { Case, Question, Traffic } from "../conform/case.ts";
import { Dice } from "../conform/dice.ts";

/** What the router, the way or the other end does wrong, at the beginning or in the middle of the traffic. */
const FAULTS = [
  "r: ip route add blackhole 192.168.2.1",
  "r: ip link set eth1 mtu 1300; n2: ip link set eth0 mtu 1300",
  "r: ip link set eth1 mtu 1396; n2: ip link set eth0 mtu 1396",
  "r: ip link set eth1 mtu 700; n2: ip link set eth0 mtu 700",
  "n2: ip link set pipe down",
  "n1: ip route add 192.168.2.1 via 192.168.1.2 mtu 1280",
];
/** Nobody asks for routers. */
const QUIET = "sysctl -q -w net.ipv6.conf.default.router_solicitations=0";
const WORDS = ["", "df set", "df set", "df inherit", "df inherit", "ttl 1", "ttl inherit"];

/** The case of this seed. */
export function generateUnderlay(seed: string): Case {
  const dice = new Dice(seed);
  const kind = dice.of(["routed", "bridged"] as const);
  const lab = new Lab({ seed, ipv6: true });
  const run = (where: string, line: string) => {
    const { text, status } = runShell(lab, place(lab, where), line);
    if (status !== 0) throw new Error(`${where}: ${line}: ${text}`);
  };
  for (const name of ["r", "n1", "n2"]) {
    lab.node(name);
    run(name, QUIET);
  }
  run("r", "sysctl -q -w net.ipv4.ip_forward=1");
  // The same at both ends: Linux 6.18 gives the DF of a question of ARP to the answer, too.
  const words = dice.of(WORDS);
  for (const i of [1, 2]) {
    lab.cable("r", `eth${i - 1}`, `n${i}`, "eth0");
    run("r", `ip addr add 192.168.${i}.2/24 dev eth${i - 1}`);
    end(run, dice, kind, words, i);
  }
  const fault = dice.chance(0.85) ? dice.of(FAULTS) : null;
  const faults = (fault?.split("; ") ?? []).map((each) => each.split(": ") as [string, string]);
  const isAtOnce = dice.chance(0.4);
  if (isAtOnce) for (const [where, line] of faults) run(where, line);
  settle(lab, run);
  const traffic: Traffic[] = [];
  for (let i = 0; i < 6; i++) traffic.push(flow(dice, kind, 50 + 600 * i));
  if (!isAtOnce) for (const [ns, command] of faults) traffic.push({ kind: "command", at: 600, ns, command });
  return { name: seed, lab: labData(lab), traffic, questions: questionsOf(kind) };
}

/** Until what speaks of itself has spoken; the outer neighbours are known, and what bridges learned meanwhile forgotten. */
function settle(lab: Lab, run: Run): void {
  lab.runFor(4 * SECOND);
  for (const i of [1, 2]) {
    const mac = (ns: string, dev: string) => lab.netns(ns).devices.get(dev)!.mac;
    run("r", `ip neigh replace 192.168.${i}.1 lladdr ${mac(`n${i}`, "eth0")} dev eth${i - 1} nud permanent`);
    run(`n${i}`, `ip neigh replace 192.168.${i}.2 lladdr ${mac("r", `eth${i - 1}`)} dev eth0 nud permanent`);
  }
  for (const { devices } of lab.namespaces.values())
    for (const device of devices.values()) if (device.master !== null) forgetLearned(device);
}

type Run = (where: string, line: string) => void;
type Kind = "routed" | "bridged";

/** A machine at one end of the tunnel, with its pod. */
function end(run: Run, dice: Dice, kind: Kind, words: string, i: number): void {
  const [n, p, o] = [`n${i}`, `p${i}`, 3 - i];
  const isBridged = kind === "bridged";
  run(n, "sysctl -q -w net.ipv4.ip_forward=1");
  run(n, `ip addr add 192.168.${i}.1/24 dev eth0`);
  run(n, `ip route add 192.168.${o}.0/24 via 192.168.${i}.2`);
  run(n, `ip netns add ${p}`);
  run(p, QUIET);
  run(n, `ip link add veth0 type veth peer name eth0 netns ${p}`);
  run(n, "ip link set veth0 up");
  run(n, `ip -n ${p} link set lo up`);
  run(n, `ip -n ${p} link set eth0 up`);
  const ends = `local 192.168.${i}.1 remote 192.168.${o}.1`;
  run(n, `ip link add pipe type vxlan id 7 dstport 4789 ${ends} ${words}`);
  if (dice.chance(0.6)) run(n, `ip link set pipe mtu ${isBridged ? 1500 : 1450}`);
  run(n, "ip link set pipe up");
  if (isBridged) {
    run(n, `ip link add br0 address 02:00:00:00:00:0${i} type bridge`);
    run(n, "sysctl -q -w net.ipv6.conf.br0.disable_ipv6=1");
    run(n, "ip link set br0 up");
    for (const port of ["veth0", "pipe"]) run(n, `ip link set ${port} master br0`);
    run(n, `ip -n ${p} addr add 10.244.0.${i}/24 dev eth0`);
    run(n, `ip -n ${p} addr add fd00::${i}/64 dev eth0 nodad`);
    return;
  }
  run(n, `ip addr add 10.244.${i}.1/24 dev veth0`);
  run(n, `ip -n ${p} addr add 10.244.${i}.2/24 dev eth0`);
  run(n, `ip -n ${p} route add default via 10.244.${i}.1`);
  run(n, "sysctl -q -w net.ipv6.conf.all.forwarding=1");
  run(n, `ip addr add 10.245.0.${i}/24 dev pipe`);
  run(n, `ip addr add fd00:245::${i}/64 dev pipe nodad`);
  run(n, `ip addr add fd00:${i}::1/64 dev veth0 nodad`);
  run(n, `ip -n ${p} addr add fd00:${i}::2/64 dev eth0 nodad`);
  run(n, `ip -n ${p} route add default via fd00:${i}::1`);
  run(n, `ip route add 10.244.${o}.0/24 via 10.245.0.${o}`);
  run(n, `ip route add fd00:${o}::/64 via fd00:245::${o}`);
}

function flow(dice: Dice, kind: Kind, at: number): Traffic {
  const [from, to] = dice.of([
    [1, 2],
    [1, 2],
    [2, 1],
  ] as const);
  const ns = kind === "bridged" || dice.chance(0.8) ? `p${from}` : `n${from}`;
  const isSix = dice.chance(0.5);
  const target = isSix
    ? kind === "bridged"
      ? `fd00::${to}`
      : `fd00:${to}::2`
    : kind === "bridged"
      ? `10.244.0.${to}`
      : `10.244.${to}.2`;
  const size = dice.of([56, 56, 500, 1200, 1300, 1372, 1400, 1422, 1472]);
  const common = { at, ns, to: target, count: dice.of([2, 3, 4]), interval: 100, size, broadcast: false };
  if (isSix || dice.chance(0.7))
    return {
      ...{ kind: "ping", ...common, discovery: dice.of(["want", "want", "do", "dont"]) },
      ...(dice.chance(0.2) && { ttl: dice.of([2, 3]) }),
    };
  return { kind: "udp", ...common, port: 9999, connected: dice.chance(0.5) };
}

function questionsOf(kind: Kind): Question[] {
  return [1, 2].flatMap((i) => [
    { ns: `n${i}`, to: `192.168.${3 - i}.1` },
    { ns: `p${i}`, to: kind === "bridged" ? `10.244.0.${3 - i}` : `10.244.${3 - i}.2` },
  ]);
}
