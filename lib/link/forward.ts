// A frame enters or leaves a device; which devices does it go to next?
// Before you edit: net/core/dev.c (__dev_queue_xmit, __netif_receive_skb_core), net/bridge/br_device.c, br_input.c.
import { asTold, type Tell, type Told } from "../trace/recorder.ts";
import { type Evidence, LEVEL, type Step } from "../trace/step.ts";
import { frameLength } from "../wire/bytes.ts";
import { BROADCAST_MAC, type Mac } from "../wire/mac.ts";
import type { Frame } from "../wire/packet.ts";
import { fdbFind, fdbLearn, floodPorts } from "./bridge.ts";
import type { Cables, Device } from "./device.ts";

/** Octets of an Ethernet header with a VLAN tag: by so much a frame may exceed the MTU of who takes it. */
const ROOM = 18;

/** Octets of an Ethernet header: loopback counts without it, and a bridge what it passes up (loopback_xmit, br_pass_frame_up). */
const HEADER = 14;

/** Sends a frame out of a device: onto its cable, round its loop, or through its bridge. False: it took it not. */
export function transmit(cables: Cables, device: Device, frame: Frame, cause: number): boolean {
  if (!device.up) {
    device.stats.txDropped++;
    record(cables, device, frame, cause, "drop", `${device.name} is down`, link(device));
    return false;
  }
  // Without a carrier the device has a queue that drops all (noop_qdisc), so nobody sees the frame leave.
  if (!device.carrier) {
    const because =
      device.kind === "veth"
        ? `the other end of the cable, ${device.peer}, is down`
        : "none of its ports has a carrier";
    device.stats.txDropped++;
    record(cables, device, frame, cause, "drop", because, link(device));
    return false;
  }
  if (device.taps !== null) for (const tap of device.taps) tap(frame, "out");
  if (device.kind === "veth" && frameLength(frame) > device.peer!.mtu + ROOM) {
    device.stats.txDropped++;
    device.peer!.stats.rxDropped++;
    const because = `${frameLength(frame)} octets are more than ${device.peer} takes with its MTU ${device.peer!.mtu}`;
    record(cables, device, frame, cause, "drop", because, link(device.peer!));
    return false;
  }
  if (device.vxlan !== null || device.ipip !== null) {
    // What a tunnel counts is what came to be sent (iptunnel_xmit_stats).
    device.owner.encapsulate(device, frame, cause);
    return true;
  }
  const { stats } = device;
  stats.txPackets++;
  stats.txBytes += counted(device, frame);
  if (device.kind === "dummy") {
    record(cables, device, frame, cause, "drop", `${device.name} is a dummy: what it is given is gone`, link(device));
    return true;
  }
  if (device.kind === "bridge") {
    leaveBridge(cables, device, null, frame, cause);
    return true;
  }
  if (device.kind === "loopback") {
    cables.carry(device, frame, note(cables, device, frame, cause, "send", asTold, LOOPS));
    return true;
  }
  const peer = device.peer!;
  cables.carry(peer, frame, note(cables, device, frame, cause, "send", tellCable, peer.owner.name, peer.name));
  return true;
}

const LOOPS: Told = { because: "loopback gives back what it is given" };

function tellCable(netns: string, device: string): Told {
  return { because: `the cable leads to ${netns}/${device}` };
}

function counted(device: Device, frame: Frame): number {
  return frameLength(frame) - (device.kind === "loopback" ? HEADER : 0);
}

/** Takes a frame that arrived at a device: up into the namespace, or into the bridge the device is a port of. */
export function receive(cables: Cables, device: Device, frame: Frame, cause: number): void {
  if (!device.up) {
    device.stats.rxDropped++;
    record(cables, device, frame, cause, "drop", `${device.name} is down`, link(device));
    return;
  }
  const { stats } = device;
  stats.rxPackets++;
  stats.rxBytes += counted(device, frame);
  takeIn(cables, device, frame, cause);
}

/**
 * What was counted goes on: up into the namespace, or into the bridge. A tunnel counts what it unpacks by itself; what
 * it hands over without unpacking is `toHost`, and its MAC is not looked at.
 */
export function takeIn(cables: Cables, device: Device, frame: Frame, cause: number, toHost = false): void {
  if (device.taps !== null) for (const tap of device.taps) tap(frame, "in");
  const forUs = toHost || frame.dst === device.mac || frame.dst.isGroup;
  const step = noteReceived(cables, device, frame, cause, toHost);
  if (device.master !== null) enterBridge(cables, device, frame, step);
  else device.owner.input(device, frame, forUs, step);
}

function noteReceived(cables: Cables, device: Device, frame: Frame, cause: number, toHost: boolean): number {
  if (cables.recorder.level === LEVEL.off) return cause;
  const { dst } = frame;
  const { name, master } = device;
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

function enterBridge(cables: Cables, port: Device, frame: Frame, cause: number): void {
  const bridge = port.master!;
  if (!bridge.up) {
    record(cables, port, frame, cause, "drop", `its bridge ${bridge.name} is down`, link(bridge));
    return;
  }
  const learned = fdbLearn(bridge.bridge!, port, frame.src, cables.now);
  let step = cause;
  if (learned === "new" || learned === "moved") {
    const how = learned === "new" ? "lives behind" : "moved to";
    step = note(cables, bridge, frame, cause, "learn", tellLearned, how, frame.src, port.name, bridge.name);
  }
  const isForBridge = frame.dst === bridge.mac || frame.dst === port.mac;
  if (frame.dst.isGroup) {
    leaveBridge(cables, bridge, port, frame, step);
    passUp(cables, bridge, frame, true, step);
  } else if (fdbFind(bridge.bridge!, frame.dst, cables.now)?.local) {
    passUp(cables, bridge, frame, isForBridge, step);
  } else leaveBridge(cables, bridge, port, frame, step);
}

function tellLearned(how: string, mac: Mac, port: string, bridge: string): Told {
  return { because: `${mac} ${how} ${port}`, evidence: fdbEvidence(mac, port, bridge) };
}

function fdbEvidence(mac: Mac, port: string, bridge: string): Evidence {
  return { kind: "fdb", text: `${mac} dev ${port} master ${bridge}`, command: `bridge fdb show br ${bridge}` };
}

/** The bridge decides by its table; `from` is null when the namespace itself sends. */
function leaveBridge(cables: Cables, bridge: Device, from: Device | null, frame: Frame, cause: number): void {
  const entry = frame.dst.isGroup ? undefined : fdbFind(bridge.bridge!, frame.dst, cables.now);
  if (entry !== undefined && (!entry.local || from === null)) {
    const { port } = entry;
    if (port === bridge || port === from) {
      const evidence = fdbEvidence(frame.dst, port.name, bridge.name);
      const because =
        port === from ? `lives behind ${port.name}, where it came from` : "is the bridge itself, which is no port";
      record(cables, bridge, frame, cause, "drop", `${frame.dst} ${because}`, evidence);
      return;
    }
    const step = note(cables, bridge, frame, cause, "fdb", tellKnown, frame.dst, port.name, bridge.name);
    leaveByPort(cables, port, frame, step);
    return;
  }
  const ports = floodPorts(bridge.bridge!, from);
  let step = cause;
  if (cables.recorder.level !== LEVEL.off) {
    const why =
      frame.dst === BROADCAST_MAC
        ? "a broadcast leaves by every other port"
        : frame.dst.isGroup
          ? "a multicast leaves by every other port"
          : `no port is known for ${frame.dst}, so it leaves by every other port`;
    const to = ports.length === 0 ? "there is none" : ports.map((port) => port.name).join(", ");
    step = record(cables, bridge, frame, cause, ports.length === 0 ? "drop" : "fdb", `${why}: ${to}`);
  }
  for (const port of ports) leaveByPort(cables, port, frame, step);
}

function tellKnown(mac: Mac, port: string, bridge: string): Told {
  return { because: `${mac} was learned on ${port}`, evidence: fdbEvidence(mac, port, bridge) };
}

/** A bridge gives a port nothing that is too large for it (br_dev_queue_push_xmit, is_skb_forwardable). */
function leaveByPort(cables: Cables, port: Device, frame: Frame, cause: number): void {
  if (frameLength(frame) > port.mtu + ROOM) {
    const because = `${frameLength(frame)} octets are more than ${port.name} takes with its MTU ${port.mtu}`;
    record(cables, port, frame, cause, "drop", because, link(port));
    return;
  }
  transmit(cables, port, frame, cause);
}

function passUp(cables: Cables, bridge: Device, frame: Frame, forUs: boolean, cause: number): void {
  const { stats } = bridge;
  stats.rxPackets++;
  stats.rxBytes += frameLength(frame) - HEADER;
  if (bridge.taps !== null) for (const tap of bridge.taps) tap(frame, "in");
  const step = note(cables, bridge, frame, cause, "receive", tellUp, frame.dst);
  bridge.owner.input(bridge, frame, forUs, step);
}

function tellUp(mac: Mac): Told {
  return {
    because: mac.isGroup ? "a broadcast is for the bridge's own namespace too" : `${mac} is the bridge's own MAC`,
  };
}

function link(device: Device): Evidence {
  const flags = device.up ? "UP" : "DOWN";
  return { kind: "link", text: `${device.index}: ${device.name}: ${flags}, state ${device.state}`, command: "ip link" };
}

/** A step that is told at once. */
function record(
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
function note<A, B = undefined, C = undefined, D = undefined>(
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
