// VRRP version 2: the master of a virtual router says that it is there. IP carries it as octets of protocol 112.
// Before you edit: RFC 3768 §5, RFC 2338 §5.3.6 (authentication), tcpdump's print-vrrp.c.
import { Ipv4 } from "./address.ts";
import { finish, sum } from "./checksum.ts";
import { viewOf } from "./octets.ts";
import type { UnknownBody } from "./packet.ts";

export const VRRP = 112;
/** Whom advertisements are for; their TTL, so that none comes from beyond a router. */
export const VRRP_GROUP = Ipv4.of(0xe0000012);
export const VRRP_TTL = 255;

export interface Advertisement {
  /** The virtual router's number, 1 to 255. */
  readonly vrid: number;
  /** 255: its addresses are its own; 0: it ends. */
  readonly priority: number;
  /** Seconds between two. */
  readonly interval: number;
  readonly addresses: readonly Ipv4[];
  /** A password that all can read, at most eight octets (authentication type 1); null: none. */
  readonly password: string | null;
}

/** What IP carries. Behind the addresses there is always room for a password. */
export function advertisementBody({ vrid, priority, interval, addresses, password }: Advertisement): UnknownBody {
  const data = new Uint8Array(16 + 4 * addresses.length);
  data.set([0x21, vrid, priority, addresses.length, password === null ? 0 : 1, interval]);
  const view = viewOf(data);
  for (const [i, { bits }] of addresses.entries()) view.setUint32(8 + 4 * i, bits);
  data.set(new TextEncoder().encode(password ?? "").subarray(0, 8), data.length - 8);
  view.setUint16(6, finish(sum(data)));
  return { kind: "unknown", protocol: VRRP, data };
}

/** The advertisement in the octets; null: they are none of version 2, cut short, or changed on the way. */
export function advertisementOf(data: Uint8Array): Advertisement | null {
  const count = data[3] ?? 0;
  if (data.length < 16 + 4 * count || data[0] !== 0x21 || finish(sum(data)) !== 0) return null;
  const view = viewOf(data);
  return {
    vrid: data[1]!,
    priority: data[2]!,
    interval: data[5]!,
    addresses: Array.from({ length: count }, (_, i) => Ipv4.of(view.getUint32(8 + 4 * i))),
    password: data[4] === 1 ? textOf(data.subarray(8 + 4 * count, 16 + 4 * count)) : null,
  };
}

function textOf(octets: Uint8Array): string {
  return new TextDecoder().decode(octets).replace(/\0.*$/s, "");
}

const AUTHENTICATION = ["none", "simple", "ah"] as const;

/** As tcpdump prints it, with its addresses if it is asked for more; null: not an advertisement of version 2. */
export function describeVrrp(data: Uint8Array, ttl: number, isVerbose: boolean): string | null {
  if (data.length < 8 || data[0] !== 0x21) return null;
  const ttlText = ttl === VRRP_TTL ? "" : `, (ttl ${ttl})`;
  const vrid = data[1] === 0 ? "[vrid=0!]" : "";
  const kind = AUTHENTICATION[data[4]!];
  const authentication = kind === undefined ? `[#${data[4]}]` : kind;
  const line = `VRRPv2, Advertisement, ${vrid}vrid ${data[1]}, prio ${data[2]}${ttlText}, authtype ${authentication}, intvl ${data[5]}s, length ${data.length}`;
  if (!isVerbose) return line;
  const said = advertisementOf(data);
  if (said === null) return line;
  const { addresses, password } = said;
  return `${line}, addrs${addresses.length === 1 ? "" : `(${addresses.length})`}: ${addresses.join(",")}${password === null ? "" : ` auth "${password}"`}`;
}
