// A tun device: what the kernel sends by it a program reads, and what the program writes has come in by it.
// Before you edit: drivers/net/tun.c (tun_net_xmit, tun_attach, __tun_detach), Documentation/networking/tuntap.rst.
import type { Told } from "../trace/recorder.ts";
import { ipLength } from "../wire/bytes.ts";
import type { Frame, Ipv4Packet, Ipv6Packet } from "../wire/packet.ts";
import { USUAL_ATTRIBUTES } from "./attributes.ts";
import type { Cables, Device } from "./device.ts";
import { note, record } from "./forward.ts";

/** The program that has the device open, as the device sees it (struct tun_file). */
export interface TunReader {
  readonly program: string;
  /** A packet for the program; false: its queue is full. */
  take(packet: Ipv4Packet | Ipv6Packet, cause: number): boolean;
  /** The device is gone. */
  detach(): void;
}

/** What a tun device is beyond being a device. */
export interface TunState {
  /** It stays when no program has it open (TUNSETPERSIST). */
  persist: boolean;
  reader: TunReader | null;
  /** It was without a reader once. Until then the kernel has not looked at its carrier, and its state is UNKNOWN. */
  wasClosed: boolean;
  /** The program that had it open when the lab was written as data, which programs are not part of. */
  lost: string | null;
}

export function tunState(): TunState {
  return { persist: false, reader: null, wasClosed: false, lost: null };
}

/** A tun device's queue is as long as that of the program that reads it. */
export const TUN_ATTRIBUTES = { ...USUAL_ATTRIBUTES, txqueuelen: 500 };

/** A packet leaves by the device: into the queue of the program. It is counted when it is read. */
export function leaveTun(cables: Cables, device: Device, frame: Frame, cause: number): boolean {
  const { payload } = frame;
  const { program } = device.tun!.reader!;
  if (payload.kind !== "ipv4" && payload.kind !== "ipv6") {
    device.stats.txDropped++;
    record(cables, device, frame, cause, "drop", `${device.name} carries packets of IP and nothing else`);
    return false;
  }
  const step = note(cables, device, frame, cause, "deliver", tellHandedTo, program, device.name, ipLength(payload));
  if (device.tun!.reader!.take(payload, step)) return true;
  device.stats.txDropped++;
  record(cables, device, frame, step, "drop", `${program} has not read yet, and its queue is full`);
  // It was in the device's own queue, so who sent it is not told.
  return true;
}

/** Why a packet cannot leave: nobody would read it. */
export function unread({ name, tun }: Device): string {
  const lost = tun!.lost === null ? "" : `; ${tun!.lost} had it when the lab was written, and data has no programs`;
  return `no program has ${name} open${lost}`;
}

function tellHandedTo(program: string, device: string, length: number): Told {
  return {
    because: `${length} octets are handed to the program ${program}, which reads ${device}`,
    evidence: { kind: "link", text: `${device}: tun`, command: "ip tuntap show" },
  };
}
