// ICMP errors about balanced connections: they go to, or come from, the real server with the addresses it knows.
// Before you edit: net/netfilter/ipvs/ip_vs_core.c (ip_vs_in_icmp, ip_vs_out_icmp, those of IPv6, handle_response_icmp),
// ip_vs_xmit.c (ip_vs_icmp_xmit).
import type { Conn } from "../../ipvs/connection.ts";
import type { Segment } from "../../ipvs/ipvs.ts";
import { LEVEL } from "../../trace/step.ts";
import { type Ip, Ipv4 } from "../../wire/address.ts";
import { ipLength } from "../../wire/bytes.ts";
import { ICMP, ICMP_CODE, type Icmp, type Icmp6, PROTOCOL } from "../../wire/packet.ts";
import { parseQuote } from "../../wire/parse.ts";
import type { HookName, Verdict } from "../hooks.ts";
import { icmpError } from "../ipv4/icmp.ts";
import { routeOutput } from "../ipv4/output-route.ts";
import { learnPathMtu } from "../ipv4/path-mtu.ts";
import { routeMeHarder } from "../ipv4/send.ts";
import { routeMeHarder6 } from "../ipv6/send.ts";
import { type AnySkb, isOf4 } from "../netfilter/tracking.ts";
import type { Netns } from "../netns.ts";
import { untrack, updateTracked } from "./conntrack.ts";
import { forward } from "./forward.ts";
import { type IpPacket, quotedSegment, quoteWithEnd } from "./segment.ts";
import { evidenceOf } from "./witness.ts";

const SOURCE_QUENCH = 4;
/** ICMPv6 messages from this type on are no errors (ICMPV6_INFOMSG_MASK). */
const FIRST_INFORMATION = 128;

/** Whether it is an error that belongs to somebody's connection. */
export function isError({ body }: IpPacket): boolean {
  if (body.kind === "icmp6") return body.type < FIRST_INFORMATION;
  if (body.kind !== "icmp") return false;
  return body.type === ICMP.unreachable || body.type === SOURCE_QUENCH || body.type === ICMP.timeExceeded;
}

/** From a client's side: about an answer that the connection's server sent. */
export function incomingError(ns: Netns, skb: AnySkb): Verdict {
  const { ipvs } = ns.balancing!;
  const icmp = skb.packet.body as Icmp | Icmp6;
  if (icmp.kind === "icmp" && icmp.data[9] === PROTOCOL.ipip) return tunnelError(ns, skb, icmp);
  const quoted = quotedSegment(icmp.data);
  // What it quotes went the other way.
  const conn = quoted === null ? null : ipvs.connections.table.find(askedBy(quoted));
  if (conn === null) return "accept";
  tell(ns, skb, conn, "an error about an answer of");
  ipvs.countIn(conn, ipLength(skb.packet));
  const { dest, serverPort } = conn;
  return forward(ns, skb, conn, (packet) => {
    const { address } = dest;
    return {
      ...packet,
      dst: address,
      body: { ...icmp, data: quoteWithEnd(icmp.data, "src", address, serverPort) },
    } as IpPacket;
  });
}

/** The connection of which a quoted packet was an answer. */
function askedBy({ protocol, src, srcPort, dst, dstPort }: Segment) {
  return { protocol, client: dst, clientPort: dstPort, virtual: src, virtualPort: srcPort };
}

/** About a packet that a tunnel of ours carried: the client is told, with the MTU that is left inside. */
function tunnelError(ns: Netns, skb: AnySkb, { type, code, rest, data }: Icmp): Verdict {
  const { ipvs } = ns.balancing!;
  if (skb.dst?.type !== "local" || data.length < 48) return "accept";
  const server = Ipv4.of(new DataView(data.buffer, data.byteOffset).getUint32(16));
  const quoted = quotedSegment(data.subarray(20));
  if (ipvs.services.findTunnel(server, 0) === null || quoted === null) return "accept";
  const { protocol, src, srcPort, dst, dstPort } = quoted;
  const conn = ipvs.connections.table.find({
    protocol,
    client: src,
    clientPort: srcPort,
    virtual: dst,
    virtualPort: dstPort,
  });
  if (conn === null) return "accept";
  tell(ns, skb, conn, "an error about a packet in the tunnel of");
  const inner = parseQuote(data.subarray(20));
  if (type !== ICMP.unreachable || code !== ICMP_CODE.fragmentationNeeded) {
    icmpError(ns, null, inner, type, code, rest, skb.cause);
    return "stolen";
  }
  const way = routeOutput(ns, server, null, null, skb.cause);
  if (way.errno === null) skb.cause = learnPathMtu(ns, way.decision, server, rest & 0xffff, way.decision.cause);
  if (inner.dontFragment) icmpError(ns, null, inner, type, code, (rest & 0xffff) - 20, skb.cause);
  return "stolen";
}

/** From a server's side: about a client's packet. It goes on as if the virtual address had sent it. */
export function outgoingError(ns: Netns, skb: AnySkb, hook: HookName): Verdict {
  const { ipvs } = ns.balancing!;
  const icmp = skb.packet.body as Icmp | Icmp6;
  const quoted = quotedSegment(icmp.data);
  if (quoted === null) return "accept";
  const { protocol, src, srcPort, dst, dstPort } = quoted;
  const conn = ipvs.connections.table.findReply(protocol, dst, dstPort, src, srcPort);
  if (conn === null) return "accept";
  tell(ns, skb, conn, "an error about a request to");
  if (conn.method === "masq") {
    const address = conn.virtual as Ip;
    const data = quoteWithEnd(icmp.data, "dst", address, conn.virtualPort);
    skb.packet = { ...skb.packet, src: address, body: { ...icmp, data } } as IpPacket;
    if (!rerouted(ns, skb, hook)) return "drop";
  }
  ipvs.countOut(conn, ipLength(skb.packet));
  passOn(skb, conn);
  return "accept";
}

/** IPVS had the packet, and will not look at it again. */
export function passOn(skb: AnySkb, conn: Conn): void {
  skb.isBalanced = true;
  if (conn.isTracked) updateTracked(skb, conn, "answer");
  else untrack(skb, conn);
}

/** The way of an answer is that of a packet from the virtual address (ip_vs_route_me_harder). */
export function rerouted(ns: Netns, skb: AnySkb, hook: HookName): boolean {
  const isAsked = ns.balancing!.ipvs.settings.snat_reroute !== 0 && hook !== "INPUT" && skb.dst?.type !== "local";
  return !isAsked || (isOf4(skb) ? routeMeHarder(ns, skb) : routeMeHarder6(ns, skb));
}

function tell(ns: Netns, skb: AnySkb, conn: Conn, what: string): void {
  skb.cause = ns.step(LEVEL.path, skb.cause, null, "ipvs", skb.packet, () => ({
    because: `${what} ${conn.dest}`,
    evidence: evidenceOf(conn),
  }));
}
