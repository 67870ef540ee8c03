// `ip -6 route get`: asks for the way of one packet, made here or come in by a device.
// Before you edit: iproute2 ip/iproute.c (iproute_get, print_route), net/ipv6/route.c (inet6_rtm_getroute, rt6_fill_node).

import { TABLE } from "../../ip/route.ts";
import { hex, tableName } from "../../ip/rule.ts";
import type { Device } from "../../link/device.ts";
import { decide6, sourceFor6, type Way6 } from "../../netns/ipv6/decide.ts";
import { quietly } from "../../netns/ipv6/fib.ts";
import { SECOND } from "../../trace/world.ts";
import { type Ipv6, UNSPECIFIED6 } from "../../wire/address6.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { unsigned } from "./values.ts";
import { prefix6Of } from "./values6.ts";
import { answers, matches, noDevice, Quit, type Words, wrongArgument } from "./words.ts";

const WORDS = "an address, from, iif, oif, mark";

export function getRoute6(context: Context, words: Words): void {
  const { ns } = context;
  let to: Ipv6 | null = null;
  let from: Ipv6 | null = null;
  let mark = 0;
  const names: { iif?: string; oif?: string } = {};
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "tos" || matches(word, "dsfield")) throw notModelled("ip route get", word, WORDS);
    else if (matches(word, "from")) from = prefix6Of(words.argument(), context.family6).address;
    else if (matches(word, "iif")) names.iif = words.argument();
    else if (matches(word, "mark")) {
      const argument = words.argument();
      const number = unsigned(argument);
      if (number === null || number > 0xffffffff) throw wrongArgument(argument, "invalid mark value");
      mark = number;
    } else if (matches(word, "oif") || word === "dev") names.oif = words.argument();
    else if (
      ["notify", "connected", "vrf", "uid", "fibmatch", "sport", "dport", "ipproto"].some((each) => matches(word, each))
    )
      throw notModelled("ip route get", word, WORDS);
    else {
      if (word === "as" || matches(word, "help")) throw notModelled("ip route get", word, WORDS);
      const prefix = prefix6Of(word === "to" ? words.argument() : word, context.family6);
      if (prefix.length !== 128)
        context.call.err(`Warning: /${prefix.length} as prefix is invalid, only /128 (or none) is supported.\n`);
      to = prefix.address;
    }
  }
  if (to === null) throw new Quit("need at least a destination address\n", 1);
  const device = (name: string | undefined): Device | null => {
    if (name === undefined) return null;
    const found = context.device(name);
    if (found === undefined) throw noDevice(name);
    return found;
  };
  const [iif, oif] = [device(names.iif), device(names.oif)];
  if (!ns.hasIpv6) throw answers("ENETUNREACH");
  const src = from === null || from.isUnspecified ? null : from;
  const question = { dst: to, src, iif, oif: iif === null ? oif : null, bound: false, mark };
  const way = quietly(ns, () => decide6(ns, question, undefined, -1));
  if (way.type === "error") throw answers(way.errno);
  print(context, to, src ?? UNSPECIFIED6, iif, mark, way);
}

function print(context: Context, to: Ipv6, from: Ipv6, iif: Device | null, mark: number, way: Way6): void {
  const { ns, options } = context;
  const { type, via, device, table, route } = way;
  const heard = ns.ipv6.heard(to, way.owner, way.nextHop);
  const expires = heard === null ? null : Math.floor((heard.until - ns.cables.now) / SECOND);
  const mtu = heard?.mtu ?? route.mtu;
  const isLocked = route.mtuLocked === true;
  // The source is asked for the destination on the device of the way; a route's own is told whoever asked.
  const chosen = iif === null || route.src !== null ? quietly(ns, () => sourceFor6(ns, way, to)) : null;
  const src = route.src ?? chosen?.src ?? null;
  if (options.json)
    return context.json([
      {
        ...(type !== "unicast" && { type }),
        dst: to,
        from,
        ...(via !== null && { gateway: via }),
        dev: device.name,
        ...(table !== TABLE.main && { table: tableName(table) }),
        ...(route.protocol !== "boot" && { protocol: route.protocol }),
        ...(src !== null && { prefsrc: src }),
        metric: route.metric,
        flags: [],
        ...(mark !== 0 && { mark }),
        ...(expires !== null && { expires }),
        ...(mtu !== undefined && { metrics: [{ mtu }] }),
        ...(iif !== null && { iif: iif.name }),
        pref: "medium",
      },
    ]);
  const words: string[] = type === "unicast" ? [] : [type];
  words.push(to.text, "from", from.text);
  if (via !== null) words.push("via", via.text);
  words.push("dev", device.name);
  if (table !== TABLE.main) words.push("table", tableName(table));
  if (route.protocol !== "boot") words.push("proto", route.protocol);
  if (src !== null) words.push("src", src.text);
  words.push("metric", `${route.metric}`);
  if (mark !== 0) words.push("mark", mark < 16 ? `${mark}` : hex(mark));
  if (expires !== null) words.push("expires", `${expires}sec`);
  if (mtu !== undefined) words.push("mtu", ...(isLocked ? ["lock"] : []), `${mtu}`);
  if (iif !== null) words.push("iif", iif.name);
  words.push("pref", "medium");
  context.out(`${words.join(" ")}\n`);
}
