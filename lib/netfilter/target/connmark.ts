// -j CONNMARK: writes on the connection, or copies between it and the packet.
// Before you edit: net/netfilter/xt_connmark.c (connmark_tg_shift), extensions/libxt_CONNMARK.c.
import { EVENT } from "../conntrack/conn.ts";
import type { Option, TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { hex, type MarkMask, readMarkMask } from "../text/marks.ts";
import { readNumber } from "../text/values.ts";

interface Value {
  readonly mode: "set" | "save" | "restore";
  readonly mark: number;
  readonly connMask: number;
  readonly packetMask: number;
  /** To the left by so many bits; less than 0 to the right. */
  readonly shift: number;
}
type Draft = { -readonly [Key in keyof Value]: Value[Key] } & { given: boolean };

const MODES = ["set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark", "save-mark", "restore-mark"];
const ALL = 0xffffffff;

function setting(name: string, read: (word: MarkMask) => MarkMask, isMasked: boolean): Option<Draft> {
  return {
    name,
    takes: "value",
    excludes: MODES.filter((other) => other !== name),
    set(draft, word) {
      const said = isMasked
        ? readMarkMask(word, "CONNMARK", name)
        : { mark: readNumber(word, "CONNMARK", name, ALL), mask: ALL };
      const { mark, mask } = read(said);
      Object.assign(draft, { mode: "set", mark, connMask: mask, given: true });
    },
  };
}

function copying(name: string, mode: "save" | "restore"): Option<Draft> {
  return {
    name,
    takes: "nothing",
    excludes: MODES.filter((other) => other !== name),
    set(draft) {
      Object.assign(draft, { mode, given: true });
    },
  };
}

function masking(
  name: string,
  excludes: readonly string[],
  apply: (draft: Draft, mask: number) => void,
): Option<Draft> {
  return {
    name,
    takes: "value",
    excludes,
    set: (draft, word) => apply(draft, readNumber(word, "CONNMARK", name, ALL)),
  };
}

function shifting(name: string, sign: 1 | -1): Option<Draft> {
  return {
    name,
    takes: "value",
    set(draft, word) {
      draft.shift = sign * readNumber(word, "CONNMARK", name, 32);
    },
  };
}

export const CONNMARK: TargetExtension<Value, Draft> = {
  name: "CONNMARK",
  families: [4, 6],
  options: [
    setting("set-xmark", (word) => word, true),
    setting("set-mark", ({ mark, mask }) => ({ mark, mask: (mark | mask) >>> 0 }), true),
    setting("and-mark", ({ mark }) => ({ mark: 0, mask: ~mark >>> 0 }), false),
    setting("or-mark", ({ mark }) => ({ mark, mask: mark }), false),
    setting("xor-mark", ({ mark }) => ({ mark, mask: 0 }), false),
    copying("save-mark", "save"),
    copying("restore-mark", "restore"),
    shifting("left-shift-mark", 1),
    shifting("right-shift-mark", -1),
    masking("ctmask", ["mask"], (draft, mask) => {
      draft.connMask = mask;
    }),
    masking("nfmask", ["mask"], (draft, mask) => {
      draft.packetMask = mask;
    }),
    masking("mask", ["ctmask", "nfmask"], (draft, mask) => {
      draft.connMask = mask;
      draft.packetMask = mask;
    }),
  ],
  draft: () => ({ mode: "set", mark: 0, connMask: ALL, packetMask: ALL, shift: 0, given: false }),
  finish({ given, mode, mark, connMask, packetMask, shift }) {
    if (!given) throw new Refused("CONNMARK target: No operation specified");
    return { mode, mark, connMask, packetMask, shift };
  },
  check: ({ shift }) => (Math.abs(shift) >= 32 ? "EINVAL" : null),
  save({ mode, mark, connMask, packetMask, shift }) {
    const said =
      mode === "set"
        ? `--set-xmark ${hex(mark)}/${hex(connMask)}`
        : `--${mode}-mark --nfmask ${hex(packetMask)} --ctmask ${hex(connMask)}`;
    return shift === 0 ? said : `${said} --${shiftText(shift)}`;
  },
  list(value) {
    const { shift } = value;
    return shift === 0 ? listed(value) : `${listed(value)} ${shiftText(shift)}`;
  },
  compile:
    ({ mode, mark, connMask, packetMask, shift }) =>
    (skb) => {
      const { ct } = skb;
      if (ct?.kind !== "tracked") return "CONTINUE";
      const { conn } = ct;
      if (mode === "restore") {
        skb.mark = ((skb.mark & ~packetMask) ^ shifted(conn.mark & connMask, shift)) >>> 0;
        return "CONTINUE";
      }
      const now =
        mode === "set"
          ? shifted((conn.mark & ~connMask) ^ mark, shift)
          : ((conn.mark & ~connMask) ^ shifted(skb.mark & packetMask, shift)) >>> 0;
      if (now !== conn.mark) {
        conn.mark = now;
        conn.events |= EVENT.mark;
      }
      return "CONTINUE";
    },
  because({ mode }, before, { mark, ct }) {
    if (ct?.kind !== "tracked") return "there is no connection to mark";
    if (mode === "restore") return `the mark ${hex(before.mark)} becomes the connection's, ${hex(mark)}`;
    return `the connection's mark is ${hex(ct.conn.mark)} from now on`;
  },
};

function shifted(mark: number, by: number): number {
  return by < 0 ? mark >>> -by : (mark << by) >>> 0;
}

function shiftText(shift: number): string {
  return `${shift < 0 ? "right" : "left"}-shift-mark ${Math.abs(shift)}`;
}

function listed({ mode, mark, connMask, packetMask }: Value): string {
  if (mode === "set") {
    if (mark === 0) return `CONNMARK and ${hex(~connMask >>> 0)}`;
    if (mark === connMask) return `CONNMARK or ${hex(mark)}`;
    if (connMask === 0) return `CONNMARK xor ${hex(mark)}`;
    if (connMask === ALL) return `CONNMARK set ${hex(mark)}`;
    return `CONNMARK xset ${hex(mark)}/${hex(connMask)}`;
  }
  if (packetMask === connMask) return connMask === ALL ? `CONNMARK ${mode}` : `CONNMARK ${mode} mask ${hex(connMask)}`;
  return mode === "save"
    ? `CONNMARK save nfmask ${hex(packetMask)} ctmask ~${hex(connMask)}`
    : `CONNMARK restore ctmask ${hex(connMask)} nfmask ~${hex(packetMask)}`;
}
