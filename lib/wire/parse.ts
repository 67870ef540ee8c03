// Octets to values. What a value could not say again (a wrong checksum, IP options) is refused aloud, never dropped.
import { Ipv4 } from "./address.ts";
import { finish, sum } from "./checksum.ts";
import { BadInput } from "./input.ts";
import { Mac } from "./mac.ts";
import { get48, need, refuse, viewOf } from "./octets.ts";
import { type Arp, ETHERTYPE, type Frame, type Icmp, type Ipv4Packet, PROTOCOL, type VlanTag } from "./packet.ts";
import { type Checksums, parseQuotedTcp, parseTcp, parseUdp } from "./parse-transport.ts";
import { parseIpv6 } from "./parse6.ts";

/** Whether the checksums of what IP carries are looked at. */
export interface ParseOptions {
  readonly checksums?: Checksums;
}

/** Reads the octets of one Ethernet frame. Throws BadInput naming the field at fault. */
export function parseFrame(bytes: Uint8Array, options: ParseOptions = {}): Frame {
  need(bytes, 14, "an Ethernet header");
  const view = viewOf(bytes);
  const isTagged = view.getUint16(12) === ETHERTYPE.vlan;
  if (isTagged) need(bytes, 18, "an Ethernet header with a VLAN tag");
  const start = isTagged ? 18 : 14;
  const ethertype = view.getUint16(start - 2);
  const body = bytes.subarray(start);
  const addresses = {
    dst: Mac.of(get48(view, 0)),
    src: Mac.of(get48(view, 6)),
    ...(isTagged && { vlan: tagOf(view.getUint16(14)) }),
  };
  if (ethertype === ETHERTYPE.arp) return { ...addresses, payload: parseArp(body) };
  if (ethertype === ETHERTYPE.ipv4) return { ...addresses, payload: parseIpv4(body, options) };
  if (ethertype === ETHERTYPE.ipv6) return { ...addresses, payload: parseIpv6(body, options.checksums) };
  return { ...addresses, payload: { kind: "unknown", ethertype, data: body.slice() } };
}

function tagOf(bits: number): VlanTag {
  return { id: bits & 0xfff, priority: bits >> 13, dropEligible: (bits & 0x1000) !== 0 };
}

function parseArp(bytes: Uint8Array): Arp {
  need(bytes, 28, "an ARP message");
  const view = viewOf(bytes);
  if (view.getUint32(0) !== 0x0001_0800 || view.getUint16(4) !== 0x0604)
    throw refuse("ARP for something else than Ethernet and IPv4", bytes);
  const op = view.getUint16(6);
  if (op !== 1 && op !== 2) throw refuse(`ARP operation ${op}`, bytes);
  return {
    kind: "arp",
    op: op === 1 ? "request" : "reply",
    senderMac: Mac.of(get48(view, 8)),
    senderIp: Ipv4.of(view.getUint32(14)),
    targetMac: Mac.of(get48(view, 18)),
    targetIp: Ipv4.of(view.getUint32(24)),
  };
}

/** Reads the octets of one IPv4 packet (trailing padding is left out). Throws BadInput naming the field at fault. */
export function parseIpv4(bytes: Uint8Array, options: ParseOptions = {}): Ipv4Packet {
  need(bytes, 20, "an IPv4 header");
  if (bytes[0] !== 0x45)
    throw refuse(bytes[0]! >> 4 === 4 ? "IPv4 options" : `IP version ${bytes[0]! >> 4} in an IPv4 packet`, bytes);
  const view = viewOf(bytes);
  if (finish(sum(bytes, 0, 20)) !== 0) throw refuse("a wrong IPv4 header checksum", bytes);
  const length = view.getUint16(2);
  if (length < 20 || length > bytes.length)
    throw refuse(`IPv4 total length ${length} in ${bytes.length} octets`, bytes);
  return ipv4Of(view, bytes.subarray(20, length), options.checksums ?? "verify");
}

/** Reads what an ICMP error quotes: an IPv4 header and at least eight octets, cut anywhere after them. */
export function parseQuote(bytes: Uint8Array): Ipv4Packet {
  need(bytes, 28, "a quoted IPv4 header and eight octets");
  return ipv4Of(viewOf(bytes), bytes.subarray(20), "ignore", true);
}

function ipv4Of(view: DataView, body: Uint8Array, checksums: Checksums, quoted = false): Ipv4Packet {
  const flags = view.getUint16(6);
  const header = {
    kind: "ipv4",
    src: Ipv4.of(view.getUint32(12)),
    dst: Ipv4.of(view.getUint32(16)),
    ttl: view.getUint8(8),
    id: view.getUint16(4),
    tos: view.getUint8(1),
    dontFragment: (flags & 0x4000) !== 0,
    moreFragments: (flags & 0x2000) !== 0,
    fragmentOffset: (flags & 0x1fff) << 3,
  } as const;
  const protocol = view.getUint8(9);
  // Of a quoted packet only the beginning is there anyway, and a first fragment has the header that tells whose it is.
  const isFragment = (header.moreFragments && !quoted) || header.fragmentOffset > 0;
  const pseudo = () => sum(new Uint8Array(view.buffer, view.byteOffset + 12, 8), 0, 8, protocol + body.length);
  if (!isFragment && protocol === PROTOCOL.icmp) return { ...header, body: parseIcmp(body, checksums) };
  if (!isFragment && protocol === PROTOCOL.udp) return { ...header, body: parseUdp(body, pseudo(), checksums) };
  if (!isFragment && protocol === PROTOCOL.tcp)
    return { ...header, body: quoted ? parseQuotedTcp(body) : parseTcp(body, pseudo(), checksums) };
  if (!isFragment && protocol === PROTOCOL.ipip) {
    const packet = innerPacket(body, checksums);
    if (packet !== null) return { ...header, body: { kind: "ipip", packet } };
  }
  return { ...header, body: { kind: "unknown", protocol, data: body.slice() } };
}

/** The packet in a packet, or null when it is cut short or says something a value cannot say: then it stays octets. */
function innerPacket(bytes: Uint8Array, checksums: Checksums): Ipv4Packet | null {
  if (bytes.length < 20 || bytes.length !== viewOf(bytes).getUint16(2)) return null;
  try {
    return parseIpv4(bytes, { checksums });
  } catch (failure) {
    if (failure instanceof BadInput) return null;
    throw failure;
  }
}

function parseIcmp(bytes: Uint8Array, checksums: Checksums): Icmp {
  need(bytes, 8, "an ICMP header");
  if (checksums === "verify" && finish(sum(bytes)) !== 0) throw refuse("a wrong ICMP checksum", bytes);
  const view = viewOf(bytes);
  return { kind: "icmp", type: bytes[0]!, code: bytes[1]!, rest: view.getUint32(4), data: bytes.slice(8) };
}
