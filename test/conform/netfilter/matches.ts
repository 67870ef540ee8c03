// Random matches, every option of each that is modelled, about what the packets of packets.ts have.
import type { Dice } from "../dice.ts";
import { type Hosts, type Kind, MACS } from "./lab.ts";

/** Where a rule is to stand, and what is known of it so far. */
export interface Place {
  readonly kind: Kind;
  readonly table: string;
  /** The built-in chain, or the one from which a chain of users is called. */
  readonly hook: string;
  readonly hosts: Hosts;
  /** Names that live as long as rules must not meet those of another case. */
  readonly unique: string;
}

interface Maker {
  /** The rule's protocol has to be one of these. */
  readonly protocols?: readonly string[];
  readonly family?: 4 | 6;
  readonly bridged?: true;
  readonly tables?: readonly string[];
  readonly hooks?: readonly string[];
  readonly make: (dice: Dice, place: Place, protocol: string) => string;
}

export const PORTS = [53, 80, 443, 7000, 40000, 40001];

export const bang = (dice: Dice) => (dice.chance(0.25) ? "! " : "");
const port = (dice: Dice) => `${dice.of(PORTS)}`;
const ports = (dice: Dice) => dice.of([port(dice), port(dice), "1:100", ":443", "1024:", "443:7000"]);
const portList = (dice: Dice) => dice.of([`${port(dice)},${port(dice)}`, "53,400:8000", "80", "1:79,443,40000:40001"]);
const mark = (dice: Dice) => dice.of(["0", "1", "0x1/0x1", "7", "0x10/0xf0", "0/0x6"]);
const some = (dice: Dice, least: number, words: readonly string[]): string =>
  words
    .filter((_, i) => i < least || dice.chance(0.35))
    .filter((word) => word !== "")
    .join(" ");

export const anyone = (dice: Dice, hosts: Hosts) =>
  dice.of([
    ...hosts.router,
    ...hosts.client,
    ...hosts.server,
    ...hosts.silentClient,
    ...hosts.silentServer,
    ...hosts.nowhere,
  ]);

/** An address, or a network around it. */
export function network(dice: Dice, { hosts, kind: { family } }: Place): string {
  const address = anyone(dice, hosts);
  if (family === 6) return `${address}/${dice.of([128, 128, 64, 48, 125, 33])}`;
  return `${address}/${dice.of(["32", "32", "24", "16", "31", "255.255.0.255", "8"])}`;
}

function range(dice: Dice, { hosts }: Place): string {
  const [a, b] = [anyone(dice, hosts), anyone(dice, hosts)];
  return dice.chance(0.2) ? a : `${a}-${b}`;
}

const SETS = {
  4: {
    one: ["ips", "nets", "masked", "range", "all", "timed"],
    two: ["ipport", "all2"],
    three: ["ipportip", "ipportnet"],
  },
  6: { one: ["ips", "nets", "timed"], two: ["ipport"], three: ["ipportip", "ipportnet"] },
} as const;

function setMatch(dice: Dice, { kind: { family } }: Place): string {
  const side = () => dice.of(["src", "dst"]);
  const [name, directions] = dice.of([
    [dice.of(SETS[family].one), side()],
    [dice.of(SETS[family].one), side()],
    [dice.of(SETS[family].two), `${side()},${side()}`],
    [dice.of(SETS[family].three), `${side()},${side()},${side()}`],
    ["ports", side()],
  ] as const);
  const counts = dice.of([
    "",
    "",
    "--return-nomatch",
    "! --update-counters",
    "! --update-subcounters",
    `--packets-${dice.of(["eq", "lt", "gt"])} ${dice.of([1, 2, 3])}`,
    `! --packets-eq ${dice.of([1, 2])}`,
    `--bytes-${dice.of(["eq", "lt", "gt"])} ${dice.of([84, 100, 300])}`,
    `! --bytes-eq ${dice.of([84, 100])}`,
  ]);
  return `-m set ${bang(dice)}--match-set ${name} ${directions} ${counts}`.trim();
}

function recent(dice: Dice, { unique, kind: { family } }: Place): string {
  const name = `--name r${dice.of(["a", "b"])}${unique}`;
  const side = dice.of(["", "--rsource", "--rdest"]);
  const mask = dice.chance(0.2) ? (family === 4 ? "--mask 255.255.255.0" : "--mask ffff:ffff:ffff::") : "";
  const action = dice.of(["set", "set", "rcheck", "update", "remove"]);
  const more =
    action === "rcheck" || action === "update"
      ? some(dice, 0, [
          dice.of(["--seconds 600", "--seconds 600 --reap"]),
          `--hitcount ${dice.of([1, 2, 3])}`,
          family === 4 ? "--rttl" : "",
        ])
      : "";
  return `-m recent ${bang(dice)}--${action} ${more} ${name} ${mask} ${side}`;
}

function hashlimit(dice: Dice, { unique, kind: { family } }: Place): string {
  const name = `--hashlimit-name h${unique}${dice.whole(0, 1_000_000)}`;
  const mode = dice.of([
    "",
    "srcip",
    "dstip",
    "srcip,dstip",
    "srcip,dstport",
    "srcport",
    "srcip,srcport,dstip,dstport",
  ]);
  const how = dice.of([
    `--hashlimit-upto ${dice.of(["1/hour --hashlimit-burst 4", "1/hour --hashlimit-burst 1", "2/day --hashlimit-burst 2"])}`,
    `--hashlimit-above ${dice.of(["1/hour --hashlimit-burst 4", "1/hour --hashlimit-burst 1", "2/day --hashlimit-burst 2"])}`,
    `--hashlimit-${dice.of(["upto", "above"])} 16b/s ${dice.of(["", "--hashlimit-burst 16", "--hashlimit-burst 64"])}`,
    `--hashlimit-upto ${dice.of([2, 4])}/s --hashlimit-rate-match --hashlimit-rate-interval 1000 --hashlimit-burst 1`,
  ]);
  const masks = mode.includes("ip")
    ? some(dice, 0, [
        mode.includes("srcip") ? `--hashlimit-srcmask ${family === 4 ? dice.of([0, 24]) : 48}` : "",
        mode.includes("dstip") ? `--hashlimit-dstmask ${family === 4 ? dice.of([0, 24]) : 48}` : "",
      ])
    : "";
  const table = dice.chance(0.2)
    ? "--hashlimit-htable-size 16 --hashlimit-htable-max 64 --hashlimit-htable-expire 60000"
    : "";
  return `-m hashlimit ${how} ${mode === "" ? "" : `--hashlimit-mode ${mode}`} ${masks} ${table} ${name}`;
}

const STATES = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "SNAT", "DNAT"];

function conntrack(dice: Dice, place: Place, protocol: string): string {
  const { hosts } = place;
  const questions = [
    `${bang(dice)}--ctstate ${dice.of([dice.of(STATES), "RELATED,ESTABLISHED", "NEW,INVALID", "DNAT,SNAT"])}`,
    `${bang(dice)}--ctproto ${protocol === "" ? dice.of(["tcp", "udp", "icmp", "17"]) : protocol}`,
    ...["orig", "repl"].flatMap((way) =>
      ["src", "dst"].map(
        (side) => `${bang(dice)}--ct${way}${side} ${dice.of([network(dice, place), anyone(dice, hosts)])}`,
      ),
    ),
    ...["orig", "repl"].flatMap((way) =>
      ["src", "dst"].map((side) => `${bang(dice)}--ct${way}${side}port ${dice.of([port(dice), "1:100", "400:8000"])}`),
    ),
    `${bang(dice)}--ctstatus ${dice.of(["NONE", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SEEN_REPLY,ASSURED", "EXPECTED"])}`,
    `${bang(dice)}--ctexpire ${dice.of(["0", "1:200", "100:100000", "20:50"])}`,
    `--ctdir ${dice.of(["ORIGINAL", "REPLY"])}`,
  ];
  const chosen = dice.chance(0.6)
    ? [dice.of(questions)]
    : [dice.of(questions.slice(0, 3)), dice.of(questions.slice(4))];
  return `-m conntrack ${chosen.join(" ")}`;
}

const TCP_FLAGS = ["SYN", "NONE", "ACK", "FIN,PSH,URG", "SYN,ACK", "RST"];

/** By the match they are about. */
export const MATCHES: Readonly<Record<string, Maker>> = {
  tcp: {
    protocols: ["tcp"],
    make: (dice, { kind: { backEnd } }) => {
      // Two inverted ports at once mean something else to iptables-nft before 1.8.11.
      const one = `${bang(dice)}--sport ${ports(dice)}`;
      const other = `${backEnd === "nft" && one.startsWith("!") ? "" : bang(dice)}--dport ${ports(dice)}`;
      return `-m tcp ${dice.of([
        one,
        other,
        `${one} ${other}`,
        `${bang(dice)}--syn`,
        `${bang(dice)}--tcp-flags ${dice.of(["ALL", "SYN,ACK", "FIN,PSH,URG", "SYN,RST,ACK"])} ${dice.of(TCP_FLAGS)}`,
        `${bang(dice)}--tcp-option ${dice.of([2, 3, 4, 8, 5])}`,
        "",
      ])}`;
    },
  },
  udp: {
    protocols: ["udp"],
    make: (dice) =>
      `-m udp ${dice.of([`${bang(dice)}--dport ${ports(dice)}`, `${bang(dice)}--sport ${ports(dice)}`, `--sport ${ports(dice)} --dport ${ports(dice)}`])}`,
  },
  sctp: {
    protocols: ["sctp"],
    make: (dice) =>
      `-m sctp ${dice.of([
        `${bang(dice)}--dport ${ports(dice)}`,
        `${bang(dice)}--sport ${ports(dice)}`,
        `${bang(dice)}--chunk-types ${dice.of(["any", "all", "only"])} ${dice.of(["DATA", "INIT", "DATA,SACK", "DATA:B", "ABORT:T", "DATA:bE,SACK", "ALL", "NONE"])}`,
      ])}`,
  },
  icmp: {
    family: 4,
    protocols: ["icmp"],
    make: (dice) =>
      `-m icmp ${bang(dice)}--icmp-type ${dice.of(["8", "echo-reply", "3/1", "3", "any", "11/0", "3/3", "3/4"])}`,
  },
  icmp6: {
    family: 6,
    protocols: ["ipv6-icmp"],
    make: (dice) =>
      `-m icmp6 ${bang(dice)}--icmpv6-type ${dice.of(["128", "echo-reply", "1/1", "1", "1/4", "2", "3"])}`,
  },
  multiport: {
    protocols: ["tcp", "udp", "sctp"],
    make: (dice) => `-m multiport ${bang(dice)}--${dice.of(["dports", "sports", "ports"])} ${portList(dice)}`,
  },
  addrtype: {
    make: (dice, { hook, kind: { family } }) => {
      const types = [
        "LOCAL",
        "UNICAST",
        "BROADCAST",
        "MULTICAST",
        "UNREACHABLE",
        "BLACKHOLE",
        "LOCAL,UNICAST",
        "UNSPEC",
      ];
      if (family === 6) types.splice(0, types.length, "LOCAL", "UNICAST", "MULTICAST", "UNREACHABLE", "LOCAL,UNICAST");
      const type = () => dice.of(types);
      const source = `${bang(dice)}--src-type ${type()}`;
      const said = dice.of([
        source,
        `${bang(dice)}--dst-type ${type()}`,
        `${source} ${bang(dice)}--dst-type ${type()}`,
      ]);
      const limits = {
        PREROUTING: ["--limit-iface-in"],
        INPUT: ["--limit-iface-in"],
        FORWARD: ["--limit-iface-in", "--limit-iface-out"],
        OUTPUT: ["--limit-iface-out"],
        POSTROUTING: ["--limit-iface-out"],
      }[hook]!;
      return `-m addrtype ${said} ${dice.chance(0.25) ? dice.of(limits) : ""}`;
    },
  },
  statistic: {
    make: (dice) =>
      dice.chance(0.7)
        ? `-m statistic --mode nth ${bang(dice)}--every ${dice.of([1, 2, 3, 5])} --packet 0`
        : `-m statistic --mode random ${bang(dice)}--probability ${dice.of([0, 1])}`,
  },
  limit: {
    // ip_tables counts in 32 bits: a day's worth of credit does not fit (xt_limit.c, user2credits).
    make: (dice, { kind: { backEnd } }) =>
      `-m limit --limit ${dice.of(backEnd === "nft" ? ["1/hour", "2/day"] : ["1/hour"])} --limit-burst ${dice.of([1, 3, 5])}`,
  },
  hashlimit: { make: hashlimit },
  recent: { make: recent },
  iprange: {
    make: (dice, place) => `-m iprange ${bang(dice)}--${dice.of(["src", "dst"])}-range ${range(dice, place)}`,
  },
  length: {
    make: (dice) => `-m length ${bang(dice)}--length ${dice.of(["40", "28:60", "100:", ":40", "20:1500", "60", "48"])}`,
  },
  ttl: {
    family: 4,
    make: (dice) => `-m ttl ${dice.of(["--ttl-eq 64", "! --ttl-eq 63", "--ttl-lt 64", "--ttl-gt 2"])}`,
  },
  hl: { family: 6, make: (dice) => `-m hl ${dice.of(["--hl-eq 64", "! --hl-eq 63", "--hl-lt 64", "--hl-gt 2"])}` },
  mac: {
    hooks: ["PREROUTING", "INPUT", "FORWARD"],
    make: (dice) => `-m mac ${bang(dice)}--mac-source ${dice.of([MACS.c0, MACS.s0])}`,
  },
  pkttype: { make: (dice) => `-m pkttype ${bang(dice)}--pkt-type ${dice.of(["unicast", "broadcast", "multicast"])}` },
  tcpmss: {
    protocols: ["tcp"],
    make: (dice) => `-m tcpmss ${bang(dice)}--mss ${dice.of(["1460", "1:1200", "536:1460"])}`,
  },
  physdev: {
    make: (dice, { hook, kind: { bridged } }) => {
      const ins = [`${bang(dice)}--physdev-in ${dice.of(["r0", "r1", "r+"])}`, `${bang(dice)}--physdev-is-in`];
      const bridge = [`${bang(dice)}--physdev-is-bridged`, "--physdev-is-bridged --physdev-out r1"];
      if (!bridged || !["FORWARD", "POSTROUTING"].includes(hook)) return `-m physdev ${dice.of(ins)}`;
      return `-m physdev ${dice.of([...ins, ...bridge])}`;
    },
  },
  string: {
    make: (dice) =>
      `-m string --algo ${dice.of(["bm", "kmp"])} ${dice.of([
        `${bang(dice)}--string ${dice.of(["needle", "GET", "Needle"])} ${dice.of(["", "--icase", "--from 30", "--to 50", "--from 41 --to 62"])}`,
        `${bang(dice)}--hex-string ${dice.of(["|0d0a|", "|0102|", "n|65|edle"])}`,
      ])}`,
  },
  u32: {
    family: 4,
    make: (dice) =>
      `-m u32 ${bang(dice)}--u32 "${dice.of(["6&0xFF=6", "0>>22&0x3C@0&0xFFFF=80,443", "12=0x0a010001:0x0a0100ff", "4&0x1FFF=0&&6&0xFF=17", "0&0xFFFF=28:100", "0>>22&0x3C@0>>16=53", "5&0xFF=64"])}"`,
  },
  mark: { make: (dice) => `-m mark ${bang(dice)}--mark ${mark(dice)}` },
  connmark: { make: (dice) => `-m connmark ${bang(dice)}--mark ${mark(dice)}` },
  comment: { make: (dice) => `-m comment --comment ${dice.of(["x", '"two words"'])}` },
  set: { make: setMatch },
  conntrack: { make: conntrack },
  state: {
    make: (dice) => `-m state ${bang(dice)}--state ${dice.of([dice.of(STATES.slice(0, 5)), "RELATED,ESTABLISHED"])}`,
  },
  rpfilter: {
    tables: ["raw", "mangle"],
    hooks: ["PREROUTING"],
    make: (dice) => `-m rpfilter ${some(dice, 0, ["--loose", "--validmark", "--accept-local", "--invert"])}`,
  },
};

export function mayStand(maker: Maker, { kind, table, hook }: Place, protocol: string): boolean {
  if (maker.family !== undefined && maker.family !== kind.family) return false;
  if (maker.protocols !== undefined && !maker.protocols.includes(protocol)) return false;
  if (maker.tables !== undefined && !maker.tables.includes(table)) return false;
  return maker.hooks === undefined || maker.hooks.includes(hook);
}

/** Sets that rules ask, made before them. Those named here have what packets show, and what they do not. */
export function setLines(dice: Dice, { family }: Kind, hosts: Hosts): string[] {
  const inet6 = family === 6 ? " family inet6" : "";
  const counters = () => dice.of(["", " counters"]);
  const who = () => anyone(dice, hosts);
  const long = family === 4 ? 24 : 64;
  const several = (count: number, line: () => string) => [...new Set(Array.from({ length: count }, line))];
  const element = () => `${dice.of(["tcp", "udp"])}:${port(dice)}`;
  const lines = [
    `create ips hash:ip${inet6}${counters()}`,
    ...several(3, () => `add ips ${who()}`),
    `create timed hash:ip${inet6} timeout ${dice.of([600, 100000])}${counters()}`,
    ...several(2, () => `add timed ${who()} timeout ${dice.of([0, 800])}`),
    `create nets hash:net${inet6}${counters()}`,
    `add nets ${network(dice, { hosts, kind: { family } } as Place).replace("255.255.0.255", "30")}`,
    `add nets ${hosts.silentClient[0]}/${long}`,
    `add nets ${hosts.silentClient[0]} nomatch`,
    `create ipport hash:ip,port${inet6}${counters()}`,
    ...several(4, () => `add ipport ${who()},${element()}`),
    `add ipport ${who()},${family === 4 ? "icmp:8/0" : "icmpv6:128/0"}`,
    `create ipportip hash:ip,port,ip${inet6}${counters()}`,
    ...several(3, () => `add ipportip ${who()},${element()},${who()}`),
    `create ipportnet hash:ip,port,net${inet6}${counters()}`,
    ...several(2, () => `add ipportnet ${who()},${element()},${dice.of(hosts.silentServer)}/${long}`),
    `create ports bitmap:port range 0-1000${counters()}`,
    ...several(2, () => `add ports ${dice.of([53, 80, 443])}`),
  ];
  if (family === 4)
    lines.push(
      `create range bitmap:ip range 10.1.0.0/24${counters()}`,
      "add range 10.1.0.1-10.1.0.5",
      `create masked hash:ip netmask 24${counters()}`,
      `add masked ${who()}`,
      `create all list:set${counters()}`,
      "add all ips",
      "add all masked",
      "create all2 list:set",
      "add all2 ipport",
    );
  return [...new Set(lines)];
}
