// A program's end of a tun device: /dev/net/tun, opened and told which device to be.
// Before you edit: drivers/net/tun.c (tun_set_iff, tun_get_user, tun_do_read, __tun_detach, tun_chr_close).
import type { Device } from "../../link/device.ts";
import { HEADER, takeIn } from "../../link/forward.ts";
import { TUN_ATTRIBUTES, type TunReader, tunState } from "../../link/tun.ts";
import { LEVEL } from "../../trace/step.ts";
import { frameLength, ipLength } from "../../wire/bytes.ts";
import { BadInput } from "../../wire/input.ts";
import { ZERO_MAC } from "../../wire/mac.ts";
import type { Frame, Ipv4Packet, Ipv6Packet } from "../../wire/packet.ts";
import { parseIpv4 } from "../../wire/parse.ts";
import { parseIpv6 } from "../../wire/parse6.ts";
import { addDevice, carrierChanged, removeDevice } from "../configure.ts";
import type { Errno } from "../errno.ts";
import type { Netns } from "../netns.ts";
import { Waitable } from "../wait.ts";

/** What a program reads: a packet, and the step that brought it, to be the cause of what is done with it. */
export interface TunPacket {
  readonly packet: Ipv4Packet | Ipv6Packet;
  readonly cause: number;
}

/** A tun device that a program has open. Whoever waits for it wakes when there is something to read. */
export class TunFile extends Waitable implements TunReader {
  readonly program: string;
  private device: Device | null;
  private readonly queue: TunPacket[] = [];

  constructor(device: Device, program: string) {
    super();
    this.device = device;
    this.program = program;
  }

  take(packet: Ipv4Packet | Ipv6Packet, cause: number): boolean {
    if (this.queue.length >= this.device!.attributes.txqueuelen) return false;
    this.queue.push({ packet, cause });
    this.wake();
    return true;
  }

  detach(): void {
    this.device = null;
    this.queue.length = 0;
    this.wake();
  }

  /** TUNSETPERSIST: whether the device stays when the program closes it. */
  persist(stays: boolean): void {
    if (this.device !== null) this.device.tun!.persist = stays;
  }

  /** The oldest packet, null when there is none, EBADFD when the device is gone. */
  read(): TunPacket | Errno | null {
    if (this.device === null) return "EBADFD";
    const read = this.queue.shift() ?? null;
    if (read === null) return null;
    this.device.stats.txPackets++;
    this.device.stats.txBytes += ipLength(read.packet);
    return read;
  }

  /** A packet, or its octets, comes in by the device: null, or why not. `cause` is the step of what it answers. */
  write(written: Ipv4Packet | Ipv6Packet | Uint8Array, cause = -1): Errno | null {
    const { device } = this;
    if (device === null) return "EBADFD";
    const isOctets = written instanceof Uint8Array;
    const version = isOctets ? (written[0] ?? 0) >> 4 : written.kind === "ipv4" ? 4 : 6;
    if ((version !== 4 && version !== 6) || !device.up) {
      device.stats.rxDropped++;
      return device.up ? "EINVAL" : "EIO";
    }
    // A copy: what the namespace knew of the packet before is not known to who reads it from a program.
    this.arrive(device, isOctets ? frameOf(written) : bare({ ...written }), cause);
    return null;
  }

  private arrive(device: Device, frame: Frame, cause: number): void {
    const { stats } = device;
    const ns = device.owner as Netns;
    const length = frameLength(frame) - HEADER;
    stats.rxPackets++;
    stats.rxBytes += length;
    const step = ns.step(LEVEL.path, cause, device, "socket", frame, () => ({
      because: `the program ${this.program} wrote a packet of ${length} octets to ${device.name}`,
    }));
    if (frame.payload.kind !== "unknown") return takeIn(ns.cables, device, frame, step, true);
    ns.mib.IpInReceives++;
    ns.mib.IpInHdrErrors++;
    ns.step(LEVEL.path, step, device, "drop", frame, () => ({ because: "what was written is no whole packet of IP" }));
  }

  /** The program closes it, or ends: a device that does not stay is gone. */
  close(): void {
    const { device } = this;
    if (device === null) return;
    this.device = null;
    const ns = device.owner as Netns;
    ns.cables.recorder.settle();
    const { tun } = device;
    tun!.reader = null;
    tun!.wasClosed = true;
    if (tun!.persist) carrierChanged(ns, device);
    else removeDevice(ns, device);
  }
}

/** A device of IP carries packets, not frames; where the model needs a frame it has no addresses. */
function bare(payload: Frame["payload"]): Frame {
  return { dst: ZERO_MAC, src: ZERO_MAC, payload };
}

function frameOf(octets: Uint8Array): Frame {
  try {
    return bare(octets[0]! >> 4 === 4 ? parseIpv4(octets, { checksums: "ignore" }) : parseIpv6(octets, "ignore"));
  } catch (failure) {
    if (failure instanceof BadInput) return bare({ kind: "unknown", ethertype: 0, data: octets.slice() });
    throw failure;
  }
}

/**
 * Opens a tun device for a program (TUNSETIFF); one that is not there is made, and goes when it is closed. `name` is a
 * device's name; `%d` in it stands for the first number that is free. EBUSY: another program has it.
 */
export function openTun(ns: Netns, name: string, program: string): TunFile | Errno {
  const device = ns.devices.get(name) ?? addTunDevice(ns, name);
  if (device.tun === null) return "EINVAL";
  if (device.tun.reader !== null) return "EBUSY";
  ns.cables.recorder.settle();
  const file = new TunFile(device, program);
  device.tun.reader = file;
  device.tun.lost = null;
  if (device.up) carrierChanged(ns, device);
  return file;
}

function addTunDevice(ns: Netns, name: string): Device {
  let i = 0;
  while (name.includes("%d") && ns.devices.has(name.replace("%d", `${i}`))) i++;
  const device = addDevice(ns, "tun", name.replace("%d", `${i}`), ZERO_MAC);
  device.tun = tunState();
  device.attributes = TUN_ATTRIBUTES;
  return device;
}
