// One packet as every device on its way saw it, whatever was put around it: its header is found among the octets, so that
// also what a program wrapped up is known again. NAT may change one of its addresses; identification and protocol stay.
// Before you edit: RFC 791 §3.1; lib/draw/wirings.ts and octet-bars.ts, which draw it.
import { Ipv4 } from "../wire/address.ts";
import { frameBytes, ipv4Bytes } from "../wire/bytes.ts";
import { ETHERTYPE, type Frame } from "../wire/packet.ts";
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
const IPV4 = 20;
/** The first octet of an IPv4 header without options. */
const PLAIN = 0x45;

/** The first IPv4 packet at each device that it came by, in order, until somebody answers; none when there was no such packet. */
export function sightsOf(frames: readonly Caught[]): Sight[] {
  const first = frames.map(({ frame }) => innermost(frame)).find((body) => body?.kind === "ipv4");
  if (first?.kind !== "ipv4") return [];
  const own = ipv4Bytes(first);
  const [source, destination] = [sourceOf(own, 0), destinationOf(own, 0)];
  const isSame = (octets: Uint8Array, at: number): boolean =>
    octets[at + 4] === own[4] &&
    octets[at + 5] === own[5] &&
    octets[at + 9] === own[9] &&
    (sourceOf(octets, at) === source || destinationOf(octets, at) === destination);
  const sights: Sight[] = [];
  for (const { netns, device, frame } of frames) {
    const octets = frameBytes(frame);
    if (find(octets, (at) => sourceOf(octets, at) === destination && octets[at + 9] === own[9]) >= 0) break;
    const at = find(octets, (each) => isSame(octets, each));
    const last = sights.at(-1);
    if (at >= 0 && (last?.netns !== netns || last.device !== device)) sights.push({ netns, device, octets, at });
  }
  return sights;
}

/** The bits of the addresses of the header that begins there. */
const sourceOf = (octets: Uint8Array, at: number): number => bitsAt(octets, at + 12);
const destinationOf = (octets: Uint8Array, at: number): number => bitsAt(octets, at + 16);
const bitsAt = (octets: Uint8Array, at: number): number =>
  ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0;

/** The packet's source there: NAT may have changed it. */
export const sourceAt = ({ octets, at }: Sight): string => `${Ipv4.of(sourceOf(octets, at))}`;

/** The time to live that the packet had there. */
export const ttlAt = ({ octets, at }: Sight): number => octets[at + 8]!;

/** Whether the packet has an Ethernet header of its own there: all but those in tunnels of IP. */
export function hasEthernet({ octets, at }: Sight): boolean {
  return at >= ETHERNET && ((octets[at - 2]! << 8) | octets[at - 1]!) === ETHERTYPE.ipv4;
}

/** Where an IPv4 header begins that is meant; -1 when there is none. */
function find(octets: Uint8Array, isMeant: (at: number) => boolean): number {
  for (let at = ETHERNET; at + IPV4 <= octets.length; at++) if (octets[at] === PLAIN && isMeant(at)) return at;
  return -1;
}
