// A client's packet goes to its real server in another packet, of the server's family, which may be another one than its
// own. The outer packet is one made here: from this machine, its TTL that of what is inside.
// Before you edit: net/netfilter/ipvs/ip_vs_xmit.c (ip_vs_tunnel_xmit, ip_vs_tunnel_xmit_v6, ip_vs_prepare_tunneled_skb).
import type { Conn } from "../../ipvs/connection.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import { ipv4Bytes } from "../../wire/bytes.ts";
import { ipv6Bytes } from "../../wire/bytes6.ts";
import { FOU_OVERHEAD, GUE_OVERHEAD, gueBytes, IPV6_INSIDE } from "../../wire/gue.ts";
import { ZERO_MAC } from "../../wire/mac.ts";
import { type Ipv4Packet, type Ipv6Packet, PROTOCOL, type Udp, type UnknownBody } from "../../wire/packet.ts";
import { sourcePort } from "../../wire/source-port.ts";
import { ipLocalOut, takeId } from "../ipv4/send.ts";
import { ip6LocalOut } from "../ipv6/send.ts";
import { Skb6 } from "../ipv6/skb6.ts";
import type { AnySkb } from "../netfilter/tracking.ts";
import type { Netns } from "../netns.ts";
import { Skb } from "../skb.ts";
import { EPHEMERAL } from "../socket/socket.ts";
import { encapsulateEcn } from "../tunnel/tunnel.ts";
import { confirmTracked } from "./conntrack.ts";
import type { IpPacket } from "./segment.ts";
import type { ServerWay } from "./way.ts";
import { evidenceOf } from "./witness.ts";

const HEADER = { 4: 20, 6: 40 } as const;

/** Octets that a tunnel's outer headers take. */
export function overheadOf({ dest }: Conn): number {
  return HEADER[dest.address.family] + (dest.tunnel === "gue" ? GUE_OVERHEAD : 0);
}

export function encapsulate(ns: Netns, skb: AnySkb, conn: Conn, way: ServerWay): void {
  const { dest } = conn;
  const inner = skb.packet;
  if (conn.isTracked && confirmTracked(ns, skb) === "drop") return;
  const outer = outerPacket(ns, conn, inner, way);
  const header = HEADER[dest.address.family];
  const layers =
    dest.tunnel === "gue"
      ? `UDP to port ${dest.tunnelPort} in octets ${header} to ${header + FOU_OVERHEAD - 1}, GUE behind it, `
      : "";
  const cause = ns.step(LEVEL.path, skb.cause, way.device, "encapsulate", outer, () => ({
    because: `tunnel: the packet goes in one from ${way.src} to ${dest.address}: outer ${outer.kind === "ipv4" ? "IPv4" : "IPv6"} header in octets 0 to ${header - 1}, ${layers}the packet from octet ${overheadOf(conn)}`,
    evidence: evidenceOf(conn),
  }));
  const sent =
    outer.kind === "ipv4"
      ? new Skb(outer, cause, way.device).route(way.of4!.decision, way.device)
      : new Skb6(outer, cause, way.device).route(way.of6!.way, way.device);
  sent.mark = skb.mark;
  sent.isBalanced = true;
  if (sent instanceof Skb6) {
    sent.mtu = way.mtu;
    ip6LocalOut(ns, sent);
  } else ipLocalOut(ns, sent as Skb);
}

function outerPacket(ns: Netns, conn: Conn, inner: IpPacket, { src }: ServerWay): IpPacket {
  const { address } = conn.dest;
  const field = inner.kind === "ipv4" ? inner.tos : inner.trafficClass;
  const tos = encapsulateEcn(field, field);
  const ttl = inner.kind === "ipv4" ? inner.ttl : inner.hopLimit;
  if (address.family === 6) {
    const body = outerBody6(conn, inner);
    return { kind: "ipv6", src: src as Ipv6, dst: address, hopLimit: ttl, trafficClass: tos, flowLabel: 0, body };
  }
  const dontFragment = inner.kind === "ipv4" && inner.dontFragment && ns.balancing!.ipvs.settings.pmtu_disc !== 0;
  return {
    kind: "ipv4",
    src: src as Ipv4,
    dst: address,
    ttl,
    // What must not be cut needs no identification (ip_select_ident).
    id: dontFragment ? 0 : takeId(ns),
    tos,
    dontFragment,
    moreFragments: false,
    fragmentOffset: 0,
    body: outerBody4(conn, inner),
  };
}

function outerBody4(conn: Conn, inner: IpPacket): Ipv4Packet["body"] {
  if (conn.dest.tunnel === "gue") return datagram(conn, inner);
  return inner.kind === "ipv4" ? { kind: "ipip", packet: inner } : octets(inner);
}

function outerBody6(conn: Conn, inner: IpPacket): Ipv6Packet["body"] {
  return conn.dest.tunnel === "gue" ? datagram(conn, inner) : octets(inner);
}

function octets(inner: IpPacket): UnknownBody {
  if (inner.kind === "ipv4") return { kind: "unknown", protocol: PROTOCOL.ipip, data: ipv4Bytes(inner) };
  return { kind: "unknown", protocol: IPV6_INSIDE, data: ipv6Bytes(inner) };
}

function datagram({ dest }: Conn, inner: IpPacket): Udp {
  return {
    kind: "udp",
    srcPort: sourcePort(EPHEMERAL, { dst: ZERO_MAC, src: ZERO_MAC, payload: inner }),
    dstPort: dest.tunnelPort,
    ...(!dest.tunnelChecksum && { unchecked: true as const }),
    data: gueBytes(inner),
  };
}
