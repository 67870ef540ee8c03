// Generic UDP encapsulation: a header that says which IP protocol follows, in a datagram; and foo over UDP, without it.
// Before you edit: draft-ietf-intarea-gue §3, include/net/gue.h (validate_gue_flags), net/ipv4/fou_core.c (gue_udp_recv).
import { ipv4Bytes } from "./bytes.ts";
import { ipv6Bytes } from "./bytes6.ts";
import { type Ipv4Packet, type Ipv6Packet, PROTOCOL } from "./packet.ts";

/** Octets of UDP, and of the GUE header as Linux makes it. */
export const FOU_OVERHEAD = 8;
export const GUE_OVERHEAD = 12;

/** The protocol number of IPv6 in another packet. */
export const IPV6_INSIDE = 41;

const PRIVATE = 0x0001;
const REMOTE_CHECKSUM = 0x80000000;

/** What a datagram carries: an IP protocol and its octets; or why it is not taken. */
export interface Carried {
  readonly protocol: number;
  readonly data: Uint8Array;
}

/** The data of a datagram that carries a packet: variant 0, no flags, no fields. */
export function gueBytes(packet: Ipv4Packet | Ipv6Packet): Uint8Array {
  const inner = packet.kind === "ipv4" ? ipv4Bytes(packet) : ipv6Bytes(packet);
  const out = new Uint8Array(4 + inner.length);
  out[1] = packet.kind === "ipv4" ? PROTOCOL.ipip : IPV6_INSIDE;
  out.set(inner, 4);
  return out;
}

/** Reads the data of a datagram as GUE: what it carries, or why Linux does not take it. */
export function gueOf(data: Uint8Array): Carried | string {
  if (data.length < 4) return "it is shorter than a GUE header";
  const first = data[0]!;
  const variant = first >> 6;
  if (variant === 1) {
    // The header is left out: the first bits are those of an IP packet.
    const version = first >> 4;
    if (version !== 4 && version !== 6) return `of GUE variant 1, and neither IPv4 nor IPv6 follows`;
    return { protocol: version === 4 ? PROTOCOL.ipip : IPV6_INSIDE, data };
  }
  if (variant !== 0) return `of GUE variant ${variant}, which nobody has defined`;
  const fields = (first & 0x1f) * 4;
  if (data.length < 4 + fields) return "its header is longer than the datagram";
  const view = new DataView(data.buffer, data.byteOffset);
  const why = wrongFields(view, fields);
  if (why !== null) return why;
  if ((first & 0x20) !== 0) return "a control message, which Linux does not know";
  const protocol = data[1]!;
  return protocol === 0 ? "its header names no protocol" : { protocol, data: data.subarray(4 + fields) };
}

/** Flags nobody knows, or fields that do not fit what the header says of its length. */
function wrongFields(view: DataView, fields: number): string | null {
  const flags = view.getUint16(2);
  if ((flags & ~PRIVATE) !== 0) return `unknown flags 0x${flags.toString(16).padStart(4, "0")} in its header`;
  if ((flags & PRIVATE) === 0) return null;
  if (fields < 4) return "its private flags are missing";
  const own = view.getUint32(4);
  if (own === 0) return null;
  if (own !== REMOTE_CHECKSUM) return `unknown private flags 0x${own.toString(16).padStart(8, "0")} in its header`;
  return "remote checksum offload is not modelled";
}
