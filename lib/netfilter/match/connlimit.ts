// -m connlimit: how many connections an address, or a network, has at once.
// Before you edit: net/netfilter/xt_connlimit.c (connlimit_mt), extensions/libxt_connlimit.c.
import type { Family, MatchExtension, Option } from "../extension.ts";
import { Hotdrop } from "../hotdrop.ts";
import { cut } from "../mask.ts";
import { Refused } from "../refused.ts";
import { readNumber, readPrefixLength } from "../text/values.ts";
import { ConnCount, zoneOf } from "./connlimit-count.ts";

interface Value {
  readonly limit: number;
  /** More than the limit; else as many or fewer. */
  readonly isAbove: boolean;
  /** Addresses with the same first bits count together; null: each alone. */
  readonly length: number | null;
  readonly side: "src" | "dst";
}
type Draft = { -readonly [K in keyof Value]: Value[K] };

export const connlimit: MatchExtension<Value, Draft> = {
  name: "connlimit",
  families: [4, 6],
  options: [
    limiting("connlimit-upto", "connlimit-above", false),
    limiting("connlimit-above", "connlimit-upto", true),
    {
      name: "connlimit-mask",
      takes: "value",
      set(draft, word, _inverted, { family }) {
        // A mask with holes has a length of 255, which the tool's shifts make the longest of.
        const length = readPrefixLength(word, "connlimit", "connlimit-mask", family);
        draft.length = length > longest(family) ? (family === 4 ? 32 : 127) : length;
      },
    },
    grouping("connlimit-saddr", "connlimit-daddr", "src"),
    grouping("connlimit-daddr", "connlimit-saddr", "dst"),
  ],
  draft: () => ({ limit: -1, isAbove: true, length: null, side: "src" }),
  finish(draft) {
    if (draft.limit < 0) throw new Refused('You must specify "--connlimit-above" or "--connlimit-upto".');
    return { ...draft };
  },
  save: ({ limit, isAbove, length, side }, family) =>
    `--connlimit-${isAbove ? "above" : "upto"} ${limit} --connlimit-mask ${length ?? longest(family)} --connlimit-${side[0]}addr`,
  list: ({ limit, isAbove, length, side }, _numeric, family) =>
    `#conn ${side}/${length ?? longest(family)} ${isAbove ? ">" : "<="} ${limit}`,
  compile(value, family) {
    const count = new ConnCount();
    const { limit, isAbove, side } = value;
    const length = value.length ?? longest(family);
    return (skb) => {
      const had = count.countWith(skb, `${cut(skb.packet[side], length)} ${zoneOf(skb.ct).id}`);
      if (had === 0) throw new Hotdrop("connlimit finds no connection of it");
      return had > limit === isAbove;
    };
  },
  miss: (value, { packet }) => ({
    field: "connlimit",
    wanted: `${value.isAbove ? "more than" : "at most"} ${value.limit} connections`,
    had: `${packet[value.side]} has ${value.isAbove ? "no" : ""} more`,
  }),
};

function longest(family: Family): number {
  return family === 4 ? 32 : 128;
}

/** Inverted, the one is the other. */
function limiting(name: string, other: string, isAbove: boolean): Option<Draft> {
  return {
    name,
    takes: "value",
    invertible: true,
    excludes: [other],
    set(draft, word, inverted) {
      draft.limit = readNumber(word, "connlimit", name, 0xffffffff);
      draft.isAbove = isAbove !== inverted;
    },
  };
}

function grouping(name: string, other: string, side: Value["side"]): Option<Draft> {
  return {
    name,
    takes: "nothing",
    excludes: [other],
    set(draft) {
      draft.side = side;
    },
  };
}
