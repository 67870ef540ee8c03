// Octets to IPv6 and ICMPv6. What a value could not say again is refused aloud, never dropped.
// Before you edit: RFC 8200 §4, RFC 4443 §2.4.
import { Ipv6 } from "./address6.ts";
import { ROUTER_ALERT } from "./bytes6.ts";
import { finish, sum } from "./checksum.ts";
import { need, refuse, viewOf } from "./octets.ts";
import { type Icmp6, type Ipv6Packet, PROTOCOL } from "./packet.ts";
import { type Checksums, parseQuotedTcp, parseTcp, parseUdp } from "./parse-transport.ts";

/** Extension headers that nothing here reads. */
const OTHER_HEADERS: Readonly<Record<number, string>> = {
  43: "an IPv6 routing header",
  51: "an IPv6 authentication header",
  60: "IPv6 destination options",
  135: "an IPv6 mobility header",
};

/** Reads the octets of one IPv6 packet (trailing padding is left out). Throws BadInput naming the field at fault. */
export function parseIpv6(bytes: Uint8Array, checksums: Checksums = "verify"): Ipv6Packet {
  need(bytes, 40, "an IPv6 header");
  const length = 40 + viewOf(bytes).getUint16(4);
  if (length > bytes.length) throw refuse(`IPv6 payload length ${length - 40} in ${bytes.length - 40} octets`, bytes);
  return ipv6Of(bytes.subarray(0, length), checksums, false);
}

/** Reads what an ICMPv6 error quotes: an IPv6 header and at least eight octets, cut anywhere after them. */
export function parseQuote6(bytes: Uint8Array): Ipv6Packet {
  need(bytes, 48, "a quoted IPv6 header and eight octets");
  return ipv6Of(bytes, "ignore", true);
}

/** Reads the 16 octets of an address. */
export function readAddress6(view: DataView, at: number): Ipv6 {
  return Ipv6.of(view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8), view.getUint32(at + 12));
}

type Changing<T> = { -readonly [K in keyof T]: T[K] };

function ipv6Of(bytes: Uint8Array, checksums: Checksums, quoted: boolean): Ipv6Packet {
  if (bytes[0]! >> 4 !== 6) throw refuse(`IP version ${bytes[0]! >> 4} in an IPv6 packet`, bytes);
  const view = viewOf(bytes);
  const first = view.getUint32(0);
  const header: Changing<Omit<Ipv6Packet, "body">> = {
    kind: "ipv6",
    src: readAddress6(view, 8),
    dst: readAddress6(view, 24),
    hopLimit: bytes[7]!,
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
  };
  let protocol = bytes[6]!;
  let at = 40;
  if (protocol === PROTOCOL.hopByHop) {
    need(bytes, at + 8, "a hop-by-hop header");
    if (!ROUTER_ALERT.every((octet, i) => bytes[at + 1 + i] === octet))
      throw refuse("IPv6 hop-by-hop options other than router alert", bytes);
    header.routerAlert = true;
    protocol = bytes[at]!;
    at += 8;
  }
  if (protocol === PROTOCOL.fragment) {
    need(bytes, at + 8, "a fragment header");
    const offset = view.getUint16(at + 2);
    if (bytes[at + 1] !== 0 || (offset & 6) !== 0) throw refuse("reserved bits of an IPv6 fragment header", bytes);
    header.fragment = { id: view.getUint32(at + 4), offset: offset & 0xfff8, more: (offset & 1) !== 0 };
    protocol = bytes[at]!;
    at += 8;
  }
  const other = OTHER_HEADERS[protocol];
  const { fragment } = header;
  // Of a quoted packet only the beginning is there anyway, and a first fragment has the header that tells whose it is.
  const isPiece = fragment !== undefined && (fragment.offset > 0 || (fragment.more && !quoted));
  if (!isPiece && (other !== undefined || protocol === PROTOCOL.hopByHop || protocol === PROTOCOL.fragment))
    throw refuse(other ?? "IPv6 headers out of their order", bytes);
  const rest = bytes.subarray(at);
  return { ...header, body: isPiece ? octets(protocol, rest) : bodyOf(protocol, rest, bytes, checksums, quoted) };
}

function octets(protocol: number, data: Uint8Array): Ipv6Packet["body"] {
  return { kind: "unknown", protocol, data: data.slice() };
}

function bodyOf(
  protocol: number,
  rest: Uint8Array,
  packet: Uint8Array,
  checksums: Checksums,
  quoted: boolean,
): Ipv6Packet["body"] {
  const pseudo = () => sum(packet, 8, 40, protocol + rest.length);
  if (protocol === PROTOCOL.icmp6) return parseIcmp6(rest, pseudo(), checksums);
  if (protocol === PROTOCOL.udp) return parseUdp(rest, pseudo(), checksums);
  if (protocol !== PROTOCOL.tcp) return octets(protocol, rest);
  return quoted ? parseQuotedTcp(rest) : parseTcp(rest, pseudo(), checksums);
}

function parseIcmp6(bytes: Uint8Array, pseudo: number, checksums: Checksums): Icmp6 {
  need(bytes, 8, "an ICMPv6 header");
  if (checksums === "verify" && finish(sum(bytes, 0, bytes.length, pseudo)) !== 0)
    throw refuse("a wrong ICMPv6 checksum", bytes);
  return { kind: "icmp6", type: bytes[0]!, code: bytes[1]!, rest: viewOf(bytes).getUint32(4), data: bytes.slice(8) };
}
