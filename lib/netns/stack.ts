// Which protocol a frame is for, and what a namespace does when a device of its changes.
// Before you edit: net/core/dev.c (__netif_receive_skb_core, ptype_base).
import type { Bridged, Device } from "../link/device.ts";
import { LEVEL } from "../trace/step.ts";
import { ethertypeOf } from "../wire/bytes.ts";
import type { Frame } from "../wire/packet.ts";
import { passBridged, receiveBridged } from "./bridge-netfilter.ts";
import { carrierChanged } from "./configure.ts";
import { arpInput } from "./ipv4/arp.ts";
import { ipReceive } from "./ipv4/receive.ts";
import { ip6Receive } from "./ipv6/receive.ts";
import { set6 } from "./ipv6/switches.ts";
import type { Netns, Stack } from "./netns.ts";
import { encapsulateIpip } from "./tunnel/ipip.ts";
import { encapsulateVxlan } from "./tunnel/vxlan.ts";

/** Linux' own stack. */
export const STACK: Stack = { input, changed: carrierChanged, set6, encapsulate, bridged: passBridged };

function input(
  ns: Netns,
  device: Device,
  frame: Frame,
  forUs: boolean,
  cause: number,
  bridged: Bridged | null = null,
): void {
  const { payload } = frame;
  if (forUs && bridged !== null) receiveBridged(ns, bridged, cause);
  else if (payload.kind === "ipv4") ipReceive(ns, device, frame, payload, forUs, cause);
  else if (payload.kind === "arp") arpInput(ns, device, frame, payload, forUs, cause);
  else if (payload.kind === "ipv6" && ns.hasIpv6) ip6Receive(ns, device, frame, payload, forUs, cause);
  else {
    const ethertype = `0x${ethertypeOf(frame).toString(16).padStart(4, "0")}`;
    ns.step(LEVEL.path, cause, device, "drop", frame, () => ({
      because: `nobody here speaks ethertype ${ethertype}`,
    }));
  }
}

function encapsulate(ns: Netns, device: Device, frame: Frame, cause: number): void {
  const { payload } = frame;
  if (device.vxlan !== null) encapsulateVxlan(ns, device, frame, cause);
  else if (payload.kind === "ipv4") encapsulateIpip(ns, device, payload, payload.dst, cause);
}
