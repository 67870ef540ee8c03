// -j SET: what the packet shows becomes an element of a set, or is one no longer.
// Before you edit: net/netfilter/xt_set.c (set_target_v3), extensions/libxt_SET.c.
import { BadInput } from "../../wire/input.ts";
import type { Option, TargetExtension } from "../extension.ts";
import { readSetUse, type SetUse } from "../match/set.ts";
import { Refused } from "../refused.ts";
import { wholeNumber } from "../text/values.ts";

const LONGEST = 0xfffffffe;

interface Value {
  readonly add: SetUse | null;
  readonly del: SetUse | null;
  readonly exist: boolean;
  readonly timeout: number | null;
}
type Draft = { -readonly [K in keyof Value]: Value[K] };

export const SET: TargetExtension<Value, Draft> = {
  name: "SET",
  families: [4, 6],
  checksItself: true,
  options: [
    use("add"),
    use("del"),
    {
      name: "exist",
      takes: "nothing",
      set(draft) {
        draft.exist = true;
      },
    },
    {
      name: "timeout",
      takes: "value",
      set(draft, word) {
        const timeout = wholeNumber(word, LONGEST);
        if (timeout === null) throw new Refused(`Invalid value for option --timeout or out of range 0-${LONGEST}`);
        draft.timeout = timeout;
      },
    },
    ...["map-set", "map-mark", "map-prio", "map-queue"].map(
      (name): Option<Draft> => ({
        name,
        takes: name === "map-set" ? "value" : "nothing",
        set() {
          throw new BadInput(
            "not modelled",
            `-j SET --${name}`,
            "Sets keep no marks here: --add-set and --del-set are.",
          );
        },
      }),
    ),
  ],
  draft: () => ({ add: null, del: null, exist: false, timeout: null }),
  finish(draft) {
    const { add, del, exist, timeout } = draft;
    if (add === null && del === null)
      throw new Refused("You must specify either `--add-set' or `--del-set' or `--map-set'");
    if (add === null && exist) throw new Refused("Flag `--exist' can be used with `--add-set' only");
    if (add === null && timeout !== null) throw new Refused("Option `--timeout' can be used with `--add-set' only");
    return { ...draft };
  },
  save: (value) => text(value, "--"),
  list: (value) => text(value, ""),
  compile:
    ({ add, del, exist, timeout }) =>
    (skb) => {
      const { sets } = skb.net;
      if (add !== null) sets.add(add.name, skb, add.directions, timeout, exist);
      if (del !== null) sets.delete(del.name, skb, del.directions);
      return "CONTINUE";
    },
  because({ add, del }) {
    const said = add === null ? [] : [`its ${add.directions} is added to the set ${add.name}`];
    if (del !== null) said.push(`its ${del.directions} is taken from the set ${del.name}`);
    return said.join(", ");
  },
};

function use(what: "add" | "del"): Option<Draft> {
  return {
    name: `${what}-set`,
    takes: "value",
    set(draft, word, _inverted, reading) {
      if (draft[what] !== null) throw new Refused(`--${what}-set can be specified only once`);
      draft[what] = readSetUse(word, `${what}-set`, reading);
    },
  };
}

function text({ add, del, exist, timeout }: Value, dashes: string): string {
  const words: string[] = [];
  if (add !== null) words.push(`${dashes}add-set ${add.name} ${add.directions.join(",")}`);
  if (exist) words.push(`${dashes}exist`);
  if (timeout !== null) words.push(`${dashes}timeout ${timeout}`);
  if (del !== null) words.push(`${dashes}del-set ${del.name} ${del.directions.join(",")}`);
  return words.join(" ");
}
