// A table walked by all packets at once: pieces of the space of packets go from rule to rule, and where a rule is about some
// of a piece, it comes apart. What a match can't tell of beforehand (dice, limits, lists) takes both ways, and is doubtful.
// Before you edit: ../traverse.ts (the walk of one packet), net/ipv4/netfilter/ip_tables.c (ipt_do_table).
import { BadInput } from "../../wire/input.ts";
import type { Chain } from "../chain.ts";
import type { MarkValue } from "../match/mark.ts";
import type { Rule } from "../rule.ts";
import type { HookName } from "../skb.ts";
import type { Table } from "../table.ts";
import { MARK } from "../target/mark.ts";
import type { MarkMask } from "../text/marks.ts";
import { type Ground, type Meaning, meaningOf } from "./matches.ts";
import { type Box, common, type Ranges, without } from "./space.ts";

/** What is known of a mark: the bits of `known` are those of `value`. */
export interface Mark {
  readonly value: number;
  readonly known: number;
  /** Bits that rules of the table wrote. */
  readonly written: number;
  /** Of the mark that the packet came with, the same; `flipped` are its bits that were turned, `gone` those overwritten. */
  readonly first: { readonly value: number; readonly known: number };
  readonly flipped: number;
  readonly gone: number;
}

/** Packets that are treated alike so far. */
export interface Piece {
  readonly box: Box;
  readonly mark: Mark;
  /** Names of matches on the way that no box can tell: not all of these packets need come here. */
  readonly doubts: ReadonlySet<string>;
  /** Where they were going before their destination was translated. */
  readonly was?: { readonly dst: Ranges; readonly dport: Ranges };
}

/** Where packets end. `rule` is null where the policy of the built-in chain decides. */
export interface End {
  readonly piece: Piece;
  readonly chain: Chain;
  readonly rule: Rule | null;
}

export const ANY_MARK: Mark = {
  ...{ value: 0, known: 0, written: 0, flipped: 0, gone: 0 },
  first: { value: 0, known: 0 },
};
const SURE: ReadonlySet<string> = new Set();
export const pieceOf = (box: Box, mark: Mark = ANY_MARK): Piece => ({ box, mark, doubts: SURE });

const MOST_PIECES = 40_000;

export class SpaceWalk {
  readonly table: Table;
  /** Of each rule that some packet may meet, the first pieces that do. */
  readonly met = new Map<Rule, Piece[]>();
  /** Chains that some packet may enter. */
  readonly entered = new Set<Chain>();
  private readonly ground: Ground;
  private readonly meanings = new Map<Rule, Meaning>();
  private ends: End[] = [];

  constructor(table: Table, ground: Ground) {
    this.table = table;
    this.ground = ground;
  }

  /** Where these packets end when they come to the table at this hook. Throws BadInput when they come apart too often. */
  run(hook: HookName, pieces: readonly Piece[]): End[] {
    this.ends = [];
    const base = this.table.at(hook)!;
    for (const piece of this.through(base, pieces)) this.ends.push({ piece, chain: base, rule: null });
    return this.ends;
  }

  meaning(rule: Rule): Meaning {
    let found = this.meanings.get(rule);
    if (found === undefined) {
      found = meaningOf(rule.spec, this.ground);
      this.meanings.set(rule, found);
    }
    return found;
  }

  /** What comes back from a chain: from its end, by RETURN, and from chains that it goes to. */
  private through(chain: Chain, pieces: readonly Piece[]): Piece[] {
    if (pieces.length > 0) this.entered.add(chain);
    const back: Piece[] = [];
    let going = [...pieces];
    for (const rule of chain.rules) {
      if (going.length === 0) break;
      const meaning = this.meaning(rule);
      if (meaning.boxes.length === 0) continue;
      const next: Piece[] = [];
      for (const piece of going) {
        const { hits, rest } = split(piece, meaning);
        if (hits.length === 0) {
          next.push(piece);
          continue;
        }
        this.note(rule, hits[0]!);
        const after = this.act(chain, rule, hits, back);
        // Nothing happened to them: they stay one piece.
        if (after === hits) next.push(piece);
        else next.push(...rest, ...after);
      }
      going = next;
      if (going.length + back.length + this.ends.length > MOST_PIECES)
        throw new BadInput(
          "so many rules cut the space of packets into more pieces than can be searched",
          `${this.table.name} ${chain.name}`,
          "Ask about fewer packets: one destination, one protocol.",
        );
    }
    return back.length === 0 ? going : [...back, ...going];
  }

  private note(rule: Rule, piece: Piece): void {
    const found = this.met.get(rule);
    if (found === undefined) this.met.set(rule, [piece]);
    else if (found.length < 8) found.push(piece);
  }

  /** What goes on behind the rule; the same array where nothing is done to the packets. */
  private act(chain: Chain, rule: Rule, hits: Piece[], back: Piece[]): readonly Piece[] {
    const { target } = rule.spec;
    if (target.kind === "none") return hits;
    if (target.kind === "chain") {
      const come = this.through(target.chain, hits);
      if (!target.isGoto) return come.length === hits.length && come.every((each, i) => each === hits[i]) ? hits : come;
      back.push(...come);
      return [];
    }
    if (target.kind === "verdict") {
      if (target.verdict === "RETURN") back.push(...hits);
      else for (const piece of hits) this.ends.push({ piece, chain, rule });
      return [];
    }
    const { extension, value } = target.use;
    if (GOES_ON.has(extension.name)) return hits;
    if (extension.name === MARK.name) return hits.map((piece) => marked(piece, value as MarkMask));
    if (extension.name === "CONNMARK")
      return hits.map((piece) => ({
        ...piece,
        mark: { ...ANY_MARK, written: 0xffffffff, gone: 0xffffffff, first: piece.mark.first },
      }));
    for (const piece of hits) this.ends.push({ piece, chain, rule });
    return [];
  }
}

/** Targets behind which a packet goes on, and is to the fields of boxes what it was. */
const GOES_ON: ReadonlySet<string> = new Set("LOG NFLOG TRACE CLASSIFY SET TTL HL TCPMSS CT NOTRACK".split(" "));

function marked(piece: Piece, { mark, mask }: MarkMask): Piece {
  const { value, known, written, first, flipped, gone } = piece.mark;
  return {
    ...piece,
    mark: {
      value: (((value & ~mask) ^ mark) & (known | mask)) >>> 0,
      known: (known | mask) >>> 0,
      written: (written | mask | mark) >>> 0,
      first,
      flipped: (flipped ^ (mark & ~mask)) >>> 0,
      gone: (gone | mask) >>> 0,
    },
  };
}

/** Those of a piece that a rule is, or may be, about, and the others. */
export function split(piece: Piece, { boxes, marks, unknown }: Meaning): { hits: Piece[]; rest: Piece[] } {
  const inside = boxes.flatMap((box) => common(piece.box, box));
  if (inside.length === 0) return { hits: [], rest: [piece] };
  const vague: string[] = [...unknown];
  let met: readonly Mark[] = [piece.mark];
  const missed: Mark[] = [];
  for (const asked of marks) {
    const all = met.map((each) => splitMark(each, asked));
    if (all.some(({ isExact }) => !isExact)) vague.push("mark");
    met = all.flatMap(({ hits }) => hits);
    missed.push(...all.flatMap(({ misses }) => misses));
  }
  if (met.length === 0) return { hits: [], rest: [piece] };
  const doubts = vague.length === 0 ? piece.doubts : new Set([...piece.doubts, ...vague]);
  const hits = inside.flatMap((box) => met.map((mark) => ({ ...piece, box, mark, doubts })));
  const outside = boxes.reduce<Box[]>((left, box) => left.flatMap((each) => without(each, box)), [piece.box]);
  const rest: Piece[] = outside.map((box) => ({ ...piece, box }));
  for (const mark of missed) for (const box of inside) rest.push({ ...piece, box, mark, doubts });
  if (unknown.length > 0) for (const box of inside) rest.push({ ...piece, box, doubts });
  return { hits, rest };
}

/** The mark when a bit of it turns out to be as in `wanted`. */
function learn(from: Mark, bit: number, wanted: number): Mark {
  const { value, known, first, flipped, gone } = from;
  const set = (before: number, bits: number) => ((before & ~bit) | (bits & bit)) >>> 0;
  return {
    ...from,
    value: set(value, wanted),
    known: (known | bit) >>> 0,
    first: gone & bit ? first : { value: set(first.value, wanted ^ flipped), known: (first.known | bit) >>> 0 },
  };
}

/** So many bits that nobody knows are looked at one by one. */
const MOST_BITS = 4;

/** The marks where a test is met, and where it is not; whether together they say all. */
function splitMark(had: Mark, { mark, mask, inverted }: MarkValue) {
  const isOther = ((had.value ^ mark) & had.known & mask) !== 0 || (mark & ~mask) !== 0;
  const open = Array.from({ length: 32 }, (_, i) => (1 << i) >>> 0).filter((bit) => (bit & mask & ~had.known) !== 0);
  const equal = isOther ? [] : [open.reduce((each, bit) => learn(each, bit, mark), had)];
  const isExact = isOther || open.length <= MOST_BITS;
  // The first bit is another, or the first is as wanted and the second is another, ...
  const unequal = isOther ? [had] : isExact ? [] : [had];
  if (!isOther && isExact)
    open.reduce((each, bit) => {
      unequal.push(learn(each, bit, ~mark));
      return learn(each, bit, mark);
    }, had);
  return { hits: inverted ? unequal : equal, misses: inverted ? equal : unequal, isExact };
}
