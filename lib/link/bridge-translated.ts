// A packet that is translated while it is bridged goes on to another MAC, which may have to be asked for first.
// Before you edit: net/bridge/br_netfilter_hooks.c (br_nf_pre_routing_finish_bridge, br_nf_dev_xmit), br_device.c (br_dev_xmit).

import type { Mac } from "../wire/mac.ts";
import type { Frame, Ipv4Packet } from "../wire/packet.ts";
import type { Device } from "./device.ts";

/** What is done with a packet that was translated while it was bridged, once a MAC is known (bridged_dnat). */
const onTheirWay = new WeakMap<object, OnItsWay>();

interface OnItsWay {
  readonly src: Mac;
  readonly goTo: (dst: Mac, cause: number) => void;
}

/** When the bridge is given this packet to send, it goes on as it was bridged, to the MAC that was found. */
export function bridgeOn(packet: Ipv4Packet, src: Mac, goTo: OnItsWay["goTo"]): void {
  onTheirWay.set(packet, { src, goTo });
}

/** Whether a packet waits here: nobody is told when no MAC is found, for it was not for this machine (icmp_send). */
export function waitsForMac(packet: Ipv4Packet): boolean {
  return onTheirWay.has(packet);
}

/**
 * Whether the frame was on its way through the bridge already; then it goes on (br_nf_dev_xmit). Who watches the bridge
 * sees it with the sender's MAC, which is put back where the bridge's own was written.
 */
export function goesOn({ taps }: Device, { payload, dst }: Frame, cause: number): boolean {
  const known = onTheirWay.get(payload);
  if (known === undefined) return false;
  onTheirWay.delete(payload);
  const { src, goTo } = known;
  if (taps !== null) for (const tap of taps) tap({ dst, src, payload }, "out", cause);
  goTo(dst, cause);
  return true;
}
