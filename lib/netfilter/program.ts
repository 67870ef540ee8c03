// The rules of a chain, made ready for packets: which is the next rule that matches? The numbers of all rules' headers stand
// in columns, which are compared one rule after the other in a few nanoseconds each; in a long chain, rules that name one
// address or one port are found by it. Only rules that agree are asked. The answer is the one of asking every rule.
// Before you edit: net/ipv4/netfilter/ip_tables.c (ipt_do_table: header first, then the matches in order).
import { protocolOf } from "../wire/packet.ts";
import type { Miss } from "./extension.ts";
import { Header, PORT_BITS, PROTOCOL_BITS, wordOf } from "./header.ts";
import type { Rule } from "./rule.ts";
import type { IpPacket, Skb } from "./skb.ts";
import { destinationPort, NONE } from "./transport.ts";

/** Fewer rules are compared one after the other quicker than they are looked up. */
const SHORTEST_INDEXED = 64;

/** What is heard while rules are tried: which was asked last, and why those that were asked did not match, by place. */
export interface Missed {
  at: number;
  readonly why: Map<number, Miss>;
}

export interface Program {
  /**
   * The first rule from `from` on that matches, or the number of rules. Matches that count are asked exactly as in Linux.
   * Who wants to know why rules did not match says where to write it; those of which nothing is written there differ from
   * the packet in addresses, protocol or port, and so they will whenever they are asked.
   */
  next(skb: Skb, from: number, missed: Missed | null): number;
}

export function makeProgram(rules: readonly Rule[]): Program {
  const scan = new Scan(rules);
  return rules.length < SHORTEST_INDEXED ? scan : new Index(rules, scan);
}

/** Every rule's header is compared, in order. */
export class Scan implements Program {
  private readonly rules: readonly Rule[];
  /** Six columns, one behind the other: each field and its mask, as Header has them. */
  private readonly columns: Int32Array;

  constructor(rules: readonly Rule[]) {
    const { length } = rules;
    const columns = new Int32Array(6 * length);
    const header = new Header();
    for (let i = 0; i < length; i++) {
      rules[i]!.writeHeader(header);
      columns[i] = header.destination;
      columns[length + i] = header.destinationMask;
      columns[2 * length + i] = header.source;
      columns[3 * length + i] = header.sourceMask;
      columns[4 * length + i] = header.ports;
      columns[5 * length + i] = header.portsMask;
    }
    this.rules = rules;
    this.columns = columns;
  }

  next(skb: Skb, from: number, missed: Missed | null): number {
    const { rules, columns } = this;
    const { length } = rules;
    const { packet } = skb;
    // Most rules of a long chain differ in their destination, which is compared first and here.
    const destination = wordOf(packet.dst);
    const source = wordOf(packet.src);
    const ports = portsOf(packet);
    const known = knownOf(packet);
    for (let i = from; i < length; i++) {
      if ((destination & columns[length + i]!) !== columns[i]) continue;
      if (this.agrees(i, source, ports, known) && fits(rules[i]!, skb, i, missed)) return i;
    }
    return length;
  }

  /** Whether a rule wants this source, protocol and port. */
  agrees(i: number, source: number, ports: number, known: number): boolean {
    const { columns } = this;
    const { length } = this.rules;
    return (
      (source & columns[3 * length + i]!) === columns[2 * length + i] &&
      ((ports ^ columns[4 * length + i]!) & columns[5 * length + i]! & known) === 0
    );
  }

  /** The header of a rule. */
  at(i: number, header: Header): void {
    const { columns } = this;
    const { length } = this.rules;
    header.destination = columns[i]!;
    header.destinationMask = columns[length + i]!;
    header.source = columns[2 * length + i]!;
    header.sourceMask = columns[3 * length + i]!;
    header.ports = columns[4 * length + i]!;
    header.portsMask = columns[5 * length + i]!;
  }
}

/** Rules by the one destination, the one source or the one destination port they name, each list in the chain's order. */
class Index implements Program {
  private readonly rules: readonly Rule[];
  private readonly scan: Scan;
  private readonly byDestination = new Map<number, number[]>();
  private readonly bySource = new Map<number, number[]>();
  private readonly byPort = new Map<number, number[]>();
  private readonly others: number[] = [];

  constructor(rules: readonly Rule[], scan: Scan) {
    this.rules = rules;
    this.scan = scan;
    const header = new Header();
    for (let i = 0; i < rules.length; i++) {
      scan.at(i, header);
      if (header.destinationMask === -1) append(this.byDestination, header.destination, i);
      else if (header.sourceMask === -1) append(this.bySource, header.source, i);
      else if ((header.portsMask & PORT_BITS) !== 0) append(this.byPort, header.ports, i);
      else this.others.push(i);
    }
  }

  next(skb: Skb, from: number, missed: Missed | null): number {
    const { packet } = skb;
    const known = knownOf(packet);
    // What has no port may be something for every rule that names one.
    if (known !== -1 && this.byPort.size > 0) return this.scan.next(skb, from, missed);
    const source = wordOf(packet.src);
    const ports = portsOf(packet);
    const { rules, scan, others } = this;
    const { length } = rules;
    const byDestination = this.byDestination.get(wordOf(packet.dst)) ?? NOTHING;
    const bySource = this.bySource.get(source) ?? NOTHING;
    const byPort = this.byPort.get(ports) ?? NOTHING;
    let a = firstFrom(byDestination, from);
    let b = firstFrom(bySource, from);
    let c = firstFrom(byPort, from);
    let d = firstFrom(others, from);
    for (;;) {
      let next = length;
      if (a < byDestination.length) next = byDestination[a]!;
      if (b < bySource.length && bySource[b]! < next) next = bySource[b]!;
      if (c < byPort.length && byPort[c]! < next) next = byPort[c]!;
      if (d < others.length && others[d]! < next) next = others[d]!;
      if (next === length) return length;
      if (scan.agrees(next, source, ports, known) && fits(rules[next]!, skb, next, missed)) return next;
      if (byDestination[a] === next) a++;
      else if (bySource[b] === next) b++;
      else if (byPort[c] === next) c++;
      else d++;
    }
  }
}

const NOTHING: readonly number[] = [];

function fits(rule: Rule, skb: Skb, at: number, missed: Missed | null): boolean {
  if (missed === null) return rule.test(skb);
  missed.at = at;
  const miss = rule.ask(skb);
  if (miss !== null) missed.why.set(at, miss);
  return miss === null;
}

/** Protocol and destination port of a packet. */
function portsOf(packet: IpPacket): number {
  return (protocolOf(packet) << 16) | (destinationPort(packet, true) & PORT_BITS);
}

/** Which bits of these are known: without a port, those of the protocol. */
function knownOf(packet: IpPacket): number {
  return destinationPort(packet, true) === NONE ? PROTOCOL_BITS : -1;
}

/** The place of the first number that is not less, in a rising list. */
function firstFrom(list: readonly number[], from: number): number {
  if (from === 0) return 0;
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function append(lists: Map<number, number[]>, key: number, rule: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [rule]);
  else list.push(rule);
}
