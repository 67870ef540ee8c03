// How many packets of IPv6 pass each hook: counted by rules of ip6tables on the real kernel, by hook functions here.
import { Lab } from "../../lib/lab/lab.ts";
import { type HookName, PRIORITY } from "../../lib/netns/hooks.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { type Ipv6Packet, PROTOCOL } from "../../lib/wire/packet.ts";
import { runReal } from "../tools/real.ts";

const HOOKS: readonly HookName[] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
/** Errors, echo, and neighbour discovery: reports of listeners (143) go at random moments. */
const TYPES = [1, 2, 3, 128, 129, 135, 136];
const SPACES = ["a", "r", "b"];

/** a - r - b; b has a smaller MTU behind r, and a second address that r is told leads nowhere. */
const BUILD = `
ip netns add a
ip netns add r
ip netns add b
ip link add ea address 02:00:00:00:00:01 netns a type veth peer name ra address 02:00:00:00:00:02 netns r
ip link add eb address 02:00:00:00:00:03 netns b type veth peer name rb address 02:00:00:00:00:04 netns r
ip netns exec a sysctl -qw net.ipv6.conf.all.disable_ipv6=0
ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=0
ip netns exec b sysctl -qw net.ipv6.conf.all.disable_ipv6=0
ip netns exec a sysctl -qw net.ipv6.conf.ea.router_solicitations=0 net.ipv6.conf.ea.router_solicitation_delay=0
ip netns exec r sysctl -qw net.ipv6.conf.ra.router_solicitation_delay=0 net.ipv6.conf.rb.router_solicitation_delay=0
ip netns exec b sysctl -qw net.ipv6.conf.eb.router_solicitations=0 net.ipv6.conf.eb.router_solicitation_delay=0
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip -n r link set rb mtu 1300
ip -n b link set eb mtu 1300
ip -n a link set lo up
ip -n r link set lo up
ip -n b link set lo up
ip -n a link set ea up
ip -n r link set ra up
ip -n r link set rb up
ip -n b link set eb up
ip -n a addr add fd00:1::1/64 dev ea nodad
ip -n r addr add fd00:1::2/64 dev ra nodad
ip -n r addr add fd00:2::2/64 dev rb
ip -n b addr add fd00:2::1/64 dev eb nodad
ip -n a -6 route add default via fd00:1::2
ip -n b -6 route add default via fd00:2::2
ip -n r -6 route add prohibit fd00:3::/64
sleep 2.6
`;

const TRAFFIC = `
ip netns exec a ping -c 2 -i 0.2 fd00:2::1
ip netns exec a ping -c 1 -W 1 -t 1 fd00:2::1
ip netns exec a ping -c 1 -W 1 fd00:3::1
ip netns exec a ping -c 1 -W 1 -s 1400 fd00:2::1
ip netns exec a ping -c 1 -W 1 -s 3000 fd00:2::1
ip netns exec a ping -c 1 -W 1 fd00:1::1
ip netns exec a ping -c 1 -W 1 ::1
ip netns exec a ping -c 1 -W 1 ff02::1%ea
ip netns exec r ping -c 1 -W 1 -s 2000 fd00:2::1
ip netns exec a ping -c 1 -W 1 fd00:1::99
ip netns exec a ping -c 1 -W 1 fd00:2::99
sleep 2.4
`;

const linesOf = (text: string): string[] => text.trim().split("\n");

/** `a OUTPUT 128 5`: how many packets of a type passed a hook of a namespace; only what is not 0. */
export function realCounts(): string[] {
  const rules = SPACES.flatMap((space) =>
    HOOKS.flatMap((hook) =>
      TYPES.map((type) => `ip netns exec ${space} ip6tables -t mangle -A ${hook} -p icmpv6 --icmpv6-type ${type}`),
    ),
  );
  const asked = SPACES.map((space) => `ip netns exec ${space} ip6tables-save -c -t mangle`);
  const said = runReal([...linesOf(BUILD), ...rules, ...linesOf(TRAFFIC), ...asked]);
  const failed = said.find(({ line, status }) => status !== 0 && !line.includes("ping"));
  if (failed !== undefined) throw new Error(`${failed.line}: ${failed.err}`);
  return SPACES.flatMap((space, i) =>
    [...said.at(i - SPACES.length)!.out.matchAll(/^\[(\d+):\d+\] -A (\w+) .*--icmpv6-type (\d+)/gm)]
      .filter(([, count]) => count !== "0")
      .map(([, count, hook, type]) => `${space} ${hook} ${type} ${count}`),
  ).sort();
}

/** The same in the model. */
export function modelCounts(): string[] {
  const lab = new Lab();
  lab.node("node");
  const run = (text: string) => {
    for (const line of linesOf(text)) runShell(lab, place(lab, "node"), line);
  };
  run(BUILD);
  const counts = new Map<string, number>();
  for (const space of SPACES)
    for (const hook of HOOKS) count(lab.netns(space), hook, (key) => counts.set(key, (counts.get(key) ?? 0) + 1));
  run(TRAFFIC);
  return [...counts].map(([key, found]) => `${key} ${found}`).sort();
}

function count(ns: Netns, hook: HookName, met: (key: string) => void): void {
  ns.hooks6.register(hook, {
    name: "counter",
    priority: PRIORITY.mangle,
    run: (_, { packet }) => {
      const type = typeOf(packet);
      if (type !== null && TYPES.includes(type)) met(`${ns.name} ${hook} ${type}`);
      return "accept";
    },
  });
}

/** ICMPv6's type; of what was cut only the first piece says it. */
function typeOf({ body, fragment }: Ipv6Packet): number | null {
  if (body.kind === "icmp6") return body.type;
  const isFirst = body.kind === "unknown" && body.protocol === PROTOCOL.icmp6 && fragment?.offset === 0;
  return isFirst ? body.data[0]! : null;
}
