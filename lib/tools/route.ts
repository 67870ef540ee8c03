// `route` of net-tools 2.10: the main table shown, routes added and deleted.
// Before you edit: net-tools 2.10 route.c, lib/inet_sr.c (INET_setroute), net/ipv4/fib_frontend.c (rtentry_to_fib_config).
import { TABLE } from "../ip/route.ts";
import type { Device } from "../link/device.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import { deleteRoute, tryRoute } from "../netns/ipv4/fib-route.ts";
import { type Ipv4, ipv4, Prefix4 } from "../wire/address.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { routeTable } from "./route-table.ts";

const SUPPORTED =
  "-n, -e, -ee, add|del [-net NET/LEN | -net NET netmask MASK | -host HOST | default] [gw HOST] [metric N] [dev DEVICE]";
/** Words of the real tool that are no device's name. */
const OTHER = new Set(["mss", "mtu", "window", "irtt", "reject", "mod", "dyn", "reinstate"]);
const FAILED = 7;

export const route: Command = (call) => {
  const { args, ns, out } = call;
  const [first] = args;
  if (first === "add" || first === "del") return change(call, first, args.slice(1));
  let extent = 1;
  let numeric = false;
  for (const word of args) {
    if (!/^-[neF4]+$/.test(word)) throw notModelled("route", word, SUPPORTED);
    for (const letter of word) {
      if (letter === "n") numeric = true;
      if (letter === "e") extent = Math.min(3, extent + 1);
    }
  }
  out(routeTable(ns, extent as 1 | 2 | 3, numeric));
  return 0;
};

interface Wanted {
  readonly prefix: Prefix4;
  readonly via: Ipv4 | null;
  readonly metric: number;
  readonly device: string | null;
}

function readWanted(words: readonly string[]): Wanted {
  const refuse = (word: string) => notModelled("route", word, SUPPORTED);
  const rest = [...words];
  const kind = rest[0] === "-net" || rest[0] === "-host" ? rest.shift()! : null;
  const target = rest.shift();
  if (target === undefined) throw refuse(words.join(" ") || "no destination");
  const [host = "", length] = target.split("/");
  const isDefault = target === "default";
  let bits = isDefault ? 0 : kind === "-net" ? null : 32;
  if (length !== undefined) {
    if (kind !== "-net" || !/^\d+$/.test(length) || Number(length) > 32) throw refuse(target);
    bits = Number(length);
  }
  let via: Ipv4 | null = null;
  let metric = 0;
  let device: string | null = null;
  while (rest.length > 0) {
    const word = rest.shift()!;
    const known = ["netmask", "gw", "gateway", "metric", "dev", "device"].includes(word);
    if (!known && (rest.length > 0 || OTHER.has(word))) throw refuse(word);
    const value = known ? rest.shift() : word;
    if (value === undefined) throw refuse(word);
    if (word === "netmask") bits = lengthOf(ipv4(value), value, refuse);
    else if (word === "gw" || word === "gateway") via = ipv4(value);
    else if (word === "metric") metric = Number(value);
    else device = value;
  }
  if (bits === null || !Number.isInteger(metric)) throw refuse(words.join(" "));
  const address = ipv4(isDefault ? "0.0.0.0" : host);
  const prefix = new Prefix4(address, bits);
  if (prefix.address !== address) throw refuse(target);
  return { prefix, via, metric, device };
}

function lengthOf({ bits }: Ipv4, text: string, refuse: (word: string) => Error): number {
  const length = Math.clz32(~bits >>> 0);
  if (length < 32 && bits << length !== 0) throw refuse(text);
  return length;
}

function change({ ns, err }: Call, verb: "add" | "del", words: readonly string[]): number {
  const { prefix, via, metric, device: name } = readWanted(words);
  const fail = (errno: Errno): number => {
    err(`SIOC${verb.toUpperCase()}RT: ${errorText(errno)}\n`);
    return FAILED;
  };
  let dev: Device | null = null;
  if (name !== null) {
    dev = ns.devices.get(name) ?? null;
    if (dev === null) return fail("ENODEV");
  }
  if (verb === "del") {
    const pattern = {
      prefix,
      ...(metric > 0 && { metric }),
      ...(via !== null && { via }),
      ...(dev !== null && { dev }),
    };
    const refused = deleteRoute(ns, TABLE.main, pattern);
    return refused === null ? 0 : fail(refused.errno);
  }
  const scope = via === null ? "link" : "global";
  const route = { type: "unicast", prefix, via, dev, src: null, metric, protocol: "boot", scope } as const;
  const refused = tryRoute(ns, TABLE.main, route, "prepend");
  return refused === null ? 0 : fail(refused.errno);
}
