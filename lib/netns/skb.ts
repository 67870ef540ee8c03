// A packet on its way through one namespace: the value that travels, and what is known of it only here. A namespace
// makes one for each packet that comes in or is made; what leaves by a cable is the packet alone.
// Before you edit: include/linux/skbuff.h (struct sk_buff: mark, _nfct, dev, skb_iif, _skb_refdst), net/core/skbuff.c
// (skb_scrub_packet).
import type { Bridged, Device } from "../link/device.ts";
import type { Nfct } from "../netfilter/conntrack/conn.ts";
import type { Frame, Ipv4Packet, Ipv6Packet } from "../wire/packet.ts";
import type { Errno } from "./errno.ts";
import type { Way } from "./ipv4/decide.ts";

/** `Packet` and `Route` are those of IPv4 unless said otherwise. */
export class Skb<Packet extends Ipv4Packet | Ipv6Packet = Ipv4Packet, Route = Way> {
  /** Who changes the packet puts another value here. */
  packet: Packet;
  /** The step that led here, to be the cause of what follows. */
  cause: number;
  /** Where it is: the device it came in by; once its way is known, the one it leaves by. */
  device: Device;
  /** Where it came in (skb_iif); null for what is made here. */
  readonly input: Device | null;
  /** The frame it came in; null for what is made here. */
  readonly frame: Frame | null;
  /** Which way it goes (skb_dst), null before anybody asked. A hook function that sets null has it asked for anew. */
  dst: Route | null = null;
  /** fwmark, unsigned 32 bit. */
  mark = 0;
  /** What connection tracking attached (nfct): what it is to which connection. */
  ct: Nfct | null = null;
  /** The longest fragment it was joined of, to be cut so again (IPCB frag_max_size); 0: it came whole. */
  longestFragment = 0;
  /** Why it could not leave, for the system call that made it. */
  errno: Errno | null = null;
  /** IPVS had it already, and looks at it no more (ipvs_property). */
  isBalanced = false;
  /** The ports of the bridge that br_netfilter has it from. */
  bridged: Bridged | null = null;
  /** Of one for a group: the sender's own machine hears it, too (inet->mc_loop). */
  isLooped = true;
  /** To one, not to all: neither the frame nor the address was a broadcast or a multicast. */
  toOne = true;
  /** The address itself is for everybody, whatever the frame was (RTCF_BROADCAST). */
  toAll = false;

  constructor(packet: Packet, cause: number, device: Device, input: Device | null = null, frame: Frame | null = null) {
    this.packet = packet;
    this.cause = cause;
    this.device = device;
    this.input = input;
    this.frame = frame;
  }

  /** Gives it a way, and with that the device it leaves by. */
  route(dst: Route, device: Device): this {
    this.dst = dst;
    this.device = device;
    return this;
  }
}
