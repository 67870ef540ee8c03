// DNS messages as values: what a server reads and answers, what a resolver asks and hears. `dns-bytes.ts` and
// `dns-parse.ts` turn them into octets and back.
// Before you edit: RFC 1035 §4, 2782 (SRV), 3596 (AAAA), 6891 (EDNS).
import type { Ip } from "./address.ts";

export const DNS_PORT = 53;
/** What fits into a datagram when nobody said more (RFC 1035 §4.2.1). */
export const DNS_DATAGRAM = 512;

export const DNS_TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  ANY: 255,
} as const;

export const DNS_CLASS = { IN: 1, CH: 3, HS: 4, ANY: 255 } as const;

/** Bits of a message's second word; beside them the operation (4 bits from bit 11) and the response code (bits 0 to 3). */
export const DNS_FLAG = { qr: 0x8000, aa: 0x400, tc: 0x200, rd: 0x100, ra: 0x80, ad: 0x20, cd: 0x10 } as const;

export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

/** Names end in a dot (`www.example.com.`, the root is `.`); a dot, a backslash or what is not printable in a label is escaped. */
export interface DnsQuestion {
  readonly name: string;
  readonly type: number;
  readonly class: number;
}

export interface DnsRecord extends DnsQuestion {
  /** Seconds it may be kept; of OPT the extended flags. */
  readonly ttl: number;
  readonly data: DnsData;
}

export type DnsData =
  | { readonly kind: "address"; readonly address: Ip }
  /** NS, CNAME, PTR. */
  | { readonly kind: "name"; readonly name: string }
  | Soa
  | Srv
  | { readonly kind: "text"; readonly texts: readonly string[] }
  /** Any other type. */
  | { readonly kind: "octets"; readonly octets: Uint8Array };

export interface Soa {
  readonly kind: "soa";
  readonly server: string;
  readonly contact: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export interface Srv {
  readonly kind: "srv";
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface DnsMessage {
  readonly id: number;
  readonly flags: number;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

export const rcodeOf = ({ flags }: DnsMessage): number => flags & 15;

/** Who sends it takes this much in a datagram (EDNS0), 512 unless it says so. */
export function datagramSize({ additional }: DnsMessage): number {
  const opt = additional.find(({ type }) => type === DNS_TYPE.OPT);
  return Math.max(opt?.class ?? 0, DNS_DATAGRAM);
}

/** `A`, or `TYPE99` of a type that has no name here (RFC 3597). */
export function typeName(type: number): string {
  return TYPE_NAMES.get(type) ?? `TYPE${type}`;
}

/** `NXDOMAIN` */
export function rcodeName(rcode: number): string {
  return RCODE_NAMES.get(rcode) ?? `RESERVED${rcode}`;
}

const TYPE_NAMES = new Map<number, string>(Object.entries(DNS_TYPE).map(([name, type]) => [type, name]));
const RCODE_NAMES = new Map<number, string>(Object.entries(RCODE).map(([name, code]) => [code, name]));

/** The labels of a name, as octets that a string holds; nothing of the root. Null when one is empty or the name too long. */
export function labelsOf(name: string): string[] | null {
  if (name === ".") return [];
  const labels = [""];
  for (const [piece, number] of name.matchAll(/\\(\d{3})|\\.|[^\\]/gs)) {
    if (piece === ".") labels.push("");
    else
      labels[labels.length - 1] +=
        number === undefined ? piece.at(-1)! : String.fromCharCode(Math.min(Number(number), 255));
  }
  if (labels.at(-1) === "") labels.pop();
  let length = 1;
  for (const label of labels) {
    if (label === "" || label.length > 63) return null;
    length += label.length + 1;
  }
  return labels.length > 0 && length <= 255 ? labels : null;
}

/** A label as a name shows it: with escapes. */
export function labelText(label: string): string {
  return label.replace(/[^!#%-'*+,\-/-:<-?A-[\]-~]/g, (char) =>
    char > " " && char < "\x7f" ? `\\${char}` : `\\${`${char.charCodeAt(0)}`.padStart(3, "0")}`,
  );
}

/** The name under which an address has its PTR: `4.3.2.10.in-addr.arpa.` */
export function reverseName(address: Ip): string {
  if (address.family === 4) return `${address.text.split(".").reverse().join(".")}.in-addr.arpa.`;
  const digits = address.bits.toString(16).padStart(32, "0");
  return `${[...digits].reverse().join(".")}.ip6.arpa.`;
}
