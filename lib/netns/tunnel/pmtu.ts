// A frame that is too large for the way its tunnel takes. The sender inside is told: by the way itself, or, where the tunnel
// is a bridge's port, by the tunnel in the receiver's name, for nobody else could.
// Before you edit: net/ipv4/ip_tunnel_core.c (skb_tunnel_check_pmtu, iptunnel_pmtud_check_icmp, iptunnel_pmtud_build_icmp,
// iptunnel_pmtud_check_icmpv6, iptunnel_pmtud_build_icmpv6).
import { needsScope } from "../../ip/address6.ts";
import type { Device } from "../../link/device.ts";
import { takeIn } from "../../link/forward.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { frameLength, ipLength, ipv4Bytes } from "../../wire/bytes.ts";
import { ipv6Bytes } from "../../wire/bytes6.ts";
import { type Frame, ICMP, ICMP_CODE, ICMP6, type Ipv4Packet, type Ipv6Packet, PROTOCOL } from "../../wire/packet.ts";
import { VXLAN_OVERHEAD } from "../../wire/vxlan.ts";
import { peekRoute } from "../ipv4/output-route.ts";
import { peekRoute6 } from "../ipv6/output-route.ts";
import { learnPathMtu6 } from "../ipv6/path-mtu.ts";
import { LEAST_MTU } from "../ipv6/state.ts";
import type { Netns } from "../netns.ts";
import { type OuterWay, outerMtu } from "./tunnel.ts";

/** A way of IPv4 that is narrower is not told of. */
const LEAST = 576;

/** Whether a frame goes on: its way is wide enough, or nobody is told at once, and the outer packet may be cut. */
export function fits(under: Netns, device: Device, frame: Frame, way: OuterWay, destination: Ipv4): boolean {
  const ns = device.owner as Netns;
  const mtu = outerMtu(under, way, destination) - VXLAN_OVERHEAD;
  const { payload } = frame;
  if (frameLength(frame) - 14 <= mtu || (payload.kind !== "ipv4" && payload.kind !== "ipv6")) return true;
  if (device.master === null) {
    // Who sent it here is told by the way itself: the next packet is measured by it.
    if (payload.kind === "ipv4") narrow(ns, device, payload, mtu);
    else narrow6(ns, device, payload, mtu, way.decision.cause);
    return true;
  }
  const reply = payload.kind === "ipv4" ? fragmentationNeeded(payload, mtu) : packetTooBig(payload, mtu);
  if (reply === null) return true;
  const told: Frame = { dst: frame.src, src: frame.dst, payload: reply };
  const { stats } = device;
  const length = frameLength(told);
  stats.txPackets++;
  stats.txBytes += length;
  stats.rxPackets++;
  stats.rxBytes += length;
  const step = ns.step(LEVEL.path, way.decision.cause, device, "icmp error", frame, () => ({
    because: `${ipLength(payload)} octets and ${VXLAN_OVERHEAD} of headers do not fit the MTU ${mtu + VXLAN_OVERHEAD} of ${way.device.name}: ${device.name} tells ${payload.src} in the name of ${payload.dst}`,
  }));
  takeIn(ns.cables, device, told, step, true);
  return false;
}

function narrow(ns: Netns, device: Device, { dst }: Ipv4Packet, mtu: number): void {
  const hop = peekRoute(ns, dst, null, null);
  if (hop.errno === null && hop.device === device)
    ns.pathMtus.learn({ device, nextHop: hop.decision.nextHop }, dst, mtu, ns.cables.now);
}

function narrow6(ns: Netns, device: Device, { src, dst }: Ipv6Packet, mtu: number, cause: number): void {
  const hop = peekRoute6(ns, dst, src, needsScope(dst) ? device : null);
  if (hop.errno === null && hop.device === device) learnPathMtu6(ns, hop.way, dst, mtu, cause);
}

/** What tells the sender, or null when about this packet nothing may be said. */
function fragmentationNeeded(packet: Ipv4Packet, mtu: number): Ipv4Packet | null {
  const { body, src, dst } = packet;
  if (mtu < LEAST || !packet.dontFragment || packet.moreFragments || packet.fragmentOffset > 0) return null;
  if (dst.bits === 0xffffffff || dst.isMulticast) return null;
  if (src.isZeroNet || src.isLoopback || src.bits === 0xffffffff || src.isMulticast) return null;
  if (body.kind === "icmp" && body.type !== ICMP.echoRequest && body.type !== ICMP.echoReply) return null;
  const header = { dontFragment: true, moreFragments: false, fragmentOffset: 0, id: 0, tos: 0 } as const;
  const data = ipv4Bytes(packet).slice(0, LEAST - 28);
  const { unreachable: type } = ICMP;
  const { fragmentationNeeded: code } = ICMP_CODE;
  return {
    ...{ kind: "ipv4", src: dst, dst: src, ttl: packet.ttl, ...header },
    body: { kind: "icmp", type, code, rest: mtu, data },
  };
}

/** The same of IPv6. */
function packetTooBig(packet: Ipv6Packet, mtu: number): Ipv6Packet | null {
  const { body, src, dst, fragment, hopLimit } = packet;
  if (mtu < LEAST_MTU || src.isUnspecified || src.isMulticast || src.isLoopback) return null;
  if (fragment !== undefined && fragment.offset > 0) return null;
  const type =
    body.kind === "icmp6"
      ? body.type
      : body.kind === "unknown" && body.protocol === PROTOCOL.icmp6
        ? body.data[0]!
        : null;
  if (type !== null && (type < 128 || type === ICMP6.redirect)) return null;
  return {
    ...{ kind: "ipv6", src: dst, dst: src, hopLimit, trafficClass: 0, flowLabel: 0 },
    body: {
      ...{ kind: "icmp6", type: ICMP6.packetTooBig, code: 0, rest: mtu },
      data: ipv6Bytes(packet).slice(0, LEAST_MTU - 48),
    },
  };
}
