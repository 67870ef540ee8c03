// The way of a frame through a bridge: from the port it came in by to those it leaves by, and up into the namespace.
// Before you edit: net/bridge/br_input.c (br_handle_frame, br_handle_frame_finish, br_pass_frame_up), br_forward.c
// (br_flood, __br_forward), br_device.c (br_dev_xmit), net/bridge/br_netfilter_hooks.c.
import { asTold, type Told } from "../trace/recorder.ts";
import { LEVEL, type Tried } from "../trace/step.ts";
import { frameLength } from "../wire/bytes.ts";
import { BROADCAST_MAC, type Mac, ZERO_MAC } from "../wire/mac.ts";
import type { Frame } from "../wire/packet.ts";
import { fdbFind, fdbLearn } from "./bridge.ts";
import { type FloodFlag, fdbEvidence, portEvidence, refusal, tried } from "./bridge-refusal.ts";
import { egress, ingress, vlanEvidence } from "./bridge-vlan.ts";
import type { Bridged, Cables, Device } from "./device.ts";
import { HEADER, handUp, linkEvidence, note, ROOM, record, transmit } from "./forward.ts";

/** A frame comes in by a port. */
export function enterBridge(cables: Cables, port: Device, frame: Frame, cause: number): void {
  const bridge = port.master!;
  if (!bridge.up) {
    record(cables, port, frame, cause, "drop", `its bridge ${bridge.name} is down`, linkEvidence(bridge));
    return;
  }
  if (frame.src.isGroup || frame.src === ZERO_MAC) {
    record(cables, port, frame, cause, "drop", `${frame.src} can be nobody's address`);
    return;
  }
  const { state } = port.port!;
  if (frame.dst.isGroup && isReserved(frame.dst)) return linkLocal(cables, port, frame, cause);
  if (state === "disabled" || state === "listening") return closed(cables, port, frame, cause);
  const { owner } = bridge;
  if (owner.filtersBridged && isFiltered(frame)) {
    const bridged: Bridged = { bridge, input: port, output: null, frame, cause, skb: null };
    owner.bridged("PREROUTING", bridged, () => admit(cables, port, bridged.frame, bridged.cause, bridged));
  } else admit(cables, port, frame, cause, null);
}

/** 01:80:c2:00:00:00 is STP's own: without STP it is forwarded as any multicast. */
const BRIDGE_GROUP = 0x0180c2000000;
const PAUSE = 0x0180c2000001;

/** IEEE 802.1D reserves 01:80:c2:00:00:0X for neighbours on the cable: no bridge passes them on. */
function isReserved({ bits }: Mac): boolean {
  return bits > BRIDGE_GROUP && bits < BRIDGE_GROUP + 16;
}

function linkLocal(cables: Cables, port: Device, frame: Frame, cause: number): void {
  if (frame.dst.bits === PAUSE) {
    record(cables, port, frame, cause, "drop", "a pause frame is for the other end of the cable only");
    return;
  }
  const { bridge } = port.master!;
  const { flags, vlans, state } = port.port!;
  const vlan = ingress(bridge!, vlans, frame);
  if (flags.learning && vlan !== null && (state === "learning" || state === "forwarding"))
    fdbLearn(bridge!, port, frame.src, cables.now, vlan);
  // Nobody listens on a port but the bridge (__netif_receive_skb_core counts what nobody takes).
  if (frame.payload.kind === "unknown") port.stats.rxDropped++;
  handUp(cables, port, frame, true, cause, null);
}

/** br_netfilter looks at IP; with a tag it is not IP yet (net.bridge.bridge-nf-filter-vlan-tagged is 0). */
function isFiltered({ payload, vlan }: Frame): boolean {
  return vlan === undefined && payload.kind === "ipv4";
}

function closed(cables: Cables, port: Device, frame: Frame, cause: number): void {
  const because = `${port.name} is ${port.port!.state}: nothing comes in by it`;
  record(cables, port, frame, cause, "drop", because, portEvidence(port));
}

/** br_handle_frame_finish: the frame is let in, its source learned, its destination looked up. */
function admit(cables: Cables, port: Device, frame: Frame, cause: number, bridged: Bridged | null): void {
  const bridge = port.master!;
  const state = bridge.bridge!;
  const { flags, vlans } = port.port!;
  const vlan = ingress(state, vlans, frame);
  if (vlan === null) {
    const tag = frame.vlan?.id ?? 0;
    const because = tag === 0 ? `has no VLAN for what has no tag (no PVID)` : `is not in VLAN ${tag}`;
    record(cables, port, frame, cause, "drop", `${port.name} ${because}`, vlanEvidence(port));
    return;
  }
  if (flags.locked) {
    const known = fdbFind(state, frame.src, cables.now, vlan);
    if (known === undefined || known.port !== port || known.local) {
      const because = `${port.name} is locked, and the table does not have ${frame.src} behind it`;
      record(cables, port, frame, cause, "drop", because, portEvidence(port));
      return;
    }
  }
  let step = cause;
  if (flags.learning) {
    const learned = fdbLearn(state, port, frame.src, cables.now, vlan);
    if (learned === "new" || learned === "moved") {
      const how = learned === "new" ? "lives behind" : "moved to";
      const because = `${frame.src} ${how} ${port.name}${vlan === 0 ? "" : ` in VLAN ${vlan}`}`;
      step = record(
        cables,
        bridge,
        frame,
        cause,
        "learn",
        because,
        fdbEvidence(frame.src, port.name, bridge.name, vlan),
      );
    }
  }
  if (port.port!.state === "learning") return closed(cables, port, frame, step);
  const { dst } = frame;
  if (dst.isGroup) {
    flood(cables, bridge, port, frame, vlan, step, bridged);
    passUp(cables, bridge, frame, true, vlan, step, bridged);
    return;
  }
  const entry = fdbFind(state, dst, cables.now, vlan);
  // Only what is for the bridge's own MAC is taken as ours (pkt_type); the MAC of a port is, by the port that has it.
  if (entry?.local) passUp(cables, bridge, frame, dst === bridge.mac || dst === port.mac, vlan, step, bridged);
  else if (entry !== undefined) forwardTo(cables, bridge, port, entry.port, frame, vlan, step, bridged);
  else flood(cables, bridge, port, frame, vlan, step, bridged);
}

/** The namespace behind the bridge sends (br_dev_xmit). */
export function leaveBridge(cables: Cables, bridge: Device, frame: Frame, cause: number): void {
  const state = bridge.bridge!;
  const vlan = ingress(state, state.vlans, frame);
  if (vlan === null) {
    const because = `${bridge.name} itself is not in VLAN ${frame.vlan?.id ?? "of what has no tag (no PVID)"}`;
    record(cables, bridge, frame, cause, "drop", because, vlanEvidence(bridge));
    return;
  }
  const entry = frame.dst.isGroup ? undefined : fdbFind(state, frame.dst, cables.now, vlan);
  if (entry === undefined) flood(cables, bridge, null, frame, vlan, cause, null);
  else if (entry.port === bridge) {
    const because = `${frame.dst} is the bridge itself, which is no port`;
    record(cables, bridge, frame, cause, "drop", because, fdbEvidence(frame.dst, bridge.name, bridge.name, vlan));
  } else forwardTo(cables, bridge, null, entry.port, frame, vlan, cause, null);
}

/** The table says where: one port. */
function forwardTo(
  cables: Cables,
  bridge: Device,
  from: Device | null,
  to: Device,
  frame: Frame,
  vlan: number,
  cause: number,
  bridged: Bridged | null,
): void {
  const { dst } = frame;
  const why = refusal(to, from, vlan, null);
  if (why !== null) {
    if (cables.recorder.level === LEVEL.off) return;
    const evidence = fdbEvidence(dst, to.name, bridge.name, vlan);
    const { field, wanted, had } = tried(why, to, vlan);
    const because = why === "source" ? "where it came from" : `and there ${field} is ${had}, not ${wanted}`;
    note(cables, bridge, frame, cause, "drop", asTold, {
      because: `${dst} lives behind ${to.name}, ${because}`,
      evidence,
      tried: [tried(why, to, vlan)],
    });
    return;
  }
  const step = note(cables, bridge, frame, cause, "fdb", tellKnown, dst, to.name, bridge.name, vlan);
  leaveByPort(cables, to, frame, vlan, step, bridged);
}

/** To every port but the one it came in by, as far as its switches let it. */
function flood(
  cables: Cables,
  bridge: Device,
  from: Device | null,
  frame: Frame,
  vlan: number,
  cause: number,
  bridged: Bridged | null,
): void {
  const { ports } = bridge.bridge!;
  const { dst } = frame;
  // What the namespace itself sends to a group leaves by every port (br_flood).
  const flag = !dst.isGroup ? "flood" : from === null ? null : dst === BROADCAST_MAC ? "bcastFlood" : "mcastFlood";
  const step = cables.recorder.level === LEVEL.off ? cause : tellFlood(cables, bridge, from, frame, vlan, cause, flag);
  for (const port of ports)
    if (refusal(port, from, vlan, flag) === null) leaveByPort(cables, port, frame, vlan, step, bridged);
}

function tellFlood(
  cables: Cables,
  bridge: Device,
  from: Device | null,
  frame: Frame,
  vlan: number,
  cause: number,
  flag: FloodFlag | null,
): number {
  const { dst } = frame;
  const to: string[] = [];
  const not: Tried[] = [];
  for (const port of bridge.bridge!.ports) {
    const why = refusal(port, from, vlan, flag);
    if (why === null) to.push(port.name);
    else if (why !== "source" && (why !== "state" || port.running)) not.push(tried(why, port, vlan));
  }
  const within = vlan === 0 ? "" : ` of VLAN ${vlan}`;
  const why = dst.isGroup
    ? `a ${dst === BROADCAST_MAC ? "broadcast" : "multicast"} leaves by every other port${within}`
    : `no port is known for ${dst}, so it leaves by every other port${within}`;
  const because = `${why}: ${to.length === 0 ? "there is none" : to.join(", ")}`;
  return note(cables, bridge, frame, cause, to.length === 0 ? "drop" : "fdb", asTold, {
    because,
    ...(not.length > 0 && { tried: not }),
  });
}

/** The frame goes out of a port, with the tag that the port wants (br_handle_vlan). */
function leaveByPort(
  cables: Cables,
  port: Device,
  frame: Frame,
  vlan: number,
  cause: number,
  bridged: Bridged | null,
): void {
  const out = vlan === 0 ? frame : egress(port.port!.vlans, frame, vlan);
  if (bridged === null || !isFiltered(out)) return push(cables, port, out, cause);
  const { owner } = port;
  const passing: Bridged = { ...bridged, output: port, frame: out, cause };
  owner.bridged("FORWARD", passing, () =>
    owner.bridged("POSTROUTING", passing, () => push(cables, port, passing.frame, passing.cause)),
  );
}

/** A bridge gives a port nothing that is too large for it (br_dev_queue_push_xmit, is_skb_forwardable). */
function push(cables: Cables, port: Device, frame: Frame, cause: number): void {
  if (frameLength(frame) > port.mtu + ROOM) {
    const because = `${frameLength(frame)} octets are more than ${port.name} takes with its MTU ${port.mtu}`;
    record(cables, port, frame, cause, "drop", because, linkEvidence(port));
    return;
  }
  transmit(cables, port, frame, cause);
}

/** Up into the namespace behind the bridge (br_pass_frame_up). */
function passUp(
  cables: Cables,
  bridge: Device,
  frame: Frame,
  forUs: boolean,
  vlan: number,
  cause: number,
  bridged: Bridged | null,
): void {
  const { stats, taps } = bridge;
  const { vlans } = bridge.bridge!;
  stats.rxPackets++;
  stats.rxBytes += frameLength(frame) - HEADER;
  if (vlan !== 0 && !vlans.members.has(vlan)) {
    if (!frame.dst.isGroup)
      record(
        cables,
        bridge,
        frame,
        cause,
        "drop",
        `${bridge.name} itself is not in VLAN ${vlan}`,
        vlanEvidence(bridge),
      );
    return;
  }
  const up = vlan === 0 ? frame : egress(vlans, frame, vlan);
  if (taps !== null) for (const tap of taps) tap(up, "in", cause);
  const step = note(cables, bridge, up, cause, "receive", tellUp, frame.dst);
  handUp(cables, bridge, up, forUs, step, bridged);
}

function tellKnown(mac: Mac, port: string, bridge: string, vlan: number): Told {
  return { because: `${mac} was learned on ${port}`, evidence: fdbEvidence(mac, port, bridge, vlan) };
}

function tellUp(mac: Mac): Told {
  return {
    because: mac.isGroup ? "a broadcast is for the bridge's own namespace too" : `${mac} is the bridge's own MAC`,
  };
}
