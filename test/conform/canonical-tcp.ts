// A TCP segment as text. Its checksum must be right, and then depends on nothing more; left out besides are the initial
// sequence numbers and the values of timestamps. To the ports from BULK on go streams that fill the congestion window:
// how many segments then leave in one piece, which PSH ends, is decided by microseconds (tcp_tso_should_defer: will the
// next ACK come within half a round trip?), so of them PSH is left out.
import { finish, sum } from "../../lib/wire/checksum.ts";
import { digest } from "./canonical.ts";

/** The sequence number of the latest SYN by `ADDRESS:PORT > ADDRESS:PORT`. */
export type Beginnings = Map<string, number>;

/** Streams to these ports are bulk. */
export const BULK = 9000;
export const isBulk = (port: number) => port >= BULK && port < BULK + 1000;

const FLAGS = ["F", "S", "R", "P", "A", "U"];

/** `pseudo` is the sum of the header that the checksum covers besides. */
export function segment(
  pseudo: number,
  tcp: Uint8Array,
  src: string,
  dst: string,
  unfinished: boolean,
  beginnings: Beginnings,
): string {
  const view = new DataView(tcp.buffer, tcp.byteOffset, tcp.length);
  const [from, to, seq, ack] = [view.getUint16(0), view.getUint16(2), view.getUint32(4), view.getUint32(8)];
  const header = (tcp[12]! >> 4) * 4;
  const bits = tcp[13]!;
  const [here, there] = [`${src}:${from}`, `${dst}:${to}`];
  if (bits & 2) beginnings.set(`${here} > ${there}`, seq);
  const data = tcp.subarray(header);
  const bulk = isBulk(from) || isBulk(to);
  const flags = FLAGS.filter((_, bit) => bits & (1 << bit) && !(bulk && bit === 3)).join("");
  const checksum = unfinished || finish(sum(tcp, 0, tcp.length, pseudo)) === 0 ? "" : " WRONG CHECKSUM";
  const window = view.getUint16(14);
  // The answer to a segment without ACK begins nowhere (RFC 9293 §3.10.7.1).
  const number = bits & 4 && seq === 0 ? "0" : relative(seq, beginnings.get(`${here} > ${there}`));
  const words = [
    `tcp${checksum} ${from} > ${to} ${flags} seq ${number}`,
    `ack ${bits & 16 ? relative(ack, beginnings.get(`${there} > ${here}`)) : ack === 0 ? "0" : "some"}`,
    `win ${window} [${optionsText(tcp.subarray(20, header), beginnings.get(`${there} > ${here}`))}]`,
    `length ${data.length} ${digest(data)}`,
  ];
  return words.join(" ");
}

/** The first octets of a segment, as an ICMP error quotes them. */
export function quotedSegment(tcp: Uint8Array, src: string, dst: string, beginnings: Beginnings): string {
  const view = new DataView(tcp.buffer, tcp.byteOffset, tcp.length);
  const [from, to] = [view.getUint16(0), view.getUint16(2)];
  const begun = beginnings.get(`${src}:${from} > ${dst}:${to}`);
  return `tcp ${from} > ${to} seq ${relative(view.getUint32(4), begun)} quoted ${tcp.length}`;
}

function relative(number: number, begun: number | undefined): string {
  // Of a SYN that never left, as an ICMP error about it quotes it, nothing is known.
  return begun === undefined ? "unknown" : `${(number - begun) >>> 0}`;
}

/** Kinds in their order with their values; NOPs too, timestamps without their values, SACK blocks from the SYN on. */
function optionsText(options: Uint8Array, begun: number | undefined): string {
  const view = new DataView(options.buffer, options.byteOffset, options.length);
  const words: string[] = [];
  for (let at = 0; at < options.length; ) {
    const kind = options[at]!;
    if (kind === 0) break;
    const length = kind === 1 ? 1 : options[at + 1]!;
    if (length === 0) break;
    if (kind === 2) words.push(`mss ${view.getUint16(at + 2)}`);
    else if (kind === 3) words.push(`wscale ${options[at + 2]}`);
    else if (kind === 4) words.push("sackOK");
    else if (kind === 5) {
      const edges = Array.from({ length: (length - 2) / 4 }, (_, i) => view.getUint32(at + 2 + 4 * i));
      words.push(`sack ${edges.map((edge) => relative(edge, begun)).join("-")}`);
    } else if (kind === 8) words.push("ts");
    else words.push(kind === 1 ? "nop" : `option ${kind}`);
    at += length;
  }
  return words.join(" ");
}
