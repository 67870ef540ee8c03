// `3/hour`: how many packets in a time, kept as the time between two of them.
// Before you edit: extensions/libxt_limit.c and libxt_hashlimit.c (parse_rate, print_rate).
import { Refused } from "../refused.ts";
import { beginsWith, decimal } from "./values.ts";

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ["second", 1],
  ["minute", 60],
  ["hour", 3600],
  ["day", 86400],
];

/** Names as they are printed, the longest first. */
const PRINTED = [
  ["day", 86400],
  ["hour", 3600],
  ["min", 60],
  ["sec", 1],
] as const;

/**
 * Reads a rate: the time between two packets in parts of a second (`scale` of them), and the seconds of the unit that was
 * named. Null when it is none; throws Refused when it is too fast for the scale.
 */
export function readRate(word: string, scale: number): { period: number; seconds: number } | null {
  const slash = word.indexOf("/");
  let seconds = 1;
  if (slash !== -1) {
    const name = word.slice(slash + 1);
    const unit = name === "" ? undefined : UNITS.find(([each]) => beginsWith(each, name));
    if (unit === undefined) return null;
    seconds = unit[1];
  }
  const rate = decimal(word);
  if (rate === 0) return null;
  const period = Math.floor((scale * seconds) / rate);
  if (period <= 0) throw new Refused(`Rate too fast "${word}"`);
  return { period, seconds };
}

/** The rate in the unit that says it best: packets, the unit's name and its seconds. */
export function rateOf(period: number, scale: number): { rate: number; unit: string; seconds: number } {
  let at = 1;
  for (; at < PRINTED.length; at++) {
    const whole = scale * PRINTED[at]![1];
    if (period > whole || Math.floor(whole / period) < whole % period) break;
  }
  const [unit, seconds] = PRINTED[at - 1]!;
  return { rate: Math.floor((scale * seconds) / period), unit, seconds };
}
