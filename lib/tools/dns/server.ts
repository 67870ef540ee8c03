// A server of DNS: datagrams and connections of port 53 become questions, and what is answered becomes octets.
// Before you edit: RFC 1035 §4.2, github.com/miekg/dns server.go, msg_truncate.go.
import type { Program } from "../../lab/process.ts";
import { listen } from "../../lab/programs.ts";
import { errorText } from "../../netns/errno.ts";
import type { Netns } from "../../netns/netns.ts";
import type { Remote } from "../../netns/socket/family.ts";
import { UdpSocket } from "../../netns/socket/udp.ts";
import type { TcpSocket } from "../../netns/tcp/tcp.ts";
import { DNS_FLAG, DNS_PORT, DNS_TYPE, type DnsMessage, type DnsRecord } from "../../wire/dns.ts";
import { dnsBytes } from "../../wire/dns-bytes.ts";
import { parseDns } from "../../wire/dns-parse.ts";

/** A question that came in. */
export interface Asked {
  readonly message: DnsMessage;
  /** Octets it had. */
  readonly length: number;
  readonly client: Remote;
  readonly overTcp: boolean;
  /** Sends the answer, as octets that `fitting` or `dnsBytes` made. */
  readonly reply: (octets: Uint8Array) => void;
}

export interface DnsServerOptions {
  readonly port?: number;
  /** Name of the program in `ss` and in the trace. */
  readonly program?: string;
  readonly err?: (text: string) => void;
}

/** Hears questions for ever and hands each to `take`. Ends with status 1 when the port is taken. */
export function* dnsServer(
  ns: Netns,
  { port = DNS_PORT, program = "dns-server", err }: DnsServerOptions,
  take: (asked: Asked) => void,
): Program {
  const datagrams = new UdpSocket(ns, program, 4);
  const failed = datagrams.bind(null, port);
  const listener = failed ?? listen(ns, { port, program });
  if (typeof listener === "string") {
    datagrams.close();
    err?.(`listen udp :${port}: bind: ${errorText(listener)}\n`);
    return 1;
  }
  const streams = new Set<Stream>();
  try {
    for (;;) {
      for (let next = datagrams.receive(); next !== null; next = datagrams.receive()) {
        const { data, from, cause } = next;
        const message = parseDns(data);
        // Garbage, and answers to nobody's question, are dropped.
        if (message === null || (message.flags & DNS_FLAG.qr) !== 0) continue;
        const reply = (octets: Uint8Array) => void datagrams.send(octets, from, cause);
        take({ message, length: data.length, client: from, overTcp: false, reply });
      }
      for (let next = listener.accept(); next !== null; next = listener.accept()) streams.add(new Stream(next));
      for (const each of streams) if (!each.read(take)) streams.delete(each);
      yield { on: [datagrams, listener, ...[...streams].map(({ socket }) => socket)] };
    }
  } finally {
    for (const { socket } of streams) socket.close();
    listener.close();
    datagrams.close();
  }
}

/** A connection, on which each message has its length in front. */
class Stream {
  readonly socket: TcpSocket;
  private readonly pieces = new Framed();

  constructor(socket: TcpSocket) {
    this.socket = socket;
  }

  /** False when the other end has said all. */
  read(take: (asked: Asked) => void): boolean {
    const { socket, pieces } = this;
    for (;;) {
      const piece = socket.receive();
      if (piece === null && socket.takeError() === null) return true;
      if (piece === null || piece.end) {
        socket.close(piece?.cause);
        return false;
      }
      for (const octets of pieces.of(piece.data)) {
        const message = parseDns(octets);
        if (message === null) continue;
        const reply = (answer: Uint8Array) => void socket.send(framed(answer), piece.cause);
        take({ message, length: octets.length, client: socket.remote!, overTcp: true, reply });
      }
    }
  }
}

/** Puts the pieces of a stream together to messages. */
export class Framed {
  private rest: Uint8Array = new Uint8Array(0);

  of(data: Uint8Array): Uint8Array[] {
    let left = new Uint8Array(this.rest.length + data.length);
    left.set(this.rest);
    left.set(data, this.rest.length);
    const messages: Uint8Array[] = [];
    while (left.length >= 2) {
      const end = 2 + ((left[0]! << 8) | left[1]!);
      if (left.length < end) break;
      messages.push(left.slice(2, end));
      left = left.slice(end);
    }
    this.rest = left;
    return messages;
  }
}

/** A message with its length in front. */
export function framed(octets: Uint8Array): Uint8Array {
  return Uint8Array.of(octets.length >> 8, octets.length & 255, ...octets);
}

/**
 * The octets of an answer, of at most `size`: plain if they fit, else with names compressed, else without the records
 * that are too many, and with TC set (dns.Truncate).
 */
export function fitting(message: DnsMessage, size: number): { octets: Uint8Array; message: DnsMessage } {
  const plain = dnsBytes(message);
  if (plain.length <= size) return { octets: plain, message };
  const whole = dnsBytes(message, true);
  if (whole.length <= size) return { octets: whole, message };
  const opt = message.additional.filter(({ type }) => type === DNS_TYPE.OPT);
  const rest = message.additional.filter(({ type }) => type !== DNS_TYPE.OPT);
  const all: DnsRecord[] = [...message.answers, ...message.authority, ...rest];
  const cut = (count: number): DnsMessage => {
    const from = message.answers.length + message.authority.length;
    return {
      ...message,
      flags: message.flags | DNS_FLAG.tc,
      answers: message.answers.slice(0, count),
      authority: message.authority.slice(0, Math.max(0, count - message.answers.length)),
      additional: [...rest.slice(0, Math.max(0, count - from)), ...opt],
    };
  };
  let count = all.length;
  let octets = whole;
  while (octets.length > size && count > 0) octets = dnsBytes(cut(--count), true);
  return { octets, message: cut(count) };
}
