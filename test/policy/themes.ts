// What a case of policy routing is about, besides what the dice add: one theme after the other.

export interface Theme {
  /** `NETNS: COMMAND` */
  readonly lines: readonly string[];
  /** Who pings whom, from which address; without anybody to ping, a packet in somebody else's name. */
  readonly flows: readonly (readonly [ns: string, to?: string, from?: string])[];
}

const REDIRECT_FLOWS = [
  ["h1", "10.77.0.3"],
  ["h1", "10.77.0.3"],
  ["h1", "10.77.0.3"],
] as const;
const REDIRECTS = [
  "r: sysctl -qw net.ipv4.conf.all.send_redirects=1 net.ipv4.ip_forward=1",
  "r: ip route add 10.77.0.0/16 via 10.1.0.3",
  "h3: ip addr add 10.77.0.3/32 dev lo",
  "h1: ip route replace default via 10.1.0.1",
];
const SPOOFED = [["h1"], ["h2"], ["h1"], ["h2"], ["h1"]] as const;
const BY_THE_FIRST = "h3: ip route replace default via 10.1.0.1";
const SOURCES = [
  ["h3", "10.2.0.2", "10.3.0.3"],
  ["h3", "10.2.0.2", "10.1.0.3"],
  ["h3", "10.2.0.1", "10.77.0.3"],
  ["h2", "10.3.0.3"],
] as const;
const KEEN = "h1: sysctl -qw net.ipv4.conf.all.accept_redirects=1 net.ipv4.conf.eth0.accept_redirects=1";

export const THEMES: readonly Theme[] = [
  { lines: [], flows: [] },
  { lines: REDIRECTS, flows: REDIRECT_FLOWS },
  { lines: [...REDIRECTS, KEEN], flows: REDIRECT_FLOWS },
  {
    lines: [...REDIRECTS, KEEN, "h1: sysctl -qw net.ipv4.conf.all.shared_media=0 net.ipv4.conf.eth0.shared_media=0"],
    flows: REDIRECT_FLOWS,
  },
  {
    lines: ["r: sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.all.log_martians=1", BY_THE_FIRST],
    flows: SOURCES,
  },
  {
    lines: ["r: sysctl -qw net.ipv4.conf.all.rp_filter=2", "h3: ip addr add 10.77.0.3/32 dev lo", BY_THE_FIRST],
    flows: SOURCES,
  },
  { lines: ["r: sysctl -qw net.ipv4.conf.all.rp_filter=1"], flows: SPOOFED },
  { lines: ["r: sysctl -qw net.ipv4.conf.all.log_martians=1", "r: ip rule add to 10.9.9.9 lookup 5"], flows: SPOOFED },
  { lines: ["r: sysctl -qw net.ipv4.conf.all.accept_local=1"], flows: SPOOFED },
  {
    lines: [
      "r: sysctl -qw net.ipv4.conf.all.proxy_arp=1",
      "h1: ip route replace 10.0.0.0/8 dev eth0",
      "h2: ip route replace 10.0.0.0/8 dev eth0",
    ],
    flows: [
      ["h1", "10.2.0.2"],
      ["h2", "10.3.0.3"],
      ["h1", "10.1.0.77"],
    ],
  },
  ...[1, 2, 3, 8].map((value) => ({
    lines: [`r: sysctl -qw net.ipv4.conf.all.arp_ignore=${value}`, "h1: ip route add 10.2.0.1 dev eth0"],
    flows: [
      ["h1", "10.2.0.1"],
      ["h1", "10.1.0.1"],
      ["h3", "10.3.0.1", "10.1.0.3"],
    ] as const,
  })),
  {
    lines: [
      "r: sysctl -qw net.ipv4.ip_forward=1",
      "h3: ip addr add 10.77.0.3/32 dev lo",
      "r: ip route add 10.77.0.0/16 nexthop via 10.1.0.3 weight 2 nexthop via 10.3.0.3",
    ],
    flows: [
      ["h1", "10.77.0.3"],
      ["h2", "10.77.0.3"],
      ["r", "10.77.0.3", "10.2.0.1"],
      ["r", "10.77.0.3"],
    ],
  },
  {
    lines: [
      "r: sysctl -qw net.ipv4.ip_forward=1",
      "r: ip rule add to 10.2.0.0/16 lookup main suppress_prefixlength 24 pref 20",
      "r: ip rule add from 10.1.0.0/24 lookup 100 pref 21",
      "r: ip route add default via 10.3.0.3 table 100",
    ],
    flows: [
      ["h1", "10.2.0.2"],
      ["h3", "10.2.0.2"],
    ],
  },
];
