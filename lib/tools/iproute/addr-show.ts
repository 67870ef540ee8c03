// `ip addr show`, `ip link show`: which devices and addresses, in which words.
// Before you edit: iproute2 ip/ipaddress.c (ipaddr_list_flush_or_save, print_addrinfo, ipaddr_filter).
import { type InterfaceAddress, type LifeLeft, lifeLeft } from "../../ip/address.ts";
import type { Device } from "../../link/device.ts";
import { type AddressFilter, hasFlags, readFilter } from "./addr-filter.ts";
import { lifetimeJson, lifetimeText } from "./addr-lifetime.ts";
import { address6Json, address6Text, addresses6Of, link6Json, link6Text } from "./addr-show6.ts";
import type { Context } from "./context.ts";
import { type LineOf, linkJson, linkText, statistics } from "./link-text.ts";
import type { Words } from "./words.ts";

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
  return `${head}    inet ${words.join(" ")}${newline}       ${lifetimeText(left)}\n`;
}

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
    ...lifetimeJson(left),
  };
}
