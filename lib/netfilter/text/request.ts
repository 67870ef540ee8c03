// One command line of iptables, or one line of a saved file: which command, for which chain, and the rules it speaks of.
// Before you edit: iptables/xshared.c (do_parse behind its loop, generic_opt_check, ipv4_post_parse), xtables.c.
import type { Chain } from "../chain.ts";
import { Refused } from "../refused.ts";
import type { DeviceMatch, RuleSpec } from "../rule.ts";
import { TABLE_NAMES, type Table, type TableName } from "../table.ts";
import { readDevice, readNetworks } from "./address.ts";
import { finished } from "./extensions.ts";
import { splitLine } from "./line.ts";
import { anySet, type Context, LONGEST_NAME, Reader } from "./reader.ts";
import { TAKES } from "./words.ts";

export interface Request {
  /** A D C I R L S F Z N X E P, LZ and such, "D number" and "Z number"; V, h; "ignored" is for the other family. */
  readonly command: string;
  readonly table: TableName;
  readonly chain: string | null;
  /** The rule's number, from 1. */
  readonly number: number | null;
  readonly newName: string | null;
  readonly policy: string | null;
  /** One for each pair of source and destination that was listed; without a target where they call a chain. */
  readonly rules: readonly RuleSpec[];
  /** The chain that the rules call: whether there is one is seen when they are put into the table. */
  readonly calls: { readonly name: string; readonly isGoto: boolean } | null;
  readonly counters: readonly [packets: number, bytes: number] | null;
  /** The options n, x, 0 that were given, and v as often as it was. */
  readonly options: string;
}

/** Reads a command line without the program's name. Throws Refused in the real tool's words, BadInput for what is not modelled. */
export function readRequest(words: readonly string[], context: Context): Request {
  const said = new Reader(words, context);
  return said.isOver ? over(said) : complete(said);
}

/** The rule of a line as iptables-save prints it, of which all is known to be right. */
export function readRule(line: string, table: Table, calls: Chain | null): RuleSpec {
  const { name, family, backEnd } = table;
  const context = { family, restoring: name, backEnd: backEnd ?? "nft", notice: () => {} };
  const request = readRequest(splitLine(line, 0), context);
  return calling(request, () => calls!)[0]!;
}

/** The rules with the chain that they call. */
export function calling({ rules, calls }: Request, find: (name: string) => Chain): readonly RuleSpec[] {
  if (calls === null) return rules;
  const chain = find(calls.name);
  return rules.map((rule) => ({ ...rule, target: { kind: "chain", chain, isGoto: calls.isGoto } }));
}

function over({ command }: Reader): Request {
  const nothing = { chain: null, number: null, newName: null, policy: null, calls: null, counters: null };
  return { ...nothing, command, table: "filter", rules: [], options: "" };
}

function complete(said: Reader): Request {
  const { jump } = said;
  if (said.table === "nat" && (said.policy === "DROP" || jump?.name === "DROP"))
    throw new Refused('\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n');
  const reading = {
    family: said.context.family,
    table: said.table,
    protocol: said.protocol,
    nextWord: () => null,
    backEnd: said.context.backEnd,
    notice: said.context.notice,
    setFamily: said.context.setFamily ?? anySet,
  };
  const matches = said.matches.map((draft) => finished(draft, reading));
  const target = said.target === null ? null : finished(said.target, reading);
  if (said.command === "") throw new Refused("no command specified");
  if (said.hangs) throw new Refused("nothing appropriate following !");
  const isRule = "ADCIR".includes(said.command) && !(said.command === "D" && said.number !== null);
  const command =
    !isRule && said.number !== null && "DZ".includes(said.command) ? `${said.command} number` : said.command;
  const sources = isRule ? networks(said, "s") : [null];
  const destinations = isRule ? networks(said, "d") : [null];
  if (said.command === "R" && sources.length * destinations.length > 1)
    throw new Refused("Replacement rule does not specify a unique address");
  checkOptions(said, command);
  if (said.chain !== null && said.chain.length >= LONGEST_NAME)
    throw new Refused(`chain name \`${said.chain}' too long (must be under ${LONGEST_NAME} chars)`);
  if ("ADCIR".includes(said.command)) checkDevices(said);
  const table = TABLE_NAMES.find((name) => name === said.table);
  if (table === undefined) throw new Refused(noTable(said), 3);
  const base = {
    family: said.context.family,
    in: deviceOf(said, "i"),
    out: deviceOf(said, "o"),
    protocol: said.protocol === null || said.protocol.number === 0 ? null : said.protocol,
    fragment: said.options.includes("f") ? { inverted: said.inverted.has("f") } : null,
    matches: matches as RuleSpec["matches"],
    target: targetOf(said, isRule, target),
  };
  const rules = isRule
    ? sources.flatMap((source) => destinations.map((destination) => ({ ...base, source, destination })))
    : [];
  const { chain, number, newName, policy, options, counters } = said;
  const calls = isRule && jump !== null && base.target.kind === "none" ? jump : null;
  return { command, table, chain, number, newName, policy, rules, calls, counters, options };
}

function noTable({ table, context }: Reader): string {
  if (context.backEnd === "nft") return `table '${table}' does not exist`;
  const tool = context.family === 4 ? "iptables" : "ip6tables";
  return `can't initialize ${tool} table \`${table}': Table does not exist (do you need to insmod?)`;
}

function networks(said: Reader, letter: "s" | "d"): readonly RuleSpec["source"][] {
  const text = said.values.get(letter);
  if (text === undefined) return [null];
  const inverted = said.inverted.has(letter);
  const networks = readNetworks(text, said.context.family);
  if (networks.length > 1 && inverted)
    throw new Refused("! not allowed with multiple source or destination IP addresses");
  return networks.map((network) => {
    const { mask } = network;
    const isAny = mask.family === 4 ? mask.bits === 0 : mask.isUnspecified;
    return isAny && !inverted ? null : { ...network, inverted };
  });
}

/** A lone + is no condition, unless it is inverted: then no device is good enough. ip_tables keeps what was said. */
function deviceOf(said: Reader, letter: "i" | "o"): DeviceMatch | null {
  const text = said.values.get(letter);
  if (text === undefined) return null;
  const inverted = said.inverted.has(letter);
  const device = readDevice(text, inverted);
  if (text !== "+") return device;
  if (said.context.backEnd === "legacy") return { ...device, isLeftOut: true };
  return inverted ? device : null;
}

function targetOf(said: Reader, isRule: boolean, use: unknown): RuleSpec["target"] {
  const { jump } = said;
  if (jump === null || !isRule) return { kind: "none" };
  const { name, isGoto } = jump;
  if (use !== null) return { kind: "extension", use: use as never };
  if (!isGoto && (name === "ACCEPT" || name === "DROP" || name === "RETURN")) return { kind: "verdict", verdict: name };
  return { kind: "none" };
}

function checkOptions(said: Reader, command: string): void {
  for (const letter of "nsdpjvxio0cf")
    if (
      said.options.includes(letter) &&
      !command.split("").some((each) => (TAKES[command] ?? TAKES[each] ?? "").includes(letter))
    )
      throw new Refused(`Illegal option \`-${letter}' with this command`);
}

function checkDevices(said: Reader): void {
  const comesIn = said.chain === "PREROUTING" || said.chain === "INPUT";
  const goesOut = said.chain === "POSTROUTING" || said.chain === "OUTPUT";
  if (comesIn && said.options.includes("o")) throw new Refused(`Can't use -o with ${said.chain}\n`);
  if (goesOut && said.options.includes("i")) throw new Refused(`Can't use -i with ${said.chain}\n`);
}
