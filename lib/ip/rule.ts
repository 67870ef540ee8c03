// Policy rules say which table is asked, in the order of their priority.
// Before you edit: net/core/fib_rules.c (fib_rules_lookup), net/ipv4/fib_rules.c.
import type { Ipv4 } from "../wire/address.ts";
import { type Route, type RouteTable, TABLE } from "./route.ts";

export interface PolicyRule {
  readonly priority: number;
  readonly table: number;
}

/** The three rules a namespace begins with. */
export const DEFAULT_RULES: readonly PolicyRule[] = [
  { priority: 0, table: TABLE.local },
  { priority: 32766, table: TABLE.main },
  { priority: 32767, table: TABLE.default },
];

/** The name of a table as iproute2 prints it. */
export function tableName(id: number): string {
  return Object.entries(TABLE).find(([, number]) => number === id)?.[0] ?? `${id}`;
}

/** A rule as `ip rule` prints it (a tab after the colon). */
export function ruleText(rule: PolicyRule): string {
  return `${rule.priority}:\tfrom all lookup ${tableName(rule.table)}`;
}

export interface Lookup {
  readonly route: Route;
  readonly rule: PolicyRule;
  readonly table: RouteTable;
}

/** Asks the tables in the order of the rules until one has a route. Null when none has. */
export function lookup(
  rules: readonly PolicyRule[],
  tables: ReadonlyMap<number, RouteTable>,
  destination: Ipv4,
  oif: number | null,
): Lookup | null {
  for (const rule of rules) {
    const table = tables.get(rule.table);
    const route = table?.lookup(destination, oif) ?? null;
    if (route !== null) return { route, rule, table: table! };
  }
  return null;
}
