// VRRP versions 2 and 3: the master of a virtual router says that it is there. IP carries it as octets of protocol 112.
// Before you edit: RFC 3768 §5, RFC 2338 §5.3.6 (authentication), RFC 5798 §5, tcpdump's print-vrrp.c.
import { Ipv4 } from "./address.ts";
import { finish, sum } from "./checksum.ts";
import { viewOf } from "./octets.ts";
import type { UnknownBody } from "./packet.ts";

export const VRRP = 112;
/** Whom advertisements are for; their TTL, so that none comes from beyond a router. */
export const VRRP_GROUP = Ipv4.of(0xe0000012);
export const VRRP_TTL = 255;

export interface Advertisement {
  readonly version: 2 | 3;
  /** The virtual router's number, 1 to 255. */
  readonly vrid: number;
  /** 255: its addresses are its own; 0: it ends. */
  readonly priority: number;
  /** Seconds between two: whole ones in version 2, hundredths in version 3. */
  readonly interval: number;
  readonly addresses: readonly Ipv4[];
  /** A password that all can read, at most eight octets (authentication type 1 of version 2); null: none. */
  readonly password: string | null;
}

/** What IP carries from an address. */
export function advertisementBody(said: Advertisement, src: Ipv4): UnknownBody {
  if (said.version === 3) return bodyOf3(said, src);
  const { vrid, priority, interval, addresses, password } = said;
  // Behind the addresses there is always room for a password.
  const data = new Uint8Array(16 + 4 * addresses.length);
  data.set([0x21, vrid, priority, addresses.length, password === null ? 0 : 1, interval]);
  const view = viewOf(data);
  for (const [i, { bits }] of addresses.entries()) view.setUint32(8 + 4 * i, bits);
  data.set(new TextEncoder().encode(password ?? "").subarray(0, 8), data.length - 8);
  view.setUint16(6, finish(sum(data)));
  return { kind: "unknown", protocol: VRRP, data };
}

function bodyOf3({ vrid, priority, interval, addresses }: Advertisement, src: Ipv4): UnknownBody {
  const data = new Uint8Array(8 + 4 * addresses.length);
  data.set([0x31, vrid, priority, addresses.length]);
  const view = viewOf(data);
  view.setUint16(4, Math.round(interval * 100));
  for (const [i, { bits }] of addresses.entries()) view.setUint32(8 + 4 * i, bits);
  view.setUint16(6, checksum3(data, src));
  return { kind: "unknown", protocol: VRRP, data };
}

/** Version 3 has a pseudo header in its checksum; 0: the octets are right. */
function checksum3(data: Uint8Array, src: Ipv4): number {
  const words = ({ bits }: Ipv4) => (bits >>> 16) + (bits & 0xffff);
  return finish(sum(data, 0, data.length, words(src) + words(VRRP_GROUP) + VRRP + data.length));
}

/** The advertisement in the octets; null: they are of no version known here, cut short, or changed on the way. */
export function advertisementOf(data: Uint8Array, src: Ipv4): Advertisement | null {
  const count = data[3] ?? 0;
  if (data[0] === 0x31) {
    if (data.length < 8 + 4 * count || checksum3(data, src) !== 0) return null;
    return { ...headOf(data), version: 3, interval: (viewOf(data).getUint16(4) & 0xfff) / 100, password: null };
  }
  if (data.length < 16 + 4 * count || data[0] !== 0x21 || finish(sum(data)) !== 0) return null;
  return {
    ...headOf(data),
    version: 2,
    interval: data[5]!,
    password: data[4] === 1 ? textOf(data.subarray(8 + 4 * count, 16 + 4 * count)) : null,
  };
}

/** What both versions have at the same place. */
function headOf(data: Uint8Array): Pick<Advertisement, "vrid" | "priority" | "addresses"> {
  const view = viewOf(data);
  const addresses = Array.from({ length: data[3]! }, (_, i) => Ipv4.of(view.getUint32(8 + 4 * i)));
  return { vrid: data[1]!, priority: data[2]!, addresses };
}

function textOf(octets: Uint8Array): string {
  return new TextDecoder().decode(octets).replace(/\0.*$/s, "");
}

const AUTHENTICATION = ["none", "simple", "ah"] as const;

/** As tcpdump prints it, with its addresses if it is asked for more; null: not an advertisement. */
export function describeVrrp(data: Uint8Array, src: Ipv4, ttl: number, isVerbose: boolean): string | null {
  if (data.length < 8 || (data[0] !== 0x21 && data[0] !== 0x31)) return null;
  const ttlText = ttl === VRRP_TTL ? "" : `, (ttl ${ttl})`;
  const vrid = data[1] === 0 ? "[vrid=0!]" : "";
  const kind = AUTHENTICATION[data[4]!];
  const authentication = kind === undefined ? `[#${data[4]}]` : kind;
  const interval =
    data[0] === 0x21 ? `authtype ${authentication}, intvl ${data[5]}s` : `intvl ${viewOf(data).getUint16(4) & 0xfff}cs`;
  const line = `VRRPv${data[0] >> 4}, Advertisement, ${vrid}vrid ${data[1]}, prio ${data[2]}${ttlText}, ${interval}, length ${data.length}`;
  if (!isVerbose) return line;
  const said = advertisementOf(data, src);
  if (said === null) return line;
  const { addresses, password } = said;
  return `${line}, addrs${addresses.length === 1 ? "" : `(${addresses.length})`}: ${addresses.join(",")}${password === null ? "" : ` auth "${password}"`}`;
}
