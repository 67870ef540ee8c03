// The echo requests of `traceroute -I`: one raw socket, connected to the destination, of the family it is of.
// Before you edit: traceroute/mod-icmp.c, traceroute.c (tune_socket), net/ipv4/datagram.c (__ip4_datagram_connect),
// net/ipv6/datagram.c (__ip6_datagram_connect).
import type { Device } from "../link/device.ts";
import type { Errno } from "../netns/errno.ts";
import { peekRoute } from "../netns/ipv4/output-route.ts";
import { peekRoute6 } from "../netns/ipv6/output-route.ts";
import type { Netns } from "../netns/netns.ts";
import { type QueuedError, queuedError } from "../netns/socket/error-queue.ts";
import { PingSocket } from "../netns/socket/ping.ts";
import { PingSocket6 } from "../netns/socket/ping6.ts";
import { errno6Of } from "../netns/tcp/tcp6.ts";
import type { Waitable } from "../netns/wait.ts";
import type { Ipv4 } from "../wire/address.ts";
import { type Ipv6, LOOPBACK6 } from "../wire/address6.ts";
import { PROTOCOL } from "../wire/packet.ts";
import type { Scoped } from "./internet-address.ts";

/** What came in for an echo request: the reply, or an error about it. */
export interface Echo {
  readonly seq: number;
  readonly from: Scoped;
  readonly time: number;
  /** TTL or hop limit it came with. */
  readonly ttl: number;
  readonly error: QueuedError | null;
}

/** How the requests go out. */
export interface Manner {
  readonly device: Device | null;
  readonly tos: number;
  readonly discovery: "probe" | "dont";
}

export interface EchoSocket {
  readonly socket: Waitable & { close(): void };
  send(seq: number, data: Uint8Array, ttl: number): { readonly errno: Errno | null; readonly mtu?: number };
  /** The next of what came in; null when nothing is there. */
  receive(): Echo | null;
}

/** Why it could not be connected, or the socket. */
export function echoSocket4(ns: Netns, dst: Ipv4, src: Ipv4 | null, manner: Manner): EchoSocket | Errno {
  const { device: oif, tos, discovery } = manner;
  const way = peekRoute(ns, dst, src, oif);
  if (way.errno !== null) return way.errno;
  if (way.decision.type === "broadcast") return "EACCES";
  const socket = new PingSocket(ns, "traceroute");
  return {
    socket,
    send: (seq, data, ttl) => socket.send(dst, seq, data, { src, oif, ttl, tos, discovery }, -1),
    receive() {
      for (let message = socket.receive(); message !== null; message = socket.receive()) {
        const { packet, quoted, time } = message;
        const about = (quoted ?? packet).body;
        if (about.kind !== "icmp" || packet.body.kind !== "icmp") continue;
        if (quoted === undefined && packet.src !== dst) continue;
        const error = quoted === undefined ? null : queuedError(packet, packet.body, quoted, time);
        const from = { address: packet.src, scope: null };
        return { seq: about.rest & 0xffff, from, time, ttl: packet.ttl, error };
      }
      return null;
    },
  };
}

/** The same over IPv6; a link-local destination says nothing without a device. */
export function echoSocket6(ns: Netns, wanted: Ipv6, src: Ipv6 | null, manner: Manner): EchoSocket | Errno {
  const { device: oif, tos: trafficClass, discovery } = manner;
  const dst = wanted.isUnspecified ? LOOPBACK6 : wanted;
  if (dst.isLinkLocal && oif === null) return "EINVAL";
  const way = peekRoute6(ns, dst, src, oif, { protocol: PROTOCOL.icmp6 });
  if (way.errno !== null) return way.errno;
  const socket = new PingSocket6(ns, "traceroute");
  const how = { src: way.src, oif, trafficClass, discovery };
  return {
    socket,
    send: (seq, data, hopLimit) => socket.send(dst, seq, data, { ...how, hopLimit }, -1),
    receive() {
      for (let message = socket.receive(); message !== null; message = socket.receive()) {
        const { packet, quoted, time, iif } = message;
        const about = (quoted ?? packet).body;
        if (about.kind !== "icmp6" || packet.body.kind !== "icmp6") continue;
        if (quoted === undefined && packet.src !== dst) continue;
        const errno = quoted === undefined ? null : errno6Of(packet.body);
        const error = errno === null ? null : queuedError(packet, packet.body, quoted!, time, errno);
        const from = { address: packet.src, scope: packet.src.isLinkLocal ? iif : null };
        return { seq: about.rest & 0xffff, from, time, ttl: packet.hopLimit, error };
      }
      return null;
    },
  };
}
