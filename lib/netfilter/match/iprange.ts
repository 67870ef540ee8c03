// -m iprange: addresses from one to another. Before you edit: net/netfilter/xt_iprange.c, extensions/libxt_iprange.c.
import type { Ip } from "../../wire/address.ts";
import type { MatchExtension, Miss, Reading, Test } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { Skb } from "../skb.ts";
import { readNumericAddress } from "../text/address.ts";
import { badValue } from "../text/values.ts";

interface Range {
  readonly first: Ip;
  readonly last: Ip;
  readonly inverted: boolean;
}
type Side = "src" | "dst";
type Value = { readonly [S in Side]: Range | null };
type Draft = { [S in Side]: Range | null };

export const iprange: MatchExtension<Value, Draft> = {
  name: "iprange",
  families: [4, 6],
  options: [option("src"), option("dst")],
  draft: () => ({ src: null, dst: null }),
  finish(draft) {
    if (draft.src === null && draft.dst === null)
      throw new Refused("iprange match: You must specify `--src-range' or `--dst-range'");
    return { ...draft };
  },
  save: (value) =>
    said(value, ({ first, last, inverted }, side) => `${inverted ? "! " : ""}--${side}-range ${first}-${last}`),
  list: (value) =>
    said(value, ({ first, last, inverted }, side) => {
      const name = side === "src" ? "source" : "destination";
      return `${name} IP range ${inverted ? "! " : ""}${first}-${last}`;
    }),
  compile({ src, dst }): Test {
    if (dst === null) return ({ packet }) => isIn(src!, packet.src);
    if (src === null) return ({ packet }) => isIn(dst, packet.dst);
    return ({ packet }) => isIn(src, packet.src) && isIn(dst, packet.dst);
  },
  miss: (value, skb) => missed(value, "src", skb) ?? missed(value, "dst", skb)!,
};

function option(side: Side) {
  return {
    name: `${side}-range`,
    takes: "value" as const,
    invertible: true as const,
    set(draft: Draft, word: string, inverted: boolean, { family, notice }: Reading) {
      const dash = word.indexOf("-");
      const [from, to] = dash === -1 ? [word, word] : [word.slice(0, dash), word.slice(dash + 1)];
      const read = (text: string) => {
        const address = readNumericAddress(text, family);
        if (address === null) throw badValue("iprange", `--${side}-range`, text);
        return address;
      };
      const [first, last] = [read(from), read(to)];
      if (compare(first, last) > 0) notice(`xt_iprange: range ${from}-${to} is reversed and will never match\n`);
      draft[side] = { first, last, inverted };
    },
  };
}

function said(value: Value, text: (range: Range, side: Side) => string): string {
  const sides = (["src", "dst"] as const).filter((side) => value[side] !== null);
  return sides.map((side) => text(value[side]!, side)).join(" ");
}

function missed(value: Value, side: Side, { packet }: Skb): Miss | null {
  const range = value[side];
  if (range === null || isIn(range, packet[side])) return null;
  const { first, last, inverted } = range;
  return { field: `${side}-range`, wanted: `${inverted ? "! " : ""}${first}-${last}`, had: `${packet[side]}` };
}

function isIn({ first, last, inverted }: Range, address: Ip): boolean {
  return (compare(address, first) >= 0 && compare(address, last) <= 0) !== inverted;
}

/** Below zero when the first comes before the second. */
function compare(a: Ip, b: Ip): number {
  if (a.family === 4) return b.family === 4 ? a.bits - b.bits : -1;
  if (b.family === 4) return 1;
  return a.w0 - b.w0 || a.w1 - b.w1 || a.w2 - b.w2 || a.w3 - b.w3;
}
