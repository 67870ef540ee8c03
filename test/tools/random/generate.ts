// Random lines of `ip` and `bridge`, right and wrong: what a line asks is drawn from a grammar, and one in four is then
// spoilt as people spoil lines: a word abbreviated, left out, said twice, or two of them exchanged.
import seedrandom from "seedrandom";

type Draw = () => number;

const DEVICES = ["d0", "d1", "d2", "d3", "br0", "br1", "vx0", "lo", "nope"];
const ADDRESSES = [
  "10.0.0.1",
  "10.0.0.2",
  "10.0.0.200",
  "10.0.1.1",
  "10.0.1.9",
  "192.168.7.5",
  "10.0.2.3",
  "127.0.0.5",
];
const PREFIXES = [
  "10.0.0.0/24",
  "10.0.1.0/24",
  "10.1.0.0/16",
  "10.1.2.0/24",
  "10.2.0.0/16",
  "10.1.2.3",
  "default",
  "192.168.7.0/25",
];
const LENGTHS = ["24", "24", "24", "16", "32", "31", "30", "25", "8"];
const TABLES = ["main", "local", "100", "200", "254", "default"];

class Writer {
  private readonly draw: Draw;

  constructor(draw: Draw) {
    this.draw = draw;
  }

  below(limit: number): number {
    return Math.floor(this.draw() * limit);
  }

  one<Value>(list: readonly Value[]): Value {
    return list[this.below(list.length)]!;
  }

  /** The words with this chance, else none. */
  maybe(chance: number, ...words: readonly string[]): string {
    return this.draw() < chance ? words.join(" ") : "";
  }

  line(): string {
    const line = this.one(GRAMMAR)(this).replace(/ +/g, " ").trim();
    return this.draw() < 0.25 ? this.spoil(line) : line;
  }

  private spoil(line: string): string {
    const words = line.split(" ");
    if (words.length === 1) return line;
    const at = 1 + this.below(words.length - 1);
    const word = words[at]!;
    switch (this.below(5)) {
      case 0:
        words[at] = word.slice(0, 1 + this.below(word.length));
        break;
      case 1:
        words.splice(at, 1);
        break;
      case 2:
        words.splice(at, 0, word);
        break;
      case 3:
        words[at] = `${word}x`;
        break;
      default: {
        const other = 1 + this.below(words.length - 1);
        words[at] = words[other]!;
        words[other] = word;
      }
    }
    return words.join(" ");
  }
}

const options = (w: Writer) =>
  w.one([
    "",
    "",
    "",
    "-4",
    "-o",
    "-br",
    "-j",
    "-j -p",
    "-d",
    "-s",
    "-o -4",
    "-br -4",
    "-o -d",
    "-s -s",
    "-d -j",
    "-o -s",
    "-h",
    "-h -s",
    "-iec",
    "-t",
  ]);
const dev = (w: Writer) => w.one(DEVICES);
const address = (w: Writer) => `${w.one(ADDRESSES)}${w.maybe(0.85, `/${w.one(LENGTHS)}`)}`;

/** What a new address may be told with. */
function addressWords(w: Writer): string {
  return [
    w.maybe(0.3, w.one(["brd", "broadcast"]), w.one(["+", "-", "10.0.0.255", "10.9.9.9"])),
    w.maybe(0.2, "scope", w.one(["global", "link", "host", "site", "254", "200"])),
    w.maybe(0.15, "label", w.one(["d0:1", "d0", "x", "d1:a", "d2:toolonglabelhere"])),
    w.maybe(0.15, "peer", address(w)),
    w.maybe(
      0.1,
      "valid_lft",
      w.one(["forever", "1000", "0", "100"]),
      "preferred_lft",
      w.one(["forever", "500", "0", "2000"]),
    ),
    w.maybe(0.1, "noprefixroute"),
    w.maybe(0.08, w.one(["metric", "priority"]), w.one(["5", "100", "0"])),
  ].join(" ");
}

function routeWords(w: Writer): string {
  return [
    w.maybe(0.5, "via", w.one(ADDRESSES)),
    w.maybe(0.6, "dev", dev(w)),
    w.maybe(0.15, "src", w.one(ADDRESSES)),
    w.maybe(0.2, "metric", w.one(["5", "10", "100"])),
    w.maybe(0.2, w.one(["proto", "protocol"]), w.one(["static", "bird", "80", "kernel"])),
    w.maybe(0.2, "scope", w.one(["link", "global", "host"])),
    w.maybe(0.2, "table", w.one(TABLES)),
    w.maybe(0.1, "onlink"),
    w.maybe(0.15, "mtu", w.one(["1400", "lock 1300", "0"])),
    w.maybe(
      0.1,
      w.one(["advmss 1000", "window 3000", "hoplimit 5", "rtt 30", "initcwnd 10", "quickack 1", "tos 4", "realms 5"]),
    ),
  ].join(" ");
}

function routeFilters(w: Writer): string {
  return [
    w.maybe(0.3, "table", w.one([...TABLES, "all"])),
    w.maybe(0.3, w.one(["", "root", "match", "exact", "to"]), w.one(PREFIXES)),
    w.maybe(0.2, "dev", dev(w)),
    w.maybe(0.15, "via", w.one(ADDRESSES)),
    w.maybe(0.15, "proto", w.one(["static", "kernel", "bird"])),
    w.maybe(0.15, "scope", w.one(["link", "global", "host"])),
    w.maybe(0.15, "type", w.one(["unicast", "local", "blackhole", "broadcast"])),
    w.maybe(0.1, "src", w.one(ADDRESSES)),
    w.maybe(0.1, "metric", "5"),
  ].join(" ");
}

function linkWords(w: Writer): string {
  return w.one([
    "up",
    "up",
    "up",
    "down",
    "mtu 1400",
    "mtu 9000",
    "mtu 70000",
    "mtu 20",
    "address 02:00:00:00:00:0a",
    "address 02:00:00:00:01",
    "master br0",
    "master br1",
    "nomaster",
    "promisc on",
    "promisc off",
    "arp off",
    "arp on",
    "multicast off",
    "multicast on",
    "allmulticast on",
    "allmulticast off",
    "alias hello",
    "alias ''",
    "txqueuelen 500",
    "txqueuelen 1000",
    "group 5",
    "group default",
    "name d9",
    "name d0",
    "netns n1",
    "up mtu 1450 promisc on",
    "qlen 7",
    "arp maybe",
    "dynamic on",
    "mode dormant",
  ]);
}

function ruleWords(w: Writer): string {
  return [
    w.maybe(0.2, "not"),
    w.maybe(0.4, "from", w.one([...PREFIXES, "all"])),
    w.maybe(0.3, "to", w.one(PREFIXES)),
    w.maybe(0.2, w.one(["iif", "oif"]), dev(w)),
    w.maybe(0.2, "fwmark", w.one(["1", "0x80/0x80", "7/0xff"])),
    w.maybe(0.4, w.one(["pref", "priority"]), w.one(["10", "100", "1000"])),
    w.maybe(0.7, w.one(["table", "lookup"]), w.one(TABLES)),
  ].join(" ");
}

const neighWords = (w: Writer) =>
  `${w.one(ADDRESSES)} ${w.maybe(0.8, "lladdr 02:00:00:00:00:0b")} ${w.maybe(0.9, "dev", dev(w))} ${w.maybe(0.4, "nud", w.one(["permanent", "reachable", "stale", "noarp", "failed"]))}`;

const GRAMMAR: readonly ((w: Writer) => string)[] = [
  (w) =>
    `ip ${w.one(["addr", "address", "a"])} ${w.one(["add", "add", "add", "replace", "change"])} ${address(w)} ${addressWords(w)} dev ${dev(w)}`,
  (w) => `ip addr add ${address(w)} dev ${dev(w)}`,
  (w) => `ip addr ${w.one(["del", "delete"])} ${address(w)} dev ${dev(w)}`,
  (w) =>
    `ip addr flush ${w.maybe(0.7, "dev", dev(w))} ${w.maybe(0.4, w.one(["to 10.0.0.0/24", "scope link", "label d0*", "primary", "secondary", "permanent", "dynamic", "up"]))}`,
  (w) =>
    `ip ${options(w)} ${w.one(["addr", "a", "address"])} ${w.one(["", "show", "list", "ls"])} ${w.maybe(0.5, w.maybe(0.5, "dev"), dev(w))} ${w.maybe(0.4, w.one(["up", "to 10.0.0.0/24", "scope link", "label d0*", "primary", "secondary", "permanent", "dynamic", "master br0", "type veth", "nomaster", "group default", "group 5", "deprecated"]))}`,
  (w) =>
    `ip ${options(w)} ${w.one(["link", "l", "li"])} ${w.one(["", "show", "list", "ls"])} ${w.maybe(0.5, w.maybe(0.5, "dev"), dev(w))} ${w.maybe(0.4, w.one(["up", "master br0", "type veth", "type bridge", "type vxlan", "nomaster", "group default", "group 5", "type bridge_slave"]))}`,
  (w) => `ip link set ${w.maybe(0.5, "dev")} ${dev(w)} ${linkWords(w)}`,
  (w) => `ip link set ${w.maybe(0.5, "dev")} ${dev(w)} ${linkWords(w)}`,
  (w) =>
    `ip link add ${w.one(["d4", "d5", "br2", "vx1", "d0"])} ${w.maybe(0.2, "mtu", w.one(["1400", "65535", "10"]))} ${w.maybe(0.1, "up")} type ${w.one(["veth peer name d6", "veth", "bridge", "vxlan id 7 dstport 4789", "vxlan id 8", "nokind"])}`,
  (w) => `ip link ${w.one(["del", "delete"])} ${w.one(["d4", "d5", "br2", "vx1", "d6", "nope", "lo"])}`,
  (w) =>
    `ip ${w.one(["route", "r", "ro"])} ${w.one(["add", "add", "append", "prepend", "replace", "change"])} ${w.maybe(0.15, w.one(["blackhole", "unreachable", "prohibit", "throw", "local", "broadcast", "unicast", "multicast"]))} ${w.one(PREFIXES)} ${routeWords(w)}`,
  (w) =>
    `ip route add ${w.one(PREFIXES)} nexthop via ${w.one(ADDRESSES)} ${w.maybe(0.3, "dev", dev(w))} nexthop via ${w.one(ADDRESSES)} ${w.maybe(0.4, "weight", w.one(["1", "5", "256", "0"]))}`,
  (w) => `ip route ${w.one(["del", "delete"])} ${w.one(PREFIXES)} ${w.maybe(0.4, routeWords(w))}`,
  (w) => `ip route flush ${routeFilters(w)}`,
  (w) => `ip ${options(w)} ${w.one(["route", "r"])} ${w.one(["", "show", "list", "ls"])} ${routeFilters(w)}`,
  (w) => `ip ${options(w)} route ${w.one(["", "show"])} table ${w.one([...TABLES, "all"])}`,
  (w) =>
    `ip ${options(w)} route get ${w.maybe(0.1, "fibmatch")} ${w.one([...ADDRESSES, "10.1.2.3", "8.8.8.8"])} ${w.maybe(0.3, "from", w.one(ADDRESSES))} ${w.maybe(0.3, w.one(["iif", "oif"]), dev(w))} ${w.maybe(0.15, "mark", w.one(["1", "0x80"]))}`,
  (w) => `ip rule ${w.one(["add", "add", "del"])} ${ruleWords(w)}`,
  (w) => `ip ${options(w)} ${w.one(["rule", "ru"])} ${w.one(["", "show", "list"])} ${w.maybe(0.3, ruleWords(w))}`,
  (w) =>
    `ip ${w.one(["neigh", "n", "neighbour"])} ${w.one(["add", "add", "replace", "change", "del"])} ${neighWords(w)}`,
  (w) =>
    `ip ${w.one(["", "-j", "-o", "-4"])} ${w.one(["neigh", "n"])} ${w.one(["", "show", "flush"])} ${w.maybe(0.4, "dev", dev(w))} ${w.maybe(0.3, "nud", w.one(["permanent", "all", "stale"]))}`,
  (w) =>
    w.one([
      "ip netns",
      "ip netns add n2",
      "ip netns add n1",
      "ip netns del n2",
      "ip netns list",
      "ip netns identify",
      "ip netns nope",
      "ip netns add",
      "ip -j netns",
      "ip -n n1 link",
      "ip -n nope link",
      "ip -n n1 addr",
      "ip netns list-id",
      "ip netns pids n1",
    ]),
  (w) =>
    w.one([
      "ip",
      "ip nope",
      "ip -nope",
      "ip link help",
      "ip addr help",
      "ip route help",
      "ip rule help",
      "ip neigh help",
      "ip netns help",
      "ip tunnel help",
      "ip help",
      "ip -V",
      "ip link nope",
      "ip addr nope",
      "ip route nope",
      "ip rule nope",
      "ip neigh nope",
      "ip tunnel nope",
    ]),
];

/** What every sequence begins with: four ends of cables, two bridges, a tunnel and another namespace. */
export const START = [
  "ip netns add n1",
  "ip link add d0 address 02:00:00:00:00:01 type veth peer name d1 address 02:00:00:00:00:02",
  "ip link add d2 address 02:00:00:00:00:03 type veth peer name d3 address 02:00:00:00:00:04",
  // What bridges ask for groups is not modelled.
  "ip link add br0 type bridge mcast_snooping 0",
  "ip link add br1 type bridge mcast_snooping 0",
  "ip link add vx0 address 02:00:00:00:00:07 type vxlan id 5 dstport 4789",
  "ip addr add 10.0.0.1/24 dev d0",
  "ip link set d0 up",
  "ip link set d1 up",
  // Which of several ways is taken depends on a secret.
  "sysctl -qw net.ipv4.fib_multipath_hash_seed=7",
];

/** Known differences: a neighbour that is refused for want of a MAC is in the table all the same, and says nothing; below 68 octets there is no IPv4; what `-d` says of a bridge depends on the kernel. */
const KNOWN = /^(?=ip n\w* (?:add|replace))(?!.*lladdr)|lo .*mtu 20|-d.* (l|li|link|a|addr|address)( |$)/;

/** Lines that would wait, or lead out of the namespace the test plays in. */
const HARMFUL = /\bmo\w*\b|netns \d|netns (e|m|at|s|p\w* *$)|-b\w*a|\bexec\b|-a\w*l/;

/** One in this many lines is followed by time for the kernel to tell what became of carriers. */
export function sequence(seed: string, length: number): string[] {
  const writer = new Writer(seedrandom(seed));
  const lines = [...START];
  while (lines.length < START.length + length) {
    const line = writer.line();
    if (!HARMFUL.test(line) && !KNOWN.test(line)) lines.push(line);
  }
  return lines;
}
