// A message of DNS in the words of tcpdump: `12345+ A? www.example.com. (33)`. It prints as it reads, so that of a message
// that was cut short the beginning is there, and `[|domain]` behind it.
// Before you edit: tcpdump 4.99 print-domain.c (domain_print, ns_qprint, ns_rprint, fqdn_print), util-print.c (fn_print_char).
import { Ipv6 } from "./address6.ts";
import { DNS_CLASS, DNS_FLAG, DNS_PORT, DNS_TYPE } from "./dns.ts";
import { viewOf } from "./octets.ts";
import type { Tcp, Udp } from "./packet.ts";

const OPERATIONS =
  " inv_q stat op3 notify update op6 op7 op8 updateA updateD updateDA updateM updateMA zoneInit zoneRef".split(" ");
const ANSWERS = (
  " FormErr ServFail NXDomain NotImp Refused YXDomain YXRRSet NXRRSet NotAuth NotZone Resp11 Resp12 Resp13 Resp14 " +
  "NoChange"
).split(" ");
const TYPES = new Map<number, string>(Object.entries(DNS_TYPE).map(([name, type]) => [type, name]));
const CLASSES = new Map<number, string>([
  [DNS_CLASS.CH, "CHAOS"],
  [DNS_CLASS.HS, "HS"],
  [DNS_CLASS.ANY, "ANY"],
]);
const COOKIE = 10;
/** Longer names are cut. */
const LONGEST = 255;

/** What a datagram or segment of port 53 says; null when the port is another. `length` is that of all its data. */
export function describeDns(
  { kind, srcPort, dstPort, data }: Udp | Tcp,
  verbose: number,
  length: number,
): string | null {
  if (srcPort !== DNS_PORT && dstPort !== DNS_PORT) return null;
  if (kind === "udp") return new Printer(data, verbose).print(length);
  const view = viewOf(data);
  if (length < 2) return ` [DNS over TCP: length ${length} < 2] (invalid)`;
  const said = view.getUint16(0);
  if (said !== length - 2) return ` [prefix length(${said}) != length(${length - 2})] (invalid)`;
  return ` ${new Printer(data.subarray(2), verbose).print(length - 2)}`;
}

/** Thrown where the octets end before the message does, or make no sense. */
const CUT = new RangeError("cut short");

class Printer {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly verbose: number;
  private at = 12;
  private said = "";

  constructor(bytes: Uint8Array, verbose: number) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
    this.verbose = verbose;
  }

  print(length: number): string {
    if (length < 12) return `domain [length ${length} < 12] (invalid)`;
    try {
      this.message();
      return `${this.said} (${length})`;
    } catch (failure) {
      if (!(failure instanceof RangeError)) throw failure;
      return `${this.said} [|domain]`;
    }
  }

  private short(): number {
    this.at += 2;
    return this.view.getUint16(this.at - 2);
  }

  private message(): void {
    const { view } = this;
    const flags = view.getUint16(2);
    const [questions, ...sections] = [4, 6, 8, 10].map((at) => view.getUint16(at)) as [number, number, number, number];
    const sign = (bit: number, text: string) => ((flags & bit) !== 0 ? text : "");
    const operation = OPERATIONS[(flags >> 11) & 15]!;
    this.said += `${view.getUint16(0)}${operation === "" ? "" : ` ${operation}`}`;
    if ((flags & DNS_FLAG.qr) === 0) {
      this.said += sign(DNS_FLAG.rd, "+") + sign(DNS_FLAG.cd, "%");
      if ((flags & 0x6cf) !== 0) this.said += ` [b2&3=0x${flags.toString(16)}]`;
      const [answers, authority, additional] = sections;
      if (answers !== 0) this.said += ` [${answers}a]`;
      if (questions !== 1) this.said += ` [${questions}q]`;
      if (authority !== 0) this.said += ` [${authority}n]`;
      if (additional !== 0) this.said += ` [${additional}au]`;
      for (let i = 0; i < questions; i++) this.question();
      if (this.verbose > 1) this.sections(sections);
      return;
    }
    const answer = ANSWERS[flags & 15]!;
    this.said += `${answer === "" ? "" : ` ${answer}`}${sign(DNS_FLAG.aa, "*")}`;
    this.said += `${(flags & DNS_FLAG.ra) === 0 ? "-" : ""}${sign(DNS_FLAG.tc, "|")}${sign(DNS_FLAG.ad, "$")}`;
    if (questions !== 1) this.said += ` [${questions}q]`;
    for (let i = 0; i < questions; i++) {
      if (i > 0) this.said += ",";
      if (this.verbose > 1) {
        this.said += " q:";
        this.question();
      } else {
        this.name();
        this.at += 4;
      }
    }
    this.said += ` ${sections.join("/")}`;
    if (this.verbose > 1) this.sections(sections);
    else this.records(sections[0]!, "");
  }

  private sections(counts: readonly number[]): void {
    for (const [i, head] of ["", " ns:", " ar:"].entries()) this.records(counts[i]!, head);
  }

  private question(): void {
    const start = this.at;
    this.name();
    const type = this.short();
    const of = this.short();
    const end = this.at;
    this.said += ` ${TYPES.get(type) ?? `Type${type}`}${this.classOf(of)}? `;
    this.at = start;
    this.said += this.name();
    this.at = end;
  }

  private classOf(of: number): string {
    return of === DNS_CLASS.IN ? "" : ` ${CLASSES.get(of) ?? `(Class ${of})`}`;
  }

  private records(count: number, head: string): void {
    for (let i = 0; i < count; i++) {
      if (this.at >= this.bytes.length) throw CUT;
      this.said += i === 0 ? head : ",";
      this.record();
    }
  }

  /** One whose head is cut short ends the message and is no error. */
  private record(): void {
    const { length } = this.bytes;
    if (this.verbose > 0) this.said += ` ${this.name()}`;
    else if (!this.skipsName()) this.at = length;
    if (this.at + 10 > length) {
      this.at = length;
      return;
    }
    const type = this.short();
    const of = this.short();
    if (type !== DNS_TYPE.OPT) this.said += this.classOf(of);
    const ttl = this.view.getUint32(this.at);
    this.at += 4;
    if (this.verbose > 2 && type !== DNS_TYPE.OPT) this.said += ` [${lifetime(ttl)}]`;
    const end = this.short() + this.at;
    this.said += ` ${TYPES.get(type) ?? `Type${type}`}`;
    if (end > this.bytes.length) throw CUT;
    this.data(type, end, of, ttl);
    this.at = end;
  }

  private skipsName(): boolean {
    try {
      this.name();
      return true;
    } catch (failure) {
      if (failure instanceof RangeError) return false;
      throw failure;
    }
  }

  private data(type: number, end: number, of: number, ttl: number): void {
    const { view } = this;
    switch (type) {
      case DNS_TYPE.A:
        this.said += ` ${[0, 1, 2, 3].map((i) => view.getUint8(this.at + i)).join(".")}`;
        return;
      case DNS_TYPE.AAAA: {
        const word = (i: number) => view.getUint32(this.at + 4 * i);
        this.said += ` ${Ipv6.of(word(0), word(1), word(2), word(3))}`;
        return;
      }
      case DNS_TYPE.NS:
      case DNS_TYPE.CNAME:
      case DNS_TYPE.PTR:
        this.said += ` ${this.name()}`;
        return;
      case DNS_TYPE.SOA:
        if (this.verbose === 0) return;
        this.said += ` ${this.name()} ${this.name()}`;
        for (let i = 0; i < 5; i++) this.said += ` ${view.getUint32(this.at + 4 * i)}`;
        return;
      case DNS_TYPE.MX: {
        const preference = this.short();
        this.said += ` ${this.name()} ${preference}`;
        return;
      }
      case DNS_TYPE.TXT:
        while (this.at < end) {
          const length = view.getUint8(this.at);
          const text = this.bytes.subarray(this.at + 1, this.at + 1 + length);
          this.said += ` "${printable(text)}"`;
          this.at += 1 + length;
        }
        return;
      case DNS_TYPE.SRV: {
        const [priority, weight, port] = [this.short(), this.short(), this.short()];
        this.said += ` ${this.name()}:${port} ${priority} ${weight}`;
        return;
      }
      case DNS_TYPE.OPT:
        this.said += ` UDPsize=${of}${(ttl & 0x8000) === 0 ? "" : " DO"}`;
        if (this.at < end) this.said += ` [${this.options(end)}]`;
    }
  }

  private options(end: number): string {
    const options: string[] = [];
    while (this.at < end) {
      const code = this.short();
      const length = this.short();
      const octets = [...this.bytes.subarray(this.at, this.at + length)].map((each) =>
        each.toString(16).padStart(2, "0"),
      );
      this.at += length;
      if (code === COOKIE) octets.splice(8, 0, ...(length > 8 ? [" "] : []));
      const name = code === COOKIE ? "COOKIE" : `Opt${code}`;
      options.push(length === 0 ? name : `${name} ${octets.join("")}`);
    }
    return options.join(",");
  }

  private name(): string {
    const { view, bytes } = this;
    let text = "";
    let at = this.at;
    let before = at;
    let jumped = false;
    for (let length = view.getUint8(at); length !== 0; length = view.getUint8(at)) {
      if (length >= 0xc0) {
        const target = view.getUint16(at) & 0x3fff;
        if (!jumped) this.at = at + 2;
        jumped = true;
        if (target >= before) throw CUT;
        before = target;
        at = target;
        continue;
      }
      if (length >= 0x40 || at + 1 + length > bytes.length) throw CUT;
      text += `${printable(bytes.subarray(at + 1, at + 1 + length))}.`;
      at += 1 + length;
    }
    if (!jumped) this.at = at + 1;
    if (text.length > LONGEST + 1) return `${text.slice(0, LONGEST)}<DOMAIN NAME TOO LONG>`;
    return text === "" ? "." : text;
  }
}

/** Octets as text: control characters as ^M, those of eight bits as M-x. */
function printable(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) {
    const low = octet & 0x7f;
    const isControl = low < 32 || low === 127;
    text += `${octet > 127 ? "M-" : ""}${isControl ? `^${String.fromCharCode(low ^ 0x40)}` : String.fromCharCode(low)}`;
  }
  return text;
}

/** `1h30m`: seconds as tcpdump writes them (unsigned_relts_print). */
function lifetime(seconds: number): string {
  let left = seconds;
  let text = "";
  for (const [letter, length] of [
    ["w", 604800],
    ["d", 86400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ] as const) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0) text += `${count}${letter}`;
  }
  return text === "" ? "0s" : text;
}
