// -m set: whether a set has what the packet shows.
// Before you edit: net/netfilter/xt_set.c (set_match_v4), extensions/libxt_set.c, libxt_set.h.
import type { MatchExtension, Option, Reading } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { CounterTest, Directions, Question } from "../set/sets.ts";
import { wholeNumber } from "../text/values.ts";

/** IPSET_MAXNAMELEN without its zero; parts an element can have. */
const LONGEST_NAME = 31;
const MOST_PARTS = 6;
const MOST_COUNT = 2 ** 64;

export interface SetUse {
  readonly name: string;
  readonly directions: Directions;
}
interface Value extends Question {
  readonly use: SetUse;
  readonly inverted: boolean;
}
type Draft = { -readonly [K in keyof Value]: Value[K] | null } & {
  packets: CounterTest | null;
  bytes: CounterTest | null;
};

export const set: MatchExtension<Value, Draft> = {
  name: "set",
  families: [4, 6],
  checksItself: true,
  options: [
    {
      name: "match-set",
      takes: "value",
      set(draft, word, inverted, reading) {
        if (draft.use !== null) throw new Refused("--match-set can be specified only once");
        draft.inverted = inverted;
        draft.use = readSetUse(word, "match-set", reading);
      },
    },
    {
      name: "return-nomatch",
      takes: "nothing",
      set(draft, _word, inverted) {
        if (inverted) throw new Refused("--return-nomatch flag cannot be inverted");
        draft.returnNomatch = true;
      },
    },
    {
      name: "update-counters",
      takes: "nothing",
      set(draft, _word, inverted) {
        if (inverted) draft.updatesCounters = false;
      },
    },
    {
      name: "update-subcounters",
      takes: "nothing",
      set(draft, _word, inverted) {
        if (inverted) draft.updatesSubcounters = false;
      },
    },
    ...(["packets", "bytes"] as const).flatMap((what) =>
      (["eq", "lt", "gt"] as const).map((sign) => counter(what, sign)),
    ),
  ],
  draft: () => ({
    use: null,
    inverted: false,
    returnNomatch: false,
    updatesCounters: true,
    updatesSubcounters: true,
    packets: null,
    bytes: null,
  }),
  finish(draft) {
    if (draft.use === null) throw new Refused("You must specify `--match-set' with proper arguments");
    return { ...draft } as Value;
  },
  save: (value) => text(value, "--"),
  list: (value) => text(value, ""),
  compile: (value) => {
    const { use, inverted } = value;
    return (skb) => skb.net.sets.test(use.name, skb, use.directions, value) !== inverted;
  },
  miss: ({ use, inverted }, { packet }) => ({
    field: "set",
    wanted: `${inverted ? "not in" : "in"} ${use.name} (${use.directions})`,
    had: `${packet.src} > ${packet.dst} is ${inverted ? "" : "not "}in it`,
  }),
};

function counter(what: "packets" | "bytes", sign: "eq" | "lt" | "gt"): Option<Draft> {
  return {
    name: `${what}-${sign}`,
    takes: "value",
    set(draft, word, inverted) {
      if (draft[what] !== null) throw new Refused(`only one of the --${what}-[eq|lt|gt] is allowed`);
      if (inverted && sign !== "eq") throw new Refused(`--${what}-${sign} option cannot be inverted`);
      const value = wholeNumber(word, MOST_COUNT);
      if (value === null) throw new Refused(`Cannot parse ${word} as a counter value`);
      draft[what] = { sign: inverted ? "ne" : sign, value };
    },
  };
}

/** `NAME src,dst`: the second word is the next one. Throws Refused. */
export function readSetUse(name: string, option: string, reading: Reading): SetUse {
  const words = reading.nextWord();
  if (words === null) throw new Refused(`--${option} requires two args.`);
  if (name.length > LONGEST_NAME) throw new Refused(`setname \`${name}' too long, max ${LONGEST_NAME} characters.`);
  const family = reading.setFamily(name);
  if (family === undefined) throw new Refused(`Set ${name} doesn't exist.\n`);
  if (family !== null && family !== reading.family)
    throw new Refused(
      `The protocol family of set ${name} is ${family === 4 ? "IPv4" : "IPv6"}, which is not applicable.\n`,
    );
  const parts = words.split(",");
  const directions = parts.slice(0, MOST_PARTS).map((word) => {
    if (!word.startsWith("src") && !word.startsWith("dst"))
      throw new Refused("You must spefify (the comma separated list of) 'src' or 'dst'.");
    return word.slice(0, 3) as "src" | "dst";
  });
  if (parts.length > MOST_PARTS) throw new Refused(`Can't be more src/dst options than ${MOST_PARTS}.`);
  return { name, directions };
}

function text(
  { use, inverted, returnNomatch, updatesCounters, updatesSubcounters, packets, bytes }: Value,
  dashes: string,
) {
  const words = [`${inverted ? "! " : ""}${dashes}match-set ${use.name} ${use.directions.join(",")}`];
  if (returnNomatch) words.push(`${dashes}return-nomatch`);
  if (!updatesCounters) words.push(`! ${dashes}update-counters`);
  if (!updatesSubcounters) words.push(`! ${dashes}update-subcounters`);
  const counted = (name: string, test: CounterTest | null) => {
    if (test === null) return;
    words.push(
      test.sign === "ne" ? `! ${dashes}${name}-eq ${test.value}` : `${dashes}${name}-${test.sign} ${test.value}`,
    );
  };
  counted("packets", packets);
  counted("bytes", bytes);
  return words.join(" ");
}
