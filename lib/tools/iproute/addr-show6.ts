// IPv6's addresses in `ip addr show`.
// Before you edit: iproute2 ip/ipaddress.c (print_addrinfo, print_ifa_flags, ipaddr_filter), net/ipv6/addrconf.c
// (inet6_fill_ifinfo: what `ip -6 addr` knows of a device).
import { type InterfaceAddress6, lifeLeft6, scope6Of } from "../../ip/address6.ts";
import type { Device } from "../../link/device.ts";
import { type AddressFilter, hasFlags } from "./addr-filter.ts";
import { lifetimeJson, lifetimeText } from "./addr-lifetime.ts";
import type { Context } from "./context.ts";
import { linkFlags, nameAndLink } from "./link-text.ts";

/** The addresses of a device that a filter lets through. */
export function addresses6Of({ ns, options }: Context, device: Device, filter: AddressFilter): InterfaceAddress6[] {
  if (!ns.hasIpv6 || (options.inet && filter.to6 === null) || filter.to !== null) return [];
  return ns.ipv6.of(device).addresses.filter((address) => {
    const has = flagsOf(address);
    if (!hasFlags(filter, (flag) => (flag === "permanent" ? !has.includes("dynamic") : has.includes(flag))))
      return false;
    if (filter.scope !== null && scope6Of(address.local) !== filter.scope) return false;
    if (filter.label !== null && filter.label !== device.name) return false;
    return filter.to6 === null || filter.to6.contains(address.local);
  });
}

/** The flags that are printed, in iproute2's order. */
function flagsOf({ noDad, dadFailed, deprecated, tentative, noPrefixRoute, lifetime }: InterfaceAddress6): string[] {
  return [
    ...(noDad ? ["nodad"] : []),
    ...(dadFailed ? ["dadfailed"] : []),
    ...(deprecated ? ["deprecated"] : []),
    ...(tentative ? ["tentative"] : []),
    ...(lifetime !== null && lifetime.valid !== null ? ["dynamic"] : []),
    ...(noPrefixRoute ? ["noprefixroute"] : []),
  ];
}

export function address6Text({ ns, options, newline }: Context, device: Device, address: InterfaceAddress6): string {
  const { local, peer, length, metric } = address;
  const name = peer === null ? `${local}/${length}` : `${local} peer ${peer}/${length}`;
  if (options.brief) return `${name} ${metric === 0 ? "" : `metric ${metric} `}`;
  const words = [`    inet6 ${name}`];
  if (metric !== 0) words.push(`metric ${metric}`);
  words.push(`scope ${scope6Of(local)}`, ...flagsOf(address));
  const head = options.oneline ? `${device.index}: ${device.name}` : "";
  const left = lifeLeft6(address, ns.cables.now);
  return `${head}${words.join(" ")} ${newline}       ${lifetimeText(left)}\n`;
}

export function address6Json({ ns, options }: Context, address: InterfaceAddress6): object {
  const { local, peer, length, metric } = address;
  const network = {
    local,
    ...(peer !== null && { address: peer }),
    prefixlen: length,
    ...(metric !== 0 && { metric }),
  };
  if (options.brief) return network;
  const left = lifeLeft6(address, ns.cables.now);
  return {
    family: "inet6",
    ...network,
    scope: scope6Of(local),
    ...Object.fromEntries(flagsOf(address).map((flag) => [flag, true])),
    ...lifetimeJson(left),
  };
}

/** The line of a device as IPv6 alone tells of it: no queue, no master, no link layer. */
export function link6Text(context: Context, device: Device): string {
  const name = nameAndLink6(context, device);
  const flags = linkFlags(context, device).filter((flag) => flag !== "M-DOWN");
  if (context.options.brief) return `${name.padEnd(16)} ${device.state.padEnd(14)} `;
  return `${device.index}: ${name}: <${flags.join(",")}> mtu ${device.mtu} state ${device.state} qlen 1000\n`;
}

/** What a device leads to is told if its index is another, and as if it were in this namespace. */
function nameAndLink6(context: Context, device: Device): string {
  const { peer } = device;
  if (peer === null) return nameAndLink(context, device);
  if (peer.index === device.index) return device.name;
  return `${device.name}@${context.ns.deviceOfIndex(peer.index)?.name ?? `if${peer.index}`}`;
}

export function link6Json(context: Context, device: Device): object {
  const { peer } = device;
  const other = peer === null || peer.index === device.index ? null : peer.index;
  const named = other === null ? undefined : context.ns.deviceOfIndex(other)?.name;
  return {
    ifindex: device.index,
    ...(other !== null && (named === undefined ? { link_index: other } : { link: named })),
    ifname: device.name,
    flags: linkFlags(context, device).filter((flag) => flag !== "M-DOWN"),
    mtu: device.mtu,
    operstate: device.state,
    txqlen: 1000,
  };
}
