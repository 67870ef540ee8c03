// br_netfilter: packets that are bridged pass the hooks of IP, as if they were routed. The hooks see the bridge, not its
// ports, as the device.
// Before you edit: net/bridge/br_netfilter_hooks.c (br_nf_pre_routing, br_nf_pre_routing_finish, br_nf_forward_ip,
// br_nf_post_routing, ip_sabotage_in).
import type { Bridged } from "../link/device.ts";
import { LEVEL } from "../trace/step.ts";
import type { Ipv4Packet } from "../wire/packet.ts";
import type { HookName } from "./hooks.ts";
import { passHook } from "./hooks-run.ts";
import { ipRoute } from "./ipv4/receive.ts";
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
    // Each port gets a copy of its own.
    skb.mark = known?.mark ?? 0;
    skb.ct = known?.ct ?? null;
    bridged.skb = skb;
  }
  const passing = bridged.skb as Skb;
  passing.cause = step;
  passing.bridged = bridged;
  passHook(ns, ns.hooks, hook, passing, (_, { packet, cause }) => {
    bridged.cause = cause;
    if (packet !== before) {
      // To another address than it was sent to it goes through the namespace, which has a route.
      const dst = hook === "PREROUTING" && packet.dst !== before.dst ? bridge.mac : frame.dst;
      bridged.frame = { ...frame, dst, payload: packet };
    }
    okay();
  });
}

/** What passed PREROUTING in the bridge is for the namespace, and does not pass it again. */
export function receiveBridged(ns: Netns, bridged: Bridged, cause: number): void {
  const skb = bridged.skb as Skb;
  skb.cause = cause;
  ipRoute(ns, skb);
}
