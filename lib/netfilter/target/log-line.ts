// The line that -j LOG writes into the kernel's log, from the octets of the packet.
// Before you edit: net/netfilter/nf_log_syslog.c (nf_log_dump_packet_common, dump_mac_header, dump_ipv4_packet,
// dump_ipv6_packet, nf_log_dump_tcp_header).
import { frameBytes } from "../../wire/bytes.ts";
import { Mac } from "../../wire/mac.ts";
import { get48, viewOf } from "../../wire/octets.ts";
import type { Skb } from "../skb.ts";
import { packetBytes } from "../transport.ts";

export interface LogFlags {
  readonly sequence: boolean;
  readonly tcpOptions: boolean;
  readonly macDecode: boolean;
}

/** A packet as it is read: its octets, where the IP header begins, and whether it is the one that was logged. */
interface At {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly start: number;
  readonly isOuter: boolean;
}

/** `PREFIXIN=eth0 OUT= MAC=... SRC=10.0.0.1 DST=10.0.0.2 LEN=84 ...`, with the space at its end. */
export function logLine(skb: Skb, prefix: string, flags: LogFlags): string {
  const { physIn, physOut, mark } = skb;
  let line = `${prefix}IN=${skb.in?.name ?? ""} OUT=${skb.out?.name ?? ""} `;
  if (physIn !== null && physIn.index !== skb.in?.index) line += `PHYSIN=${physIn.name} `;
  if (physOut !== null && physOut.index !== skb.out?.index) line += `PHYSOUT=${physOut.name} `;
  if (skb.in !== null) line += macHeader(skb, flags);
  const bytes = packetBytes(skb.packet);
  const at = { bytes, view: viewOf(bytes), start: 0, isOuter: true };
  line += skb.packet.kind === "ipv4" ? ipv4(at, flags) : ipv6(at, flags);
  return mark === 0 ? line : `${line}MARK=0x${mark.toString(16)} `;
}

function macHeader({ frame }: Skb, { macDecode }: LogFlags): string {
  if (frame === null) return macDecode ? "" : "MAC= ";
  const header = frameBytes({ dst: frame.dst, src: frame.src, payload: frame.payload }).subarray(0, 14);
  const view = viewOf(header);
  if (!macDecode) return `MAC=${Array.from(header, hex2).join(":")} `;
  const protocol = view.getUint16(12).toString(16).padStart(4, "0");
  return `MACSRC=${Mac.of(get48(view, 6))} MACDST=${Mac.of(get48(view, 0))} MACPROTO=${protocol} `;
}

function ipv4(at: At, flags: LogFlags): string {
  const { bytes, view, start } = at;
  if (bytes.length - start < 20) return "TRUNCATED";
  const tos = view.getUint8(start + 1);
  const cut = view.getUint16(start + 6);
  let line = `SRC=${quad(view, start + 12)} DST=${quad(view, start + 16)} LEN=${view.getUint16(start + 2)} `;
  line += `TOS=0x${upper2(tos & 0x1e)} PREC=0x${upper2(tos & 0xe0)} `;
  line += `TTL=${view.getUint8(start + 8)} ID=${view.getUint16(start + 4)} `;
  if (cut & 0x8000) line += "CE ";
  if (cut & 0x4000) line += "DF ";
  if (cut & 0x2000) line += "MF ";
  if (cut & 0x1fff) line += `FRAG:${cut & 0x1fff} `;
  const protocol = view.getUint8(start + 9);
  const behind = start + (view.getUint8(start) & 15) * 4;
  return line + transport(at, protocol, behind, (cut & 0x1fff) !== 0, flags);
}

function ipv6(at: At, flags: LogFlags): string {
  const { bytes, view, start } = at;
  if (bytes.length - start < 40) return "TRUNCATED";
  const word = view.getUint32(start);
  let line = `SRC=${groups(view, start + 8)} DST=${groups(view, start + 24)} LEN=${view.getUint16(start + 4) + 40} `;
  line += `TC=${(word >>> 20) & 255} HOPLIMIT=${view.getUint8(start + 7)} FLOWLBL=${word & 0xfffff} `;
  let next = view.getUint8(start + 6);
  let behind = start + 40;
  let isLater = false;
  for (; next === 0 || next === 43 || next === 44 || next === 60; ) {
    if (bytes.length < behind + 8) return `${line}TRUNCATED`;
    if (next === 44) {
      const offset = view.getUint16(behind + 2);
      line += `FRAG:${offset & 0xfff8} ${offset & 1 ? "INCOMPLETE " : ""}ID:${hex8(view.getUint32(behind + 4))} `;
      isLater = (offset & 0xfff8) !== 0;
    } else if (isLater) return line;
    const length = next === 44 ? 8 : (view.getUint8(behind + 1) + 1) * 8;
    next = view.getUint8(behind);
    behind += length;
  }
  return line + transport(at, next, behind, isLater, flags);
}

function transport(at: At, protocol: number, start: number, isLater: boolean, flags: LogFlags): string {
  const { bytes, view } = at;
  const left = bytes.length - start;
  const incomplete = `INCOMPLETE [${left} bytes] `;
  switch (protocol) {
    case 6:
      return `PROTO=TCP ${isLater ? "" : left < 20 ? incomplete : tcp(view, start, bytes, flags)}`;
    case 17:
    case 136: {
      const name = protocol === 17 ? "PROTO=UDP " : "PROTO=UDPLITE ";
      if (isLater) return name;
      if (left < 8) return name + incomplete;
      return `${name}SPT=${view.getUint16(start)} DPT=${view.getUint16(start + 2)} LEN=${view.getUint16(start + 4)} `;
    }
    case 1:
      return `PROTO=ICMP ${isLater ? "" : left < 8 ? incomplete : icmp(at, start, incomplete, flags)}`;
    case 58:
      return `PROTO=ICMPv6 ${isLater ? "" : left < 8 ? incomplete : icmp6(at, start, flags)}`;
    case 50:
    case 51: {
      const name = protocol === 51 ? "AH" : "ESP";
      if (isLater) return protocol === 51 ? "" : "PROTO=ESP ";
      const [size, spi] = protocol === 51 ? [12, 4] : [8, 0];
      return `PROTO=${name} ${left < size ? incomplete : `SPI=0x${view.getUint32(start + spi).toString(16)} `}`;
    }
    default:
      return `PROTO=${protocol} `;
  }
}

const FLAG_NAMES = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"] as const;

function tcp(view: DataView, start: number, bytes: Uint8Array, { sequence, tcpOptions }: LogFlags): string {
  let line = `SPT=${view.getUint16(start)} DPT=${view.getUint16(start + 2)} `;
  if (sequence) line += `SEQ=${view.getUint32(start + 4)} ACK=${view.getUint32(start + 8)} `;
  const word = view.getUint16(start + 12);
  line += `WINDOW=${view.getUint16(start + 14)} RES=0x${hex2(((word & 0x0fff) >> 6) & 0x3c)} `;
  for (let bit = 7; bit >= 0; bit--) if (word & (1 << bit)) line += `${FLAG_NAMES[bit]} `;
  line += `URGP=${view.getUint16(start + 18)} `;
  const header = (word >> 12) * 4;
  if (!tcpOptions || header <= 20) return line;
  if (bytes.length < start + header) return `${line}OPT (TRUNCATED)`;
  return `${line}OPT (${Array.from(bytes.subarray(start + 20, start + header), upper2).join("")}) `;
}

/** Octets that ICMP messages of these types have at least. */
const ICMP_LEAST: Readonly<Record<number, number>> = {
  0: 4,
  3: 28,
  4: 28,
  5: 28,
  8: 4,
  11: 28,
  12: 28,
  13: 20,
  14: 20,
  17: 12,
  18: 12,
};

function icmp(at: At, start: number, incomplete: string, flags: LogFlags): string {
  const { view, bytes } = at;
  const [type, code] = [view.getUint8(start), view.getUint8(start + 1)];
  const line = `TYPE=${type} CODE=${code} `;
  if (bytes.length - start < (ICMP_LEAST[type] ?? 0)) return line + incomplete;
  if (type === 0 || type === 8) return `${line}ID=${view.getUint16(start + 4)} SEQ=${view.getUint16(start + 6)} `;
  if (type === 12) return `${line}PARAMETER=${view.getUint8(start + 4)} `;
  if (type !== 3 && type !== 4 && type !== 5 && type !== 11) return line;
  const gateway = type === 5 ? `GATEWAY=${quad(view, start + 4)} ` : "";
  const quote = at.isOuter ? `[${ipv4({ bytes, view, start: start + 8, isOuter: false }, flags)}] ` : "";
  const mtu = type === 3 && code === 4 ? `MTU=${view.getUint16(start + 6)} ` : "";
  return line + gateway + quote + mtu;
}

function icmp6(at: At, start: number, flags: LogFlags): string {
  const { view, bytes } = at;
  const [type, code] = [view.getUint8(start), view.getUint8(start + 1)];
  const line = `TYPE=${type} CODE=${code} `;
  if (type === 128 || type === 129) return `${line}ID=${view.getUint16(start + 4)} SEQ=${view.getUint16(start + 6)} `;
  if (type < 1 || type > 4) return line;
  const pointer = type === 4 ? `POINTER=${hex8(view.getUint32(start + 4))} ` : "";
  const quote = at.isOuter ? `[${ipv6({ bytes, view, start: start + 8, isOuter: false }, flags)}] ` : "";
  const mtu = type === 2 ? `MTU=${view.getUint32(start + 4)} ` : "";
  return line + pointer + quote + mtu;
}

function quad(view: DataView, at: number): string {
  return [0, 1, 2, 3].map((i) => view.getUint8(at + i)).join(".");
}

function groups(view: DataView, at: number): string {
  return [0, 2, 4, 6, 8, 10, 12, 14]
    .map((i) =>
      view
        .getUint16(at + i)
        .toString(16)
        .padStart(4, "0"),
    )
    .join(":");
}

function hex2(octet: number): string {
  return octet.toString(16).padStart(2, "0");
}

function upper2(octet: number): string {
  return hex2(octet).toUpperCase();
}

function hex8(word: number): string {
  return word.toString(16).padStart(8, "0");
}
