// The packet to be explained, in words: `in eth0 tcp 198.51.100.7:40000 > 192.0.2.10:443 syn`, `out udp ...`,
// `in eth0 icmp echo-request 10.0.0.1 > 10.0.0.2`.
import { type Ip, ip } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";
import {
  ICMP,
  ICMP6,
  type Icmp,
  type Icmp6,
  type Ipv4Packet,
  type Ipv6Packet,
  TCP_FLAG,
  type Tcp,
  type Udp,
} from "../../wire/packet.ts";

export interface AskedPacket {
  readonly text: string;
  /** The device it comes in by; null: it is made here. */
  readonly device: string | null;
  readonly packet: Ipv4Packet | Ipv6Packet;
}

const MEND =
  'Write "in eth0 tcp 198.51.100.7:40000 > 192.0.2.10:443 syn" or "out icmp echo-request 10.0.0.1 > 10.0.0.2".';
const NOTHING = new Uint8Array();
const ECHO = { "echo-request": [ICMP.echoRequest, ICMP6.echoRequest], "echo-reply": [ICMP.echoReply, ICMP6.echoReply] };

/** Throws BadInput naming what is not understood. */
export function readPacket(text: string): AskedPacket {
  const bad = (problem: string) => new BadInput(problem, text, MEND);
  const words = text.trim().split(/\s+/);
  const at = words.indexOf(">");
  const direction = words[0];
  if (direction !== "in" && direction !== "out") throw bad("a packet that comes neither in nor out");
  const device = direction === "in" ? (words[1] ?? "") : null;
  const protocol = words[device === null ? 1 : 2] ?? "";
  if (at === -1 || words[at + 1] === undefined) throw bad("a packet without SOURCE > DESTINATION");
  const first = device === null ? 2 : 3;
  if (at <= first) throw bad("a packet without a device, a protocol or a source");
  const from = endpoint(words[at - 1]!, bad);
  const to = endpoint(words[at + 1]!, bad);
  const more = [...words.slice(first, at - 1), ...words.slice(at + 2)].map((word) => word.replace(/^\[(.*)\]$/, "$1"));
  let ttl = 64;
  const ttlAt = more.indexOf("ttl");
  if (ttlAt !== -1) ttl = number(more.splice(ttlAt, 2)[1], 255, bad);
  const flags = more.flatMap((word) => word.split(",")).filter((word) => word !== "");
  const src = from.address;
  const dst = to.address;
  if (src.family !== dst.family) throw bad("addresses of two families");
  const isPorts = protocol === "tcp" || protocol === "udp";
  if (isPorts && (from.port === null || to.port === null)) throw bad(`${protocol} without its ports`);
  if (protocol.startsWith("icmp") && (from.port ?? to.port) !== null) throw bad(`ports, and ${protocol} has none`);
  const [srcPort, dstPort] = [from.port ?? 0, to.port ?? 0];
  if (src.family === 4 && dst.family === 4) {
    const body = protocol === "icmp" ? echo("icmp", flags, bad) : transport(protocol, srcPort, dstPort, flags, bad);
    const rest = { tos: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0 };
    return { text, device, packet: { kind: "ipv4", src, dst, ttl, id: 1, ...rest, body } };
  }
  if (src.family !== 6 || dst.family !== 6) throw bad("addresses of two families");
  const isEcho = protocol === "icmp6" || protocol === "icmpv6";
  const body = isEcho ? echo("icmp6", flags, bad) : transport(protocol, srcPort, dstPort, flags, bad);
  return { text, device, packet: { kind: "ipv6", src, dst, hopLimit: ttl, trafficClass: 0, flowLabel: 0, body } };
}

type Bad = (problem: string) => BadInput;

/** `10.0.0.1`, `10.0.0.1:80`, `fd00::1`, `[fd00::1]:80`. */
function endpoint(word: string, bad: Bad): { readonly address: Ip; readonly port: number | null } {
  const [, bracketed, port6, plain, port4] = /^(?:\[([^\]]+)\](?::(\w+))?|([^:]+)(?::(\w+))?)$/.exec(word) ?? [];
  const port = port6 ?? port4;
  const address = ip(bracketed ?? plain ?? word);
  return { address, port: port === undefined ? null : number(port, 65535, bad) };
}

function number(word: string | undefined, most: number, bad: Bad): number {
  if (word === undefined || !/^\d+$/.test(word) || Number(word) > most)
    throw bad(`"${word ?? ""}" is no number from 0 to ${most}`);
  return Number(word);
}

function transport(protocol: string, srcPort: number, dstPort: number, flags: readonly string[], bad: Bad): Tcp | Udp {
  if (protocol === "udp") {
    if (flags.length > 0) throw bad(`"${flags[0]}" is not understood of udp`);
    return { kind: "udp", srcPort, dstPort, data: NOTHING };
  }
  if (protocol !== "tcp") throw bad(`"${protocol}" is not a protocol that can be asked about: tcp, udp, icmp, icmp6`);
  let bits = 0;
  for (const name of flags.length === 0 ? ["syn"] : flags) {
    const bit = Object.hasOwn(TCP_FLAG, name) ? TCP_FLAG[name as keyof typeof TCP_FLAG] : undefined;
    if (bit === undefined) throw bad(`"${name}" is not a flag of TCP: ${Object.keys(TCP_FLAG).join(", ")}`);
    bits |= bit;
  }
  const isSyn = (bits & TCP_FLAG.syn) !== 0;
  const ack = (bits & TCP_FLAG.ack) === 0 ? 0 : 1;
  const options = isSyn ? { mss: 1460 } : {};
  return { kind: "tcp", srcPort, dstPort, seq: 1, ack, flags: bits, window: 64240, options, data: NOTHING };
}

function echo(kind: "icmp", flags: readonly string[], bad: Bad): Icmp;
function echo(kind: "icmp6", flags: readonly string[], bad: Bad): Icmp6;
function echo(kind: "icmp" | "icmp6", flags: readonly string[], bad: Bad): Icmp | Icmp6 {
  const [name = "echo-request", ...others] = flags;
  if (others.length > 0 || !Object.hasOwn(ECHO, name))
    throw bad(`"${flags.join(" ")}" is not echo-request or echo-reply`);
  const type = ECHO[name as keyof typeof ECHO][kind === "icmp" ? 0 : 1]!;
  return { kind, type, code: 0, rest: 65537, data: new Uint8Array(56) } as Icmp | Icmp6;
}
