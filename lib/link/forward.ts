// A frame enters or leaves a device; which devices does it go to next?
// Before you edit: net/core/dev.c (__dev_queue_xmit, __netif_receive_skb_core), net/bridge/br_device.c, br_input.c.
import { causeOf, LEVEL, type NewStep } from "../trace/step.ts";
import { frameLength } from "../wire/bytes.ts";
import { BROADCAST_MAC } from "../wire/mac.ts";
import type { Frame } from "../wire/packet.ts";
import { fdbFind, fdbLearn, floodPorts } from "./bridge.ts";
import type { Cables, Device } from "./device.ts";

/** Octets of an Ethernet header with a VLAN tag: by so much a frame may exceed the MTU of who takes it. */
const ROOM = 18;

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
  stats.txBytes += frameLength(frame);
  if (device.kind === "dummy") {
    record(cables, device, frame, cause, "drop", `${device.name} is a dummy: what it is given is gone`, link(device));
    return true;
  }
  if (device.kind === "bridge") {
    leaveBridge(cables, device, null, frame, cause);
    return true;
  }
  const arrivesAt = device.kind === "loopback" ? device : device.peer!;
  let step = cause;
  if (cables.recorder.level !== LEVEL.off) {
    const loops = device.kind === "loopback";
    const because = loops ? "loopback gives back what it is given" : `the cable leads to ${arrivesAt}`;
    step = record(cables, device, frame, cause, "send", because);
  }
  cables.carry(arrivesAt, frame, step);
  return true;
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
  stats.rxBytes += frameLength(frame);
  takeIn(cables, device, frame, cause);
}

/**
 * What was counted goes on: up into the namespace, or into the bridge. A tunnel counts what it unpacks by itself; what
 * it hands over without unpacking is `toHost`, and its MAC is not looked at.
 */
export function takeIn(cables: Cables, device: Device, frame: Frame, cause: number, toHost = false): void {
  if (device.taps !== null) for (const tap of device.taps) tap(frame, "in");
  const forUs = toHost || frame.dst === device.mac || frame.dst.isGroup;
  let step = cause;
  if (cables.recorder.level !== LEVEL.off) {
    const because = frame.dst.isGroup
      ? `${frame.dst === BROADCAST_MAC ? "a broadcast" : "a multicast"} is for everybody on the link`
      : toHost && frame.dst !== device.mac
        ? `handed over, whatever its MAC ${frame.dst} says`
        : forUs
          ? `${frame.dst} is the MAC of ${device.name}`
          : `${frame.dst} is not the MAC of ${device.name}`;
    step = record(cables, device, frame, cause, "receive", device.master ? `a port of ${device.master.name}` : because);
  }
  if (device.master !== null) enterBridge(cables, device, frame, step);
  else device.owner.input(device, frame, forUs, step);
}

function enterBridge(cables: Cables, port: Device, frame: Frame, cause: number): void {
  const bridge = port.master!;
  if (!bridge.up) {
    record(cables, port, frame, cause, "drop", `its bridge ${bridge.name} is down`, link(bridge));
    return;
  }
  const learned = fdbLearn(bridge.bridge!, port, frame.src, cables.now);
  let step = cause;
  if (cables.recorder.level !== LEVEL.off && (learned === "new" || learned === "moved")) {
    const how = learned === "new" ? "lives behind" : "moved to";
    step = record(cables, bridge, frame, cause, "learn", `${frame.src} ${how} ${port.name}`, {
      kind: "fdb",
      text: `${frame.src} dev ${port.name} master ${bridge.name}`,
      command: `bridge fdb show br ${bridge.name}`,
    });
  }
  const isForBridge = frame.dst === bridge.mac || frame.dst === port.mac;
  if (frame.dst.isGroup) {
    leaveBridge(cables, bridge, port, frame, step);
    passUp(cables, bridge, frame, true, step);
  } else if (fdbFind(bridge.bridge!, frame.dst, cables.now)?.local) {
    passUp(cables, bridge, frame, isForBridge, step);
  } else leaveBridge(cables, bridge, port, frame, step);
}

/** The bridge decides by its table; `from` is null when the namespace itself sends. */
function leaveBridge(cables: Cables, bridge: Device, from: Device | null, frame: Frame, cause: number): void {
  const entry = frame.dst.isGroup ? undefined : fdbFind(bridge.bridge!, frame.dst, cables.now);
  const watched = cables.recorder.level !== LEVEL.off;
  if (entry !== undefined && (!entry.local || from === null)) {
    const { port } = entry;
    const evidence = watched
      ? ({
          kind: "fdb",
          text: `${frame.dst} dev ${port.name} master ${bridge.name}`,
          command: `bridge fdb show br ${bridge.name}`,
        } as const)
      : undefined;
    if (port === bridge) {
      record(cables, bridge, frame, cause, "drop", `${frame.dst} is the bridge itself, which is no port`, evidence);
      return;
    }
    if (port === from) {
      record(
        cables,
        bridge,
        frame,
        cause,
        "drop",
        `${frame.dst} lives behind ${port.name}, where it came from`,
        evidence,
      );
      return;
    }
    const step = watched
      ? record(cables, bridge, frame, cause, "fdb", `${frame.dst} was learned on ${port.name}`, evidence)
      : cause;
    leaveByPort(cables, port, frame, step);
    return;
  }
  const ports = floodPorts(bridge.bridge!, from);
  let step = cause;
  if (watched) {
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
  stats.rxBytes += frameLength(frame);
  if (bridge.taps !== null) for (const tap of bridge.taps) tap(frame, "in");
  let step = cause;
  if (cables.recorder.level !== LEVEL.off) {
    const because = frame.dst.isGroup
      ? "a broadcast is for the bridge's own namespace too"
      : `${frame.dst} is the bridge's own MAC`;
    step = record(cables, bridge, frame, cause, "receive", because);
  }
  bridge.owner.input(bridge, frame, forUs, step);
}

function link(device: Device): NewStep["evidence"] & object {
  const flags = device.up ? "UP" : "DOWN";
  return { kind: "link", text: `${device.index}: ${device.name}: ${flags}, state ${device.state}`, command: "ip link" };
}

function record(
  cables: Cables,
  device: Device,
  frame: Frame,
  cause: number,
  what: NewStep["what"],
  because: string,
  evidence?: NewStep["evidence"],
): number {
  if (cables.recorder.level === LEVEL.off) return cause;
  return cables.recorder.add({
    cause: causeOf(cause),
    time: cables.now,
    where: { node: device.owner.node, netns: device.owner.name, device: device.name },
    what,
    packet: frame,
    because,
    ...(evidence !== undefined && { evidence }),
  });
}
