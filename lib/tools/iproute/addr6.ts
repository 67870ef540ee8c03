// `ip address add|change|replace|delete` for IPv6.
// Before you edit: iproute2 ip/ipaddress.c (ipaddr_modify), net/ipv6/addrconf.c (inet6_rtm_newaddr, inet6_rtm_deladdr).
import { type AddressOptions6, addAddress6, changeAddress6, deleteAddress6 } from "../../netns/ipv6/addrconf.ts";
import { LEAST_MTU } from "../../netns/ipv6/state.ts";
import { notModelled } from "../command.ts";
import { lifetimeOf, lifetimeWord } from "./addr-words.ts";
import type { Context } from "./context.ts";
import { scopeOf, unsigned } from "./values.ts";
import { address6Of, type PrefixWord6, prefix6Of } from "./values6.ts";
import {
  answers,
  duplicate,
  duplicateOrGarbage,
  matches,
  noDevice,
  Quit,
  refused,
  type Words,
  wrongArgument,
} from "./words.ts";

const SUPPORTED =
  "ADDRESS/LENGTH, dev, peer, nodad, noprefixroute, valid_lft, preferred_lft, metric, scope, brd, label";

interface Request {
  local?: PrefixWord6;
  peer?: PrefixWord6;
  device?: string;
  valid?: number | null;
  preferred?: number | null;
  options: { -readonly [Key in keyof AddressOptions6]: AddressOptions6[Key] };
}

function readRequest(context: Context, words: Words): Request {
  const request: Request = { options: {} };
  const { options } = request;
  while (!words.isEmpty) {
    const word = words.take();
    if (/^(anycast|home|mngtmpaddr|optimistic|autojoin|temporary|dynamic|permanent)$/.test(word))
      throw notModelled("ip address", word, SUPPORTED);
    // What only IPv4 has is read, and means nothing here.
    if (word === "label" || word === "scope" || (word !== "" && (matches(word, "broadcast") || word === "brd"))) {
      const argument = words.argument();
      if (word === "scope" && scopeOf(argument) === null) throw wrongArgument(argument, "invalid scope value.");
      if (word !== "label" && word !== "scope" && argument !== "+" && argument !== "-") address6Of(argument);
    } else if (word === "nodad") options.noDad = true;
    else if (word === "noprefixroute") options.noPrefixRoute = true;
    else if (word === "dev") request.device = words.argument();
    else if (
      ["metric", "priority", "preference"].some((each) =>
        word.startsWith("m") || word.startsWith("pri") ? matches(word, each) : word === each,
      )
    ) {
      const argument = words.argument();
      const metric = unsigned(argument);
      if (metric === null || metric > 0xffffffff) throw wrongArgument(argument, '"metric" value is invalid\n');
      options.metric = metric;
    } else if (word !== "" && (matches(word, "valid_lft") || matches(word, "preferred_lft"))) {
      if (matches(word, "valid_lft")) request.valid = lifetimeWord(request.valid, "valid_lft", word, words);
      else request.preferred = lifetimeWord(request.preferred, "preferred_lft", word, words);
    } else if (word === "peer" || word === "remote") {
      const argument = words.argument();
      if (request.peer !== undefined) throw duplicate("peer", argument);
      request.peer = prefix6Of(argument, context.family6);
    } else {
      const argument = word === "local" ? words.argument() : word;
      if (word !== "local" && matches(word, "help")) throw notModelled("ip address", word, SUPPORTED);
      if (request.local !== undefined) throw duplicateOrGarbage("local", argument);
      request.local = prefix6Of(argument, context.family6);
    }
  }
  return request;
}

export function modify6(context: Context, words: Words, command: "add" | "change" | "replace" | "delete"): void {
  const request = readRequest(context, words);
  const { local, peer, device: name } = request;
  if (name === undefined) throw new Quit('Not enough information: "dev" argument is required.\n', 1);
  const device = context.device(name);
  if (device === undefined) throw noDevice(name);
  const { ns } = context;
  const lifetime = lifetimeOf(request, ns.cables.now);
  if (local === undefined) {
    if (peer === undefined) throw answers("EOPNOTSUPP");
    throw notModelled("ip address", "peer", "peer beside an address");
  }
  const options = { ...request.options, lifetime, ...(peer !== undefined && { peer: peer.address }) };
  // The length is that of the peer's network.
  const { length } = peer ?? local;
  const existing = ns.hasIpv6 ? ns.ipv6.of(device).addressOf(local.address) : undefined;
  if (command === "delete") {
    if (device.mtu < LEAST_MTU)
      throw refused({ errno: "EADDRNOTAVAIL", message: "ipv6: IPv6 is disabled on this device" });
    if (existing === undefined || existing.length !== length)
      throw refused({ errno: "EADDRNOTAVAIL", message: "ipv6: address not found" });
    return deleteAddress6(ns, device, existing);
  }
  if (existing !== undefined && command !== "add") return changeAddress6(ns, device, existing, options);
  const refusal = addAddress6(ns, device, local.address, length, options);
  if (refusal !== null) throw refused(refusal);
}
