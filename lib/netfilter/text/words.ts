// The words of iptables itself: commands and options with their letters.
// Before you edit: iptables/xtables.c (original_opts), iptables/xshared.h (IPT_OPTSTRING), xshared.c
// (commands_v_options).
import type { Option } from "../extension.ts";
import type { Flag } from "./getopt.ts";

/** An option of iptables, or of an extension that was named before. */
export interface Word extends Flag {
  /** The letter it stands for; for an option of an extension, whose it is. */
  readonly letter: string | Owned;
}
export interface Owned {
  readonly owner: object;
  readonly option: Option<never>;
}

const WORDS: readonly (readonly [letter: string, takes: Flag["takes"], ...names: string[]])[] = [
  ["A", "value", "append"],
  ["D", "value", "delete"],
  ["C", "value", "check"],
  ["I", "value", "insert"],
  ["R", "value", "replace"],
  ["L", "optional value", "list"],
  ["S", "optional value", "list-rules"],
  ["F", "optional value", "flush"],
  ["Z", "optional value", "zero"],
  ["N", "value", "new-chain"],
  ["X", "optional value", "delete-chain"],
  ["E", "value", "rename-chain"],
  ["P", "value", "policy"],
  ["s", "value", "source", "src"],
  ["d", "value", "destination", "dst"],
  ["p", "value", "protocol"],
  ["i", "value", "in-interface"],
  ["j", "value", "jump"],
  ["t", "value", "table"],
  ["m", "value", "match"],
  ["n", "nothing", "numeric"],
  ["o", "value", "out-interface"],
  ["v", "nothing", "verbose"],
  ["w", "optional value", "wait"],
  ["W", "optional value", "wait-interval"],
  ["x", "nothing", "exact"],
  ["f", "nothing", "fragments"],
  ["V", "nothing", "version"],
  ["h", "optional value", "help"],
  ["0", "nothing", "line-numbers"],
  ["M", "value", "modprobe"],
  ["c", "value", "set-counters"],
  ["g", "value", "goto"],
  ["4", "nothing", "ipv4"],
  ["6", "nothing", "ipv6"],
];

export const LONG: readonly Word[] = WORDS.flatMap(([letter, takes, ...names]) =>
  names.map((name) => ({ name, takes, letter })),
);
export const SHORT: ReadonlyMap<string, Word> = new Map(
  WORDS.filter(([letter]) => letter !== "0").map(([letter, takes]) => [letter, { name: letter, takes, letter }]),
);

/** Which options each command takes; those that describe a rule first. */
const RULE = "sdpjiof";
export const TAKES: Readonly<Record<string, string>> = {
  A: `${RULE}vc`,
  I: `${RULE}vc`,
  R: `${RULE}vc`,
  D: `${RULE}v`,
  C: `${RULE}v`,
  /** -D with a number. */
  "D number": "v",
  L: "nvx0",
  S: "v",
  F: "v",
  Z: "v",
  "Z number": "v",
  N: "v",
  X: "v",
  E: "v",
  P: "vc",
};
