// What rules are about, as boxes; and which of their matches can't be told so.
// Before you edit: ../condition.ts, ../match/*.ts (compile), net/netfilter/xt_conntrack.c.
import type { Ip } from "../../wire/address.ts";
import { PROTOCOL } from "../../wire/packet.ts";
import type { AnyMatch, MatchExtension } from "../extension.ts";
import { addrtype } from "../match/addrtype.ts";
import { comment } from "../match/comment.ts";
import { STATE_BIT } from "../match/connection-states.ts";
import { conntrack, state } from "../match/conntrack.ts";
import { icmp } from "../match/icmp.ts";
import { iprange } from "../match/iprange.ts";
import { type MarkValue, mark } from "../match/mark.ts";
import { multiport } from "../match/multiport.ts";
import type { PortRange } from "../match/ports.ts";
import { tcp } from "../match/tcp.ts";
import { udp } from "../match/udp.ts";
import type { AddressMatch, RuleSpec } from "../rule.ts";
import type { DeviceNames } from "./names.ts";
import { type Box, common, complement, EVERYTHING, type Field, joined, only, type Ranges } from "./space.ts";

/** What the search knows of the machine. */
export interface Ground {
  readonly devices: DeviceNames;
  /** Its own addresses; null: nobody said. */
  readonly local: Ranges | null;
}

/** What a rule is about. */
export interface Meaning {
  /** No packet outside is met. */
  readonly boxes: readonly Box[];
  /** What is asked of the mark besides. */
  readonly marks: readonly MarkValue[];
  /** Matches that can't be told by boxes: of a packet inside nobody knows without trying. */
  readonly unknown: readonly string[];
}

/** State * 4 and NAT's bits: which there are. */
export const CT_STATES = ["INVALID", "NEW", "ESTABLISHED", "RELATED", "UNTRACKED"] as const;
export const CT_VALUES: readonly number[] = [0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

type Said = { readonly boxes: readonly Box[]; readonly isExact: boolean };
type ValueOf<Match> = Match extends MatchExtension<infer Value, infer _> ? Value : never;

const UNKNOWN: Said = { boxes: [EVERYTHING], isExact: false };
const exactly = (...boxes: Box[]): Said => ({ boxes, isExact: true });
const unless = (ranges: Ranges, inverted: boolean, field: Field): Ranges =>
  inverted ? complement(ranges, field) : ranges;

const portBox = (source: PortRange, destination: PortRange): Box =>
  only({
    sport: unless([source.first, source.last], source.inverted, "sport"),
    dport: unless([destination.first, destination.last], destination.inverted, "dport"),
  });

const bits = (address: Ip): number => (address.family === 4 ? address.bits : 0);

const READERS = new Map<AnyMatch, (value: never, ground: Ground) => Said>();
function reader<Match>(match: Match, read: (value: ValueOf<Match>, ground: Ground) => Said): void {
  READERS.set(match as AnyMatch, read as never);
}

reader(comment, () => exactly(EVERYTHING));
reader(udp, ({ source, destination }) => exactly(portBox(source, destination)));
reader(tcp, ({ source, destination, flags, option }) => {
  const box = portBox(source, destination);
  const found: number[] = [];
  for (let each = 0; flags !== null && each < 256; each++)
    if (((each & flags.mask) === flags.wanted) !== flags.inverted) found.push(each, each);
  return { boxes: [flags === null ? box : only({ flags: found }, box)], isExact: option === null };
});
reader(icmp, ({ type, first, last, inverted }) => {
  if (type === 255) return inverted ? exactly() : exactly(EVERYTHING);
  if (!inverted) return exactly(only({ sport: [type, type], dport: [first, last] }));
  return exactly(
    only({ sport: complement([type, type], "sport") }),
    only({ sport: [type, type], dport: complement([first, last], "dport") }),
  );
});
reader(multiport, ({ side, ranges, inverted }) => {
  const ports = ranges.reduce<Ranges>((all, range) => joined(all, range), []);
  const others = complement(ports, "sport");
  if (side === "sports") return exactly(only({ sport: inverted ? others : ports }));
  if (side === "dports") return exactly(only({ dport: inverted ? others : ports }));
  if (inverted) return exactly(only({ sport: others, dport: others }));
  return exactly(only({ sport: ports }), only({ sport: others, dport: ports }));
});
reader(iprange, ({ src, dst }) =>
  exactly(
    only({
      ...(src !== null && { src: unless([bits(src.first), bits(src.last)], src.inverted, "src") }),
      ...(dst !== null && { dst: unless([bits(dst.first), bits(dst.last)], dst.inverted, "dst") }),
    }),
  ),
);
function ofConnection({ questions, states, statesInverted }: ValueOf<typeof conntrack>): Said {
  const mask = states?.reduce((all, each) => all | STATE_BIT[each], 0) ?? 0;
  const found = CT_VALUES.flatMap((each) => {
    const had = STATE_BIT[CT_STATES[each >> 2]!] | (each & 1 ? STATE_BIT.SNAT : 0) | (each & 2 ? STATE_BIT.DNAT : 0);
    return states === null || ((had & mask) !== 0) !== statesInverted ? [each, each] : [];
  });
  return { boxes: [only({ ct: found })], isExact: questions.every(({ test }) => test === null) };
}
reader(conntrack, ofConnection);
reader(state, ofConnection as never);
reader(addrtype, ({ source, destination, limit }, { local }) => {
  const isLocal = (asked: typeof source) => asked === null || (asked.types.length === 1 && asked.types[0] === "LOCAL");
  if (local === null || limit !== null || !isLocal(source) || !isLocal(destination)) return UNKNOWN;
  return exactly(
    only({
      ...(source !== null && { src: unless(local, source.inverted, "src") }),
      ...(destination !== null && { dst: unless(local, destination.inverted, "dst") }),
    }),
  );
});

export function meaningOf(spec: RuleSpec, ground: Ground): Meaning {
  const { source, destination, protocol, fragment, family } = spec;
  if (family === 6) throw new Error("only rules of IPv4 are searched");
  const unknown: string[] = [];
  const fields: Partial<Record<Field, Ranges>> = {};
  for (const [side, asked] of [["src", source] as const, ["dst", destination] as const]) {
    const ranges = asked === null ? null : networkRanges(asked);
    if (ranges !== null) fields[side] = unless(ranges, asked!.inverted, side);
    else if (asked !== null) unknown.push("a mask with holes");
  }
  if (protocol !== null) fields.proto = unless([protocol.number, protocol.number], protocol.inverted, "proto");
  if (spec.in !== null) fields.in = ground.devices.of(spec.in);
  if (spec.out !== null) fields.out = ground.devices.of(spec.out);
  // Whole packets only: none of them is a later fragment.
  let boxes: readonly Box[] = fragment !== null && !fragment.inverted ? [] : [only(fields)];
  if (Object.values(fields).some((ranges) => ranges.length === 0)) boxes = [];
  const marks: MarkValue[] = [];
  for (const { extension, value } of spec.matches) {
    if (extension === (mark as AnyMatch)) {
      marks.push(value as MarkValue);
      continue;
    }
    const { boxes: asked, isExact } = READERS.get(extension)?.(value as never, ground) ?? UNKNOWN;
    if (!isExact) unknown.push(extension.name);
    boxes = boxes.flatMap((box) => asked.flatMap((each) => common(box, each)));
  }
  return { boxes, marks, unknown };
}

/** Null: its mask has holes. */
function networkRanges({ address, mask }: AddressMatch): Ranges | null {
  if (address.family !== 4 || mask.family !== 4) return null;
  const free = ~mask.bits >>> 0;
  return (free & (free + 1)) === 0 ? [address.bits, address.bits + free] : null;
}

/** What there can be at all: types and codes of ICMP are octets. */
export function possible(box: Box): Box[] {
  const others = only({ proto: complement([PROTOCOL.icmp, PROTOCOL.icmp], "proto") });
  const echo = only({ proto: [PROTOCOL.icmp, PROTOCOL.icmp], sport: [0, 255], dport: [0, 255] });
  return [others, echo].flatMap((each) => common(box, each));
}
