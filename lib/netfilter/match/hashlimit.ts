// -m hashlimit: at most so many packets or octets in a time, for each address and port by itself.
// Before you edit: extensions/libxt_hashlimit.c (revision 3), net/netfilter/xt_hashlimit.c (hashlimit_mt_check_common).
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { rateOf, readRate } from "../text/rate.ts";
import { badValue, decimal, leadingNumber, readNumber, readPrefixLength, readText } from "../text/values.ts";
import { byteCredits, creditsOf, matchHashlimit, SCALE } from "./hashlimit-table.ts";

const BURST = 5;
const MOST_BURST = 1000000;
const GC_INTERVAL = 1000;
/** In the order they are printed. */
const MODES = ["srcip", "srcport", "dstip", "dstport"] as const;
export type HashMode = (typeof MODES)[number];

export interface HashlimitValue {
  readonly above: boolean;
  /** Packets: parts of a second between two. Octets: 2^32 over units of 16 octets a second. */
  readonly average: number;
  readonly isBytes: boolean;
  readonly burst: number;
  readonly modes: readonly HashMode[];
  readonly name: string;
  readonly size: number;
  readonly max: number;
  readonly gcInterval: number;
  /** Milliseconds. */
  readonly expire: number;
  readonly srcMask: number;
  readonly dstMask: number;
  readonly rateMatch: boolean;
  readonly interval: number;
}
type Draft = { -readonly [K in keyof HashlimitValue]?: HashlimitValue[K] } & { seconds: number; modes: HashMode[] };

export const hashlimit: MatchExtension<HashlimitValue, Draft> = {
  name: "hashlimit",
  families: [4, 6],
  options: [
    {
      name: "hashlimit-upto",
      aliases: ["hashlimit"],
      takes: "value",
      invertible: true,
      excludes: ["hashlimit-above"],
      set(draft, word, inverted) {
        readAverage(draft, word, "--hashlimit-upto");
        draft.above = inverted;
      },
    },
    {
      name: "hashlimit-above",
      takes: "value",
      invertible: true,
      excludes: ["hashlimit-upto"],
      set(draft, word, inverted) {
        readAverage(draft, word, "--hashlimit-above");
        draft.above = !inverted;
      },
    },
    {
      name: "hashlimit-srcmask",
      takes: "value",
      set(draft, word, _inverted, { family }) {
        draft.srcMask = readPrefixLength(word, "hashlimit", "hashlimit-srcmask", family);
      },
    },
    {
      name: "hashlimit-dstmask",
      takes: "value",
      set(draft, word, _inverted, { family }) {
        draft.dstMask = readPrefixLength(word, "hashlimit", "hashlimit-dstmask", family);
      },
    },
    {
      name: "hashlimit-burst",
      takes: "value",
      set(draft, word) {
        draft.burst = readBurst(word);
      },
    },
    number("hashlimit-htable-size", "size"),
    number("hashlimit-htable-max", "max"),
    number("hashlimit-htable-gcinterval", "gcInterval"),
    number("hashlimit-htable-expire", "expire"),
    {
      name: "hashlimit-mode",
      takes: "value",
      set(draft, word) {
        for (const each of word.split(/[,|]/).filter((part) => part !== "")) {
          const mode = MODES.find((name) => name === each);
          if (mode === undefined) throw badValue("hashlimit", "--hashlimit-mode", word);
          draft.modes.push(mode);
        }
      },
    },
    {
      name: "hashlimit-name",
      takes: "value",
      mandatory: true,
      set(draft, word) {
        draft.name = readText(word, 1);
      },
    },
    {
      name: "hashlimit-rate-match",
      takes: "nothing",
      set(draft) {
        draft.rateMatch = true;
      },
    },
    {
      name: "hashlimit-rate-interval",
      takes: "value",
      set(draft, word) {
        const interval = decimal(word);
        if (interval <= 0) throw badValue("hashlimit", "--hashlimit-rate-interval", word);
        draft.interval = interval;
      },
    },
  ],
  draft: () => ({ seconds: 1, modes: [] }),
  finish(draft, { family }) {
    const { average, isBytes = false, seconds, rateMatch = false } = draft;
    if (average === undefined) throw new Refused("You have to specify --hashlimit");
    let { expire = seconds * 1000, interval = 0 } = draft;
    let burst = draft.burst ?? BURST;
    if (isBytes) {
      if (draft.burst === undefined) burst = 0;
      else {
        const quantum = bytesOf(average);
        // The real tool divides by zero here, and dies of it.
        if (quantum === 0) throw new Refused("Floating point exception: a rate below 16b/s has no burst");
        if (burst < quantum) throw new Refused(`burst cannot be smaller than ${quantum}b`);
        burst = Math.ceil(burst / quantum);
        expire = draft.expire ?? 60000;
      }
    } else if (burst > MOST_BURST) throw badBurst();
    const period = rateMatch && !isBytes ? Math.floor(average / seconds) : average;
    if (rateMatch && interval === 0) interval = isBytes ? 1 : seconds;
    const whole = family === 4 ? 32 : 128;
    return {
      above: draft.above ?? false,
      average: period,
      isBytes,
      burst,
      modes: MODES.filter((mode) => draft.modes.includes(mode)),
      name: draft.name ?? "",
      size: draft.size ?? 0,
      max: draft.max ?? 0,
      gcInterval: draft.gcInterval ?? GC_INTERVAL,
      expire,
      srcMask: draft.srcMask ?? whole,
      dstMask: draft.dstMask ?? whole,
      rateMatch,
      interval,
    };
  },
  check({ gcInterval, expire, rateMatch, average, isBytes, burst, interval, name, srcMask, dstMask }, { family }) {
    if (Math.max(srcMask, dstMask) > (family === 4 ? 32 : 128)) return "EINVAL";
    if (gcInterval === 0 || expire === 0 || name === "." || name === ".." || name.includes("/")) return "EINVAL";
    if (rateMatch) return average === 0 ? "ERANGE" : interval === 0 ? "EINVAL" : null;
    if (isBytes) return byteCredits(average) === 0n ? "EINVAL" : null;
    return burst === 0 || creditsOf(average, burst) < creditsOf(average, 1) ? "ERANGE" : null;
  },
  save(value, family) {
    const { rate, quantum } = rateText(value, "--hashlimit-", false);
    const words = [`--hashlimit-${value.above ? "above" : "upto"} ${rate}`];
    if (value.modes.length > 0) words.push(`--hashlimit-mode ${value.modes.join(",")}`);
    words.push(`--hashlimit-name ${value.name}`);
    return [...words, ...rest(value, quantum, family, "--hashlimit-")].join(" ");
  },
  list(value, _numeric, family) {
    const { rate, quantum } = rateText(value, "", true);
    const words = [`limit: ${value.above ? "above" : "up to"} ${rate}`];
    if (value.modes.length > 0) words.push(`mode ${value.modes.join("-")}`);
    return [...words, ...rest(value, quantum, family, "")].join(" ");
  },
  compile: (value) => (skb) => matchHashlimit(value, skb),
  miss: (value) => ({
    field: "hashlimit",
    wanted: `${value.above ? "above" : "up to"} ${rateText(value, "", true).rate}`,
    had: value.above ? "less" : "more",
  }),
};

function number(name: string, field: "size" | "max" | "gcInterval" | "expire") {
  return {
    name,
    takes: "value" as const,
    set(draft: Draft, word: string) {
      draft[field] = readNumber(word, "hashlimit", name, 0xffffffff);
    },
  };
}

/** `10/sec`, or `512kb/s`. */
function readAverage(draft: Draft, word: string, option: string): void {
  const unit = word.indexOf("b/s");
  if (unit > 0 && decimal(word) !== 0) {
    const bytes = decimal(word) * factorOf(word[unit - 1]!);
    const average = Math.floor(0xffffffff / (((bytes / 16) >>> 0) + 1));
    if (average === 0) throw new Refused(`Rate too high "${word}"`);
    draft.isBytes = true;
    draft.average = average;
    draft.seconds = 15;
    return;
  }
  const read = readRate(word, SCALE);
  if (read === null) throw badValue("hashlimit", option, word);
  draft.average = read.period;
  draft.seconds = read.seconds;
}

function factorOf(letter: string): number {
  return letter === "m" ? 1048576 : letter === "k" ? 1024 : 1;
}

function readBurst(word: string): number {
  const found = leadingNumber(word);
  if (found === null || found.value < 1 || (found.rest === "" && found.value > MOST_BURST)) throw badBurst();
  return found.value * factorOf(found.rest[0] ?? "");
}

function badBurst(): Refused {
  return new Refused(`bad value for option "--hashlimit-burst", or out of range (1-${MOST_BURST}).`);
}

/** Octets a second of what the kernel is given (cost_to_bytes). */
function bytesOf(average: number): number {
  return (Math.floor(0xffffffff / average) - 1) * 16;
}

const UNITS = [
  ["m", 1048576],
  ["k", 1024],
  ["", 1],
] as const;

/** Rate and burst, and the time in milliseconds after which an entry is forgotten if nothing else is said. */
function rateText(value: HashlimitValue, prefix: string, isListed: boolean): { rate: string; quantum: number } {
  const { average, burst, isBytes, interval } = value;
  if (!isBytes) {
    const { rate, unit, seconds } = rateOf(isListed && interval !== 0 ? average * interval : average, SCALE);
    return { rate: `${rate}/${unit} ${prefix}burst ${burst}`, quantum: seconds * 1000 };
  }
  const bytes = bytesOf(average);
  const costOf = (octets: number) => Math.floor(0xffffffff / (Math.floor(octets / 16) + 1));
  const [unit, size] = UNITS.find(
    ([, each]) => each === 1 || (bytes >= each && costOf((bytes & -each) >>> 0) === average),
  )!;
  const rate = `${Math.floor(bytes / size)}${unit}b/s`;
  if (burst === 0) return { rate, quantum: 15000 };
  const total = bytes * burst;
  const [letter, divisor] = UNITS.find(([, each]) => each === 1 || total >= each)!;
  return { rate: `${rate} ${prefix}burst ${Math.floor(total / divisor)}${letter}b`, quantum: 60000 };
}

function rest(value: HashlimitValue, quantum: number, family: 4 | 6, prefix: string): string[] {
  const whole = family === 4 ? 32 : 128;
  const words: string[] = [];
  const say = (name: string, number: number, usual: number) => {
    if (number !== usual) words.push(`${prefix}${name} ${number}`);
  };
  say("htable-size", value.size, 0);
  say("htable-max", value.max, 0);
  say("htable-gcinterval", value.gcInterval, GC_INTERVAL);
  say("htable-expire", value.expire, quantum);
  say("srcmask", value.srcMask, whole);
  say("dstmask", value.dstMask, whole);
  if (value.rateMatch) {
    words.push(`${prefix}rate-match`);
    say("rate-interval", value.interval, 1);
  }
  return words;
}
