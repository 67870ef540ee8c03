// By which addresses a packet's way of a multipath route is chosen: mostly those it is routed by.
// Before you edit: net/ipv4/route.c (fib_multipath_hash, ip_multipath_l3_keys), icmp.c (icmp_route_lookup), arp.c
// (arp_process), include/linux/icmp.h (icmp_is_err).
import { Ipv4 } from "../../wire/address.ts";
import { type Arp, ICMP, type Ipv4Packet } from "../../wire/packet.ts";

/**
 * What the kernel has at hand when it asks for a way: the packet that came in, the one an ICMP error is about, or a
 * question a proxy may answer.
 */
export type AtHand = Ipv4Packet | Arp;

export interface MultipathKeys {
  /** Null: not chosen yet. */
  readonly src: Ipv4 | null;
  readonly dst: Ipv4;
}

const SOURCE_QUENCH = 4;
const PARAMETER_PROBLEM = 12;
const ERRORS: ReadonlySet<number> = new Set([
  ICMP.unreachable,
  ICMP.redirect,
  ICMP.timeExceeded,
  SOURCE_QUENCH,
  PARAMETER_PROBLEM,
]);

/** An ICMP error takes the way of the packet it quotes, so that all of a flow goes by one. */
export function multipathKeys(atHand: AtHand): MultipathKeys {
  if (atHand.kind === "arp") return keysOfArp(atHand);
  const { body } = atHand;
  if (body.kind !== "icmp" || !ERRORS.has(body.type) || body.data.length < 20) return atHand;
  const quoted = new DataView(body.data.buffer, body.data.byteOffset);
  return { src: Ipv4.of(quoted.getUint32(12)), dst: Ipv4.of(quoted.getUint32(16)) };
}

/**
 * The kernel takes the octets of an ARP message for an IP header: where that has its source are the end of the sender's
 * MAC and the beginning of its address; its destination is the rest of that and the beginning of the target's MAC.
 */
function keysOfArp({ senderMac, senderIp, targetMac }: Arp): MultipathKeys {
  const src = ((senderMac.bits % 0x10000) << 16) | (senderIp.bits >>> 16);
  const dst = (senderIp.bits << 16) | Math.floor(targetMac.bits / 0x100000000);
  return { src: Ipv4.of(src >>> 0), dst: Ipv4.of(dst >>> 0) };
}
