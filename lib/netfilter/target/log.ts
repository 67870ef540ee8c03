// -j LOG: a line in the kernel's log. Before you edit: net/netfilter/xt_LOG.c, extensions/libxt_LOG.c.
import type { Option, TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { quoted } from "../text/quote.ts";
import { readText, wholeNumber } from "../text/values.ts";
import { logLine } from "./log-line.ts";

/** XT_LOG_*. */
const BITS = { "tcp-sequence": 1, "tcp-options": 2, "ip-options": 4, uid: 8, macdecode: 32 } as const;
type Flag = keyof typeof BITS;
const FLAGS = Object.keys(BITS) as Flag[];

/** Of syslog; "error" and "panic" are old names. */
const LEVELS: Readonly<Record<string, number>> = {
  alert: 1,
  crit: 2,
  debug: 7,
  emerg: 0,
  error: 3,
  info: 6,
  notice: 5,
  panic: 0,
  warning: 4,
};
/** As -L names them. */
const LEVEL_NAMES = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"];
const WARNING = 4;
/** As much of a prefix as the rule has room for. */
const LONGEST_PREFIX = 29;

interface Value {
  readonly level: number;
  readonly prefix: string;
  readonly flags: readonly Flag[];
}
type Draft = { level: number; prefix: string; flags: Set<Flag> };

export const LOG: TargetExtension<Value, Draft> = {
  name: "LOG",
  families: [4, 6],
  options: [
    {
      name: "log-level",
      takes: "value",
      set(draft, word) {
        const level = wholeNumber(word, 7) ?? LEVELS[word];
        if (level === undefined) throw new Refused(`log level "${word}" unknown\n`);
        draft.level = level;
      },
    },
    {
      name: "log-prefix",
      takes: "value",
      set(draft, word) {
        if (readText(word, 1).includes("\n")) throw new Refused("Newlines not allowed in --log-prefix");
        draft.prefix = word.slice(0, LONGEST_PREFIX);
      },
    },
    ...FLAGS.map(
      (flag): Option<Draft> => ({
        name: `log-${flag}`,
        takes: "nothing",
        set(draft) {
          draft.flags.add(flag);
        },
      }),
    ),
  ],
  draft: () => ({ level: WARNING, prefix: "", flags: new Set() }),
  finish: ({ level, prefix, flags }) => ({ level, prefix, flags: FLAGS.filter((flag) => flags.has(flag)) }),
  save({ level, prefix, flags }) {
    const words = prefix === "" ? [] : [`--log-prefix ${quoted(prefix)}`];
    if (level !== WARNING) words.push(`--log-level ${level}`);
    return [...words, ...flags.map((flag) => `--log-${flag}`)].join(" ");
  },
  list({ level, prefix, flags }, numeric) {
    const bits = flags.reduce((sum, flag) => sum | BITS[flag], 0);
    const said = numeric ? `LOG flags ${bits} level ${level}` : ["LOG level", LEVEL_NAMES[level], ...flags].join(" ");
    return prefix === "" ? said : `${said} prefix "${prefix}"`;
  },
  compile({ prefix, flags }) {
    const wanted = {
      sequence: flags.includes("tcp-sequence"),
      tcpOptions: flags.includes("tcp-options"),
      macDecode: flags.includes("macdecode"),
    };
    return (skb) => {
      skb.net.log(logLine(skb, prefix, wanted));
      return "CONTINUE";
    };
  },
  because: ({ prefix }) =>
    `it is written to the kernel's log${prefix === "" ? "" : `, with ${quoted(prefix)} before it`}`,
};
