// Which first packets of connections come through a machine to an address behind it: the tables one after the other, as a
// packet passes them, with its destination translated on the way.
// Before you edit: net/netfilter/nf_nat_core.c (nf_nat_setup_info), include/uapi/linux/netfilter_ipv4.h (priorities).
import type { Range } from "../nat/range.ts";
import type { HookName } from "../skb.ts";
import type { Table, TableName } from "../table.ts";
import { type Ground, possible } from "./matches.ts";
import { AT, type Box, meetRanges, only, type Ranges } from "./space.ts";
import { type End, type Mark, type Piece, pieceOf, SpaceWalk } from "./walk.ts";

/** In this order; behind them only sources are translated. */
const PASSED: readonly (readonly [HookName, TableName])[] = [
  ["PREROUTING", "raw"],
  ["PREROUTING", "mangle"],
  ["PREROUTING", "nat"],
  ["FORWARD", "mangle"],
  ["FORWARD", "filter"],
  ["FORWARD", "security"],
];
const NEW = 4;
const TRANSLATED = 2;
/** Nobody has written on a packet that comes in. */
const UNMARKED: Mark = {
  ...{ value: 0, known: 0xffffffff, written: 0, flipped: 0, gone: 0 },
  first: { value: 0, known: 0xffffffff },
};

export interface Ways {
  /** Where they were going is in `was`, if it is not the address. */
  readonly pieces: readonly Piece[];
  /** What was met on the way and not followed. */
  readonly notFollowed: readonly string[];
}

/** The packets that come in by one device and leave by another to the address (as a number). */
export function waysTo(
  address: number,
  by: { readonly in: string; readonly out: string },
  tables: (name: TableName) => Table | undefined,
  ground: Ground,
): Ways {
  const { devices } = ground;
  const at = (name: string): Ranges => [devices.number(name), devices.number(name)];
  const notFollowed = new Set<string>();
  let pieces = possible(only({ in: at(by.in), out: [0, 0], ct: [NEW, NEW] })).map((box) => pieceOf(box, UNMARKED));
  for (const [hook, name] of PASSED) {
    if (hook === "FORWARD") pieces = pieces.flatMap((piece) => towards(piece, address, at(by.out)));
    const table = tables(name);
    if (table === undefined) continue;
    // Connections are looked up behind raw.
    const come = name === "raw" ? pieces.map((piece) => withField(piece, "ct", [0, 0])) : pieces;
    const walk = new SpaceWalk(table, ground);
    const passed = walk.run(hook, come).flatMap((end) => goesOn(end, notFollowed));
    for (const rule of walk.met.keys()) {
      const { target } = rule.spec;
      if (target.kind === "extension" && /^(CT|NOTRACK|CONNMARK)$/.test(target.use.extension.name))
        notFollowed.add(target.use.extension.name);
    }
    pieces = name === "raw" ? passed.map((piece) => withField(piece, "ct", [NEW, NEW])) : passed;
  }
  return { pieces: pieces.flatMap((piece) => towards(piece, address, at(by.out))), notFollowed: [...notFollowed] };
}

const withField = (piece: Piece, field: keyof typeof AT, ranges: Ranges): Piece => ({
  ...piece,
  box: piece.box.with(AT[field], ranges),
});

function towards(piece: Piece, address: number, out: Ranges): Piece[] {
  const dst = meetRanges(piece.box[AT.dst]!, [address, address]);
  return dst.length === 0 ? [] : [{ ...piece, box: piece.box.with(AT.dst, dst).with(AT.out, out) }];
}

/** What goes on behind the table. */
function goesOn({ piece, rule, chain }: End, notFollowed: Set<string>): Piece[] {
  const target = rule?.spec.target;
  if (rule === null) return chain.policy === "ACCEPT" ? [piece] : [];
  if (target?.kind === "verdict") return target.verdict === "ACCEPT" ? [piece] : [];
  if (target?.kind !== "extension") return [piece];
  const { name } = target.use.extension;
  if (name === "DNAT") return translated(piece, target.use.value as Range);
  if (name === "NETMAP") notFollowed.add(name);
  return [];
}

function translated(piece: Piece, { addresses, ports, base }: Range): Piece[] {
  const { box } = piece;
  const [from, to] = addresses ?? [null, null];
  const dst: Ranges = from?.family === 4 && to?.family === 4 ? [from.bits, to.bits] : box[AT.dst]!;
  const dport: Ranges = ports === null ? box[AT.dport]! : base === null ? [ports[0], ports[1]] : [0, 65535];
  const isOne = (ranges: Ranges) => ranges.length === 2 && ranges[0] === ranges[1];
  const doubts = isOne(dst) && (ports === null || isOne(dport)) ? piece.doubts : new Set([...piece.doubts, "DNAT"]);
  const moved: Box = box
    .with(AT.dst, dst)
    .with(AT.dport, dport)
    .with(AT.ct, [NEW + TRANSLATED, NEW + TRANSLATED]);
  return [{ ...piece, box: moved, doubts, was: { dst: box[AT.dst]!, dport: box[AT.dport]! } }];
}
