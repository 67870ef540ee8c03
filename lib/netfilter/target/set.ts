// -j SET: what the packet shows becomes an element of a set, or is one no longer.
// Before you edit: net/netfilter/xt_set.c (set_target_v3), extensions/libxt_SET.c.
import type { Option, TargetExtension } from "../extension.ts";
import { readSetUse, type SetUse } from "../match/set.ts";
import { Refused } from "../refused.ts";
import type { HookName, Skb } from "../skb.ts";
import { hex } from "../text/marks.ts";
import { wholeNumber } from "../text/values.ts";

const LONGEST = 0xfffffffe;
const MAPPED = ["mark", "prio", "queue"] as const;
/** Where the priority and the queue still matter. */
const LEAVING: readonly HookName[] = ["FORWARD", "OUTPUT", "POSTROUTING"];

interface Value {
  readonly add: SetUse | null;
  readonly del: SetUse | null;
  readonly exist: boolean;
  readonly timeout: number | null;
  readonly map: SetUse | null;
  /** What of the element found is written on the packet. */
  readonly mapped: readonly Mapped[];
}
type Mapped = (typeof MAPPED)[number];
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
    use("map"),
    ...MAPPED.map(
      (what): Option<Draft> => ({
        name: `map-${what}`,
        takes: "nothing",
        set(draft) {
          draft.mapped = MAPPED.filter((each) => each === what || draft.mapped.includes(each));
        },
      }),
    ),
  ],
  draft: () => ({ add: null, del: null, exist: false, timeout: null, map: null, mapped: [] }),
  finish(draft) {
    const { add, del, exist, timeout, map, mapped } = draft;
    if (add === null && del === null && map === null)
      throw new Refused("You must specify either `--add-set' or `--del-set' or `--map-set'");
    if (add === null && exist) throw new Refused("Flag `--exist' can be used with `--add-set' only");
    if (add === null && timeout !== null) throw new Refused("Option `--timeout' can be used with `--add-set' only");
    if (map === null && mapped.length > 0)
      throw new Refused(`Flag \`--map-${mapped[0]}' can be used with \`--map-set' only`);
    if (map !== null && mapped.length === 0)
      throw new Refused("You must specify flags `--map-mark' or '--map-prio` or `--map-queue'");
    return { ...draft };
  },
  check({ map, mapped }, { table, hook }) {
    if (map === null) return null;
    if (table !== "mangle") return "EINVAL";
    const isEarly = hook !== null && !LEAVING.includes(hook);
    return isEarly && mapped.some((what) => what !== "mark") ? "EINVAL" : null;
  },
  save: (value) => text(value, "--"),
  list: (value) => text(value, ""),
  compile:
    ({ add, del, exist, timeout, map, mapped }) =>
    (skb) => {
      const { sets } = skb.net;
      if (add !== null) sets.add(add.name, skb, add.directions, timeout, exist);
      if (del !== null) sets.delete(del.name, skb, del.directions);
      const found = map === null ? null : sets.map(map.name, skb, map.directions);
      if (found !== null && mapped.includes("mark")) skb.mark = ((skb.mark & ~found.mask) ^ found.mark) >>> 0;
      return "CONTINUE";
    },
  because({ add, del, map, mapped }, before, after) {
    const said = add === null ? [] : [`its ${add.directions} is added to the set ${add.name}`];
    if (del !== null) said.push(`its ${del.directions} is taken from the set ${del.name}`);
    if (map !== null) said.push(mappedText(map, mapped, before, after));
    return said.join(", ");
  },
};

/** There are no queues at devices here that would ask for the priority, and of queues to send by each has one. */
function mappedText({ name }: SetUse, mapped: readonly Mapped[], before: Readonly<Skb>, after: Readonly<Skb>): string {
  const mark = `the mark ${hex(before.mark)} becomes ${hex(after.mark)}`;
  return `by the set ${name} ${mapped.map((what) => (what === "mark" ? mark : `its ${what} is said, which nobody asks for`)).join(", ")}`;
}

function use(what: "add" | "del" | "map"): Option<Draft> {
  return {
    name: `${what}-set`,
    takes: "value",
    set(draft, word, _inverted, reading) {
      if (draft[what] !== null) throw new Refused(`--${what}-set can be specified only once`);
      draft[what] = readSetUse(word, `${what}-set`, reading);
    },
  };
}

function text({ add, del, exist, timeout, map, mapped }: Value, dashes: string): string {
  const words: string[] = [];
  if (add !== null) words.push(`${dashes}add-set ${add.name} ${add.directions.join(",")}`);
  if (exist) words.push(`${dashes}exist`);
  if (timeout !== null) words.push(`${dashes}timeout ${timeout}`);
  if (del !== null) words.push(`${dashes}del-set ${del.name} ${del.directions.join(",")}`);
  if (map !== null) words.push(`${dashes}map-set ${map.name} ${map.directions.join(",")}`);
  for (const what of mapped) words.push(`${dashes}map-${what}`);
  return words.join(" ");
}
