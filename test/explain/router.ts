// A router of three namespaces on this machine's kernel: what its tools print, and what it really does with packets.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readPacket } from "../../lib/tools/dumps/packet.ts";
import { ipv4Bytes } from "../../lib/wire/bytes.ts";
import type { Ipv4Packet } from "../../lib/wire/packet.ts";

/** What a packet met. */
export interface Met {
  readonly packet: string;
  /** Rules that counted it, as `TABLE -A CHAIN ...`. */
  readonly counted: readonly string[];
  /** What left the router for it, as tcpdump prints it. */
  readonly seen: readonly string[];
}

export interface Recording {
  readonly files: Readonly<Record<"iptables" | "addr" | "route" | "rule" | "neigh", string>>;
  readonly met: readonly Met[];
  /** The same machine later: with the connections that those packets left. */
  readonly conntrack: string;
  readonly later: readonly Met[];
}

const RULES = `*mangle
-A PREROUTING -p udp -m udp --dport 9000:9010 -j MARK --set-xmark 0x1/0xffffffff
COMMIT
*nat
:SERVICES - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j SERVICES
-A POSTROUTING -s 10.9.2.0/24 -o eth0 -j MASQUERADE
-A SERVICES -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.9.2.2:8443
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:CHECKS - [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT
-A INPUT -s 10.9.1.0/24 -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -j CHECKS
-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT
-A FORWARD -i eth1 -j ACCEPT
-A FORWARD -p udp -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable
-A OUTPUT -p udp -m udp --dport 9 -j DROP
-A OUTPUT -p udp -m comment --comment "what is made here" -j ACCEPT
-A CHECKS -p tcp -m multiport --dports 23,25 -j REJECT --reject-with tcp-reset
-A CHECKS -m mark --mark 0x1 -j ACCEPT
COMMIT
`;

/** The files alone decide about these. */
export const PACKETS = [
  "in eth0 tcp 10.9.1.2:40000 > 10.9.1.1:443 syn",
  "in eth0 udp 10.9.1.2:40001 > 10.9.2.2:53",
  "in eth0 tcp 10.9.1.2:40002 > 10.9.2.2:80 syn",
  "in eth0 tcp 10.9.1.2:40003 > 10.9.2.2:25 syn",
  "in eth0 udp 10.9.1.2:40004 > 10.99.0.1:9001",
  "in eth0 tcp 10.9.1.2:40005 > 10.9.1.1:22 syn",
  "in eth0 icmp echo-request 10.9.1.2 > 10.9.1.1",
  "in eth0 udp 10.9.1.2:40006 > 10.77.0.1:5",
  "in eth0 udp 10.9.1.2:40007 > 10.66.0.1:5",
  "in eth1 udp 10.9.2.2:40008 > 10.9.1.2:1234",
  "in eth1 tcp 10.9.2.2:40009 > 10.9.1.2:80 ack",
  "out udp 10.9.2.1:40010 > 10.9.2.2:9",
  "out udp 10.9.2.1:40011 > 10.9.2.2:10",
] as const;

/** About these their connections. */
export const LATER = [
  "in eth1 tcp 10.9.2.2:8443 > 10.9.1.2:40000 syn,ack",
  "in eth0 udp 10.9.1.2:1234 > 10.9.1.1:40008",
] as const;

/** As `TABLE -A CHAIN ...`, with how many packets each rule has counted. */
function counts(saved: string): Map<string, number> {
  const found = new Map<string, number>();
  let table = "";
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1);
    const [, packets, rule] = /^\[(\d+):\d+\] (-A .*)$/.exec(line) ?? [];
    if (rule !== undefined) found.set(`${table} ${rule}`, Number(packets));
  }
  return found;
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Why there can be no real router here; null: there can. */
export function whyNot(): string | null {
  if (process.getuid?.() !== 0) return "needs root";
  const needed = ["ip", "iptables-nft-restore", "tcpdump", "conntrack", "python3"];
  const missing = needed.filter((tool) => spawnSync("which", [tool]).status !== 0);
  return missing.length > 0 ? `needs ${missing.join(", ")}` : null;
}

/** Builds the router, sends the packets, takes it down. */
export async function record(prefix: string): Promise<Recording> {
  const [a, r, b] = [`${prefix}a`, `${prefix}r`, `${prefix}b`];
  const run = (text: string, input = "") =>
    execFileSync("sh", ["-ec", text], { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  const save = () => run(`ip netns exec ${r} iptables-nft-save -c`);
  const captures: ChildProcess[] = [];
  try {
    for (const each of [a, r, b]) run(`ip netns add ${each}; ip -n ${each} link set lo up`);
    run(`
      ip -n ${r} link add eth0 type veth peer name eth0 netns ${a}
      ip -n ${r} link add eth1 type veth peer name eth0 netns ${b}
      for ns in ${a} ${b}; do
        ip netns exec $ns sysctl -qw net.ipv6.conf.all.disable_ipv6=1
        ip netns exec $ns iptables-nft -P INPUT DROP
      done
      ip netns exec ${r} sysctl -qw net.ipv6.conf.all.disable_ipv6=1
      ip netns exec ${r} sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
      ip -n ${a} addr add 10.9.1.2/24 dev eth0; ip -n ${b} addr add 10.9.2.2/24 dev eth0
      ip -n ${r} addr add 10.9.1.1/24 brd + dev eth0; ip -n ${r} addr add 10.9.2.1/24 dev eth1
      for ns in ${a} ${b} ${r}; do ip -n $ns link set eth0 up; done; ip -n ${r} link set eth1 up
      ip -n ${a} route add default via 10.9.1.1; ip -n ${b} route add default via 10.9.2.1
      ip -n ${r} route add unreachable 10.77.0.0/16
      ip -n ${r} route add 10.88.0.0/16 proto static nexthop via 10.9.2.2 dev eth1 weight 2 nexthop via 10.9.1.2 dev eth0
      ip -n ${r} route add default via 10.9.2.2 dev eth1 table 100
      ip -n ${r} rule add fwmark 0x1 lookup 100 pref 1000
      ip -n ${r} neigh replace 10.9.1.2 dev eth0 nud permanent lladdr $(ip netns exec ${a} cat /sys/class/net/eth0/address)
      ip -n ${r} neigh replace 10.9.2.2 dev eth1 nud permanent lladdr $(ip netns exec ${b} cat /sys/class/net/eth0/address)
      ip netns exec ${a} ping -qc1 -W1 10.9.1.1 || true
      ip netns exec ${b} ping -qc1 -W1 10.9.2.1 || true`);
    run(`ip netns exec ${r} iptables-nft-restore`, RULES);
    const files = {
      iptables: save(),
      addr: run(`ip -n ${r} addr`),
      route: run(`ip -n ${r} route show table all`),
      rule: run(`ip -n ${r} rule`),
      neigh: run(`ip -n ${r} neigh`),
    };
    let heard = "";
    for (const ns of [a, b]) {
      const args = ["netns", "exec", ns, "tcpdump", "-lnnt", "--immediate-mode", "-Q", "in", "-i", "eth0", "ip"];
      const capture = spawn("ip", args, { stdio: ["ignore", "pipe", "pipe"] });
      captures.push(capture);
      capture.stdout?.on("data", (text) => {
        heard += text;
      });
      await once(capture.stderr!, "data");
    }
    await wait(100);
    const send = async (packet: string): Promise<Met> => {
      const before = counts(save());
      heard = "";
      const asked = readPacket(packet);
      const octets = Buffer.from(ipv4Bytes(asked.packet as Ipv4Packet)).toString("hex");
      const from = asked.device === null ? r : asked.device === "eth0" ? a : b;
      // A gateway that is the router, whatever the sender's own routes say of the address.
      run(`ip netns exec ${from} python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
try: s.sendto(bytes.fromhex("${octets}"), ("${asked.packet.dst}", 0))
except PermissionError: pass'`);
      await wait(120);
      const counted = [...counts(save())].filter(([rule, count]) => count > (before.get(rule) ?? 0));
      return { packet, counted: counted.map(([rule]) => rule), seen: heard.split("\n").filter((line) => line !== "") };
    };
    const met: Met[] = [];
    for (const packet of PACKETS) met.push(await send(packet));
    const conntrack = run(`ip netns exec ${r} conntrack -L 2>/dev/null`);
    const later: Met[] = [];
    for (const packet of LATER) later.push(await send(packet));
    return { files, met, conntrack, later };
  } finally {
    for (const capture of captures) capture.kill();
    for (const each of [a, r, b]) spawnSync("ip", ["netns", "del", each]);
  }
}
