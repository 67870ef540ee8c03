// Which way a packet goes to its real server, in the server's family; and what a packet's sender is told, in the packet's.
// Before you edit: net/netfilter/ipvs/ip_vs_xmit.c (__ip_vs_get_out_rt, __ip_vs_get_out_rt_v6, decrement_ttl,
// ensure_mtu_is_adequate).
import type { Device } from "../../link/device.ts";
import type { Ip } from "../../wire/address.ts";
import { ICMP, ICMP_CODE, ICMP6, ICMP6_CODE } from "../../wire/packet.ts";
import { passHook } from "../hooks-run.ts";
import { icmpError } from "../ipv4/icmp.ts";
import { type OutputRoute, routeOutput } from "../ipv4/output-route.ts";
import { ipOutput } from "../ipv4/send.ts";
import { icmp6Error } from "../ipv6/icmp.ts";
import { mtu6Of, type OutputRoute6, routeOutput6 } from "../ipv6/output-route.ts";
import { ip6Output } from "../ipv6/send.ts";
import { type AnySkb, isOf4 } from "../netfilter/tracking.ts";
import type { Netns } from "../netns.ts";
import { outerMtu } from "../tunnel/tunnel.ts";

/** A way to a real server. */
export interface ServerWay {
  readonly device: Device;
  /** The server is this machine itself. */
  readonly isLocal: boolean;
  /** From which address a tunnel's packet goes. */
  readonly src: Ip;
  readonly nextHop: Ip;
  readonly mtu: number;
  readonly cause: number;
  /** Exactly one of them is there. */
  readonly of4: Extract<OutputRoute, { readonly errno: null }> | null;
  readonly of6: Extract<OutputRoute6, { readonly errno: null }> | null;
}

/** Null: there is none; the step that says so is the packet's cause. */
export function wayTo(ns: Netns, skb: AnySkb, server: Ip): ServerWay | null {
  const found = server.family === 4 ? wayOf4(ns, server, skb.cause) : wayOf6(ns, server, skb.cause);
  if (typeof found !== "number") return found;
  skb.cause = found;
  return null;
}

function wayOf4(ns: Netns, server: Extract<Ip, { family: 4 }>, cause: number): ServerWay | number {
  const of4 = routeOutput(ns, server, null, null, cause);
  if (of4.errno !== null) return of4.decision?.cause ?? cause;
  const { decision, device, src } = of4;
  const { type, nextHop } = decision;
  const mtu = outerMtu(ns, of4, server);
  return { device, isLocal: type === "local", src, nextHop, mtu, cause: decision.cause, of4, of6: null };
}

function wayOf6(ns: Netns, server: Extract<Ip, { family: 6 }>, cause: number): ServerWay | number {
  const of6 = routeOutput6(ns, server, null, null, cause);
  if (of6.errno !== null) return of6.way?.cause ?? cause;
  const { way, device, src } = of6;
  const mtu = mtu6Of(ns, way, server);
  return { device, isLocal: way.type === "local", src, nextHop: way.nextHop, mtu, cause: of6.cause, of4: null, of6 };
}

/** The packet, of the way's family, takes it as one made here does. */
export function leaveBy(ns: Netns, skb: AnySkb, { of4, of6 }: ServerWay): void {
  if (isOf4(skb)) passHook(ns, ns.hooks, "OUTPUT", skb.route(of4!.decision, of4!.device), ipOutput);
  else passHook(ns, ns.hooks6, "OUTPUT", skb.route(of6!.way, of6!.device), ip6Output);
}

const NEWS = {
  4: {
    port: [ICMP.unreachable, ICMP_CODE.port],
    host: [ICMP.unreachable, ICMP_CODE.host],
    late: [ICMP.timeExceeded, 0],
    big: [ICMP.unreachable, ICMP_CODE.fragmentationNeeded],
  },
  6: {
    port: [ICMP6.unreachable, ICMP6_CODE.port],
    host: [ICMP6.unreachable, ICMP6_CODE.address],
    late: [ICMP6.timeExceeded, 0],
    big: [ICMP6.packetTooBig, 0],
  },
} as const;

/** Tells who sent the packet: no such port, no way to the host, too many routers, or longer than this MTU. */
export function tellSender(ns: Netns, skb: AnySkb, news: keyof (typeof NEWS)[4], mtu = 0): void {
  if (isOf4(skb)) {
    const [type, code] = NEWS[4][news];
    icmpError(ns, skb, skb.packet, type, code, mtu, skb.cause);
  } else {
    const [type, code] = NEWS[6][news];
    icmp6Error(ns, skb, skb.packet, type, code, mtu, skb.cause);
  }
}
