// The source port of a tunnel's datagram: a hash of the flow inside, the same both ways, so that routers below keep a
// flow on one way and spread many. The kernel's hash has a random key; this one has none.
// Before you edit: include/net/udp_tunnel.h (udp_flow_src_port), net/core/flow_dissector.c (skb_get_hash).
import type { Frame, Ipv4Packet } from "./packet.ts";

/** From `first` on, and below `last`. */
export function sourcePort({ first, last }: { readonly first: number; readonly last: number }, frame: Frame): number {
  return first + Math.floor((flowHash(frame) / 2 ** 32) * (last - first));
}

function flowHash({ dst, src, payload }: Frame): number {
  const words =
    payload.kind === "ipv4"
      ? [...sorted(payload.src.bits, payload.dst.bits), ...ports(payload)]
      : [Math.floor(src.bits / 2 ** 24), src.bits % 2 ** 24, Math.floor(dst.bits / 2 ** 24), dst.bits % 2 ** 24];
  let hash = 0x811c9dc5;
  for (const word of words) {
    hash = Math.imul(hash ^ word, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash >>> 0;
}

function ports({ body, moreFragments, fragmentOffset }: Ipv4Packet): readonly number[] {
  const hasPorts = (body.kind === "udp" || body.kind === "tcp") && !moreFragments && fragmentOffset === 0;
  return hasPorts ? [...sorted(body.srcPort, body.dstPort), body.kind === "udp" ? 17 : 6] : [];
}

const sorted = (a: number, b: number) => (a < b ? [a, b] : [b, a]);
