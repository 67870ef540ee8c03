// `ip address`: show, add, change, replace, delete, flush.
// Before you edit: iproute2 ip/ipaddress.c (do_ipaddr, ipaddr_modify, ipaddr_flush), net/ipv4/devinet.c (inet_rtm_newaddr).
import type { InterfaceAddress, Scope } from "../../ip/address.ts";
import { deleteAddress, tryAddress } from "../../netns/ipv4/fib.ts";
import { deleteAddress6 } from "../../netns/ipv6/addrconf.ts";
import { Ipv4, mask4 } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import { addressesOf, readFilter, show } from "./addr-show.ts";
import { addresses6Of } from "./addr-show6.ts";
import { modify6 } from "./addr6.ts";
import type { Context } from "./context.ts";
import { addressOf, type PrefixWord, prefixOf, scopeOf } from "./values.ts";
import {
  answers,
  duplicate,
  duplicateOrGarbage,
  firstMatch,
  matches,
  noDevice,
  Quit,
  refused,
  type Words,
  wrongArgument,
} from "./words.ts";

const SUPPORTED = "show, add, del, replace, change, flush";
const COMMANDS = [
  "add",
  "change",
  "replace",
  "delete",
  "list",
  "show",
  "lst",
  "flush",
  "save",
  "showdump",
  "restore",
  "help",
] as const;

export function ipAddress(context: Context, words: Words): void {
  if (words.isEmpty) return show(context, words, "addr");
  const word = words.take();
  const command = word === "chg" ? "change" : firstMatch(word, COMMANDS);
  switch (command) {
    case "add":
    case "change":
    case "replace":
    case "delete":
      return context.isAbout6(words) ? modify6(context, words, command) : modify(context, words, command);
    case "list":
    case "show":
    case "lst":
      return show(context, words, "addr");
    case "flush":
      return flush(context, words);
    case undefined:
      throw new Quit(`Command "${word}" is unknown, try "ip address help".\n`, 255);
    default:
      throw notModelled("ip address", word, SUPPORTED);
  }
}

interface Request {
  local?: PrefixWord & { readonly word: string };
  /** `+` and `-`: all host bits set, or none. */
  broadcast?: Ipv4 | "+" | "-";
  scope?: Scope;
  device?: string;
  label?: string;
}

function readRequest(context: Context, words: Words): Request {
  const request: Request = {};
  while (!words.isEmpty) {
    const word = words.take();
    if (["peer", "remote", "anycast"].includes(word) || isOther(word))
      throw notModelled("ip address", word, "ADDRESS/LENGTH, dev, brd, scope, label");
    if (word !== "" && (matches(word, "broadcast") || word === "brd")) {
      const argument = words.argument();
      if (request.broadcast !== undefined) throw duplicate("broadcast", argument);
      request.broadcast =
        argument === "+" || argument === "-"
          ? argument
          : addressOf(argument, request.local === undefined ? context.family : "inet");
    } else if (word === "scope") {
      const argument = words.argument();
      const scope = scopeOf(argument);
      if (scope === null) throw wrongArgument(argument, "invalid scope value.");
      if (scope === "nowhere") throw notModelled("ip address", "scope nowhere", "scope global, link, host");
      request.scope = scope;
    } else if (word === "dev") request.device = words.argument();
    else if (word === "label") request.label = words.argument();
    else {
      const argument = word === "local" ? words.argument() : word;
      if (word !== "local" && matches(word, "help")) throw notModelled("ip address", word, SUPPORTED);
      if (request.local !== undefined) throw duplicateOrGarbage("local", argument);
      request.local = { ...prefixOf(argument, context.family), word: argument };
    }
  }
  return request;
}

/** Words of ipaddr_modify that nothing here answers to. */
function isOther(word: string): boolean {
  if (/^(home|mngtmpaddr|nodad|optimistic|noprefixroute|autojoin|temporary|dynamic|permanent)$/.test(word)) return true;
  return (
    /^[mpv]/.test(word) &&
    ["metric", "priority", "preference", "valid_lft", "preferred_lft"].some((each) => matches(word, each))
  );
}

function modify(context: Context, words: Words, command: "add" | "change" | "replace" | "delete"): void {
  const request = readRequest(context, words);
  const { local } = request;
  if (request.device === undefined) throw new Quit('Not enough information: "dev" argument is required.\n', 1);
  const isWild = command === "delete" && local !== undefined && !local.given;
  if (isWild) {
    context.call.err(
      "Warning: Executing wildcard deletion to stay compatible with old scripts.\n" +
        `         Explicitly specify the prefix length (${local.word}/32) to avoid this warning.\n` +
        "         This special behaviour is likely to disappear in further releases,\n" +
        "         fix your scripts!\n",
    );
  }
  const device = context.device(request.device);
  if (device === undefined) throw noDevice(request.device);
  if (local === undefined) throw answers("EOPNOTSUPP");
  const { addresses } = context.ns.inet.get(device)!;
  const same = (each: InterfaceAddress) =>
    each.local === local.address &&
    (isWild || each.length === local.length) &&
    (request.label === undefined || each.label === request.label);
  const existing = addresses.find(same);
  if (command === "delete") {
    if (existing === undefined) throw refused({ errno: "EADDRNOTAVAIL", message: "ipv4: Address not found" });
    return deleteAddress(context.ns, device, existing);
  }
  // What is there already keeps its broadcast address: only lifetimes and metrics could change (inet_rtm_newaddr).
  if (existing !== undefined && command !== "add") return;
  if (request.label !== undefined && request.label.length > 15)
    throw refused({ errno: "EINVAL", message: "Attribute failed policy validation" });
  const refusal = tryAddress(context.ns, device, local.address, local.length, {
    broadcast: broadcastOf(request.broadcast, local),
    ...(request.scope !== undefined && { scope: request.scope }),
    ...(request.label !== undefined && { label: request.label }),
  });
  if (refusal !== null) throw refused(refusal);
}

function broadcastOf(word: Request["broadcast"], { address, length }: PrefixWord): Ipv4 | null {
  if (word === undefined) return null;
  if (word instanceof Ipv4) return word;
  if (length > 30) return null;
  return Ipv4.of(word === "+" ? address.bits | ~mask4(length) : address.bits & mask4(length));
}

function flush(context: Context, words: Words): void {
  if (words.isEmpty) throw new Quit("Flush requires arguments.\n", 1);
  if (context.options.stats > 0) throw notModelled("ip address flush", "-s", "ip address flush without -s");
  const filter = readFilter(context, words);
  const devices = filter.device === null ? context.devices() : [filter.device];
  for (const device of devices) {
    for (const address of addressesOf(context, device, filter))
      if (context.ns.inet.get(device)!.addresses.includes(address)) deleteAddress(context.ns, device, address);
    for (const address of addresses6Of(context, device, filter)) deleteAddress6(context.ns, device, address);
  }
}
