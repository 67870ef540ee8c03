// `ip rule show`. Rules of one's own come with the chapters that need them.
// Before you edit: iproute2 ip/iprule.c (do_iprule, iprule_list_flush_or_save, print_rule).
import { ruleText, tableName } from "../../ip/rule.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { tableOf, unsigned } from "./values.ts";
import { firstMatch, matches, Quit, type Words, wrongArgument } from "./words.ts";

const COMMANDS = ["list", "lst", "show", "save", "restore", "add", "delete", "flush", "help"] as const;

export function ipRule(context: Context, words: Words): void {
  if (words.isEmpty) return show(context, words);
  const word = words.take();
  const command = firstMatch(word, COMMANDS);
  if (command === undefined) throw new Quit(`Command "${word}" is unknown, try "ip rule help".\n`, 255);
  if (command === "list" || command === "lst" || command === "show") return show(context, words);
  throw notModelled("ip rule", word, "show");
}

function show(context: Context, words: Words): void {
  let table: number | null = null;
  let priority: number | null = null;
  while (!words.isEmpty) {
    const word = words.take();
    if (matches(word, "preference") || matches(word, "order") || matches(word, "priority")) {
      const argument = words.argument();
      priority = unsigned(argument);
      if (priority === null) throw wrongArgument(argument, "preference value is invalid\n");
    } else if (matches(word, "lookup") || matches(word, "table")) {
      const argument = words.argument();
      table = tableOf(argument);
      if (table === null) throw wrongArgument(argument, "table id value is invalid\n");
    } else throw notModelled("ip rule show", word, "table, priority");
  }
  const rules = context.ns.rules.filter(
    (rule) => (table === null || rule.table === table) && (priority === null || rule.priority === priority),
  );
  if (context.options.json)
    return context.json(rules.map((rule) => ({ priority: rule.priority, src: "all", table: tableName(rule.table) })));
  for (const rule of rules) context.out(`${ruleText(rule)}\n`);
}
