// Policy rules say which table is asked, in the order of their priority; some refuse instead. What a rule is holds for
// both families; which tables IPv6 asks is in rule6.ts.
// Before you edit: net/core/fib_rules.c (fib_rules_lookup, fib_rule_match, rule_exists, rule_find, fib_default_rule_pref),
// net/ipv4/fib_rules.c (fib4_rule_match, fib4_rule_action, fib4_rule_suppress, __fib_lookup).
import type { Tried } from "../trace/step.ts";
import { type Ip, type Ipv4, mask4 } from "../wire/address.ts";
import { commonBits } from "./address6.ts";
import { type Route, type RouteTable, TABLE } from "./route.ts";
import type { RouteTables } from "./route-tables.ts";

/** An address with a length as it was written: the host's bits stay, and are not compared. */
export interface RulePrefix<Address extends Ip = Ipv4> {
  readonly address: Address;
  readonly length: number;
}

export type RuleAction = "lookup" | "blackhole" | "unreachable" | "prohibit";

export interface PolicyRule<Address extends Ip = Ipv4> {
  readonly priority: number;
  readonly action: RuleAction;
  /** 0 for a rule that refuses and names no table. */
  readonly table: number;
  readonly not?: boolean;
  readonly from?: RulePrefix<Address>;
  readonly to?: RulePrefix<Address>;
  readonly mark?: number;
  readonly mask?: number;
  /** Names: a rule waits for its device, which may come later (`[detached]`). */
  readonly iif?: string;
  readonly oif?: string;
  /** A route with a prefix of this length or shorter does not count. */
  readonly suppress?: number;
  /** Who made it, if it is said; that it was the kernel is not printed. */
  readonly protocol?: string;
}

/** The three rules a namespace begins with. As long as it has no others, local and main are one trie. */
export const DEFAULT_RULES: readonly PolicyRule[] = [
  { priority: 0, action: "lookup", table: TABLE.local, protocol: "kernel" },
  { priority: 32766, action: "lookup", table: TABLE.main, protocol: "kernel" },
  { priority: 32767, action: "lookup", table: TABLE.default, protocol: "kernel" },
];

/** The name of a table as iproute2 prints it. */
export function tableName(id: number): string {
  return Object.entries(TABLE).find(([, number]) => number === id)?.[0] ?? `${id}`;
}

/** A rule as `ip rule` prints it (a tab after the colon). `isThere` says which devices are. */
export function ruleText(rule: PolicyRule<Ip>, isThere: (name: string) => boolean = () => true): string {
  const words = [`${rule.priority}:\t${rule.not ? "not " : ""}from`, prefixText(rule.from)];
  if (rule.to !== undefined) words.push("to", prefixText(rule.to));
  const mark = markText(rule);
  if (mark !== null) words.push("fwmark", mark);
  for (const key of ["iif", "oif"] as const) {
    const name = rule[key];
    if (name !== undefined) words.push(key, name, ...(isThere(name) ? [] : ["[detached]"]));
  }
  if (rule.table !== 0) {
    words.push("lookup", tableName(rule.table));
    if (rule.suppress !== undefined) words.push("suppress_prefixlength", `${rule.suppress}`);
  }
  if (rule.action !== "lookup") words.push(rule.action);
  if (rule.protocol !== undefined && rule.protocol !== "kernel") words.push("proto", rule.protocol);
  return words.join(" ");
}

function prefixText(prefix: RulePrefix<Ip> | undefined): string {
  if (prefix === undefined) return "all";
  const { address, length } = prefix;
  return length === (address.family === 4 ? 32 : 128) ? address.text : `${address}/${length}`;
}

/** `0x80/0x80`, the mask only if it is not all bits; null when no mark is compared. */
export function markText({ mark = 0, mask = 0 }: PolicyRule<Ip>): string | null {
  if (mark === 0 && mask === 0) return null;
  return mask === 0xffffffff ? hex(mark) : `${hex(mark)}/${hex(mask)}`;
}

export function hex(value: number): string {
  return value === 0 ? "0" : `0x${value.toString(16)}`;
}

/** What a lookup asks with (struct flowi4, flowi6). */
export interface Flow<Address extends Ip = Ipv4> {
  readonly dst: Address;
  /** Null while it is not chosen. */
  readonly src: Address | null;
  /** Where the packet came in; `lo` for one that is made here. */
  readonly iif: string;
  readonly oif: { readonly name: string; readonly index: number } | null;
  readonly mark: number;
}

/** What was found. Without a route the rule itself refuses. */
export interface Lookup {
  readonly rule: PolicyRule;
  readonly route: Route | null;
  readonly table: RouteTable | null;
}

/** Asks the tables in the order of the rules until one has a route. Null when none has. */
export function lookup(rules: readonly PolicyRule[], tables: RouteTables, flow: Flow): Lookup | null {
  const oif = flow.oif === null ? null : flow.oif.index;
  if (rules === DEFAULT_RULES) return lookupMerged(tables, flow.dst, oif);
  for (const rule of rules) {
    if (ruleMiss(rule, flow) !== null) continue;
    if (rule.action !== "lookup") return { rule, route: null, table: null };
    const table = tables.get(rule.table);
    const route = table?.lookup(flow.dst, oif) ?? null;
    if (route === null || route.type === "throw" || isSuppressed(rule, route)) continue;
    return { rule, route, table: table! };
  }
  return null;
}

/** One trie holds local and main: a longer prefix of main comes before a network of local. */
function lookupMerged(tables: RouteTables, dst: Ipv4, oif: number | null): Lookup | null {
  const { local, main } = tables;
  const own = local.lookup(dst, oif);
  const isOwn = own !== null && own.type !== "throw";
  if (isOwn && own.prefix.length === 32) return { rule: DEFAULT_RULES[0]!, route: own, table: local };
  const far = main.lookup(dst, oif);
  if (isOwn && (far === null || far.prefix.length <= own.prefix.length))
    return { rule: DEFAULT_RULES[0]!, route: own, table: local };
  if (far !== null && far.type !== "throw") return { rule: DEFAULT_RULES[1]!, route: far, table: main };
  const table = tables.get(TABLE.default);
  const route = table?.lookup(dst, oif) ?? null;
  return route === null || route.type === "throw" ? null : { rule: DEFAULT_RULES[2]!, route, table: table! };
}

/** Suppression looks only at routes that would be taken. */
export function isSuppressed({ suppress }: PolicyRule, { type, prefix }: Route): boolean {
  const isTaken = type === "unicast" || type === "local" || type === "broadcast";
  return suppress !== undefined && isTaken && prefix.length <= suppress;
}

/** Why a rule does not match, or null when it does: the field, what the rule wants and what the packet has. */
export function ruleMiss(rule: PolicyRule<Ip>, flow: Flow<Ip>): Omit<Tried, "text"> | null {
  const miss = selectorMiss(rule, flow);
  if (!rule.not) return miss;
  return miss === null
    ? { field: "not", wanted: "another packet than the rest of the rule says", had: "that one" }
    : null;
}

function selectorMiss(rule: PolicyRule<Ip>, flow: Flow<Ip>): Omit<Tried, "text"> | null {
  const { iif, oif, mark = 0, mask = 0, from, to } = rule;
  if (iif !== undefined && iif !== flow.iif) return { field: "iif", wanted: iif, had: flow.iif };
  if (oif !== undefined && oif !== flow.oif?.name) return { field: "oif", wanted: oif, had: flow.oif?.name ?? "any" };
  if (((mark ^ flow.mark) & mask) !== 0) return { field: "fwmark", wanted: markText(rule)!, had: hex(flow.mark) };
  if (to !== undefined && differs(to, flow.dst)) return { field: "to", wanted: prefixText(to), had: flow.dst.text };
  if (from !== undefined && differs(from, flow.src))
    return { field: "from", wanted: prefixText(from), had: flow.src?.text ?? "not chosen yet" };
  return null;
}

/** An address that is not chosen is 0.0.0.0 for IPv4; no network of IPv6 has it in it (fib6_rule_match). */
function differs({ address, length }: RulePrefix<Ip>, other: Ip | null): boolean {
  if (address.family === 4) return ((address.bits ^ ((other as Ipv4 | null)?.bits ?? 0)) & mask4(length)) !== 0;
  return other === null || other.family === 4 || commonBits(address, other) < length;
}

/** The priority a rule gets that says none: one before the second rule. */
export function defaultPriority(rules: readonly PolicyRule<Ip>[]): number {
  return Math.max(0, (rules[1]?.priority ?? 0) - 1);
}

/** The rules with one more, behind those of the same priority. */
export function withRule<A extends Ip>(rules: readonly PolicyRule<A>[], added: PolicyRule<A>): PolicyRule<A>[] {
  const at = rules.findIndex((rule) => rule.priority > added.priority);
  return rules.toSpliced(at === -1 ? rules.length : at, 0, added);
}

/** Whether `ip rule add` finds the rule there already. What the new one leaves open in from and to is not compared. */
export function ruleExists(rules: readonly PolicyRule<Ip>[], added: PolicyRule<Ip>): boolean {
  const keys = ["action", "table", "priority", "iif", "oif", "suppress", "protocol"] as const;
  return rules.some(
    (rule) =>
      keys.every((key) => rule[key] === added[key]) &&
      (rule.mark ?? 0) === (added.mark ?? 0) &&
      (rule.mask ?? 0) === (added.mask ?? 0) &&
      fits(rule, added),
  );
}

/** The first rule that `ip rule del` means; what is not said, or 0, fits every rule. */
export function findRule<A extends Ip>(
  rules: readonly PolicyRule<A>[],
  pattern: Partial<PolicyRule<A>>,
): PolicyRule<A> | undefined {
  const keys = ["action", "table", "iif", "oif", "mark", "mask", "protocol"] as const;
  return rules.find(
    (rule) =>
      keys.every((key) => !pattern[key] || rule[key] === pattern[key]) &&
      (pattern.priority === undefined || rule.priority === pattern.priority) &&
      (pattern.suppress === undefined || rule.suppress === pattern.suppress) &&
      fits(rule, pattern),
  );
}

function fits(rule: PolicyRule<Ip>, pattern: Partial<PolicyRule<Ip>>): boolean {
  return (["from", "to"] as const).every((key) => {
    const wanted = pattern[key];
    return wanted === undefined || (rule[key]?.length === wanted.length && rule[key]?.address === wanted.address);
  });
}
