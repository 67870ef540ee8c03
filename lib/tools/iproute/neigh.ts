// `ip neighbour`: show, get, add, replace, change, delete, flush. The kernel keeps neighbours in a hash with a random
// key, so their order on a real machine is any; here it is that of the devices, then of time.
// Before you edit: iproute2 ip/ipneigh.c, net/core/neighbour.c (neigh_add, neigh_delete, neigh_dump_table).
import type { Neighbour, NeighbourState } from "../../ip/neighbour.ts";
import type { Device } from "../../link/device.ts";
import { createNeighbour, neighbourOf } from "../../netns/ipv4/arp.ts";
import { neighbour6Of } from "../../netns/ipv6/ndisc.ts";
import type { Neighbour6 } from "../../netns/ipv6/state.ts";
import { type Ip, type Prefix, Prefix4 } from "../../wire/address.ts";
import { Prefix6 } from "../../wire/address6.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { setProxy, showProxies } from "./neigh-proxy.ts";
import { type Entry, neighbourJson, neighbourText } from "./neigh-text.ts";
import { addressOf, linkAddress, macOf, prefixOf, unsigned } from "./values.ts";
import { address6Of, isAddress6, prefix6Of } from "./values6.ts";
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

const SUPPORTED = "show, get, add, replace, change, delete, flush";
const COMMANDS = ["add", "change", "replace", "delete", "get", "show", "lst", "list", "flush", "help"] as const;

export function ipNeighbour(context: Context, words: Words): void {
  if (words.isEmpty) return showOrFlush(context, words, false);
  const word = words.take();
  const command = word === "chg" ? "change" : firstMatch(word, COMMANDS);
  switch (command) {
    case "add":
    case "change":
    case "replace":
    case "delete":
      return modify(context, words, command);
    case "get":
      return get(context, words);
    case "show":
    case "lst":
    case "list":
      return showOrFlush(context, words, false);
    case "flush":
      return showOrFlush(context, words, true);
    case undefined:
      throw new Quit(`Command "${word}" is unknown, try "ip neigh help".\n`, 255);
    default:
      throw notModelled("ip neigh", word, SUPPORTED);
  }
}

const STATES: readonly NeighbourState[] = ["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "PERMANENT"];

/** NUD_INCOMPLETE is 1, and each of the others twice the one before. */
const NUMBERED = ["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "NOARP", "PERMANENT"] as const;

/** nud_state_a2n: a name, a number, or null. NOARP and none are the kernel's, but nothing here has them. */
function stateOf(word: string): NeighbourState | "NOARP" | "none" | null {
  if (word !== "" && "permanent".startsWith(word)) return "PERMANENT";
  if (word !== "" && "reachable".startsWith(word)) return "REACHABLE";
  if (word !== "" && "failed".startsWith(word)) return "FAILED";
  const state = ["INCOMPLETE", "STALE", "DELAY", "PROBE", "NOARP"].find((each) => each.toLowerCase() === word);
  if (word === "none") return "none";
  const number = unsigned(word);
  const numbered = number === null ? undefined : NUMBERED[Math.log2(number)];
  if (number !== null && numbered === undefined) throw notModelled("ip neigh", `nud ${word}`, "one state");
  return (state as NeighbourState | "NOARP" | undefined) ?? numbered ?? null;
}

/** An entry of either family. */
/** All entries of IPv6, by device. */
function neighbours6Of(context: Context): Entry<Neighbour6>[] {
  const { ns } = context;
  if (!ns.hasIpv6) return [];
  return context
    .devices()
    .flatMap((device) =>
      [...ns.ipv6.of(device).neighbours.values()]
        .filter(({ state }) => state !== null)
        .map((neighbour) => ({ device, neighbour })),
    );
}

/** All entries of IPv4, by device. */
export function neighboursOf(context: Context): Entry<Neighbour>[] {
  return context
    .devices()
    .flatMap((device) =>
      [...context.ns.inet.get(device)!.neighbours.values()]
        .filter(({ state }) => state !== null)
        .map((neighbour) => ({ device, neighbour })),
    );
}

function forget(context: Context, { device, neighbour }: Entry): void {
  neighbour.delete();
  if (neighbour.address.family === 6) context.ns.ipv6.of(device).neighbours.delete(neighbour.address);
  else context.ns.inet.get(device)!.deleteNeighbour(neighbour.address);
}

function showOrFlush(context: Context, words: Words, flush: boolean): void {
  if (flush && words.isEmpty) throw new Quit("Flush requires arguments.\n", 1);
  let dev: string | undefined;
  let to: Prefix | undefined;
  let proxy = false;
  let states: Set<string> | undefined;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "dev") {
      const argument = words.argument();
      if (dev !== undefined) throw duplicate("dev", argument);
      dev = argument;
    } else if (word === "nud") {
      const argument = words.argument();
      const state = stateOf(argument);
      if (state === null && argument !== "all") throw wrongArgument(argument, "nud state is bad");
      states ??= new Set();
      for (const each of argument === "all" ? STATES : [state!]) states.add(each);
    } else if (
      /^(master|vrf|nomaster|unused)$/.test(word) ||
      (word !== "to" && word !== "" && matches(word, "protocol"))
    )
      throw notModelled("ip neigh", word, "dev, to, nud, proxy");
    else if (word === "proxy") proxy = true;
    else {
      const argument = word === "to" ? words.argument() : word;
      if (matches(argument, "help")) throw notModelled("ip neigh", argument, SUPPORTED);
      if (context.options.inet6 || (!context.options.inet && isAddress6(argument))) {
        const { address, length } = prefix6Of(argument, context.family6);
        to = new Prefix6(address, length);
      } else {
        const { address, length } = prefixOf(argument, context.family);
        to = new Prefix4(address, length);
      }
    }
  }
  let only: Device | undefined;
  if (dev !== undefined) {
    only = context.device(dev);
    if (only === undefined) throw noDevice(dev);
  }
  const shown = states ?? new Set<string>(flush ? STATES.filter((each) => each !== "PERMANENT") : STATES);
  if (proxy) return showProxies(context, only, flush);
  const { inet, inet6 } = context.options;
  const all: Entry[] = [...(inet6 ? [] : neighboursOf(context)), ...(inet ? [] : neighbours6Of(context))];
  const found = all.filter(
    ({ device, neighbour }) =>
      (only === undefined || device === only) && isIn(to, neighbour.address) && shown.has(neighbour.state!),
  );
  if (flush) {
    const { stats } = context.options;
    if (stats > 1) for (const entry of found) context.out(neighbourText(context, entry, only !== undefined));
    for (const entry of found) forget(context, entry);
    if (stats > 0)
      context.out(
        found.length === 0
          ? "Nothing to flush.\n"
          : `\n*** Round 1, deleting ${found.length} entries ***\n*** Flush is complete after 1 round ***\n`,
      );
    return;
  }
  if (context.options.json)
    return context.json(found.map((entry) => neighbourJson(entry, only !== undefined, context.options.stats)));
  for (const entry of found) context.out(neighbourText(context, entry, only !== undefined));
}

function isIn(network: Prefix | undefined, address: Ip): boolean {
  if (network === undefined) return true;
  if (network.family === 4) return address.family === 4 && network.contains(address);
  return address.family === 6 && network.contains(address);
}

function get(context: Context, words: Words): void {
  let dev: string | undefined;
  let to: string | undefined;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "dev") dev = words.argument();
    else {
      const argument = word === "to" ? words.argument() : word;
      if (matches(argument, "help") || matches(argument, "proxy"))
        throw notModelled("ip neigh get", argument, "an address and dev");
      if (to !== undefined) throw duplicateOrGarbage("to", argument);
      to = argument;
    }
  }
  const address = to === undefined ? undefined : anyAddressOf(context, to);
  if (address === undefined || dev === undefined) throw new Quit("Device and address are required arguments.\n", 1);
  const device = context.device(dev);
  if (device === undefined) throw noDevice(dev);
  const neighbour = knownOf(context, device, address);
  if (neighbour?.state == null) throw refused({ errno: "ENOENT", message: "Neighbour entry not found" });
  context.out(neighbourText(context, { device, neighbour }, false));
}

function modify(context: Context, words: Words, command: "add" | "change" | "replace" | "delete"): void {
  let to: string | undefined;
  let dev: string | undefined;
  let lladdr: string | undefined;
  let state: ReturnType<typeof stateOf> = "PERMANENT";
  let isRouter = false;
  let proxy = false;
  while (!words.isEmpty) {
    const word = words.take();
    if (word !== "" && matches(word, "lladdr")) {
      const argument = words.argument();
      if (lladdr !== undefined) throw duplicate("lladdr", argument);
      lladdr = argument;
    } else if (word === "nud") {
      const argument = words.argument();
      state = stateOf(argument);
      if (state === null) throw wrongArgument(argument, "nud state is bad");
    } else if (
      /^(use|managed)$/.test(word) ||
      (word !== "proxy" && ["extern_learn", "protocol"].some((each) => matches(word, each)))
    )
      throw notModelled("ip neigh", word, "an address, lladdr, dev, nud, router, proxy");
    else if (word === "router") isRouter = true;
    else if (word !== "" && matches(word, "proxy")) {
      const argument = words.argument();
      if (to !== undefined) throw duplicate("address", argument);
      to = argument;
      proxy = true;
    } else if (word === "dev") dev = words.argument();
    else {
      const argument = word === "to" ? words.argument() : word;
      if (matches(argument, "help")) throw notModelled("ip neigh", argument, SUPPORTED);
      if (to !== undefined) throw duplicateOrGarbage("to", argument);
      anyAddressOf(context, argument);
      to = argument;
    }
  }
  if (to === undefined || dev === undefined) throw new Quit("Device and destination are required arguments.\n", 255);
  const address = anyAddressOf(context, to);
  const octets = lladdr === undefined || lladdr === "null" ? undefined : linkAddress(lladdr);
  const device = context.device(dev);
  if (device === undefined) throw noDevice(dev);
  if (proxy) return setProxy(context, device, address, command);
  const existing = knownOf(context, device, address);
  const isThere = existing !== undefined && existing.state !== null;
  if (command === "delete") {
    if (!isThere) throw answers("ENOENT");
    return forget(context, { device, neighbour: existing! });
  }
  if (octets !== undefined && octets.length < 6) throw refused({ errno: "EINVAL", message: "Invalid link address" });
  if (state !== "PERMANENT" && state !== "REACHABLE" && state !== "STALE")
    throw notModelled("ip neigh", `nud ${state}`, "nud permanent, reachable, stale");
  if (command === "add" && isThere) throw answers("EEXIST");
  if (command === "change" && !isThere) throw answers("ENOENT");
  if (device.isNoArp || device.kind === "loopback")
    throw notModelled("ip neigh", `dev ${device.name}`, "neighbours of devices that ask for them");
  if (octets === undefined && !(existing?.isValid ?? false))
    throw refused({ errno: "EINVAL", message: "No link layer address given" });
  const { ns } = context;
  const make = state === "PERMANENT" ? neighbourOf : createNeighbour;
  const neighbour = address.family === 4 ? make(ns, device, address) : neighbour6Of(ns, device, address);
  if (neighbour === null) throw answers("ENOBUFS");
  neighbour.set(octets === undefined ? existing!.mac! : macOf(octets.slice(0, 6)), state, -1);
  neighbour.isRouter = isRouter;
}

function anyAddressOf(context: Context, word: string): Ip {
  const { inet, inet6 } = context.options;
  if (inet6 || (!inet && isAddress6(word))) return address6Of(word, context.family6);
  return addressOf(word, context.family);
}

function knownOf({ ns }: Context, device: Device, address: Ip): Neighbour | Neighbour6 | undefined {
  if (address.family === 4) return ns.inet.get(device)!.neighbours.get(address);
  return ns.hasIpv6 ? ns.ipv6.of(device).neighbours.get(address) : undefined;
}
