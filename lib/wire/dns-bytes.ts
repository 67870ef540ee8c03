// DNS messages to octets. Before you edit: RFC 1035 §4.1.4 (compression), 3597 §4 (which data may be compressed).
import { type DnsMessage, type DnsRecord, labelsOf } from "./dns.ts";

/**
 * The octets of a message. With `compress` a name that ends as one before it points there. Throws RangeError for a name
 * that cannot be one: who takes names from others checks them with `labelsOf`.
 */
export function dnsBytes(message: DnsMessage, compress = false): Uint8Array {
  const out = new Writer(compress);
  const { id, flags, questions, answers, authority, additional } = message;
  for (const word of [id, flags, questions.length, answers.length, authority.length, additional.length])
    out.short(word);
  for (const { name, type, class: of } of questions) {
    out.name(name, true);
    out.short(type);
    out.short(of);
  }
  for (const section of [answers, authority, additional]) for (const each of section) record(out, each);
  return Uint8Array.from(out.octets);
}

class Writer {
  readonly octets: number[] = [];
  private readonly compress: boolean;
  /** Where a name stands whose remaining labels are these. */
  private readonly places = new Map<string, number>();

  constructor(compress: boolean) {
    this.compress = compress;
  }

  byte(value: number): void {
    this.octets.push(value & 255);
  }

  short(value: number): void {
    this.octets.push((value >> 8) & 255, value & 255);
  }

  long(value: number): void {
    this.short(value >>> 16);
    this.short(value & 0xffff);
  }

  string(text: string): void {
    this.byte(text.length);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  name(name: string, mayPoint: boolean): void {
    const labels = labelsOf(name);
    if (labels === null) throw new RangeError(`not a name of DNS: ${name}`);
    for (let i = 0; i < labels.length; i++) {
      const rest = labels.slice(i).join("\0");
      const known = this.compress && mayPoint ? this.places.get(rest) : undefined;
      if (known !== undefined) return this.short(0xc000 | known);
      if (this.octets.length < 0x4000 && !this.places.has(rest)) this.places.set(rest, this.octets.length);
      this.string(labels[i]!);
    }
    this.byte(0);
  }
}

function record(out: Writer, { name, type, class: of, ttl, data }: DnsRecord): void {
  out.name(name, true);
  out.short(type);
  out.short(of);
  out.long(ttl);
  const at = out.octets.length;
  out.short(0);
  switch (data.kind) {
    case "address": {
      const { address } = data;
      if (address.family === 4) out.long(address.bits);
      else for (const word of [address.w0, address.w1, address.w2, address.w3]) out.long(word);
      break;
    }
    case "name":
      out.name(data.name, true);
      break;
    case "soa":
      out.name(data.server, true);
      out.name(data.contact, true);
      for (const word of [data.serial, data.refresh, data.retry, data.expire, data.minimum]) out.long(word);
      break;
    case "srv":
      for (const word of [data.priority, data.weight, data.port]) out.short(word);
      out.name(data.target, false);
      break;
    case "text":
      for (const text of data.texts) out.string(text);
      break;
    case "octets":
      for (const octet of data.octets) out.byte(octet);
  }
  const length = out.octets.length - at - 2;
  out.octets[at] = length >> 8;
  out.octets[at + 1] = length & 255;
}
