// `ip route get`: asks for the way of one packet, made here or come in by a device.
// Before you edit: iproute2 ip/iproute.c (iproute_get, print_cache_flags), net/ipv4/route.c (inet_rtm_getroute,
// ip_route_output_key_hash_rcu, ip_route_input_slow).
import { TABLE } from "../../ip/route.ts";
import { metricWords } from "../../ip/route-text.ts";
import { DEFAULT_RULES, hex, lookup, tableName } from "../../ip/rule.ts";
import type { Device } from "../../link/device.ts";
import { sourceFor, type Way } from "../../netns/ipv4/decide.ts";
import { isOwnAddress } from "../../netns/ipv4/fib.ts";
import { routeInput } from "../../netns/ipv4/input-route.ts";
import { outputWay } from "../../netns/ipv4/output-route.ts";
import { SECOND } from "../../trace/world.ts";
import { Ipv4 } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { routeJson, routeLine } from "./route-show.ts";
import { prefixOf, unsigned } from "./values.ts";
import { cacheText44, tableText44 } from "./version44.ts";
import { answers, matches, noDevice, Quit, type Words, wrongArgument } from "./words.ts";

const WORDS = "an address, from, iif, oif, mark, fibmatch";

interface Question {
  readonly to: Ipv4;
  readonly from: Ipv4 | null;
  readonly iif: Device | null;
  readonly oif: Device | null;
  readonly mark: number;
  /** Not the way, but the route that decides it (RTM_F_FIB_MATCH). */
  readonly fibmatch: boolean;
}

function readQuestion(context: Context, words: Words): Question {
  let to: Ipv4 | null = null;
  let from: Ipv4 | null = null;
  let iif: string | null = null;
  let oif: string | null = null;
  let mark = 0;
  let fibmatch = false;
  // The first address settles the family of the others.
  const prefixIn = (word: string) => prefixOf(word, from === null && to === null ? context.family : "inet");
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "tos" || matches(word, "dsfield")) throw notModelled("ip route get", word, WORDS);
    else if (matches(word, "from")) from = prefixIn(words.argument()).address;
    else if (matches(word, "iif")) iif = words.argument();
    else if (matches(word, "mark")) {
      const argument = words.argument();
      const number = unsigned(argument);
      if (number === null || number > 0xffffffff) throw wrongArgument(argument, "invalid mark value");
      mark = number;
    } else if (matches(word, "oif") || word === "dev") oif = words.argument();
    else if (matches(word, "fibmatch")) fibmatch = true;
    else if (["notify", "connected", "vrf", "uid", "sport", "dport", "ipproto"].some((each) => matches(word, each)))
      throw notModelled("ip route get", word, WORDS);
    else {
      if (word === "as" || matches(word, "help")) throw notModelled("ip route get", word, WORDS);
      const prefix = prefixIn(word === "to" ? words.argument() : word);
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
  return { to, from: from?.bits === 0 ? null : from, iif: device(iif), oif: device(oif), mark, fibmatch };
}

/** What the kernel answers, with what is printed of it. */
interface Answer {
  readonly type: "unicast" | "local" | "broadcast" | "multicast";
  readonly via: Ipv4 | null;
  readonly device: Device;
  readonly table: number;
  readonly src: Ipv4 | null;
  readonly flags: readonly string[];
  /** Seconds until what was heard of the way is forgotten. */
  readonly expires: number | null;
  readonly metrics: readonly string[];
}

export function getRoute(context: Context, words: Words): void {
  const question = readQuestion(context, words);
  if (question.to.isMulticast || question.to.bits === 0xffffffff)
    throw notModelled("ip route get", question.to.text, "addresses of one host, and broadcast addresses of networks");
  if (question.fibmatch) return printRoute(context, question);
  if (context.options.stats > 0) throw notModelled("ip route get", "-s", "ip route get without -s");
  const answer = question.iif === null ? output(context, question) : input(context, question, question.iif);
  print(context, question, answer);
}

function output(context: Context, { to, from, oif, mark }: Question): Answer {
  const { ns } = context;
  if (from !== null && !isOwnAddress(ns, from)) throw answers("ENETUNREACH");
  const loopback = ns.devices.get("lo")!;
  const plain = { via: null, expires: null, metrics: [] };
  if (to.bits === 0) {
    const src = from ?? Ipv4.of(0x7f000001);
    return { ...plain, type: "local", device: loopback, table: TABLE.local, src, flags: ["local"] };
  }
  const way = quietly(context, () => outputWay(ns, to, from, oif, undefined, -1, mark));
  if (way.type === "error") throw answers(way.errno);
  const { table } = way;
  const type = to.isMulticast && way.type === "unicast" ? "multicast" : way.type;
  const device = type === "local" ? loopback : way.device;
  const src = from ?? sourceFor(ns, way, to);
  // What comes from 127.0.0.0/8 stays at home (__mkroute_output).
  const isFree = () => ns.sysctls.conf.of(device, "route_localnet") !== 0;
  if (src?.isLoopback && device !== loopback && !isFree()) throw answers("EINVAL");
  const flags = type === "unicast" && device === loopback ? ["local"] : flagsOf({ ...way, type });
  // A way by a device that was named needs no route, and then comes from no table.
  const isRouted = ns.tables.get(table)?.list().includes(way.route) === true;
  const shown = isRouted || oif === null ? table : 0;
  return { ...known(context, { ...way, type }, to), device, table: shown, src, flags };
}

function input(context: Context, { to, from, mark }: Question, iif: Device): Answer {
  const { ns } = context;
  const way = quietly(context, () => routeInput(ns, iif, from ?? Ipv4.of(0), to, undefined, -1, mark));
  if (way.type === "martian" || way.type === "everybody") throw answers("EINVAL");
  if (way.type === "error") throw answers(ns.forwards(iif) ? way.errno : "EHOSTUNREACH");
  const { type, table } = way;
  if (type === "unicast" && !ns.forwards(iif)) throw answers("EHOSTUNREACH");
  const device = type === "unicast" ? way.device : ns.devices.get("lo")!;
  const flags = [...flagsOf(way), ...(way.detour ? ["redirect"] : [])];
  return { ...known(context, way, to), device, table, src: null, flags };
}

function flagsOf({ type, redirected }: Way): string[] {
  const kind =
    type === "broadcast" ? ["local", "brd"] : type === "local" ? ["local"] : type === "multicast" ? ["mc"] : [];
  return [...kind, ...(redirected === undefined ? [] : ["redirected"])];
}

/** What is known of the way: its gateway, what routers said of it and how long that holds, what the route says. */
function known({ ns }: Context, way: Way, to: Ipv4): Pick<Answer, "type" | "via" | "expires" | "metrics"> {
  const { now } = ns.cables;
  const { type, route } = way;
  const heard = type === "unicast" ? ns.pathMtus.exception(way, to, now) : null;
  const until = heard?.until ?? way.redirected?.until;
  const expires = until === undefined ? null : Math.floor((until - now) / SECOND);
  const metrics = heard === null ? metricWords(route) : ["mtu", ...(heard.locked ? ["lock"] : []), `${heard.mtu}`];
  return { type, via: gatewayOf(way), expires, metrics };
}

/** The gateway, if it is one: the namespace's own address is none. */
function gatewayOf({ type, via, nextHop }: Way): Ipv4 | null {
  return type === "unicast" && via === nextHop ? nextHop : null;
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

/** All but main are named. As long as nobody changed the rules, local is a part of main. */
function shownTable({ ns }: Context, table: number): number {
  return table === TABLE.local && ns.rules === DEFAULT_RULES ? TABLE.main : table;
}

/** The route as a list has it, though none was asked for. */
function printRoute(context: Context, question: Question): void {
  const { ns, options } = context;
  const { to, from, iif, oif, mark } = question;
  if (iif === null) output(context, question);
  else input(context, question, iif);
  const found = lookup(ns.rules, ns.tables, { dst: to, src: from, iif: iif?.name ?? "lo", oif, mark });
  const route = found?.route;
  if (found == null || route == null) throw answers("EHOSTUNREACH");
  const table = shownTable(context, found.table!.id);
  const filter = { table: 0, cache: false };
  if (options.json) context.json([routeJson(route, table, filter, options.details)]);
  else context.out(routeLine(context, route, table, filter));
}

function print(context: Context, { to, from, iif, mark }: Question, answer: Answer): void {
  const { type, via, device, table, src, flags, expires, metrics } = answer;
  const isMain = shownTable(context, table) === TABLE.main;
  const { details } = context.options;
  const named = context.isOld
    ? tableText44(table)
    : to.bits === 0 || table === 0 || (isMain && !details)
      ? null
      : tableName(isMain ? TABLE.main : table);
  const isMade = iif === null;
  if (context.options.json) {
    return context.json([
      {
        ...((type !== "unicast" || context.options.details) && { type }),
        dst: to,
        ...(from !== null && { from }),
        ...(via !== null && { gateway: via }),
        dev: device.name,
        ...(named !== null && { table: named }),
        ...(src !== null && from === null && isMade && { prefsrc: src }),
        flags: [],
        ...(mark !== 0 && { mark }),
        ...(isMade && { uid: 0 }),
        cache: flags,
        ...(expires !== null && { expires }),
        ...(metrics.length > 0 && { metrics: [{ mtu: Number(metrics.at(-1)) }] }),
        ...(iif !== null && { iif: iif.name }),
      },
    ]);
  }
  const gap = context.isOld ? " " : "";
  const words: string[] = type === "unicast" && !context.options.details ? [] : [type];
  words.push(to.text);
  if (from !== null) words.push("from", from.text);
  if (via !== null) words.push("via", via.text);
  words.push("dev", device.name);
  if (named !== null) words.push(`${gap}table`, named);
  if (src !== null && from === null && isMade) words.push(`${gap}src`, src.text);
  if (mark !== 0) words.push(`${gap}mark`, mark < 16 ? `${mark}` : hex(mark));
  if (isMade && !context.isOld) words.push("uid 0");
  const cache = ["    cache", ...(flags.length > 0 ? [`<${flags.join(",")}>`] : [])];
  if (expires !== null) cache.push(`expires ${expires}sec`);
  cache.push(...metrics);
  if (iif !== null) cache.push("iif", iif.name);
  const end = context.isOld ? cacheText44(cache) : `${cache.join(" ")} `;
  context.out(`${words.join(" ")} ${context.newline}${end}\n`);
}
