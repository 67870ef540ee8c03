// Sets are made, and elements come and go, as the words of ipset say.
// Before you edit: ipset's lib/ipset.c (ipset_parse_argv), lib/errcode.c; net/netfilter/ipset/ip_set_core.c (ip_set_create).
import { headerText, readOptions, typeNamed } from "./create.ts";
import type { Item } from "./element.ts";
import { readExtras } from "./extras.ts";
import { IpSet, type SetErrno } from "./ip-set.ts";
import type { Sets } from "./sets.ts";
import { IpsetError, readElement, syntaxError } from "./words.ts";

const LONGEST_NAME = 31;

/** The set of this name. Throws IpsetError. */
export function namedSet(sets: Sets, name: string): IpSet {
  const set = sets.get(name);
  if (set === undefined) throw new IpsetError("The set with the given name does not exist");
  return set;
}

/** Throws IpsetError. */
export function checkName(name: string): void {
  if (name.length > LONGEST_NAME) throw syntaxError(`setname '${name}' is longer than ${LONGEST_NAME} characters`);
}

/** `create NAME TYPE OPTIONS…`. `initval` is the seed of the kernel's hash. Throws IpsetError. */
export function createSet(
  sets: Sets,
  [name = "", typename = "", ...words]: readonly string[],
  mayExist: boolean,
  initval: number,
): void {
  checkName(name);
  const type = typeNamed(typename);
  const options = readOptions(words, type, initval);
  const old = sets.get(name);
  if (old === undefined) return sets.put(new IpSet(name, type, options));
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

/** `add SET ELEMENT …`, `del SET ELEMENT`. Throws IpsetError. */
export function changeSet(
  sets: Sets,
  command: "add" | "del",
  words: readonly string[],
  mayExist: boolean,
  now: number,
): void {
  const [name = "", element = "", ...rest] = words;
  const set = namedSet(sets, name);
  const elements = readElement(element, set.type, set.options);
  const { extras, place } = readExtras(rest, command, set);
  checkRange(set, elements);
  const listed = set.type.store === "list" ? checkMember(sets, set, elements[0]!, place?.other, now) : null;
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
function checkMember(sets: Sets, list: IpSet, [item]: readonly Item[], beside: string | undefined, now: number): IpSet {
  const member = item?.kind === "set" ? sets.get(item.name) : undefined;
  if (member === undefined) throw new IpsetError("Set to be added/deleted/tested as element does not exist.");
  if (member.type.store === "list") throw new IpsetError("Sets with list:set type cannot be added to the set.");
  if (beside === undefined) return member;
  const problem = sets.get(beside) === undefined ? "does not exist" : "is not added to the set";
  if (list.get([{ kind: "set", name: beside }], now) === null)
    throw new IpsetError(`The set to which you referred with 'before' or 'after' ${problem}.`);
  return member;
}
