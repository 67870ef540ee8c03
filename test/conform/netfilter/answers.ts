// An answer to a packet that was seen, as its receiver would send it, or an error about it.
import { type Ip, ipv4 } from "../../../lib/wire/address.ts";
import { ipv6 } from "../../../lib/wire/address6.ts";
import { frameBytes } from "../../../lib/wire/bytes.ts";
import { type Frame, type Ipv4Packet, type Ipv6Packet, TCP_FLAG, type Tcp } from "../../../lib/wire/packet.ts";
import type { AnswerStep } from "./case.ts";
import { hostsOf, type Kind } from "./lab.ts";
import { frame, packetOf } from "./packets.ts";

type Packet = Ipv4Packet | Ipv6Packet;
const { syn, ack, fin, rst, psh } = TCP_FLAG;

/** The frame that answers; null when nobody would answer such a one. */
export function answerTo(seen: Frame, { at, how }: AnswerStep, kind: Kind): Frame | null {
  const { payload: packet } = seen;
  if (packet.kind !== "ipv4" && packet.kind !== "ipv6") return null;
  if (packet.kind === "ipv4" ? packet.moreFragments || packet.fragmentOffset > 0 : packet.fragment !== undefined)
    return null;
  if (isMulticast(packet.dst) || isMulticast(packet.src)) return null;
  if (how.kind === "error") {
    const quoted = frameBytes(seen).slice(14, 14 + how.quoted);
    const error = { type: how.type, code: how.code, rest: how.mtu, data: quoted };
    const body =
      packet.kind === "ipv4" ? ({ kind: "icmp", ...error } as const) : ({ kind: "icmp6", ...error } as const);
    return frame(kind, at, packetOf(null, kind.family, how.from ?? packet.dst.text, packet.src.text, body));
  }
  // Whose kernel answers itself is left alone: its numbers are its own.
  const { client, server } = hostsOf(kind);
  if (packet.body.kind === "tcp" && [...client, ...server].includes(packet.dst.text)) return null;
  const body = bodyFor(packet, how);
  return body === null ? null : frame(kind, at, packetOf(null, kind.family, packet.dst.text, packet.src.text, body));
}

function bodyFor({ body }: Packet, how: Exclude<AnswerStep["how"], { kind: "error" }>): Packet["body"] | null {
  const data = new Uint8Array(how.data).fill(98);
  switch (body.kind) {
    case "tcp":
      return segmentFor(body, how, data);
    case "udp":
      return { kind: "udp", srcPort: body.dstPort, dstPort: body.srcPort, data };
    case "icmp":
      return body.type === 8 ? { ...body, type: 0 } : body.type === 13 ? { ...body, type: 14 } : null;
    case "icmp6":
      return body.type === 128 ? { ...body, type: 129 } : null;
    case "unknown":
      return body.protocol === 132 ? null : { ...body };
    default:
      return null;
  }
}

/** The segment that continues the conversation, or one that is as wrong as is asked for. */
function segmentFor(seen: Tcp, how: Exclude<AnswerStep["how"], { kind: "error" }>, data: Uint8Array): Tcp {
  const isSyn = (seen.flags & syn) !== 0;
  const next = seen.seq + seen.data.length + (isSyn ? 1 : 0) + ((seen.flags & fin) !== 0 ? 1 : 0);
  const opening = isSyn && (seen.flags & ack) === 0;
  const natural = opening
    ? syn | ack
    : (seen.flags & fin) !== 0
      ? fin | ack
      : (seen.flags & rst) !== 0 || data.length === 0
        ? ack
        : ack | psh;
  const flags = how.kind === "segment" ? how.flags : natural;
  const [seqOff, ackOff] = how.kind === "segment" ? [how.seq, how.ack] : [0, 0];
  return {
    kind: "tcp",
    srcPort: seen.dstPort,
    dstPort: seen.srcPort,
    seq: ((opening ? 90000 : seen.ack) + seqOff) >>> 0,
    ack: (flags & ack) === 0 ? 0 : (next + ackOff) >>> 0,
    flags,
    window: 29200,
    options: (flags & syn) !== 0 ? { mss: 1460, sackPermitted: true, windowScale: 7 } : {},
    data: (flags & syn) !== 0 ? new Uint8Array() : data,
  };
}

function isMulticast(address: Ip): boolean {
  return address.isMulticast || address === ipv4("10.1.0.255") || address === ipv6("::");
}
