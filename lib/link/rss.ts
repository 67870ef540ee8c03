// Receive side scaling: a network card hashes the flow of a packet, and a table says which queue, and so which CPU, gets
// it. The hash is Toeplitz' with the key of Microsoft's verification suite, as many drivers have it.
// Before you edit: Documentation/networking/scaling.rst, include/linux/ethtool.h (ethtool_rxfh_indir_default), Microsoft's
// "RSS Hashing Functions" and "Verifying the RSS Hash Calculation".
import type { Ipv4Packet, Ipv6Packet } from "../wire/packet.ts";

export const RSS_KEY = Uint8Array.from(
  "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa".match(/../g)!,
  (byte) => Number.parseInt(byte, 16),
);

/** Entries of the table that many drivers have, and `ethtool -x` shows. */
export const RSS_TABLE = 128;

/** For each bit of the input that is set, the 32 bits of the key that begin there are added without carry. */
export function toeplitz(key: Uint8Array, input: readonly number[]): number {
  let hash = 0;
  let window = ((key[0]! << 24) | (key[1]! << 16) | (key[2]! << 8) | key[3]!) >>> 0;
  for (const [i, octet] of input.entries())
    for (let bit = 7; bit >= 0; bit--) {
      if ((octet >> bit) & 1) hash ^= window;
      window = ((window << 1) | ((key[i + 4]! >> bit) & 1)) >>> 0;
    }
  return hash >>> 0;
}

/** What a card looks at: both addresses, and the ports of TCP and UDP unless the packet is a fragment. */
export interface RssInput {
  readonly octets: readonly number[];
  readonly words: string;
}

export function rssInput(packet: Ipv4Packet | Ipv6Packet): RssInput {
  const { src, dst, body } = packet;
  const octets = packet.kind === "ipv4" ? [...be32(packet.src.bits), ...be32(packet.dst.bits)] : [];
  if (packet.kind === "ipv6") octets.push(...be128(packet.src.bits), ...be128(packet.dst.bits));
  const isPiece =
    packet.kind === "ipv4" ? packet.moreFragments || packet.fragmentOffset > 0 : packet.fragment !== undefined;
  if (isPiece || (body.kind !== "tcp" && body.kind !== "udp")) return { octets, words: `${src}, ${dst}` };
  octets.push(...be16(body.srcPort), ...be16(body.dstPort));
  return { octets, words: `${src}, ${dst}, ${body.srcPort}, ${body.dstPort}` };
}

const be16 = (value: number) => [value >> 8, value & 0xff];
const be32 = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
const be128 = (bits: bigint) => Array.from({ length: 16 }, (_, i) => Number((bits >> BigInt(8 * (15 - i))) & 0xffn));

/** What a network card is beyond being a device. */
export interface NicState {
  readonly queues: number;
  readonly key: Uint8Array;
  /** Which queue each remainder of the hash goes to. */
  readonly table: readonly number[];
  /** Packets and octets each queue received. */
  readonly received: { packets: number; bytes: number }[];
}

export function nicState(queues: number): NicState {
  return {
    queues,
    key: RSS_KEY,
    table: Array.from({ length: RSS_TABLE }, (_, i) => i % queues),
    received: Array.from({ length: queues }, () => ({ packets: 0, bytes: 0 })),
  };
}

/** Which queue a packet goes to, and why; what is not IP has no hash, and goes to the first. */
export function queueOf(
  { key, table }: NicState,
  packet: { readonly kind: string },
): { readonly queue: number; readonly because: string } {
  if (packet.kind !== "ipv4" && packet.kind !== "ipv6")
    return { queue: 0, because: "not IP, so no hash: queue 0, CPU 0" };
  const { octets, words } = rssInput(packet as Ipv4Packet | Ipv6Packet);
  const hash = toeplitz(key, octets);
  const entry = hash % table.length;
  const queue = table[entry]!;
  const hex = hash.toString(16).padStart(8, "0");
  return { queue, because: `hash 0x${hex} of (${words}) → entry ${entry} → queue ${queue}, CPU ${queue}` };
}
