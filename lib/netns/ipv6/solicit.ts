// Messages of neighbour discovery leave: questions and answers. They ask no route, for they never leave the link.
// Before you edit: RFC 4861, net/ipv6/ndisc.c (ndisc_send_skb, ndisc_send_ns, ndisc_send_na).
import { TABLE } from "../../ip/route.ts";
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import { ALL_NODES, type Ipv6, Prefix6, solicitedNode, UNSPECIFIED6 } from "../../wire/address6.ts";
import type { Mac } from "../../wire/mac.ts";
import { type NdMessage, ndIcmp } from "../../wire/nd.ts";
import { ICMP6, type Icmp6, type Ipv6Packet } from "../../wire/packet.ts";
import type { Netns } from "../netns.ts";
import type { Way6 } from "./decide.ts";
import { countSent, ip6LocalOut } from "./send.ts";
import { Skb6 } from "./skb6.ts";
import { linkLocalFrom } from "./state.ts";

/** No router passes such a packet on, so who reads 255 knows that it comes from the link (RFC 5082). */
export const ND_HOP_LIMIT = 255;

export function ndPacket(src: Ipv6, dst: Ipv6, message: NdMessage): Ipv6Packet {
  return {
    kind: "ipv6",
    src,
    dst,
    hopLimit: ND_HOP_LIMIT,
    trafficClass: 0,
    flowLabel: 0,
    body: ndIcmp(message),
  };
}

/** Sends it. What never leaves the link asks no table for a way (ndisc_send_skb, icmp6_dst_alloc), unless it has `found` one. */
export function ndSend(
  ns: Netns,
  device: Device,
  packet: Ipv6Packet,
  cause: number,
  because: string,
  found: Way6 | null = null,
): void {
  const { dst } = packet;
  const step = ns.step(LEVEL.path, cause, device, "nd", packet, () => ({ because }));
  const route = { type: "unicast", prefix: new Prefix6(dst, 128), via: null, src: null, metric: 0 } as const;
  const way: Way6 = {
    type: dst.isMulticast ? "multicast" : "unicast",
    route: { ...route, dev: device, protocol: "kernel" },
    table: TABLE.main,
    device,
    owner: device,
    nextHop: dst,
    via: null,
    cause: step,
  };
  const { device: out } = found ?? way;
  const skb = new Skb6(packet, step, out).route(found ?? way, out);
  const isSent = ip6LocalOut(ns, skb) !== "drop" && skb.errno === null && !skb.isRefused;
  if (isSent) countSent(ns, packet.body as Icmp6);
  else if ((packet.body as Icmp6).type === ICMP6.mldReport) ns.ipv6.mib.Ip6OutDiscards++;
}

/**
 * "Who has `target`?" to its solicited-node group, or to the MAC it had (`mac`). `src` null: from a link-local address;
 * without any nobody can ask.
 */
export function sendSolicitation(
  ns: Netns,
  device: Device,
  target: Ipv6,
  src: Ipv6 | null,
  cause: number,
  mac: Mac | null = null,
): void {
  const from = src ?? linkLocalFrom(ns.ipv6.of(device));
  if (from === null) return;
  const message = { kind: "neighbour solicitation", target, sourceMac: device.mac } as const;
  if (mac === null) {
    const because = `the MAC of ${target} is not known: ask its group ${solicitedNode(target)} on the link`;
    return ndSend(ns, device, ndPacket(from, solicitedNode(target), message), cause, because);
  }
  ndSend(ns, device, ndPacket(from, target, message), cause, `is ${target} still at ${mac}?`);
}

/** "Has anybody `target`? I would like it": duplicate address detection asks in nobody's name. */
export function sendDetection(ns: Netns, device: Device, target: Ipv6, nonce: Uint8Array, cause: number): void {
  const message = { kind: "neighbour solicitation", target, nonce } as const;
  const packet = ndPacket(UNSPECIFIED6, solicitedNode(target), message);
  ndSend(ns, device, packet, cause, `duplicate address detection: does anybody have ${target} already?`);
}

/** "I have `target`", to everybody. */
export function sendUnsolicited(ns: Netns, device: Device, target: Ipv6, because: string, cause: number): void {
  const router = ns.ipv6.of(device).conf.forwarding !== 0;
  const flags = { router, solicited: false, override: true };
  const message = { kind: "neighbour advertisement", target, ...flags, targetMac: device.mac } as const;
  ndSend(ns, device, ndPacket(target, ALL_NODES, message), cause, because);
}
