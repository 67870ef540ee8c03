// The rules of IPv6: which tables are asked, in which order.
// Before you edit: net/ipv6/fib6_rules.c (fib6_rule_lookup, __fib6_rule_action, fib6_rule_match, fib6_rule_suppress).
import type { Ipv6 } from "../wire/address6.ts";
import { TABLE } from "./route.ts";
import type { Route6, RouteTable6, Selection } from "./route6.ts";
import { type Flow, type PolicyRule, ruleMiss } from "./rule.ts";

export type PolicyRule6 = PolicyRule<Ipv6>;
export type Flow6 = Flow<Ipv6>;

/** The two rules a namespace begins with; there is no table "default". */
export const DEFAULT_RULES6: readonly PolicyRule6[] = [
  { priority: 0, action: "lookup", table: TABLE.local, protocol: "kernel" },
  { priority: 32766, action: "lookup", table: TABLE.main, protocol: "kernel" },
];

/** What was found. Without a route the rule itself refuses. */
export interface Lookup6 {
  readonly rule: PolicyRule6;
  readonly route: Route6 | null;
  readonly table: RouteTable6 | null;
}

/** Asks the tables in the order of the rules until one has a route. Null when none has. */
export function lookup6(
  rules: readonly PolicyRule6[],
  tables: ReadonlyMap<number, RouteTable6>,
  flow: Flow6,
  selection: Selection,
): Lookup6 | null {
  const isUsual = rules === DEFAULT_RULES6;
  for (const rule of rules) {
    if (!isUsual && ruleMiss(rule, flow) !== null) continue;
    if (rule.action !== "lookup") return { rule, route: null, table: null };
    const table = tables.get(rule.table);
    const route = table?.lookup(flow.dst, selection) ?? null;
    if (route === null || route.type === "throw" || isSuppressed6(rule, route)) continue;
    return { rule, route, table: table! };
  }
  return null;
}

/** A route with such a short prefix does not count, whatever its type is. */
export function isSuppressed6({ suppress }: PolicyRule6, { prefix }: Route6): boolean {
  return suppress !== undefined && prefix.length <= suppress;
}
