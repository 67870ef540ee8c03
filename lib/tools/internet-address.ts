// The address behind a word of traceroute and tracepath, as getaddrinfo finds it, and how getnameinfo writes one.
// Before you edit: glibc sysdeps/posix/getaddrinfo.c (gaih_inet), inet/getnameinfo.c, RFC 4007 §11.
import type { Device } from "../link/device.ts";
import type { Netns } from "../netns/netns.ts";
import type { Family } from "../netns/socket/family.ts";
import { type Ip, ipv4 } from "../wire/address.ts";
import { type Ipv6, ipv6 } from "../wire/address6.ts";
import { BadInput } from "../wire/input.ts";

/** An address, and of a link-local one the device it belongs to. */
export interface Scoped {
  readonly address: Ip;
  readonly scope: Device | null;
}

/** The address a word stands for, of `family` if one is asked for; a text is getaddrinfo's complaint. */
export function resolve(ns: Netns, word: string, family: Family | null): Scoped | string {
  const isIpv4 = /^\d+\.\d+\.\d+\.\d+$/.test(word) && word.split(".").every((part) => Number(part) < 256);
  if (isIpv4) return family === 6 ? OTHER_FAMILY : { address: ipv4(word), scope: null };
  if (word.includes(":")) return numeric6(ns, word, family);
  // A namespace has no resolver: of names it knows only its own (/etc/hosts).
  if (word === "localhost" && family !== 6) return { address: ipv4("127.0.0.1"), scope: null };
  return word.includes("/") ? UNKNOWN : "Temporary failure in name resolution";
}

const UNKNOWN = "Name or service not known";
const OTHER_FAMILY = "Address family for hostname not supported";

function numeric6(ns: Netns, word: string, family: Family | null): Scoped | string {
  const [text = "", zone, ...rest] = word.split("%");
  let address: Ipv6;
  try {
    address = ipv6(text);
  } catch (failure) {
    if (!(failure instanceof BadInput)) throw failure;
    return UNKNOWN;
  }
  if (family === 4) return OTHER_FAMILY;
  if (zone === undefined) return { address, scope: null };
  const scope = address.isLinkLocal ? (ns.devices.get(zone) ?? ns.deviceOfIndex(Number(zone))) : undefined;
  return scope === undefined || rest.length > 0 ? UNKNOWN : { address, scope };
}

/** `10.0.0.1`, `fd00::1`, `fe80::1%eth0` */
export function numericName({ address, scope }: Scoped): string {
  return scope === null ? address.text : `${address}%${scope.name}`;
}

/** Its name, or null: the only one a namespace knows is its own. */
export function nameOf({ address }: Scoped): string | null {
  return address.text === "127.0.0.1" ? "localhost" : null;
}
