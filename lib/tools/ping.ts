// ping as iputils 20221126 does it: the same words, the same pace, the same exit status.
// Before you edit: iputils ping/ping.c, ping/ping_common.c (main_loop, __schedule_exit, finish).

import type { Program, Wait } from "../lab/process.ts";
import type { Device } from "../link/device.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import { icmpErrorText } from "../netns/ipv4/icmp.ts";
import { peekRoute } from "../netns/ipv4/output-route.ts";
import { type PingMessage, PingSocket } from "../netns/socket/ping.ts";
import { MICROSECOND, MILLISECOND, SECOND } from "../trace/world.ts";
import { Ipv4, ipv4 } from "../wire/address.ts";
import { ICMP, ICMP_CODE } from "../wire/packet.ts";
import type { Call, Command } from "./command.ts";
import { type Options, readArguments } from "./ping-arguments.ts";

/** Without -c a real ping goes on until Ctrl-C; here it gets that Ctrl-C after so many. */
const UNTIL_CTRL_C = 5;
const TIMEVAL = 16;

export const ping: Command = (call) => {
  const options = readArguments(call);
  if (options === null) return 2;
  let dst: Ipv4;
  try {
    dst = ipv4(options.target);
  } catch {
    call.err(`ping: ${options.target}: Name or service not known\n`);
    return 2;
  }
  const from = sourceOf(call, options);
  if (from === null) return 2;
  const way = peekRoute(call.ns, dst, from.address, from.device, options.mark);
  const failed =
    way.errno ?? (way.errno === null && way.decision.type === "broadcast" && !options.broadcast ? "EACCES" : null);
  // Before it sends, ping connects a socket of UDP to learn its source.
  if (failed === "ENETUNREACH") call.ns.mib.IpOutNoRoutes++;
  if (failed !== null) {
    call.err(
      failed === "EACCES"
        ? "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n"
        : `ping: connect: ${errorText(failed)}\n`,
    );
    return 2;
  }
  return new Run(call, options, dst, from).program();
};

interface From {
  readonly address: Ipv4 | null;
  readonly device: Device | null;
}

function sourceOf({ ns, err }: Call, { source }: Options): From | null {
  if (source === null) return { address: null, device: null };
  const device = ns.devices.get(source);
  if (device !== undefined) return { address: null, device };
  try {
    const address = ipv4(source);
    if (ns.deviceOfAddress(address) !== undefined) return { address, device: null };
    err(`ping: bind: ${errorText("EADDRNOTAVAIL")}\n`);
  } catch {
    err(`ping: SO_BINDTODEVICE ${source}: ${errorText("ENODEV")}\n`);
  }
  return null;
}

/** One run of ping: what it sent, what came back. */
class Run {
  private readonly call: Call;
  private readonly options: Options;
  private readonly dst: Ipv4;
  private readonly from: From;
  private readonly socket: PingSocket;
  private readonly sentAt = new Map<number, number>();
  private readonly answered = new Set<number>();
  private sent = 0;
  private received = 0;
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

  constructor(call: Call, options: Options, dst: Ipv4, from: From) {
    this.call = call;
    this.options = options;
    this.dst = dst;
    this.from = from;
    this.socket = new PingSocket(call.ns);
  }

  *program(): Program {
    const { call, options, dst, from } = this;
    const { lab } = call;
    const size = `${options.size}(${options.size + 28}) bytes of data.`;
    const way = peekRoute(call.ns, dst, from.address, from.device, options.mark);
    const named =
      way.errno === null && (from.address ?? from.device) !== null
        ? ` from ${way.src} ${from.device?.name ?? ""}:`
        : "";
    if (options.broadcast && way.errno === null && way.decision.type === "broadcast")
      call.err("WARNING: pinging broadcast address\n");
    call.out(`PING ${options.target} (${dst})${named} ${size}\n`);
    this.start = lab.now;
    this.last = lab.now;
    const count = options.count ?? UNTIL_CTRL_C;
    const deadline = options.deadline === null ? Number.POSITIVE_INFINITY : lab.now + options.deadline;
    try {
      let nextSend = lab.now;
      let exitAt = deadline;
      while (this.received + this.errors < count) {
        if (this.sent < count && lab.now >= nextSend) {
          this.send();
          nextSend = lab.now + options.interval;
          if (this.sent === count) exitAt = Math.min(deadline, lab.now + this.patience());
        }
        const until = Math.min(this.sent < count ? nextSend : Number.POSITIVE_INFINITY, exitAt);
        for (let message = this.socket.receive(); message !== null; message = this.socket.receive()) this.take(message);
        if (this.received + this.errors >= count) break;
        if (lab.now >= exitAt) break;
        yield this.waitFor(until);
      }
    } finally {
      this.socket.close();
    }
    if (options.count === null) call.out("^C");
    this.statistics();
    return this.received > 0 ? 0 : 1;
  }

  private waitFor(until: number): Wait {
    return { until, on: [this.socket] };
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
    for (let i = 0; i < data.length; i++) data[i] = i & 0xff;
    if (data.length >= TIMEVAL) {
      const view = new DataView(data.buffer);
      view.setBigUint64(0, BigInt(Math.floor(call.lab.now / SECOND)), true);
      view.setBigUint64(8, BigInt(Math.floor((call.lab.now % SECOND) / MICROSECOND)), true);
    }
    this.sentAt.set(seq, call.lab.now);
    this.last = call.lab.now;
    const sent = this.socket.send(
      this.dst,
      seq,
      data,
      {
        src: this.from.address,
        oif: this.from.device,
        discovery: options.discovery,
        mayBroadcast: options.broadcast,
        mark: options.mark,
        // From the second reply on ping vouches for its neighbour (MSG_CONFIRM).
        confirm: this.received > 0,
        ...(options.ttl !== undefined && { ttl: options.ttl }),
      },
      -1,
    );
    if (sent.errno === "EMSGSIZE") this.failed(`ping: local error: message too long, mtu=${sent.mtu}\n`);
    else if (sent.errno !== null) this.failed(`ping: sendmsg: ${errorText(sent.errno as Errno)}\n`);
  }

  private failed(text: string): void {
    this.errors++;
    this.call.err(text);
  }

  private take(message: PingMessage): void {
    const { packet, quoted } = message;
    const { body } = packet;
    if (body.kind !== "icmp") return;
    if (quoted !== undefined) {
      const seq = quoted.body.kind === "icmp" ? quoted.body.rest & 0xffff : 0;
      // A shorter way is no error: the reply comes yet. It is read from the raw socket, and printed with a colon.
      if (body.type === ICMP.redirect) {
        const text = `${icmpErrorText(body.type, body.code)}(New nexthop: ${Ipv4.of(body.rest >>> 0)})`;
        if (!this.options.quiet) this.call.out(`From ${packet.src}: icmp_seq=${seq} ${text}\n`);
        return;
      }
      this.acknowledge(seq);
      this.errors++;
      const mtu =
        body.type === ICMP.unreachable && body.code === ICMP_CODE.fragmentationNeeded
          ? ` (mtu = ${body.rest & 0xffff})`
          : "";
      if (!this.options.quiet)
        this.call.out(`From ${packet.src} icmp_seq=${seq} ${icmpErrorText(body.type, body.code)}${mtu}\n`);
      return;
    }
    const seq = body.rest & 0xffff;
    const sentAt = this.sentAt.get(seq);
    if (sentAt === undefined) return;
    this.acknowledge(seq);
    const isDuplicate = this.answered.has(seq);
    this.answered.add(seq);
    if (isDuplicate) this.duplicates++;
    else this.received++;
    const time = Math.floor((message.time - sentAt) / MICROSECOND);
    if (!isDuplicate) {
      this.min = Math.min(this.min, time);
      this.max = Math.max(this.max, time);
      this.total += time;
      this.totalSquares += time * time;
    }
    if (this.options.quiet) return;
    const timing = this.options.size >= TIMEVAL ? ` time=${triptime(time)} ms` : "";
    const duplicate = isDuplicate ? " (DUP!)" : "";
    this.call.out(
      `${body.data.length + 8} bytes from ${packet.src}: icmp_seq=${seq} ttl=${packet.ttl}${timing}${duplicate}\n`,
    );
  }

  private acknowledge(seq: number): void {
    this.pipe = Math.max(this.pipe, this.sent - seq + 1);
  }

  private statistics(): void {
    const { sent, received, errors, duplicates } = this;
    const loss = Number.parseFloat((((sent - received) * 100) / sent).toPrecision(6));
    const parts = [`${sent} packets transmitted`, `${received} received`];
    if (duplicates > 0) parts.push(`+${duplicates} duplicates`);
    if (errors > 0) parts.push(`+${errors} errors`);
    parts.push(`${loss}% packet loss`, `time ${Math.round((this.last - this.start) / MILLISECOND)}ms`);
    const ends: string[] = [];
    if (received > 0 && this.options.size >= TIMEVAL) {
      const average = Math.floor(this.total / received);
      const variance = this.totalSquares / received - (this.total / received) ** 2;
      const mdev = Math.floor(Math.sqrt(Math.max(0, variance)));
      ends.push(`rtt min/avg/max/mdev = ${[this.min, average, this.max, mdev].map(milliseconds).join("/")} ms`);
    }
    if (this.pipe > 1) ends.push(`pipe ${this.pipe}`);
    this.call.out(`\n--- ${this.options.target} ping statistics ---\n${parts.join(", ")}\n${ends.join(", ")}\n`);
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

function milliseconds(microseconds: number): string {
  return `${Math.floor(microseconds / 1000)}.${String(microseconds % 1000).padStart(3, "0")}`;
}
