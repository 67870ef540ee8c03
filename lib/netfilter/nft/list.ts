// A ruleset as `nft list` prints it.
// Before you edit: nftables src/rule.c (table_print, chain_print_declaration, set_print_declaration, prio2str).

import { timeText } from "./lexer.ts";
import type { Chain, Rule, Style, Table } from "./ruleset.ts";
import type { NftSet } from "./set.ts";

/** Names of priorities, and the one hook where some have them (std_prios). */
export const PRIORITIES: readonly (readonly [name: string, priority: number, hook: string | null])[] = [
  ["raw", -300, null],
  ["mangle", -150, null],
  ["dstnat", -100, "PREROUTING"],
  ["filter", 0, null],
  ["security", 50, null],
  ["srcnat", 100, "POSTROUTING"],
];
/** So far from a name a priority is told by it. */
const REACH = 10;

export function tableText(table: Table, style: Style, now: number, only: "all" | "terse" = "all"): string {
  const blocks = [
    ...[...table.sets.values()].map((each) => setBlock(each, style, only === "terse" ? null : now)),
    ...[...table.chains.values()].map((each) => chainBlock(each, style)),
  ];
  const comment = table.comment === null ? "" : `\tcomment "${table.comment}"\n`;
  return `${head(table)} {${handle(table.handle, style)}\n${comment}${blocks.join("\n")}}\n`;
}

export const head = ({ family, name }: Table): string => `table ${family} ${name}`;

const handle = (number: number, { handles }: Style): string => (handles ? ` # handle ${number}` : "");

export function chainBlock(chain: Chain, style: Style): string {
  const { name, base, comment, policy } = chain;
  let text = `\tchain ${name} {${handle(chain.handle, style)}\n`;
  if (comment !== null) text += `\t\tcomment "${comment}"\n`;
  if (base !== null) {
    const hook = base.hook.toLowerCase();
    text += `\t\ttype ${base.type} hook ${hook} priority ${priorityText(base.priority, base.hook, style)}; policy ${policy};\n`;
  }
  for (const each of chain.rules) text += `\t\t${ruleText(each, style)}\n`;
  return `${text}\t}\n`;
}

function priorityText(priority: number, hook: string, { numeric }: Style): string {
  if (numeric) return `${priority}`;
  const found = PRIORITIES.find(
    ([, each, only]) => Math.abs(priority - each) <= REACH && (only === null || only === hook),
  );
  if (found === undefined) return `${priority}`;
  const [name, base] = found;
  if (priority === base) return name;
  return `${name} ${priority > base ? "+" : "-"} ${Math.abs(priority - base)}`;
}

/** With its elements, unless `now` is null. */
export function setBlock(set: NftSet, style: Style, now: number | null): string {
  const { spec } = set;
  const lines = [spec.declared];
  if (spec.isCounted) lines.push("counter");
  if (spec.savesMemory) lines.push("policy memory");
  if (spec.size !== null) lines.push(`size ${spec.size}`);
  const flags = [
    spec.isConstant && "constant",
    spec.isDynamic && "dynamic",
    spec.isInterval && "interval",
    // A time says that there are times.
    spec.hasTimeout && (spec.timeout === null || spec.isDynamic || spec.isInterval) && "timeout",
  ].filter(Boolean);
  if (flags.length > 0) lines.push(`flags ${flags.join(",")}`);
  if (spec.timeout !== null) lines.push(`timeout ${timeText(spec.timeout)}`);
  if (spec.collection !== null) lines.push(`gc-interval ${timeText(spec.collection)}`);
  if (spec.merges) lines.push("auto-merge");
  if (spec.comment !== null) lines.push(`comment "${spec.comment}"`);
  if (now !== null && set.listed(now).length > 0) lines.push(`elements = ${set.elementsText(style, now)}`);
  const kind = set.isMap ? "map" : "set";
  return `\t${kind} ${set.name} {${handle(set.handle, style)}\n${lines.map((each) => `\t\t${each}\n`).join("")}\t}\n`;
}

export function ruleText({ statements, comment, handle }: Rule, style: Style): string {
  const words = statements.map((each) => each.text(style)).filter((each) => each !== "");
  if (comment !== null) words.push(`comment "${comment}"`);
  if (style.handles) words.push(`# handle ${handle}`);
  return words.join(" ");
}
