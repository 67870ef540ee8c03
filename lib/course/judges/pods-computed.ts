// Numbers that students find by thinking, set against what packets do.
import { Lab } from "../../lab/lab.ts";
import type { Task } from "../assignment.ts";
import { type Tried, tried } from "../loss.ts";
import type { PodsValues } from "../pods.ts";
import { numbered } from "./answers.ts";

/** The first ping from alpha, through so many routers in a row, to omega. */
function firstPing(routers: number): Tried {
  const lab = new Lab({ seed: "a row of routers" });
  const names = ["alpha", ...Array.from({ length: routers }, (_, i) => `router-${i + 1}`), "omega"];
  for (const name of names) lab.node(name).forward();
  const run = (where: string, text: string) => void tried(lab, where, text);
  for (let i = 0; i <= routers; i++) {
    lab.cable(names[i]!, "right", names[i + 1]!, "left");
    run(names[i]!, `ip addr add 10.0.${i}.1/24 dev right`);
    run(names[i + 1]!, `ip addr add 10.0.${i}.2/24 dev left`);
  }
  for (let i = 0; i < routers; i++) {
    run(names[i]!, `ip route add 10.0.${routers}.0/24 via 10.0.${i}.2`);
    run(names[i + 2]!, `ip route add 10.0.0.0/24 via 10.0.${i + 1}.1`);
  }
  return tried(lab, "alpha", `ping -c 1 10.0.${routers}.2`);
}

const isQuestion = ({ packet }: Tried["trace"]["steps"][number]): boolean =>
  packet !== undefined && "payload" in packet && packet.payload.kind === "arp" && packet.payload.op === "request";

export const JOURNEY: Task<PodsValues> = {
  name: "journey",
  properties: [
    numbered(
      "ttl",
      2,
      ({ routers }) => Number(/ttl=(\d+)/.exec(firstPing(routers).out)?.[1]),
      "It leaves with 64, and each router on the way takes one.",
    ),
    numbered(
      "questions",
      2,
      ({ routers }) => firstPing(routers).trace.of("send").filter(isQuestion).steps.length,
      "Each link has its own question; whoever was asked knows the asker, and the way back needs none.",
    ),
  ],
};

const TUNNELS = {
  ipip: "ip link add tun9 type ipip",
  vxlan: "ip link add tun9 type vxlan id 9 dstport 4789 dev eth0",
} as const;

/** The most octets that `ping -M do -s` sends between two nodes, bare or through a tunnel: found by trying. */
function largest(mtu: number, tunnel: keyof typeof TUNNELS | null): number {
  const lab = new Lab({ seed: "sizes" });
  lab.node("one");
  lab.node("two");
  lab.cable("one", "eth0", "two", "eth0");
  for (const [here, at, to] of [
    ["one", 1, 2],
    ["two", 2, 1],
  ] as const) {
    const inner =
      tunnel === null
        ? ""
        : `; ${TUNNELS[tunnel]} local 10.0.0.${at} remote 10.0.0.${to}; ip addr add 10.9.0.${at}/24 dev tun9; ip link set tun9 up`;
    tried(lab, here, `ip link set eth0 mtu ${mtu}; ip addr add 10.0.0.${at}/24 dev eth0${inner}`);
  }
  const passes = (size: number) =>
    tried(lab, "one", `ping -c 1 -W 1 -M do -s ${size} ${tunnel === null ? "10.0.0.2" : "10.9.0.2"}`).ok;
  let [most, tooMuch] = [0, mtu + 1];
  while (tooMuch - most > 1) {
    const size = (most + tooMuch) >> 1;
    if (passes(size)) most = size;
    else tooMuch = size;
  }
  return most;
}

export const SIZES: Task<PodsValues> = {
  name: "sizes",
  properties: [
    numbered("plain", 1, ({ mtu }) => largest(mtu, null), "IP needs 20 octets, ICMP 8."),
    numbered("ipip", 1, ({ mtu }) => largest(mtu, "ipip"), "One more header of IP stands in front."),
    numbered(
      "vxlan",
      1,
      ({ mtu }) => largest(mtu, "vxlan"),
      "In front stand IP 20, UDP 8, VXLAN 8, and the inner frame's own Ethernet header, 14.",
    ),
  ],
};
