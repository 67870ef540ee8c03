// A packet in the words of tcpdump, and its headers field by field.
import { frameBytes, ipv4Bytes, ipv4Length } from "../wire/bytes.ts";
import type { Arp, Frame, Icmp, Ipv4Packet, Tcp } from "../wire/packet.ts";
import { VXLAN_PORT, type Vxlan, vxlanOf } from "../wire/vxlan.ts";

export type Packet = Frame | Ipv4Packet | Arp;

export interface Field {
  readonly name: string;
  readonly value: string;
}
export interface Layer {
  readonly name: string;
  readonly fields: readonly Field[];
}

/** What is inside the Ethernet header, if there is one. */
export function inner(packet: Packet): Arp | Ipv4Packet | undefined {
  if ("kind" in packet) return packet;
  return packet.payload.kind === "unknown" ? undefined : packet.payload;
}

/** What a tunnel carries in a packet, or null: pictures know a VXLAN datagram by its port, as tcpdump does. */
function tunnelled(packet: Ipv4Packet): Ipv4Packet | (Vxlan & { readonly frame: Frame }) | null {
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
export function innermost(packet: Packet): Arp | Ipv4Packet | undefined {
  return inner(unwrapped(packet));
}

/** The Ethernet header's frame, if the packet has one. */
export function frameOf(packet: Packet): Frame | undefined {
  return "kind" in packet ? undefined : packet;
}

const ICMP_NAME: Readonly<Record<number, string>> = {
  0: "echo reply",
  3: "destination unreachable",
  5: "redirect",
  8: "echo request",
  11: "time exceeded",
};
const UNREACHABLE = ["net", "host", "protocol", "port", "fragmentation needed"];
// The letters and their order are tcpdump's.
const FLAG_LETTERS: readonly (readonly [bit: number, letter: string])[] = [
  [1, "F"],
  [2, "S"],
  [4, "R"],
  [8, "P"],
  [32, "U"],
  [16, "."],
];

function tcpFlags(tcp: Tcp): string {
  return FLAG_LETTERS.filter(([bit]) => (tcp.flags & bit) !== 0)
    .map(([, letter]) => letter)
    .join("");
}

/** One line that names the message, the same at every hop: `ICMP echo request 10.244.1.2 → 10.244.1.3 seq 1`. */
export function caption(packet: Packet): string {
  const body = innermost(packet);
  if (body === undefined) return `frame of ethertype 0x${unknownType(unwrapped(packet)).toString(16).padStart(4, "0")}`;
  if (body.kind === "arp") {
    return body.op === "request"
      ? `ARP who-has ${body.targetIp} tell ${body.senderIp}`
      : `ARP ${body.senderIp} is-at ${body.senderMac}`;
  }
  const { src, dst } = body;
  const inside = body.body;
  switch (inside.kind) {
    case "icmp":
      return `ICMP ${icmpName(inside)} ${src} → ${dst}${isEcho(inside) ? ` seq ${inside.rest & 0xffff}` : ""}`;
    case "udp":
      return `UDP ${src}:${inside.srcPort} → ${dst}:${inside.dstPort} length ${inside.data.length}`;
    case "tcp":
      return `TCP [${tcpFlags(inside)}] ${src}:${inside.srcPort} → ${dst}:${inside.dstPort} length ${inside.data.length}`;
    case "ipip":
      return `IPIP ${src} → ${dst}: ${caption(inside.packet)}`;
    case "unknown":
      return `IP protocol ${inside.protocol} ${src} → ${dst}`;
  }
}

/** What tells one message from another wherever it is seen: not the MACs and the TTL, which change on the way. */
export function identity(packet: Packet): string {
  const body = innermost(packet);
  if (body === undefined || body.kind === "arp") return caption(packet);
  const inside = body.body;
  const more = inside.kind === "tcp" ? ` ${inside.seq} ${inside.ack}` : "";
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
  if (body.body.kind === "icmp") return body.body.type !== 8;
  const { key, from } = conversation(body);
  return (opening.get(key) ?? from) !== from;
}

/** The two ends of a packet, the same key for both directions, and which end it comes from. */
export function conversation(packet: Ipv4Packet): { key: string; from: string } {
  const inside = packet.body;
  const ports = inside.kind === "tcp" || inside.kind === "udp";
  const from = `${packet.src}${ports ? `:${inside.srcPort}` : ""}`;
  const to = `${packet.dst}${ports ? `:${inside.dstPort}` : ""}`;
  return { key: `${inside.kind} ${[from, to].sort().join(" ")}`, from };
}

/** The headers from the outside in, each field as the tools print it. Checksums are the real ones. */
export function layers(packet: Packet): Layer[] {
  const outer = inner(packet);
  const carried = outer?.kind === "ipv4" ? tunnelled(outer) : null;
  if (carried === null) return ownLayers(packet);
  // What is around it is new; what is inside keeps its names, so that it is compared with the hop before.
  const around = ownLayers(packet).map(({ name, fields }) => ({ name: `outer ${SHORT[name] ?? name}`, fields }));
  if (!("vni" in carried)) return [...around, ...layers(carried)];
  const { flags, vni, frame } = carried;
  return [...around, layer("VXLAN", { flags: hex(flags, 2), VNI: `${vni}` }), ...layers(frame)];
}

const SHORT: Readonly<Record<string, string>> = { Ethernet: "Eth" };

function ownLayers(packet: Packet): Layer[] {
  const frame = frameOf(packet);
  const body = inner(packet);
  const out: Layer[] = [];
  if (frame !== undefined) {
    const type =
      frame.payload.kind === "ipv4"
        ? "IPv4 0x0800"
        : frame.payload.kind === "arp"
          ? "ARP 0x0806"
          : `0x${frame.payload.ethertype.toString(16)}`;
    out.push(layer("Ethernet", { dst: `${frame.dst}`, src: `${frame.src}`, type }));
  }
  if (body === undefined) return out;
  if (body.kind === "arp") {
    out.push(
      layer("ARP", {
        op: body.op,
        "sender MAC": `${body.senderMac}`,
        "sender IP": `${body.senderIp}`,
        "target MAC": `${body.targetMac}`,
        "target IP": `${body.targetIp}`,
      }),
    );
    return out;
  }
  const octets = frame === undefined ? ipv4Bytes(body) : frameBytes(frame).subarray(14);
  out.push(
    layer("IPv4", {
      src: `${body.src}`,
      dst: `${body.dst}`,
      ttl: `${body.ttl}`,
      protocol: protocol(body),
      length: `${ipv4Length(body)}`,
      id: `${body.id}`,
      flags: [body.dontFragment ? "DF" : "", body.moreFragments ? "MF" : ""].filter(Boolean).join(" ") || "none",
      ...(body.fragmentOffset > 0 ? { offset: `${body.fragmentOffset}` } : {}),
      ...(body.tos > 0 ? { tos: hex(body.tos, 2) } : {}),
      checksum: word(octets, 10),
    }),
  );
  const inside = body.body;
  if (inside.kind === "icmp") {
    out.push(
      layer("ICMP", {
        type: `${inside.type} ${icmpName(inside)}`,
        code: `${inside.code}`,
        ...(isEcho(inside)
          ? { id: `${inside.rest >>> 16}`, seq: `${inside.rest & 0xffff}` }
          : { rest: `${inside.rest}` }),
        checksum: word(octets, 22),
      }),
    );
  } else if (inside.kind === "udp") {
    out.push(
      layer("UDP", {
        "src port": `${inside.srcPort}`,
        "dst port": `${inside.dstPort}`,
        length: `${8 + inside.data.length}`,
        checksum: word(octets, 26),
      }),
    );
  } else if (inside.kind === "tcp") {
    out.push(
      layer("TCP", {
        "src port": `${inside.srcPort}`,
        "dst port": `${inside.dstPort}`,
        seq: `${inside.seq}`,
        ack: `${inside.ack}`,
        flags: `[${tcpFlags(inside)}]`,
        window: `${inside.window}`,
        checksum: word(octets, 36),
        data: `${inside.data.length} octets`,
      }),
    );
  }
  return out;
}

function layer(name: string, fields: Readonly<Record<string, string>>): Layer {
  return { name, fields: Object.entries(fields).map(([name, value]) => ({ name, value })) };
}

function icmpName(icmp: Icmp): string {
  const name = ICMP_NAME[icmp.type] ?? `type ${icmp.type}`;
  return icmp.type === 3 && UNREACHABLE[icmp.code] !== undefined
    ? `${UNREACHABLE[icmp.code]} unreachable`.replace("needed unreachable", "needed")
    : name;
}

function isEcho(icmp: Icmp): boolean {
  return icmp.type === 8 || icmp.type === 0;
}

function protocol(packet: Ipv4Packet): string {
  const { body } = packet;
  if (body.kind === "unknown") return `${body.protocol}`;
  return { icmp: "1 ICMP", ipip: "4 IPIP", tcp: "6 TCP", udp: "17 UDP" }[body.kind];
}

function unknownType(packet: Packet): number {
  const frame = frameOf(packet);
  return frame?.payload.kind === "unknown" ? frame.payload.ethertype : 0;
}

function word(octets: Uint8Array, at: number): string {
  return hex(((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0), 4);
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
