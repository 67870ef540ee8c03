// `ip route get`: asks for the way of one packet, made here or come in by a device.
// Before you edit: iproute2 ip/iproute.c (iproute_get, print_cache_flags), net/ipv4/route.c (inet_rtm_getroute,
// ip_route_output_key_hash_rcu, ip_route_input_slow).
import { selectSource } from "../../ip/address.ts";
import { TABLE } from "../../ip/route.ts";
import { tableName } from "../../ip/rule.ts";
import type { Device } from "../../link/device.ts";
import { decide, sourceFor, type Way } from "../../netns/decide.ts";
import { isOwnAddress } from "../../netns/fib.ts";
import { SECOND } from "../../trace/world.ts";
import { Ipv4 } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { prefixOf } from "./values.ts";
import { answers, matches, noDevice, Quit, type Words } from "./words.ts";

const WORDS = "an address, from, iif, oif";

interface Question {
  readonly to: Ipv4;
  readonly from: Ipv4 | null;
  readonly iif: Device | null;
  readonly oif: Device | null;
}

function readQuestion(context: Context, words: Words): Question {
  let to: Ipv4 | null = null;
  let from: Ipv4 | null = null;
  let iif: string | null = null;
  let oif: string | null = null;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "tos" || matches(word, "dsfield")) throw notModelled("ip route get", word, WORDS);
    else if (matches(word, "from")) from = prefixOf(words.argument(), context.family).address;
    else if (matches(word, "iif")) iif = words.argument();
    else if (matches(word, "mark")) throw notModelled("ip route get", word, WORDS);
    else if (matches(word, "oif") || word === "dev") oif = words.argument();
    else if (
      ["notify", "connected", "vrf", "uid", "fibmatch", "sport", "dport", "ipproto"].some((each) => matches(word, each))
    )
      throw notModelled("ip route get", word, WORDS);
    else {
      if (word === "as" || matches(word, "help")) throw notModelled("ip route get", word, WORDS);
      const prefix = prefixOf(word === "to" ? words.argument() : word, context.family);
      if (prefix.length !== 32)
        context.call.err(`Warning: /${prefix.length} as prefix is invalid, only /32 (or none) is supported.\n`);
      to = prefix.address;
    }
  }
  if (to === null) throw new Quit("need at least a destination address\n", 1);
  const device = (name: string | null) => {
    if (name === null) return null;
    const found = context.device(name);
    if (found === undefined) throw noDevice(name);
    return found;
  };
  return { to, from: from?.bits === 0 ? null : from, iif: device(iif), oif: device(oif) };
}

/** What the kernel answers, with what is printed of it. */
interface Answer {
  readonly type: "unicast" | "local" | "broadcast";
  readonly via: Ipv4 | null;
  readonly device: Device;
  readonly table: number;
  readonly src: Ipv4 | null;
  readonly flags: readonly string[];
  readonly mtu: Mtu | null;
}

/** What a router said of the way, and for how many seconds it still holds. */
interface Mtu {
  readonly mtu: number;
  readonly locked: boolean;
  readonly expires: number;
}

export function getRoute(context: Context, words: Words): void {
  const question = readQuestion(context, words);
  if (question.to.isMulticast || question.to.bits === 0xffffffff)
    throw notModelled("ip route get", question.to.text, "addresses of one host, and broadcast addresses of networks");
  const answer = question.iif === null ? output(context, question) : input(context, question, question.iif);
  print(context, question, answer);
}

function output(context: Context, { to, from, oif }: Question): Answer {
  const { ns } = context;
  if (from !== null && !isOwnAddress(ns, from)) throw answers("ENETUNREACH");
  const loopback = ns.devices.get("lo")!;
  if (to.bits === 0)
    return {
      type: "local",
      via: null,
      device: loopback,
      table: TABLE.local,
      src: from ?? Ipv4.of(0x7f000001),
      flags: ["local"],
      mtu: null,
    };
  const way = quietly(context, () => decide(ns, to, null, oif, undefined, -1));
  if (way.type === "error") {
    // Nothing is known of the device's link, so the kernel takes the address to be on it.
    if (oif === null || way.errno !== "ENETUNREACH") throw answers(way.errno);
    const src = from ?? selectSource(ns.inet.get(oif)!.addresses, null, "link");
    return { type: "unicast", via: null, device: oif, table: TABLE.main, src, flags: [], mtu: null };
  }
  const { type, table } = way;
  const flags = type === "broadcast" ? ["local", "brd"] : type === "local" ? ["local"] : [];
  const device = type === "local" ? loopback : way.device;
  const src = from ?? sourceFor(ns, way, to);
  // What comes from 127.0.0.0/8 stays at home (__mkroute_output).
  if (src?.isLoopback && device !== loopback) throw answers("EINVAL");
  return { type, via: gatewayOf(way), device, table, src, flags, mtu: mtuOf(context, way, to) };
}

function input(context: Context, { to, from }: Question, iif: Device): Answer {
  const { ns } = context;
  if (from !== null && isOwnAddress(ns, from)) throw answers("EINVAL");
  const way = quietly(context, () => decide(ns, to, iif, null, undefined, -1));
  if (way.type === "error") throw answers(way.errno);
  const { type, table } = way as Way;
  if (type !== "unicast")
    return {
      type,
      via: null,
      device: type === "local" ? ns.devices.get("lo")! : way.device,
      table,
      src: null,
      flags: type === "broadcast" ? ["local", "brd"] : ["local"],
      mtu: null,
    };
  if (!ns.forwarding) throw answers("EHOSTUNREACH");
  const flags = from !== null && isDetour(context, from, way, iif) ? ["redirect"] : [];
  return { type, via: gatewayOf(way), device: way.device, table, src: null, flags, mtu: mtuOf(context, way, to) };
}

function mtuOf({ ns }: Context, way: Way, to: Ipv4): Mtu | null {
  const { now } = ns.cables;
  const heard = ns.pathMtus.exception(way, to, now);
  return heard && { mtu: heard.mtu, locked: heard.locked, expires: Math.floor((heard.until - now) / SECOND) };
}

/** Out where it came in, from a neighbour: the kernel would tell the sender of the shorter way (__mkroute_input). */
function isDetour(context: Context, from: Ipv4, { device }: Way, iif: Device): boolean {
  if (device !== iif) return false;
  const back = quietly(context, () => decide(context.ns, from, null, null, undefined, -1));
  return back.type === "unicast" && back.device === iif && gatewayOf(back) === null;
}

/** The gateway, if it is one: the namespace's own address is none. */
function gatewayOf({ route, nextHop }: Way): Ipv4 | null {
  return route.via === nextHop ? nextHop : null;
}

/** A question is no packet: it leaves no steps in the trace. */
function quietly<Result>(context: Context, ask: () => Result): Result {
  const { recorder } = context.call.lab;
  const { level } = recorder;
  recorder.level = 0;
  const result = ask();
  recorder.level = level;
  return result;
}

function print(context: Context, { to, from, iif }: Question, answer: Answer): void {
  const { type, via, device, table, src, flags, mtu } = answer;
  // Only a table that is none of the usual ones is named (RTM_F_LOOKUP_TABLE, filter.tb).
  const named = table === TABLE.main || table === TABLE.local || table === TABLE.default ? null : tableName(table);
  const isMade = iif === null;
  if (context.options.json) {
    return context.json([
      {
        ...(type !== "unicast" && { type }),
        dst: to,
        ...(from !== null && { from }),
        ...(via !== null && { gateway: via }),
        dev: device.name,
        ...(named !== null && { table: named }),
        ...(src !== null && from === null && isMade && { prefsrc: src }),
        flags: [],
        ...(isMade && { uid: 0 }),
        cache: flags,
        ...(mtu !== null && { expires: mtu.expires, metrics: [{ mtu: mtu.mtu }] }),
        ...(iif !== null && { iif: iif.name }),
      },
    ]);
  }
  const words: string[] = type === "unicast" ? [] : [type];
  words.push(to.text);
  if (from !== null) words.push("from", from.text);
  if (via !== null) words.push("via", via.text);
  words.push("dev", device.name);
  if (named !== null) words.push("table", named);
  if (src !== null && from === null && isMade) words.push("src", src.text);
  if (isMade) words.push("uid 0");
  const cache = ["    cache", ...(flags.length > 0 ? [`<${flags.join(",")}>`] : [])];
  if (mtu !== null) cache.push(`expires ${mtu.expires}sec`, mtu.locked ? "mtu lock" : "mtu", `${mtu.mtu}`);
  if (iif !== null) cache.push("iif", iif.name);
  context.out(`${words.join(" ")} ${context.newline}${cache.join(" ")} \n`);
}
