// The words behind ping, read as iputils reads them.
// Before you edit: iputils ping/ping.c (main), iputils_common.c (strtol_or_err).
import { SECOND } from "../trace/world.ts";
import { type Call, notModelled } from "./command.ts";

/** What one call of ping asks for; times in nanoseconds. */
export interface Options {
  readonly target: string;
  readonly count: number | null;
  readonly interval: number;
  readonly size: number;
  readonly ttl: number | undefined;
  readonly linger: number;
  readonly deadline: number | null;
  readonly discovery: "want" | "do" | "dont";
  readonly source: string | null;
  /** The family that was asked for, or null. */
  readonly family: 4 | 6 | null;
  readonly broadcast: boolean;
  readonly mark: number | undefined;
  readonly quiet: boolean;
}

const SUPPORTED = "-c -i -s -t -W -w -M do|want|dont -I ADDRESS|DEVICE -m MARK -b -n -q -4 -6 and an address";
/** Null when the words are wrong in a way the real ping complains of, which is then said. */
export function readArguments({ args, err }: Call): Options | null {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  const targets: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    const match = /^-([cisWwtMIm])(.*)$/.exec(word);
    if (match !== null) {
      const value = match[2] !== "" ? match[2] : args[++i];
      if (value === undefined) {
        err(`ping: option requires an argument -- '${match[1]}'\n`);
        return null;
      }
      values.set(match[1]!, value);
    } else if (/^-[bnq46]+$/.test(word)) for (const letter of word.slice(1)) flags.add(letter);
    else if (word.startsWith("-")) throw notModelled("ping", word, SUPPORTED);
    else targets.push(word);
  }
  const [target] = targets;
  if (target === undefined || targets.length > 1) {
    err(target === undefined ? "ping: usage error: Destination address required\n" : "");
    if (target !== undefined) throw notModelled("ping", targets.join(" "), SUPPORTED);
    return null;
  }
  const number = (letter: string, min: number, max: number): number | null | undefined => {
    const text = values.get(letter);
    if (text === undefined) return undefined;
    const value = Number(text);
    const whole = letter !== "i" && letter !== "W" && letter !== "w";
    if (!/^\d+(\.\d+)?$/.test(text) || (whole && !Number.isInteger(value))) {
      err(`ping: invalid argument: '${text}'\n`);
      return null;
    }
    if (value < min || value > max) {
      err(`ping: invalid argument: '${text}': out of range: ${min} <= value <= ${max}\n`);
      return null;
    }
    return value;
  };
  const count = number("c", 1, Number.MAX_SAFE_INTEGER);
  const size = number("s", 0, 2147483647);
  const ttl = number("t", 0, 255);
  const interval = number("i", 0, 4294967);
  const linger = number("W", 0, 2147483);
  const deadline = number("w", 0, 2147483);
  const mark = number("m", 0, 4294967295);
  if ([count, size, ttl, interval, linger, deadline, mark].includes(null)) return null;
  const discovery = values.get("M") ?? "want";
  if (discovery !== "do" && discovery !== "want" && discovery !== "dont") {
    err(`ping: invalid -M argument: ${discovery}\n`);
    return null;
  }
  return {
    target,
    count: count ?? null,
    interval: Math.round((interval ?? 1) * SECOND),
    size: size ?? 56,
    ttl: ttl ?? undefined,
    linger: Math.round((linger ?? 10) * SECOND),
    deadline: deadline === undefined || deadline === null ? null : Math.round(deadline * SECOND),
    discovery,
    source: values.get("I") ?? null,
    family: flags.has("4") ? 4 : flags.has("6") ? 6 : null,
    broadcast: flags.has("b"),
    mark: mark ?? undefined,
    quiet: flags.has("q"),
  };
}
