// A packet's way through the chains as rows: heads of chains, rules that were about it, rules that were not and why, long
// lists of those in one row, and the ends.
// Before you edit: netns/netfilter/witness.ts (what is recorded of a walk).
import type { InChain, Step, Tried, What } from "../trace/step.ts";

interface At {
  /** How many jumps deep. */
  readonly depth: number;
  readonly hook: string;
  readonly table: string;
  readonly chain: string;
}

/** A rule's text, taken apart for narrow columns. */
export interface RuleText {
  /** What it wants; empty: any packet will do. */
  readonly wants: string;
  readonly target: string;
  readonly whole: string;
}

export type Row = At &
  (
    | { readonly kind: "head"; readonly rules: string; readonly isBase: boolean }
    | { readonly kind: "tried"; readonly number: string; readonly rule: RuleText; readonly why: string }
    | { readonly kind: "folded"; readonly text: string }
    /** A rule that was about the packet; one that `decides` ended the table's say. */
    | {
        readonly kind: "rule";
        readonly number: string;
        readonly rule: RuleText;
        readonly says: InChain["says"];
        readonly said: string;
        readonly decides: boolean;
      }
    /** The policy. */
    | { readonly kind: "policy"; readonly text: string; readonly says: InChain["says"] }
    | { readonly kind: "back"; readonly text: string }
    /** What happened between the tables. */
    | { readonly kind: "between"; readonly text: string; readonly isDrop: boolean }
  );

const BETWEEN = new Set<What>(["conntrack", "nat", "route", "drop", "deliver", "send"]);
/** So many rules are shown one by one. */
const MOST_TRIED = 5;
/** A field that so few rules failed on is one that nearly let the packet in. */
const RARE = 2;
const MOST_RARE = 4;

const NOWHERE = { depth: 0, table: "", chain: "" };

/** A chain that the walk is in: its name, and the first rule that was not tried yet. */
interface Open {
  readonly name: string;
  next: number;
}

export function rowsOf(way: readonly Step[]): Row[] {
  const rows: Row[] = [];
  let section = "";
  let open: Open[] = [];
  for (const step of way) {
    const { chain: place, where, what, because } = step;
    const hook = where.hook ?? "";
    if (place === undefined) {
      if (BETWEEN.has(what))
        rows.push({ ...NOWHERE, hook, kind: "between", text: betweenText(step), isDrop: what === "drop" });
      continue;
    }
    const { table, chain: name, rules, rule } = place;
    const here = `${hook} ${table}`;
    if (here !== section) open = [];
    section = here;
    while (open.length > 0 && open.at(-1)!.name !== name && open.some((each) => each.name === name)) open.pop();
    const isNew = open.at(-1)?.name !== name || open.at(-1)!.next === 1;
    if (open.at(-1)?.name !== name) open.push({ name, next: 1 });
    const chain = open.at(-1)!;
    const at: At = { depth: open.length - 1, hook, table, chain: name };
    const isEmpty = rules === 0 && place.to === undefined && place.says === "ACCEPT";
    const all = isEmpty ? "no rules, and its policy is ACCEPT" : many(rules);
    if (isNew) rows.push({ ...at, kind: "head", rules: all, isBase: open.length === 1 });
    if (isEmpty) continue;
    const tried = step.tried ?? [];
    const before = (rule ?? rules + 1) - chain.next;
    if (tried.length > 0) rows.push(...foldTried(at, tried));
    else if (before > 0 && !isBehindReturn(rows.at(-1)))
      rows.push({ ...at, kind: "folded", text: `… ${many(before)} before: the level "full" records why not` });
    chain.next = (rule ?? rules) + 1;
    if (rule !== null) {
      rows.push(ruleRow(at, step, place, rule));
      if (place.to !== undefined) open.push({ name: place.to, next: 1 });
      const left = rules - rule;
      if (isVerdict(place.says) && left > 0) rows.push({ ...at, kind: "folded", text: `… ${many(left)} not asked` });
    } else if (place.to === undefined)
      rows.push({ ...at, kind: "policy", text: step.evidence?.text ?? because, says: place.says });
    else {
      rows.push({ ...at, kind: "back", text: `back to ${place.to}` });
      open.pop();
    }
  }
  return rows;
}

function betweenText({ what, where, because }: Step): string {
  return what === "send" ? `leaves by ${where.device}: ${because}` : because;
}

function isBehindReturn(row: Row | undefined): boolean {
  return row?.kind === "rule" && row.says === "RETURN";
}

function isVerdict(says: InChain["says"]): boolean {
  return says === "ACCEPT" || says === "DROP" || says === "STOLEN";
}

function ruleRow(at: At, { because, evidence }: Step, { table, chain, says }: InChain, number: number): Row {
  const text = (evidence?.text ?? "").slice(`-A ${chain} `.length);
  const said = because.slice(`rule ${number} of ${table} ${chain}: `.length);
  return { ...at, kind: "rule", number: count(number), rule: ruleText(text), says, said, decides: isVerdict(says) };
}

/** Few rules one by one; of many those that nearly matched, and how many failed on what. */
function foldTried(at: At, tried: readonly Tried[]): Row[] {
  if (tried.length <= MOST_TRIED) return tried.map((each) => triedRow(at, each));
  const byField = new Map<string, number>();
  for (const { field } of tried) byField.set(field, (byField.get(field) ?? 0) + 1);
  const rows: Row[] = [];
  let run: Tried[] = [];
  let rare = 0;
  const fold = () => {
    if (run.length === 1) rows.push(triedRow(at, run[0]!));
    else if (run.length > 1) rows.push({ ...at, kind: "folded", text: foldedText(run) });
    run = [];
  };
  for (const each of tried) {
    if (byField.get(each.field)! > RARE || rare === MOST_RARE) run.push(each);
    else {
      fold();
      rare++;
      rows.push(triedRow(at, each));
    }
  }
  fold();
  return rows;
}

function foldedText(run: readonly Tried[]): string {
  const fields = new Map<string, { count: number; had: string | null }>();
  for (const { field, had } of run) {
    const known = fields.get(field);
    if (known === undefined) fields.set(field, { count: 1, had });
    else {
      known.count++;
      if (known.had !== had) known.had = null;
    }
  }
  const words = [...fields]
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([field, { count: n, had }]) => {
      const is = had === null ? field : `${field} is ${had}`;
      return fields.size === 1 ? is : `${is} (${count(n)})`;
    });
  const more = words.length > 3 ? ` and ${words.length - 3} other fields` : "";
  return `… ${many(run.length)} that could not match: ${words.slice(0, 3).join(", ")}${more}`;
}

function triedRow(at: At, { text, field, wanted, had }: Tried): Row {
  const [, number = "", rest = text] = /^(\d+): (.*)$/s.exec(text) ?? [];
  const why = `${field}: wants ${wanted}, has ${had}`;
  return { ...at, kind: "tried", number: count(Number(number)), rule: ruleText(rest), why };
}

/** `-s 10.0.0.0/8 -m comment --comment "who" -j ACCEPT`: the comment goes behind what is wanted, as in a listing. */
export function ruleText(whole: string): RuleText {
  const words = whole.slice(0, 2000).match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
  const at = words.findIndex((word) => word === "-j" || word === "-g");
  const wants = at === -1 ? words : words.slice(0, at);
  const target = at === -1 ? [] : words.slice(at);
  const comments: string[] = [];
  for (let i = wants.indexOf("--comment"); i !== -1; i = wants.indexOf("--comment")) {
    comments.push(`/* ${(wants[i + 1] ?? "").replace(/^"(.*)"$/s, "$1")} */`);
    wants.splice(i - 2, 4);
  }
  return {
    wants: [...wants, ...comments].join(" "),
    target: (target[0] === "-g" ? ["goto", ...target.slice(1)] : target.slice(1)).join(" "),
    whole,
  };
}

function many(n: number): string {
  if (n === 0) return "no rules";
  return n === 1 ? "1 rule" : `${count(n)} rules`;
}

/** `4,812` */
function count(n: number): string {
  return `${n}`.replace(/\B(?=(\d{3})+$)/g, ",");
}
