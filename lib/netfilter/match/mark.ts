// -m mark: the number a rule or a socket wrote on the packet.
// Before you edit: net/netfilter/xt_mark.c, extensions/libxt_mark.c.
import type { MatchExtension } from "../extension.ts";
import { hex, type MarkMask, readMarkMask } from "../text/marks.ts";

interface Value extends MarkMask {
  readonly inverted: boolean;
}
interface Draft {
  value: Value;
}

export const mark: MatchExtension<Value, Draft> = {
  name: "mark",
  families: [4, 6],
  options: [
    {
      name: "mark",
      takes: "value",
      invertible: true,
      mandatory: true,
      set(draft, word, inverted) {
        draft.value = { ...readMarkMask(word, "mark", "mark"), inverted };
      },
    },
  ],
  draft: () => ({ value: { mark: 0, mask: 0, inverted: false } }),
  finish: ({ value }) => value,
  save: (value) => `${value.inverted ? "! " : ""}--mark ${text(value)}`,
  list: (value) => `mark match ${value.inverted ? "! " : ""}${text(value)}`,
  compile:
    ({ mark: wanted, mask, inverted }) =>
    (skb) =>
      ((skb.mark & mask) >>> 0 === wanted) !== inverted,
  miss: (value, skb) => ({ field: "mark", wanted: `${value.inverted ? "! " : ""}${text(value)}`, had: hex(skb.mark) }),
};

function text({ mark, mask }: MarkMask): string {
  return mask === 0xffffffff ? hex(mark) : `${hex(mark)}/${hex(mask)}`;
}
