// Random bridges whose packets pass the hooks of IP and are sent elsewhere there: to another host of the same bridge, to
// one behind a route, to the bridge itself, to nobody, or back to who asked.
import { labData } from "../../lib/lab/data-write.ts";
import { Lab } from "../../lib/lab/lab.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import type { Case, Traffic } from "../conform/case.ts";
import { Dice } from "../conform/dice.ts";

const ELSEWHERE = ["10.0.0.3", "10.0.0.3", "10.0.4.4", "10.0.0.254", "10.0.0.99", "10.0.0.1", "10.9.9.9"];

/** A case of this seed: hosts 1 to 3 on a bridge, host 4 behind a route; pings to host 2 go elsewhere. */
export function generateDnat(seed: string): Case {
  const dice = new Dice(seed);
  const lab = new Lab({ seed });
  const run = (where: string, line: string) => {
    const { text, status } = runShell(lab, place(lab, where), line);
    if (status !== 0) throw new Error(`${where}: ${line}: ${text}`);
  };
  lab.node("sw").load("br_netfilter");
  run("sw", "ip link add br0 address 02:00:00:00:00:aa type bridge mcast_snooping 0");
  run("sw", "ip link set br0 up; ip addr add 10.0.0.254/24 brd + dev br0");
  for (const i of [1, 2, 3, 4]) {
    lab.node(`h${i}`);
    lab.cable("sw", `p${i}`, `h${i}`, "eth0");
    const network = i === 4 ? "10.0.4" : "10.0.0";
    if (i === 4) run("sw", "ip addr add 10.0.4.254/24 brd + dev p4");
    else run("sw", `ip link set p${i} master br0`);
    run(`h${i}`, `ip link set eth0 address 02:00:00:00:00:0${i}`);
    run(`h${i}`, `ip addr add ${network}.${i}/24 brd + dev eth0; ip route add default via ${network}.254`);
  }
  run("sw", `sysctl -q -w net.ipv4.ip_forward=${dice.chance(0.75) ? 1 : 0}`);
  lab.run();
  const to = dice.of(ELSEWHERE);
  const line = `iptables -t nat -A PREROUTING -d 10.0.0.2 -p icmp -j DNAT --to-destination ${to}`;
  const traffic: Traffic[] = [{ kind: "command", at: 20, ns: "sw", command: line }];
  for (let at = 100; traffic.length < 6; at += 200) {
    const size = dice.of([0, 56, 1400, 1472]);
    const common = { count: dice.whole(1, 2), interval: 100, size, discovery: "want", broadcast: false } as const;
    traffic.push({
      kind: "ping",
      at,
      ns: `h${dice.of([1, 1, 3, 4])}`,
      to: dice.of(["10.0.0.2", "10.0.0.2", "10.0.0.3"]),
      ...common,
    });
  }
  return {
    name: seed,
    lab: labData(lab),
    traffic,
    questions: [{ ns: "sw", to: "", command: "bridge fdb show br br0" }],
  };
}
