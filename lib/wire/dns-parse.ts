// Octets to DNS messages. Before you edit: RFC 1035 §4.1; what is not a whole message is null, as a server or a resolver
// takes it for nothing.
import { Ipv4 } from "./address.ts";
import { Ipv6 } from "./address6.ts";
import { DNS_TYPE, type DnsData, type DnsMessage, type DnsQuestion, type DnsRecord, labelText } from "./dns.ts";
import { viewOf } from "./octets.ts";

/** The message these octets are, or null. */
export function parseDns(bytes: Uint8Array): DnsMessage | null {
  try {
    return new Reader(bytes).message();
  } catch (failure) {
    // DataView's, and those thrown here.
    if (failure instanceof RangeError) return null;
    throw failure;
  }
}

class Reader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  message(): DnsMessage {
    const id = this.short();
    const flags = this.short();
    const [questions, answers, authority, additional] = [this.short(), this.short(), this.short(), this.short()];
    return {
      id,
      flags,
      questions: times(questions, () => this.question()),
      answers: times(answers, () => this.record()),
      authority: times(authority, () => this.record()),
      additional: times(additional, () => this.record()),
    };
  }

  private short(): number {
    this.at += 2;
    return this.view.getUint16(this.at - 2);
  }

  private long(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4);
  }

  private question(): DnsQuestion {
    return { name: this.name(), type: this.short(), class: this.short() };
  }

  private record(): DnsRecord {
    const { name, type, class: of } = this.question();
    const ttl = this.long();
    const end = this.short() + this.at;
    if (end > this.bytes.length) throw new RangeError("data cut short");
    const data = this.data(type, end);
    if (this.at !== end) throw new RangeError("data of another length");
    return { name, type, class: of, ttl, data };
  }

  private data(type: number, end: number): DnsData {
    switch (type) {
      case DNS_TYPE.A:
        return { kind: "address", address: Ipv4.of(this.long()) };
      case DNS_TYPE.AAAA:
        return { kind: "address", address: Ipv6.of(this.long(), this.long(), this.long(), this.long()) };
      case DNS_TYPE.NS:
      case DNS_TYPE.CNAME:
      case DNS_TYPE.PTR:
        return { kind: "name", name: this.name() };
      case DNS_TYPE.SOA:
        return {
          kind: "soa",
          server: this.name(),
          contact: this.name(),
          serial: this.long(),
          refresh: this.long(),
          retry: this.long(),
          expire: this.long(),
          minimum: this.long(),
        };
      case DNS_TYPE.SRV:
        return {
          kind: "srv",
          priority: this.short(),
          weight: this.short(),
          port: this.short(),
          target: this.name(),
        };
      case DNS_TYPE.TXT: {
        const texts: string[] = [];
        while (this.at < end) texts.push(this.string(end));
        return { kind: "text", texts };
      }
      default: {
        const octets = this.bytes.slice(this.at, end);
        this.at = end;
        return { kind: "octets", octets };
      }
    }
  }

  private string(end: number): string {
    const start = this.at + 1;
    this.at = start + this.bytes[this.at]!;
    if (this.at > end) throw new RangeError("a text cut short");
    return String.fromCharCode(...this.bytes.subarray(start, this.at));
  }

  /** A pointer must point before what points: so there is no circle. */
  private name(): string {
    let text = "";
    let at = this.at;
    let before = at;
    let jumped = false;
    for (;;) {
      const length = this.view.getUint8(at);
      if (length === 0) break;
      if (length >= 0xc0) {
        const target = this.view.getUint16(at) & 0x3fff;
        if (target >= before) throw new RangeError("a pointer that does not point back");
        if (!jumped) this.at = at + 2;
        jumped = true;
        before = target;
        at = target;
        continue;
      }
      if (length >= 0x40 || at + 1 + length > this.bytes.length) throw new RangeError("not a label");
      text += `${labelText(String.fromCharCode(...this.bytes.subarray(at + 1, at + 1 + length)))}.`;
      at += 1 + length;
    }
    if (!jumped) this.at = at + 1;
    return text === "" ? "." : text;
  }
}

function times<T>(count: number, read: () => T): T[] {
  const list: T[] = [];
  for (let i = 0; i < count; i++) list.push(read());
  return list;
}
