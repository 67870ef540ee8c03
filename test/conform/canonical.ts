// A frame as one line of text that is the same for the same frame in the model and in the real kernel.
// Left out, and nothing else: the value of the IP identification (whether it is 0 is kept: a packet with DF may have 0)
// with the header checksum that depends on it (it must be right); and on lo the checksum of UDP and TCP, which Linux
// never finishes there; and the source port of a tunnel's datagram, which is a hash. Sequence numbers of TCP count from
// the SYN's; see canonical-tcp.ts. Everything else is compared to the octet.
import { createHash } from "node:crypto";
import { finish, sum } from "../../lib/wire/checksum.ts";
import { type Beginnings, quotedSegment, segment } from "./canonical-tcp.ts";
import { packet6 } from "./canonical6.ts";

/** `device` is where the frame was seen; `beginnings` is kept for a whole case, whose frames come in order of time. */
export function canonical(octets: Uint8Array, device: string, beginnings: Beginnings = new Map()): string {
  // A copy: a Buffer's slices share their memory.
  const bytes = new Uint8Array(octets);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const ethertype = view.getUint16(12);
  const ethernet = `${mac(bytes, 6)} > ${mac(bytes, 0)}`;
  if (ethertype === 0x0806) {
    const [op, from, to] = [view.getUint16(20), address(bytes, 28), address(bytes, 38)];
    const rest = bytes.length > 42 ? ` padding ${hex(bytes.subarray(42))}` : "";
    return `${ethernet} arp ${op} ${from} ${mac(bytes, 22)} > ${to} ${mac(bytes, 32)} ${hex(bytes.subarray(14, 20))}${rest}`;
  }
  if (ethertype === 0x86dd && bytes.length >= 54)
    return `${ethernet} ${packet6(bytes.slice(14), device === "lo", false, beginnings)}`;
  if (ethertype !== 0x0800 || bytes.length < 34)
    return `${ethernet} type ${ethertype.toString(16)} ${digest(bytes.subarray(14))}`;
  return `${ethernet} ${packet(bytes.slice(14), device === "lo", false, beginnings)}`;
}

function packet(bytes: Uint8Array, unfinished: boolean, quoted: boolean, beginnings: Beginnings): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerLength = (bytes[0]! & 15) * 4;
  const flags = view.getUint16(6);
  const offset = (flags & 0x1fff) * 8;
  const checksum = finish(sum(bytes, 0, headerLength)) === 0 ? "" : " WRONG CHECKSUM";
  const words = [
    `ip${checksum} ${address(bytes, 12)} > ${address(bytes, 16)} ttl ${bytes[8]} tos ${bytes[1]} id ${view.getUint16(4) === 0 ? "0" : "some"}`,
    `length ${view.getUint16(2)}${flags & 0x4000 ? " DF" : ""}${flags & 0x2000 ? " MF" : ""}${offset ? ` offset ${offset}` : ""}`,
  ];
  if (headerLength > 20) words.push(`options ${hex(bytes.subarray(20, headerLength))}`);
  const body = bytes.slice(headerLength);
  const protocol = bytes[9]!;
  const whole = offset === 0 && (flags & 0x2000) === 0;
  const inner = new DataView(body.buffer);
  if (protocol === 1 && body.length >= 36 && whole && !quoted && QUOTING.includes(body[0]!)) {
    const right = finish(sum(body)) === 0 ? "" : " WRONG CHECKSUM";
    words.push(
      `icmp${right} ${body[0]}/${body[1]} ${hex(body.subarray(4, 8))} about [${packet(body.slice(8), unfinished, true, beginnings)}]`,
    );
    return words.join(" ");
  }
  if (protocol === 4 && offset === 0 && body.length >= 20) {
    words.push(`ipip [${packet(body, unfinished, quoted, beginnings)}]`);
    return words.join(" ");
  }
  if (protocol === 17 && offset === 0 && body.length >= 30 && VXLAN_PORTS.includes(inner.getUint16(2))) {
    words.push(vxlan(body, beginnings));
    return words.join(" ");
  }
  if (protocol === 17 && whole && body.length >= 8 && FOU_PORTS.includes(inner.getUint16(2))) {
    // Who takes such a datagram apart shortens it, also for who captured it before: only the UDP header is right.
    words[0] = words[0]!.replace(" WRONG CHECKSUM", "");
    words[1] = words[1]!.replace(/^length \d+/, `length ${headerLength + inner.getUint16(4)}`);
  }
  if (protocol === 17 && offset === 0 && body.length >= 28 && inner.getUint16(2) === FLANNEL_PORT) {
    words.push(`udp ${hex(body.subarray(0, 6))} carries [${packet(body.slice(8), unfinished, quoted, beginnings)}]`);
    return words.join(" ");
  }
  if (protocol === 6 && whole && body.length >= (quoted ? 8 : 20)) {
    const way = [address(bytes, 12), address(bytes, 16)] as const;
    words.push(
      quoted
        ? quotedSegment(body, ...way, beginnings)
        : segment(sum(bytes, 12, 20, 6 + body.length), body, ...way, unfinished, beginnings),
    );
    return words.join(" ");
  }
  if (unfinished && offset === 0 && protocol === 17 && body.length >= 8) inner.setUint16(6, 0);
  words.push(`protocol ${protocol} ${digest(body)}`);
  return words.join(" ");
}

/** Unreachable, redirect, time exceeded. */
const QUOTING: readonly number[] = [3, 5, 11];

/** Flannel's program puts packets into datagrams as they are. */
const FLANNEL_PORT = 8285;

/** Ports of foo over UDP, in the cases that have it. */
const FOU_PORTS: readonly number[] = [5555, 5556];

const VXLAN_PORTS: readonly number[] = [8472, 4789, 4790];

/** The outer source port is a hash with a secret key, and the checksum goes with it; what is inside is a frame. */
function vxlan(udp: Uint8Array, beginnings: Beginnings): string {
  const view = new DataView(udp.buffer, udp.byteOffset, udp.length);
  const sum = view.getUint16(6) === 0 ? "none" : "some";
  const from = view.getUint16(0);
  const port = from >= 32768 && from <= 60999 ? "ephemeral" : `${from}`;
  return `udp ${port} > ${view.getUint16(2)} length ${view.getUint16(4)} checksum ${sum} vxlan ${hex(udp.subarray(8, 16))} [${canonical(udp.slice(16), "", beginnings)}]`;
}

function mac(bytes: Uint8Array, at: number): string {
  return Array.from(bytes.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function address(bytes: Uint8Array, at: number): string {
  return bytes.subarray(at, at + 4).join(".");
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The first octets to be read by people, and a hash of all. */
export function digest(bytes: Uint8Array): string {
  if (bytes.length <= 24) return hex(bytes);
  return `${hex(bytes.subarray(0, 24))}... md5 ${createHash("md5").update(bytes).digest("hex").slice(0, 12)}`;
}

/** The list under a key, begun if there is none. */
export function listAt<T>(lists: Record<string, T[]>, key: string): T[] {
  const list = lists[key] ?? [];
  lists[key] = list;
  return list;
}
