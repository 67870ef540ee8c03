// One packet as every device on its way saw it, whatever was put around it: found by its addresses among the octets, so
// that also what a program wrapped up is known again.
// Before you edit: RFC 791 §3.1; lib/draw/wirings.ts and octet-bars.ts, which draw it.
import { frameBytes } from "../wire/bytes.ts";
import { ETHERTYPE, type Frame, type Ipv4Packet } from "../wire/packet.ts";
import { innermost } from "./packet.ts";

/** A frame that a device sent or received. */
export interface Caught {
  readonly netns: string;
  readonly device: string;
  readonly direction: "in" | "out";
  readonly frame: Frame;
}

export interface Sight {
  readonly netns: string;
  readonly device: string;
  readonly octets: Uint8Array;
  /** Where the packet's own IPv4 header begins. */
  readonly at: number;
}

const ETHERNET = 14;

/** The first IPv4 packet at each device that it came by, in order, until somebody answers; none when there was no such packet. */
export function sightsOf(frames: readonly Caught[]): Sight[] {
  const first = frames.map(({ frame }) => innermost(frame)).find((body) => body?.kind === "ipv4");
  if (first?.kind !== "ipv4") return [];
  const sights: Sight[] = [];
  for (const { netns, device, frame } of frames) {
    const octets = frameBytes(frame);
    if (find(octets, [first.dst, first.src]) >= 0) break;
    const at = find(octets, [first.src, first.dst]);
    const last = sights.at(-1);
    if (at >= 0 && (last?.netns !== netns || last.device !== device)) sights.push({ netns, device, octets, at });
  }
  return sights;
}

/** The time to live that the packet had there. */
export const ttlAt = ({ octets, at }: Sight): number => octets[at + 8]!;

/** Whether the packet has an Ethernet header of its own there: all but those in tunnels of IP. */
export function hasEthernet({ octets, at }: Sight): boolean {
  return at >= ETHERNET && ((octets[at - 2]! << 8) | octets[at - 1]!) === ETHERTYPE.ipv4;
}

/** Where an IPv4 header with these addresses begins; -1 when there is none. */
function find(octets: Uint8Array, [src, dst]: readonly [Ipv4Packet["src"], Ipv4Packet["dst"]]): number {
  const wanted = [src.bits, dst.bits].flatMap((bits) => [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255));
  for (let at = ETHERNET; at + 20 <= octets.length; at++)
    if (octets[at] === 0x45 && wanted.every((octet, i) => octets[at + 12 + i] === octet)) return at;
  return -1;
}
