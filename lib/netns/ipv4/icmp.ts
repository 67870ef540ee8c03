// The kernel's own answers: echo replies and errors.
// Before you edit: RFC 792, RFC 1122 §3.2.2, net/ipv4/icmp.c (icmp_reply, __icmp_send).
import type { Device } from "../../link/device.ts";
import { attached } from "../../netfilter/conntrack/conn.ts";
import { asTold, type Told } from "../../trace/recorder.ts";
import { LEVEL, NOT_RECORDED } from "../../trace/step.ts";
import { MILLISECOND } from "../../trace/world.ts";
import { Ipv4 } from "../../wire/address.ts";
import { ipv4Bytes } from "../../wire/bytes.ts";
import { ICMP, ICMP_CODE, type Icmp, type Ipv4Packet } from "../../wire/packet.ts";
import { parseQuote } from "../../wire/parse.ts";
import type { Netns } from "../netns.ts";
import { socketError } from "../socket/errors.ts";
import { isOfTunnel } from "../socket/udp-input.ts";
import { tunnelError, tunnelOf } from "../tunnel/errors.ts";
import { isLocal } from "./arp-rules.ts";
import { BURST } from "./icmp-limit.ts";
import { routeOutput } from "./output-route.ts";
import { learnPathMtu } from "./path-mtu.ts";
import type { Arrival } from "./receive.ts";
import { takeRedirect } from "./redirect.ts";
import { ipSend } from "./send.ts";

/** An error quotes the packet at fault until it is this long altogether (RFC 1812 §4.3.2.3). */
const LONGEST_ERROR = 576;
/** RFC 7600: who has no address signs errors with this one, so that they are not taken for martians (INADDR_DUMMY). */
const DUMMY = Ipv4.of(0xc0000008);
const PRECEDENCE_INTERNETWORK_CONTROL = 0xc0;

/** Timestamp requests, and address masks: of no use here, but no error either. */
const MAY_BE_FOR_ALL: ReadonlySet<number> = new Set([13, 17, 18]);

/** An ICMP message for this namespace. */
export function icmpInput(ns: Netns, arrival: Arrival, packet: Ipv4Packet, icmp: Icmp, cause: number): void {
  const { mib } = ns;
  mib.IcmpInMsgs++;
  mib.icmpIn[icmp.type] = (mib.icmpIn[icmp.type] ?? 0) + 1;
  if (icmp.type === ICMP.echoRequest) return echo(ns, arrival, packet, icmp, cause);
  if (arrival.toAll && !MAY_BE_FOR_ALL.has(icmp.type)) {
    mib.IcmpInErrors++;
    ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({
      because: `ICMP type ${icmp.type} to everybody: what is no question is not heard (RFC 1122 §3.2.2)`,
    }));
    return;
  }
  if (icmp.type === ICMP.echoReply) {
    const readers = ns.sockets.pingReaders(icmp.rest >>> 16);
    ns.step(LEVEL.path, cause, arrival.device, readers.length === 0 ? "drop" : "deliver", packet, () => ({
      because:
        readers.length === 0
          ? "an echo reply that nobody here asked for"
          : `ping with id ${icmp.rest >>> 16} waits for it`,
    }));
    for (const reader of readers) reader.push({ packet, cause, time: ns.cables.now });
    return;
  }
  if (isError(icmp)) return error(ns, arrival, packet, icmp, cause);
  ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({
    because: `ICMP type ${icmp.type} asks nothing of this namespace`,
  }));
}

/** Of errors, those that somebody is told of. */
const isError = ({ type }: Icmp) =>
  type === ICMP.unreachable || type === ICMP.timeExceeded || type === ICMP.redirect || type === ICMP.parameterProblem;

const ANSWERED: Told = { because: "the kernel itself answers an echo request; no program is asked" };

function echo(ns: Netns, arrival: Arrival, packet: Ipv4Packet, icmp: Icmp, cause: number): void {
  const ignored = arrival.toAll && ns.sysctls.get("net.ipv4.icmp_echo_ignore_broadcasts") === 1;
  if (ignored) ns.mib.IcmpInErrors++;
  if (ignored || ns.sysctls.get("net.ipv4.icmp_echo_ignore_all") === 1) {
    const name = `net.ipv4.icmp_echo_ignore_${ignored ? "broadcasts" : "all"}`;
    ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({
      because: "this namespace does not answer such an echo request",
      evidence: { kind: "sysctl", text: `${name} = 1`, command: `sysctl ${name}` },
    }));
    return;
  }
  const step = ns.note(LEVEL.path, cause, arrival.device, "deliver", packet, asTold, ANSWERED);
  // To a broadcast the answer comes from the address the route back chooses.
  const src = arrival.toAll ? null : packet.dst;
  const body: Icmp = { ...icmp, type: ICMP.echoReply };
  const mark = replyMark(ns, arrival.mark);
  const reply = { src, dst: packet.src, body, tos: packet.tos, discovery: "dont", mayBroadcast: true, mark } as const;
  ns.icmpBusy = true;
  const { errno, packet: sent } = ipSend(ns, reply, step);
  ns.icmpBusy = false;
  if (errno === null || sent !== undefined) return;
  ns.step(LEVEL.path, step, null, "drop", { ...packet, src: packet.dst, dst: packet.src, body }, () => ({
    because: errno === "ENETUNREACH" ? `no route to ${packet.src} in any table` : `the answer cannot be sent: ${errno}`,
  }));
}

/** The mark of what the kernel itself answers to a packet (IP4_REPLY_MARK, IP6_REPLY_MARK). */
export function replyMark(ns: Netns, mark: number, family: 4 | 6 = 4): number {
  return mark !== 0 && ns.sysctls.get(`net.ipv${family}.fwmark_reflect`) !== 0 ? mark : 0;
}

/**
 * Tells the sender of `packet` what went wrong, unless an error about it is forbidden (RFC 1122 §3.2.2) or there were
 * too many. `arrival` is null for a packet that was on its way out.
 */
export function icmpError(
  ns: Netns,
  arrival: Arrival | null,
  fault: Ipv4Packet,
  type: number,
  code: number,
  rest: number,
  cause: number,
): void {
  const packet = arrival?.outer ?? fault;
  const { body } = packet;
  const silent =
    arrival?.toOne === false
      ? "it was for everybody"
      : packet.fragmentOffset > 0
        ? "it was not the first fragment"
        : body.kind === "icmp" && body.type !== ICMP.echoRequest && body.type !== ICMP.echoReply
          ? "it was an ICMP error itself"
          : ns.icmpBusy
            ? "the kernel sends nothing about its own answer while it is at it"
            : null;
  if (silent !== null) {
    ns.step(LEVEL.full, cause, arrival?.device ?? null, "icmp error", packet, () => ({
      because: `no error about this packet: ${silent}`,
    }));
    return;
  }
  const isForUs = arrival !== null && ns.deviceOfAddress(packet.dst) !== undefined;
  const src = isForUs || (packet.dst.isLoopback && isLocal(ns, packet.dst)) ? packet.dst : null;
  const mark = replyMark(ns, arrival?.mark ?? ns.carried?.get(packet)?.mark ?? 0);
  const way = routeOutput(ns, packet.src, src, null, cause, mark, packet);
  if (way.errno !== null) return;
  const limited = (type !== ICMP.unreachable || code !== ICMP_CODE.fragmentationNeeded) && type !== ICMP.redirect;
  const price = ns.sysctls.get("net.ipv4.icmp_ratelimit");
  const isTold = !limited || way.device.kind === "loopback" || price === 0;
  if (!isTold && !ns.icmpLimit.allow(packet.src, ns.cables.now, BURST, price * MILLISECOND)) {
    ns.mib.IcmpOutRateLimitHost++;
    ns.step(LEVEL.path, cause, null, "drop", packet, () => ({
      because: `no error: ${packet.src} got ${BURST} of them just now, and one in ${price} ms is the limit`,
      evidence: {
        kind: "limit",
        text: `net.ipv4.icmp_ratelimit = ${price}`,
        command: "sysctl net.ipv4.icmp_ratelimit",
      },
    }));
    return;
  }
  const { device, decision } = way;
  const mtu = ns.pathMtus.of({ ...decision, device }, packet.src, ns.cables.now);
  const data = ipv4Bytes(packet).slice(0, Math.min(LONGEST_ERROR, mtu) - 28);
  const error: Icmp = { kind: "icmp", type, code, rest, data };
  const step = ns.step(LEVEL.path, cause, null, "icmp error", packet, () => ({
    because: `tell ${packet.src}: ${icmpErrorText(type, code)}`,
  }));
  const tos = (packet.tos & 0x1e) | PRECEDENCE_INTERNETWORK_CONTROL;
  const ct = attached((arrival === null ? ns.carried?.get(packet)?.ct : arrival.ct) ?? null);
  const how = { tos, discovery: "dont", nobody: DUMMY, mayBroadcast: true, mark, about: packet, ct } as const;
  ipSend(ns, { src, dst: packet.src, body: error, ...how }, step);
}

/** An error about a packet of ours: to the socket that sent it. */
function error(ns: Netns, arrival: Arrival, packet: Ipv4Packet, icmp: Icmp, cause: number): void {
  if (icmp.data.length < 28) {
    ns.mib.IcmpInErrors++;
    ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({
      because: "the error quotes too little to tell whose it is",
    }));
    return;
  }
  const quoted = parseQuote(icmp.data);
  const isTooLong = icmp.type === ICMP.unreachable && icmp.code === ICMP_CODE.fragmentationNeeded;
  const tunnel = tunnelOf(ns, quoted);
  const step = isTooLong ? learnMtu(ns, quoted, tunnel, icmp, cause) : cause;
  if (icmp.type === ICMP.redirect) {
    takeRedirect(ns, arrival.device, packet, icmp, quoted, step);
    for (const reader of quoted.body.kind === "icmp" ? ns.sockets.pingReaders(quoted.body.rest >>> 16) : [])
      reader.push({ packet, quoted, cause: step, time: ns.cables.now });
    return;
  }
  if (tunnel !== undefined) {
    const kept = tunnelError(ns, tunnel, icmp);
    ns.step(LEVEL.path, step, arrival.device, kept ? "deliver" : "drop", packet, () => ({
      because: kept
        ? `a packet of ${tunnel.name} was lost: who sends the next one into it will be told`
        : `about a packet of ${tunnel.name}, and nothing that a sender is told of`,
    }));
    return;
  }
  const told = socketError(ns, quoted, packet, icmp, step);
  ns.step(LEVEL.path, step, arrival.device, told ? "deliver" : "drop", packet, () => ({
    because: told
      ? `the program that sent to ${quoted.dst} learns: ${icmpErrorText(icmp.type, icmp.code)}`
      : `no socket here takes an error about a packet to ${quoted.dst}`,
  }));
}

/** A router wants smaller packets: believed if somebody here may have sent the packet it quotes. */
function learnMtu(ns: Netns, quoted: Ipv4Packet, tunnel: Device | undefined, icmp: Icmp, cause: number): number {
  const { body } = quoted;
  if (body.kind === "icmp" && body.type !== ICMP.echoReply && ns.sockets.ping.length === 0) return cause;
  const isSent = body.kind === "udp" && (ns.sockets.udp.has(body.srcPort) || isOfTunnel(ns, body));
  if (body.kind !== "icmp" && !isSent && tunnel === undefined) return cause;
  const way = routeOutput(ns, quoted.dst, null, null, NOT_RECORDED);
  if (way.errno !== null) return cause;
  return learnPathMtu(ns, way.decision, quoted.dst, icmp.rest & 0xffff, cause);
}

/** The error in words, as ping says it. */
export function icmpErrorText(type: number, code: number, rest = 0): string {
  if (type === ICMP.redirect) return "Redirect Host";
  if (type === ICMP.parameterProblem) return `Parameter problem: pointer = ${rest >>> 24}`;
  if (type === ICMP.timeExceeded) return code === 0 ? "Time to live exceeded" : "Frag reassembly time exceeded";
  switch (code) {
    case ICMP_CODE.net:
      return "Destination Net Unreachable";
    case ICMP_CODE.host:
      return "Destination Host Unreachable";
    case ICMP_CODE.protocol:
      return "Destination Protocol Unreachable";
    case ICMP_CODE.port:
      return "Destination Port Unreachable";
    case ICMP_CODE.fragmentationNeeded:
      return "Frag needed and DF set";
    case ICMP_CODE.filtered:
      return "Packet filtered";
    default:
      return `Dest Unreachable, Bad Code: ${code}`;
  }
}
