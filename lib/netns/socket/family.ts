// What TCP and UDP ask of IPv4 and IPv6 alike: an address of ours, a way, a send. A socket of IPv6 also speaks IPv4; its
// addresses are kept as they travel, and printed as ::ffff:10.0.0.1.
// Before you edit: net/ipv6/af_inet6.c, tcp_ipv6.c (ipv6_mapped), net/ipv4/inet_connection_sock.c (inet_rcv_saddr_equal).
import type { Device } from "../../link/device.ts";
import { NOT_RECORDED } from "../../trace/step.ts";
import { type Ip, type Ipv4, mapped } from "../../wire/address.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import { type Ipv4Packet, type Ipv6Packet, PROTOCOL, type Tcp, type Udp } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import { quietly } from "../ipv4/arp.ts";
import { routeConnect } from "../ipv4/output-route.ts";
import { ipSend, type Outgoing } from "../ipv4/send.ts";
import { lacksScope, mtu6Of, peekRoute6 } from "../ipv6/output-route.ts";
import { ip6Send } from "../ipv6/send.ts";
import type { Netns } from "../netns.ts";

/** AF_INET, AF_INET6. */
export type Family = 4 | 6;
export type IpPacket = Ipv4Packet | Ipv6Packet;

/** An address and port; a null address is any address of the namespace. */
export interface Endpoint {
  readonly address: Ip | null;
  readonly port: number;
}

/** The other end of a connection. */
export interface Remote {
  readonly address: Ip;
  readonly port: number;
  /** The device that a link-local address belongs to. */
  readonly scope?: Device;
}

/** What says whether two sockets can have the same port. */
export interface Bound {
  readonly family: Family;
  /** IPV6_V6ONLY: `::` does not take IPv4 too. */
  readonly v6only: boolean;
  readonly local: Endpoint;
}

const isAny6 = ({ family, local }: Bound): boolean => family === 6 && local.address === null;
const isIpv4 = ({ family, local }: Bound): boolean => (local.address?.family ?? family) === 4;

/** Whether two local endpoints cannot both be bound: one port, and an address that both would get packets for. */
export function overlap(a: Bound, b: Bound): boolean {
  if (a.local.port !== b.local.port) return false;
  if (isAny6(a)) return !a.v6only || !isIpv4(b);
  if (isAny6(b)) return !b.v6only || !isIpv4(a);
  if (isIpv4(a) !== isIpv4(b)) return false;
  return a.local.address === null || b.local.address === null || a.local.address === b.local.address;
}

/** Whether a socket bound to any address gets what is for an address of this family. */
export function takesFamily({ family, v6only }: Bound, wanted: Family): boolean {
  return family === wanted || (family === 6 && !v6only);
}

/** An address as a socket of this family shows it; null is any. */
export function asShown(address: Ip | null, family: Family): Ip | null {
  return address !== null && family === 6 && address.family === 4 ? mapped(address) : address;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80` */
export function atPort(address: Ip, port: number): string {
  return address.family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The end of a socket: `0.0.0.0:80`, `[::]:80`, `[::ffff:10.0.0.1]:80`. */
export function endText({ address, port }: Endpoint, family: Family): string {
  const shown = asShown(address, family);
  return shown === null ? `${family === 6 ? "[::]" : "0.0.0.0"}:${port}` : atPort(shown, port);
}

/** Whether a program may bind to an address. */
export function isLocal(ns: Netns, address: Ip): boolean {
  if (address.family === 6) return ns.ipv6.deviceOfAddress(address) !== null;
  return ns.tables.local.lookup(address)?.type === "local";
}

/** A way that a connection would take, its source chosen. */
export type SocketWay =
  | {
      readonly errno: null;
      readonly src: Ip;
      /** Of the way as far as it is known; what TCP tells the other end is of it, too (ipv4_default_advmss, ip6_default_advmss). */
      readonly mtu: number;
      readonly toAll: boolean;
    }
  | { readonly errno: Errno };

/** Which way, asked without a trace. A link-local address says nothing without a device. */
export function wayTo(
  ns: Netns,
  dst: Ip,
  src: Ip | null,
  oif: Device | null,
  mark: number,
  protocol: number = PROTOCOL.tcp,
): SocketWay {
  if (dst.family === 6) {
    if (lacksScope(dst, oif)) return { errno: "EINVAL" };
    const way = peekRoute6(ns, dst, src as Ipv6 | null, oif, { protocol, mark });
    if (way.errno !== null) return { errno: way.errno };
    return { errno: null, src: way.src, mtu: mtu6Of(ns, way.way, dst), toAll: false };
  }
  const way = quietly(ns, () => routeConnect(ns, dst, src as Ipv4 | null, oif, NOT_RECORDED, mark));
  if (way.errno !== null) return { errno: way.errno };
  const { decision, device } = way;
  return {
    errno: null,
    src: way.src,
    mtu: ns.pathMtus.of({ ...decision, device }, dst, ns.cables.now),
    toAll: decision.type !== "unicast" && decision.type !== "local",
  };
}

/** A datagram or segment for IP of the family of its destination. */
export type Outward = Omit<Outgoing, "src" | "dst" | "body"> & {
  readonly src: Ip | null;
  readonly dst: Ip;
  readonly body: Udp | Tcp;
  /** The device is only preferred. */
  readonly prefersOif?: boolean;
  /** Over IPv6 a connected socket keeps its way. */
  readonly keepsWay?: boolean;
};

/** Sends it. Null, or why not, with the MTU that was exceeded. */
export function sendByIp(ns: Netns, outward: Outward, cause: number): { errno: Errno | null; mtu?: number } {
  const { src, dst, body, ttl, tos, discovery, oif, prefersOif, keepsWay, confirm, mark } = outward;
  if (dst.family === 4) return ipSend(ns, outward as Outgoing, cause);
  if (lacksScope(dst, oif ?? null)) return { errno: "EINVAL" };
  const from = src as Ipv6 | null;
  const how = { hopLimit: ttl, trafficClass: tos, discovery, oif, prefersOif, keepsWay, confirm, mark };
  return ip6Send(ns, { src: from, dst, body, ...how }, cause);
}

type UdpCounter = "InDatagrams" | "InErrors" | "OutDatagrams" | "RcvbufErrors" | "SndbufErrors";

/** Each family counts for itself. */
export function countUdp(ns: Netns, family: Family, name: UdpCounter): void {
  if (family === 6) ns.ipv6.mib[`Udp6${name}`]++;
  else ns.mib[`Udp${name}`]++;
}
