// -m statistic: by chance, or every nth packet.
// Before you edit: net/netfilter/xt_statistic.c, extensions/libxt_statistic.c.
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { readNumber } from "../text/values.ts";

/** A probability of 1 in the kernel's fixed point. */
const ONE = 0x80000000;

type Value =
  /** `probability` of ONE. */
  | { readonly mode: "random"; readonly probability: number; readonly inverted: boolean }
  | { readonly mode: "nth"; readonly every: number; readonly packet: number; readonly inverted: boolean };

interface Draft {
  mode: Value["mode"] | null;
  probability: number | null;
  every: number | null;
  packet: number | null;
  inverted: boolean;
}

export const statistic: MatchExtension<Value, Draft> = {
  name: "statistic",
  families: [4, 6],
  options: [
    {
      name: "mode",
      takes: "value",
      mandatory: true,
      set(draft, word) {
        if (word !== "random" && word !== "nth") throw new Refused(`Bad mode "${word}"`);
        draft.mode = word;
      },
    },
    {
      name: "probability",
      takes: "value",
      invertible: true,
      excludes: ["every", "packet"],
      set(draft, word, inverted) {
        const value = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(word) ? Number(word) : Number.NaN;
        if (!(value >= 0 && value <= 1))
          throw new Refused('statistic: bad value for option "--probability", or out of range (0-1).\n');
        draft.probability = Math.round(ONE * value);
        draft.inverted ||= inverted;
      },
    },
    {
      name: "every",
      takes: "value",
      invertible: true,
      excludes: ["probability"],
      needs: ["packet"],
      set(draft, word, inverted) {
        draft.every = readNumber(word, "statistic", "every", 0xffffffff, 1);
        draft.inverted ||= inverted;
      },
    },
    {
      name: "packet",
      takes: "value",
      excludes: ["probability"],
      needs: ["every"],
      set(draft, word) {
        draft.packet = readNumber(word, "statistic", "packet", 0xffffffff);
      },
    },
  ],
  draft: () => ({ mode: null, probability: null, every: null, packet: null, inverted: false }),
  finish({ mode, probability, every, packet, inverted }) {
    if (mode !== "nth") {
      if (probability === null) throw new Refused("--probability must be specified when using random mode");
      return { mode: "random", probability, inverted };
    }
    if (every === null && packet === null)
      throw new Refused("--every and --packet must be specified when using nth mode");
    if ((packet ?? 0) > (every ?? 1) - 1) throw new Refused("the --packet p must be 0 <= p <= n-1");
    return { mode, every: every ?? 1, packet: packet ?? 0, inverted };
  },
  save: (value) => text(value, "--"),
  list: (value) => `statistic ${text(value, "")}`,
  compile(value) {
    const { inverted } = value;
    if (value.mode === "random") {
      const { probability } = value;
      return ({ net }) => Math.floor(net.random() * ONE) < probability !== inverted;
    }
    const { every, packet } = value;
    let count = every - 1 - packet;
    return () => {
      count = count === every - 1 ? 0 : count + 1;
      return (count === 0) !== inverted;
    };
  },
  miss(value) {
    const not = value.inverted ? "! " : "";
    if (value.mode === "random")
      return { field: "chance", wanted: `${not}${(value.probability / ONE).toFixed(11)}`, had: "the other" };
    return { field: "count", wanted: `${not}packet ${value.packet} of ${value.every}`, had: "another" };
  },
};

function text(value: Value, dashes: string): string {
  const not = value.inverted ? " !" : "";
  if (value.mode === "random")
    return `${dashes}mode random${not} ${dashes}probability ${(value.probability / ONE).toFixed(11)}`;
  const packet = value.packet !== 0 || dashes !== "" ? ` ${dashes}packet ${value.packet}` : "";
  return `${dashes}mode nth${not} ${dashes}every ${value.every}${packet}`;
}
