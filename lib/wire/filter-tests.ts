// What a primitive of a capture filter asks of a frame.
// Before you edit: libpcap gencode.c (gen_hostop, gen_portop: only the first fragment has ports, gen_proto_abbrev).
import { type Ipv4, mask4 } from "./address.ts";
import { ipv4Bytes } from "./bytes.ts";
import type { Mac } from "./mac.ts";
import { ETHERTYPE, type Frame, type Ipv4Packet, PROTOCOL, protocolOf } from "./packet.ts";

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

/** `ip`, `arp`, `icmp`, `tcp`, `udp`: what a frame carries. */
export function isKind(proto: string): FrameTest {
  if (proto === "ip") return ({ payload }) => payload.kind === "ipv4";
  if (proto === "arp") return ({ payload }) => payload.kind === "arp";
  if (proto === "tcp" || proto === "udp" || proto === "icmp") return protocolIs("ip", PROTOCOL[proto]);
  return () => proto === "ether";
}

/** `ip proto 17`, `ether proto 0x0806`. */
export function protocolIs(layer: "ip" | "ether", number: number): FrameTest {
  if (layer === "ip") return ({ payload }) => payload.kind === "ipv4" && protocolOf(payload) === number;
  return ({ payload }) => (payload.kind === "unknown" ? payload.ethertype : ETHERTYPE[payload.kind]) === number;
}

/** `any`: the addresses of IP packets and of ARP messages. */
export type AddressFamily = "ip" | "arp" | "any" | "none";

function addressesOf({ payload }: Frame, family: AddressFamily): readonly [Ipv4, Ipv4] | null {
  if (payload.kind === "ipv4" && (family === "ip" || family === "any")) return [payload.src, payload.dst];
  if (payload.kind === "arp" && (family === "arp" || family === "any")) return [payload.senderIp, payload.targetIp];
  return null;
}

export function hostIs(address: Ipv4, dir: Direction, family: AddressFamily): FrameTest {
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

export function portIn(low: number, high: number, dir: Direction, proto: "tcp" | "udp" | null): FrameTest {
  const has = (port: number) => port >= low && port <= high;
  return ({ payload }) => {
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
