// The raw socket of `traceroute -T`, connected to the destination, of the family it is of.
// Before you edit: traceroute/mod-tcp.c (tcp_init, tcp_check_reply), traceroute.c (tune_socket), net/ipv4/datagram.c
// (__ip4_datagram_connect), net/ipv6/datagram.c (__ip6_datagram_connect).
import type { Errno } from "../netns/errno.ts";
import { peekRoute } from "../netns/ipv4/output-route.ts";
import type { Netns } from "../netns/netns.ts";
import { type QueuedError, queuedError } from "../netns/socket/error-queue.ts";
import { type IpPacket, wayTo } from "../netns/socket/family.ts";
import { RawSocket } from "../netns/socket/raw.ts";
import { RawSocket6 } from "../netns/socket/raw6.ts";
import { errno6Of } from "../netns/tcp/tcp6.ts";
import type { Waitable } from "../netns/wait.ts";
import type { Ipv4 } from "../wire/address.ts";
import { type Ipv6, LOOPBACK6 } from "../wire/address6.ts";
import { PROTOCOL, type Tcp } from "../wire/packet.ts";
import type { Scoped } from "./internet-address.ts";
import type { Manner } from "./traceroute-echo.ts";

/** A segment that came in, or one that an error quotes. */
export interface HeardSyn {
  readonly tcp: Tcp;
  readonly isQuoted: boolean;
  readonly from: Scoped;
  readonly time: number;
  /** TTL or hop limit it came with. */
  readonly ttl: number;
  readonly error: QueuedError | null;
}

export interface SynSocket {
  readonly socket: Waitable & { close(): void };
  /** What the way to the destination leaves for data (at least of 576 octets). */
  readonly mss: number;
  send(syn: Tcp, ttl: number): Errno | null;
  /** The next of what came in; null when nothing is there. */
  receive(): HeardSyn | null;
}

const SMALLEST = 576;
const HEADERS = { 4: 40, 6: 60 } as const;

/** Why it could not be connected, or the socket. */
export function synSocket4(ns: Netns, dst: Ipv4, src: Ipv4 | null, manner: Manner): SynSocket | Errno {
  const { device: oif, tos, discovery } = manner;
  const way = peekRoute(ns, dst, src, oif);
  if (way.errno !== null) return way.errno;
  if (way.decision.type === "broadcast") return "EACCES";
  const mtu = ns.pathMtus.of({ ...way.decision, device: way.device }, dst, ns.cables.now);
  const socket = new RawSocket(ns, "traceroute", PROTOCOL.tcp, oif);
  socket.remote = dst;
  socket.hearsErrors = true;
  const how = { dst, src: way.src, tos, discovery };
  return {
    socket,
    mss: Math.max(mtu, SMALLEST) - HEADERS[4],
    send: (syn, ttl) => socket.send(syn, { ...how, ttl }, sends(dst, ttl)).errno,
    receive() {
      for (let heard = socket.receive(); heard !== null; heard = socket.receive()) {
        const { packet, quoted, time } = heard;
        const tcp = segmentOf(quoted ?? packet);
        if (tcp === null) continue;
        const { body } = packet;
        const error = quoted === undefined || body.kind !== "icmp" ? null : queuedError(packet, body, quoted, time);
        const from = { address: packet.src, scope: null };
        return { tcp, isQuoted: quoted !== undefined, from, time, ttl: packet.ttl, error };
      }
      return null;
    },
  };
}

/** The same over IPv6; a link-local destination says nothing without a device. */
export function synSocket6(ns: Netns, wanted: Ipv6, src: Ipv6 | null, manner: Manner): SynSocket | Errno {
  const { device: oif, tos: trafficClass, discovery } = manner;
  const dst = wanted.isUnspecified ? LOOPBACK6 : wanted;
  const way = wayTo(ns, dst, src, oif, 0);
  if (way.errno !== null) return way.errno;
  const socket = new RawSocket6(ns, "traceroute", dst, oif);
  const how = { src: way.src as Ipv6, trafficClass, discovery };
  return {
    socket,
    mss: Math.max(way.mtu, SMALLEST) - HEADERS[6],
    send: (syn, hopLimit) => socket.send(syn, { ...how, hopLimit }, sends(dst, hopLimit)).errno,
    receive() {
      for (let heard = socket.receive(); heard !== null; heard = socket.receive()) {
        const { packet, quoted, time, iif } = heard;
        const tcp = segmentOf(quoted ?? packet);
        if (tcp === null) continue;
        const errno = quoted === undefined || packet.body.kind !== "icmp6" ? null : errno6Of(packet.body);
        const error =
          errno === null || packet.body.kind !== "icmp6"
            ? null
            : queuedError(packet, packet.body, quoted!, time, errno, iif);
        const from = { address: packet.src, scope: packet.src.isLinkLocal ? iif : null };
        return { tcp, isQuoted: quoted !== undefined, from, time, ttl: packet.hopLimit, error };
      }
      return null;
    },
  };
}

const segmentOf = ({ body }: IpPacket): Tcp | null => (body.kind === "tcp" ? body : null);

const sends = (to: Ipv4 | Ipv6, ttl: number): string => `sends a SYN to ${to}, TTL ${ttl}`;
