// Only who sends a packet cuts it, and only who it is for puts it together again.
// Before you edit: RFC 8200 §4.5, RFC 5722 (no overlaps), RFC 6946 (atomic fragments), net/ipv6/ip6_output.c (ip6_fragment),
// reassembly.c (ip6_frag_queue, ip6frag_expire_frag_queue), sysctl ip6frag_time.
import { SECOND, type World } from "../../trace/world.ts";
import { ipv6Bytes, ipv6Length } from "../../wire/bytes6.ts";
import { type Ipv6Packet, protocolOf } from "../../wire/packet.ts";
import { parseIpv6 } from "../../wire/parse6.ts";

/** ip6frag_time: how long the first fragments wait for the rest. */
const WAIT = 60 * SECOND;

/** The packet in pieces of at most `mtu` octets, each with a fragment header; all but the last are multiples of eight. */
export function fragment6(packet: Ipv6Packet, mtu: number, id: number): Ipv6Packet[] {
  const data = ipv6Bytes(packet).subarray(40);
  const room = (mtu - 48) & ~7;
  const protocol = protocolOf(packet);
  const pieces: Ipv6Packet[] = [];
  for (let at = 0; at < data.length; at += room)
    pieces.push({
      ...packet,
      fragment: { id, offset: at, more: at + room < data.length },
      body: { kind: "unknown", protocol, data: data.slice(at, at + room) },
    });
  return pieces;
}

/** What became of a fragment: it waits, it was the last one missing, or all of its packet is thrown away. */
export type Joined = Ipv6Packet | "waits" | "overlaps";

/** Fragments of packets that are not whole yet. */
export class Reassembly6 {
  private readonly world: World;
  private readonly waiting = new Map<string, Ipv6Packet[]>();
  /** The longest piece of the packet that was joined last, with its headers. */
  longest = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** Takes a fragment; `expired` is called with what there is, if the rest does not come in time. */
  add(piece: Ipv6Packet, expired: (pieces: readonly Ipv6Packet[]) => void): Joined {
    const fragment = piece.fragment!;
    if (fragment.offset === 0 && !fragment.more) return this.joined([piece]);
    const key = `${piece.src} ${piece.dst} ${fragment.id}`;
    const { waiting } = this;
    let pieces = waiting.get(key);
    if (pieces === undefined) {
      pieces = [];
      waiting.set(key, pieces);
      const kept = pieces;
      const expire = () => {
        if (waiting.get(key) !== kept) return;
        waiting.delete(key);
        expired(kept);
      };
      this.world.later(WAIT, expire, true);
    }
    const isAgain = (other: Ipv6Packet) =>
      other.fragment!.offset === fragment.offset && dataOf(other).length === dataOf(piece).length;
    if (pieces.some(isAgain)) return "waits";
    pieces.push(piece);
    pieces.sort((a, b) => a.fragment!.offset - b.fragment!.offset);
    let end = 0;
    let isGap = false;
    for (const each of pieces) {
      if (each.fragment!.offset < end) {
        waiting.delete(key);
        return "overlaps";
      }
      if (each.fragment!.offset > end) isGap = true;
      end = each.fragment!.offset + dataOf(each).length;
    }
    if (isGap || pieces.at(-1)!.fragment!.more) return "waits";
    waiting.delete(key);
    return this.joined(pieces);
  }

  /** Pieces in their order without a gap. */
  private joined(pieces: readonly Ipv6Packet[]): Ipv6Packet {
    this.longest = Math.max(...pieces.map(ipv6Length));
    const last = pieces.at(-1)!;
    const data = new Uint8Array(last.fragment!.offset + dataOf(last).length);
    for (const each of pieces) data.set(dataOf(each), each.fragment!.offset);
    return whole(pieces[0]!, data);
  }
}

/** Read again as a packet: only now is there a UDP, TCP or ICMPv6 header to see. */
function whole({ fragment: _, ...header }: Ipv6Packet, data: Uint8Array): Ipv6Packet {
  const body = { kind: "unknown", protocol: protocolOf({ ...header }), data } as const;
  return parseIpv6(ipv6Bytes({ ...header, body }), "ignore");
}

/** The octets a fragment carries. One that is whole carries a message, not octets. */
function dataOf(piece: Ipv6Packet): Uint8Array {
  if (piece.body.kind === "unknown") return piece.body.data;
  return ipv6Bytes(piece).subarray(48);
}
