// -j NFLOG: a copy for a program that listens to a group of nfnetlink_log. Nobody listens here: the trace tells it.
// Before you edit: net/netfilter/xt_NFLOG.c, extensions/libxt_NFLOG.c; iptables/nft.c (add_log).
import type { TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { quoted } from "../text/quote.ts";
import { readNumber, readText } from "../text/values.ts";

/** Octets of a prefix: of nf_tables' own log expression (NF_LOG_PREFIXLEN), and of struct xt_nflog_info. */
const LONGEST_PREFIX = { nft: 127, legacy: 63 };

interface Value {
  readonly group: number;
  readonly prefix: string;
  /** Octets of the packet, if not all. */
  readonly size: number | null;
  /** What was meant so once, and never was: the legacy back end only prints it again. */
  readonly range: number;
  readonly threshold: number;
}
type Draft = { -readonly [K in keyof Value]: Value[K] } & { isRange: boolean };

export const NFLOG: TargetExtension<Value, Draft> = {
  name: "NFLOG",
  families: [4, 6],
  options: [
    {
      name: "nflog-group",
      takes: "value",
      set(draft, word) {
        draft.group = readNumber(word, "NFLOG", "nflog-group", 0xffff);
      },
    },
    {
      name: "nflog-prefix",
      takes: "value",
      set(draft, word, _, { backEnd }) {
        if (readText(word, 1).includes("\n")) throw new Refused("Newlines not allowed in --log-prefix");
        draft.prefix = word.slice(0, LONGEST_PREFIX[backEnd]);
      },
    },
    {
      name: "nflog-range",
      takes: "value",
      excludes: ["nflog-size"],
      set(draft, word) {
        draft.range = readNumber(word, "NFLOG", "nflog-range", 0xffffffff);
        draft.isRange = true;
      },
    },
    {
      name: "nflog-size",
      takes: "value",
      excludes: ["nflog-range"],
      set(draft, word) {
        draft.size = readNumber(word, "NFLOG", "nflog-size", 0xffffffff);
      },
    },
    {
      name: "nflog-threshold",
      takes: "value",
      set(draft, word) {
        draft.threshold = readNumber(word, "NFLOG", "nflog-threshold", 0xffff);
      },
    },
  ],
  draft: () => ({ group: 0, prefix: "", size: null, range: 0, threshold: 0, isRange: false }),
  finish({ group, prefix, size, range, threshold, isRange }, { notice, backEnd }) {
    if (isRange)
      notice("warn: --nflog-range has never worked and is no longer supported, please use --nflog-size instead\n");
    return { group, prefix, size, range: backEnd === "legacy" ? range : 0, threshold };
  },
  save: (value) => text(value, "--"),
  list: (value) => text(value, ""),
  compile: () => () => "CONTINUE",
  because: ({ group }) => `a copy goes to who listens to log group ${group}: nobody`,
};

function text({ group, prefix, size, range, threshold }: Value, dashes: string): string {
  const words: string[] = [];
  if (prefix !== "") words.push(`${dashes}nflog-prefix ${quoted(prefix)}`);
  if (group !== 0) words.push(`${dashes}nflog-group ${group}`);
  if (size !== null) words.push(`${dashes}nflog-size ${size}`);
  else if (range !== 0) words.push(`${dashes}nflog-range ${range}`);
  if (threshold !== 0) words.push(`${dashes}nflog-threshold ${threshold}`);
  return words.join(" ");
}
