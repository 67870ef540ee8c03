// A packet of IPv6 on its way through one namespace.
// Before you edit: include/linux/ipv6.h (struct inet6_skb_parm), net/ipv6/ip6_input.c (ip6_rcv_core).
import type { Device } from "../../link/device.ts";
import type { Frame, Ipv6Packet } from "../../wire/packet.ts";
import { Skb } from "../skb.ts";
import type { Way6 } from "./decide.ts";

export class Skb6 extends Skb<Ipv6Packet, Way6> {
  /** The device that counts for scopes: of what was sent to oneself, the one that has the address. */
  iif: Device;
  /** What is made here and longer is cut. */
  mtu = Number.POSITIVE_INFINITY;
  /** It is passed on, and never cut (IP6SKB_FORWARDED). */
  isForwarded = false;
  /** A device or its queue threw it away at once (NET_XMIT_DROP, NET_XMIT_CN). */
  isRefused = false;

  constructor(
    packet: Ipv6Packet,
    cause: number,
    device: Device,
    input: Device | null = null,
    frame: Frame | null = null,
  ) {
    super(packet, cause, device, input, frame);
    this.iif = device;
  }
}

/** How a packet came here. */
export type Arrival6 = Pick<Skb6, "device" | "input" | "iif" | "toOne" | "mark" | "ct">;
