// `ip neighbour`: show, get, add, replace, change, delete, flush. The kernel keeps neighbours in a hash with a random
// key, so their order on a real machine is any; here it is that of the devices, then of time.
// Before you edit: iproute2 ip/ipneigh.c, net/core/neighbour.c (neigh_add, neigh_delete, neigh_dump_table).
import type { Neighbour, NeighbourState } from "../../ip/neighbour.ts";
import type { Device } from "../../link/device.ts";
import { neighbourOf } from "../../netns/ipv4/arp.ts";
import { Prefix4 } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { addressOf, linkAddress, macOf, prefixOf } from "./values.ts";
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

/** nud_state_a2n: a name, or null. NOARP and none are the kernel's, but nothing here has them. */
function stateOf(word: string): NeighbourState | "NOARP" | "none" | null {
  if (word !== "" && "permanent".startsWith(word)) return "PERMANENT";
  if (word !== "" && "reachable".startsWith(word)) return "REACHABLE";
  const state = ["INCOMPLETE", "STALE", "DELAY", "PROBE", "FAILED", "NOARP"].find(
    (each) => each.toLowerCase() === word,
  );
  return word === "none" ? "none" : ((state as NeighbourState | "NOARP" | undefined) ?? null);
}

interface Entry {
  readonly device: Device;
  readonly neighbour: Neighbour;
}

/** All entries of a namespace, by device. */
export function neighboursOf(context: Context): Entry[] {
  return context
    .devices()
    .flatMap((device) =>
      [...context.ns.inet.get(device)!.neighbours.values()]
        .filter(({ state }) => state !== null)
        .map((neighbour) => ({ device, neighbour })),
    );
}

function forget(context: Context, { device, neighbour }: Entry): void {
  neighbour.remove();
  context.ns.inet.get(device)!.deleteNeighbour(neighbour.address);
}

function showOrFlush(context: Context, words: Words, flush: boolean): void {
  if (flush && words.isEmpty) throw new Quit("Flush requires arguments.\n", 1);
  let dev: string | undefined;
  let to: Prefix4 | undefined;
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
      /^(master|vrf|nomaster|unused|proxy)$/.test(word) ||
      (word !== "to" && word !== "" && matches(word, "protocol"))
    )
      throw notModelled("ip neigh", word, "dev, to, nud");
    else {
      const argument = word === "to" ? words.argument() : word;
      if (matches(argument, "help")) throw notModelled("ip neigh", argument, SUPPORTED);
      const { address, length } = prefixOf(argument, context.family);
      to = new Prefix4(address, length);
    }
  }
  let only: Device | undefined;
  if (dev !== undefined) {
    only = context.device(dev);
    if (only === undefined) throw noDevice(dev);
  }
  const shown = states ?? new Set<string>(flush ? STATES.filter((each) => each !== "PERMANENT") : STATES);
  const found = neighboursOf(context).filter(
    ({ device, neighbour }) =>
      (only === undefined || device === only) &&
      (to === undefined || to.contains(neighbour.address)) &&
      shown.has(neighbour.state!),
  );
  if (flush) {
    if (context.options.stats > 0) throw notModelled("ip neigh flush", "-s", "ip neigh flush without -s");
    for (const entry of found) forget(context, entry);
    return;
  }
  if (context.options.stats > 0) throw notModelled("ip neigh", "-s", "ip neigh without -s");
  if (context.options.json) return context.json(found.map((entry) => neighbourJson(entry, only !== undefined)));
  for (const entry of found) context.out(neighbourText(context, entry, only !== undefined));
}

function neighbourText({ options }: Context, { device, neighbour }: Entry, isOnly: boolean): string {
  const { address, mac, state, isValid } = neighbour;
  if (options.brief)
    return `${address.text.padEnd(39)} ${isOnly ? "" : `${device.name.padEnd(16)} `}${isValid ? mac : ""}\n`;
  const words: string[] = [address.text];
  if (!isOnly) words.push("dev", device.name);
  if (isValid) words.push("lladdr", mac!.text);
  return `${[...words, state].join(" ")} \n`;
}

function neighbourJson({ device, neighbour }: Entry, isOnly: boolean): object {
  const { address, mac, state, isValid } = neighbour;
  return { dst: address, ...(!isOnly && { dev: device.name }), ...(isValid && { lladdr: mac }), state: [state] };
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
  const address = to === undefined ? undefined : addressOf(to, context.family);
  if (address === undefined || dev === undefined) throw new Quit("Device and address are required arguments.\n", 1);
  const device = context.device(dev);
  if (device === undefined) throw noDevice(dev);
  const neighbour = context.ns.inet.get(device)!.neighbours.get(address);
  if (neighbour?.state == null) throw refused({ errno: "ENOENT", message: "Neighbour entry not found" });
  context.out(neighbourText(context, { device, neighbour }, false));
}

function modify(context: Context, words: Words, command: "add" | "change" | "replace" | "delete"): void {
  let to: string | undefined;
  let dev: string | undefined;
  let lladdr: string | undefined;
  let state: ReturnType<typeof stateOf> = "PERMANENT";
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
      /^(router|use|managed)$/.test(word) ||
      ["proxy", "extern_learn", "protocol"].some((each) => matches(word, each))
    )
      throw notModelled("ip neigh", word, "an address, lladdr, dev, nud");
    else if (word === "dev") dev = words.argument();
    else {
      const argument = word === "to" ? words.argument() : word;
      if (matches(argument, "help")) throw notModelled("ip neigh", argument, SUPPORTED);
      if (to !== undefined) throw duplicateOrGarbage("to", argument);
      addressOf(argument, context.family);
      to = argument;
    }
  }
  if (to === undefined || dev === undefined) throw new Quit("Device and destination are required arguments.\n", 255);
  const address = addressOf(to, context.family);
  const octets = lladdr === undefined || lladdr === "null" ? undefined : linkAddress(lladdr);
  const device = context.device(dev);
  if (device === undefined) throw noDevice(dev);
  const existing = context.ns.inet.get(device)!.neighbours.get(address);
  const isThere = existing !== undefined && existing.state !== null;
  if (command === "delete") {
    if (!isThere) throw answers("ENOENT");
    return forget(context, { device, neighbour: existing });
  }
  if (octets !== undefined && octets.length < 6) throw refused({ errno: "EINVAL", message: "Invalid link address" });
  if (state !== "PERMANENT" && state !== "REACHABLE" && state !== "STALE")
    throw notModelled("ip neigh", `nud ${state}`, "nud permanent, reachable, stale");
  if (command === "add" && isThere) throw answers("EEXIST");
  if (command === "change" && !isThere) throw answers("ENOENT");
  if (octets === undefined && !(existing?.isValid ?? false))
    throw refused({ errno: "EINVAL", message: "No link layer address given" });
  if (device.kind === "loopback") throw notModelled("ip neigh", "dev lo", "neighbours of veths and bridges");
  neighbourOf(context.ns, device, address).set(
    octets === undefined ? existing!.mac! : macOf(octets.slice(0, 6)),
    state,
    -1,
  );
}
