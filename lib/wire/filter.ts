// Capture filters: `icmp or arp`, `tcp port 80 and host 10.244.1.2`, read into a function of a frame.
// Before you edit: pcap-filter(7), libpcap grammar.y: "and" and "or" bind alike, from left to right, "not" binds first;
// a bare address or number takes the qualifiers of the one before it.
import type { Ipv4 } from "./address.ts";
import { ipv4 } from "./address.ts";
import { frameLength } from "./bytes.ts";
import { type Direction, etherIs, type FrameTest, hostIs, isKind, netIs, portIn, protocolIs } from "./filter-tests.ts";
import { BadInput } from "./input.ts";
import { BROADCAST_MAC, mac } from "./mac.ts";

/** What libpcap says of an expression it cannot read. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

interface Qualifiers {
  readonly proto: string | null;
  readonly dir: Direction;
  readonly type: "host" | "net" | "port" | "portrange" | "proto" | null;
}

const SUPPORTED =
  "host, net, port, portrange, proto with src, dst, ip, arp, icmp, tcp, udp, ether; broadcast, multicast, greater, less; and, or, not, ( )";
const PROTOS = ["ether", "ip", "arp", "rarp", "tcp", "udp", "icmp"];
const PROTOCOL_NUMBER: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  esp: 50,
  ah: 51,
  sctp: 132,
};
/** The names of ports people write; all others are written as numbers. */
const PORT_NUMBER: Readonly<Record<string, number>> = { ssh: 22, domain: 53, http: 80, ntp: 123, https: 443 };

/** Reads an expression; the empty one takes every frame. Throws FilterError, or BadInput for what is not modelled. */
export function parseFilter(text: string): FrameTest {
  const words = text.match(/&&|\|\||[()!]|[^\s()!&|]+|[&|]/g) ?? [];
  if (words.length === 0) return () => true;
  const parser = new Parser(words);
  const test = parser.expression();
  if (!parser.atEnd) throw parser.wrong();
  return test;
}

class Parser {
  private readonly words: readonly string[];
  private at = 0;
  private last: Qualifiers | null = null;

  constructor(words: readonly string[]) {
    this.words = words;
  }

  get atEnd(): boolean {
    return this.at >= this.words.length;
  }

  private get peek(): string {
    return this.words[this.at] ?? "";
  }

  private take(): string {
    if (this.atEnd) throw this.wrong();
    return this.words[this.at++]!;
  }

  private skip(...words: readonly string[]): boolean {
    if (!words.includes(this.peek)) return false;
    this.at++;
    return true;
  }

  wrong(): FilterError {
    return new FilterError("can't parse filter expression: syntax error");
  }

  private refuse(text: string): BadInput {
    return new BadInput("a filter that is not modelled", text, `Supported: ${SUPPORTED}.`);
  }

  expression(): FrameTest {
    let test = this.term();
    for (;;) {
      const left = test;
      if (this.skip("and", "&&")) {
        const right = this.term();
        test = (frame) => left(frame) && right(frame);
      } else if (this.skip("or", "||")) {
        const right = this.term();
        test = (frame) => left(frame) || right(frame);
      } else return test;
    }
  }

  private term(): FrameTest {
    if (this.skip("not", "!")) {
      const test = this.term();
      return (frame) => !test(frame);
    }
    if (this.skip("(")) {
      const test = this.expression();
      if (!this.skip(")")) throw this.wrong();
      return test;
    }
    return this.primitive();
  }

  private primitive(): FrameTest {
    const start = this.at;
    const word = this.peek;
    if (
      /^(len|vlan|mpls|pppoed?|gateway|inbound|outbound|ifname|on|ip6|icmp6|rnr|wlan|fddi|link|decnet|lat|iso)$/.test(
        word,
      ) ||
      /[[\]<>=+*/&|-].*[[\]<>=]|\[/.test(word)
    )
      throw this.refuse(this.words.slice(this.at).join(" "));
    if (word === "greater" || word === "less") {
      this.take();
      const limit = this.number(this.take());
      return word === "greater" ? (frame) => frameLength(frame) >= limit : (frame) => frameLength(frame) <= limit;
    }
    const proto = PROTOS.includes(word) ? this.take() : null;
    if (proto !== null && this.peek.startsWith("[")) throw this.refuse(this.words.slice(start).join(" "));
    if (this.peek === "broadcast" || this.peek === "multicast") return this.group(proto, this.take());
    const dir = this.direction();
    const type = (["host", "net", "port", "portrange", "proto"] as const).find((each) => this.skip(each)) ?? null;
    if (this.at === start) {
      // A bare word: the qualifiers of the one before it hold.
      if (this.last === null) throw this.wrong();
      return this.value(this.last, this.take());
    }
    if (proto !== null && dir === null && type === null) {
      const next = this.peek;
      const isEnd = this.atEnd || ["and", "or", "&&", "||", ")"].includes(next);
      if (isEnd) return isKind(proto);
      throw this.wrong();
    }
    this.last = { proto, dir: dir ?? "either", type };
    return this.value(this.last, this.take());
  }

  private direction(): Direction | null {
    const first = this.peek;
    if (first !== "src" && first !== "dst") return null;
    this.at++;
    const joint = this.peek;
    const second = this.words[this.at + 1];
    if ((joint === "or" || joint === "and") && (second === "src" || second === "dst") && second !== first) {
      this.at += 2;
      return joint === "or" ? "either" : "both";
    }
    return first;
  }

  private group(proto: string | null, word: string): FrameTest {
    if (proto === "ip" && word === "multicast")
      return ({ payload }) => payload.kind === "ipv4" && payload.dst.bits >>> 24 >= 224;
    if (proto !== null && proto !== "ether") throw this.refuse(`${proto} ${word}`);
    if (word === "broadcast") return ({ dst }) => dst === BROADCAST_MAC;
    return ({ dst }) => dst.isGroup;
  }

  private value({ proto, dir, type }: Qualifiers, word: string): FrameTest {
    if (["and", "or", "not", "(", ")", "&&", "||", "!"].includes(word)) throw this.wrong();
    if (proto === "ether") {
      if (type === "proto") return protocolIs("ether", this.etherProto(word));
      if ((type !== null && type !== "host") || !word.includes(":")) throw this.refuse(`ether ${type ?? ""} ${word}`);
      return etherIs(mac(word), dir);
    }
    if (type === "port" || type === "portrange") {
      if (proto !== null && proto !== "tcp" && proto !== "udp" && proto !== "ip") throw this.refuse(`${proto} ${type}`);
      return this.ports(proto, dir, type, word);
    }
    if (type === "proto") {
      if (proto !== null && proto !== "ip") throw this.refuse(`${proto} proto`);
      return protocolIs("ip", this.protocol(word));
    }
    if (proto === "tcp" || proto === "udp" || proto === "icmp")
      throw new FilterError(`'${proto}' modifier applied to ${type ?? "host"}`);
    const family = proto === "rarp" ? "none" : proto === "ip" || proto === "arp" ? proto : "any";
    if (type === "net" || (type === null && word.includes("/"))) return this.net(family, dir, word);
    return hostIs(this.host(word), dir, family);
  }

  private host(word: string): Ipv4 {
    if (word.includes(":")) throw this.refuse(word);
    if (!/^[0-9.]+$/.test(word)) throw new FilterError(`unknown host '${word}'`);
    try {
      return ipv4(word);
    } catch {
      throw new FilterError(`invalid IPv4 address '${word}'`);
    }
  }

  private net(family: "ip" | "arp" | "any" | "none", dir: Direction, word: string): FrameTest {
    const [text = "", length] = word.split("/");
    const parts = text.split(".");
    if (!/^[0-9.]+$/.test(text)) throw new FilterError(`unknown network '${word}'`);
    const address = this.host([...parts, "0", "0", "0"].slice(0, 4).join("."));
    let bits = length === undefined ? parts.length * 8 : this.number(length);
    if (this.skip("mask")) bits = this.maskLength(this.take());
    if (bits > 32) throw new FilterError("mask length must be <= 32");
    const test = netIs(address, bits, dir, family);
    if (test === null) throw new FilterError(`non-network bits set in "${word}"`);
    return test;
  }

  private maskLength(word: string): number {
    const host = ~this.host(word).bits >>> 0;
    if ((host & (host + 1)) !== 0) throw this.refuse(`mask ${word}`);
    return 32 - (host === 0 ? 0 : host.toString(2).length);
  }

  private ports(proto: string | null, dir: Direction, type: "port" | "portrange", word: string): FrameTest {
    const [first = "", second] = type === "portrange" ? word.split("-") : [word];
    const low = this.port(first);
    const high = second === undefined ? low : this.port(second);
    return portIn(Math.min(low, high), Math.max(low, high), dir, proto === "tcp" || proto === "udp" ? proto : null);
  }

  private port(word: string): number {
    const port = /^\d+$/.test(word) ? Number(word) : PORT_NUMBER[word];
    if (port === undefined) throw new FilterError(`unknown port '${word}'`);
    if (port > 65535) throw new FilterError(`illegal port number ${word} > 65535`);
    return port;
  }

  private protocol(word: string): number {
    // What is a word of the language must be written with a backslash.
    if (PROTOS.includes(word)) throw this.wrong();
    const number = PROTOCOL_NUMBER[word.replace(/^\\/, "")] ?? (/^\d+$/.test(word) ? Number(word) : undefined);
    if (number === undefined) throw new FilterError(`unknown ip proto '${word}'`);
    return number;
  }

  private etherProto(word: string): number {
    const names: Readonly<Record<string, number>> = { ip: 0x0800, arp: 0x0806, ip6: 0x86dd };
    if (word in names) throw this.wrong();
    return names[word.replace(/^\\/, "")] ?? this.number(word);
  }

  private number(word: string): number {
    const number = /^(0x[0-9a-fA-F]+|\d+)$/.test(word) ? Number(word) : Number.NaN;
    if (Number.isNaN(number)) throw this.wrong();
    return number;
  }
}
