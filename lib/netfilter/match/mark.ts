// -m mark: the number a rule or a socket wrote on the packet; -m connmark (connmark.ts) asks the connection for its own.
// Before you edit: net/netfilter/xt_mark.c, extensions/libxt_mark.c.
import type { MatchExtension } from "../extension.ts";
import type { Skb } from "../skb.ts";
import { hex, type MarkMask, readMarkMask } from "../text/marks.ts";

export interface MarkValue extends MarkMask {
  readonly inverted: boolean;
}

export type MarkMatch = MatchExtension<MarkValue, { value: MarkValue }>;

/** A match of this name; `markOf` is null where there is no connection: then the rule is not about the packet, inverted or not. */
export function markMatch(name: string, list: MarkMatch["list"], markOf: (skb: Skb) => number | null): MarkMatch {
  return {
    name,
    families: [4, 6],
    options: [
      {
        name: "mark",
        takes: "value",
        invertible: true,
        mandatory: true,
        set(draft, word, inverted) {
          draft.value = { ...readMarkMask(word, name, "mark"), inverted };
        },
      },
    ],
    draft: () => ({ value: { mark: 0, mask: 0, inverted: false } }),
    finish: ({ value }) => value,
    save: (value) => `${value.inverted ? "! " : ""}--mark ${markText(value)}`,
    list,
    compile:
      ({ mark: wanted, mask, inverted }) =>
      (skb) => {
        const had = markOf(skb);
        return had !== null && ((had & mask) >>> 0 === wanted) !== inverted;
      },
    miss(value, skb) {
      const had = markOf(skb);
      const wanted = `${value.inverted ? "! " : ""}${markText(value)}`;
      return { field: name, wanted, had: had === null ? "no connection" : hex(had) };
    },
  };
}

export function markText({ mark, mask }: MarkMask): string {
  return mask === 0xffffffff ? hex(mark) : `${hex(mark)}/${hex(mask)}`;
}

export const mark = markMatch(
  "mark",
  (value) => `mark match ${value.inverted ? "! " : ""}${markText(value)}`,
  (skb) => skb.mark,
);
