// `ip rule`: show, add, delete, flush.
// Before you edit: iproute2 ip/iprule.c (do_iprule, iprule_modify, iprule_list_flush_or_save, filter_nlmsg, print_rule).
import { commonBits } from "../../ip/address6.ts";
import { RouteTable, TABLE } from "../../ip/route.ts";
import {
  defaultPriority,
  findRule,
  hex,
  type PolicyRule,
  type RuleAction,
  type RulePrefix,
  ruleExists,
  ruleText,
  tableName,
  withRule,
} from "../../ip/rule.ts";
import { DEFAULT_RULES6, type PolicyRule6 } from "../../ip/rule6.ts";
import type { Netns } from "../../netns/netns.ts";
import { tellRule } from "../../netns/rtnetlink.ts";
import type { Ip } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { prefixOf, protocolOf, tableOf, typeOf, unsigned } from "./values.ts";
import { isAddress6, prefix6Of } from "./values6.ts";
import { answers, firstMatch, matches, Quit, refused, type Words, wrongArgument } from "./words.ts";

const COMMANDS = ["list", "lst", "show", "save", "restore", "add", "delete", "flush", "help"] as const;
const SELECTORS = "from, to, not, fwmark, iif, oif, priority, table, protocol";
const WORDS = `${SELECTORS}, suppress_prefixlength and the types blackhole, unreachable, prohibit`;

export function ipRule(context: Context, words: Words): void {
  if (words.isEmpty) return show(context, words);
  const word = words.take();
  const command = firstMatch(word, COMMANDS);
  if (command === undefined) throw new Quit(`Command "${word}" is unknown, try "ip rule help".\n`, 255);
  if (command === "list" || command === "lst" || command === "show") return show(context, words);
  if (command === "add" || command === "delete") return modify(context, words, command);
  if (command === "flush") return flush(context, words);
  throw notModelled("ip rule", word, "show, add, delete, flush");
}

type AnyRule = PolicyRule<Ip>;
type Asked = { -readonly [Key in keyof AnyRule]?: AnyRule[Key] };

/** The rules of the family that is asked for; `set` puts others in their place. */
function rulesOf({ ns, options }: Context): readonly AnyRule[] {
  if (!options.inet6) return ns.rules;
  return ns.hasIpv6 ? ns.ipv6.rules : DEFAULT_RULES6;
}

function setRules({ ns, options }: Context, rules: readonly AnyRule[]): void {
  if (options.inet6) ns.ipv6.rules = rules as readonly PolicyRule6[];
  else {
    const before = ns.rules;
    ns.rules = rules as readonly PolicyRule[];
    for (const rule of ns.rules) if (!before.includes(rule)) tellRule(ns, rule);
    for (const rule of before) if (!ns.rules.includes(rule)) tellRule(ns, rule, true);
    if (ns.hasRedirects) ns.redirects.clear();
  }
}

function priorityOf(argument: string): number {
  const priority = unsigned(argument);
  if (priority === null || priority > 0xffffffff) throw wrongArgument(argument, "preference value is invalid\n");
  return priority;
}

function isPriority(word: string): boolean {
  return matches(word, "preference") || matches(word, "order") || matches(word, "priority");
}

/** `0x80`, or `0x80/0xff`. */
function markOf(argument: string): { mark: number; mask: number | undefined } {
  const [first = "", second] = argument.split("/", 2);
  const mark = unsigned(first);
  if (mark === null || mark > 0xffffffff) throw wrongArgument(argument, "fwmark value is invalid\n");
  if (second === undefined) return { mark, mask: undefined };
  const mask = unsigned(second);
  if (mask === null || mask > 0xffffffff) throw wrongArgument(second, "fwmask value is invalid\n");
  return { mark, mask };
}

function deviceName(word: string, argument: string): string {
  const what = word === "oif" ? '"oif"' : '"iif"/"dev"';
  if (argument.length > 15 || argument === "" || /[/\s]/.test(argument))
    throw wrongArgument(argument, `${what} not a valid ifname`);
  return argument;
}

/** Bits of a whole address. */
function widthOf({ address }: RulePrefix<Ip>): number {
  return address.family === 4 ? 32 : 128;
}

/** A prefix that says nothing is none. */
function prefixAsked(context: Context, words: Words, family = context.family): RulePrefix<Ip> | undefined {
  const { inet, inet6 } = context.options;
  // Without -6 the kernel is asked for a rule of IPv4, and it finds the address too long.
  if (!inet6 && !inet && isAddress6(words.peek)) throw refused({ errno: "EINVAL", message: "Invalid source address" });
  const { address, length, any } = inet6
    ? prefix6Of(words.argument(), context.family6)
    : prefixOf(words.argument(), family);
  return any || length === 0 ? undefined : { address, length };
}

function readAsked(context: Context, words: Words): Asked {
  const asked: Asked = {};
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "not") asked.not = true;
    else if (word === "from" || word === "to") {
      const prefix = prefixAsked(context, words);
      if (prefix !== undefined) asked[word] = prefix;
    } else if (isPriority(word)) asked.priority = priorityOf(words.argument());
    else if (word === "tos" || matches(word, "dsfield")) throw notModelled("ip rule", word, WORDS);
    else if (word === "fwmark") {
      const { mark, mask } = markOf(words.argument());
      asked.mark = mark;
      // Without a mask all bits are compared, but a mark of 0 compares none (fib_nl2rule).
      asked.mask = mask ?? (mark === 0 ? 0 : 0xffffffff);
    } else if (matches(word, "realms")) throw notModelled("ip rule", word, WORDS);
    else if (matches(word, "protocol")) {
      const argument = words.argument();
      const protocol = protocolOf(argument);
      if (protocol === null) throw wrongArgument(argument, '"protocol" value is invalid\n');
      if (protocol !== "unspec") asked.protocol = protocol;
    } else if (word === "tun_id") throw notModelled("ip rule", word, WORDS);
    else if (matches(word, "table") || word === "lookup") {
      const argument = words.argument();
      const table = tableOf(argument);
      if (table === null) throw wrongArgument(argument, "invalid table ID\n");
      asked.table = table;
    } else if (matches(word, "suppress_prefixlength") || word === "sup_pl") {
      const argument = words.argument();
      const length = unsigned(argument);
      if (length === null) throw wrongArgument(argument, "suppress_prefixlength value is invalid\n");
      asked.suppress = length;
    } else if (matches(word, "suppress_ifgroup") || word === "sup_group") throw notModelled("ip rule", word, WORDS);
    else if (word === "dev" || word === "iif") asked.iif = deviceName("iif", words.argument());
    else if (word === "oif") asked.oif = deviceName("oif", words.argument());
    else if (/^(l3mdev|uidrange|map-to|goto|nop|ipproto|sport|dport)$/.test(word) || matches(word, "nat"))
      throw notModelled("ip rule", word, WORDS);
    else asked.action = actionOf(word === "type" ? words.argument() : word);
  }
  return asked;
}

function actionOf(word: string): RuleAction {
  if (matches(word, "help")) throw notModelled("ip rule", word, WORDS);
  if (matches(word, "goto") || matches(word, "nop")) throw notModelled("ip rule", word, WORDS);
  const type = typeOf(word);
  if (type === null && unsigned(word) === null) throw wrongArgument(word, "Failed to parse rule type");
  if (type === "unicast") return "lookup";
  if (type === "blackhole" || type === "unreachable" || type === "prohibit") return type;
  throw notModelled("ip rule", word, WORDS);
}

function modify(context: Context, words: Words, command: "add" | "delete"): void {
  if (words.isEmpty) throw new Quit(`"ip rule ${command === "add" ? "add" : "del"}" requires arguments.\n`, 1);
  const { ns } = context;
  const asked = readAsked(context, words);
  const rules = rulesOf(context);
  if (command === "delete") {
    const found = findRule(rules, asked);
    if (found === undefined) throw answers("ENOENT");
    setRules(
      context,
      rules.filter((rule) => rule !== found),
    );
    return;
  }
  const { action = "lookup", priority = defaultPriority(rules) } = asked;
  // A rule that names no table asks main; one that refuses needs none.
  const table = asked.table ?? (asked.action === undefined || action === "lookup" ? TABLE.main : 0);
  const rule: AnyRule = { ...asked, priority, action, table };
  if (ruleExists(rules, rule)) throw answers("EEXIST");
  const lacksTable = table === 0 && action === "lookup";
  if (context.options.inet6) {
    if (lacksTable) throw refused({ errno: "EINVAL", message: "Invalid table" });
    // The table a rule names is made with it (fib6_rule_configure).
    if (action === "lookup") ns.ipv6.table(table);
  }
  setRules(context, withRule(rules, lacksTable ? { ...rule, table: emptyTable(ns) } : rule));
}

/** `table 0` is a new one: the first number that no table has (fib_empty_table). */
function emptyTable({ tables }: Netns): number {
  let id = 1;
  while (tables.get(id) !== undefined) id++;
  tables.set(id, new RouteTable(id));
  return id;
}

/** Which rules are listed; what is not said lists all. */
function readFilter(context: Context, words: Words): (rule: AnyRule) => boolean {
  const tests: ((rule: AnyRule) => boolean)[] = [];
  while (!words.isEmpty) {
    const word = words.take();
    if (isPriority(word)) {
      const priority = priorityOf(words.argument());
      tests.push((rule) => rule.priority === priority);
    } else if (word === "not") tests.push((rule) => rule.not === true);
    else if (word === "fwmark") {
      const { mark, mask = 0 } = markOf(words.argument());
      tests.push((rule) => (mark === 0 || rule.mark === mark) && (mask === 0 || rule.mask === mask));
    } else if (word === "dev" || word === "iif") {
      const name = deviceName("iif", words.argument());
      tests.push((rule) => rule.iif === name);
    } else if (word === "oif") {
      const name = deviceName("oif", words.argument());
      tests.push((rule) => rule.oif === name);
    } else if (matches(word, "tun_id")) throw notModelled("ip rule show", word, SELECTORS);
    else if (matches(word, "lookup") || matches(word, "table")) {
      const argument = words.argument();
      const table = tableOf(argument);
      if (table === null) throw wrongArgument(argument, "table id value is invalid\n");
      if (table > 0) tests.push((rule) => rule.table === table);
    } else if (matches(word, "from")) tests.push(prefixTest("from", prefixAsked(context, words, "inet")));
    else if (/^(tos|l3mdev|uidrange|ipproto|sport|dport)$/.test(word) || matches(word, "dsfield"))
      throw notModelled("ip rule show", word, SELECTORS);
    else if (matches(word, "protocol")) throw notModelled("ip rule show", word, SELECTORS);
    else {
      const argument = matches(word, "dst") || word === "to" ? words.argument() : word;
      const { address, length } = context.options.inet6 ? prefix6Of(argument) : prefixOf(argument, "inet");
      tests.push(prefixTest("to", length === 0 ? undefined : { address, length }));
    }
  }
  return (rule) => tests.every((test) => test(rule));
}

/** A rule's prefix that is in the one that was named, as far as the rule says one. */
function prefixTest(key: "from" | "to", wanted: RulePrefix<Ip> | undefined): (rule: AnyRule) => boolean {
  return (rule) => {
    if (wanted === undefined) return true;
    const own = rule[key];
    if (own === undefined || own.length < wanted.length) return false;
    const [a, b] = [own.address, wanted.address];
    if (a.family === 4) return b.family === 4 && (a.bits ^ b.bits) >>> (32 - wanted.length) === 0;
    return b.family === 6 && commonBits(a, b) >= wanted.length;
  };
}

function flush(context: Context, words: Words): void {
  const passes = readFilter(context, words);
  const rules = rulesOf(context);
  // A rule of priority 0 does not tell its priority, and so it stays.
  const left = rules.filter((rule) => rule.priority === 0 || !passes(rule));
  if (left.length < rules.length) setRules(context, left);
}

function show(context: Context, words: Words): void {
  const { ns } = context;
  const filter = readFilter(context, words);
  const rules = rulesOf(context).filter(filter);
  if (context.options.json) return context.json(rules.map((rule) => ruleJson(ns, rule)));
  for (const rule of rules)
    context.out(`${ruleText(rule, (name) => ns.devices.has(name))}${context.isOld && rule.table !== 0 ? " " : ""}\n`);
}

function ruleJson(ns: Netns, rule: AnyRule): object {
  const { priority, from, to, mark = 0, mask = 0, iif, oif, table, suppress, action, protocol } = rule;
  return {
    priority,
    ...(rule.not && { not: null }),
    src: from?.address ?? "all",
    ...(from !== undefined && from.length < widthOf(from) && { srclen: from.length }),
    ...(to !== undefined && { dst: to.address, ...(to.length < widthOf(to) && { dstlen: to.length }) }),
    ...((mark !== 0 || mask !== 0) && { fwmark: hex(mark), ...(mask !== 0xffffffff && { fwmask: hex(mask) }) }),
    ...(iif !== undefined && { iif, ...(!ns.devices.has(iif) && { iif_detached: null }) }),
    ...(oif !== undefined && { oif, ...(!ns.devices.has(oif) && { oif_detached: null }) }),
    ...(table !== 0 && { table: tableName(table), ...(suppress !== undefined && { suppress_prefixlen: suppress }) }),
    ...(action !== "lookup" && { action }),
    ...(protocol !== undefined && protocol !== "kernel" && { protocol }),
  };
}
