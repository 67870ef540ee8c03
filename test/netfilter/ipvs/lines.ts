// A director with virtual servers of every forwarding method, and rules of -m ipvs wherever its packets come by.
// Compared are the rules' counters: of SYNs, SYN-ACKs, datagrams and errors, of which there are as many at each run.
import { readFileSync } from "node:fs";

/** Where record.ts writes what the real kernel said. */
export const GOLDEN = "test/netfilter/ipvs/goldens/ipvs.txt";

export function readGolden(): string {
  return readFileSync(GOLDEN, "utf8");
}

const MAKE = `
modprobe ipip
ip netns add c
ip netns add d
ip netns add r
ip link add eth0 netns c type veth peer name eth0 netns d
ip link add eth1 netns d type veth peer name eth0 netns r
ip link add eth1 netns r type veth peer name eth1 netns c
c ip link set lo up
d ip link set lo up
r ip link set lo up
c ip link set eth0 up
d ip link set eth0 up
d ip link set eth1 up
r ip link set eth0 up
r ip link set eth1 up
c ip link set eth1 up
c ip addr add 10.0.1.2/24 dev eth0
d ip addr add 10.0.1.1/24 dev eth0
d ip addr add 10.0.2.1/24 dev eth1
d ip addr add 10.0.9.9/32 dev lo
r ip addr add 10.0.2.2/24 dev eth0
r ip addr add 10.0.9.9/32 dev lo
c ip addr add 10.0.3.1/24 dev eth1
r ip addr add 10.0.3.2/24 dev eth1
c ip route add default via 10.0.1.1
r ip route add default via 10.0.3.1
r ip route add default via 10.0.2.1 table 7
r ip rule add from 10.0.2.2 lookup 7
r ip link set tunl0 up
r sysctl -qw net.ipv4.conf.all.rp_filter=0
r sysctl -qw net.ipv4.conf.tunl0.rp_filter=0
d sysctl -qw net.ipv4.ip_forward=1
d ipvsadm -A -t 10.0.9.9:80 -s rr
d ipvsadm -a -t 10.0.9.9:80 -r 10.0.2.2:8080 -m
d ipvsadm -A -t 10.0.9.9:81 -s rr
d ipvsadm -a -t 10.0.9.9:81 -r 10.0.2.2:81 -g
d ipvsadm -A -t 10.0.9.9:82 -s rr
d ipvsadm -a -t 10.0.9.9:82 -r 10.0.2.2:82 -i
d ipvsadm -A -t 10.0.9.9:83 -s rr -p 60
d ipvsadm -a -t 10.0.9.9:83 -r 10.0.2.2:8080 -m
d ipvsadm -A -u 10.0.9.9:53 -s rr
d ipvsadm -a -u 10.0.9.9:53 -r 10.0.2.2:5353 -m
`;

/** What is asked of a packet; each also the other way round, where that may be said. */
const QUESTIONS = [
  "--ipvs",
  "--vproto 6",
  "--vproto udp",
  "--vproto 4",
  "--vproto icmp",
  "--vaddr 10.0.9.9",
  "--vaddr 10.0.0.0/16",
  "--vaddr 10.0.2.2",
  "--vaddr 0.0.0.0/0",
  "--vport 80",
  "--vport http",
  "--vport 53",
  "--vport 8080",
  "--vmethod masq",
  "--vmethod GATE",
  "--vmethod ipip",
  "--vportctl 83",
  "--vportctl 80",
  "--vproto 6 --vport 83 --vmethod MASQ --vaddr 10.0.9.9 --ipvs",
];
const RULES = [
  ...QUESTIONS,
  ...QUESTIONS.slice(0, -1).map((each) => `! ${each}`),
  "--vdir ORIGINAL",
  "--vdir reply",
  "--vport 80 --vdir ORIGINAL",
  "! --vport 80 ! --vmethod GATE --vaddr 10.0.9.9 --vdir ORIGINAL",
];

const COUNTED = ["-p tcp --tcp-flags SYN SYN", "-p udp", "-p icmp", "-p ipencap"];
const HOOKS = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

/** Refused by the tool. */
const WRONG = [
  "",
  "! --ipvs --vport 80",
  "--vport nope",
  "--vdir",
  "! --vdir ORIGINAL",
  "--vdir up",
  "--vmethod route",
  "--vaddr 1.2.3.400",
  "--vaddr fd00::1",
  "--vaddr 10.0.0.1/0x/",
  "--vproto nope",
  "--vproto 256",
  "--vport 80 --vport 81",
  "--vport 70000",
];

const TRAFFIC = [
  ...[80, 81, 82, 83, 84].map((port) => `c echo | nc -N -w 2 10.0.9.9 ${port}`),
  "c echo asked | nc -u -w 1 10.0.9.9 53",
  "c ping -c 1 -q 10.0.2.2",
];

/** Each is run in the namespace that it begins with, or in the machine's own; what it prints of rules is compared. */
export const LINES: readonly string[] = [
  ...MAKE.trim().split("\n"),
  `d iptables-legacy-restore <<< '*mangle\n${HOOKS.flatMap((hook) => [
    `:at${hook} - [0:0]`,
    ...COUNTED.map((which) => `-A ${hook} ${which} -j at${hook}`),
    ...RULES.map((rule) => `-A at${hook} -m ipvs ${rule}`),
  ]).join("\n")}\nCOMMIT'`,
  ...WRONG.map((rule) => `d iptables-legacy -t mangle -A INPUT -m ipvs ${rule}`),
  "d iptables-legacy -t mangle -nL atINPUT",
  "d iptables-legacy -t mangle -L atINPUT",
  "d ip6tables-legacy -t mangle -A INPUT -m ipvs --vaddr fd00::/64 ! --vport 80",
  "d ip6tables-legacy -t mangle -S INPUT",
  ...["0", "1"].flatMap((value) => [
    `d sysctl -qw net.ipv4.vs.conntrack=${value}`,
    "d iptables-legacy -t mangle -Z",
    ...TRAFFIC,
    "d iptables-legacy -t mangle -S -v",
    // From here on connections are tracked.
    ...(value === "0" ? ["d iptables-legacy -A INPUT -m conntrack --ctstate NEW"] : []),
  ]),
];

/** The server's programs, which run beside the lines. */
export const SERVERS = [...[8080, 81, 82].map((port) => `nc -l -k ${port} >/dev/null`), "nc -u -l 5353 >/dev/null"];

/** What of a listing is compared: chances are that policies counted neighbours' packets, so rules alone. */
export function comparable(text: string): string {
  return text.replace(/^-P .*\n/gm, "");
}
