// Relations of a filter: `icmp6[icmp6type] = icmp6-echo`, `tcp[tcpflags] & tcp-syn != 0`, `len > 100`.
// Before you edit: pcap-filter(7), libpcap grammar.y (arth, relop), gencode.c (gen_load, gen_relation).
import { frameBytes } from "./bytes.ts";
import { type FrameTest, isKind } from "./filter-tests.ts";
import { FilterError, type Words } from "./filter-words.ts";
import type { Frame } from "./packet.ts";

/** Names of offsets and of values. */
const NAMED: Readonly<Record<string, number>> = {
  icmptype: 0,
  icmpcode: 1,
  "icmp-echoreply": 0,
  "icmp-unreach": 3,
  "icmp-sourcequench": 4,
  "icmp-redirect": 5,
  "icmp-echo": 8,
  "icmp-routeradvert": 9,
  "icmp-routersolicit": 10,
  "icmp-timxceed": 11,
  "icmp-paramprob": 12,
  icmp6type: 0,
  icmp6code: 1,
  "icmp6-destinationunreach": 1,
  "icmp6-packettoobig": 2,
  "icmp6-timeexceeded": 3,
  "icmp6-parameterproblem": 4,
  "icmp6-echo": 128,
  "icmp6-echoreply": 129,
  "icmp6-routersolicit": 133,
  "icmp6-routeradvert": 134,
  "icmp6-neighborsolicit": 135,
  "icmp6-neighboradvert": 136,
  "icmp6-redirect": 137,
  "icmp6-multicastlistenerreportv2": 143,
  tcpflags: 13,
  "tcp-fin": 1,
  "tcp-syn": 2,
  "tcp-rst": 4,
  "tcp-push": 8,
  "tcp-ack": 16,
  "tcp-urg": 32,
  "tcp-ece": 64,
  "tcp-cwr": 128,
};

/** Protocols whose octets can be asked for. */
const LOADED = ["ether", "ip", "ip6", "arp", "tcp", "udp", "icmp", "icmp6"];

/** Thrown by a load beyond the packet's end: then the filter as a whole takes the packet not. */
const BEYOND = Symbol("beyond the end of the packet");

/** A term: its value for the octets of a frame, and which frames it can be asked of. */
interface Term {
  readonly value: (octets: Uint8Array) => number;
  readonly needs: readonly FrameTest[];
  /** The value where it is the same for every frame. */
  readonly constant?: number;
}

type Operator = (left: number, right: number) => number;

/** From the loosest to the tightest; all bind from left to right. */
const LEVELS: readonly Readonly<Record<string, Operator>>[] = [
  { "|": (a, b) => (a | b) >>> 0 },
  { "&": (a, b) => (a & b) >>> 0 },
  { "<<": (a, b) => (b > 31 ? 0 : (a << b) >>> 0), ">>": (a, b) => (b > 31 ? 0 : a >>> b) },
  { "+": (a, b) => (a + b) >>> 0, "-": (a, b) => (a - b) >>> 0 },
  { "*": (a, b) => Math.imul(a, b) >>> 0, "/": (a, b) => Math.floor(a / b) },
];

const RELATIONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  "=": (a, b) => a === b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
};

/** Reads a relation; null, with no word taken, when the words are none. */
export function relation(words: Words): FrameTest | null {
  const start = words.at;
  if (!mayBegin(words)) return null;
  const left = term(words, 0);
  const compare = RELATIONS[words.peek];
  if (left === null || compare === undefined) {
    words.at = start;
    return null;
  }
  words.take();
  const right = term(words, 0);
  if (right === null) throw words.wrong();
  const needs = [...left.needs, ...right.needs];
  return (frame) => {
    if (!needs.every((is) => is(frame))) return false;
    const octets = frameBytes(frame);
    return compare(left.value(octets), right.value(octets));
  };
}

/** A test that is false for a packet of which it asks more octets than there are. */
export function bounded(test: FrameTest): FrameTest {
  return (frame: Frame) => {
    try {
      return test(frame);
    } catch (thrown) {
      if (thrown === BEYOND) return false;
      throw thrown;
    }
  };
}

function mayBegin(words: Words): boolean {
  const { peek, second } = words;
  return /^\d/.test(peek) || ["len", "(", "-"].includes(peek) || peek in NAMED || second === "[";
}

/** A term of this level of binding or a tighter one; null where the words are none. */
function term(words: Words, level: number): Term | null {
  const operators = LEVELS[level];
  if (operators === undefined) return single(words);
  let left = term(words, level + 1);
  for (;;) {
    const operator = operators[words.peek];
    if (left === null || operator === undefined) return left;
    const sign = words.take();
    const right = term(words, level + 1);
    if (right === null) throw words.wrong();
    if (sign === "/" && right.constant === 0) throw new FilterError("division by zero");
    left = combine(left, right, operator);
  }
}

function combine(left: Term, right: Term, operator: Operator): Term {
  const needs = [...left.needs, ...right.needs];
  if (left.constant === undefined || right.constant === undefined)
    return { needs, value: (octets) => operator(left.value(octets), right.value(octets)) };
  return constant(operator(left.constant, right.constant));
}

function constant(value: number): Term {
  return { needs: [], value: () => value, constant: value };
}

function single(words: Words): Term | null {
  const word = words.peek;
  if (word === "(") {
    words.take();
    const inside = term(words, 0);
    return inside !== null && words.skip(")") ? inside : null;
  }
  if (word === "-") {
    words.take();
    const negated = single(words);
    return negated === null ? null : combine(constant(0), negated, LEVELS[3]!["-"]!);
  }
  if (word === "len") {
    words.take();
    return { needs: [], value: (octets) => octets.length };
  }
  if (word in NAMED) return constant(NAMED[words.take()]!);
  if (/^(0x[0-9a-fA-F]+|\d+)$/.test(word)) return constant(words.number(words.take()) >>> 0);
  return words.second === "[" ? load(words) : null;
}

/** `PROTO[OFFSET]`, `PROTO[OFFSET:SIZE]` */
function load(words: Words): Term {
  const proto = words.take();
  if (!LOADED.includes(proto)) throw /^[a-z]/.test(proto) && proto.length < 5 ? words.wrong() : words.refuse();
  words.take();
  const offset = term(words, 0);
  if (offset === null) throw words.wrong();
  const size = words.skip(":") ? words.number(words.take()) : 1;
  if (!words.skip("]")) throw words.wrong();
  if (size !== 1 && size !== 2 && size !== 4) throw new FilterError("data size must be 1, 2, or 4");
  const start = STARTS[proto] ?? (() => 14);
  const value = (octets: Uint8Array) => {
    const at = start(octets) + offset.value(octets);
    if (at + size > octets.length) throw BEYOND;
    let loaded = 0;
    for (let i = 0; i < size; i++) loaded = loaded * 256 + octets[at + i]!;
    return loaded;
  };
  return { value, needs: [...offset.needs, hasHeader(proto)] };
}

const behindIpv4 = (octets: Uint8Array) => 14 + 4 * (octets[14]! & 15);

/** Where the octets of a protocol begin in a frame; others begin behind the Ethernet header. */
const STARTS: Readonly<Record<string, (octets: Uint8Array) => number>> = {
  ether: () => 0,
  tcp: behindIpv4,
  udp: behindIpv4,
  icmp: behindIpv4,
  icmp6: () => 54,
};

/** Headers of transports are looked for in IPv4 alone, and in first fragments; that of ICMPv6 right behind IPv6. */
function hasHeader(proto: string): FrameTest {
  const is = isKind(proto);
  if (proto === "icmp6")
    return ({ payload }) =>
      payload.kind === "ipv6" &&
      payload.body.kind === "icmp6" &&
      !payload.routerAlert &&
      payload.fragment === undefined;
  if (proto === "tcp" || proto === "udp" || proto === "icmp")
    return (frame) => frame.payload.kind === "ipv4" && frame.payload.fragmentOffset === 0 && is(frame);
  return is;
}
