// -m sctp: ports, and which chunks a packet of SCTP carries. No room makes such packets; those that come are octets.
// Before you edit: net/netfilter/xt_sctp.c (match_packet), extensions/libxt_sctp.c.
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { IpPacket } from "../skb.ts";
import { destinationPort, NONE } from "../transport.ts";
import { ANY_PORT, listPorts, missedPorts, type PortRange, portOptions, savePorts, testPorts } from "./ports.ts";

/** Names in their order, types, and the letters of flags from bit 7 on. */
const CHUNKS: readonly (readonly [name: string, type: number, flags?: string])[] = [
  ["DATA", 0, "----IUBE"],
  ["INIT", 1],
  ["INIT_ACK", 2],
  ["SACK", 3],
  ["HEARTBEAT", 4],
  ["HEARTBEAT_ACK", 5],
  ["ABORT", 6, "-------T"],
  ["SHUTDOWN", 7],
  ["SHUTDOWN_ACK", 8],
  ["ERROR", 9],
  ["COOKIE_ECHO", 10],
  ["COOKIE_ACK", 11],
  ["ECN_ECNE", 12],
  ["ECN_CWR", 13],
  ["SHUTDOWN_COMPLETE", 14, "-------T"],
  ["I_DATA", 64, "----IUBE"],
  ["RE_CONFIG", 130],
  ["PAD", 132],
  ["ASCONF", 193],
  ["ASCONF_ACK", 128],
  ["FORWARD_TSN", 192],
  ["I_FORWARD_TSN", 194],
];
const NO_FLAGS = "--------";

interface FlagTest {
  /** The place in CHUNKS, which the tool gives the kernel for a type. */
  readonly chunk: number;
  mask: number;
  wanted: number;
}
interface Chunks {
  readonly which: "any" | "all" | "only";
  /** Types; "ALL" is every one. */
  readonly types: ReadonlySet<number> | "ALL";
  readonly flags: readonly FlagTest[];
  readonly inverted: boolean;
}
interface Value {
  readonly source: PortRange | null;
  readonly destination: PortRange | null;
  readonly chunks: Chunks | null;
}
type Draft = { -readonly [K in keyof Value]: Value[K] };

export const sctp: MatchExtension<Value, Draft> = {
  name: "sctp",
  families: [4, 6],
  protocols: [132],
  checksItself: true,
  options: [
    ...portOptions("sctp"),
    {
      name: "chunk-types",
      takes: "value",
      set(draft, word, inverted, reading) {
        if (draft.chunks !== null) throw new Refused("Only one `--chunk-types' allowed");
        const listed = reading.nextWord();
        if (listed === null) throw new Refused("--chunk-types requires two args");
        const which = (["any", "all", "only"] as const).find((each) => each === word.toLowerCase());
        if (which === undefined) throw new Refused('Match type has to be one of "ALL", "ANY" or "ONLY"');
        draft.chunks = { which, inverted, ...readChunks(listed) };
      },
    },
  ],
  draft: () => ({ source: null, destination: null, chunks: null }),
  finish: (draft) => ({ ...draft }),
  save({ source, destination, chunks }) {
    const words: string[] = [];
    if (source !== null) words.push(savePorts("sport", source));
    if (destination !== null) words.push(savePorts("dport", destination));
    if (chunks !== null) words.push(`${chunks.inverted ? "! " : ""}--chunk-types ${chunksText(chunks, false)}`);
    return words.join(" ");
  },
  list({ source, destination, chunks }, numeric) {
    const words = ["sctp"];
    if (source !== null) words.push(listPorts("spt", source, "sctp", numeric));
    if (destination !== null) words.push(listPorts("dpt", destination, "sctp", numeric));
    if (chunks !== null) words.push(`${chunks.inverted ? "! " : ""}${chunksText(chunks, numeric)}`);
    return words.filter((word) => word !== "").join(" ");
  },
  compile({ source, destination, chunks }) {
    const ports = testPorts(source ?? ANY_PORT, destination ?? ANY_PORT, false);
    if (chunks === null) return (skb) => destinationPort(skb.packet) !== NONE && ports(skb);
    return (skb) => ports(skb) && hasChunks(skb.packet, chunks) !== chunks.inverted;
  },
  destinationPort: ({ destination }) =>
    destination !== null && destination.first === destination.last && !destination.inverted ? destination.first : null,
  miss: ({ source, destination, chunks }, skb) =>
    missedPorts(source ?? ANY_PORT, destination ?? ANY_PORT, skb) ?? {
      field: "chunks",
      wanted: chunks === null ? "SCTP" : `${chunks.inverted ? "! " : ""}${chunksText(chunks, false)}`,
      had: chunkList(skb.packet).map(nameOf).join(",") || "none",
    },
};

function readChunks(text: string): { types: Set<number> | "ALL"; flags: FlagTest[] } {
  if (text.toUpperCase() === "ALL") return { types: "ALL", flags: [] };
  const types = new Set<number>();
  const flags: FlagTest[] = [];
  if (text.toUpperCase() === "NONE") return { types, flags };
  for (const part of text.split(",").filter((each) => each !== "")) {
    const [name = "", letters = ""] = part.split(/:(.*)/s);
    const chunk = CHUNKS.findIndex(([each]) => each === name.toUpperCase());
    if (chunk === -1) throw new Refused(`Unknown sctp chunk \`${name}'`);
    const [, type, valid = NO_FLAGS] = CHUNKS[chunk]!;
    types.add(type);
    for (const letter of letters) {
      const at = valid.indexOf(letter.toUpperCase());
      if (at === -1) throw new Refused(`Invalid flags for chunk type ${chunk}`);
      let test = flags.find((each) => each.chunk === chunk);
      if (test === undefined) {
        if (flags.length === 4)
          throw new Refused(
            "Number of chunk types with flags exceeds currently allowed limit. Increasing this limit involves changing IPT_NUM_SCTP_FLAGS and recompiling both the kernel space and user space modules",
          );
        test = { chunk, mask: 0, wanted: 0 };
        flags.push(test);
      }
      test.mask |= 1 << (7 - at);
      if (letter === letter.toUpperCase()) test.wanted |= 1 << (7 - at);
    }
  }
  return { types, flags };
}

function chunksText({ which, types, flags }: Chunks, numeric: boolean): string {
  if (types === "ALL") return `${which} ALL`;
  if (types.size === 0) return `${which} NONE`;
  const said = [...types]
    .sort((a, b) => a - b)
    .map((type) => {
      const test = flags.find(({ chunk }) => chunk === type);
      return (numeric ? `0x${type.toString(16).toUpperCase().padStart(4, "0")}` : nameOf(type)) + flagsText(test);
    });
  return `${which} ${said.join(",")}`;
}

function nameOf(type: number): string {
  return CHUNKS.find(([, each]) => each === type)?.[0] ?? "";
}

function flagsText(test: FlagTest | undefined): string {
  if (test === undefined || test.mask === 0) return "";
  const valid = CHUNKS[test.chunk]![2] ?? NO_FLAGS;
  let text = ":";
  for (let bit = 7; bit >= 0; bit--)
    if (test.mask & (1 << bit)) text += test.wanted & (1 << bit) ? valid[7 - bit]! : valid[7 - bit]!.toLowerCase();
  return text;
}

/** Types of the chunks behind the common header, in their order. */
function chunkList({ body }: IpPacket): number[] {
  return body.kind === "unknown" ? [...chunksIn(body.data)].map(({ type }) => type) : [];
}

function* chunksIn(data: Uint8Array): Generator<{ type: number; flags: number }> {
  for (let at = 12; at + 4 <= data.length; ) {
    const length = (data[at + 2]! << 8) | data[at + 3]!;
    if (length === 0) return;
    yield { type: data[at]!, flags: data[at + 1]! };
    at += (length + 3) & ~3;
  }
}

function hasChunks({ body }: IpPacket, { which, types, flags }: Chunks): boolean {
  if (body.kind !== "unknown") return false;
  const missing = new Set(types === "ALL" ? Array.from({ length: 256 }, (_, type) => type) : types);
  for (const { type, flags: had } of chunksIn(body.data)) {
    if (types === "ALL" || types.has(type)) {
      const test = flags.find(({ chunk }) => chunk === type);
      const agrees = test === undefined || (had & test.mask) === test.wanted;
      if (which === "any" && agrees) return true;
      if (which === "all" && agrees) missing.delete(type);
      if (which === "only" && !agrees) return false;
    } else if (which === "only") return false;
  }
  return which === "all" ? missing.size === 0 : which === "only";
}
