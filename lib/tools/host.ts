// A host on a command line: an address of either family, a link-local one with its device (fe80::1%eth0), or localhost.
// Other names need a resolver. Before you edit: getaddrinfo(3), glibc's getaddrinfo.c (gaih_inet).
import type { Device } from "../link/device.ts";
import type { Netns } from "../netns/netns.ts";
import type { Family } from "../netns/socket/family.ts";
import { type Ip, ip } from "../wire/address.ts";

/** An address, and the device that gives it a meaning. */
export interface Host {
  readonly address: Ip;
  readonly scope: Device | null;
}

/** What getaddrinfo says of a host: its address, "family" when it has none of the family wanted, null when nobody knows it. */
export function hostOf(ns: Netns, text: string, family: Family | null): Host | "family" | null {
  if (text === "localhost") return { address: ip(family === 6 ? "::1" : "127.0.0.1"), scope: null };
  const [plain = "", zone] = text.split("%");
  let address: Ip;
  try {
    address = ip(plain);
  } catch {
    return null;
  }
  if (family !== null && address.family !== family) return "family";
  if (zone === undefined) return { address, scope: null };
  // Only link-local addresses have a zone.
  const isScoped = address.family === 6 && (address.isLinkLocal || address.isLinkLocalMulticast);
  const scope = isScoped ? (ns.devices.get(zone) ?? ns.deviceOfIndex(Number(zone))) : undefined;
  return scope === undefined ? null : { address, scope };
}
