// A tunnel that is a bridge's port tells who sent something too large, in the receiver's name: nobody else could.
// Before you edit: net/ipv4/ip_tunnel_core.c (iptunnel_pmtud_check_icmp, iptunnel_pmtud_build_icmp).
import { ipv4Bytes } from "../../wire/bytes.ts";
import { type Frame, ICMP, ICMP_CODE, type Ipv4Packet } from "../../wire/packet.ts";

/** A way that is narrower is not told of. */
const LEAST = 576;

/** The frame to the sender that says "fragmentation needed", or null when about this packet nothing may be said. */
export function tooBigReply(frame: Frame, packet: Ipv4Packet, mtu: number): Frame | null {
  const { body, src, dst } = packet;
  if (mtu < LEAST || !packet.dontFragment || packet.moreFragments || packet.fragmentOffset > 0) return null;
  if (dst.bits === 0xffffffff || dst.isMulticast) return null;
  if (src.isZeroNet || src.isLoopback || src.bits === 0xffffffff || src.isMulticast) return null;
  if (body.kind === "icmp" && body.type !== ICMP.echoRequest && body.type !== ICMP.echoReply) return null;
  return {
    dst: frame.src,
    src: frame.dst,
    payload: {
      kind: "ipv4",
      src: dst,
      dst: src,
      ttl: packet.ttl,
      id: 0,
      tos: 0,
      dontFragment: true,
      moreFragments: false,
      fragmentOffset: 0,
      body: {
        kind: "icmp",
        type: ICMP.unreachable,
        code: ICMP_CODE.fragmentationNeeded,
        rest: mtu,
        data: ipv4Bytes(packet).slice(0, LEAST - 28),
      },
    },
  };
}
