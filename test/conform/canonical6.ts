// A packet of IPv6 as one line of text. Left out are the identification of fragments, also quoted ones, the nonce of duplicate address
// detection, and checksums once they are found right. Reports of listeners (MLD) list their records sorted,
// and not in whose name they are: in nobody's, until duplicate address detection ends, which is about when the second goes.

import type { Ipv6 } from "../../lib/wire/address6.ts";
import { finish, sum } from "../../lib/wire/checksum.ts";
import { mldRecords } from "../../lib/wire/mld.ts";
import { viewOf } from "../../lib/wire/octets.ts";
import { readAddress6 } from "../../lib/wire/parse6.ts";
import { digest, hex } from "./canonical.ts";
import { type Beginnings, quotedSegment, segment } from "./canonical-tcp.ts";

const [HOP_BY_HOP, TCP, UDP, FRAGMENT, ICMPV6] = [0, 6, 17, 44, 58];
const HEADER = 40;
/** RFC 3810 §5.2. */
const REPORT = 143;
/** RFC 4861 §4.5, §4.6.3: the quoted packet of a redirect stands behind type, length and reserved octets of its option. */
const REDIRECT = 137;
const QUOTE = 4;

/** `lo`: Linux never finishes the checksums of UDP and TCP there. `quoted`: it may be cut short. */
export function packet6(bytes: Uint8Array, isLo: boolean, isQuoted: boolean, beginnings: Beginnings): string {
  const view = viewOf(bytes);
  const word = view.getUint32(0);
  const [src, dst] = [readAddress6(view, 8), readAddress6(view, 24)];
  const isReport = bytes[6] === HOP_BY_HOP && bytes[HEADER + 8] === REPORT;
  const words = [
    `ip6 ${isReport ? "somebody" : src} > ${dst} ttl ${bytes[7]} tos ${(word >>> 20) & 0xff} label ${word & 0xfffff}`,
    `length ${view.getUint16(4)}`,
  ];
  let protocol = bytes[6]!;
  let at = HEADER;
  let isWhole = !isQuoted;
  if (protocol === HOP_BY_HOP && bytes.length >= HEADER + 8) {
    words.push(`options ${hex(bytes.subarray(HEADER + 1, HEADER + 8))}`);
    protocol = bytes[HEADER]!;
    at += 8;
  }
  if (protocol === FRAGMENT && bytes.length >= HEADER + 8) {
    const offset = view.getUint16(42);
    words.push(`fragment ${offset & 0xfff8}${offset & 1 ? " MF" : ""}`);
    protocol = bytes[HEADER]!;
    at += 8;
    isWhole = false;
    if (offset & 0xfff8) return [...words, `protocol ${protocol} ${digest(bytes.subarray(at))}`].join(" ");
  }
  const body = bytes.slice(at);
  if (protocol === ICMPV6 && body.length >= 8) words.push(icmp6(body, src, dst, isWhole, isLo, beginnings));
  else if (protocol === TCP && isWhole && body.length >= 20)
    words.push(segment(pseudo(src, dst, body.length, protocol), body, src.text, dst.text, isLo, beginnings));
  else if (protocol === TCP && isQuoted && body.length >= 8)
    words.push(quotedSegment(body, src.text, dst.text, beginnings));
  else {
    const isUdp = protocol === UDP && body.length >= 8;
    const right = isUdp && isWhole && !isLo ? checked(src, dst, body, protocol) : "";
    // The sum of a datagram that is cut depends on nothing that the pieces do not show, but on lo.
    if (isUdp && isLo) body.fill(0, 6, 8);
    words.push(`protocol ${protocol}${right} ${digest(body)}`);
  }
  return words.join(" ");
}

function icmp6(
  body: Uint8Array,
  src: Ipv6,
  dst: Ipv6,
  isWhole: boolean,
  isLo: boolean,
  beginnings: Beginnings,
): string {
  const right = isWhole ? checked(src, dst, body, ICMPV6) : "";
  const type = body[0]!;
  body.fill(0, 2, 4);
  const head = `icmp6${right} ${type}/${body[1]} ${hex(body.subarray(4, 8))}`;
  if (type < 128 && body.length >= 8 + HEADER)
    return `${head} about [${packet6(body.slice(8), isLo, true, beginnings)}]`;
  if (type === REPORT) {
    const report = { kind: "icmp6", type, code: 0, rest: viewOf(body).getUint32(4), data: body.subarray(8) } as const;
    const records = mldRecords(report)?.map(({ type: what, group, sources }) => [what, group, ...sources].join(" "));
    return `icmp6${right} report [${records?.sort().join(", ") ?? "cut short"}]`;
  }
  if (type === REDIRECT) hideIdentification(body);
  // Of a solicitation in nobody's name the nonce is a random number.
  const isDetection = type === 135 && src.isUnspecified;
  return `${head} ${isDetection ? `${hex(body.subarray(8, 26))} nonce` : digest(body.subarray(8))}`;
}

/** A redirect may quote a fragment. */
function hideIdentification(redirect: Uint8Array): void {
  for (let at = HEADER; at + 8 < redirect.length && redirect[at + 1] !== 0; at += redirect[at + 1]! * 8) {
    const quoted = redirect.subarray(at + 8);
    if (redirect[at] === QUOTE && quoted[6] === FRAGMENT) return void quoted.fill(0, HEADER + 4, HEADER + 8);
  }
}

function checked(src: Ipv6, dst: Ipv6, body: Uint8Array, protocol: number): string {
  return finish(sum(body, 0, body.length, pseudo(src, dst, body.length, protocol))) === 0 ? "" : " WRONG CHECKSUM";
}

/** The sum of the pseudo-header (RFC 8200 §8.1). */
function pseudo({ w0, w1, w2, w3 }: Ipv6, dst: Ipv6, length: number, protocol: number): number {
  const words = [w0, w1, w2, w3, dst.w0, dst.w1, dst.w2, dst.w3];
  return words.reduce((total, word) => total + (word >>> 16) + (word & 0xffff), length + protocol);
}

/** Whether chance decides when a packet of this text goes: reports of listeners, and questions for routers after the first. */
export function isAtRandom(text: string): boolean {
  return / icmp6 (report|133)/.test(text);
}
