// A TCP segment in the words of tcpdump.
// Before you edit: tcpdump's print-tcp.c (tcp_print), print-http.c, util-print.c (txtproto_print).
import { ipv4Bytes } from "./bytes.ts";
import { tcpOptionsLength } from "./bytes-transport.ts";
import { headers6Length, ipv6Bytes } from "./bytes6.ts";
import { describeDns } from "./describe-dns.ts";
import { type Ipv4Packet, type Ipv6Packet, TCP_FLAG, type Tcp, type TcpOptions } from "./packet.ts";

/** Where the sequence numbers of each connection began, so that they can be printed from 1. */
export class TcpSequences {
  private readonly begun = new Map<string, { seq: number; ack: number }>();

  /**
   * The sequence and acknowledgement numbers to print for a segment, and where the other end's numbers began (its
   * selective acknowledgements count from there). What the segment begins is noted.
   */
  relative(packet: Ipv4Packet | Ipv6Packet, tcp: Tcp): { seq: number; ack: number; begun: number } {
    const { seq, ack, flags, srcPort, dstPort } = tcp;
    if ((flags & TCP_FLAG.ack) === 0) return { seq, ack, begun: 0 };
    const reversed = srcPort > dstPort || (srcPort === dstPort && isGreater(packet));
    const ends = [`${packet.src}.${srcPort}`, `${packet.dst}.${dstPort}`];
    const key = (reversed ? ends.reverse() : ends).join(" ");
    const known = this.begun.get(key);
    if (known === undefined || (flags & TCP_FLAG.syn) !== 0) {
      this.begun.set(key, reversed ? { ack: seq, seq: ack - 1 } : { seq, ack: ack - 1 });
      return { seq, ack, begun: ack - 1 };
    }
    const [own, other] = reversed ? [known.ack, known.seq] : [known.seq, known.ack];
    return { seq: (seq - own) >>> 0, ack: (ack - other) >>> 0, begun: other };
  }
}

function isGreater({ src, dst }: Ipv4Packet | Ipv6Packet): boolean {
  return src.bits > dst.bits;
}

const FLAGS: readonly (readonly [number, string])[] = [
  [TCP_FLAG.fin, "F"],
  [TCP_FLAG.syn, "S"],
  [TCP_FLAG.rst, "R"],
  [TCP_FLAG.psh, "P"],
  [TCP_FLAG.ack, "."],
  [TCP_FLAG.urg, "U"],
  [64, "E"],
  [128, "W"],
];

/** `Flags [S], seq 1, win 64240, options [mss 1460], length 0`; `length` counts from the TCP header on. */
export function describeTcp(
  packet: Ipv4Packet | Ipv6Packet,
  tcp: Tcp,
  length: number,
  fragmented: boolean,
  options: { readonly quiet?: boolean; readonly verbose?: number; readonly sequences?: TcpSequences },
): string {
  const { quiet = false, verbose = 0, sequences } = options;
  const data = length - 20 - tcpOptionsLength(tcp.options);
  if (quiet) return `tcp ${data}`;
  const { flags } = tcp;
  const letters = FLAGS.map(([bit, letter]) => ((flags & bit) !== 0 ? letter : "")).join("");
  const { seq, ack, begun } = sequences?.relative(packet, tcp) ?? { seq: tcp.seq, ack: tcp.ack, begun: 0 };
  const words = [`Flags [${letters || "none"}]`];
  if (verbose > 0 && !fragmented) words.push(`cksum 0x${checksumOf(packet)} (correct)`);
  const hasNumber = (flags & (TCP_FLAG.syn | TCP_FLAG.fin | TCP_FLAG.rst)) !== 0;
  if (verbose > 1 || data > 0 || hasNumber) words.push(`seq ${seq}${data > 0 ? `:${(seq + data) >>> 0}` : ""}`);
  if ((flags & TCP_FLAG.ack) !== 0) words.push(`ack ${ack}`);
  words.push(`win ${tcp.window}`);
  if ((flags & TCP_FLAG.urg) !== 0) words.push("urg 0");
  const list = optionsOf(tcp.options, begun);
  if (list.length > 0) words.push(`options [${list.join(",")}]`);
  words.push(`length ${data}`);
  const head = words.join(", ");
  if (tcp.data.length === 0) return head;
  if (verbose > 0 && (flags & TCP_FLAG.rst) !== 0) return `${head} [RST${resetData(tcp.data)}]`;
  const names = describeDns(tcp, verbose, data);
  if (names !== null) return head + names;
  const isWeb = [tcp.srcPort, tcp.dstPort].some((port) => port === 80 || port === 8080);
  return head + (isWeb ? `: ${describeHttp(tcp.data, verbose > 0)}` : "");
}

/** What a reset carries, its first 30 octets, control characters as ^M (RFC 1122 lets it say why). */
function resetData(data: Uint8Array): string {
  const shown = [...data.subarray(0, 30)].map((byte) => {
    const low = byte & 0x7f;
    const char = low < 32 || low === 127 ? `^${String.fromCharCode(low ^ 0x40)}` : String.fromCharCode(low);
    return byte > 127 ? `M-${char}` : char;
  });
  return `${data.length > 30 ? "+" : ""} ${shown.join("")}`;
}

/** The options in the order Linux lays them (tcp_options_write). */
function optionsOf({ mss, sackPermitted, timestamps, windowScale, sack }: TcpOptions, begun: number): string[] {
  const words: string[] = [];
  if (mss !== undefined) words.push(`mss ${mss}`);
  if (timestamps === undefined && sackPermitted) words.push("nop", "nop", "sackOK");
  else if (sackPermitted) words.push("sackOK");
  else if (timestamps !== undefined) words.push("nop", "nop");
  if (timestamps !== undefined) words.push(`TS val ${timestamps[0]} ecr ${timestamps[1]}`);
  if (windowScale !== undefined) words.push("nop", `wscale ${windowScale}`);
  if (sack !== undefined) {
    const blocks = sack.map(([from, to]) => `{${(from - begun) >>> 0}:${(to - begun) >>> 0}}`);
    words.push("nop", "nop", `sack ${sack.length} ${blocks.join("")}`);
  }
  return words;
}

function checksumOf(packet: Ipv4Packet | Ipv6Packet): string {
  const bytes = packet.kind === "ipv4" ? ipv4Bytes(packet) : ipv6Bytes(packet);
  const at = (packet.kind === "ipv4" ? 20 : headers6Length(packet)) + 16;
  return new DataView(bytes.buffer).getUint16(at).toString(16).padStart(4, "0");
}

const METHODS = new Set(
  (
    "GET PUT COPY HEAD LOCK MOVE POLL POST BCOPY BMOVE MKCOL TRACE LABEL MERGE DELETE SEARCH UNLOCK REPORT UPDATE " +
    "NOTIFY BDELETE CONNECT OPTIONS CHECKIN PROPFIND CHECKOUT CCM_POST SUBSCRIBE PROPPATCH BPROPFIND BPROPPATCH " +
    "UNCHECKOUT MKACTIVITY MKWORKSPACE UNSUBSCRIBE RPC_CONNECT VERSION-CONTROL BASELINE-CONTROL"
  ).split(" "),
);

/** `HTTP: GET / HTTP/1.1` when the segment begins with a request or a response; with -v all its lines. */
function describeHttp(data: Uint8Array, verbose: boolean): string {
  const text = String.fromCharCode(...data.subarray(0, 4096));
  const [, first = "", second = ""] = /^([\x21-\x7e]+)[ \t]*([\x21-\x7e]*)/.exec(text) ?? [];
  if (!METHODS.has(first.toUpperCase()) && !/^\d{3}$/.test(second)) return "HTTP";
  if (!verbose) return `HTTP${line(text, ": ").text}`;
  let said = `HTTP, length: ${data.length}`;
  for (let at = 0; at < text.length; ) {
    const { text: piece, length } = line(text.slice(at), "\n\t");
    said += piece;
    if (length === 0) break;
    at += length;
  }
  return said;
}

/** One line of text and how long it is; nothing when it is binary, `[|http]` behind it when it does not end here. */
function line(text: string, prefix: string): { text: string; length: number } {
  const [, content = "", end = ""] = /^([\x20-\x7e\t]*)(\r?\n|$)?/.exec(text) ?? [];
  if (end !== "") return { text: prefix + content, length: content.length + end.length };
  return { text: content.length === text.length ? `${prefix}${content} [|http]` : "", length: 0 };
}
