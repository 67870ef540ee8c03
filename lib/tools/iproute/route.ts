// `ip route`: add, append, prepend, replace, change, delete; listing and asking are beside it.
// Before you edit: iproute2 ip/iproute.c (do_iproute, iproute_modify).
import type { Scope } from "../../ip/address.ts";
import { type RouteProtocol, type RouteType, TABLE } from "../../ip/route.ts";
import type { Device } from "../../link/device.ts";
import { type AskedNexthop, deleteRoute, type RouteVerb, tryRoute } from "../../netns/ipv4/fib-route.ts";
import { type Ipv4, Prefix4 } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { getRoute } from "./route-get.ts";
import { getRoute6 } from "./route-get6.ts";
import { flushRoutes, type ShownRoute, showRoutes } from "./route-show.ts";
import { flushRoutes6, showRoutes6 } from "./route-show6.ts";
import { modifyRoute6, ROUTE_COMMANDS } from "./route6.ts";
import { addressOf, type PrefixWord, prefixOf, protocolOf, scopeOf, tableOf, typeOf, unsigned } from "./values.ts";
import {
  duplicateOrGarbage,
  firstMatch,
  matches,
  noDevice,
  Quit,
  refused,
  type Words,
  wrongArgument,
} from "./words.ts";

const COMMANDS = [
  ...([
    "add",
    "change",
    "replace",
    "prepend",
    "append",
    "test",
    "delete",
    "list",
    "show",
    "lst",
    "get",
    "flush",
  ] as const),
  ...(["save", "restore", "showdump", "help"] as const),
];

/** What the commands do, for one family each. */
const DOES4 = { modify, show: showRoutesOfAny, get: getRoute, flush: flushRoutes };
const DOES6 = { modify: modifyRoute6, show: showRoutes6, get: getRoute6, flush: flushRoutes6 };

export function ipRoute(context: Context, words: Words): void {
  const isAbout6 = context.isAbout6(words);
  if (isAbout6 && context.isOld) throw notModelled("ip of iproute2 4.4", "routes of IPv6", "those of IPv4");
  const does = isAbout6 ? DOES6 : DOES4;
  if (words.isEmpty) return print(context, does.show(context, words));
  const word = words.take();
  const command = word === "chg" ? "change" : firstMatch(word, COMMANDS);
  switch (command) {
    case "add":
    case "append":
    case "prepend":
    case "replace":
    case "change":
    case "delete":
      return does.modify(context, words, command);
    case "list":
    case "show":
    case "lst":
      return print(context, does.show(context, words));
    case "get":
      return does.get(context, words);
    case "flush":
      return does.flush(context, words);
    case undefined:
      throw new Quit(`Command "${word}" is unknown, try "ip route help".\n`, 255);
    default:
      throw notModelled("ip route", word, ROUTE_COMMANDS);
  }
}

/** Of all tables those of both families, unless an option or an address says which. */
function showRoutesOfAny(context: Context, words: Words): ShownRoute[] {
  const { left } = words;
  const isOfAll = left.some((word, i) => matches(left[i - 1] ?? "", "table") && word === "all");
  const isAny = isOfAll && !context.isOld && !context.options.inet && !left.some((word) => /^\d+\./.test(word));
  const others = words.again();
  return [...showRoutes(context, words), ...(isAny ? showRoutes6(context, others) : [])];
}

function print(context: Context, routes: readonly ShownRoute[]): void {
  if (context.options.json) context.json(routes.map((route) => route.json()));
  else for (const route of routes) context.out(route.text());
}

interface Request {
  to?: PrefixWord;
  type?: RouteType;
  via?: Ipv4;
  dev?: string;
  src?: Ipv4;
  metric?: number;
  protocol?: RouteProtocol;
  scope?: Scope;
  table?: number;
  onlink?: true;
  mtu?: number;
  mtuLocked?: true;
  nexthops?: AskedNexthop[];
}

const WORDS = "a prefix, via, dev, src, metric, proto, scope, table, mtu, onlink, nexthop and a type";
const OTHER_WHOLE = /^(as|from|tos|expires|hoplimit|advmss|rtt|rto_min|nhid|encap|ttl-propagate)$/;
/** Words that may be abbreviated, before and after those that are modelled; their order decides. */
const OTHER = [
  "reordering",
  "window",
  "cwnd",
  "initcwnd",
  "initrwnd",
  "features",
  "quickack",
  "congctl",
  "rttvar",
  "ssthresh",
  "realms",
];

function readRequest(context: Context, words: Words): Request {
  const request: Request = {};
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "src") request.src = addressOf(words.argument(), familyOf(context, request));
    else if (word === "via") {
      if (request.via !== undefined) throw wrongArgument(word, "use nexthop syntax to specify multiple via\n");
      const argument = words.argument();
      if (argument === "inet6") throw notModelled("ip route", "via inet6", "IPv4 gateways");
      request.via =
        argument === "inet" ? addressOf(words.argument(), "inet") : addressOf(argument, familyOf(context, request));
    } else if (word === "mtu") readMtu(words, request);
    else if (word === "onlink") request.onlink = true;
    else if (word === "nexthop") {
      // Without a destination the tool says how it is used before it reads on.
      if (request.to === undefined) throw notModelled("ip route", "nexthop without a destination", WORDS);
      request.nexthops = readNexthops(context, words, familyOf(context, request));
      break;
    } else if (OTHER_WHOLE.test(word) || matches(word, "dsfield")) throw notModelled("ip route", word, WORDS);
    else if (matches(word, "metric") || matches(word, "priority") || word === "preference") {
      const argument = words.argument();
      const metric = unsigned(argument);
      if (metric === null || metric > 0xffffffff) throw wrongArgument(argument, '"metric" value is invalid\n');
      request.metric = metric;
    } else if (word === "scope") {
      const argument = words.argument();
      const scope = scopeOf(argument);
      if (scope === null) throw wrongArgument(argument, 'invalid "scope" value\n');
      if (scope === "nowhere") throw notModelled("ip route", "scope nowhere", "scope global, link, host");
      request.scope = scope;
    } else if (OTHER.some((each) => matches(word, each))) throw notModelled("ip route", word, WORDS);
    else if (matches(word, "protocol")) {
      const argument = words.argument();
      const protocol = protocolOf(argument);
      if (protocol === null) throw wrongArgument(argument, '"protocol" value is invalid\n');
      request.protocol = protocol;
    } else if (matches(word, "table")) {
      const argument = words.argument();
      const table = tableOf(argument);
      if (table === null) throw wrongArgument(argument, '"table" value is invalid\n');
      request.table = table === 0 ? TABLE.main : table;
    } else if (matches(word, "vrf")) throw notModelled("ip route", word, WORDS);
    else if (word === "dev" || word === "oif") request.dev = words.argument();
    else if (matches(word, "pref") || matches(word, "fastopen_no_cookie")) throw notModelled("ip route", word, WORDS);
    else readDestination(context, words, word, request);
  }
  return request;
}

/** The first address settles the family of the others; \`default\` has none. */
function familyOf(context: Context, { src, via, to }: Request): Context["family"] {
  const isKnown =
    src !== undefined || via !== undefined || (to !== undefined && (to.length > 0 || to.address.bits > 0));
  return isKnown ? "inet" : context.family;
}

/** `mtu [lock] 1400` */
function readMtu(words: Words, request: Request): void {
  let argument = words.argument();
  if (argument === "lock") {
    request.mtuLocked = true;
    argument = words.argument();
  }
  const mtu = unsigned(argument);
  if (mtu === null || mtu > 0xffffffff) throw wrongArgument(argument, '"mtu" value is invalid\n');
  if (mtu > 0) request.mtu = mtu;
}

/** `nexthop via A dev D weight N`, as many as there are; they come last (parse_nexthops, parse_one_nh). */
function readNexthops(context: Context, words: Words, given: Context["family"]): AskedNexthop[] {
  let family = given;
  const nexthops: AskedNexthop[] = [];
  let isOpen = true;
  while (!words.isEmpty || isOpen) {
    if (words.isEmpty) throw new Quit('Error: unexpected end of line after "nexthop"\n', 255);
    let via: Ipv4 | null = null;
    let dev: Device | null = null;
    let weight = 1;
    let onlink = false;
    while (!words.isEmpty && words.peek !== "nexthop") {
      const word = words.take();
      if (word === "via") {
        const argument = words.argument();
        if (argument === "inet6") throw notModelled("ip route", "via inet6", "IPv4 gateways");
        const gateway = argument === "inet" ? words.argument() : argument;
        // A word that stands for any address is none; of several the kernel takes the first.
        const asked = /^(default|all|any)$/.test(gateway) ? null : addressOf(gateway, family);
        via ??= asked;
        family = "inet";
      } else if (word === "dev") {
        const name = words.argument();
        dev = context.device(name) ?? null;
        if (dev === null) throw new Quit(`${noDevice(name).message}Error: cannot parse nexthop\n`, 255);
      } else if (word === "weight") {
        const argument = words.argument();
        const number = unsigned(argument);
        if (number === null || number === 0 || number > 256) throw wrongArgument(argument, '"weight" is invalid\n');
        weight = number;
      } else if (word === "onlink") onlink = true;
      else if (matches(word, "realms") || word === "encap" || word === "as")
        throw notModelled("ip route nexthop", word, "via, dev, weight, onlink");
      else throw new Quit(`Error: "nexthop" or end of line is expected instead of "${word}"\n`, 255);
    }
    nexthops.push({ via, dev, weight, ...(onlink && { onlink }) });
    isOpen = !words.isEmpty;
    if (isOpen) words.take();
  }
  return nexthops;
}

function readDestination(context: Context, words: Words, word: string, request: Request): void {
  let argument = word === "to" ? words.argument() : word;
  const type = /^[0-9]/.test(argument) ? null : typeOf(argument);
  if (type !== null) {
    request.type = type;
    argument = words.argument();
  }
  if (matches(argument, "help")) throw notModelled("ip route", argument, ROUTE_COMMANDS);
  if (request.to !== undefined) throw duplicateOrGarbage("to", argument);
  request.to = prefixOf(argument, familyOf(context, request));
}

function modify(context: Context, words: Words, command: RouteVerb | "delete"): void {
  const request = readRequest(context, words);
  const { to, type, via, src } = request;
  if (to === undefined) throw notModelled("ip route", `${command} without a destination`, WORDS);
  let dev: Device | undefined;
  if (request.dev !== undefined) {
    dev = context.device(request.dev);
    if (dev === undefined) throw noDevice(request.dev);
  }
  const isLocal = type === "local" || type === "broadcast";
  const table = request.table ?? (isLocal ? TABLE.local : TABLE.main);
  const prefix = new Prefix4(to.address, to.length);
  if (prefix.address !== to.address)
    throw refused({ errno: "EINVAL", message: "Invalid prefix for given prefix length" });
  const near: Scope | undefined = type === "local" ? "host" : type === "broadcast" ? "link" : undefined;
  if (command === "delete") {
    const { scope = near, metric, protocol, mtu, nexthops } = request;
    const pattern = { prefix, type, via, dev, src, metric, protocol, scope, mtu, nexthops };
    const refusal = deleteRoute(context.ns, table, pattern);
    if (refusal !== null) throw refused(refusal);
    return;
  }
  const isUnicast = type === undefined || type === "unicast";
  const refusal = tryRoute(
    context.ns,
    table,
    {
      type: type ?? "unicast",
      prefix,
      via: via ?? null,
      dev: dev ?? null,
      src: src ?? null,
      metric: request.metric ?? 0,
      protocol: request.protocol ?? "boot",
      scope: request.scope ?? near ?? (isUnicast && via === undefined && !request.nexthops ? "link" : "global"),
      onlink: request.onlink,
      mtu: request.mtu,
      mtuLocked: request.mtu === undefined ? undefined : request.mtuLocked,
      nexthops: request.nexthops,
    },
    command,
  );
  if (refusal !== null) throw refused(refusal);
}
