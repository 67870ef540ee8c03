// One run of ping, whichever IP it speaks: the pace, the statistics and the words that both have.
// Before you edit: iputils ping/ping_common.c (main_loop, __schedule_exit, gather_statistics, finish).
import type { Program, Wait } from "../lab/process.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import type { Waitable } from "../netns/wait.ts";
import { MICROSECOND, MILLISECOND, SECOND } from "../trace/world.ts";
import type { Call } from "./command.ts";
import type { Options } from "./ping-arguments.ts";

/** Without -c a real ping goes on until Ctrl-C; here it gets that Ctrl-C after so many. */
const UNTIL_CTRL_C = 5;
const TIMEVAL = 16;
/** What an attempt counts while the kernel has no room, until it is as much as -W (pinger). */
const NO_ROOM = 500 * MILLISECOND;

/** A reply to request `seq`; or a line about it, which counts as an error or does not. */
export type Heard =
  | {
      readonly seq: number;
      readonly octets: number;
      readonly from: string;
      readonly ttl: number;
      readonly time: number;
    }
  | { readonly seq: number; readonly line: string; readonly isError: boolean };

/** What differs between the two families: how it is sent, and how what comes back reads. */
export interface Voice<Message> {
  readonly socket: Waitable & { receive(): Message | null; close(): void };
  /** Between "mtu" and its number. */
  readonly mtuSign: string;
  /** The first line, and what is warned of before it. */
  head(): string;
  send(seq: number, data: Uint8Array, confirm: boolean): { readonly errno: Errno | null; readonly mtu?: number };
  /** Null for what is none of its business. */
  read(message: Message): Heard | null;
}

/** What a run ends with; times in microseconds. */
export interface Ending {
  readonly target: string;
  readonly sent: number;
  readonly received: number;
  readonly errors: number;
  readonly duplicates: number;
  readonly loss: number;
  /** Nanoseconds from the first request to the last. */
  readonly span: number;
  readonly pipe: number;
  /** Null when nothing was measured. */
  readonly times: {
    readonly min: number;
    readonly average: number;
    readonly max: number;
    readonly mdev: number;
  } | null;
}

/** The words of a ping: iputils's here, busybox's beside its command. */
export interface Wording {
  reply(heard: Extract<Heard, { octets: number }>, time: number | null, isDuplicate: boolean): string;
  ending(ending: Ending): string;
}

const IPUTILS: Wording = {
  reply({ octets, from, seq, ttl }, time, isDuplicate) {
    const timing = time === null ? "" : ` time=${triptime(time)} ms`;
    return `${octets} bytes from ${from}: icmp_seq=${seq} ttl=${ttl}${timing}${isDuplicate ? " (DUP!)" : ""}\n`;
  },
  ending({ target, sent, received, errors, duplicates, loss, span, pipe, times }) {
    const parts = [`${sent} packets transmitted`, `${received} received`];
    if (duplicates > 0) parts.push(`+${duplicates} duplicates`);
    if (errors > 0) parts.push(`+${errors} errors`);
    parts.push(`${Number.parseFloat(loss.toPrecision(6))}% packet loss`, `time ${Math.round(span / MILLISECOND)}ms`);
    const ends: string[] = [];
    if (times !== null) {
      const { min, average, max, mdev } = times;
      ends.push(`rtt min/avg/max/mdev = ${[min, average, max, mdev].map(milliseconds).join("/")} ms`);
    }
    if (pipe > 1) ends.push(`pipe ${pipe}`);
    return `\n--- ${target} ping statistics ---\n${parts.join(", ")}\n${ends.join(", ")}\n`;
  },
};

/** One run of ping: what it sent, what came back. */
export class Run<Message> {
  private readonly call: Call;
  private readonly options: Options;
  private readonly voice: Voice<Message>;
  private readonly wording: Wording;
  private readonly sentAt = new Map<number, number>();
  private readonly answered = new Set<number>();
  private sent = 0;
  private received = 0;
  private refused = 0;
  private duplicates = 0;
  private errors = 0;
  private pipe = 0;
  private start = 0;
  /** When the last request went out: what ping calls the time it took. */
  private last = 0;
  private min = Number.POSITIVE_INFINITY;
  private max = 0;
  private total = 0;
  private totalSquares = 0;

  constructor(call: Call, options: Options, voice: Voice<Message>, wording = IPUTILS) {
    this.wording = wording;
    this.call = call;
    this.options = options;
    this.voice = voice;
  }

  *program(): Program {
    const { call, options, voice } = this;
    const { lab } = call;
    const { socket } = voice;
    if (options.pattern !== null && !options.quiet)
      call.out(`PATTERN: 0x${options.pattern.map((octet) => octet.toString(16).padStart(2, "0")).join("")}\n`);
    call.out(voice.head());
    this.start = lab.now;
    this.last = lab.now;
    const count = options.count ?? UNTIL_CTRL_C;
    const deadline = options.deadline === null ? Number.POSITIVE_INFINITY : lab.now + options.deadline;
    try {
      let nextSend = lab.now;
      let exitAt = deadline;
      while (this.received + this.errors < count) {
        if (this.sent < count && lab.now >= nextSend) {
          if (options.outstanding && this.sent > 0 && !this.answered.has(this.sent))
            call.out(`${this.stamp()}no answer yet for icmp_seq=${this.sent}\n`);
          this.send();
          if (this.sent >= options.preload) nextSend = lab.now + options.interval;
          if (this.sent === count) exitAt = Math.min(deadline, lab.now + this.patience());
        }
        const until = Math.min(this.sent < count ? nextSend : Number.POSITIVE_INFINITY, exitAt);
        for (let message = socket.receive(); message !== null; message = socket.receive()) this.take(message);
        if (this.received + this.errors >= count) break;
        if (lab.now >= exitAt) break;
        yield this.waitFor(until);
      }
    } finally {
      socket.close();
    }
    if (options.count === null) call.out("^C");
    this.statistics();
    return this.received > 0 ? 0 : 1;
  }

  private waitFor(until: number): Wait {
    return { until, on: [this.voice.socket] };
  }

  /** How long to wait after the last request (__schedule_exit). */
  private patience(): number {
    const { linger, interval } = this.options;
    return this.received > 0 ? Math.max(2 * this.max * MICROSECOND, interval) : linger;
  }

  private send(): void {
    const { options, call } = this;
    const seq = ++this.sent;
    const data = new Uint8Array(options.size);
    const { pattern } = options;
    for (let i = 0; i < data.length; i++) data[i] = pattern === null ? i & 0xff : pattern[i % pattern.length]!;
    if (data.length >= TIMEVAL) {
      const view = new DataView(data.buffer);
      view.setBigUint64(0, BigInt(Math.floor(call.lab.now / SECOND)), true);
      view.setBigUint64(8, BigInt(Math.floor((call.lab.now % SECOND) / MICROSECOND)), true);
    }
    this.sentAt.set(seq, call.lab.now);
    this.last = call.lab.now;
    // From the second reply on ping vouches for its neighbour (MSG_CONFIRM).
    const sent = this.voice.send(seq, data, this.received > 0);
    // No room for it: tried again at the next turn, some times. It is no error of the way.
    if (sent.errno === "ENOBUFS") {
      if (++this.refused * Math.min(options.interval / 2, NO_ROOM) < options.linger) {
        this.sent--;
        this.sentAt.delete(seq);
      } else this.call.err(`ping: sendmsg: ${errorText("ENOBUFS")}\n`);
      return;
    }
    this.refused = 0;
    if (sent.errno === "EMSGSIZE")
      this.failed(`ping: local error: message too long, mtu${this.voice.mtuSign}${sent.mtu}\n`);
    else if (sent.errno !== null) this.failed(`ping: sendmsg: ${errorText(sent.errno as Errno)}\n`);
  }

  private failed(text: string): void {
    this.errors++;
    this.call.err(text);
  }

  private take(message: Message): void {
    const heard = this.voice.read(message);
    if (heard === null) return;
    const { seq } = heard;
    if ("line" in heard) {
      if (!this.options.quiet) this.call.out(this.stamp() + heard.line);
      if (!heard.isError) return;
      this.acknowledge(seq);
      this.errors++;
      return;
    }
    const sentAt = this.sentAt.get(seq);
    if (sentAt === undefined) return;
    this.acknowledge(seq);
    const isDuplicate = this.answered.has(seq);
    this.answered.add(seq);
    if (isDuplicate) this.duplicates++;
    else this.received++;
    const time = Math.floor((heard.time - sentAt) / MICROSECOND);
    if (!isDuplicate) {
      this.min = Math.min(this.min, time);
      this.max = Math.max(this.max, time);
      this.total += time;
      this.totalSquares += time * time;
    }
    if (this.options.quiet) return;
    const line = this.wording.reply(heard, this.options.size >= TIMEVAL ? time : null, isDuplicate);
    this.call.out(this.stamp() + (this.options.audible ? line.replace(/\n$/, "\x07\n") : line));
  }

  /** `[12.000034] `: when a line was written, in virtual time. */
  private stamp(): string {
    if (!this.options.stamped) return "";
    const { now } = this.call.lab;
    const micro = Math.floor((now % SECOND) / MICROSECOND);
    return `[${Math.floor(now / SECOND)}.${String(micro).padStart(6, "0")}] `;
  }

  private acknowledge(seq: number): void {
    this.pipe = Math.max(this.pipe, this.sent - seq + 1);
  }

  private statistics(): void {
    const { sent, received, errors, duplicates, pipe, min, max } = this;
    const average = Math.floor(this.total / received);
    const variance = this.totalSquares / received - (this.total / received) ** 2;
    const mdev = Math.floor(Math.sqrt(Math.max(0, variance)));
    const isMeasured = received > 0 && this.options.size >= TIMEVAL;
    this.call.out(
      this.wording.ending({
        target: this.options.target,
        sent,
        received,
        errors,
        duplicates,
        loss: ((sent - received) * 100) / sent,
        span: this.last - this.start,
        pipe,
        times: isMeasured ? { min, average, max, mdev } : null,
      }),
    );
  }
}

/** Microseconds as ping prints a time: three significant digits or so (print_echo_reply's triptime). */
function triptime(microseconds: number): string {
  if (microseconds >= 99950) return `${Math.floor((microseconds + 500) / 1000)}`;
  const cut = (rounding: number, unit: number, digits: number) => {
    const rounded = microseconds + rounding;
    return `${Math.floor(rounded / 1000)}.${String(Math.floor((rounded % 1000) / unit)).padStart(digits, "0")}`;
  };
  if (microseconds >= 9995) return cut(50, 100, 1);
  if (microseconds >= 1000) return cut(5, 10, 2);
  return milliseconds(microseconds);
}

export function milliseconds(microseconds: number): string {
  return `${Math.floor(microseconds / 1000)}.${String(microseconds % 1000).padStart(3, "0")}`;
}
