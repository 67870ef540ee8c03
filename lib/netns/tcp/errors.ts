// What ICMP says of a connection: an error, or that its segments are too long.
// Before you edit: net/ipv4/tcp_ipv4.c (tcp_v4_err, tcp_req_err, tcp_v4_mtu_reduced), icmp.c (icmp_err_convert).
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import type { Icmp, Ipv4Packet, Tcp } from "../../wire/packet.ts";
import { ICMP, ICMP_CODE } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import { peekRoute } from "../ipv4/output-route.ts";
import { learnPathMtu } from "../ipv4/path-mtu.ts";
import type { Netns } from "../netns.ts";
import { connectionOf } from "./bind.ts";
import { before } from "./block.ts";
import { destroy, fail } from "./close.ts";
import { pathMssOf } from "./handshake.ts";
import { syncMss } from "./output.ts";
import { resendTooLong } from "./retransmit.ts";
import type { TcpSocket } from "./tcp.ts";

/** An ICMP error about a segment of ours (tcp_v4_err): final while connecting, a note afterwards. */
export function tcpError(ns: Netns, quoted: Ipv4Packet, tcp: Tcp, icmp: Icmp, cause: number): boolean {
  const socket = connectionOf(ns, quoted, tcp);
  if (socket === undefined) ns.mib.IcmpInErrors++;
  if (socket === undefined || socket.lastWindow !== null) return false;
  if (isRequest(socket)) return requestError(socket, tcp, endsRequest(icmp), cause);
  // It must speak of what is under way, or anybody could send it.
  if (before(tcp.seq, socket.sndUna) || before(socket.sndNxt, tcp.seq)) return false;
  if (icmp.type === ICMP.unreachable && icmp.code === ICMP_CODE.fragmentationNeeded) {
    return smallerMtu(socket, icmp.rest & 0xffff, cause);
  }
  const errno = errnoOf(icmp);
  if (errno === null) return false;
  told(socket, errno, cause);
  return true;
}

/** What a listener began is no socket of a program yet. */
export const isRequest = ({ state, listener }: TcpSocket): boolean => state === "SYN-RECV" && listener !== null;

/** tcp_req_err: nobody could be told of the error, so one that is final just ends the request. */
export function requestError(request: TcpSocket, { seq }: Tcp, isFinal: boolean, cause: number): boolean {
  const { ns, sndUna, program, remote } = request;
  if (!isFinal || seq !== sndUna) return false;
  ns.mib.TcpExtListenDrops++;
  ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
    because: `${program} forgets the connection that ${remote!.address} began: its SYN-ACK does not get there`,
    evidence: { kind: "socket", text: request.text, command: "ss -tan" },
  }));
  destroy(request);
  return true;
}

function endsRequest({ type, code }: Icmp): boolean {
  if (type === ICMP.unreachable) return code === ICMP_CODE.net || code === ICMP_CODE.host;
  return type === ICMP.timeExceeded || type === ICMP.parameterProblem;
}

/** Final while connecting, a note afterwards. */
export function told(socket: TcpSocket, errno: Errno, cause: number): void {
  if (socket.state === "SYN-SENT" || socket.state === "SYN-RECV") fail(socket, errno, cause);
  else socket.softError = errno;
}

/** tcp_v4_mtu_reduced: smaller segments from now on, and again what was too large. */
function smallerMtu(socket: TcpSocket, mtu: number, cause: number): boolean {
  if (mtu < 68) return false;
  // The other segments of the same burst say it again.
  if (mtu - 40 >= Math.min(socket.routeMss, socket.pathMss)) return true;
  const { ns } = socket;
  const remote = socket.remote!.address as Ipv4;
  const way = peekRoute(ns, remote, socket.local.address as Ipv4, null, socket.mark);
  if (way.errno !== null) return true;
  const hop = { ...way.decision, device: way.device };
  learnPathMtu(ns, hop, remote, mtu, cause);
  shrink(socket, ns.pathMtus.of(hop, remote, ns.cables.now), cause);
  return true;
}

/** The way takes packets of `mtu` octets: nothing that was longer got through. */
export function shrink(socket: TcpSocket, mtu: number, cause: number): void {
  socket.pathMss = pathMssOf(mtu, socket.remote!.address.family);
  syncMss(socket);
  resendTooLong(socket, cause);
}

/** icmp_err_convert of net/ipv4/icmp.c. */
function errnoOf({ type, code }: Icmp): Errno | null {
  if (type === ICMP.timeExceeded) return "EHOSTUNREACH";
  if (type === ICMP.parameterProblem) return "EPROTO";
  if (type !== ICMP.unreachable) return null;
  if (code === ICMP_CODE.net || code === ICMP_CODE.netProhibited) return "ENETUNREACH";
  if (code === ICMP_CODE.protocol) return "ENOPROTOOPT";
  if (code === ICMP_CODE.port) return "ECONNREFUSED";
  return "EHOSTUNREACH";
}
