// A host on a command line: an address of either family, a link-local one with its device (fe80::1%eth0), or a name.
// Before you edit: getaddrinfo(3), glibc's getaddrinfo.c (gaih_inet).
import type { Asking } from "../lab/programs.ts";
import type { Device } from "../link/device.ts";
import type { Netns } from "../netns/netns.ts";
import type { Family } from "../netns/socket/family.ts";
import { type Ip, ip } from "../wire/address.ts";
import { addressesOf, type Looking, type NotFound } from "./dns/resolver.ts";

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

/** The same with names looked up, by the files and the servers of the place. */
export function* lookUp(looking: Looking, text: string, family: Family | null): Asking<Host | "family" | NotFound> {
  const found = hostOf(looking.ns, text, family);
  if (found !== null) return found;
  if (!isName(text)) return "noName";
  const addresses = yield* addressesOf(looking, text, family);
  return typeof addresses === "string" ? addresses : { address: addresses[0]!, scope: null };
}

/** Whether a resolver may be asked for it: it is no address, nor one that was misspelt. */
export function isName(text: string): boolean {
  return /^[^\s%:/]+$/.test(text) && !/^[\d.]+$/.test(text);
}
