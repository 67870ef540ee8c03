// IP in IP, both ways.
// Before you edit: net/ipv4/ip_tunnel.c (ip_tunnel_xmit, tnl_update_pmtu, ip_tunnel_rcv), ipip.c, tunnel4.c, RFC 2003.
import type { Device } from "../../link/device.ts";
import { takeIn } from "../../link/forward.ts";
import { findTunnel, type IpipEncap, type IpipState, ipipOverhead } from "../../link/ipip.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { ipv4Bytes, ipv4Length } from "../../wire/bytes.ts";
import { gueBytes } from "../../wire/gue.ts";
import { ZERO_MAC } from "../../wire/mac.ts";
import { ICMP, ICMP_CODE, type Ipip, type Ipv4Packet } from "../../wire/packet.ts";
import { sourcePort } from "../../wire/source-port.ts";
import { icmpError } from "../ipv4/icmp.ts";
import type { Arrival } from "../ipv4/receive.ts";
import type { Netns } from "../netns.ts";
import { EPHEMERAL } from "../socket/socket.ts";
import { asSent, tellFailure } from "./errors.ts";
import {
  count,
  decapsulateEcn,
  ECN_DROP,
  encapsulateEcn,
  keepMark,
  outerMtu,
  outerPacket,
  outerWay,
  sendOuter,
} from "./tunnel.ts";

/** A device of IPIP carries packets, not frames; where the model needs a frame it has no addresses. */
function bare(packet: Ipv4Packet) {
  return { dst: ZERO_MAC, src: ZERO_MAC, payload: packet };
}

/** A packet leaves by the tunnel; `nextHop` is where it goes if the tunnel has no other end of its own. */
export function ipipOutput(ns: Netns, device: Device, packet: Ipv4Packet, nextHop: Ipv4, cause: number): boolean {
  if (!device.up) {
    device.stats.txDropped++;
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({ because: `${device.name} is down` }));
    return false;
  }
  if (device.taps !== null) for (const tap of device.taps) tap(bare(packet), "out", cause);
  encapsulateIpip(ns, device, packet, nextHop, cause);
  return true;
}

export function encapsulateIpip(ns: Netns, device: Device, packet: Ipv4Packet, nextHop: Ipv4, cause: number): void {
  const { local, remote, ttl, tos, pmtudisc, lower, underlay, encap } = device.ipip!;
  const under = underlay as Netns;
  const destination = remote ?? nextHop;
  const way = outerWay(under, device, local, destination, lower, packet, cause);
  if (way === null) return;
  const dontFragment = pmtudisc || packet.dontFragment;
  const length = ipv4Length(packet);
  const overhead = ipipOverhead(encap);
  const { now } = ns.cables;
  const hop = { device, nextHop };
  // The way inside is as wide as the way outside leaves it, and is remembered so (tnl_update_pmtu).
  const mtu = dontFragment ? outerMtu(under, way, destination) - overhead : ns.pathMtus.of(hop, packet.dst, now);
  ns.pathMtus.learn(hop, packet.dst, mtu, now);
  if (packet.dontFragment && length > mtu) {
    count(device, "tx");
    const step = ns.step(LEVEL.path, way.decision.cause, device, "drop", packet, () => ({
      because: `${length} octets and the outer header of ${overhead} do not fit the MTU ${mtu + overhead} of ${way.device.name}, and DF forbids to cut them`,
      evidence: {
        kind: "link",
        text: `${way.device.name} mtu ${way.device.mtu}`,
        command: `ip link show ${way.device.name}`,
      },
    }));
    const told = asSent(ns, packet);
    icmpError(ns, null, told, ICMP.unreachable, ICMP_CODE.fragmentationNeeded, mtu, step);
    return;
  }
  tellFailure(ns, device, packet, way.decision.cause);
  const outer = outerPacket(under, way, destination, {
    ttl: ttl === 0 ? packet.ttl : ttl,
    tos: encapsulateEcn(tos === "inherit" ? packet.tos : tos, packet.tos),
    dontFragment,
    body: wrapped(device.ipip!, packet),
  });
  const step = ns.step(LEVEL.path, way.decision.cause, device, "encapsulate", outer, () => ({
    because: `${device.name} puts the packet into one from ${outer.src} to ${destination}${remote === null ? ", the next hop" : ", its other end"}: outer IPv4 header in octets 0 to 19, ${layers(encap)}the packet from octet ${overhead}`,
    evidence: {
      kind: "link",
      text: `ipip remote ${remote ?? "any"} local ${local ?? "any"}${encapText(encap)}`,
      command: `ip -d link show ${device.name}`,
    },
  }));
  sendOuter(under, device, way, outer, packet, length, step);
}

/** What the outer IPv4 header is followed by. */
function wrapped({ encap }: IpipState, packet: Ipv4Packet): Ipv4Packet["body"] {
  if (encap === null) return { kind: "ipip", packet };
  const { type, sourcePort: fixed, port, checksum } = encap;
  return {
    kind: "udp",
    srcPort: fixed === 0 ? sourcePort(EPHEMERAL, bare(packet)) : fixed,
    dstPort: port,
    ...(!checksum && { unchecked: true }),
    data: type === "gue" ? gueBytes(packet) : ipv4Bytes(packet),
  };
}

function layers(encap: IpipEncap | null): string {
  if (encap === null) return "";
  return `UDP 20 to 27 to port ${encap.port}, ${encap.type === "gue" ? "GUE 28 to 31, " : ""}`;
}

function encapText(encap: IpipEncap | null): string {
  return encap === null ? "" : ` encap ${encap.type} encap-dport ${encap.port}`;
}

/** A packet in a packet for this namespace. Without the module nobody speaks the protocol, and this is not asked. */
export function ipipInput(
  ns: Netns,
  arrival: Arrival,
  packet: Ipv4Packet,
  { packet: inner }: Ipip,
  cause: number,
): void {
  const device = findTunnel(ns.tunnels, packet.src, packet.dst);
  if (device === undefined) {
    const step = ns.step(LEVEL.path, cause, arrival.device, "drop", packet, () => ({
      because: `no tunnel that is up has remote ${packet.src} and local ${packet.dst}`,
      evidence: { kind: "link", text: `no tunnel from ${packet.src} to ${packet.dst}`, command: "ip tunnel show" },
    }));
    icmpError(ns, arrival, packet, ICMP.unreachable, ICMP_CODE.port, 0, step);
    return;
  }
  const owner = device.owner as Netns;
  const { stats } = device;
  const tos = decapsulateEcn(packet.tos, inner.tos);
  if (tos === null) {
    count(device, "rx");
    owner.step(LEVEL.path, cause, device, "drop", inner, () => ({ because: ECN_DROP }));
    return;
  }
  const taken = tos === inner.tos ? inner : { ...inner, tos };
  stats.rxPackets++;
  stats.rxBytes += ipv4Length(taken);
  const { local, remote } = device.ipip!;
  const step = owner.step(LEVEL.path, cause, device, "decapsulate", taken, () => ({
    because: `${device.name} takes what comes from ${remote ?? "anywhere"} to ${local ?? "any address"} out of its outer header`,
    evidence: {
      kind: "link",
      text: `ipip remote ${remote ?? "any"} local ${local ?? "any"}`,
      command: `ip -d link show ${device.name}`,
    },
  }));
  if (ns === owner) keepMark(ns, device, taken, arrival.mark);
  ns.kernel.keepPendingConfirm(packet.body, taken.body);
  takeIn(ns.cables, device, bare(taken), step);
}
