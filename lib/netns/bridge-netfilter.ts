// br_netfilter: packets that are bridged pass the hooks of IP, as if they were routed. The hooks see the bridge, not its
// ports, as the device.
// Before you edit: net/bridge/br_netfilter_hooks.c (br_nf_pre_routing, br_nf_pre_routing_finish,
// br_nf_pre_routing_finish_bridge, br_nf_forward_ip, br_nf_post_routing, br_nf_dev_queue_xmit,
// br_nf_local_in, ip_sabotage_in).
import { routeText } from "../ip/route-text.ts";
import { bridgeOn } from "../link/bridge-translated.ts";
import type { Bridged, Device } from "../link/device.ts";
import { LEVEL } from "../trace/step.ts";
import { ipv4Length } from "../wire/bytes.ts";
import type { Mac } from "../wire/mac.ts";
import type { Ipv4Packet } from "../wire/packet.ts";
import type { HookName } from "./hooks.ts";
import { passHook } from "./hooks-run.ts";
import { createNeighbour, quietly, tellOverflow } from "./ipv4/arp.ts";
import { fragment } from "./ipv4/fragment.ts";
import { routeInput } from "./ipv4/input-route.ts";
import { countReceived, ipRoute } from "./ipv4/receive.ts";
import { sendTo } from "./ipv4/send.ts";
import type { Netns } from "./netns.ts";
import { Skb } from "./skb.ts";
import { CALL_IPTABLES } from "./sysctl.ts";

/** A bridged packet passes a hook; what changed of it is in `bridged` when `okay` is called. */
export function passBridged(ns: Netns, hook: HookName, bridged: Bridged, okay: () => void): void {
  const { bridge, frame } = bridged;
  const before = frame.payload as Ipv4Packet;
  const step = ns.step(LEVEL.full, bridged.cause, bridge, "hook", frame, () => ({
    hook,
    because: `bridged by ${bridge.name}, the packet passes ${hook} all the same`,
    evidence: { kind: "sysctl", text: `${CALL_IPTABLES} = 1`, command: `sysctl ${CALL_IPTABLES}` },
  }));
  if (hook !== "POSTROUTING") {
    const known = bridged.skb as Skb | null;
    const skb = new Skb(before, step, bridge, bridge, frame);
    skb.toOne = !frame.dst.isGroup;
    // Each port gets a copy of its own.
    skb.mark = known?.mark ?? 0;
    skb.ct = known?.ct ?? null;
    skb.longestFragment = known?.longestFragment ?? 0;
    bridged.skb = skb;
  }
  const passing = bridged.skb as Skb;
  passing.cause = step;
  passing.bridged = bridged;
  passHook(ns, ns.hooks, hook, passing, (_, skb) => {
    const { packet, cause } = skb;
    bridged.cause = cause;
    if (hook === "PREROUTING" && packet.dst !== before.dst) return elsewhere(ns, bridged, skb, okay);
    for (const piece of hook === "POSTROUTING" ? asItCame(skb, bridged.output!) : [packet]) {
      if (piece !== before) bridged.frame = { ...frame, payload: piece };
      okay();
    }
  });
}

/** What was joined of fragments leaves in such again (br_nf_dev_queue_xmit). */
function asItCame({ packet, longestFragment }: Skb, { mtu }: Device): Ipv4Packet[] {
  const most = Math.min(longestFragment, mtu);
  return most === 0 || ipv4Length(packet) <= most ? [packet] : fragment(packet, most);
}

/**
 * Bridged, and to another address than it was sent to (DNAT): if that one's way leads out of the same bridge, the packet
 * is bridged on to who has the address, in the name of who sent it; else it goes up, and is routed.
 */
function elsewhere(ns: Netns, bridged: Bridged, skb: Skb, okay: () => void): void {
  const { bridge, frame } = bridged;
  const { packet, mark } = skb;
  const way = quietly(ns, () => routeInput(ns, bridge, packet.src, packet.dst, packet, skb.cause, mark));
  const goTo = (dst: Mac, cause: number) => {
    bridged.frame = { ...frame, dst, payload: packet };
    bridged.cause = cause;
    okay();
  };
  // Its frame is for the bridge alone now, also where it was for all.
  const goUp = () => {
    const up = new Skb(packet, skb.cause, bridge, bridge, { ...frame, dst: bridge.mac });
    up.mark = mark;
    up.ct = skb.ct;
    up.longestFragment = skb.longestFragment;
    up.bridged = bridged;
    bridged.skb = up;
    goTo(bridge.mac, skb.cause);
  };
  if (way.type === "martian" || way.type === "everybody" || way.type === "error") return goUp();
  if (way.type !== "unicast" || way.device !== bridge || !ns.forwards(bridge)) return goUp();
  const { nextHop } = way;
  const cause = ns.step(LEVEL.path, skb.cause, bridge, "forward", packet, () => ({
    because: `${packet.dst} is behind ${bridge.name} too: the packet is bridged on to ${nextHop}, its TTL as it was`,
    evidence: { kind: "route", text: routeText(way.route), command: `ip route get ${packet.dst}` },
  }));
  const neighbour = createNeighbour(ns, bridge, nextHop);
  if (neighbour === null) {
    ns.step(LEVEL.path, cause, bridge, "drop", packet, () => tellOverflow(ns, nextHop));
    return;
  }
  const { mac, state } = neighbour;
  if (state === "REACHABLE" || state === "PERMANENT") return goTo(mac!, cause);
  // What the bridge is then given to send is this packet again.
  bridgeOn(packet, frame.src, goTo);
  if (neighbour.use(packet, cause)) sendTo(ns, bridge, neighbour.mac!, packet, cause, nextHop, neighbour.state!);
}

/** What passed PREROUTING in the bridge is for the namespace, and does not pass it again. */
export function receiveBridged(ns: Netns, bridged: Bridged, cause: number): void {
  const skb = bridged.skb as Skb;
  skb.cause = cause;
  // What all get is remembered before it goes up: nobody here may want it (br_nf_local_in).
  if (bridged.frame.dst.isGroup && ns.tracking.conntrack.confirm(skb) === "drop") return;
  countReceived(ns.mib, skb.packet);
  ipRoute(ns, skb);
}
