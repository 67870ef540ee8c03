// A frame in a datagram. Before you edit: RFC 7348 §5, include/net/vxlan.h (struct vxlanhdr).
import { frameBytes } from "./bytes.ts";
import { BadInput } from "./input.ts";
import type { Frame } from "./packet.ts";
import { parseFrame } from "./parse.ts";

/** The port IANA gave to VXLAN, and the one Linux had before and still takes when it is told none. */
export const VXLAN_PORT = { iana: 4789, linux: 8472 } as const;

/** Outer IPv4 and UDP, VXLAN and the inner Ethernet header: so much smaller is the MTU inside. */
export const VXLAN_OVERHEAD = 50;

const FLAG_VNI = 0x08;

/** What a VXLAN datagram says: the network's number and the frame; null where the octets are no frame. */
export interface Vxlan {
  readonly flags: number;
  readonly vni: number;
  readonly frame: Frame | null;
}

/** The octets of a datagram that carries a frame of network `vni`. */
export function vxlanBytes(vni: number, frame: Frame): Uint8Array {
  const inner = frameBytes(frame);
  const out = new Uint8Array(8 + inner.length);
  out[0] = FLAG_VNI;
  new DataView(out.buffer).setUint32(4, vni * 256);
  out.set(inner, 8);
  return out;
}

/** Reads the data of a datagram as VXLAN; null when it is too short to be. */
export function vxlanOf(data: Uint8Array): Vxlan | null {
  if (data.length < 8) return null;
  const vni = new DataView(data.buffer, data.byteOffset).getUint32(4) >>> 8;
  return { flags: data[0]!, vni, frame: frameOf(data.subarray(8)) };
}

/** Whether the header says that the number of the network is there; without it the datagram means nothing. */
export function hasVni({ flags }: Vxlan): boolean {
  return (flags & FLAG_VNI) !== 0;
}

function frameOf(bytes: Uint8Array): Frame | null {
  try {
    return parseFrame(bytes, { checksums: "ignore" });
  } catch (failure) {
    if (failure instanceof BadInput) return null;
    throw failure;
  }
}
