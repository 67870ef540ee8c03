// The labs rules are compared in: a client, a router whose rules they are, a server; and a router that bridges. The same
// lines build them here and on the real kernel. Neighbours are known, so that only what a case sends is seen.

export const NAMESPACES = ["c", "r", "s"] as const;
export type Where = (typeof NAMESPACES)[number];

/** Which tool writes the router's rules, and of which family they are. */
export interface Kind {
  readonly family: 4 | 6;
  readonly backEnd: "nft" | "legacy";
  /** The router's two devices are ports of its bridge br0, whose packets pass the hooks (br_netfilter). */
  readonly bridged: boolean;
}

export const KINDS: readonly Kind[] = [
  { family: 4, backEnd: "nft", bridged: false },
  { family: 4, backEnd: "legacy", bridged: false },
  { family: 6, backEnd: "nft", bridged: false },
  { family: 6, backEnd: "legacy", bridged: false },
  { family: 4, backEnd: "nft", bridged: true },
];

export const kindName = ({ family, backEnd, bridged }: Kind) => `${family}-${backEnd}${bridged ? "-bridge" : ""}`;

export const MACS = {
  c0: "02:00:00:00:01:01",
  r0: "02:00:00:00:01:02",
  s0: "02:00:00:00:02:01",
  r1: "02:00:00:00:02:02",
  br0: "02:00:00:00:03:03",
} as const;

/** Who lives where. Those of `silent` have no sockets and no kernel: nobody answers for them but the case. */
export const HOSTS = {
  4: {
    router: ["10.1.0.1", "10.1.0.9", "10.2.0.1"],
    client: ["10.1.0.2"],
    server: ["10.2.0.2", "10.2.0.3"],
    silentClient: ["10.1.0.50", "10.1.0.51"],
    silentServer: ["10.2.0.50", "10.2.0.51"],
    nowhere: ["10.7.0.50", "10.8.0.1", "10.66.0.1", "10.67.0.1", "10.1.0.255", "224.0.0.5"],
  },
  6: {
    router: ["2001:db8:1::1", "2001:db8:1::9", "2001:db8:2::1"],
    client: ["2001:db8:1::2"],
    server: ["2001:db8:2::2", "2001:db8:2::3"],
    silentClient: ["2001:db8:1::50", "2001:db8:1::51"],
    silentServer: ["2001:db8:2::50", "2001:db8:2::51"],
    nowhere: ["2001:db8:7::50", "2001:db8:8::1", "2001:db8:66::1"],
  },
} as const;

/** Of a bridged lab, all in one network. */
export const BRIDGED_HOSTS = {
  router: ["10.1.0.1"],
  client: ["10.1.0.2"],
  server: ["10.1.0.3", "10.1.0.4"],
  silentClient: ["10.1.0.50", "10.1.0.51"],
  silentServer: ["10.1.0.60", "10.1.0.61"],
  nowhere: ["10.1.0.255", "224.0.0.5"],
} as const;

/** What sources become in a bridged lab, and who tells of errors there. */
const TRANSLATED = [70, 71, 72, 73, 74, 75, 77].map((n) => `10.1.0.${n}`);

export interface Hosts {
  readonly router: readonly string[];
  readonly client: readonly string[];
  readonly server: readonly string[];
  readonly silentClient: readonly string[];
  readonly silentServer: readonly string[];
  readonly nowhere: readonly string[];
}

export const hostsOf = ({ family, bridged }: Kind): Hosts => (bridged ? BRIDGED_HOSTS : HOSTS[family]);

/** Lines of shell that build the lab in namespaces with names of this prefix. */
export function labLines(kind: Kind, prefix: string): string[] {
  const lines = [
    ...NAMESPACES.map((ns) => `ip netns add ${prefix}${ns}`),
    ...NAMESPACES.flatMap((ns) => sysctls(kind).map((each) => `ip netns exec ${prefix}${ns} sysctl -qw ${each}`)),
    `ip link add c0 netns ${prefix}c type veth peer name r0 netns ${prefix}r`,
    `ip link add s0 netns ${prefix}s type veth peer name r1 netns ${prefix}r`,
    ...(["c0", "r0", "r1", "s0"] as const).map(
      (device) => `ip -n ${prefix}${device[0]} link set ${device} address ${MACS[device]}`,
    ),
    ...NAMESPACES.map((ns) => `ip -n ${prefix}${ns} link set lo up`),
    ...(kind.bridged ? bridged(prefix) : []),
    ...["c0", "r0", "r1", "s0"].map((device) => `ip -n ${prefix}${device[0]} link set ${device} up`),
  ];
  if (kind.bridged) return [...lines, ...bridgedAddresses(prefix)];
  return [...lines, ...(kind.family === 4 ? routed4(prefix) : routed6(prefix))];
}

/** What the model cannot be told by sysctl: errors are not rationed. */
export const unlimited = (prefix: string): string[] =>
  NAMESPACES.flatMap((ns) =>
    ["net.ipv4.icmp_ratemask", "net.ipv6.icmp.ratelimit"].map(
      (name) => `ip netns exec ${prefix}${ns} sysctl -qw ${name}=0`,
    ),
  );

/** What a distribution may have set otherwise, and what would add packets of its own. */
function sysctls({ family }: Kind): string[] {
  const devices = ["all", "default"];
  if (family === 4)
    return [
      ...devices.map((each) => `net.ipv6.conf.${each}.disable_ipv6=1`),
      ...devices.flatMap((each) =>
        ["rp_filter", "send_redirects", "accept_redirects"].map((name) => `net.ipv4.conf.${each}.${name}=0`),
      ),
    ];
  return [
    ...devices.map((each) => `net.ipv6.conf.${each}.disable_ipv6=0`),
    // Who has no address of the link sends no redirects, which are rationed longer than a case lasts.
    "net.ipv6.conf.default.addr_gen_mode=1",
    ...devices.flatMap((each) =>
      ["accept_redirects", "router_solicitations", "accept_dad"].map((name) => `net.ipv6.conf.${each}.${name}=0`),
    ),
    "net.ipv6.auto_flowlabels=0",
  ];
}

function routed4(prefix: string): string[] {
  const ip = (ns: Where, words: string) => `ip -n ${prefix}${ns} ${words}`;
  const neighbours = (ns: Where, device: string, mac: string, addresses: readonly string[]) =>
    addresses.map((address) => ip(ns, `neigh add ${address} lladdr ${mac} dev ${device}`));
  const { router, client, server, silentClient, silentServer } = HOSTS[4];
  return [
    ip("c", "addr add 10.1.0.2/24 brd 10.1.0.255 dev c0"),
    ip("r", "addr add 10.1.0.1/24 brd 10.1.0.255 dev r0"),
    ip("r", "addr add 10.1.0.9/24 brd 10.1.0.255 dev r0"),
    ip("r", "addr add 10.2.0.1/24 brd 10.2.0.255 dev r1"),
    ip("s", "addr add 10.2.0.2/24 brd 10.2.0.255 dev s0"),
    ip("s", "addr add 10.2.0.3/24 brd 10.2.0.255 dev s0"),
    ip("c", "route add default via 10.1.0.1"),
    ip("s", "route add default via 10.2.0.1"),
    ip("r", "route add default via 10.2.0.2"),
    ip("r", "route add unreachable 10.66.0.0/16"),
    ip("r", "route add blackhole 10.67.0.0/16"),
    ip("r", "rule add fwmark 7 table 100"),
    ip("r", "route add default via 10.1.0.2 table 100"),
    `ip netns exec ${prefix}r sysctl -qw net.ipv4.ip_forward=1`,
    ...neighbours("c", "c0", MACS.r0, [router[0], router[1]]),
    ...neighbours("s", "s0", MACS.r1, [router[2]]),
    ...neighbours("r", "r0", MACS.c0, [...client, ...silentClient, "10.1.0.77"]),
    ...neighbours("r", "r1", MACS.s0, [...server, ...silentServer, "10.2.0.77"]),
  ];
}

function routed6(prefix: string): string[] {
  const ip = (ns: Where, words: string) => `ip -n ${prefix}${ns} ${words}`;
  const { router, client, server, silentClient, silentServer } = HOSTS[6];
  const addresses = (ns: Where, device: string, list: readonly string[]) =>
    list.map((address) => ip(ns, `addr add ${address}/64 dev ${device} nodad`));
  const neighbours = (ns: Where, device: string, mac: string, list: readonly string[]) =>
    list.map((address) => ip(ns, `neigh add ${address} lladdr ${mac} dev ${device}`));
  return [
    ...addresses("c", "c0", client),
    ...addresses("r", "r0", [router[0], router[1]]),
    ...addresses("r", "r1", [router[2]]),
    ...addresses("s", "s0", server),
    ip("c", `route add default via ${router[0]}`),
    ip("s", `route add default via ${router[2]}`),
    ip("r", `route add default via ${server[0]}`),
    ip("r", "route add unreachable 2001:db8:66::/48"),
    ip("r", "-6 rule add fwmark 7 table 100"),
    ip("r", `route add default via ${client[0]} table 100`),
    `ip netns exec ${prefix}r sysctl -qw net.ipv6.conf.all.forwarding=1`,
    ...neighbours("c", "c0", MACS.r0, [router[0], router[1]]),
    ...neighbours("s", "s0", MACS.r1, [router[2]]),
    ...neighbours("r", "r0", MACS.c0, [...client, ...silentClient, "2001:db8:1::77"]),
    ...neighbours("r", "r1", MACS.s0, [...server, ...silentServer, "2001:db8:2::77"]),
  ];
}

function bridged(prefix: string): string[] {
  const ip = (words: string) => `ip -n ${prefix}r ${words}`;
  return [
    ip(`link add br0 address ${MACS.br0} type bridge mcast_snooping 0`),
    ip("link set r0 master br0"),
    ip("link set r1 master br0"),
    ip("link set br0 up"),
    `ip netns exec ${prefix}r sysctl -qw net.bridge.bridge-nf-call-iptables=1`,
  ];
}

function bridgedAddresses(prefix: string): string[] {
  const ip = (ns: Where, words: string) => `ip -n ${prefix}${ns} ${words}`;
  const { router, client, server, silentClient, silentServer } = BRIDGED_HOSTS;
  const neighbours = (ns: Where, device: string, mac: string, addresses: readonly string[]) =>
    addresses.map((address) => ip(ns, `neigh add ${address} lladdr ${mac} dev ${device}`));
  return [
    ip("c", "addr add 10.1.0.2/24 brd 10.1.0.255 dev c0"),
    ip("r", "addr add 10.1.0.1/24 brd 10.1.0.255 dev br0"),
    ...server.map((address) => ip("s", `addr add ${address}/24 brd 10.1.0.255 dev s0`)),
    ...neighbours("c", "c0", MACS.br0, router),
    ...neighbours("c", "c0", MACS.s0, [...server, ...silentServer]),
    ...neighbours("s", "s0", MACS.br0, router),
    ...neighbours("s", "s0", MACS.c0, [...client, ...silentClient, ...TRANSLATED]),
    ...neighbours("r", "br0", MACS.c0, [...client, ...silentClient, ...TRANSLATED]),
    ...neighbours("r", "br0", MACS.s0, [...server, ...silentServer]),
    // The bridge has learned where everybody is.
    `ip netns exec ${prefix}r bridge fdb replace ${MACS.c0} dev r0 master static`,
    `ip netns exec ${prefix}r bridge fdb replace ${MACS.s0} dev r1 master static`,
  ];
}
