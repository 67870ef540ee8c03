// Questions to name servers, and their answers: by datagrams, again when none comes, and by TCP when one was cut short.
// Before you edit: glibc resolv/res_send.c (__res_nsend, send_dg, send_vc), musl src/network/res_msend.c.
import type { Lab } from "../../lab/lab.ts";
import { type Asking, connected, more } from "../../lab/programs.ts";
import type { Errno } from "../../netns/errno.ts";
import type { Netns } from "../../netns/netns.ts";
import { UdpSocket } from "../../netns/socket/udp.ts";
import { TcpSocket } from "../../netns/tcp/tcp.ts";
import { SECOND } from "../../trace/world.ts";
import type { Ip } from "../../wire/address.ts";
import { DNS_FLAG, DNS_PORT, type DnsMessage, RCODE, rcodeOf } from "../../wire/dns.ts";
import { dnsBytes } from "../../wire/dns-bytes.ts";
import { parseDns } from "../../wire/dns-parse.ts";
import { Framed, framed } from "./server.ts";

export interface Asker {
  readonly lab: Lab;
  readonly ns: Netns;
  /** Who asks, for `ss` and the trace. */
  readonly program: string;
}

/** A question as a resolver of a C library asks it: recursion desired, nothing of EDNS. */
export function query(lab: Lab, name: string, type: number): DnsMessage {
  const questions = [{ name, type, class: 1 }];
  const id = Math.floor(lab.random() * 65536);
  return { id, flags: DNS_FLAG.rd, questions, answers: [], authority: [], additional: [] };
}

export interface Heard {
  readonly message: DnsMessage;
  readonly octets: number;
  readonly server: Ip;
  readonly overTcp: boolean;
}

/** One question to one server by a datagram: its answer, an error of the network, or null when none came in time. */
export function* askByUdp(
  { lab, ns, program }: Asker,
  server: Ip,
  messages: readonly DnsMessage[],
  timeout: number,
  port = DNS_PORT,
): Asking<(Heard | null)[] | Errno> {
  const socket = new UdpSocket(ns, program, server.family);
  const heard: (Heard | null)[] = messages.map(() => null);
  try {
    const failed = socket.connect(server, port);
    if (failed !== null) return failed;
    // Who asks for both families sends both at once from one socket.
    for (const each of messages) {
      const refused = socket.send(dnsBytes(each));
      if (refused !== null) return refused;
    }
    const until = lab.now + timeout;
    for (;;) {
      for (let next = socket.receive(); next !== null; next = socket.receive()) {
        const message = parseDns(next.data);
        const at = messages.findIndex(({ id }) => id === message?.id);
        if (message === null || at === -1 || (message.flags & DNS_FLAG.qr) === 0) continue;
        heard[at] = { message, octets: next.data.length, server, overTcp: false };
      }
      const error = socket.takeError();
      if (error !== null) return error;
      if (heard.every((each) => each !== null) || lab.now >= until) return heard;
      yield { on: [socket], until };
    }
  } finally {
    socket.close();
  }
}

/** The same by TCP. */
export function* askByTcp(
  { lab, ns, program }: Asker,
  server: Ip,
  message: DnsMessage,
  timeout: number,
  port = DNS_PORT,
): Asking<Heard | null | Errno> {
  const socket = new TcpSocket(ns, program, server.family);
  const until = lab.now + timeout;
  try {
    const failed = yield* connected(socket, server, port, until);
    if (failed !== null) return failed;
    socket.send(framed(dnsBytes(message)));
    const pieces = new Framed();
    for (;;) {
      const piece = yield* more(socket, until);
      if (piece === null || typeof piece === "string") return piece;
      for (const octets of pieces.of(piece.data)) {
        const answer = parseDns(octets);
        if (answer?.id === message.id) return { message: answer, octets: octets.length, server, overTcp: true };
      }
      if (piece.end) return null;
    }
  } finally {
    socket.close();
  }
}

/**
 * What glibc does with questions: one server after the other, again from the first, and on to the next one when a server
 * fails (SERVFAIL, NOTIMP, REFUSED). Null of a question that nobody answered.
 */
export function* askInTurn(
  asker: Asker,
  servers: readonly Ip[],
  messages: readonly DnsMessage[],
  timeout: number,
  attempts: number,
): Asking<(DnsMessage | null)[]> {
  let best: (DnsMessage | null)[] = messages.map(() => null);
  for (let attempt = 0; attempt < attempts; attempt++)
    for (const server of servers) {
      // The first time as long as is said, then twice as long, shared by all of them (res_send.c, send_dg).
      const patience = attempt === 0 ? timeout : Math.max(1, Math.floor((timeout << attempt) / servers.length));
      const heard = yield* askByUdp(asker, server, messages, patience * SECOND);
      if (typeof heard === "string") continue;
      best = [];
      for (const [i, each] of heard.entries()) {
        let message = each?.message ?? null;
        if (message !== null && (message.flags & DNS_FLAG.tc) !== 0) {
          const whole = yield* askByTcp(asker, server, messages[i]!, timeout * SECOND);
          message = whole === null || typeof whole === "string" ? null : whole.message;
        }
        best.push(message);
      }
      if (best.every((each) => each !== null && !isRefusal(each))) return best;
    }
  return best;
}

function isRefusal(message: DnsMessage): boolean {
  const rcode = rcodeOf(message);
  return rcode === RCODE.SERVFAIL || rcode === RCODE.NOTIMP || rcode === RCODE.REFUSED;
}

/**
 * What musl does: every question to every server at once from one socket, again in the middle of its time; the first
 * answer that is one counts.
 */
export function* askAtOnce(
  { lab, ns, program }: Asker,
  servers: readonly Ip[],
  messages: readonly DnsMessage[],
  timeout: number,
  attempts: number,
): Asking<(DnsMessage | null)[]> {
  const socket = new UdpSocket(ns, program, servers[0]!.family);
  const answers: (DnsMessage | null)[] = messages.map(() => null);
  const end = lab.now + timeout * SECOND;
  const interval = Math.floor((timeout * SECOND) / attempts);
  try {
    for (let again = lab.now; lab.now < end; ) {
      if (lab.now >= again) {
        for (const [i, each] of messages.entries())
          if (answers[i] === null)
            for (const address of servers) socket.send(dnsBytes(each), { address, port: DNS_PORT });
        again = lab.now + interval;
      }
      for (let next = socket.receive(); next !== null; next = socket.receive()) {
        const message = parseDns(next.data);
        const at = messages.findIndex(({ id }) => id === message?.id);
        if (message === null || at === -1) continue;
        const rcode = rcodeOf(message);
        if (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN) answers[at] ??= message;
      }
      if (answers.every((each) => each !== null)) return answers;
      yield { on: [socket], until: Math.min(again, end) };
    }
    return answers;
  } finally {
    socket.close();
  }
}
