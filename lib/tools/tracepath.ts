// tracepath of iputils 20221126: the way and the narrowest MTU on it, asked with packets that nobody may cut.
// Before you edit: iputils tracepath.c (probe_ttl, recverr, main).
import type { Program } from "../lab/process.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import type { QueuedError } from "../netns/socket/error-queue.ts";
import type { Family } from "../netns/socket/family.ts";
import { UdpSocket } from "../netns/socket/udp.ts";
import { MICROSECOND, SECOND } from "../trace/world.ts";
import { ICMP, ICMP6 } from "../wire/packet.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { getopt, iputilsVersion, wholeNumber } from "./getopt.ts";
import { nameOf, numericName, resolve, type Scoped } from "./internet-address.ts";

const USAGE = `
Usage
  tracepath [options] <destination>

Options:
  -4             use IPv4
  -6             use IPv6
  -b             print both name and ip
  -l <length>    use packet <length>
  -m <hops>      use maximum <hops>
  -n             no dns name resolution
  -p <port>      use destination <port>
  -V             print version and exit
  <destination>  dns name or ip address

For more details see tracepath(8).
`;
const MAX_INT = 2147483647;
const FIRST_PORT = 44444;
const TRIES = 10;
const REMEMBERED = 64;
/** Headers of IP and UDP. */
const OVERHEAD = { 4: 28, 6: 48 } as const;
/** What it begins with when no length is asked for. */
const LONGEST = { 4: 65535, 6: 128000 } as const;
/** A probe says itself when it was sent and with which TTL, if there is room (struct probehdr). */
const PROBE_HEADER = 24;
/** The machine's clock began before the lab did: a probe sent in its first second would look damaged. */
const UPTIME = 3600;

interface Options {
  readonly dst: Scoped;
  readonly numeric: boolean;
  readonly both: boolean;
  readonly mtu: number;
  readonly maxHops: number;
  readonly port: number;
}

export const tracepath: Command = (call) => {
  const options = readOptions(call);
  return typeof options === "number" ? options : new Run(call, options).program();
};

/** The exit status instead, when the words are wrong. */
function readOptions({ ns, args, out, err }: Call): Options | number {
  const { options, operands, problem } = getopt(args, "46nbh?l:m:p:V");
  let mtu = 0;
  let maxHops = 30;
  let port = 0;
  let family: Family | null = null;
  const letters = new Set<string>();
  for (const { letter, value } of options) {
    letters.add(letter);
    if (letter === "4" || letter === "6") {
      const asked = letter === "4" ? 4 : 6;
      if (family !== null && family !== asked) {
        err("tracepath: Only one -4 or -6 option may be specified\n");
        return 2;
      }
      family = asked;
    }
    if (letter === "V") {
      out(iputilsVersion("tracepath"));
      return 0;
    }
    if (letter === "h" || letter === "?") return usage(err);
    if (value === "") continue;
    const number = wholeNumber(value, 0, letter === "l" ? MAX_INT : letter === "m" ? 255 : 65535);
    if (typeof number === "string") {
      err(`tracepath: ${number}\n`);
      return 1;
    }
    if (letter === "l") mtu = number;
    else if (letter === "m") maxHops = number;
    else port = number;
  }
  if (problem !== null) err(`tracepath: ${problem}\n`);
  const [target] = operands;
  if (problem !== null || target === undefined || operands.length > 1) return usage(err);
  const [host = "", behind] = port === 0 ? target.split("/", 2) : [target];
  if (behind !== undefined) {
    const number = wholeNumber(behind, 0, 65535);
    if (typeof number === "string") {
      err(`tracepath: ${number}\n`);
      return 1;
    }
    port = number;
  } else if (port === 0) port = FIRST_PORT;
  const dst = resolve(ns, host, family);
  if (typeof dst === "string") {
    err(`tracepath: ${host}: ${dst}\n`);
    return 1;
  }
  const { address } = dst;
  if (address.family === 6 && address.isMapped) throw notModelled("tracepath", host, "10.0.0.1 for ::ffff:10.0.0.1");
  const overhead = OVERHEAD[address.family];
  if (mtu === 0) mtu = LONGEST[address.family];
  if (mtu <= overhead) {
    err(`tracepath: pktlen must be within: ${overhead} < value <= ${MAX_INT}\n`);
    return 1;
  }
  return { dst, numeric: letters.has("n"), both: letters.has("b"), mtu, maxHops, port };
}

function usage(err: Call["err"]): number {
  err(USAGE);
  return 255;
}

/** What reading the errors came to: "end" of the way, an MTU that was told or still holds, or nothing was there. */
type Progress = "end" | "heard" | "nothing";

class Run {
  private readonly call: Call;
  private readonly options: Options;
  private readonly socket: UdpSocket;
  /** The last probes by the port they went to: TTL and time. */
  private readonly history = new Map<number, { readonly ttl: number; readonly time: number }>();
  private next = 0;
  private mtu: number;
  private ttl = 1;
  private hopsTo = -1;
  private hopsFrom = -1;

  constructor(call: Call, options: Options) {
    this.call = call;
    this.options = options;
    this.mtu = options.mtu;
    this.socket = new UdpSocket(call.ns, "tracepath", options.dst.address.family);
    this.socket.errors = [];
  }

  *program(): Program {
    const { call } = this;
    try {
      if (!(yield* this.walk())) call.out(`     Too many hops: pmtu ${this.mtu}\n`);
    } finally {
      this.socket.close();
    }
    const to = this.hopsTo >= 0 ? `hops ${this.hopsTo} ` : "";
    const from = this.hopsFrom >= 0 ? `back ${this.hopsFrom} ` : "";
    call.out(`     Resume: pmtu ${this.mtu} ${to}${from}\n`);
    return 0;
  }

  /** Hop by hop, each asked three times at most. True when the way ended. */
  private *walk(): Generator<{ until: number; on: UdpSocket[] }, boolean, void> {
    for (; this.ttl <= this.options.maxHops; this.ttl++) {
      this.socket.options = { ttl: this.ttl, discovery: "do" };
      let progress: Progress = "nothing";
      for (let i = 0; i < 3; i++) {
        const { mtu } = this;
        progress = yield* this.probe();
        if (this.mtu !== mtu) i = -1;
        else if (progress === "end") return true;
        else if (progress === "heard") break;
      }
      if (progress === "nothing") this.call.out(`${this.hop(this.ttl)}:  no reply\n`);
    }
    return false;
  }

  private hop(ttl: number): string {
    return `${ttl}`.padStart(2);
  }

  private *probe(): Generator<{ until: number; on: UdpSocket[] }, Progress, void> {
    const { lab } = this.call;
    const { dst, port } = this.options;
    const { address, scope } = dst;
    let isSent = false;
    for (let i = 0; i < TRIES && !isSent; i++) {
      this.history.set(this.next, { ttl: this.ttl, time: lab.now });
      const failed = this.socket.send(this.payload(), {
        address,
        port: (port + this.next) & 0xffff,
        ...(scope !== null && { scope }),
      });
      if (failed === null) isSent = true;
      else {
        const progress = this.readErrors();
        this.history.delete(this.next);
        if (progress === "end") return "end";
        // It learned to make them smaller, and begins again.
        if (progress === "heard") i = -1;
      }
    }
    this.next = (this.next + 1) % REMEMBERED;
    if (!isSent) {
      this.call.out(`${this.hop(this.ttl)}:  send failed\n`);
      return "end";
    }
    if (!this.isReady()) yield { until: lab.now + SECOND, on: [this.socket] };
    if (this.socket.receive() !== null) {
      this.call.out(`${this.hop(this.ttl)}?: reply received 8)\n`);
      return "end";
    }
    return this.readErrors();
  }

  private isReady(): boolean {
    return (this.socket.errors?.length ?? 0) > 0;
  }

  private payload(): Uint8Array {
    const data = new Uint8Array(this.mtu - OVERHEAD[this.options.dst.address.family]);
    if (data.length < PROBE_HEADER) return data;
    const { now } = this.call.lab;
    const view = new DataView(data.buffer);
    view.setUint32(0, this.ttl, true);
    view.setBigInt64(8, BigInt(UPTIME + Math.floor(now / SECOND)), true);
    view.setBigInt64(16, BigInt(now % SECOND), true);
    return data;
  }

  private readErrors(): Progress {
    let progress: Progress = "nothing";
    for (let error = this.socket.readError(); error !== null; error = this.socket.readError()) {
      if (this.read(error) === "end") return "end";
      progress = "heard";
    }
    return progress;
  }

  private read(error: QueuedError): Progress {
    const { out, err, lab } = this.call;
    const sent = this.sentFor(error);
    if (error.origin === "local") out(`${this.hop(this.ttl)}?: ${"[LOCALHOST]".padEnd(32)} `);
    else {
      out(sent === null ? `${this.hop(this.ttl)}?: ` : `${this.hop(sent.ttl)}:  `);
      out(this.host({ address: error.offender!, scope: error.scope }));
    }
    if (sent !== null) {
      const took = Math.floor((lab.now - sent.time) / MICROSECOND);
      out(`${`${Math.floor(took / 1000)}`.padStart(3)}.${`${took % 1000}`.padStart(3, "0")}ms `);
    }
    const back = error.ttl <= 64 ? 65 - error.ttl : error.ttl <= 128 ? 129 - error.ttl : 256 - error.ttl;
    if (error.errno === "EMSGSIZE") {
      out(`pmtu ${error.info}\n`);
      this.mtu = error.info;
      return "heard";
    }
    if (error.errno === "ECONNREFUSED") {
      out("reached\n");
      this.hopsTo = sent?.ttl ?? this.ttl;
      this.hopsFrom = back;
      return "end";
    }
    const exceeded = this.options.dst.address.family === 6 ? ICMP6.timeExceeded : ICMP.timeExceeded;
    if (error.type === exceeded && error.code === 0) {
      if (back !== (sent?.ttl ?? this.ttl)) out(`asymm ${this.hop(back)} `);
      out("\n");
      return "heard";
    }
    const mark = MARKS.get(error.errno);
    out(`${mark ?? ""}\n`);
    if (mark === undefined) err(`tracepath: NET ERROR: ${errorText(error.errno)}\n`);
    return "end";
  }

  /** The probe an error is about: what it says itself, else what was noted of its port. */
  private sentFor({ quoted, origin }: QueuedError): { readonly ttl: number; readonly time: number } | null {
    // Only IPv6 says of a packet that was not sent which port it was for (ipv6_local_error).
    if (origin === "local") return this.options.dst.address.family === 6 ? this.history.get(this.next)! : null;
    if (quoted === null || quoted.body.kind !== "udp") return null;
    const { dstPort, data } = quoted.body;
    const slot = dstPort - this.options.port;
    const noted = slot < REMEMBERED - 1 ? (this.history.get(slot) ?? null) : null;
    if (noted !== null) this.history.delete(slot);
    if (data.length < PROBE_HEADER) return noted;
    const view = new DataView(data.buffer, data.byteOffset);
    const time = (Number(view.getBigInt64(8, true)) - UPTIME) * SECOND + Number(view.getBigInt64(16, true));
    return { ttl: view.getUint32(0, true), time };
  }

  private host(from: Scoped): string {
    const { numeric, both } = this.options;
    // Without a resolver that answers there are no names but one's own.
    const name = nameOf(from) ?? "???";
    const address = numericName(from);
    const [first, second] = numeric ? [address, name] : [name, address];
    const text = both ? `${first} (${second})` : first;
    return text.length >= 52 ? `${text} ` : text.padEnd(52);
  }
}

const MARKS: ReadonlyMap<Errno, string> = new Map([
  ["EHOSTUNREACH", "!H"],
  ["ENETUNREACH", "!N"],
  ["EACCES", "!A"],
  ["EPROTO", "!P"],
]);
