// Random rules that only count, one extension each. `about` says which option a rule is for.
import { type Dice, PORTS, SENDERS } from "./packets.ts";

export interface CountingRule {
  readonly about: string;
  readonly words: string;
}

/** Sets that rules ask, made before them. */
export const SET_LINES: Readonly<Record<4 | 6, readonly string[]>> = {
  4: [
    "create ips hash:ip counters",
    "add ips 10.9.0.1",
    "add ips 10.9.0.9",
    "create nets hash:net",
    "add nets 10.9.0.0/16",
    "add nets 10.9.0.0/24 nomatch",
    "add nets 10.9.0.2",
    "create ipport hash:ip,port",
    "add ipport 10.9.0.2,tcp:80",
    "add ipport 10.9.0.2,udp:53",
    "add ipport 10.9.0.1,icmp:8/0",
    "add ipport 10.9.0.7,gre:0",
    "add ipport 10.9.0.7,sctp:443",
    "create ipportip hash:ip,port,ip",
    "add ipportip 10.9.0.1,80,10.9.0.2",
    "add ipportip 10.9.0.7,443,10.9.0.2",
    "create ipportnet hash:ip,port,net",
    "add ipportnet 10.9.0.2,80,10.9.0.0/24",
    "add ipportnet 10.9.0.2,443,10.9.0.0/16 nomatch",
    "create ports bitmap:port range 0-1000",
    "add ports 53",
    "add ports 80",
    "create range bitmap:ip range 10.9.0.0/24",
    "add range 10.9.0.1-10.9.0.5",
    "create masked hash:ip netmask 24",
    "add masked 10.9.3.77",
    "create all list:set",
    "add all ips",
    "add all masked",
  ],
  6: [
    "create ips6 hash:ip family inet6",
    "add ips6 2001:db8:9::1",
    "create nets6 hash:net family inet6",
    "add nets6 2001:db8:9::/48",
    "add nets6 2001:db8:9::7 nomatch",
    "create ipport6 hash:ip,port family inet6",
    "add ipport6 2001:db8:9::2,80",
    "add ipport6 2001:db8:9::1,icmpv6:128/0",
    "create ports6 bitmap:port range 0-1000",
    "add ports6 53",
  ],
};

type Maker = (dice: Dice, family: 4 | 6, unique: string) => string;

const bang = (dice: Dice) => (dice([0, 0, 1]) === 1 ? "! " : "");
const port = (dice: Dice) => `${dice(PORTS)}`;
const ports = (dice: Dice) => dice([port(dice), "1:100", ":443", "1024:", "80:8080"]);

/** By the option they are for. Where none is said, the rule is of both families. */
const MAKERS: Readonly<Record<string, { make: Maker; family?: 4 | 6 }>> = {
  "tcp dport": { make: (dice) => `-p tcp -m tcp ${bang(dice)}--dport ${ports(dice)}` },
  "tcp sport": { make: (dice) => `-p tcp -m tcp ${bang(dice)}--sport ${ports(dice)}` },
  "tcp both": { make: (dice) => `-p tcp -m tcp --sport ${ports(dice)} --dport ${ports(dice)}` },
  "tcp syn": { make: (dice) => `-p tcp -m tcp ${bang(dice)}--syn` },
  "tcp flags": {
    make: (dice) =>
      `-p tcp -m tcp ${bang(dice)}--tcp-flags ${dice(["ALL", "SYN,ACK", "FIN,PSH,URG"])} ${dice(["SYN", "NONE", "ACK", "FIN,PSH,URG", "SYN,ACK"])}`,
  },
  "tcp option": { make: (dice) => `-p tcp -m tcp ${bang(dice)}--tcp-option ${dice([2, 3, 4, 8, 5])}` },
  "tcp alone": { make: () => "-p tcp -m tcp" },
  "udp dport": { make: (dice) => `-p udp -m udp ${bang(dice)}--dport ${ports(dice)}` },
  "udp sport": { make: (dice) => `-p udp -m udp ${bang(dice)}--sport ${ports(dice)}` },
  "sctp ports": { make: (dice) => `-p sctp -m sctp ${bang(dice)}--dport ${ports(dice)}` },
  "sctp chunks": {
    make: (dice) =>
      `-p sctp -m sctp ${bang(dice)}--chunk-types ${dice(["any", "all", "only"])} ${dice(["DATA", "INIT", "DATA,SACK", "DATA:B", "ABORT:T", "DATA:bE,SACK", "ALL", "NONE"])}`,
  },
  icmp: {
    family: 4,
    make: (dice) => `-p icmp -m icmp ${bang(dice)}--icmp-type ${dice(["8", "echo-reply", "3/1", "3", "any", "11/0"])}`,
  },
  icmp6: {
    family: 6,
    make: (dice) => `-p icmpv6 -m icmp6 ${bang(dice)}--icmpv6-type ${dice(["128", "echo-reply", "1/1", "1", "135"])}`,
  },
  "multiport dports": {
    make: (dice) =>
      `-p ${dice(["tcp", "udp", "sctp"])} -m multiport ${bang(dice)}--dports ${dice(["80,443", "53,1000:9000", "0"])}`,
  },
  "multiport sports": {
    make: (dice) => `-p tcp -m multiport ${bang(dice)}--sports ${dice(["80,443", "53,1000:9000"])}`,
  },
  "multiport ports": { make: (dice) => `-p udp -m multiport ${bang(dice)}--ports ${dice(["80,443", "53,1000:9000"])}` },
  "addrtype src": {
    family: 4,
    make: (dice) => `-m addrtype ${bang(dice)}--src-type ${dice(["UNICAST", "LOCAL,UNICAST", "UNSPEC,UNICAST"])}`,
  },
  "addrtype dst": {
    family: 4,
    make: (dice) =>
      `-m addrtype ${bang(dice)}--dst-type ${dice(["LOCAL", "BROADCAST", "MULTICAST", "UNICAST", "LOCAL,MULTICAST"])}`,
  },
  "addrtype dst6": {
    family: 6,
    make: (dice) => `-m addrtype ${bang(dice)}--dst-type ${dice(["LOCAL", "MULTICAST", "UNICAST", "UNREACHABLE"])}`,
  },
  "statistic nth": {
    make: (dice) => `-m statistic --mode nth ${bang(dice)}--every ${dice([2, 3, 5])} --packet ${dice([0, 1])}`,
  },
  "statistic always": { make: (dice) => `-m statistic --mode random ${bang(dice)}--probability ${dice([0, 1])}` },
  limit: { make: (dice) => `-m limit --limit ${dice(["1/hour", "2/day"])} --limit-burst ${dice([1, 3, 7])}` },
  hashlimit: {
    make: (dice, _, unique) =>
      `-m hashlimit --hashlimit-${dice(["upto", "above"])} 1/hour --hashlimit-burst ${dice([1, 2])} --hashlimit-mode ${dice(["srcip", "dstip", "srcip,dstip", "srcip,dstport", "srcport"])} --hashlimit-name ${unique}`,
  },
  "hashlimit mask": {
    family: 4,
    make: (dice, _, unique) =>
      `-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-srcmask ${dice([0, 8, 24])} --hashlimit-name ${unique}`,
  },
  "hashlimit bytes": {
    make: (dice, _, unique) =>
      `-m hashlimit --hashlimit-upto ${dice(["64b/s", "512b/s"])} --hashlimit-mode dstip --hashlimit-name ${unique}`,
  },
  "hashlimit rate": {
    make: (dice, _, unique) =>
      `-m hashlimit --hashlimit-upto ${dice([2, 4])}/s --hashlimit-rate-match --hashlimit-rate-interval 100 --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name ${unique}`,
  },
  "recent set": { make: (dice, _, unique) => `-m recent ${bang(dice)}--set --name ${unique}` },
  "recent update": {
    make: (dice, _, unique) => `-m recent ${bang(dice)}--update --name ${unique} --${dice(["rsource", "rdest"])}`,
  },
  iprange: {
    family: 4,
    make: (dice) =>
      `-m iprange ${bang(dice)}--${dice(["src", "dst"])}-range ${dice(["10.9.0.2-10.9.0.8", "10.9.0.7-10.9.3.4", "0.0.0.0-255.255.255.255", "10.9.0.9-10.9.0.1"])}`,
  },
  iprange6: {
    family: 6,
    make: (dice) =>
      `-m iprange ${bang(dice)}--${dice(["src", "dst"])}-range ${dice(["2001:db8:9::2-2001:db8:9::8", "fe80::-ff02::9"])}`,
  },
  length: { make: (dice) => `-m length ${bang(dice)}--length ${dice(["40", "28:60", "100:", ":40", "20:1500"])}` },
  ttl: { family: 4, make: (dice) => `-m ttl ${dice(["--ttl-eq 64", "! --ttl-eq 64", "--ttl-lt 64", "--ttl-gt 2"])}` },
  hl: { family: 6, make: (dice) => `-m hl ${dice(["--hl-eq 64", "! --hl-eq 64", "--hl-lt 64", "--hl-gt 2"])}` },
  mac: { make: (dice) => `-m mac ${bang(dice)}--mac-source ${dice(SENDERS)}` },
  pkttype: { make: (dice) => `-m pkttype ${bang(dice)}--pkt-type ${dice(["unicast", "broadcast", "multicast"])}` },
  tcpmss: { make: (dice) => `-p tcp -m tcpmss ${bang(dice)}--mss ${dice(["1460", "1:1200", "536:1460", "0:65535"])}` },
  physdev: {
    make: (dice) => `-m physdev ${bang(dice)}--physdev-${dice(["is-in", "is-out", "is-bridged", "in eth+", "out x"])}`,
  },
  string: {
    make: (dice) =>
      `-m string --algo ${dice(["bm", "kmp"])} ${bang(dice)}--string ${dice(["needle", "GET", "Needle"])} ${dice(["", "--icase", "--from 30", "--to 50", "--from 41 --to 62", "--from 60"])}`,
  },
  "hex string": {
    make: (dice) => `-m string --algo bm ${bang(dice)}--hex-string ${dice(["|0d0a|", "|0102|", "n|65|edle"])}`,
  },
  u32: {
    family: 4,
    make: (dice) =>
      `-m u32 ${bang(dice)}--u32 ${dice(["6&0xFF=6", "0>>22&0x3C@0&0xFFFF=80,443", "12=0x0a090001:0x0a0900ff", "4&0x1FFF=0&&6&0xFF=17", "2&0xFFFF=0:100", "0>>22&0x3C@0>>16=53"])}`,
  },
  mark: { make: (dice) => `-m mark ${bang(dice)}--mark ${dice(["0", "1"])}` },
  comment: { make: (dice) => `-m comment --comment ${dice(["x", "y"])} -s ${"10.9.0.1/32"}`, family: 4 },
  "set ips": {
    family: 4,
    make: (dice) =>
      `-m set ${bang(dice)}--match-set ${dice(["ips", "masked", "range", "all"])} ${dice(["src", "dst"])}`,
  },
  "set counters": {
    family: 4,
    make: (dice) =>
      `-m set --match-set ips src ${dice(["--packets-gt 5", "--packets-lt 4", "! --update-counters", "--bytes-gt 200", "! --packets-eq 3"])}`,
  },
  "set nets": {
    family: 4,
    make: (dice) => `-m set ${bang(dice)}--match-set nets ${dice(["src", "dst"])} ${dice(["", "--return-nomatch"])}`,
  },
  "set ip,port": {
    family: 4,
    make: (dice) => `-m set ${bang(dice)}--match-set ipport ${dice(["dst,dst", "src,dst", "src,src"])}`,
  },
  "set ip,port,ip": {
    family: 4,
    make: (dice) =>
      `-m set ${bang(dice)}--match-set ${dice(["ipportip", "ipportnet"])} ${dice(["src,dst,dst", "dst,dst,src"])}`,
  },
  "set ports": { family: 4, make: (dice) => `-m set ${bang(dice)}--match-set ports ${dice(["src", "dst"])}` },
  "set of IPv6": {
    family: 6,
    make: (dice) =>
      `-m set ${bang(dice)}--match-set ${dice(["ips6 src", "nets6 src", "nets6 dst", "ipport6 dst,dst", "ipport6 src,src", "ports6 dst"])}`,
  },
  "too few directions": { family: 4, make: () => "-m set --match-set ipport src" },
};

/** Of batches of their own: what the others leave out. */
const MORE: typeof MAKERS = {
  "addrtype iface": {
    family: 4,
    make: (dice) => `-m addrtype ${bang(dice)}--dst-type ${dice(["LOCAL", "MULTICAST", "UNICAST"])} --limit-iface-in`,
  },
  "sctp sport": { make: (dice) => `-p sctp -m sctp ${bang(dice)}--sport ${ports(dice)}` },
  "hashlimit table": {
    make: (dice, _, unique) =>
      `-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst ${dice([1, 2])} --hashlimit-mode dstip --hashlimit-dstmask ${dice([0, 16, 24])} --hashlimit-htable-size 64 --hashlimit-htable-max 640 --hashlimit-htable-gcinterval 5000 --hashlimit-htable-expire 9000 --hashlimit-name ${unique}`,
  },
  "recent twice": {
    make: (dice, family, unique) =>
      `-m recent --update --seconds ${dice([60, 100])} ${dice(["", "--reap "])}--name L${family} --hitcount ${dice([1, 2, 4])} ${dice(["", "--rttl"])}`.trim() +
      ` -m comment --comment ${unique}`,
  },
  "recent set": { make: (dice, family) => `-m recent --set --name ${dice(["L", "L", "R"])}${family}` },
  "recent remove": { make: (dice, family) => `-m recent ${bang(dice)}--remove --name R${family}` },
  "set bytes": {
    family: 4,
    make: (dice) => `-m set --match-set ips src ${dice(["--bytes-eq 40", "--bytes-lt 300", "! --bytes-eq 40"])}`,
  },
  "set of sets": {
    family: 4,
    make: (dice) =>
      `-m set --match-set all ${dice(["src", "dst"])} ${dice(["! --update-subcounters", "--packets-gt 3"])}`,
  },
};

/** Options that can never be met, or never not. */
export const ONE_SIDED: ReadonlySet<string> = new Set(["too few directions"]);

export function rulesFrom(dice: Dice, family: 4 | 6, count: number, isMore: boolean): CountingRule[] {
  const makers = isMore ? MORE : MAKERS;
  const names = Object.keys(makers).filter((name) => (makers[name]!.family ?? family) === family);
  return Array.from({ length: count }, (_, i) => {
    const about = names[i % names.length]!;
    return { about, words: makers[about]!.make(dice, family, `n${i}s`).trim() };
  });
}
