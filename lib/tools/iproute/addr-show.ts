// `ip addr show`, `ip link show`: which devices and addresses, in which words.
// Before you edit: iproute2 ip/ipaddress.c (ipaddr_list_flush_or_save, print_addrinfo, ipaddr_filter).
import type { InterfaceAddress, Scope } from "../../ip/address.ts";
import type { Device } from "../../link/device.ts";
import { Prefix4 } from "../../wire/address.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { type LineOf, linkJson, linkText, statistics } from "./link-text.ts";
import { prefixOf, scopeOf } from "./values.ts";
import { duplicateOrGarbage, matches, Quit, type Words, wrongArgument } from "./words.ts";

/** What a listing is confined to. */
export interface AddressFilter {
  device: Device | null;
  to: { readonly network: Prefix4; readonly any: boolean } | null;
  scope: Scope | "nowhere" | null;
  label: string | null;
  up: boolean;
  master: Device | "none" | null;
  kind: string | null;
  secondary: boolean | null;
  /** `permanent` matches every address here, `dynamic` none. */
  dynamic: boolean;
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
    secondary: null,
    dynamic: false,
  };
  let name: string | null = null;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "to") {
      const { address, length, any } = prefixOf(words.argument(), context.family);
      filter.to = { network: new Prefix4(address, length), any };
      context.options.inet = true;
    } else if (word === "scope") {
      const argument = words.argument();
      const scope = scopeOf(argument);
      if (scope === null && argument !== "all") throw wrongArgument(argument, 'invalid "scope"\n');
      filter.scope = scope;
    } else if (word === "up") filter.up = true;
    else if (word === "primary" || word === "secondary") filter.secondary = word === "secondary";
    else if (word === "dynamic") filter.dynamic = true;
    else if (word === "permanent") filter.dynamic = false;
    else if (word === "label") filter.label = words.argument();
    else if (word === "master") {
      const argument = words.argument();
      filter.master = context.device(argument) ?? null;
      if (filter.master === null) throw wrongArgument(argument, "Device does not exist\n");
    } else if (word === "nomaster") filter.master = "none";
    else if (word === "type") filter.kind = words.argument();
    else if (["group", "vrf", "tentative", "deprecated", "dadfailed", "temporary"].includes(word))
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

function passes(device: Device, filter: AddressFilter): boolean {
  if (filter.device !== null && device !== filter.device) return false;
  if (filter.up && !device.up) return false;
  if (filter.master === "none") return device.master === null;
  if (filter.master !== null && device.master !== filter.master) return false;
  if (filter.kind === null) return true;
  if (filter.kind.endsWith("_slave")) return device.master !== null && filter.kind === `${device.master.kind}_slave`;
  return device.kind === filter.kind;
}

/** The addresses of a device that a filter lets through. */
export function addressesOf(context: Context, device: Device, filter: AddressFilter): InterfaceAddress[] {
  return context.ns.inet.get(device)!.addresses.filter((address) => {
    if (filter.dynamic) return false;
    if (filter.scope !== null && address.scope !== filter.scope) return false;
    if (filter.secondary !== null && address.secondary !== filter.secondary) return false;
    if (filter.label !== null && !globs(filter.label, address.label)) return false;
    return filter.to === null || filter.to.any || filter.to.network.contains(address.local);
  });
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
  const hasNone = (device: Device) => context.ns.inet.get(device)!.addresses.length === 0;
  const rows = context
    .devices()
    .filter((device) => passes(device, filter))
    .map((device) => ({ device, addresses: of === "link" ? [] : addressesOf(context, device, filter) }))
    .filter(({ device, addresses }) => of === "link" || addresses.length > 0 || (hasNone(device) && !options.inet));
  if (options.json) {
    context.json(
      rows.map(({ device, addresses }) =>
        of === "link"
          ? linkJson(context, device, of)
          : { ...linkJson(context, device, of), addr_info: addresses.map((each) => addressJson(context, each)) },
      ),
    );
    return;
  }
  for (const { device, addresses } of rows) {
    // With a label asked for, iproute2 leaves the device's own lines out.
    const hasLink = of === "link" || options.brief || (!options.oneline && filter.label === null);
    let text = hasLink ? linkText(context, device, of) : "";
    for (const address of addresses) text += addressText(context, device, address);
    if (of === "addr" && options.brief) text += "\n";
    if (of === "addr" && !options.brief && !options.oneline && options.stats > 0)
      text += `${statistics(context, device)}\n`;
    context.out(text);
  }
}

function addressText({ options, newline }: Context, device: Device, address: InterfaceAddress): string {
  const { local, length, broadcast, scope, secondary, label } = address;
  if (options.brief) return `${local}/${length} `;
  const words = [`    inet ${local}/${length}`];
  if (broadcast !== null) words.push(`brd ${broadcast}`);
  words.push(`scope ${scope}`);
  if (secondary) words.push("secondary");
  words.push(label);
  const head = options.oneline ? `${device.index}: ${device.name}` : "";
  return `${head}${words.join(" ")}${newline}       valid_lft forever preferred_lft forever\n`;
}

/** A lifetime that never ends. */
const FOREVER = 0xffffffff;

function addressJson({ options }: Context, address: InterfaceAddress): object {
  const { local, length, broadcast, scope, secondary, label } = address;
  if (options.brief) return { local, prefixlen: length };
  return {
    family: "inet",
    local,
    prefixlen: length,
    ...(broadcast !== null && { broadcast }),
    scope,
    ...(secondary && { secondary }),
    label,
    valid_life_time: FOREVER,
    preferred_life_time: FOREVER,
  };
}
