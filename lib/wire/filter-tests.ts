// What a primitive of a capture filter asks of a frame.
// Before you edit: libpcap gencode.c (gen_hostop, gen_hostop6, gen_portop: only the first fragment has ports,
// gen_portop6: only right behind the IPv6 header, gen_proto, gen_proto_abbrev).
import { type Ip, type Ipv4, mask4 } from "./address.ts";
import { type Ipv6, Prefix6 } from "./address6.ts";
import { ethertypeOf, ipv4Bytes } from "./bytes.ts";
import type { Mac } from "./mac.ts";
import { type Frame, type Ipv4Packet, type Ipv6Packet, PROTOCOL, protocolOf } from "./packet.ts";

/** Whether a filter takes a frame. */
export type FrameTest = (frame: Frame) => boolean;
/** `src`, `dst`, `src or dst`, `src and dst`. */
export type Direction = "src" | "dst" | "either" | "both";

function directed(dir: Direction, src: boolean, dst: boolean): boolean {
  if (dir === "src") return src;
  if (dir === "dst") return dst;
  return dir === "either" ? src || dst : src && dst;
}

/** `ether host MAC`. */
export function etherIs(mac: Mac, dir: Direction): FrameTest {
  return ({ src, dst }) => directed(dir, src === mac, dst === mac);
}

/** `ip`, `ip6`, `arp`, `icmp`, `icmp6`, `tcp`, `udp`: what a frame carries. */
export function isKind(proto: string): FrameTest {
  if (proto === "ip") return ({ payload }) => payload.kind === "ipv4";
  if (proto === "ip6") return ({ payload }) => payload.kind === "ipv6";
  if (proto === "arp") return ({ payload }) => payload.kind === "arp";
  if (proto === "icmp") return protocolIs("ip", PROTOCOL.icmp);
  if (proto === "icmp6") return protocolIs("ip6", PROTOCOL.icmp6);
  if (proto === "tcp" || proto === "udp") return protocolIs("any", PROTOCOL[proto]);
  return () => proto === "ether";
}

/** `ip proto 17`, `ip6 proto 58`, `proto 17` of either, `ether proto 0x0806`. */
export function protocolIs(layer: "ip" | "ip6" | "any" | "ether", number: number): FrameTest {
  if (layer === "ether") return (frame) => ethertypeOf(frame) === number;
  return ({ payload }) => {
    if (payload.kind === "ipv4") return layer !== "ip6" && protocolOf(payload) === number;
    return payload.kind === "ipv6" && layer !== "ip" && nextHeaderIs(payload, number);
  };
}

/** Only the first header is looked at, and what a fragment header names. */
function nextHeaderIs(packet: Ipv6Packet, number: number): boolean {
  if (packet.routerAlert) return number === PROTOCOL.hopByHop;
  return protocolOf(packet) === number || (packet.fragment !== undefined && number === PROTOCOL.fragment);
}

/** `any`: the addresses of IP packets and of ARP messages. */
export type AddressFamily = "ip" | "arp" | "any" | "none";

function addressesOf({ payload }: Frame, family: AddressFamily): readonly [Ipv4, Ipv4] | null {
  if (payload.kind === "ipv4" && (family === "ip" || family === "any")) return [payload.src, payload.dst];
  if (payload.kind === "arp" && (family === "arp" || family === "any")) return [payload.senderIp, payload.targetIp];
  return null;
}

/** An IPv6 address is looked for in IPv6 packets, whatever the family says. */
export function hostIs(address: Ip, dir: Direction, family: AddressFamily): FrameTest {
  if (address.family === 6)
    return ({ payload }) => payload.kind === "ipv6" && directed(dir, payload.src === address, payload.dst === address);
  return (frame) => {
    const pair = addressesOf(frame, family);
    return pair !== null && directed(dir, pair[0] === address, pair[1] === address);
  };
}

/** Null when the address has bits beyond the network. */
export function netIs(address: Ipv4, length: number, dir: Direction, family: AddressFamily): FrameTest | null {
  const mask = mask4(length);
  if ((address.bits & ~mask) !== 0) return null;
  const has = (each: Ipv4) => ((each.bits ^ address.bits) & mask) === 0;
  return (frame) => {
    const pair = addressesOf(frame, family);
    return pair !== null && directed(dir, has(pair[0]), has(pair[1]));
  };
}

/** Null when the address has bits beyond the network. */
export function net6Is(address: Ipv6, length: number, dir: Direction): FrameTest | null {
  const network = new Prefix6(address, length);
  if (network.address !== address) return null;
  return ({ payload }) =>
    payload.kind === "ipv6" && directed(dir, network.contains(payload.src), network.contains(payload.dst));
}

export function portIn(low: number, high: number, dir: Direction, proto: "tcp" | "udp" | null): FrameTest {
  const has = (port: number) => port >= low && port <= high;
  return ({ payload }) => {
    if (payload.kind === "ipv6") {
      const { body, routerAlert } = payload;
      if (routerAlert || (body.kind !== "tcp" && body.kind !== "udp") || payload.fragment !== undefined) return false;
      return (proto === null || body.kind === proto) && directed(dir, has(body.srcPort), has(body.dstPort));
    }
    if (payload.kind !== "ipv4" || payload.fragmentOffset > 0) return false;
    const protocol = protocolOf(payload);
    if (protocol !== PROTOCOL.tcp && protocol !== PROTOCOL.udp) return false;
    if (proto !== null && protocol !== PROTOCOL[proto]) return false;
    const [src, dst] = portsOf(payload);
    return directed(dir, has(src), has(dst));
  };
}

function portsOf(packet: Ipv4Packet): readonly [number, number] {
  const { body } = packet;
  if (body.kind === "tcp" || body.kind === "udp") return [body.srcPort, body.dstPort];
  const bytes = ipv4Bytes(packet);
  const view = new DataView(bytes.buffer);
  return bytes.length < 24 ? [-1, -1] : [view.getUint16(20), view.getUint16(22)];
}
