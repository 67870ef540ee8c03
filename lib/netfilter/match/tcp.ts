// -m tcp: ports, flags and options of TCP.
// Before you edit: net/netfilter/xt_tcpudp.c (tcp_mt), extensions/libxt_tcp.c; iptables/nft.c (add_nft_tcp).
import { PROTOCOL, TCP_FLAG } from "../../wire/packet.ts";
import type { MatchExtension, Test } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { IpPacket } from "../skb.ts";
import { wholeNumber } from "../text/values.ts";
import { NONE, tcpFlags, tcpOptionKinds } from "../transport.ts";
import {
  ANY_PORT,
  isAny,
  keptPorts,
  listPorts,
  missedPorts,
  type PortRange,
  portOptions,
  savePorts,
  testPorts,
} from "./ports.ts";

interface FlagTest {
  readonly mask: number;
  readonly wanted: number;
  readonly inverted: boolean;
}
interface Value {
  readonly source: PortRange;
  readonly destination: PortRange;
  readonly flags: FlagTest | null;
  readonly option: { readonly kind: number; readonly inverted: boolean } | null;
}
interface Draft {
  source?: PortRange;
  destination?: PortRange;
  flags?: FlagTest;
  option?: Value["option"];
}

const FLAGS = Object.entries(TCP_FLAG).map(([name, bit]) => [name.toUpperCase(), bit] as const);
const ALL = 0x3f;

export const tcp: MatchExtension<Value, Draft> = {
  name: "tcp",
  families: [4, 6],
  protocols: [PROTOCOL.tcp],
  checksItself: true,
  options: [
    ...portOptions("tcp"),
    {
      name: "syn",
      takes: "nothing",
      set(draft, _word, inverted) {
        onlyOneFlags(draft);
        const mask = TCP_FLAG.syn | TCP_FLAG.rst | TCP_FLAG.ack | TCP_FLAG.fin;
        draft.flags = { mask, wanted: TCP_FLAG.syn, inverted };
      },
    },
    {
      name: "tcp-flags",
      takes: "value",
      set(draft, word, inverted, reading) {
        onlyOneFlags(draft);
        const wanted = reading.nextWord();
        if (wanted === null) throw new Refused("--tcp-flags requires two args.");
        draft.flags = { mask: readFlags(word), wanted: readFlags(wanted), inverted };
      },
    },
    {
      name: "tcp-option",
      takes: "value",
      set(draft, word, inverted) {
        if (draft.option !== undefined) throw new Refused("Only one `--tcp-option' allowed");
        const kind = wholeNumber(word, 255, 1);
        if (kind === null) throw new Refused(`Bad TCP option "${word}"`);
        draft.option = { kind, inverted };
      },
    },
  ],
  draft: () => ({}),
  finish(draft, reading) {
    const { source = ANY_PORT, destination = ANY_PORT, option = null } = draft;
    const said = draft.flags ?? null;
    const flags = said !== null && (said.mask !== 0 || said.inverted) ? said : null;
    // With an option, and with nothing at all, it is the old match in nftables too.
    if (option !== null) return { source, destination, flags, option };
    const [from, to] = keptPorts(source, destination, PROTOCOL.tcp, reading);
    return { source: from, destination: to, flags, option };
  },
  save({ source, destination, flags, option }) {
    const words: string[] = [];
    if (!isAny(source)) words.push(savePorts("sport", source));
    if (!isAny(destination)) words.push(savePorts("dport", destination));
    if (option !== null) words.push(`${option.inverted ? "! " : ""}--tcp-option ${option.kind}`);
    if (flags !== null) words.push(`${flags.inverted ? "! " : ""}--tcp-flags ${flagsText(flags)}`);
    return words.join(" ");
  },
  list({ source, destination, flags, option }, numeric) {
    const words = ["tcp", listPorts("spt", source, "tcp", numeric), listPorts("dpt", destination, "tcp", numeric)];
    if (option !== null) words.push(`option=${option.inverted ? "!" : ""}${option.kind}`);
    if (flags !== null) {
      const { mask, wanted, inverted } = flags;
      const hex = (bits: number) => `0x${bits.toString(16).toUpperCase().padStart(2, "0")}`;
      const said = numeric ? `${hex(mask)}/${hex(wanted)}` : `${namesOf(mask)}/${namesOf(wanted)}`;
      words.push(`flags:${inverted ? "!" : ""}${said}`);
    }
    return words.filter((word) => word !== "").join(" ");
  },
  compile({ source, destination, flags, option }) {
    const tests: Test[] = [];
    const isNative = option === null;
    if (!(isAny(source) && isAny(destination)) || source.inverted || destination.inverted)
      tests.push(testPorts(source, destination, isNative));
    if (flags !== null) tests.push(({ packet }) => hasFlags(flags, tcpFlags(packet, isNative)));
    if (option !== null)
      tests.push(({ packet }) => tcpFlags(packet) !== NONE && hasOption(packet, option.kind) !== option.inverted);
    if (tests.length === 0) return ({ packet }) => tcpFlags(packet) !== NONE;
    return tests.length === 1 ? tests[0]! : (skb) => tests.every((test) => test(skb));
  },
  destinationPort: ({ destination: { first, last, inverted } }) => (first === last && !inverted ? first : null),
  miss({ source, destination, flags, option }, skb) {
    const ports = missedPorts(source, destination, skb);
    if (ports !== null) return ports;
    const had = tcpFlags(skb.packet);
    if (flags !== null && !hasFlags(flags, had))
      return {
        field: "tcp flags",
        wanted: `${flags.inverted ? "! " : ""}${namesOf(flags.wanted)} of ${namesOf(flags.mask)}`,
        had: had === NONE ? "none" : namesOf(had & ALL),
      };
    return {
      field: "tcp option",
      wanted: `${option?.inverted ? "no " : ""}option ${option?.kind}`,
      had: skb.packet.body.kind === "tcp" ? `options ${tcpOptionKinds(skb.packet.body).join(",")}` : "no TCP header",
    };
  },
};

function onlyOneFlags({ flags }: Draft): void {
  if (flags !== undefined) throw new Refused("Only one of `--syn' or `--tcp-flags'  allowed");
}

function readFlags(text: string): number {
  let bits = 0;
  for (const word of text.split(",")) {
    if (word === "") continue;
    const name = word.toUpperCase();
    const found = name === "ALL" ? ALL : name === "NONE" ? 0 : FLAGS.find(([each]) => each === name)?.[1];
    if (found === undefined) throw new Refused(`Unknown TCP flag \`${word}'`);
    bits |= found;
  }
  return bits;
}

function flagsText({ mask, wanted }: FlagTest): string {
  return `${namesOf(mask)} ${namesOf(wanted)}`;
}

function namesOf(flags: number): string {
  return (
    FLAGS.filter(([, bit]) => (flags & bit) !== 0)
      .map(([name]) => name)
      .join(",") || "NONE"
  );
}

function hasFlags({ mask, wanted, inverted }: FlagTest, flags: number): boolean {
  return flags !== NONE && ((flags & mask) === wanted) !== inverted;
}

function hasOption({ body }: IpPacket, kind: number): boolean {
  return body.kind === "tcp" && tcpOptionKinds(body).includes(kind);
}
