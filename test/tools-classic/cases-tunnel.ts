// traceroute and tracepath through a tunnel: two machines a and b behind a router, and a pod behind each of them.
import { row } from "./row.ts";

const IN_POD = "ip netns exec pa";

/** Pods 10.8.1.2 on a and 10.8.2.2 on b; what is between them goes through `tunnel`, of which each end is made by words. */
function overlay(ends: (local: string, remote: string) => string, tunnel: string): string {
  const lines = [row("a", "u", "b")];
  for (const [name, pod, net, far, local, remote] of [
    ["a", "pa", 1, 2, "10.0.0.1", "10.0.1.2"],
    ["b", "pb", 2, 1, "10.0.1.2", "10.0.0.1"],
  ] as const)
    lines.push(
      `ip netns add ${pod}`,
      `ip link add eth0 netns ${pod} type veth peer name pod netns ${name}`,
      `ip -n ${pod} addr add 10.8.${net}.2/24 dev eth0`,
      `ip -n ${pod} link set eth0 up`,
      `ip -n ${name} addr add 10.8.${net}.1/24 dev pod`,
      `ip -n ${name} link set pod up`,
      `ip -n ${pod} route add default via 10.8.${net}.1`,
      `ip netns exec ${name} sysctl -qw net.ipv4.ip_forward=1`,
      `ip -n ${name} link add ${tunnel} ${ends(local, remote)}`,
      `ip -n ${name} addr add 10.9.0.${net}/24 dev ${tunnel}`,
      `ip -n ${name} link set ${tunnel} up`,
      `ip -n ${name} route add 10.8.${far}.0/24 via 10.9.0.${far} dev ${tunnel}`,
    );
  return lines.join("\n");
}

const VXLAN = overlay((local, remote) => `type vxlan id 7 dstport 4789 local ${local} remote ${remote}`, "vx0");
const IPIP = overlay((local, remote) => `type ipip local ${local} remote ${remote}`, "tn0");

const COMMANDS = [
  "traceroute -n 10.8.2.2",
  "traceroute -n -I -q 1 10.8.2.2",
  "traceroute -n --mtu -q 1 10.8.2.2",
  "traceroute -n -F -N 1 10.8.2.2 1500",
  "tracepath -n 10.8.2.2",
];

function each(name: string, setUp: string): [string, string][] {
  return COMMANDS.map((command, i) => [`${name}${i + 1}`, `${setUp}\n${IN_POD} ${command}`]);
}

export const TUNNELS: Readonly<Record<string, string>> = Object.fromEntries([
  ...each("traceVxlan", VXLAN),
  ...each("traceIpip", IPIP),
]);

/** A kernel without ipip cannot play these: they are recorded on one that has it. */
export const IPIP_CASES: readonly string[] = Object.keys(TUNNELS).filter((name) => /Ipip/.test(name));
