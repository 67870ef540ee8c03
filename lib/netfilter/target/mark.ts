// -j MARK: writes on the packet. Before you edit: net/netfilter/xt_mark.c (mark_tg), extensions/libxt_MARK.c.
import type { TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { hex, type MarkMask, readMarkMask } from "../text/marks.ts";
import { readNumber } from "../text/values.ts";

const FORMS = ["set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark"];

interface Draft {
  value: MarkMask | null;
}

/** All its forms are one for the kernel: mark = mark & ~mask ^ value. */
export const MARK: TargetExtension<MarkMask, Draft> = {
  name: "MARK",
  families: [4, 6],
  options: [
    form("set-xmark", readMarkMask, ({ mark, mask }) => ({ mark, mask })),
    form("set-mark", readMarkMask, ({ mark, mask }) => ({ mark, mask: (mark | mask) >>> 0 })),
    form("and-mark", readBits, ({ mark }) => ({ mark: 0, mask: ~mark >>> 0 })),
    form("or-mark", readBits, ({ mark }) => ({ mark, mask: mark })),
    form("xor-mark", readBits, ({ mark }) => ({ mark, mask: 0 })),
  ],
  draft: () => ({ value: null }),
  finish({ value }) {
    if (value === null) throw new Refused("MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required");
    return value;
  },
  save: ({ mark, mask }) => `--set-xmark ${hex(mark)}/${hex(mask)}`,
  list({ mark, mask }) {
    if (mark === 0) return `MARK and ${hex(~mask >>> 0)}`;
    if (mark === mask) return `MARK or ${hex(mark)}`;
    if (mask === 0) return `MARK xor ${hex(mark)}`;
    if (mask === 0xffffffff) return `MARK set ${hex(mark)}`;
    return `MARK xset ${hex(mark)}/${hex(mask)}`;
  },
  compile:
    ({ mark, mask }) =>
    (skb) => {
      skb.mark = ((skb.mark & ~mask) ^ mark) >>> 0;
      return "CONTINUE";
    },
  because: (_value, before, after) => `the mark ${hex(before.mark)} becomes ${hex(after.mark)}`,
};

function form(name: string, read: typeof readMarkMask, make: (said: MarkMask) => MarkMask) {
  return {
    name,
    takes: "value" as const,
    excludes: FORMS.filter((other) => other !== name),
    set(draft: Draft, word: string) {
      draft.value = make(read(word, "MARK", name));
    },
  };
}

function readBits(word: string, extension: string, option: string): MarkMask {
  return { mark: readNumber(word, extension, option, 0xffffffff), mask: 0xffffffff };
}
