// Capture filters: `icmp or arp`, `tcp port 80 and host 10.244.1.2`, read into a function of a frame.
// Before you edit: pcap-filter(7), libpcap grammar.y: "and" and "or" bind alike, from left to right, "not" binds first;
// a bare address or number takes the qualifiers of the one before it.
import { type Ipv4, ipv4 } from "./address.ts";
import { ipv6 } from "./address6.ts";
import { frameLength } from "./bytes.ts";
import { bounded, relation } from "./filter-arithmetic.ts";
import {
  type Direction,
  etherIs,
  type FrameTest,
  hostIs,
  isKind,
  net6Is,
  netIs,
  portIn,
  protocolIs,
} from "./filter-tests.ts";
import { FilterError, Words } from "./filter-words.ts";
import { BROADCAST_MAC, mac } from "./mac.ts";
import { ETHERTYPE } from "./packet.ts";

interface Qualifiers {
  readonly proto: string | null;
  readonly dir: Direction;
  readonly type: "host" | "net" | "port" | "portrange" | "proto" | null;
}

const PROTOS = ["ether", "ip", "ip6", "arp", "rarp", "tcp", "udp", "icmp", "icmp6"];
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
  const words = new Words(text);
  if (words.atEnd) return () => true;
  const test = new Parser(words).expression();
  if (!words.atEnd) throw words.wrong();
  return bounded(test);
}

/** Words that libpcap knows and nothing here does. */
const REFUSED =
  /^(vlan|mpls|pppoed?|gateway|inbound|outbound|ifname|on|rnr|wlan|fddi|link|decnet|lat|iso|geneve|protochain)$/;
const OPERATORS: readonly string[] = ["and", "or", "not", "(", ")", "&&", "||", "!"];

class Parser {
  private readonly words: Words;
  private last: Qualifiers | null = null;

  constructor(words: Words) {
    this.words = words;
  }

  expression(): FrameTest {
    let test = this.term();
    for (;;) {
      const left = test;
      if (this.words.skip("and", "&&")) {
        const right = this.term();
        test = (frame) => left(frame) && right(frame);
      } else if (this.words.skip("or", "||")) {
        const right = this.term();
        test = (frame) => left(frame) || right(frame);
      } else return test;
    }
  }

  private term(): FrameTest {
    const { words } = this;
    if (words.skip("not", "!")) {
      const test = this.term();
      return (frame) => !test(frame);
    }
    const compared = relation(words);
    if (compared !== null) return compared;
    if (words.skip("(")) {
      const test = this.expression();
      if (!words.skip(")")) throw words.wrong();
      return test;
    }
    return this.primitive();
  }

  private primitive(): FrameTest {
    const { words } = this;
    const start = words.at;
    const word = words.peek;
    if (REFUSED.test(word)) throw words.refuse();
    if (word === "greater" || word === "less") {
      words.take();
      const limit = words.number(words.take());
      return word === "greater" ? (frame) => frameLength(frame) >= limit : (frame) => frameLength(frame) <= limit;
    }
    const proto = PROTOS.includes(word) ? words.take() : null;
    if (REFUSED.test(words.peek)) throw words.refuse(`${word} ${words.peek}`);
    if (words.peek === "broadcast" || words.peek === "multicast") return this.group(proto, words.take());
    const dir = this.direction();
    const type = (["host", "net", "port", "portrange", "proto"] as const).find((each) => words.skip(each)) ?? null;
    if (words.at === start) {
      // A bare word: the qualifiers of the one before it hold.
      if (this.last === null) throw words.wrong();
      return this.value(this.last, words.take());
    }
    if (proto !== null && dir === null && type === null) {
      if (words.atEnd || ["and", "or", "&&", "||", ")"].includes(words.peek)) return isKind(proto);
      throw words.wrong();
    }
    this.last = { proto, dir: dir ?? "either", type };
    return this.value(this.last, words.take());
  }

  private direction(): Direction | null {
    const { words } = this;
    const first = words.peek;
    if (first !== "src" && first !== "dst") return null;
    words.take();
    const { peek: joint, second } = words;
    if ((joint === "or" || joint === "and") && (second === "src" || second === "dst") && second !== first) {
      words.at += 2;
      return joint === "or" ? "either" : "both";
    }
    return first;
  }

  private group(proto: string | null, word: string): FrameTest {
    if (proto === "ip" && word === "multicast")
      return ({ payload }) => payload.kind === "ipv4" && payload.dst.bits >>> 24 >= 224;
    if (proto === "ip6" && word === "multicast")
      return ({ payload }) => payload.kind === "ipv6" && payload.dst.isMulticast;
    if (proto === "ip6") throw new FilterError("only link-layer/IP broadcast filters supported");
    if (proto !== null && proto !== "ether") throw this.words.refuse(`${proto} ${word}`);
    if (word === "broadcast") return ({ dst }) => dst === BROADCAST_MAC;
    return ({ dst }) => dst.isGroup;
  }

  private value(qualifiers: Qualifiers, word: string): FrameTest {
    const { proto, dir, type } = qualifiers;
    if (OPERATORS.includes(word)) throw this.words.wrong();
    const isMac = /^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}$/.test(word);
    if (word.includes(":") && !isMac) return this.value6(qualifiers, word);
    if (proto === "ether") {
      if (type === "proto") return protocolIs("ether", this.etherProto(word));
      if ((type !== null && type !== "host") || !isMac) throw this.words.refuse(`ether ${type ?? ""} ${word}`);
      return etherIs(mac(word), dir);
    }
    if (isMac) throw new FilterError("ethernet address used in non-ether expression");
    if (type === "port" || type === "portrange") {
      if (proto !== null && proto !== "tcp" && proto !== "udp") {
        const named = type === "port" ? "illegal qualifier of 'port'" : "illegal qualifier of 'portrange'";
        throw new FilterError(named);
      }
      return this.ports(proto, dir, type, word);
    }
    if (type === "proto") {
      if (proto !== null && proto !== "ip" && proto !== "ip6") throw this.words.refuse(`${proto} proto`);
      return protocolIs(proto ?? "any", this.protocol(word));
    }
    if (proto !== null && ["tcp", "udp", "icmp", "icmp6"].includes(proto))
      throw new FilterError(`'${proto}' modifier applied to ${type ?? "host"}`);
    const family = proto === "rarp" ? "none" : proto === "ip" || proto === "arp" ? proto : "any";
    if (type === "net" || (type === null && this.words.peek === "/")) return this.net(family, dir, word, proto);
    const address = this.host(word);
    if (proto === "ip6") throw new FilterError("'ip6' modifier applied to ip host");
    return hostIs(address, dir, family);
  }

  /** An IPv6 address or network (gen_mcode6). */
  private value6({ proto, dir, type }: Qualifiers, word: string): FrameTest {
    const address = (() => {
      try {
        return ipv6(word);
      } catch {
        throw this.words.wrong();
      }
    })();
    const length = this.words.skip("/") ? this.words.number(this.words.take()) : 128;
    if (length > 128) throw new FilterError("mask length must be <= 128");
    const isHost = type === null || type === "host";
    if (!isHost && type !== "net") throw new FilterError("invalid qualifier against IPv6 address");
    const test = net6Is(address, length, dir);
    if (test === null) throw new FilterError(`non-network bits set in "${word}/${length}"`);
    if (isHost && length !== 128) throw new FilterError("Mask syntax for networks only");
    if (proto === "ether") throw new FilterError("link-layer modifier applied to ip6 host");
    if (proto !== null && proto !== "ip6") throw new FilterError(`'${proto}' modifier applied to ip6 host`);
    return test;
  }

  private host(word: string): Ipv4 {
    if (!/^[0-9.]+$/.test(word)) throw new FilterError(`unknown host '${word}'`);
    try {
      return ipv4(word);
    } catch {
      throw new FilterError(`invalid IPv4 address '${word}'`);
    }
  }

  private net(family: "ip" | "arp" | "any" | "none", dir: Direction, word: string, proto: string | null): FrameTest {
    const { words } = this;
    const length = words.skip("/") ? words.take() : undefined;
    const text = length === undefined ? word : `${word}/${length}`;
    if (!/^[0-9.]+$/.test(word)) throw new FilterError(`unknown network '${text}'`);
    const parts = word.split(".");
    const address = this.host([...parts, "0", "0", "0"].slice(0, 4).join("."));
    let bits = length === undefined ? parts.length * 8 : words.number(length);
    if (words.skip("mask")) bits = this.maskLength(words.take());
    if (bits > 32) throw new FilterError("mask length must be <= 32");
    const test = netIs(address, bits, dir, family);
    if (test === null) throw new FilterError(`non-network bits set in "${text}"`);
    if (proto === "ip6") throw new FilterError("'ip6' modifier applied to ip host");
    return test;
  }

  private maskLength(word: string): number {
    const host = ~this.host(word).bits >>> 0;
    if ((host & (host + 1)) !== 0) throw this.words.refuse(`mask ${word}`);
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
    if (PROTOS.includes(word)) throw this.words.wrong();
    const number = PROTOCOL_NUMBER[word.replace(/^\\/, "")] ?? (/^\d+$/.test(word) ? Number(word) : undefined);
    if (number === undefined) throw new FilterError(`unknown ip proto '${word.replace(/^\\/, "")}'`);
    return number;
  }

  private etherProto(word: string): number {
    const names: Readonly<Record<string, number>> = { ip: ETHERTYPE.ipv4, arp: ETHERTYPE.arp, ip6: ETHERTYPE.ipv6 };
    if (word in names) throw this.words.wrong();
    return names[word.replace(/^\\/, "")] ?? this.words.number(word);
  }
}
