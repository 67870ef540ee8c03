// A host on a command line: an address of either family, a link-local one with its device (fe80::1%eth0), or a name.
// Before you edit: getaddrinfo(3), glibc's getaddrinfo.c (gaih_inet), resolv/inet_addr.c (inet_aton_end).
import type { Asking } from "../lab/programs.ts";
import type { Device } from "../link/device.ts";
import type { Netns } from "../netns/netns.ts";
import type { Family } from "../netns/socket/family.ts";
import { type Ip, Ipv4, ip } from "../wire/address.ts";
import { resolverConf } from "./dns/conf.ts";
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
  let address: Ip | null;
  try {
    address = ip(plain);
  } catch {
    address = shortIpv4(plain);
  }
  if (address === null) return null;
  if (family !== null && address.family !== family) return "family";
  if (zone === undefined) return { address, scope: null };
  // Only link-local addresses have a zone.
  const isScoped = address.family === 6 && (address.isLinkLocal || address.isLinkLocalMulticast);
  const scope = isScoped ? (ns.devices.get(zone) ?? ns.deviceOfIndex(Number(zone))) : undefined;
  return scope === undefined ? null : { address, scope };
}

/** `127.1`, `0`, `0x7f000001`: up to four numbers, of which the last fills the octets that are left (inet_aton). */
export function shortIpv4(text: string): Ipv4 | null {
  const parts = text.split(".");
  const last = parts.pop()!;
  if (parts.length > 3 || ![...parts, last].every((part) => /^(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(part)))
    return null;
  const value = (part: string) => (/^0\d/.test(part) ? Number.parseInt(part, 8) : Number(part));
  const room = 256 ** (4 - parts.length);
  if (parts.some((part) => value(part) > 255) || value(last) >= room) return null;
  return Ipv4.of(parts.reduce((bits, part, i) => bits + value(part) * 256 ** (3 - i), value(last)));
}

/** The same with names looked up, by the files and the servers of the place. */
export function* lookUp(looking: Looking, text: string, family: Family | null): Asking<Host | "family" | NotFound> {
  const found = hostOf(looking.ns, text, family);
  if (found !== null) return found;
  // With nobody to ask a misspelt address is a name like others.
  if (!isName(text)) return /[:%/]/.test(text) || resolverConf(looking) !== null ? "noName" : "again";
  const addresses = yield* addressesOf(looking, text, family);
  return typeof addresses === "string" ? addresses : { address: addresses[0]!, scope: null };
}

/** Whether a resolver may be asked for it: it is no address, nor one that was misspelt. */
export function isName(text: string): boolean {
  return /^[^\s%:/]+$/.test(text) && !/^[\d.]+$/.test(text);
}
