// What `ip addr show` and `ip link show` are confined to, of both families.
// Before you edit: iproute2 ip/ipaddress.c (ipaddr_list_flush_or_save).
import type { Scope } from "../../ip/address.ts";
import type { Device } from "../../link/device.ts";
import { Prefix4 } from "../../wire/address.ts";
import { Prefix6 } from "../../wire/address6.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { groupOf } from "./link-words.ts";
import { prefixOf, scopeOf } from "./values.ts";
import { isAddress6, prefix6Of } from "./values6.ts";
import { duplicateOrGarbage, matches, Quit, type Words, wrongArgument } from "./words.ts";

/** The flags a listing can ask for, by their names (ifa_flag_names); those that nothing here has are of no address. */
const FLAGS = [
  "secondary",
  "temporary",
  "nodad",
  "optimistic",
  "dadfailed",
  "home",
  "deprecated",
  "tentative",
  "permanent",
  "mngtmpaddr",
  "noprefixroute",
  "autojoin",
  "stable-privacy",
];

/** `secondary`, `-secondary`, `primary`, `dynamic`: the flag, and whether it must be there; null for other words. */
function flagOf(word: string): readonly [flag: string, wanted: boolean] | null {
  const [wanted, name] = word.startsWith("-") ? [false, word.slice(1)] : [true, word];
  if (name === "primary") return ["secondary", !wanted];
  if (name === "dynamic") return ["permanent", !wanted];
  if (!FLAGS.includes(name)) return null;
  return [name === "temporary" ? "secondary" : name, wanted];
}

/** What a listing is confined to. */
export interface AddressFilter {
  device: Device | null;
  to: { readonly network: Prefix4; readonly any: boolean } | null;
  scope: Scope | "nowhere" | null;
  label: string | null;
  up: boolean;
  master: Device | "none" | null;
  kind: string | null;
  group: number | null;
  /** Flags that an address must have or, with a minus, must not. */
  flags: Map<string, boolean>;
  /** A prefix of IPv6. */
  to6: Prefix6 | null;
}

export function readFilter(context: Context, words: Words): AddressFilter {
  const filter: AddressFilter = {
    device: null,
    to: null,
    scope: null,
    label: null,
    up: false,
    master: null,
    kind: null,
    group: null,
    flags: new Map(),
    to6: null,
  };
  let name: string | null = null;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "to" && (context.options.inet6 || isAddress6(words.peek))) {
      const { address, length } = prefix6Of(words.argument(), context.family6);
      filter.to6 = new Prefix6(address, length);
      context.options.inet = true;
    } else if (word === "to") {
      const { address, length, any } = prefixOf(words.argument(), context.family);
      filter.to = { network: new Prefix4(address, length), any };
      context.options.inet = true;
    } else if (word === "scope") {
      const argument = words.argument();
      const scope = scopeOf(argument);
      if (scope === null && argument !== "all") throw wrongArgument(argument, 'invalid "scope"\n');
      filter.scope = scope;
    } else if (word === "up") filter.up = true;
    else if (word === "label") filter.label = words.argument();
    else if (word === "master") {
      const argument = words.argument();
      filter.master = context.device(argument) ?? null;
      if (filter.master === null) throw wrongArgument(argument, "Device does not exist\n");
    } else if (word === "nomaster") filter.master = "none";
    else if (word === "type") filter.kind = words.argument();
    else if (flagOf(word) !== null) filter.flags.set(...flagOf(word)!);
    else if (word === "group") {
      const argument = words.argument();
      filter.group = groupOf(argument);
      if (filter.group === null) throw wrongArgument(argument, 'Invalid "group" value\n');
    } else if (word === "vrf")
      throw notModelled("ip addr", word, "dev, to, scope, up, label, master, type, primary, secondary");
    else {
      const argument = word === "dev" ? words.argument() : word;
      if (word !== "dev" && matches(word, "help"))
        throw notModelled("ip addr", word, "show, add, del, replace, change, flush");
      if (name !== null) throw duplicateOrGarbage("dev", argument);
      name = argument;
    }
  }
  if (name !== null) {
    filter.device = context.device(name) ?? null;
    if (filter.device === null) throw new Quit(`Device "${name}" does not exist.\n`, 1);
  }
  return filter;
}

/** Whether an address has the flags that are asked for, and none of those that are asked away. */
export function hasFlags({ flags }: AddressFilter, has: (flag: string) => boolean): boolean {
  for (const [flag, wanted] of flags) if (has(flag) !== wanted) return false;
  return true;
}
