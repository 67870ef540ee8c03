// A frame enters or leaves a device; which devices does it go to next?
// Before you edit: net/core/dev.c (__dev_queue_xmit, __netif_receive_skb_core). Bridges: bridge-path.ts.
import { asTold, type Tell, type Told } from "../trace/recorder.ts";
import { type Evidence, LEVEL, type Step } from "../trace/step.ts";
import { frameLength } from "../wire/bytes.ts";
import { BROADCAST_MAC, type Mac } from "../wire/mac.ts";
import type { Frame } from "../wire/packet.ts";
import { enterBridge, leaveBridge } from "./bridge-path.ts";
import { goesOn } from "./bridge-translated.ts";
import type { Bridged, Cables, Device } from "./device.ts";
import { queueOf } from "./rss.ts";
import { leaveTun, unread } from "./tun.ts";
import { enterVlan, leaveVlan } from "./vlan.ts";

/** Octets of an Ethernet header with a VLAN tag: by so much a frame may exceed the MTU of who takes it. */
export const ROOM = 18;

/** Octets of an Ethernet header: loopback counts without it, and a bridge what it passes up (loopback_xmit, br_pass_frame_up). */
export const HEADER = 14;

/** Sends a frame out of a device: onto its cable, round its loop, or through its bridge. False: it took it not. */
export function transmit(cables: Cables, device: Device, frame: Frame, cause: number): boolean {
  if (!device.up) {
    device.stats.txDropped++;
    record(cables, device, frame, cause, "drop", `${device.name} is down`, linkEvidence(device));
    return false;
  }
  // Without a carrier the device has a queue that drops all (noop_qdisc), so nobody sees the frame leave.
  if (!device.carrier) {
    device.stats.txDropped++;
    record(cables, device, frame, cause, "drop", noCarrier(device), linkEvidence(device));
    return false;
  }
  if (device.bridge !== null && goesOn(device, frame, cause)) return true;
  if (device.taps !== null) for (const tap of device.taps) tap(frame, "out", cause);
  const { peer } = device;
  if (peer !== null) return ontoCable(cables, device, peer, frame, cause);
  if (device.vxlan !== null || device.ipip !== null) {
    // What a tunnel counts is what came to be sent (iptunnel_xmit_stats).
    device.owner.encapsulate(device, frame, cause);
    return true;
  }
  if (device.tun !== null) return leaveTun(cables, device, frame, cause);
  const { stats } = device;
  stats.txPackets++;
  stats.txBytes += counted(device, frame);
  if (device.kind === "dummy") {
    record(
      cables,
      device,
      frame,
      cause,
      "drop",
      `${device.name} is a dummy: what it is given is gone`,
      linkEvidence(device),
    );
    return true;
  }
  if (device.kind === "bridge") {
    leaveBridge(cables, device, frame, cause);
    return true;
  }
  // What the machine sends by a datapath's own device has come in by its port 0 (internal_dev_xmit).
  if (device.kind === "openvswitch") {
    device.vport!.receive(frame, cause, null);
    return true;
  }
  if (device.vlan !== null) {
    leaveVlan(cables, device, frame, cause);
    return true;
  }
  cables.carry(device, frame, note(cables, device, frame, cause, "send", asTold, LOOPS));
  return true;
}

/** A veth or a network card has somebody at the other end, who takes no more than fits (veth_forward_skb). */
function ontoCable(cables: Cables, device: Device, peer: Device, frame: Frame, cause: number): boolean {
  const { stats } = device;
  const length = frameLength(frame);
  if (length > peer.mtu + ROOM) {
    stats.txDropped++;
    peer.stats.rxDropped++;
    const because = `${length} octets are more than ${peer} takes with its MTU ${peer.mtu}`;
    record(cables, device, frame, cause, "drop", because, linkEvidence(peer));
    return false;
  }
  stats.txPackets++;
  stats.txBytes += length;
  cables.carry(peer, frame, note(cables, device, frame, cause, "send", tellCable, peer.owner.name, peer.name));
  return true;
}

function noCarrier(device: Device): string {
  if (device.tun !== null) return unread(device);
  if (device.peer === null) return "none of its ports has a carrier";
  return `the other end of the cable, ${device.peer}, is down`;
}

function counted(device: Device, frame: Frame): number {
  return frameLength(frame) - (device.kind === "loopback" ? HEADER : 0);
}

const LOOPS: Told = { because: "loopback gives back what it is given" };

function tellCable(netns: string, device: string): Told {
  return { because: `the cable leads to ${netns}/${device}` };
}

/** Takes a frame that arrived at a device: up into the namespace, or into the bridge the device is a port of. */
export function receive(cables: Cables, device: Device, frame: Frame, cause: number): void {
  if (!device.up) {
    device.stats.rxDropped++;
    record(cables, device, frame, cause, "drop", `${device.name} is down`, linkEvidence(device));
    return;
  }
  const { stats } = device;
  stats.rxPackets++;
  stats.rxBytes += counted(device, frame);
  takeIn(cables, device, frame, device.nic === null ? cause : intoQueue(cables, device, frame, cause));
}

/** A network card puts what it received into one of its queues. */
function intoQueue(cables: Cables, device: Device, frame: Frame, cause: number): number {
  const { queue, because } = queueOf(device.nic!, frame.payload);
  const received = device.nic!.received[queue]!;
  received.packets++;
  received.bytes += frameLength(frame);
  return record(cables, device, frame, cause, "receive", because, {
    kind: "link",
    text: `rx queue ${queue} of ${device.nic!.queues}`,
    command: `ethtool -x ${device.name}`,
  });
}

/**
 * What was counted goes on: up into the namespace, or into the bridge. A tunnel counts what it unpacks by itself; what
 * it hands over without unpacking is `toHost`, and its MAC is not looked at.
 */
export function takeIn(cables: Cables, device: Device, frame: Frame, cause: number, toHost = false): void {
  if (device.taps !== null) for (const tap of device.taps) tap(frame, "in", cause);
  const inVlan = frame.vlan === undefined ? undefined : device.vlans?.get(frame.vlan.id);
  if (inVlan !== undefined) return enterVlan(cables, inVlan, frame, cause);
  const forUs = toHost || frame.dst === device.mac || frame.dst.isGroup;
  const step = noteReceived(cables, device, frame, cause, toHost);
  if (device.vport !== null) device.vport.receive(frame, step, null);
  else if (device.master !== null) enterBridge(cables, device, frame, step);
  else handUp(cables, device, frame, forUs, step, null);
}

/** A frame goes up into the namespace. A tag of VLAN 0 says only a priority; of another VLAN nobody here is. */
export function handUp(
  cables: Cables,
  device: Device,
  frame: Frame,
  forUs: boolean,
  cause: number,
  bridged: Bridged | null,
): void {
  const { dst, src, payload, vlan } = frame;
  if (vlan === undefined) device.owner.input(device, frame, forUs, cause, bridged);
  else if (vlan.id === 0) device.owner.input(device, { dst, src, payload }, forUs, cause, bridged);
  else {
    const because = `nobody here is in VLAN ${vlan.id}: ${device.name} has no device of it`;
    record(cables, device, frame, cause, "drop", because, linkEvidence(device));
  }
}

function noteReceived(cables: Cables, device: Device, frame: Frame, cause: number, toHost: boolean): number {
  const { dst } = frame;
  const { name, master } = device;
  // What a program wrote is told when it writes.
  if (cables.recorder.level === LEVEL.off || device.tun !== null) return cause;
  if (master !== null) return note(cables, device, frame, cause, "receive", tellPort, master.name);
  if (dst.isGroup) return note(cables, device, frame, cause, "receive", tellGroup, dst);
  if (dst === device.mac) return note(cables, device, frame, cause, "receive", tellOurs, dst, name);
  return note(cables, device, frame, cause, "receive", toHost ? tellHandedOver : tellForeign, dst, name);
}

function tellPort(bridge: string): Told {
  return { because: `a port of ${bridge}` };
}

function tellGroup(mac: Mac): Told {
  return { because: `a ${mac === BROADCAST_MAC ? "broadcast" : "multicast"} is for everybody on the link` };
}

function tellOurs(mac: Mac, device: string): Told {
  return { because: `${mac} is the MAC of ${device}` };
}

function tellForeign(mac: Mac, device: string): Told {
  return { because: `${mac} is not the MAC of ${device}` };
}

function tellHandedOver(mac: Mac): Told {
  return { because: `handed over, whatever its MAC ${mac} says` };
}

export function linkEvidence(device: Device): Evidence {
  const flags = device.up ? "UP" : "DOWN";
  return { kind: "link", text: `${device.index}: ${device.name}: ${flags}, state ${device.state}`, command: "ip link" };
}

/** A step that is told at once. */
export function record(
  cables: Cables,
  device: Device,
  frame: Frame,
  cause: number,
  what: Step["what"],
  because: string,
  evidence?: Evidence,
): number {
  return note(cables, device, frame, cause, what, asTold, { because, evidence });
}

/** A step that is told when somebody reads. */
export function note<A, B = undefined, C = undefined, D = undefined>(
  cables: Cables,
  device: Device,
  frame: Frame,
  cause: number,
  what: Step["what"],
  tell: Tell<A, B, C, D>,
  a: A,
  b?: B,
  c?: C,
  d?: D,
): number {
  const { recorder } = cables;
  if (recorder.level === LEVEL.off) return cause;
  return recorder.note(cause, cables.now, device.owner, device.name, what, frame, tell, a, b!, c!, d!);
}
