// Where histories happen: clients, a director and eight real servers on one bridge. The virtual addresses are local to the
// director and to every real server, whatever the mode.
import { Lab } from "../../lab/lab.ts";
import { LEVEL } from "../../trace/step.ts";
import { place, runShell } from "../shell.ts";
import type { Mode } from "./history.ts";

/** The machine, by which the bridge stands; all others are its namespaces. */
export const ROOT = "root";
const REAL = ["r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8"];
const CLIENTS = ["10.1.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "203.0.113.0/24", "100.64.0.0/10"];
/** Clients whose kernel never hears an answer. */
const SILENT = "10.66.0.0/16";

/** A lab of its own for each history. */
export function directorLab(seed: string, mode: Mode): Lab {
  const lab = new Lab({ seed });
  lab.recorder.level = LEVEL.off;
  lab.node(ROOT);
  const names = ["c", "d", ...REAL];
  const lines = [
    "modprobe ipip",
    "ip link add br0 type bridge",
    "ip link set br0 up",
    ...names.flatMap((ns) => [
      `ip netns add ${ns}`,
      `ip link add v${ns} type veth peer name eth0 netns ${ns}`,
      `ip link set v${ns} master br0 up`,
      `ip -n ${ns} link set lo up`,
      `ip -n ${ns} link set eth0 up`,
      `ip netns exec ${ns} sysctl -qw net.ipv4.icmp_ratelimit=0`,
    ]),
    "ip -n c addr add 10.3.0.1/24 dev eth0",
    "ip -n c addr add 10.2.0.253/24 dev eth0",
    ...CLIENTS.map((net) => `ip -n c route add local ${net} dev lo`),
    "ip -n c route add 10.9.0.0/16 via 10.3.0.254",
    "ip -n d addr add 10.3.0.254/24 dev eth0",
    "ip -n d addr add 10.2.0.254/24 dev eth0",
    ...[...CLIENTS, SILENT].map((net) => `ip -n d route add ${net} via 10.3.0.1`),
    "ip -n d route add local 10.9.0.0/16 dev lo",
    "ip netns exec d sysctl -qw net.ipv4.ip_forward=1",
    "ip netns exec d iptables -t mangle -A PREROUTING -d 10.9.100.0/24 -j MARK --set-mark 1",
    ...REAL.flatMap((ns, i) => [
      `ip -n ${ns} addr add 10.2.0.${i + 1}/24 dev eth0`,
      // Translated packets have to come back to the director; others go to the client by themselves.
      `ip -n ${ns} route add default via 10.2.0.${mode === "masq" ? 254 : 253}`,
      `ip -n ${ns} route add local 10.9.0.0/16 dev lo`,
      `ip -n ${ns} link set tunl0 up`,
    ]),
  ];
  const { text } = runShell(lab, place(lab, ROOT), lines.join("\n"));
  if (text !== "") throw new Error(text);
  return lab;
}
