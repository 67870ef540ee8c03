// A packet in one line, and what tells it from others. Its headers field by field are in layers.ts.
import { ethertypeOf } from "../wire/bytes.ts";
import { ndMessage } from "../wire/nd.ts";
import {
  type Arp,
  type Frame,
  ICMP,
  ICMP6,
  type Icmp,
  type Icmp6,
  type Ipv4Packet,
  type Ipv6Packet,
  PROTOCOL,
  type Tcp,
} from "../wire/packet.ts";
import { VXLAN_PORT, type Vxlan, vxlanOf } from "../wire/vxlan.ts";
import { icmp6Name, icmpName, isEcho } from "./icmp.ts";

export type Packet = Frame | Ipv4Packet | Ipv6Packet | Arp;

/** What is inside the Ethernet header, if there is one. */
export function inner(packet: Packet): Arp | Ipv4Packet | Ipv6Packet | undefined {
  if ("kind" in packet) return packet;
  return packet.payload.kind === "unknown" ? undefined : packet.payload;
}

/** What a tunnel carries in a packet, or null: pictures know a VXLAN datagram by its port, as tcpdump does. */
export function tunnelled(packet: Ipv4Packet): Ipv4Packet | (Vxlan & { readonly frame: Frame }) | null {
  const { body } = packet;
  if (body.kind === "ipip") return body.packet;
  if (body.kind !== "udp" || (body.dstPort !== VXLAN_PORT.linux && body.dstPort !== VXLAN_PORT.iana)) return null;
  const vxlan = vxlanOf(body.data);
  return vxlan?.frame ? { ...vxlan, frame: vxlan.frame } : null;
}

/** The packet itself, without the tunnels around it: what stays the same from one end to the other. */
function unwrapped(packet: Packet): Packet {
  const body = inner(packet);
  const carried = body?.kind === "ipv4" ? tunnelled(body) : null;
  if (carried === null) return packet;
  return unwrapped("vni" in carried ? carried.frame : carried);
}

/** What is inside all headers of tunnels. */
export function innermost(packet: Packet): Arp | Ipv4Packet | Ipv6Packet | undefined {
  return inner(unwrapped(packet));
}

/** The Ethernet header's frame, if the packet has one. */
export function frameOf(packet: Packet): Frame | undefined {
  return "kind" in packet ? undefined : packet;
}

// The letters and their order are tcpdump's.
const FLAG_LETTERS: readonly (readonly [bit: number, letter: string])[] = [
  [1, "F"],
  [2, "S"],
  [4, "R"],
  [8, "P"],
  [32, "U"],
  [16, "."],
];

/** `S.`: the letters of the flags, as tcpdump orders them. */
export function tcpFlags(tcp: Tcp): string {
  return FLAG_LETTERS.filter(([bit]) => (tcp.flags & bit) !== 0)
    .map(([, letter]) => letter)
    .join("");
}

/** One line that names the message, the same at every hop: `ICMP echo request 10.244.1.2 → 10.244.1.3 seq 1`. */
export function caption(packet: Packet): string {
  const body = innermost(packet);
  if (body === undefined) {
    const frame = frameOf(unwrapped(packet));
    return `frame of ethertype 0x${(frame === undefined ? 0 : ethertypeOf(frame)).toString(16).padStart(4, "0")}`;
  }
  if (body.kind === "arp") {
    return body.op === "request"
      ? `ARP who-has ${body.targetIp} tell ${body.senderIp}`
      : `ARP ${body.senderIp} is-at ${body.senderMac}`;
  }
  const { src, dst } = body;
  const inside = body.body;
  const ends = (srcPort: number, dstPort: number) =>
    body.kind === "ipv6" ? `[${src}]:${srcPort} → [${dst}]:${dstPort}` : `${src}:${srcPort} → ${dst}:${dstPort}`;
  switch (inside.kind) {
    case "icmp":
      return `ICMP ${icmpName(inside)} ${src} → ${dst}${aboutIcmp(inside)}`;
    case "icmp6":
      return `ICMPv6 ${icmp6Name(inside)} ${src} → ${dst}${aboutIcmp6(inside)}`;
    case "udp":
      return `UDP ${ends(inside.srcPort, inside.dstPort)} length ${inside.data.length}`;
    case "tcp":
      return `TCP [${tcpFlags(inside)}] ${ends(inside.srcPort, inside.dstPort)} length ${inside.data.length}`;
    case "ipip":
      return `IPIP ${src} → ${dst}: ${caption(inside.packet)}`;
    case "unknown":
      return `${protocolName(body)} ${src} → ${dst}${fromOctet(body)}`;
  }
}

/** What an IP packet carries, in a word: `ICMP`, `IP protocol 89`. Of a later fragment only its header says so. */
export function protocolName({ kind, body }: Ipv4Packet | Ipv6Packet): string {
  if (body.kind !== "unknown") return body.kind === "icmp6" ? "ICMPv6" : body.kind.toUpperCase();
  return PROTOCOL_NAME[body.protocol] ?? `${kind === "ipv6" ? "IPv6" : "IP"} protocol ${body.protocol}`;
}

const PROTOCOL_NAME: Readonly<Record<number, string>> = {
  [PROTOCOL.icmp]: "ICMP",
  [PROTOCOL.ipip]: "IPIP",
  [PROTOCOL.tcp]: "TCP",
  [PROTOCOL.udp]: "UDP",
  [PROTOCOL.icmp6]: "ICMPv6",
};

function fromOctet(packet: Ipv4Packet | Ipv6Packet): string {
  const offset = packet.kind === "ipv4" ? packet.fragmentOffset : (packet.fragment?.offset ?? 0);
  return offset > 0 ? ` from octet ${offset} on` : "";
}

/** The number of an echo; what the sender of too large a packet must know. */
function aboutIcmp(icmp: Icmp): string {
  if (isEcho(icmp)) return ` seq ${icmp.rest & 0xffff}`;
  return icmp.type === ICMP.unreachable && icmp.code === 4 ? ` mtu ${icmp.rest & 0xffff}` : "";
}

/** The number of an echo, the address that a neighbour is asked for or tells of. */
function aboutIcmp6(icmp: Icmp6): string {
  if (isEcho(icmp)) return ` seq ${icmp.rest & 0xffff}`;
  if (icmp.type === ICMP6.packetTooBig) return ` mtu ${icmp.rest}`;
  const message = ndMessage(icmp);
  if (message === null || !("target" in message)) return "";
  if (message.kind === "neighbour solicitation") return `: who has ${message.target}?`;
  const mac = message.targetMac === undefined ? "" : ` is at ${message.targetMac}`;
  return message.kind === "redirect" ? `: ${message.destination} by ${message.target}` : `: ${message.target}${mac}`;
}

/** What tells one message from another wherever it is seen: not the MACs and the TTL, which change on the way. */
export function identity(packet: Packet): string {
  const body = innermost(packet);
  if (body === undefined || body.kind === "arp") return caption(packet);
  const inside = body.body;
  const more = inside.kind === "tcp" ? ` ${inside.seq} ${inside.ack}` : "";
  if (body.kind === "ipv6")
    return `${caption(packet)} ${body.flowLabel} ${body.fragment?.id} ${body.fragment?.offset}${more}`;
  return `${caption(packet)} ${body.id} ${body.fragmentOffset}${more}`;
}

/**
 * Whether the packet goes back: an ARP reply, an echo reply, an ICMP error, or the other direction of the
 * conversation that `opening` began.
 */
export function goesBack(packet: Packet, opening: ReadonlyMap<string, string>): boolean {
  const body = innermost(packet);
  if (body === undefined) return false;
  if (body.kind === "arp") return body.op === "reply";
  if (body.body.kind === "icmp") return body.body.type !== ICMP.echoRequest;
  if (body.body.kind === "icmp6") return !OPENING.includes(body.body.type);
  const { key, from } = conversation(body);
  return (opening.get(key) ?? from) !== from;
}

/** ICMPv6 messages that answer nothing. */
const OPENING: readonly number[] = [
  ICMP6.echoRequest,
  ICMP6.neighbourSolicitation,
  ICMP6.routerSolicitation,
  ICMP6.mldReport,
];

/** The two ends of a packet, the same key for both directions, and which end it comes from. */
export function conversation(packet: Ipv4Packet | Ipv6Packet): { key: string; from: string } {
  const inside = packet.body;
  const ports = inside.kind === "tcp" || inside.kind === "udp";
  const from = `${packet.src}${ports ? `:${inside.srcPort}` : ""}`;
  const to = `${packet.dst}${ports ? `:${inside.dstPort}` : ""}`;
  return { key: `${inside.kind} ${[from, to].sort().join(" ")}`, from };
}
