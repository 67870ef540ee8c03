// busybox's `ip`: the listings of its address, link, route and rule, which say less and in another order than iproute2's.
// What it changes is left to iproute2's `ip`.
// Before you edit: busybox 1.35 networking/libiproute/ipaddress.c (print_linkinfo, print_addrinfo), iproute.c (print_route),
// iprule.c (print_rule), ll_map.c.
import type { Route } from "../../ip/route.ts";
import { TABLE } from "../../ip/route.ts";
import { tableName } from "../../ip/rule.ts";
import type { Device } from "../../link/device.ts";
import { type Call, notModelled } from "../command.ts";
import { noOptions } from "../ip.ts";
import { readFilter } from "../iproute/addr-filter.ts";
import { addressesOf, addressText } from "../iproute/addr-show.ts";
import { address6Text, addresses6Of } from "../iproute/addr-show6.ts";
import { Context } from "../iproute/context.ts";
import { linkFlags, linkLayer, linkOf, queueDiscipline } from "../iproute/link-text.ts";
import { ipRule } from "../iproute/rule.ts";
import { tableOf } from "../iproute/values.ts";
import { matches, Quit, Words } from "../iproute/words.ts";

const SUPPORTED = "ip [-4] [-o] addr|link|route|rule [show], with dev NAME or table NUMBER";

export function busyboxIp(call: Call, args: readonly string[]): number {
  const context = new Context(call, call.ns, noOptions());
  const words = new Words(args);
  while (words.peek.startsWith("-")) {
    const option = words.take();
    if (option === "-4") context.options.inet = true;
    else if (option === "-o") context.options.oneline = true;
    else throw notModelled("busybox ip", option, SUPPORTED);
  }
  const object = words.isEmpty ? "" : words.take();
  if (!words.isEmpty && ["show", "list", "lst"].some((each) => matches(words.peek, each))) words.take();
  try {
    if (object !== "" && matches(object, "address")) showDevices(context, words, true);
    else if (object !== "" && matches(object, "link")) showDevices(context, words, false);
    else if (object !== "" && matches(object, "route")) showRoutes(context, words);
    else if (object !== "" && matches(object, "rule") && words.isEmpty)
      ipRule(
        new Context({ ...call, out: (text) => call.out(text.replaceAll("\n", " \n")) }, call.ns, noOptions()),
        words,
      );
    else throw notModelled("busybox ip", args.join(" "), SUPPORTED);
    return 0;
  } catch (failure) {
    if (!(failure instanceof Quit)) throw failure;
    const name = /^Device "(.*)" does not exist/.exec(failure.message)?.[1];
    if (name === undefined) throw notModelled("busybox ip", args.join(" "), SUPPORTED);
    call.err(`ip: can't find device '${name}'\n`);
    return 1;
  }
}

function showDevices(context: Context, words: Words, withAddresses: boolean): void {
  const filter = readFilter(context, words);
  const { inet, oneline } = context.options;
  for (const device of context.devices()) {
    if ((filter.device !== null && device !== filter.device) || (filter.up && !device.up)) continue;
    const addresses = withAddresses ? addressesOf(context, device, filter) : [];
    const addresses6 = withAddresses && !inet ? addresses6Of(context, device, filter) : [];
    if (withAddresses && inet && addresses.length === 0) continue;
    if (!withAddresses || !oneline) context.out(linkText(context, device));
    for (const address of addresses) context.out(addressText(context, device, address));
    for (const address of addresses6) context.out(address6Text(context, device, address));
  }
}

/** IFF_PROMISC and IFF_ALLMULTI, for which it has no names. */
const PROMISC = 0x100;
const ALLMULTI = 0x200;

/** The other end is looked up among the devices here, by its number; who is not found counts as down. */
function linkText(context: Context, device: Device): string {
  const { options, newline, ns } = context;
  const link = linkOf(device);
  const there = link == null ? undefined : ns.deviceOfIndex(link.index);
  const flags = linkFlags(context, device).filter((flag) => !["M-DOWN", "PROMISC", "ALLMULTI"].includes(flag));
  const { promisc, allmulticast, txqueuelen } = device.attributes;
  const rest = (promisc ? PROMISC : 0) | (allmulticast ? ALLMULTI : 0);
  if (rest !== 0) flags.push(`${flags.pop()}${rest.toString(16)}`);
  if (link != null && there?.up !== true) flags.push("M-DOWN");
  const at = link === undefined ? "" : link === null ? "@NONE" : `@${there?.name ?? `if${link.index}`}`;
  const words = [`${device.index}: ${device.name}${at}: <${flags.join(",")}> mtu ${device.mtu}`];
  words.push(`qdisc ${queueDiscipline(device)}`);
  if (device.master !== null) words.push(`master ${device.master.name}`);
  // The headers of musl have IFF_DORMANT, those of glibc have not, and the state hangs on it.
  if (context.call.tools === "busybox-musl" || context.call.tools === "busybox-1.28")
    words.push(`state ${device.state}`);
  words.push(txqueuelen === 0 ? "" : `qlen ${txqueuelen}`);
  const { type, address, isPeer, broadcast } = linkLayer(device);
  const layer = options.inet ? "" : `${newline}    link/${type} ${address} ${isPeer ? "peer" : "brd"} ${broadcast}`;
  return `${words.join(" ")}${layer}\n`;
}

function showRoutes(context: Context, words: Words): void {
  let dev: Device | undefined;
  let only: number | null = TABLE.main;
  while (!words.isEmpty) {
    const word = words.take();
    const argument = words.isEmpty ? "" : words.take();
    if (word === "dev") {
      dev = context.device(argument);
      if (dev === undefined) throw new Quit(`Device "${argument}" does not exist.\n`, 1);
    } else if (word === "table") {
      only = argument === "all" ? 0 : tableOf(argument);
      if (only === null) throw notModelled("busybox ip route", argument, SUPPORTED);
    } else throw notModelled("busybox ip route", word, SUPPORTED);
  }
  const tables = [...context.ns.tables.values()].reverse().toSorted((a, b) => (a.id & 255) - (b.id & 255));
  for (const table of tables) {
    if (only !== 0 && table.id !== only) continue;
    const name = only === 0 && table.id !== TABLE.main ? `table ${tableName(table.id)} ` : "";
    for (const route of table.list())
      if (dev === undefined || (route.nexthops === undefined && route.dev === dev)) context.out(routeText(route, name));
  }
}

/** Who has several ways is shown without them. */
function routeText({ type, prefix, via, dev, scope, src, metric, onlink, nexthops }: Route, table: string): string {
  const { length, address } = prefix;
  let text = type === "unicast" ? "" : `${type} `;
  text += `${length === 0 ? "default" : length === 32 ? address : prefix} `;
  if (nexthops === undefined && via !== null) text += `via ${via} `;
  if (nexthops === undefined && dev !== null) text += `dev ${dev.name} `;
  text += table;
  if (scope !== "global") text += `scope ${scope} `;
  if (src !== null) text += ` src ${src} `;
  if (metric !== 0) text += ` metric ${metric} `;
  return `${text}${onlink === true ? "onlink " : ""}\n`;
}
