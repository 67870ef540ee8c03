// `ipset`: sets of addresses, ports and other sets, which rules ask about packets.
// Before you edit: ipset's lib/ipset.c (ipset_parse_argv), lib/errcode.c, src/ipset.c; net/netfilter/ipset/ip_set_core.c.
import { elementText, type Item } from "../netfilter/set/element.ts";
import { IpSet, type SetErrno } from "../netfilter/set/ip-set.ts";
import type { Netns } from "../netns/netns.ts";
import type { Call, Command } from "./command.ts";
import { notModelled } from "./command.ts";
import { headerText, readOptions, typeNamed } from "./ipset-create.ts";
import { readExtras } from "./ipset-extras.ts";
import { type Listing, list, referencesOf } from "./ipset-list.ts";
import { IpsetError, readElement, syntaxError } from "./ipset-words.ts";

const VERSION = "v7.17";
const LONGEST_NAME = 31;
const NO_SET = "The set with the given name does not exist";

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
      create(call, words, said.exist);
      return 0;
    case "add":
    case "del":
      change(call, command, words, said.exist);
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
      const set = named(call.ns, first!);
      checkName(second!);
      if (referencesOf(call.ns, set) > 0) throw new IpsetError("Set cannot be renamed: it is in use by another system");
      if (sets.get(second!) !== undefined)
        throw new IpsetError("Set cannot be renamed: a set with the new name already exists");
      sets.rename(set, second!);
      return 0;
    }
    case "swap": {
      const [one, other] = [named(call.ns, first!), sets.get(second!)];
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

function named({ sets }: Netns, name: string): IpSet {
  const set = sets.get(name);
  if (set === undefined) throw new IpsetError(NO_SET);
  return set;
}

function chosen(ns: Netns, name: string | undefined): IpSet[] {
  if (name !== undefined) return [named(ns, name)];
  // Lists come behind the sets they are made of.
  const [sets, lists] = [false, true].map((isList) =>
    ns.sets.all().filter((set) => (set.type.store === "list") === isList),
  );
  return [...sets!, ...lists!];
}

function checkName(name: string): void {
  if (name.length > LONGEST_NAME) throw syntaxError(`setname '${name}' is longer than ${LONGEST_NAME} characters`);
}

function create({ ns }: Call, [name = "", typename = "", ...words]: readonly string[], mayExist: boolean): void {
  checkName(name);
  const type = typeNamed(typename);
  const options = readOptions(words, type, Math.floor(ns.cables.random() * 2 ** 32));
  const old = ns.sets.get(name);
  if (old === undefined) return ns.sets.put(new IpSet(name, type, options));
  const same = (set: IpSet) =>
    headerText(set)
      .replace(/ initval \S+$/, "")
      .replace(/hashsize \d+ /, "");
  if (!mayExist || old.type !== type || same(old) !== same(new IpSet(name, type, options)))
    throw new IpsetError("Set cannot be created: set with the same name already exists");
}

const WORDS: Readonly<Record<SetErrno, string>> = {
  exists: "Element cannot be added to the set: it's already added",
  missing: "Element cannot be deleted from the set: it's not added",
  full: "Hash is full, cannot add more elements",
  "no timeout": "Timeout cannot be used: set was created without timeout support",
  "no counters": "Packet/byte counters cannot be used: set was created without counter support",
  "no comment": "Comment cannot be used: set was created without comment support",
  "no skbinfo": "Skbinfo mapping cannot be used: set was created without skbinfo support",
};

function change({ ns }: Call, command: "add" | "del", words: readonly string[], mayExist: boolean): void {
  const [name = "", element = "", ...rest] = words;
  const set = named(ns, name);
  const elements = readElement(element, set.type, set.options);
  const { extras, place } = readExtras(rest, command, set);
  checkRange(set, elements);
  const { now } = ns.cables;
  const listed = set.type.store === "list" ? checkMember(ns, set, elements[0]!, place?.other) : null;
  for (const items of elements) {
    const errno = command === "add" ? set.add(items, extras, mayExist, now) : set.delete(items, now);
    if (errno === "full" && listed !== null) throw new IpsetError("The set is full, more elements cannot be added.");
    if (errno !== null && !(mayExist && errno === "missing")) throw new IpsetError(WORDS[errno]);
    if (listed !== null && errno === null) listed.lists += command === "add" ? 1 : -1;
    if (place !== null && command === "add") set.place(items, place.where, [{ kind: "set", name: place.other }]);
  }
}

function checkRange({ type, options: { range } }: IpSet, elements: readonly Item[][]): void {
  if (type.store !== "bitmap") return;
  for (const [item] of elements) {
    const number =
      item?.kind === "port" ? item.port : item?.kind === "net" && item.address.family === 4 ? item.address.bits : 0;
    if (number < range![0] || number > range![1]) throw new IpsetError("Element is out of the range of the set");
  }
}

/** A list's element is a set that is no list; so is the one it is put beside. */
function checkMember(ns: Netns, list: IpSet, [item]: readonly Item[], beside: string | undefined): IpSet {
  const member = item?.kind === "set" ? ns.sets.get(item.name) : undefined;
  if (member === undefined) throw new IpsetError("Set to be added/deleted/tested as element does not exist.");
  if (member.type.store === "list") throw new IpsetError("Sets with list:set type cannot be added to the set.");
  if (beside === undefined) return member;
  const problem = ns.sets.get(beside) === undefined ? "does not exist" : "is not added to the set";
  if (list.get([{ kind: "set", name: beside }], ns.cables.now) === null)
    throw new IpsetError(`The set to which you referred with 'before' or 'after' ${problem}.`);
  return member;
}

function test({ ns, err }: Call, [name = "", element = "", ...rest]: readonly string[], quiet: boolean): number {
  const set = named(ns, name);
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
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    try {
      const said = read(words);
      run(call, { ...said, exist: exist || said.exist });
    } catch (error) {
      if (!(error instanceof IpsetError)) throw error;
      complain(call, error, at + 1);
      return error.status;
    }
  }
  return 0;
}
