// The words behind `ip address add|change|replace|delete` for IPv4.
// Before you edit: iproute2 ip/ipaddress.c (ipaddr_modify, default_scope).
import type { Lifetime, Scope } from "../../ip/address.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { addressOf, type PrefixWord, prefixOf, scopeOf, unsigned } from "./values.ts";
import { duplicate, duplicateOrGarbage, matches, Quit, type Words, wrongArgument } from "./words.ts";

/** What is asked for; what nobody said is absent. */
export interface AddressRequest {
  local?: PrefixWord & { readonly word: string };
  peer?: PrefixWord;
  /** `+` and `-`: all host bits set, or none. */
  broadcast?: Ipv4 | "+" | "-";
  scope?: Scope;
  device?: string;
  label?: string;
  noPrefixRoute?: true;
  metric?: number;
  valid?: number | null;
  preferred?: number | null;
}

/** Flags that only the kernel sets, and those of IPv6: the tool warns, and goes on. */
const NOT_MUTABLE = ["secondary", "temporary", "dadfailed", "deprecated", "tentative", "permanent", "stable-privacy"];
const ONLY_6 = ["nodad", "optimistic", "home", "mngtmpaddr"];
const METRIC = ["metric", "priority", "preference"];

export function readAddressWords(context: Context, words: Words): AddressRequest {
  const request: AddressRequest = {};
  const family = () => (request.local === undefined && request.peer === undefined ? context.family : "inet");
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "peer" || word === "remote") {
      const argument = words.argument();
      if (request.peer !== undefined) throw duplicate("peer", argument);
      const peer = prefixOf(argument, family());
      if (peer.length === 0 || peer.any) throw notModelled("ip address", `${word} ${argument}`, "peer ADDRESS/LENGTH");
      request.peer = peer;
    } else if (word === "anycast") addressOf(words.argument(), family());
    else if (word !== "" && (matches(word, "broadcast") || word === "brd")) {
      const argument = words.argument();
      if (request.broadcast !== undefined) throw duplicate("broadcast", argument);
      request.broadcast = argument === "+" || argument === "-" ? argument : addressOf(argument, family());
    } else if (word === "scope") {
      const argument = words.argument();
      const scope = scopeOf(argument);
      if (scope === null) throw wrongArgument(argument, "invalid scope value.");
      if (scope === "nowhere") throw notModelled("ip address", "scope nowhere", "scope global, link, host");
      request.scope = scope;
    } else if (word === "dev") request.device = words.argument();
    else if (word === "label") request.label = words.argument();
    else if (METRIC.some((each) => matches(word, each))) {
      const argument = words.argument();
      const metric = unsigned(argument);
      if (metric === null || metric > FOREVER) throw wrongArgument(argument, '"metric" value is invalid\n');
      request.metric = metric;
    } else if (matches(word, "valid_lft")) request.valid = lifetimeWord(request.valid, "valid_lft", word, words);
    else if (matches(word, "preferred_lft"))
      request.preferred = lifetimeWord(request.preferred, "preferred_lft", word, words);
    else if (word === "noprefixroute") request.noPrefixRoute = true;
    else if (word === "autojoin") throw notModelled("ip address", word, "addresses of one machine");
    else if (NOT_MUTABLE.includes(word)) context.call.err(`Warning: ${word} option is not mutable from userspace\n`);
    else if (ONLY_6.includes(word)) context.call.err(`Warning: ${word} option can be set only for IPv6 addresses\n`);
    else {
      const argument = word === "local" ? words.argument() : word;
      if (word !== "local" && matches(word, "help"))
        throw notModelled("ip address", word, "show, add, del, replace, change, flush");
      if (request.local !== undefined) throw duplicateOrGarbage("local", argument);
      request.local = { ...prefixOf(argument, family()), word: argument };
    }
  }
  return request;
}

/** All bits set: for ever. */
const FOREVER = 0xffffffff;

/** Seconds, or null for ever. */
export function lifetimeWord(
  before: number | null | undefined,
  key: string,
  word: string,
  words: Words,
): number | null {
  const argument = words.argument();
  if (before !== undefined) throw duplicate(key, word);
  if (argument === "forever") return null;
  const seconds = unsigned(argument);
  if (seconds === null || seconds > FOREVER) throw wrongArgument(argument, `${key} value`);
  return seconds === FOREVER ? null : seconds;
}

/** The lifetime asked for, begun now; null for ever. Quit where it cannot be. */
export function lifetimeOf(
  { valid = null, preferred = null }: Pick<AddressRequest, "valid" | "preferred">,
  now: number,
): Lifetime | null {
  if (valid === 0) throw new Quit("valid_lft is zero\n", 1);
  if ((valid ?? FOREVER) < (preferred ?? FOREVER)) throw new Quit("preferred_lft is greater than valid_lft\n", 1);
  return valid === null && preferred === null ? null : { valid, preferred, since: now };
}
