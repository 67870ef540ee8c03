// `ip -6 route`: add, append, prepend, replace, change, delete; listing and asking are beside it.
// Before you edit: iproute2 ip/iproute.c (do_iproute, iproute_modify), net/ipv6/route.c (inet6_rtm_newroute).
import { ROUTE_TYPES6, type RouteType6 } from "../../ip/route6.ts";
import type { Device } from "../../link/device.ts";
import type { RouteVerb } from "../../netns/ipv4/fib-route.ts";
import { type AskedNexthop6, deleteRoute6, tryRoute6, usualTable } from "../../netns/ipv6/fib.ts";
import { type Ipv6, Prefix6 } from "../../wire/address6.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { protocolOf, scopeOf, tableOf, unsigned } from "./values.ts";
import { address6Of, type PrefixWord6, prefix6Of } from "./values6.ts";
import { duplicateOrGarbage, matches, noDevice, Quit, refused, type Words, wrongArgument } from "./words.ts";

/** What `ip route` does here, for either family. */
export const ROUTE_COMMANDS = "show, add, append, prepend, replace, change, delete, get, flush";

interface Request {
  to?: PrefixWord6;
  type?: RouteType6;
  via?: Ipv6;
  dev?: string;
  src?: Ipv6;
  metric?: number;
  protocol?: string;
  table?: number;
  onlink?: true;
  mtu?: number;
  mtuLocked?: true;
  nexthops?: AskedNexthop6[];
}

const WORDS = "a prefix, via, dev, src, metric, proto, scope, table, mtu, onlink, nexthop and a type";
const OTHER =
  /^(as|from|tos|dsfield|expires|hoplimit|advmss|rtt|rto_min|nhid|encap|ttl-propagate|window|pref|realms|vrf)$/;

/** rtnl_rtntype_a2n, for the types of IPv6. */
export function type6Of(word: string): RouteType6 | null {
  const type = ROUTE_TYPES6.find((each) => each === word);
  if (type !== undefined) return type;
  if (/^(brd|broadcast|nat|xresolve)$/.test(word))
    throw notModelled("ip -6 route", word, `routes of type ${ROUTE_TYPES6.join(", ")}`);
  return null;
}

function readRequest(context: Context, words: Words): Request {
  const request: Request = {};
  while (!words.isEmpty) {
    const word = words.take();
    if (OTHER.test(word)) throw notModelled("ip -6 route", word, WORDS);
    if (word === "src") request.src = address6Of(words.argument());
    else if (word === "via") {
      if (request.via !== undefined) throw wrongArgument(word, "use nexthop syntax to specify multiple via\n");
      const argument = words.argument();
      request.via = address6Of(argument === "inet6" ? words.argument() : argument);
    } else if (word === "mtu") {
      let argument = words.argument();
      if (argument === "lock") {
        request.mtuLocked = true;
        argument = words.argument();
      }
      const mtu = unsigned(argument);
      if (mtu === null || mtu > 0xffffffff) throw wrongArgument(argument, '"mtu" value is invalid\n');
      if (mtu > 0) request.mtu = mtu;
    } else if (word === "onlink") request.onlink = true;
    else if (word === "nexthop") {
      request.nexthops = readNexthops(context, words);
      break;
    } else if (matches(word, "metric") || matches(word, "priority") || word === "preference") {
      const argument = words.argument();
      const metric = unsigned(argument);
      if (metric === null || metric > 0xffffffff) throw wrongArgument(argument, '"metric" value is invalid\n');
      request.metric = metric;
    } else if (word === "scope") {
      // Routes of IPv6 have no scope: the word is read and means nothing.
      const argument = words.argument();
      if (scopeOf(argument) === null) throw wrongArgument(argument, 'invalid "scope" value\n');
    } else if (matches(word, "protocol")) {
      const argument = words.argument();
      const protocol = protocolOf(argument);
      if (protocol === null) throw wrongArgument(argument, '"protocol" value is invalid\n');
      request.protocol = protocol;
    } else if (matches(word, "table")) {
      const argument = words.argument();
      const table = tableOf(argument);
      if (table === null) throw wrongArgument(argument, '"table" value is invalid\n');
      if (table > 0) request.table = table;
    } else if (word === "dev" || word === "oif") request.dev = words.argument();
    else readDestination(context, words, word, request);
  }
  return request;
}

/** `nexthop via A dev D weight N`, as many as there are; they come last. */
function readNexthops(context: Context, words: Words): AskedNexthop6[] {
  const nexthops: AskedNexthop6[] = [];
  let isOpen = true;
  while (isOpen) {
    if (words.isEmpty) throw new Quit('Error: unexpected end of line after "nexthop"\n', 255);
    let via: Ipv6 | null = null;
    let dev: Device | null = null;
    let weight = 1;
    let onlink = false;
    while (!words.isEmpty && words.peek !== "nexthop") {
      const word = words.take();
      if (word === "via") {
        const argument = words.argument();
        via = address6Of(argument === "inet6" ? words.argument() : argument, context.family6);
      } else if (word === "dev") {
        const name = words.argument();
        dev = context.device(name) ?? null;
        if (dev === null) throw noDevice(name);
      } else if (word === "weight") {
        const argument = words.argument();
        const number = unsigned(argument);
        if (number === null || number === 0 || number > 256) throw wrongArgument(argument, '"weight" is invalid\n');
        weight = number;
      } else if (word === "onlink") onlink = true;
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
  const type = /^[0-9]/.test(argument) ? null : type6Of(argument);
  if (type !== null) {
    request.type = type;
    argument = words.argument();
  }
  if (matches(argument, "help")) throw notModelled("ip route", argument, ROUTE_COMMANDS);
  if (request.to !== undefined) throw duplicateOrGarbage("to", argument);
  request.to = prefix6Of(argument, (request.src ?? request.via) ? "inet6" : context.family6);
}

export function modifyRoute6(context: Context, words: Words, command: RouteVerb | "delete"): void {
  const request = readRequest(context, words);
  const { to, type = "unicast", via, src, metric, protocol, nexthops } = request;
  if (to === undefined) throw notModelled("ip -6 route", `${command} without a destination`, WORDS);
  let dev: Device | undefined;
  if (request.dev !== undefined) {
    dev = context.device(request.dev);
    if (dev === undefined) throw noDevice(request.dev);
  }
  const table = request.table ?? usualTable(type);
  // Bits of the host are taken away without a word (ipv6_addr_prefix).
  const prefix = new Prefix6(to.address, to.length);
  if (command === "delete") {
    const refusal = deleteRoute6(context.ns, table, {
      prefix,
      type: request.type,
      via,
      dev,
      metric,
      protocol,
      nexthops,
    });
    if (refusal !== null) throw refused(refusal);
    return;
  }
  const { onlink, mtu, mtuLocked } = request;
  const refusal = tryRoute6(
    context.ns,
    table,
    {
      type,
      prefix,
      via: via ?? null,
      dev: dev ?? null,
      src: src ?? null,
      metric: metric ?? 0,
      protocol: protocol ?? "boot",
      onlink,
      mtu,
      mtuLocked: mtu === undefined ? undefined : mtuLocked,
      nexthops,
    },
    command,
  );
  if (refusal !== null) throw refused(refusal);
}
