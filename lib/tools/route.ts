// `route` of net-tools 2.10: the main table shown, routes added and deleted.
// Before you edit: net-tools 2.10 route.c, lib/inet_sr.c (INET_setroute), lib/inet.c (INET_getmask),
// net/ipv4/fib_frontend.c (rtentry_to_fib_config).
import { TABLE } from "../ip/route.ts";
import type { Device } from "../link/device.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import { deleteRoute, tryRoute } from "../netns/ipv4/fib-route.ts";
import { type Ipv4, Prefix4 } from "../wire/address.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { getopt } from "./getopt.ts";
import { inetInput } from "./inet-input.ts";
import { routeTable } from "./route-table.ts";

const SUPPORTED =
  "-n, -e, -ee, -v, -F, -4, add|del [-net NET/LEN | -net NET netmask MASK | -host HOST | default] [gw HOST] [metric N] [reject] [dev DEVICE]";
const LONG: Readonly<Record<string, string>> = {
  "--numeric": "-n",
  "--extend": "-e",
  "--verbose": "-v",
  "--fib": "-F",
  "--inet": "-4",
};
/** Exit statuses of net-tools (lib/net-support.h). */
const [FAILED, NOT_FOUND] = [7, 6];

/** Where the real one prints how it is called, after saying why. */
const usage = (why: string) => notModelled("route", `its usage (${why})`, SUPPORTED);

export const route: Command = (call) => {
  const { args, ns, out, err } = call;
  // getopt is not to take them for letters.
  const words = args.map((word) => LONG[word] ?? word.replace(/^-(net|host)$/, "#$1"));
  const long = words.find((word) => word.startsWith("--"));
  if (long !== undefined) throw notModelled("route", long, SUPPORTED);
  const { options, operands, problem } = getopt(words, "A:eCFhnN64Vv?");
  if (problem !== null) throw usage(problem);
  let extent = 1;
  for (const { letter, value } of options) {
    if (letter === "e") extent = Math.min(3, extent + 1);
    if (letter === "A" && !["inet", "inet6"].includes(value)) {
      err(`Unknown address family \`${value}'.\n`);
      return 1;
    }
    if ("ChN6V?".includes(letter) || value === "inet6") throw notModelled("route", `-${letter}`, SUPPORTED);
  }
  const [verb, ...rest] = operands;
  if (verb === "add") return change(call, verb, rest);
  if (verb === "del" || verb === "delete") return change(call, "del", rest);
  if (verb !== undefined) throw usage(verb);
  out(
    routeTable(
      ns,
      extent as 1 | 2 | 3,
      options.some(({ letter }) => letter === "n"),
    ),
  );
  return 0;
};

interface Wanted {
  readonly prefix: Prefix4;
  readonly via: Ipv4 | null;
  readonly metric: number;
  readonly isRejected: boolean;
  readonly device: string | null;
}

/** What a command asks for; why the kernel refuses it; a number when it has complained and ends with that status. */
function readWanted(call: Call, words: readonly string[]): Wanted | Errno | number {
  const rest = [...words];
  const kind = rest[0]?.startsWith("#") ? rest.shift() : undefined;
  const target = rest.shift();
  if (target === undefined) throw usage("no destination");
  const [host = "", length] = target.split("/");
  if (length !== undefined && !/^\d*$/.test(length)) throw usage(target);
  let mask = length ? maskOf(Number(length)) : 0;
  const address = inetInput(call, host);
  if (address === null) return NOT_FOUND;
  const isNet = kind === "#net" || (kind === undefined && host === "default");
  let via: Ipv4 | null = null;
  let metric = 0;
  let device: string | null = null;
  let isRejected = false;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const value = () => {
      if (rest.length === 0) throw usage(`${word} without a value`);
      return rest.shift()!;
    };
    if (word === "metric") {
      const text = value();
      if (!/^\d/.test(text)) throw usage(`metric ${text}`);
      metric = Number.parseInt(text, 10);
    } else if (word === "netmask") {
      const text = value();
      if (mask !== 0) throw usage("two masks");
      const read = inetInput(call, text);
      if (read === null) return NOT_FOUND;
      mask = read.bits;
    } else if (word === "gw" || word === "gateway") {
      const text = value();
      if (via !== null) throw usage("two gateways");
      via = inetInput(call, text);
      if (via === null) return NOT_FOUND;
      if (text === "default") throw usage(`${text}: cannot use a NETWORK as gateway!`);
    } else if (["mss", "mtu", "window", "irtt"].includes(word)) throw notModelled("route", word, SUPPORTED);
    else if (word === "reject") isRejected = true;
    else if (["mod", "dyn", "reinstate"].includes(word)) continue;
    else {
      const isNamed = word === "dev" || word === "device";
      if (device !== null || (!isNamed && rest.length > 0)) throw usage(word);
      device = isNamed ? value() : word;
    }
  }
  if (mask !== 0) {
    // Of a host only /32 may be said, and not as a netmask.
    if (!isNet && (length === undefined || mask >>> 0 !== 0xffffffff))
      throw usage("this netmask doesn't make sense with host route");
    const left = ~mask >>> 0;
    if ((left & (left + 1)) !== 0) throw usage("bogus netmask");
    if ((address.bits & left) !== 0) throw usage("netmask doesn't match route address");
  }
  // bad_mask
  if (isNet && mask === 0 && address.bits !== 0) return "EINVAL";
  const prefix = new Prefix4(address, isNet ? Math.clz32(~mask >>> 0) : 32);
  return { prefix, via, metric, isRejected, device: device ?? (isRejected ? "lo" : null) };
}

function maskOf(length: number): number {
  if (length > 32) throw usage(`/${length}`);
  return length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
}

function change(call: Call, verb: "add" | "del", words: readonly string[]): number {
  const { ns, err } = call;
  const fail = (errno: Errno): number => {
    err(`SIOC${verb.toUpperCase()}RT: ${errorText(errno)}\n`);
    return FAILED;
  };
  const wanted = readWanted(call, words);
  if (typeof wanted === "number") return wanted;
  if (typeof wanted === "string") return fail(wanted);
  const { prefix, via, metric, isRejected, device } = wanted;
  if (isRejected) {
    const refused = { type: "unreachable", prefix, metric, scope: "host" } as const;
    const failed =
      verb === "del"
        ? deleteRoute(ns, TABLE.main, refused)
        : tryRoute(ns, TABLE.main, { ...refused, via: null, dev: null, src: null, protocol: "boot" }, "prepend");
    return failed === null ? 0 : fail(failed.errno);
  }
  const [name, alias] = device === null ? [] : device.split(/(?=:)/);
  const dev = name === undefined ? null : (ns.devices.get(name) ?? null);
  if (name !== undefined && dev === null) return fail("ENODEV");
  // An alias stands for its address.
  const src = alias === undefined ? null : addressCalled(call, dev!, device!);
  if (src === undefined) return fail("ENODEV");
  if (verb === "del") {
    const given = { ...(metric > 0 && { metric }), ...(via !== null && { via }), ...(dev !== null && { dev }) };
    const refused = deleteRoute(ns, TABLE.main, { type: "unicast", prefix, ...given, ...(src !== null && { src }) });
    return refused === null ? 0 : fail(refused.errno);
  }
  const scope = via === null ? "link" : "global";
  const asked = { type: "unicast", prefix, via, dev, src, metric, protocol: "boot", scope } as const;
  const refused = tryRoute(ns, TABLE.main, asked, "prepend");
  return refused === null ? 0 : fail(refused.errno);
}

function addressCalled({ ns }: Call, device: Device, name: string): Ipv4 | undefined {
  return ns.inet.get(device)!.addresses.find(({ label }) => label === name)?.local;
}
