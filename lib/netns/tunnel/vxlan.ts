// A frame in a datagram, both ways.
// Before you edit: drivers/net/vxlan/vxlan_core.c (vxlan_xmit, vxlan_xmit_one, vxlan_rcv, vxlan_set_mac, vxlan_open),
// include/net/udp_tunnel.h (udp_flow_src_port).
import type { TunnelKey } from "../../link/datapath.ts";
import type { Device } from "../../link/device.ts";
import { takeIn } from "../../link/forward.ts";
import { remoteText, type VxlanRemote, vxlanFind, vxlanForget, vxlanLearn } from "../../link/vxlan.ts";
import { LEVEL } from "../../trace/step.ts";
import { Ipv4 } from "../../wire/address.ts";
import { frameLength } from "../../wire/bytes.ts";
import { ZERO_MAC } from "../../wire/mac.ts";
import type { Frame, Ipv4Packet, Udp } from "../../wire/packet.ts";
import { sourcePort } from "../../wire/source-port.ts";
import { hasVni, vxlanBytes, vxlanOf } from "../../wire/vxlan.ts";
import type { Errno } from "../errno.ts";
import type { Arrival } from "../ipv4/receive.ts";
import type { Netns } from "../netns.ts";
import { EPHEMERAL } from "../socket/socket.ts";
import { UdpSocket } from "../socket/udp.ts";
import { fits } from "./pmtu.ts";
import {
  count,
  decapsulateEcn,
  ECN_DROP,
  encapsulateEcn,
  innerTos,
  innerTtl,
  keepMark,
  outerPacket,
  outerWay,
  sendOuter,
  withTos,
} from "./tunnel.ts";

/** The octets of a frame from behind its Ethernet header: what a tunnel counts and what must fit. */
const inside = (frame: Frame) => frameLength(frame) - 14;

/** A frame leaves by the device: its table says to whom. */
export function encapsulateVxlan(ns: Netns, device: Device, frame: Frame, cause: number): void {
  const state = device.vxlan!;
  const { now } = ns.cables;
  const own = vxlanFind(state, frame.dst, now);
  const entry = own ?? vxlanFind(state, ZERO_MAC, now);
  if (entry === undefined) {
    device.stats.txDropped++;
    ns.step(LEVEL.path, cause, device, "drop", frame, () => ({
      because: `${device.name} is not told where ${frame.dst} lives, and has no default destination`,
      evidence: { kind: "fdb", text: `no entry for ${frame.dst}`, command: `bridge fdb show dev ${device.name}` },
    }));
    return;
  }
  entry.used = now;
  const [first, ...others] = entry.remotes;
  for (const remote of [...others, first!]) {
    const step = ns.step(LEVEL.path, cause, device, "fdb", frame, () => ({
      because:
        own === undefined
          ? `nobody said where ${frame.dst} lives: the default destination ${remote.address}`
          : `${frame.dst} lives behind ${remote.address}`,
      evidence: {
        kind: "fdb",
        text: `${remoteText(entry.mac, remote)} self ${entry.state === "reachable" ? "" : entry.state}`.trimEnd(),
        command: `bridge fdb show dev ${device.name}`,
      },
    }));
    sendTo(ns, device, frame, remote, step);
  }
}

/** A frame leaves by a device in mode "external", with the key it is given. */
export function sendExternal(ns: Netns, device: Device, frame: Frame, { id, dst }: TunnelKey, cause: number): void {
  sendTo(ns, device, frame, { address: dst, port: null, vni: id, via: null }, cause);
}

function sendTo(ns: Netns, device: Device, frame: Frame, remote: VxlanRemote, cause: number): void {
  const state = device.vxlan!;
  const under = state.underlay as Netns;
  const port = remote.port ?? state.port;
  const vni = remote.vni ?? state.vni;
  if (remote.address.bits === 0) {
    device.stats.txDropped++;
    ns.step(LEVEL.path, cause, device, "drop", frame, () => ({ because: "the table's entry names nobody" }));
    return;
  }
  const way = outerWay(under, device, state.local, remote.address, remote.via, frame, cause);
  if (way === null) return;
  if (way.decision.type === "local") return short(ns, device, frame, port, vni, way.decision.cause);
  if (!fits(under, device, frame, way, remote.address)) return;
  const { payload } = frame;
  const data = vxlanBytes(vni, frame);
  const body: Udp = {
    kind: "udp",
    srcPort: sourcePort(portRange(state.sourcePorts), frame),
    dstPort: port,
    ...((state.external || !state.udpChecksum) && { unchecked: true }),
    data,
  };
  const outer = outerPacket(under, way, remote.address, {
    ttl: state.ttl === "inherit" ? innerTtl(payload) : state.ttl,
    tos: encapsulateEcn(state.tos === "inherit" ? innerTos(payload) : state.tos, innerTos(payload)),
    dontFragment:
      state.external ||
      state.df === "set" ||
      (state.df === "inherit" && (payload.kind === "ipv6" || (payload.kind === "ipv4" && payload.dontFragment))),
    body,
  });
  const step = ns.step(LEVEL.path, way.decision.cause, device, "encapsulate", outer, () => ({
    because: `${device.name} puts the frame into a datagram of network ${vni} to ${remote.address}:${port}: outer IPv4 in octets 0 to 19, UDP 20 to 27 (its source port is a hash of the flow inside), VXLAN 28 to 35, the frame from octet 36`,
    evidence: {
      kind: "link",
      text: `vxlan id ${state.vni}${state.local === null ? "" : ` local ${state.local}`}${state.lower === null ? "" : ` dev ${state.lower.name}`} dstport ${state.port}`,
      command: `ip -d link show ${device.name}`,
    },
  }));
  sendOuter(under, device, way, outer, frame, inside(frame), step);
}

/** The other end is here too: the frame goes over without a datagram (encap_bypass_if_local). */
function short(ns: Netns, device: Device, frame: Frame, port: number, vni: number, cause: number): void {
  const under = device.vxlan!.underlay as Netns;
  const other = devicesOf(under, port).find((each) => each.vxlan!.vni === vni);
  if (other === undefined) {
    count(device, "tx");
    ns.step(LEVEL.path, cause, device, "drop", frame, () => ({
      because: `the other end is this namespace itself, and no device here is up for network ${vni} on port ${port}`,
    }));
    return;
  }
  const length = frameLength(frame);
  device.stats.txPackets++;
  device.stats.txBytes += length;
  other.stats.rxPackets++;
  other.stats.rxBytes += length;
  const step = ns.step(LEVEL.path, cause, device, "send", frame, () => ({
    because: `${other.name} of the same machine is the other end: no datagram is needed`,
  }));
  if (other.vxlan!.learning) vxlanLearn(other.vxlan!, frame.src, Ipv4.of(0x7f000001), ns.cables.now);
  // Not at once, but after what is being sent now (netif_rx).
  ns.cables.later(0, () => takeIn(ns.cables, other, frame, step, true));
}

/** The devices of one port of a namespace that are up: they share a socket. */
class VxlanPort {
  readonly devices = new Set<Device>();
  private readonly ns: Netns;

  constructor(ns: Netns) {
    this.ns = ns;
  }

  /** Of one of its networks (vxlan_err_lookup). */
  sent({ data }: Udp): boolean {
    const vxlan = vxlanOf(data);
    return vxlan !== null && hasVni(vxlan) && [...this.devices].some((each) => each.vxlan!.vni === vxlan.vni);
  }

  /** A datagram came in (vxlan_rcv). */
  receive({ device: arrival, mark }: Arrival, packet: Ipv4Packet, udp: Udp, cause: number): void {
    const drop = (because: string) =>
      this.ns.step(LEVEL.path, cause, arrival, "drop", packet, () => ({
        because,
        evidence: {
          kind: "link",
          text: `port ${udp.dstPort} has network ${[...this.devices].map((each) => each.vxlan!.vni).join(", ")}`,
          command: "ip -d link show type vxlan",
        },
      }));
    const vxlan = vxlanOf(udp.data);
    if (vxlan === null || !hasVni(vxlan)) return void drop(`what came to UDP port ${udp.dstPort} is no VXLAN`);
    const device = [...this.devices].find(({ vxlan: own }) => own!.external || own!.vni === vxlan.vni);
    if (device === undefined) return void drop(`no VXLAN device here has network ${vxlan.vni} on port ${udp.dstPort}`);
    if (vxlan.frame === null) return void drop("what the datagram carries is no whole frame");
    decapsulate(device, packet, vxlan.frame, udp.dstPort, this.ns === device.owner ? mark : 0, cause, vxlan.vni);
  }
}

function decapsulate(
  device: Device,
  outer: Ipv4Packet,
  frame: Frame,
  port: number,
  mark: number,
  cause: number,
  id: number,
): void {
  const ns = device.owner as Netns;
  const state = device.vxlan!;
  const drop = (because: string) =>
    void ns.step(LEVEL.path, cause, device, "drop", frame, () => ({
      because,
      evidence: { kind: "fdb", text: `${frame.src}`, command: `bridge fdb show dev ${device.name}` },
    }));
  if (frame.src === device.mac) return drop(`${frame.src} is the MAC of ${device.name} itself: the frame came back`);
  if (frame.src.isGroup || frame.src === ZERO_MAC) {
    count(device, "rx");
    return drop(`${frame.src} can be nobody's address`);
  }
  const learned = state.learning ? vxlanLearn(state, frame.src, outer.src, ns.cables.now) : "known";
  if (learned === "refused") {
    return drop(`${frame.src} is set by hand to be elsewhere than behind ${outer.src}`);
  }
  const { payload } = frame;
  const tos = decapsulateEcn(outer.tos, innerTos(payload));
  if (tos === null) {
    count(device, "rx");
    return drop(ECN_DROP);
  }
  const taken = tos === innerTos(payload) ? frame : { ...frame, payload: withTos(payload, tos) };
  device.stats.rxPackets++;
  device.stats.rxBytes += inside(taken);
  let step = ns.step(LEVEL.path, cause, device, "decapsulate", taken, () => ({
    because: `network ${state.vni} on port ${port} is ${device.name}: the frame from ${outer.src} is taken out`,
    evidence: {
      kind: "link",
      text: `vxlan id ${state.vni} dstport ${port}`,
      command: `ip -d link show ${device.name}`,
    },
  }));
  if (learned === "new" || learned === "moved")
    step = ns.step(LEVEL.path, step, device, "learn", taken, () => ({
      because: `${frame.src} ${learned === "new" ? "lives" : "lives now"} behind ${outer.src}`,
      evidence: {
        kind: "fdb",
        text: `${frame.src} dst ${outer.src} self`,
        command: `bridge fdb show dev ${device.name}`,
      },
    }));
  if (taken.payload.kind === "ipv4") keepMark(ns, device, taken.payload, mark);
  if ("body" in taken.payload) ns.kernel.keepPendingConfirm(outer.body, taken.payload.body);
  if (state.external) device.vport?.receive(taken, step, { id, src: outer.src, dst: outer.dst });
  else takeIn(ns.cables, device, taken, step);
}

function devicesOf(under: Netns, port: number): Device[] {
  const encap = under.sockets.udp.get(port)?.find((socket) => socket.encap !== null)?.encap;
  return encap instanceof VxlanPort ? [...encap.devices] : [];
}

/** The device came up: it listens on its port, together with others that have it. Null, or why not. */
export function openVxlan(device: Device): Errno | null {
  const { port, underlay } = device.vxlan!;
  const under = underlay as Netns;
  let encap = under.sockets.udp.get(port)?.find((socket) => socket.encap !== null)?.encap;
  if (encap === undefined || encap === null) {
    const socket = new UdpSocket(under, "the kernel's VXLAN");
    const errno = socket.bind(null, port);
    if (errno !== null) return errno;
    encap = new VxlanPort(under);
    socket.encap = encap;
  }
  (encap as VxlanPort).devices.add(device);
  return null;
}

/** The device went down: what it learned is forgotten, and its port is free when no other device has it. */
export function closeVxlan(device: Device): void {
  const { port, underlay } = device.vxlan!;
  vxlanForget(device.vxlan!);
  const socket = (underlay as Netns).sockets.udp.get(port)?.find(({ encap }) => encap !== null);
  const encap = socket?.encap as VxlanPort | null | undefined;
  if (!encap?.devices.delete(device)) return;
  if (encap.devices.size === 0) socket!.close();
}

/** What `srcport` says, else the namespace's ephemeral ports. */
function portRange({ low, high }: { readonly low: number; readonly high: number }) {
  return low < high ? { first: low, last: high } : EPHEMERAL;
}
