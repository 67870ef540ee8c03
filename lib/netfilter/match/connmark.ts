// -m connmark: the number that was written on the connection.
// Before you edit: net/netfilter/xt_connmark.c (connmark_mt), extensions/libxt_connmark.c.
import type { Nfct } from "../conntrack/conn.ts";
import type { MatchExtension } from "../extension.ts";
import { hex, type MarkMask, readMarkMask } from "../text/marks.ts";

interface Value extends MarkMask {
  readonly inverted: boolean;
}
interface Draft {
  value: Value;
}

export const connmark: MatchExtension<Value, Draft> = {
  name: "connmark",
  families: [4, 6],
  options: [
    {
      name: "mark",
      takes: "value",
      invertible: true,
      mandatory: true,
      set(draft, word, inverted) {
        draft.value = { ...readMarkMask(word, "connmark", "mark"), inverted };
      },
    },
  ],
  draft: () => ({ value: { mark: 0, mask: 0, inverted: false } }),
  finish: ({ value }) => value,
  save: (value) => `${value.inverted ? "! " : ""}--mark ${text(value)}`,
  // The tool puts a space of its own behind the sign.
  list: (value) => `connmark match ${value.inverted ? "!" : ""} ${text(value)}`,
  compile:
    ({ mark, mask, inverted }) =>
    ({ ct }) =>
      hasMark(ct) && ((markOf(ct) & mask) >>> 0 === mark) !== inverted,
  miss: (value, { ct }) => ({
    field: "connmark",
    wanted: `${value.inverted ? "! " : ""}${text(value)}`,
    had: hasMark(ct) ? hex(markOf(ct)) : "no connection",
  }),
};

/** Also what -j CT attached is a connection, whose mark is 0. */
function hasMark(ct: Nfct | null): ct is Exclude<Nfct, { kind: "untracked" }> {
  return ct !== null && ct.kind !== "untracked";
}

function markOf(ct: Exclude<Nfct, { kind: "untracked" }>): number {
  return ct.kind === "tracked" ? ct.conn.mark : 0;
}

function text({ mark, mask }: MarkMask): string {
  return mask === 0xffffffff ? hex(mark) : `${hex(mark)}/${hex(mask)}`;
}
