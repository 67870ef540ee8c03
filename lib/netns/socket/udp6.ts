// UDP over IPv6: the doors by which datagrams and errors come in. The rest is the same as over IPv4.
// Before you edit: net/ipv6/udp.c (__udp6_lib_rcv, udp6_csum_zero_error, __udp6_lib_err), icmp.c (icmpv6_err_convert).
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import { ICMP6, ICMP6_CODE, type Icmp6, type Ipv6Packet, type Udp } from "../../wire/packet.ts";
import { icmp6Error } from "../ipv6/icmp.ts";
import { learnMtu6 } from "../ipv6/path-mtu.ts";
import type { Arrival6 } from "../ipv6/skb6.ts";
import type { Netns } from "../netns.ts";
import { errno6Of } from "../tcp/tcp6.ts";
import { queuedError } from "./error-queue.ts";
import type { UdpSocket } from "./udp.ts";
import { fittingSockets, queue } from "./udp-input.ts";

/** A datagram for this namespace: the socket that fits best gets it, of one for a group all that fit. */
export function udpInput6(ns: Netns, arrival: Arrival6, packet: Ipv6Packet, udp: Udp, cause: number): void {
  const { device, iif } = arrival;
  const { mib } = ns.ipv6;
  if (udp.unchecked) {
    mib.Udp6InCsumErrors++;
    mib.Udp6InErrors++;
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: "a datagram without checksum: IPv6 has none of its own, so UDP must have one",
    }));
    return;
  }
  const fitting = fittingSockets(ns, iif, packet, udp);
  if (fitting.length === 0) {
    if (packet.dst.isMulticast) mib.Udp6IgnoredMulti++;
    else mib.Udp6NoPorts++;
    const step = ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: `no program listens on UDP port ${udp.dstPort}`,
      evidence: { kind: "socket", text: `no socket with local port ${udp.dstPort}`, command: "ss -6lun" },
    }));
    // Its connection is forgotten by now (nf_reset_ct).
    arrival.ct = null;
    if (!packet.dst.isMulticast) icmp6Error(ns, arrival, packet, ICMP6.unreachable, ICMP6_CODE.port, 0, step);
    return;
  }
  for (const socket of packet.dst.isMulticast ? fitting : fitting.slice(0, 1))
    queue(ns, iif, packet, udp, socket, cause);
}

/**
 * An ICMPv6 error about a datagram: a connected socket is told of what is final; one that asked for its errors in full is
 * told of every one.
 */
export function udpError6(
  ns: Netns,
  iif: Device,
  quoted: Ipv6Packet,
  udp: Udp,
  message: Ipv6Packet,
  icmp: Icmp6,
  cause: number,
): boolean {
  const sockets = ns.sockets.udp.get(udp.srcPort) ?? [];
  const socket =
    sockets.find(({ remote }) => remote?.address === quoted.dst && remote.port === udp.dstPort) ??
    sockets.find(({ remote, local }) => remote === null && (local.address ?? quoted.src) === quoted.src);
  const errno = errno6Of(icmp);
  if (socket === undefined) ns.ipv6.mib.Icmp6InErrors++;
  if (socket === undefined || errno === null) return false;
  learnMtu6(ns, quoted, icmp, cause);
  const full = socket.errors === null ? null : queuedError(message, icmp, quoted, ns.cables.now, errno, iif);
  if (full !== null) socket.errors!.push(full);
  else if (socket.remote === null || !isFinal(icmp, socket.options.discovery)) return false;
  socket.error = errno;
  socket.wake();
  return true;
}

/** What ends a conversation (tab_unreach of net/ipv6/icmp.c); of a path too narrow only who wants to know is told. */
function isFinal({ type, code }: Icmp6, discovery: UdpSocket["options"]["discovery"]): boolean {
  if (type === ICMP6.unreachable)
    return code !== ICMP6_CODE.noRoute && code !== ICMP6_CODE.beyondScope && code !== ICMP6_CODE.address;
  return type === ICMP6.parameterProblem || (type === ICMP6.packetTooBig && discovery !== "dont");
}
