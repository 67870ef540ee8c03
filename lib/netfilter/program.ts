// The rules of a chain, made ready for packets: which is the next rule that matches? Rules that name one address or one
// port are found by it; all others are asked in their order. The answer is the one of asking every rule.
// Before you edit: net/ipv4/netfilter/ip_tables.c (ipt_do_table: header first, then the matches in order).
import type { Ip } from "../wire/address.ts";
import { protocolOf } from "../wire/packet.ts";
import type { AddressMatch, Rule, RuleSpec } from "./rule.ts";
import type { Skb } from "./skb.ts";

/** Fewer rules are asked one after the other quicker than they are looked up. */
const SHORTEST_INDEXED = 12;

export interface Program {
  /** The first rule from `from` on that matches, or the number of rules. Matches that count are asked exactly as in Linux. */
  next(skb: Skb, from: number): number;
}

export function makeProgram(rules: readonly Rule[]): Program {
  return rules.length < SHORTEST_INDEXED ? new Walk(rules) : new Index(rules);
}

/** Every rule is asked, in order. */
export class Walk implements Program {
  private readonly rules: readonly Rule[];

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
  }

  next(skb: Skb, from: number): number {
    const { rules } = this;
    for (let i = from; i < rules.length; i++) if (rules[i]!.test(skb)) return i;
    return rules.length;
  }
}

/** Rules by the one destination, the one source or the one destination port they name, each list in the chain's order. */
class Index implements Program {
  private readonly rules: readonly Rule[];
  private readonly byDestination = new Map<Ip, number[]>();
  private readonly bySource = new Map<Ip, number[]>();
  private readonly byPort = new Map<number, number[]>();
  private readonly others: number[] = [];

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    rules.forEach(({ spec }, i) => {
      const destination = oneAddress(spec.destination);
      const source = oneAddress(spec.source);
      const port = onePort(spec);
      if (destination !== null) append(this.byDestination, destination, i);
      else if (source !== null) append(this.bySource, source, i);
      else if (port !== null) append(this.byPort, port, i);
      else this.others.push(i);
    });
  }

  next(skb: Skb, from: number): number {
    const { packet } = skb;
    const lists = [this.byDestination.get(packet.dst), this.bySource.get(packet.src), this.others];
    const port = portOf(skb);
    if (port !== null) lists.push(this.byPort.get(port));
    const cursors = lists.map((list) => (list === undefined ? 0 : firstFrom(list, from)));
    for (;;) {
      let next = this.rules.length;
      let which = -1;
      for (let i = 0; i < lists.length; i++) {
        const rule = lists[i]?.[cursors[i]!];
        if (rule !== undefined && rule < next) {
          next = rule;
          which = i;
        }
      }
      if (which === -1 || this.rules[next]!.test(skb)) return next;
      cursors[which]!++;
    }
  }
}

/** The place of the first number that is not less, in a rising list. */
function firstFrom(list: readonly number[], from: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function append<Key>(lists: Map<Key, number[]>, key: Key, rule: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [rule]);
  else list.push(rule);
}

function oneAddress(match: AddressMatch | null): Ip | null {
  if (match === null || match.inverted) return null;
  const { mask } = match;
  const isWhole =
    mask.family === 4
      ? mask.bits === 0xffffffff
      : mask.w0 === 0xffffffff && mask.w1 === 0xffffffff && mask.w2 === 0xffffffff && mask.w3 === 0xffffffff;
  return isWhole ? match.address : null;
}

/** Protocol and port as one number. */
function portKey(protocol: number, port: number): number {
  return protocol * 65536 + port;
}

function onePort({ protocol, matches }: RuleSpec): number | null {
  if (protocol === null || protocol.inverted) return null;
  for (const { extension, value } of matches) {
    const port = extension.destinationPort?.(value as never);
    if (port !== undefined && port !== null) return portKey(protocol.number, port);
  }
  return null;
}

function portOf({ packet }: Skb): number | null {
  const { body } = packet;
  return body.kind === "tcp" || body.kind === "udp" ? portKey(protocolOf(packet), body.dstPort) : null;
}
