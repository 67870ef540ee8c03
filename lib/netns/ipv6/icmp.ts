// The kernel's own answers in ICMPv6: echo replies and errors.
// Before you edit: RFC 4443 §2.4, net/ipv6/icmp.c (icmp6_send, icmpv6_echo_reply, icmpv6_xrlim_allow, is_ineligible).
import type { Device } from "../../link/device.ts";
import { attached } from "../../netfilter/conntrack/conn.ts";
import { LEVEL } from "../../trace/step.ts";
import { MILLISECOND } from "../../trace/world.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import { ipv6Bytes } from "../../wire/bytes6.ts";
import { ICMP6, ICMP6_CODE, type Icmp6, type Ipv6Packet, PROTOCOL } from "../../wire/packet.ts";
import { parseQuote6 } from "../../wire/parse6.ts";
import { replyMark } from "../ipv4/icmp.ts";
import { BURST } from "../ipv4/icmp-limit.ts";
import type { Netns } from "../netns.ts";
import { socketError6 } from "../socket/errors6.ts";
import { sourceFrom } from "./decide.ts";
import { ndInput } from "./ndisc.ts";
import { peekRoute6, routeOutput6 } from "./output-route.ts";
import { ip6Send } from "./send.ts";
import type { Arrival6, Skb6 } from "./skb6.ts";
import { LEAST_MTU } from "./state.ts";

/** An error quotes the packet at fault as far as every link carries it. */
const LONGEST_QUOTE = LEAST_MTU - 48;
/** net.ipv6.icmp.ratelimit: to one host this long for each error. */
const RATE = 100 * MILLISECOND;

/** An ICMPv6 message for this namespace (icmpv6_rcv). */
export function icmp6Input(
  ns: Netns,
  arrival: Arrival6,
  packet: Ipv6Packet,
  icmp: Icmp6,
  cause: number,
  wasCut: boolean,
): void {
  const { device } = arrival;
  const { type } = icmp;
  const { mib } = ns.ipv6;
  mib.Icmp6InMsgs++;
  mib.icmpIn[type] = (mib.icmpIn[type] ?? 0) + 1;
  if (type === ICMP6.echoRequest) return echo(ns, arrival, packet, icmp, cause);
  if (type === ICMP6.echoReply) {
    const readers = ns.sockets.ping6Readers(icmp.rest >>> 16);
    ns.step(LEVEL.path, cause, device, readers.length === 0 ? "drop" : "deliver", packet, () => ({
      because:
        readers.length === 0
          ? "an echo reply that nobody here asked for"
          : `ping with id ${icmp.rest >>> 16} waits for it`,
    }));
    for (const reader of readers) reader.push({ packet, iif: arrival.iif, cause, time: ns.cables.now });
    return;
  }
  if (type >= ICMP6.routerSolicitation && type <= ICMP6.redirect) {
    if (!wasCut) return ndInput(ns, arrival, packet, icmp, cause);
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: "neighbour discovery never comes in pieces",
    }));
    return;
  }
  if (type < 128) return error(ns, arrival, packet, icmp, cause);
  ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
    because: `ICMPv6 type ${type} asks nothing of this namespace`,
  }));
}

function echo(ns: Netns, arrival: Arrival6, packet: Ipv6Packet, icmp: Icmp6, cause: number): void {
  const { src, dst, trafficClass } = packet;
  const ignored = dst.isMulticast && ns.sysctls.get("net.ipv6.icmp.echo_ignore_multicast") === 1;
  if (ignored || ns.sysctls.get("net.ipv6.icmp.echo_ignore_all") === 1) {
    const name = `net.ipv6.icmp.echo_ignore_${ignored ? "multicast" : "all"}`;
    ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({
      because: "this namespace does not answer such an echo request",
      evidence: { kind: "sysctl", text: `${name} = 1`, command: `sysctl ${name}` },
    }));
    return;
  }
  const step = ns.step(LEVEL.path, cause, arrival.device, "deliver", packet, () => ({
    because: "the kernel itself answers an echo request; no program is asked",
  }));
  // To a group, or to all routers, the answer comes from the address that is chosen for the way back.
  const isOwn = !dst.isMulticast && ns.ipv6.deviceOfAddress(dst) !== null;
  const body: Icmp6 = { ...icmp, type: ICMP6.echoReply };
  ns.ipv6.icmpBusy = true;
  ip6Send(
    ns,
    {
      src: isOwn ? dst : null,
      dst: src,
      body,
      trafficClass,
      oif: arrival.iif,
      prefersOif: true,
      mark: replyMark(ns, arrival.mark, 6),
    },
    step,
  );
  ns.ipv6.icmpBusy = false;
}

/** Why there must be no error about a packet (RFC 4443 §2.4 (e)), or null. */
function silence({ toOne }: Arrival6, { src, dst, body, fragment }: Ipv6Packet, type: number): string | null {
  if ((!toOne || dst.isMulticast) && type !== ICMP6.packetTooBig) return "it was for a group";
  if (src.isUnspecified || src.isMulticast) return `${src} is nobody`;
  if (fragment !== undefined && fragment.offset > 0) return null;
  if (body.kind === "icmp6" && body.type < 128) return "it was an ICMPv6 error itself";
  const isCutIcmp = body.kind === "unknown" && body.protocol === PROTOCOL.icmp6;
  return isCutIcmp && (body.data[0] ?? 0) < 128 ? "it was an ICMPv6 error itself" : null;
}

/**
 * Tells the sender of `packet` what went wrong, unless an error about it is forbidden or there were too many. `rest` is the
 * MTU or the pointer. `arrival.device` is where it came in, or where it should have left.
 */
export function icmp6Error(
  ns: Netns,
  arrival: Arrival6,
  packet: Ipv6Packet,
  type: number,
  code: number,
  rest: number,
  cause: number,
): void {
  const { device } = arrival;
  const silent = ns.ipv6.icmpBusy
    ? "the kernel sends nothing about its own answer while it is at it"
    : silence(arrival, packet, type);
  if (silent !== null) {
    ns.step(LEVEL.full, cause, device, "icmp error", packet, () => ({
      because: `no error about this packet: ${silent}`,
    }));
    return;
  }
  const { src: to, dst } = packet;
  const isOwn = arrival.toOne && (ns.ipv6.deviceOfAddress(dst, device) !== null || isAnycast(ns, dst, device));
  const oif = to.isLinkLocal ? arrival.iif : null;
  const mark = replyMark(ns, arrival.mark, 6);
  const src = isOwn ? dst : (sourceFrom(ns, to, arrival.iif)?.address.local ?? null);
  const limited = type !== ICMP6.packetTooBig;
  if (limited && !isAllowed(ns, to, src, oif?.kind === "loopback" ? null : oif, mark, cause)) {
    ns.ipv6.mib.Icmp6OutRateLimitHost++;
    ns.step(LEVEL.path, cause, null, "drop", packet, () => ({
      because: `no error: ${to} got ${BURST} of them just now`,
      evidence: { kind: "limit", text: "net.ipv6.icmp.ratelimit = 100", command: "sysctl net.ipv6.icmp.ratelimit" },
    }));
    return;
  }
  const data = ipv6Bytes(packet).slice(0, LONGEST_QUOTE);
  const body: Icmp6 = { kind: "icmp6", type, code, rest, data };
  const step = ns.step(LEVEL.path, cause, null, "icmp error", packet, () => ({
    because: `tell ${to}: ${icmp6ErrorText(type, code)}`,
  }));
  const ct = attached(arrival.ct);
  const { packet: sent } = ip6Send(ns, { src, dst: to, body, oif, prefersOif: true, mark, ct }, step);
  // One that has a way is looked up again as IPsec sees it, the packet turned round (icmpv6_route_lookup): it is counted.
  if (sent !== undefined) peekRoute6(ns, to, dst, arrival.input, { bound: false, mark: arrival.mark });
}

/** A network of the loopback leads nowhere (ip6_pkt_drop). */
export function rejected(ns: Netns, skb: Skb6): void {
  const { packet } = skb;
  const because = `nobody has ${packet.dst}, and nobody can be asked: ${skb.dst!.route.prefix} is a network of lo`;
  const step = ns.step(LEVEL.path, skb.cause, skb.device, "drop", packet, () => ({ because }));
  icmp6Error(ns, skb, packet, ICMP6.unreachable, ICMP6_CODE.noRoute, 0, step);
}

/** ipv6_chk_acast_addr_src */
function isAnycast(ns: Netns, address: Ipv6, device: Device): boolean {
  if (address.isLinkLocal) return ns.ipv6.of(device).anycast.has(address);
  return [...ns.ipv6.devices.values()].some(({ anycast }) => anycast.has(address));
}

/** icmpv6_xrlim_allow, as it is since Linux 6.19 and its backports: a wide route earns its hosts no more errors. */
function isAllowed(ns: Netns, to: Ipv6, src: Ipv6 | null, oif: Device | null, mark: number, cause: number): boolean {
  const found = routeOutput6(ns, to, src, oif, cause, { protocol: PROTOCOL.icmp6, bound: false, mark });
  if (found.errno !== null) {
    ns.ipv6.mib.Ip6OutNoRoutes++;
    return false;
  }
  if (found.device.kind === "loopback") return true;
  return ns.ipv6.icmpLimit.allow(to, ns.cables.now, BURST, RATE);
}

/** An error about a packet of ours: to the socket that sent it (icmpv6_notify). */
function error(ns: Netns, arrival: Arrival6, packet: Ipv6Packet, icmp: Icmp6, cause: number): void {
  const { device } = arrival;
  if (icmp.data.length < 48) {
    ns.ipv6.mib.Icmp6InErrors++;
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: "the error quotes too little to tell whose it is",
    }));
    return;
  }
  const quoted = parseQuote6(icmp.data);
  const told = socketError6(ns, arrival, quoted, packet, icmp, cause);
  ns.step(LEVEL.path, cause, device, told ? "deliver" : "drop", packet, () => ({
    because: told
      ? `the program that sent to ${quoted.dst} learns: ${icmp6ErrorText(icmp.type, icmp.code)}`
      : `no socket here takes an error about a packet to ${quoted.dst}`,
  }));
}

/** The error in words, as ping says it. */
export function icmp6ErrorText(type: number, code: number): string {
  if (type === ICMP6.packetTooBig) return "Packet too big";
  if (type === ICMP6.timeExceeded) return `Time exceeded: ${code === 0 ? "Hop limit" : "Defragmentation failure"}`;
  if (type === ICMP6.parameterProblem) {
    const what = ["Wrong header field ", "Unknown header ", "Unknown option "][code] ?? `code ${code} `;
    return `Parameter problem: ${what}`;
  }
  const words: Readonly<Record<number, string>> = {
    [ICMP6_CODE.noRoute]: "No route",
    [ICMP6_CODE.prohibited]: "Administratively prohibited",
    [ICMP6_CODE.beyondScope]: "Beyond scope of source address",
    [ICMP6_CODE.address]: "Address unreachable",
    [ICMP6_CODE.port]: "Port unreachable",
  };
  return `Destination unreachable: ${words[code] ?? `Unknown code ${code}`}`;
}
