// Datagrams come in, and errors about those that were sent: which socket gets them?
// Before you edit: net/ipv4/udp.c (udp_queue_rcv_skb, __udp4_lib_rcv, __udp4_lib_err), icmp.c (icmp_err_convert).
import type { Device } from "../../link/device.ts";
import type { Told } from "../../trace/recorder.ts";
import { LEVEL } from "../../trace/step.ts";
import { ICMP, ICMP_CODE, type Icmp, type Ipv4Packet, type Udp } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import { icmpError } from "../ipv4/icmp.ts";
import type { Arrival } from "../ipv4/receive.ts";
import type { Netns } from "../netns.ts";
import { queuedError } from "./error-queue.ts";
import { countUdp, type Endpoint, endText, type Family, type IpPacket, takesFamily } from "./family.ts";
import type { UdpSocket } from "./udp.ts";

/** A datagram for this namespace: the socket that fits best gets it, of one for everybody all that fit. */
export function udpInput(ns: Netns, arrival: Arrival, packet: Ipv4Packet, udp: Udp, cause: number): void {
  const fitting = fittingSockets(ns, arrival.device, packet, udp);
  // For everybody, and nobody listens: that is no error (__udp4_lib_mcast_deliver).
  if (fitting.length === 0 && arrival.toAll) ns.mib.UdpIgnoredMulti++;
  else if (fitting.length === 0) ns.mib.UdpNoPorts++;
  if (fitting.length === 0) {
    const step = ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({
      because: `no program listens on UDP port ${udp.dstPort}`,
      evidence: { kind: "socket", text: `no socket with local port ${udp.dstPort}`, command: "ss -lun" },
    }));
    // Its connection is forgotten by now (nf_reset_ct).
    arrival.ct = null;
    icmpError(ns, arrival, packet, ICMP.unreachable, ICMP_CODE.port, 0, step);
    return;
  }
  for (const socket of arrival.toAll ? fitting : fitting.slice(0, 1)) deliver(ns, arrival, packet, udp, socket, cause);
}

function deliver(ns: Netns, arrival: Arrival, packet: Ipv4Packet, udp: Udp, socket: UdpSocket, cause: number): void {
  if (socket.encap !== null) {
    ns.mib.UdpInDatagrams++;
    return socket.encap.receive(arrival, packet, udp, cause);
  }
  queue(ns, arrival.device, packet, udp, socket, cause);
}

/** Into the socket's queue, if there is room. */
export function queue(ns: Netns, device: Device, packet: IpPacket, udp: Udp, socket: UdpSocket, cause: number): void {
  const { program, local, family } = socket;
  const step = ns.note(LEVEL.path, cause, device, "deliver", packet, tellDeliver, program, local, family);
  const { src, dst } = packet;
  const isScoped = src.family === 6 && src.isLinkLocal;
  const from = { address: src, port: udp.srcPort, ...(isScoped && { scope: device }) };
  if (socket.push({ data: udp.data, from, to: dst, cause: step })) return;
  countUdp(ns, dst.family, "RcvbufErrors");
  countUdp(ns, dst.family, "InErrors");
  ns.step(LEVEL.path, step, device, "drop", packet, () => ({ because: "the socket's receive queue is full" }));
}

function tellDeliver(program: string, end: Endpoint, family: Family): Told {
  const local = endText(end, family);
  return {
    because: `${program} has UDP ${local}`,
    evidence: { kind: "socket", text: `UNCONN ${local}`, command: "ss -lun" },
  };
}

/**
 * Best first: a connected socket beats one bound to the address, and that beats one bound to any; of those one of the
 * packet's family beats one of both.
 */
export function fittingSockets(ns: Netns, on: Device, packet: IpPacket, udp: Udp): UdpSocket[] {
  const sockets = ns.sockets.udp.get(udp.dstPort) ?? [];
  const own = packet.kind === "ipv4" ? 4 : 6;
  const fitting = sockets.filter((socket) => {
    const { local, remote, device } = socket;
    return (
      (device === null || device === on) &&
      (local.address === null ? takesFamily(socket, own) : local.address === packet.dst) &&
      (remote === null || (remote.address === packet.src && remote.port === udp.srcPort))
    );
  });
  const score = ({ local, remote, family }: UdpSocket) =>
    (local.address === null ? 0 : 2) + (remote === null ? 0 : 4) + (family === own ? 1 : 0);
  return fitting.length < 2 ? fitting : fitting.sort((a, b) => score(b) - score(a));
}

/** What a connected socket is told of an error that is final (icmp_err_convert); of others it is not told. */
const FINAL: ReadonlyMap<number, Errno> = new Map([
  [ICMP_CODE.protocol, "ENOPROTOOPT"],
  [ICMP_CODE.port, "ECONNREFUSED"],
  [ICMP_CODE.fragmentationNeeded, "EMSGSIZE"],
  [ICMP_CODE.netProhibited, "ENETUNREACH"],
  [ICMP_CODE.hostProhibited, "EHOSTUNREACH"],
  [ICMP_CODE.filtered, "EHOSTUNREACH"],
]);

function finalError({ type, code }: Icmp): Errno | undefined {
  if (type === ICMP.parameterProblem) return "EPROTO";
  return type === ICMP.unreachable ? FINAL.get(code) : undefined;
}

/** A tunnel's datagrams come from any port; the port they go to is the tunnel's own here too (__udp4_lib_err_encap). */
export function isOfTunnel(ns: Netns, udp: Udp): boolean {
  return ns.sockets.udp.get(udp.dstPort)?.some(({ encap }) => encap?.sent(udp)) === true;
}

/**
 * An ICMP error about a datagram: a connected socket is told of what is final. A socket that asked for its errors in
 * full is told of every one, connected or not.
 */
export function udpError(ns: Netns, quoted: Ipv4Packet, udp: Udp, message: Ipv4Packet, icmp: Icmp): boolean {
  const sockets = ns.sockets.udp.get(udp.srcPort) ?? [];
  const socket =
    sockets.find(({ remote }) => remote?.address === quoted.dst && remote.port === udp.dstPort) ??
    sockets.find(({ remote, local }) => remote === null && (local.address ?? quoted.src) === quoted.src);
  if (socket === undefined) {
    if (!isOfTunnel(ns, udp)) ns.mib.IcmpInErrors++;
    return false;
  }
  const isTooLong = icmp.type === ICMP.unreachable && icmp.code === ICMP_CODE.fragmentationNeeded;
  // Who lets routers cut the packet is not told of one that could not (IP_PMTUDISC_DONT).
  if (isTooLong && socket.options.discovery === "dont") return false;
  const full = socket.errors === null ? null : queuedError(message, icmp, quoted, ns.cables.now);
  if (full !== null) socket.errors!.push(full);
  const errno = full?.errno ?? (socket.remote === null ? undefined : finalError(icmp));
  if (errno === undefined) return false;
  socket.error = errno;
  socket.wake();
  return true;
}
