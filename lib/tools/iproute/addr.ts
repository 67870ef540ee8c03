// `ip address`: show, add, change, replace, delete, flush.
// Before you edit: iproute2 ip/ipaddress.c (do_ipaddr, ipaddr_modify, ipaddr_flush), net/ipv4/devinet.c (inet_rtm_newaddr).
import type { InterfaceAddress } from "../../ip/address.ts";
import { changeAddress, deleteAddress, tryAddress } from "../../netns/ipv4/fib.ts";
import { deleteAddress6 } from "../../netns/ipv6/addrconf.ts";
import { Ipv4, mask4, Prefix4 } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import { readFilter } from "./addr-filter.ts";
import { addressesOf, show } from "./addr-show.ts";
import { addresses6Of } from "./addr-show6.ts";
import { type AddressRequest, lifetimeOf, readAddressWords } from "./addr-words.ts";
import { modify6 } from "./addr6.ts";
import type { Context } from "./context.ts";
import type { PrefixWord } from "./values.ts";
import { answers, firstMatch, noDevice, Quit, refused, type Words } from "./words.ts";

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

function modify(context: Context, words: Words, command: "add" | "change" | "replace" | "delete"): void {
  const request = readAddressWords(context, words);
  const { local } = request;
  if (request.device === undefined) throw new Quit('Not enough information: "dev" argument is required.\n', 1);
  const isWild =
    command === "delete" && local !== undefined && request.peer === undefined && !local.given && !local.any;
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
  const lifetime = lifetimeOf(request, context.ns.cables.now);
  if (local === undefined)
    throw request.peer === undefined
      ? answers("EOPNOTSUPP")
      : command === "delete"
        ? refused({ errno: "EADDRNOTAVAIL", message: "ipv4: Address not found" })
        : refused({ errno: "EINVAL", message: "ipv4: Local address is not supplied" });
  // What stands for any address is of no family.
  if (/^(default|all|any)$/.test(local.word)) {
    if (context.options.inet) throw notModelled("ip -4 address", local.word, "ADDRESS/LENGTH");
    throw answers("EOPNOTSUPP");
  }
  const { address: peer, length } = request.peer ?? local;
  const network = Prefix4.of(peer, length);
  const { addresses } = context.ns.inet.get(device)!;
  const isSame = (each: InterfaceAddress) =>
    each.local === local.address && (isWild || (each.length === length && network.contains(each.peer)));
  if (command === "delete") {
    const existing = addresses.find(
      (each) => isSame(each) && (request.label === undefined || each.label === request.label),
    );
    if (existing === undefined) throw refused({ errno: "EADDRNOTAVAIL", message: "ipv4: Address not found" });
    return deleteAddress(context.ns, device, existing);
  }
  if (request.label !== undefined && request.label.length > 15)
    throw refused({ errno: "EINVAL", message: "Attribute failed policy validation" });
  const existing = addresses.find(isSame);
  const { metric } = request;
  if (existing !== undefined && command !== "add")
    return changeAddress(context.ns, device, existing, { lifetime, ...(metric !== undefined && { metric }) });
  const refusal = tryAddress(context.ns, device, local.address, length, {
    peer,
    lifetime,
    broadcast: broadcastOf(request.broadcast, request.peer ?? local),
    noPrefixRoute: request.noPrefixRoute === true,
    ...(metric !== undefined && { metric }),
    ...(request.scope !== undefined && { scope: request.scope }),
    ...(request.label !== undefined && { label: request.label }),
  });
  if (refusal !== null) throw refused(refusal);
}

function broadcastOf(word: AddressRequest["broadcast"], { address, length }: PrefixWord): Ipv4 | null {
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
