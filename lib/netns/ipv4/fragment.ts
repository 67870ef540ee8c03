// Cutting a packet to an MTU, and putting it together again.
// Before you edit: RFC 791 §3.2, net/ipv4/ip_output.c (ip_do_fragment), ip_fragment.c (ip_frag_queue, sysctl ipfrag_time).
import { SECOND, type World } from "../../trace/world.ts";
import { ipv4Bytes } from "../../wire/bytes.ts";
import { type Ipv4Packet, protocolOf } from "../../wire/packet.ts";
import { parseIpv4 } from "../../wire/parse.ts";

/** How long the first fragments wait for the rest. */
const WAIT = 30 * SECOND;

/** The packet in pieces of at most `mtu` octets; all but the last are filled to a multiple of eight. */
export function fragment(packet: Ipv4Packet, mtu: number): Ipv4Packet[] {
  const data = ipv4Bytes(packet).subarray(20);
  const room = (mtu - 20) & ~7;
  const protocol = protocolOf(packet);
  const pieces: Ipv4Packet[] = [];
  for (let at = 0; at < data.length; at += room) {
    pieces.push({
      ...packet,
      fragmentOffset: packet.fragmentOffset + at,
      moreFragments: packet.moreFragments || at + room < data.length,
      body: { kind: "unknown", protocol, data: data.slice(at, at + room) },
    });
  }
  return pieces;
}

/** Fragments of packets that are not whole yet. */
export class Reassembly {
  private readonly world: World;
  private waiting: Map<string, Ipv4Packet[]> | null = null;
  /** The longest piece of the packet that was joined last. */
  longest = 0;

  constructor(world: World) {
    this.world = world;
  }

  /**
   * Takes a fragment; returns the whole packet when it was the last one missing, else null. `expired` is called with
   * what there is, if the rest does not come in time.
   */
  add(piece: Ipv4Packet, expired: (pieces: readonly Ipv4Packet[]) => void): Ipv4Packet | null {
    const key = `${piece.src} ${piece.dst} ${piece.id} ${protocolOf(piece)}`;
    this.waiting ??= new Map();
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
    pieces.push(piece);
    pieces.sort((a, b) => a.fragmentOffset - b.fragmentOffset);
    let end = 0;
    for (const each of pieces) {
      if (each.fragmentOffset > end) return null;
      end = Math.max(end, each.fragmentOffset + dataOf(each).length);
    }
    if (pieces.at(-1)!.moreFragments) return null;
    waiting.delete(key);
    this.longest = Math.max(...pieces.map((each) => 20 + dataOf(each).length));
    const data = new Uint8Array(end);
    for (const each of pieces) data.set(dataOf(each), each.fragmentOffset);
    const whole = { ...pieces[0]!, moreFragments: false, fragmentOffset: 0 };
    // Read again as a packet: only now is there a UDP, TCP or ICMP header to see.
    return parseIpv4(ipv4Bytes({ ...whole, body: { kind: "unknown", protocol: protocolOf(piece), data } }), {
      checksums: "ignore",
    });
  }
}

function dataOf(piece: Ipv4Packet): Uint8Array {
  return piece.body.kind === "unknown" ? piece.body.data : new Uint8Array();
}
