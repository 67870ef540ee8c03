// The words behind ping, read as iputils reads them.
// Before you edit: iputils ping/ping.c (main), iputils_common.c (strtol_or_err).
import { SECOND } from "../trace/world.ts";
import { type Call, notModelled } from "./command.ts";
import { getopt, iputilsVersion } from "./getopt.ts";

/** What one call of ping asks for; times in nanoseconds. */
export interface Options {
  readonly target: string;
  readonly count: number | null;
  readonly interval: number;
  readonly size: number;
  readonly ttl: number | undefined;
  readonly linger: number;
  readonly deadline: number | null;
  /** Null: nobody said; what is for a group, or might be, is never cut then (ping4_run, ping6_run). */
  readonly discovery: "want" | "do" | "dont" | null;
  readonly source: string | null;
  /** The family that was asked for, or null. */
  readonly family: 4 | 6 | null;
  readonly broadcast: boolean;
  readonly mark: number | undefined;
  readonly quiet: boolean;
  /** Addresses are not named. */
  readonly numeric: boolean;
  /** A bell with each reply, the time before each line, and a word about what has no answer when the next goes out. */
  readonly audible: boolean;
  readonly stamped: boolean;
  readonly outstanding: boolean;
  /** So many go out at once before ping waits. */
  readonly preload: number;
  /** What the data is filled with again and again, as it was read; null counts up. */
  readonly pattern: readonly number[] | null;
  readonly tos: number;
}

/** What the resolver says of an address of the other family. */
export const OTHER_FAMILY = "Address family for hostname not supported";

const SUPPORTED =
  "-a -c -D -i -l -O -p -Q -s -t -W -w -M do|want|dont -I ADDRESS|DEVICE -m MARK -b -n -q -4 -6 -d -L -S -U -V and an address";
const DESCRIPTION = "h4bRT:6F:N:aABc:CdDe:fi:I:l:Lm:M:nOp:qQ:rs:S:t:UvVw:W:";
/** Of these nothing shows that is modelled. */
const NO_EFFECT = "ndLU";

/** What is asked for; a number when ping ends at once with that status, its reason said. */
export function readArguments({ args, out, err }: Call): Options | number {
  const { options, operands, problem } = getopt(args, DESCRIPTION);
  if (problem !== null) throw notModelled("ping", `its usage (${problem})`, SUPPORTED);
  const values = new Map<string, string>();
  for (const { letter, value } of options) {
    if (`hRTFNABCefrv`.includes(letter)) throw notModelled("ping", `-${letter}`, SUPPORTED);
    values.set(letter, value);
  }
  if (values.has("V")) {
    out(iputilsVersion("ping"));
    return 0;
  }
  let failed = 0;
  const fail = (status: number, text: string) => {
    if (failed === 0) err(`ping: ${text}\n`);
    failed ||= status;
    return undefined;
  };
  if (values.has("4") && values.has("6")) fail(2, "only one -4 or -6 option may be specified");
  const whole = (letter: string, min: number, max: number, shown = `${max}`): number | undefined => {
    const text = values.get(letter);
    if (text === undefined || NO_EFFECT.includes(letter)) return undefined;
    const value = /^[-+]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(value)) return fail(1, `invalid argument: '${text}'`);
    if (value < min || value > max)
      return fail(1, `invalid argument: '${text}': out of range: ${min} <= value <= ${shown}`);
    return value;
  };
  const seconds = (letter: string, usual: number): number => {
    const text = values.get(letter);
    if (text === undefined) return Math.round(usual * SECOND);
    if (!/^\d+(\.\d*)?$/.test(text)) throw notModelled("ping", `-${letter} ${text}`, "seconds as 1 or 0.5");
    // INT_MAX milliseconds.
    if (Number(text) > 2147483)
      return fail(2, `bad ${letter === "W" ? "linger time" : "timing interval"}: ${text}`) ?? 0;
    return Math.round(Number(text) * SECOND);
  };
  // The first that is wrong is complained of: they are read in the order they stand.
  const count = whole("c", 1, 2 ** 63, "9223372036854775807");
  const size = whole("s", 0, 2147483647) ?? 56;
  const ttl = whole("t", 0, 255);
  const mark = whole("m", 0, 4294967295);
  const preload = whole("l", 1, 65536) ?? 1;
  whole("S", 1, 2147483647);
  const deadline = whole("w", 0, 2147483647);
  const discovery = values.get("M") ?? (values.has("b") ? "do" : null);
  if (discovery !== null && discovery !== "do" && discovery !== "want" && discovery !== "dont")
    fail(2, `invalid -M argument: ${discovery}`);
  const interval = seconds("i", 1);
  const linger = seconds("W", 10);
  const tos = tosOf(values.get("Q") ?? "0");
  if (typeof tos === "string") fail(2, tos);
  const pattern = values.has("p") ? patternOf(values.get("p")!) : null;
  if (typeof pattern === "string") fail(2, pattern);
  if (failed !== 0) return failed;
  const [target] = operands;
  if (target === undefined) {
    err("ping: usage error: Destination address required\n");
    return 1;
  }
  if (operands.length > 1) throw notModelled("ping", operands.join(" "), SUPPORTED);
  return {
    target,
    count: count ?? null,
    interval,
    size,
    ttl,
    // A timer of 0 never rings.
    linger: linger === 0 ? Number.POSITIVE_INFINITY : linger,
    deadline: deadline === undefined || deadline === 0 ? null : deadline * SECOND,
    discovery: discovery as Options["discovery"],
    source: values.get("I") ?? null,
    family: values.has("4") ? 4 : values.has("6") ? 6 : null,
    broadcast: values.has("b"),
    mark,
    quiet: values.has("q"),
    numeric: values.has("n"),
    audible: values.has("a"),
    stamped: values.has("D"),
    outstanding: values.has("O"),
    preload,
    pattern: pattern as readonly number[] | null,
    tos: tos as number,
  };
}

/** The octet that -Q says, decimal or 0x; a text is ping's complaint (parsetos). */
function tosOf(text: string): number | string {
  const value = /^0x[0-9a-f]+$/i.test(text) ? Number.parseInt(text, 16) : /^\d+$/.test(text) ? Number(text) : null;
  if (value === null) return `bad TOS value: ${text}`;
  return value > 255 ? `the decimal value of TOS bits must be in range 0-255: ${value}` : value;
}

/** Up to 16 octets of two digits each, the last perhaps of one; a text is ping's complaint (fill). */
function patternOf(text: string): readonly number[] | string {
  const wrong = /[^0-9a-f]/i.exec(text);
  if (wrong !== null) return `patterns must be specified as hex digits: ${text.slice(wrong.index)}`;
  return (text.match(/..?/g) ?? []).slice(0, 16).map((pair) => Number.parseInt(pair, 16));
}
