// `ipset`: sets of addresses, ports and other sets, which rules ask about packets.
// Before you edit: ipset's lib/ipset.c (ipset_parse_argv), lib/errcode.c, src/ipset.c; net/netfilter/ipset/ip_set_core.c.
import { changeSet, checkName, createSet, namedSet } from "../netfilter/set/change.ts";
import { elementText } from "../netfilter/set/element.ts";
import { readExtras } from "../netfilter/set/extras.ts";
import type { IpSet } from "../netfilter/set/ip-set.ts";
import { IpsetError, readElement } from "../netfilter/set/words.ts";
import { unquotedWords } from "../netfilter/text/quote.ts";
import type { Netns } from "../netns/netns.ts";
import type { Call, Command } from "./command.ts";
import { notModelled } from "./command.ts";
import { type Listing, list, referencesOf } from "./ipset-list.ts";

const VERSION = "v7.17";

const COMMANDS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ["create", "-N", "--create", "n"],
    ["add", "-A", "--add"],
    ["del", "-D", "--del"],
    ["test", "-T", "--test"],
    ["destroy", "-X", "--destroy", "x"],
    ["list", "-L", "--list"],
    ["save", "-S", "--save"],
    ["restore", "-R", "--restore"],
    ["flush", "-F", "--flush"],
    ["rename", "-E", "--rename", "e"],
    ["swap", "-W", "--swap", "w"],
    ["version", "-V", "-v", "--version"],
  ].flatMap(([name, ...others]) => [name!, ...others].map((each) => [each, name!])),
);

interface Said extends Listing {
  readonly command: string;
  readonly words: readonly string[];
  readonly exist: boolean;
  readonly quiet: boolean;
}

export const ipset: Command = (call) => {
  try {
    return run(call, read(call.args));
  } catch (error) {
    if (!(error instanceof IpsetError)) throw error;
    complain(call, error, null);
    return error.status;
  }
};

function complain(call: Call, { message, status }: IpsetError, line: number | null): void {
  const where = line === null ? "" : `Error in line ${line}: `;
  call.err(`ipset ${VERSION}: ${where}${message}\n`);
  if (status === 2) call.err("Try `ipset help' for more information.\n");
}

function read(args: readonly string[]): Said {
  const words: string[] = [];
  let [exist, quiet, namesOnly, terse, sorted] = [false, false, false, false, false];
  let form: Said["form"] = "plain";
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    if (word === "-exist" || word === "-!") exist = true;
    else if (word === "-q" || word === "-quiet") quiet = true;
    else if (word === "-n" || word === "-name") namesOnly = true;
    else if (word === "-t" || word === "-terse") terse = true;
    else if (word === "-s" || word === "-sorted") sorted = true;
    else if (word === "-o" || word === "-output") {
      const output = args[++at];
      if (output !== "save" && output !== "plain")
        throw notModelled("ipset", `-o ${output ?? ""}`, "-o plain, -o save");
      form = output;
    } else words.push(word);
  }
  const [name, ...rest] = words;
  if (name === undefined) throw new IpsetError("No command specified.", 2);
  const command = COMMANDS[name];
  if (command === undefined) {
    if (name === "help") throw notModelled("ipset", name, "the commands themselves");
    throw new IpsetError(`No command specified: unknown argument ${name}`, 2);
  }
  return { command, words: rest, exist, quiet, form, namesOnly, terse, sorted };
}

function run(call: Call, said: Said): number {
  const { command, words } = said;
  const { sets } = call.ns;
  const [first, second] = words;
  const needs = { create: 2, add: 2, del: 2, test: 2, rename: 2, swap: 2 }[command] ?? 0;
  if (needs > 0 && first === undefined) throw new IpsetError(`Missing mandatory argument to command ${command}`, 2);
  if (needs > 1 && second === undefined)
    throw new IpsetError(`Missing second mandatory argument to command ${command}`, 2);
  switch (command) {
    case "create":
      createSet(sets, words, said.exist, Math.floor(call.ns.cables.random() * 2 ** 32));
      return 0;
    case "add":
    case "del":
      changeSet(sets, command, words, said.exist, call.ns.cables.now);
      return 0;
    case "test":
      return test(call, words, said.quiet);
    case "destroy":
      atMost(words, 1);
      destroy(call.ns, first);
      return 0;
    case "flush":
      atMost(words, 1);
      for (const set of chosen(call.ns, first)) empty(call.ns, set);
      return 0;
    case "rename": {
      const set = namedSet(sets, first!);
      checkName(second!);
      if (referencesOf(call.ns, set) > 0) throw new IpsetError("Set cannot be renamed: it is in use by another system");
      if (sets.get(second!) !== undefined)
        throw new IpsetError("Set cannot be renamed: a set with the new name already exists");
      sets.rename(set, second!);
      return 0;
    }
    case "swap": {
      const [one, other] = [namedSet(sets, first!), sets.get(second!)];
      if (other === undefined) throw new IpsetError("Sets cannot be swapped: the second set does not exist");
      if (one.type !== other.type || one.options.family !== other.options.family)
        throw new IpsetError("The sets cannot be swapped: their type does not match");
      sets.swap(one, other);
      return 0;
    }
    case "list":
    case "save":
      atMost(words, 1);
      list(call, command === "save" ? { ...said, form: "save" } : said, chosen(call.ns, first));
      return 0;
    case "restore":
      return restore(call, said);
    default:
      call.out(`ipset ${VERSION}, protocol version: 7\n`);
      return 0;
  }
}

function atMost(words: readonly string[], count: number): void {
  if (words.length > count) throw new IpsetError(`Unknown argument ${words[count]}`, 2);
}

function chosen({ sets }: Netns, name: string | undefined): IpSet[] {
  return name !== undefined ? [namedSet(sets, name)] : sets.inOrder();
}

function test({ ns, err }: Call, [name = "", element = "", ...rest]: readonly string[], quiet: boolean): number {
  const set = namedSet(ns.sets, name);
  const items = readElement(element, set.type, set.options)[0]!;
  const { extras } = readExtras(rest, "test", set);
  const { now } = ns.cables;
  const exact = set.get(items, now);
  const isWhole = items.every((item) => item.kind !== "net" || item.length === (item.address.family === 4 ? 32 : 128));
  const found = exact ?? (isWhole ? set.find(items, now) : null);
  const isIn = found !== null && found.nomatch === (extras.nomatch ?? false);
  const said = readElement(element, set.type, { ...set.options, netmask: null })[0]!;
  const text = set.type.store === "list" ? element : elementText(said, set.type);
  if (!quiet) err(isIn ? `Warning: ${text} is in set ${name}.\n` : `${text} is NOT in set ${name}.\n`);
  return isIn ? 0 : 1;
}

function destroy(ns: Netns, name: string | undefined): void {
  const doomed = chosen(ns, name);
  if (doomed.some((set) => referencesOf(ns, set) > 0))
    throw new IpsetError("Set cannot be destroyed: it is in use by a kernel component");
  for (const set of doomed) {
    empty(ns, set);
    ns.sets.drop(set);
  }
}

/** Takes all elements away; sets in a list are in one list less. */
function empty(ns: Netns, set: IpSet): void {
  for (const { items } of set.living(ns.cables.now)) {
    const member = items[0]?.kind === "set" ? ns.sets.get(items[0].name) : undefined;
    if (member !== undefined) member.lists--;
  }
  set.flush();
}

/** Each line is done at once; the first that cannot be ends it. */
function restore(call: Call, { exist }: Said): number {
  const lines = call.stdin.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!.trim();
    if (line === "" || line.startsWith("#") || line === "COMMIT") continue;
    try {
      const said = read(unquotedWords(line));
      run(call, { ...said, exist: exist || said.exist });
    } catch (error) {
      if (!(error instanceof IpsetError)) throw error;
      complain(call, error, at + 1);
      return error.status;
    }
  }
  return 0;
}
