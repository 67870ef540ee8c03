// `ip addr show`, `ip link show`: which devices and addresses, in which words.
// Before you edit: iproute2 ip/ipaddress.c (ipaddr_list_flush_or_save, print_addrinfo, ipaddr_filter).
import { type InterfaceAddress, type LifeLeft, lifeLeft, type Scope } from "../../ip/address.ts";
import type { Device } from "../../link/device.ts";
import { Prefix4 } from "../../wire/address.ts";
import { Prefix6 } from "../../wire/address6.ts";
import { notModelled } from "../command.ts";
import { address6Json, address6Text, addresses6Of, link6Json, link6Text } from "./addr-show6.ts";
import type { Context } from "./context.ts";
import { type LineOf, linkJson, linkText, statistics } from "./link-text.ts";
import { groupOf } from "./link-words.ts";
import { prefixOf, scopeOf } from "./values.ts";
import { isAddress6, prefix6Of } from "./values6.ts";
import { duplicateOrGarbage, matches, Quit, type Words, wrongArgument } from "./words.ts";

/** The flags a listing can ask for, by their names (ifa_flag_names); those that nothing here has are of no address. */
const FLAGS = [
  "secondary",
  "temporary",
  "nodad",
  "optimistic",
  "dadfailed",
  "home",
  "deprecated",
  "tentative",
  "permanent",
  "mngtmpaddr",
  "noprefixroute",
  "autojoin",
  "stable-privacy",
];

/** `secondary`, `-secondary`, `primary`, `dynamic`: the flag, and whether it must be there; null for other words. */
function flagOf(word: string): readonly [flag: string, wanted: boolean] | null {
  const [wanted, name] = word.startsWith("-") ? [false, word.slice(1)] : [true, word];
  if (name === "primary") return ["secondary", !wanted];
  if (name === "dynamic") return ["permanent", !wanted];
  if (!FLAGS.includes(name)) return null;
  return [name === "temporary" ? "secondary" : name, wanted];
}

/** What a listing is confined to. */
export interface AddressFilter {
  device: Device | null;
  to: { readonly network: Prefix4; readonly any: boolean } | null;
  scope: Scope | "nowhere" | null;
  label: string | null;
  up: boolean;
  master: Device | "none" | null;
  kind: string | null;
  group: number | null;
  /** Flags that an address must have or, with a minus, must not. */
  flags: Map<string, boolean>;
  /** A prefix of IPv6. */
  to6: Prefix6 | null;
}

export function readFilter(context: Context, words: Words): AddressFilter {
  const filter: AddressFilter = {
    device: null,
    to: null,
    scope: null,
    label: null,
    up: false,
    master: null,
    kind: null,
    group: null,
    flags: new Map(),
    to6: null,
  };
  let name: string | null = null;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "to" && (context.options.inet6 || isAddress6(words.peek))) {
      const { address, length } = prefix6Of(words.argument(), context.family6);
      filter.to6 = new Prefix6(address, length);
      context.options.inet = true;
    } else if (word === "to") {
      const { address, length, any } = prefixOf(words.argument(), context.family);
      filter.to = { network: new Prefix4(address, length), any };
      context.options.inet = true;
    } else if (word === "scope") {
      const argument = words.argument();
      const scope = scopeOf(argument);
      if (scope === null && argument !== "all") throw wrongArgument(argument, 'invalid "scope"\n');
      filter.scope = scope;
    } else if (word === "up") filter.up = true;
    else if (word === "label") filter.label = words.argument();
    else if (word === "master") {
      const argument = words.argument();
      filter.master = context.device(argument) ?? null;
      if (filter.master === null) throw wrongArgument(argument, "Device does not exist\n");
    } else if (word === "nomaster") filter.master = "none";
    else if (word === "type") filter.kind = words.argument();
    else if (flagOf(word) !== null) filter.flags.set(...flagOf(word)!);
    else if (word === "group") {
      const argument = words.argument();
      filter.group = groupOf(argument);
      if (filter.group === null) throw wrongArgument(argument, 'Invalid "group" value\n');
    } else if (word === "vrf")
      throw notModelled("ip addr", word, "dev, to, scope, up, label, master, type, primary, secondary");
    else {
      const argument = word === "dev" ? words.argument() : word;
      if (word !== "dev" && matches(word, "help"))
        throw notModelled("ip addr", word, "show, add, del, replace, change, flush");
      if (name !== null) throw duplicateOrGarbage("dev", argument);
      name = argument;
    }
  }
  if (name !== null) {
    filter.device = context.device(name) ?? null;
    if (filter.device === null) throw new Quit(`Device "${name}" does not exist.\n`, 1);
  }
  return filter;
}

/** Kinds the kernel can tell from others; asked for any other it tells of all devices. */
const KINDS = ["veth", "bridge", "vxlan", "vlan", "dummy", "ipip"];

/** What the kernel leaves out: of one device it is asked for, nothing; ports of a kind it does not know. */
function passes(device: Device, filter: AddressFilter): boolean {
  if (filter.device !== null) return device === filter.device;
  return isOfMaster(device, filter) && (!KINDS.includes(filter.kind ?? "") || isOfKind(device, filter));
}

function isOfMaster({ master }: Device, filter: AddressFilter): boolean {
  return filter.master === null || master === (filter.master === "none" ? null : filter.master);
}

function isOfKind({ kind, master }: Device, filter: AddressFilter): boolean {
  if (filter.kind === null) return true;
  if (filter.kind.endsWith("_slave")) return master !== null && filter.kind === `${master.kind}_slave`;
  return kind === filter.kind;
}

/** What the tool itself leaves out, after it began the object of JSON (print_linkinfo). */
function isShown(device: Device, filter: AddressFilter): boolean {
  if (filter.up && !device.up) return false;
  if (filter.group !== null && device.attributes.group !== filter.group) return false;
  return (filter.master === "none" || isOfMaster(device, filter)) && isOfKind(device, filter);
}

/** The addresses of a device that a filter lets through. */
export function addressesOf(context: Context, device: Device, filter: AddressFilter): InterfaceAddress[] {
  if (context.options.inet6 || filter.to6 !== null) return [];
  return context.ns.inet.get(device)!.addresses.filter((address) => {
    if (filter.scope !== null && address.scope !== filter.scope) return false;
    if (filter.flags.size > 0) {
      const has = flagsOf(address, lifeLeft(address, context.ns.cables.now));
      if (!hasFlags(filter, (flag) => (flag === "permanent" ? !has.includes("dynamic") : has.includes(flag))))
        return false;
    }
    if (filter.label !== null && !globs(filter.label, address.label)) return false;
    return filter.to === null || filter.to.any || filter.to.network.contains(address.local);
  });
}

export function hasFlags({ flags }: AddressFilter, has: (flag: string) => boolean): boolean {
  for (const [flag, wanted] of flags) if (has(flag) !== wanted) return false;
  return true;
}

/** fnmatch with * and ?. */
function globs(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(text);
}

export function show(context: Context, words: Words, of: LineOf): void {
  const filter = readFilter(context, words);
  const { options } = context;
  // A device without any address is listed whatever is asked of addresses, unless it is a family.
  const { ns } = context;
  // A listing of IPv6 asks IPv6 for its devices; one of a single device asks for that device.
  const only6 = of === "addr" && options.inet6 && filter.device === null;
  const hasNone = (device: Device) =>
    !options.inet &&
    !options.inet6 &&
    ns.inet.get(device)!.addresses.length === 0 &&
    !(ns.hasIpv6 && ns.ipv6.of(device).addresses.length > 0);
  const rows = context
    .devices()
    .filter((device) => passes(device, filter))
    .map((device) => ({
      device,
      addresses: of === "link" ? [] : addressesOf(context, device, filter),
      addresses6: of === "link" ? [] : addresses6Of(context, device, filter),
    }))
    .filter(
      ({ device, addresses, addresses6 }) =>
        of === "link" || addresses.length + addresses6.length > 0 || hasNone(device),
    );
  // With a label asked for, iproute2 leaves the device's own lines out.
  const hasLink = of === "link" || (filter.label === null && (options.brief || !options.oneline));
  if (options.json) {
    context.json(
      rows.map(({ device, addresses, addresses6 }) => {
        if (hasLink && !isShown(device, filter)) return {};
        const link = only6 && !options.brief ? link6Json(context, device) : linkJson(context, device, of);
        if (of === "link") return link;
        // An address that a filter keeps back leaves an empty object.
        const all4 = options.inet6 ? [] : ns.inet.get(device)!.addresses;
        const all6 = options.inet || !ns.hasIpv6 ? [] : ns.ipv6.of(device).addresses;
        const all = [
          ...all4.map((each) => (addresses.includes(each) ? addressJson(context, each) : {})),
          ...all6.map((each) => (addresses6.includes(each) ? address6Json(context, each) : {})),
        ];
        return { ...(hasLink && link), addr_info: all };
      }),
    );
    return;
  }
  for (const { device, addresses, addresses6 } of rows) {
    if ((hasLink && !isShown(device, filter)) || (filter.up && !device.up)) continue;
    let text = !hasLink ? "" : only6 ? link6Text(context, device) : linkText(context, device, of);
    for (const address of addresses) text += addressText(context, device, address);
    for (const address of addresses6) text += address6Text(context, device, address);
    if (of === "addr" && options.brief) text += "\n";
    if (of === "addr" && !options.brief && hasLink && options.stats > 0) text += `${statistics(context, device)}\n`;
    context.out(text);
  }
}

/** The flags that are printed, in iproute2's order. */
function flagsOf({ secondary, noPrefixRoute }: InterfaceAddress, { valid, deprecated }: LifeLeft): string[] {
  return [
    ...(secondary ? ["secondary"] : []),
    ...(deprecated ? ["deprecated"] : []),
    ...(valid !== null ? ["dynamic"] : []),
    ...(noPrefixRoute ? ["noprefixroute"] : []),
  ];
}

export function addressText({ ns, options, newline }: Context, device: Device, address: InterfaceAddress): string {
  const { local, peer, length, metric, broadcast, scope, label } = address;
  const words = [peer === local ? `${local}/${length}` : `${local} peer ${peer}/${length}`];
  if (metric !== 0) words.push(`metric ${metric}`);
  if (options.brief) return `${words.join(" ")} `;
  const left = lifeLeft(address, ns.cables.now);
  if (broadcast !== null) words.push(`brd ${broadcast}`);
  words.push(`scope ${scope}`, ...flagsOf(address, left), label);
  const head = options.oneline ? `${device.index}: ${device.name}` : "";
  const lives = `valid_lft ${lifeText(left.valid)} preferred_lft ${lifeText(left.preferred)}`;
  return `${head}    inet ${words.join(" ")}${newline}       ${lives}\n`;
}

export function lifeText(seconds: number | null): string {
  return seconds === null ? "forever" : `${seconds}sec`;
}

/** A lifetime that never ends. */
const FOREVER = 0xffffffff;

function addressJson({ ns, options }: Context, address: InterfaceAddress): object {
  const { local, peer, length, metric, broadcast, scope, label } = address;
  const network = {
    local,
    ...(peer !== local && { address: peer }),
    prefixlen: length,
    ...(metric !== 0 && { metric }),
  };
  if (options.brief) return network;
  const left = lifeLeft(address, ns.cables.now);
  return {
    family: "inet",
    ...network,
    ...(broadcast !== null && { broadcast }),
    scope,
    ...Object.fromEntries(flagsOf(address, left).map((flag) => [flag, true])),
    label,
    valid_life_time: left.valid ?? FOREVER,
    preferred_life_time: left.preferred ?? FOREVER,
  };
}
