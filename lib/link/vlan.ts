// A VLAN device: what leaves by it leaves by the device below with a tag, and what comes in there with that tag is its.
// Before you edit: net/8021q/vlan_dev.c (vlan_dev_hard_start_xmit), vlan_core.c (vlan_do_receive), vlan.c
// (vlan_device_event).
import type { Told } from "../trace/recorder.ts";
import { frameLength } from "../wire/bytes.ts";
import type { Frame } from "../wire/packet.ts";
import type { Cables, Device } from "./device.ts";
import { linkEvidence, note, record, takeIn, transmit } from "./forward.ts";

/** What a VLAN device is beyond being a device. */
export interface VlanState {
  readonly lower: Device;
  readonly id: number;
}

/** Makes `device` the one of VLAN `id` on `lower`. */
export function joinVlan(device: Device, lower: Device, id: number): void {
  device.vlan = { lower, id };
  lower.vlans ??= new Map();
  lower.vlans.set(id, device);
}

/** The device is gone. */
export function leaveLower({ vlan }: Device): void {
  const { lower, id } = vlan!;
  lower.vlans!.delete(id);
  if (lower.vlans!.size === 0) lower.vlans = null;
}

/** The namespace sends by a VLAN device. */
export function leaveVlan(cables: Cables, device: Device, frame: Frame, cause: number): void {
  const { lower, id } = device.vlan!;
  const { dst, src, payload } = frame;
  const tagged: Frame = { dst, src, vlan: { id, priority: 0, dropEligible: false }, payload };
  transmit(cables, lower, tagged, note(cables, device, frame, cause, "send", tellTag, id, lower.name));
}

function tellTag(id: number, lower: string): Told {
  return { because: `${lower} sends it with the tag of VLAN ${id}` };
}

/** A frame with the tag of a VLAN device came in by the device below. */
export function enterVlan(cables: Cables, device: Device, frame: Frame, cause: number): void {
  const { dst, src, payload } = frame;
  if (!device.up) {
    device.stats.rxDropped++;
    record(cables, device, frame, cause, "drop", `${device.name} is down`, linkEvidence(device));
    return;
  }
  const bare: Frame = { dst, src, payload };
  device.stats.rxPackets++;
  device.stats.rxBytes += frameLength(bare);
  takeIn(cables, device, bare, cause);
}
