// TCP over IPv6: the doors by which segments and errors come in. The rest is the same as over IPv4.
// Before you edit: net/ipv6/tcp_ipv6.c (tcp_v6_rcv, tcp_v6_err), icmp.c (icmpv6_err_convert).
import { ICMP6, ICMP6_CODE, type Icmp6, type Ipv6Packet, type Tcp } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import { learnMtu6 } from "../ipv6/path-mtu.ts";
import type { Arrival6 } from "../ipv6/skb6.ts";
import type { Netns } from "../netns.ts";
import { wayTo } from "../socket/family.ts";
import { connectionOf } from "./bind.ts";
import { before } from "./block.ts";
import { isRequest, requestError, shrink, told } from "./errors.ts";
import { tcpInput } from "./tcp.ts";

/** A segment for this namespace. */
export function tcpInput6(ns: Netns, arrival: Arrival6, packet: Ipv6Packet, tcp: Tcp, cause: number): void {
  tcpInput(ns, arrival, packet, tcp, cause);
}

/** An ICMPv6 error about a segment of ours. The way's MTU is known by now. */
export function tcpError6(ns: Netns, quoted: Ipv6Packet, tcp: Tcp, icmp: Icmp6, cause: number): boolean {
  const socket = connectionOf(ns, quoted, tcp);
  if (socket === undefined) ns.ipv6.mib.Icmp6InErrors++;
  if (socket === undefined || socket.lastWindow !== null) return false;
  if (isRequest(socket)) return requestError(socket, tcp, endsRequest(icmp), cause);
  if (before(tcp.seq, socket.sndUna) || before(socket.sndNxt, tcp.seq)) return false;
  if (icmp.type === ICMP6.packetTooBig) {
    learnMtu6(ns, quoted, icmp, cause);
    const way = wayTo(ns, quoted.dst, quoted.src, socket.device, socket.mark);
    if (way.errno === null && way.mtu - 60 < Math.min(socket.routeMss, socket.pathMss)) shrink(socket, way.mtu, cause);
    return true;
  }
  const errno = errno6Of(icmp);
  if (errno === null) return false;
  told(socket, errno, cause);
  return true;
}

/** icmpv6_err_convert: what is fatal; no route, no such host and no more hops may pass. */
const endsRequest = (icmp: Icmp6): boolean =>
  icmp.type === ICMP6.parameterProblem ||
  (icmp.type === ICMP6.unreachable && !["ENETUNREACH", "EHOSTUNREACH"].includes(errno6Of(icmp)!));

/** icmpv6_err_convert. */
export function errno6Of({ type, code }: Icmp6): Errno | null {
  if (type === ICMP6.packetTooBig) return "EMSGSIZE";
  if (type === ICMP6.timeExceeded) return "EHOSTUNREACH";
  if (type === ICMP6.parameterProblem) return "EPROTO";
  if (type !== ICMP6.unreachable) return null;
  if (code === ICMP6_CODE.noRoute) return "ENETUNREACH";
  if (code === ICMP6_CODE.port) return "ECONNREFUSED";
  if (code === ICMP6_CODE.beyondScope || code === ICMP6_CODE.address) return "EHOSTUNREACH";
  return "EACCES";
}
