// A shorter way: a router tells the sender that the next hop is on its own link, and the sender may believe it.
// Before you edit: RFC 1122 §3.2.2.2, net/ipv4/route.c (ip_rt_send_redirect, __ip_do_redirect, update_or_create_fnhe).
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import { MILLISECOND, SECOND } from "../../trace/world.ts";
import { Ipv4 } from "../../wire/address.ts";
import { ICMP, type Icmp, type Ipv4Packet } from "../../wire/packet.ts";
import type { Netns } from "../netns.ts";
import { createNeighbour } from "./arp.ts";
import type { Way } from "./decide.ts";
import { icmpError } from "./icmp.ts";
import type { Peer } from "./icmp-limit.ts";
import { evidenceOf, isOnLink } from "./input-route.ts";
import { routeOutput } from "./output-route.ts";
import type { Arrival } from "./receive.ts";

/** redirect_number, redirect_load and redirect_silence of net.ipv4.route. */
const MOST = 9;
const LOAD = 20 * MILLISECOND;
const SILENCE = 20480 * MILLISECOND;
/** gc_timeout: how long a shorter way is remembered. */
const KEPT = 300 * SECOND;

/** Whether the sender is told now: each time after a longer pause, and no more when it does not listen. */
function mayTell(peer: Peer, now: number): boolean {
  // The same account as that of errors, which a first redirect empties.
  if (now > peer.last + SILENCE) {
    peer.tokens = 0;
    peer.redirects = 0;
  }
  if (peer.redirects >= MOST) {
    peer.last = now;
    return false;
  }
  if (peer.redirects > 0 && now <= peer.last + LOAD * 2 ** peer.redirects) return false;
  peer.last = now;
  peer.redirects++;
  return true;
}

export class Redirects {
  /** Shorter ways this namespace learned: by device, next hop and destination. */
  private readonly ways = new Map<string, { readonly gateway: Ipv4; readonly until: number }>();

  learn({ device, nextHop }: Way, destination: Ipv4, gateway: Ipv4, now: number): void {
    this.ways.set(key(device, nextHop, destination), { gateway, until: now + KEPT });
  }

  /** The way as it is since a router told of a shorter one. */
  follow(ns: Netns, way: Way, destination: Ipv4): Way {
    const found = this.ways.get(key(way.device, way.nextHop, destination));
    if (found === undefined || ns.cables.now >= found.until) return way;
    const { gateway, until } = found;
    const cause = ns.step(LEVEL.path, way.cause, way.device, "route", undefined, () => ({
      because: `the router ${way.nextHop} told of a shorter way to ${destination}: by ${gateway}`,
      evidence: {
        kind: "route",
        text: `${destination} via ${gateway} dev ${way.device.name} cache <redirected>`,
        command: `ip route get ${destination}`,
      },
    }));
    return { ...way, nextHop: gateway, via: gateway, redirected: { until }, cause };
  }

  /** `ip route flush cache`, and every change of a route. */
  clear(): void {
    this.ways.clear();
  }
}

function key(device: Device, nextHop: Ipv4, destination: Ipv4): string {
  return `${device.index} ${nextHop.bits} ${destination.bits}`;
}

/** Tells the sender of a packet that leaves as it came (ip_rt_send_redirect). */
export function sendRedirect(ns: Netns, arrival: Arrival, packet: Ipv4Packet, { nextHop }: Way, cause: number): void {
  const { now } = ns.cables;
  if (!mayTell(ns.icmpLimit.peer(packet.src, now), now)) return;
  const step = ns.step(LEVEL.path, cause, arrival.device, "icmp error", packet, () => ({
    because: `${packet.src} is on the same link as ${nextHop}: tell it the shorter way`,
    evidence: evidenceOf(ns, arrival.device, "send_redirects"),
  }));
  icmpError(ns, arrival, packet, ICMP.redirect, 1, nextHop.bits, step);
}

/** A router told of a shorter way for the packet it quotes (__ip_do_redirect). */
export function takeRedirect(
  ns: Netns,
  device: Device,
  packet: Ipv4Packet,
  icmp: Icmp,
  quoted: Ipv4Packet,
  cause: number,
): void {
  const gateway = Ipv4.of(icmp.rest >>> 0);
  const way = routeOutput(ns, quoted.dst, quoted.src, null, cause);
  const ignored = (because: string, evidence = evidenceOf(ns, device, "accept_redirects")) =>
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({ because: `no shorter way: ${because}`, evidence }));
  if (way.errno !== null || way.decision.type !== "unicast" || way.decision.nextHop !== packet.src) {
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: `no shorter way: ${packet.src} is not the gateway to ${quoted.dst}`,
    }));
    return;
  }
  const { conf } = ns.sysctls;
  if (conf.of(device, "accept_redirects") === 0) return void ignored("this namespace does not listen to redirects");
  if (gateway === packet.src || gateway.isMulticast || gateway.bits === 0xffffffff || gateway.isZeroNet)
    return void ignored(`${gateway} is no gateway`);
  if (conf.of(device, "shared_media") === 0) {
    if (!isOnLink(ns, device, gateway, packet.src))
      return void ignored(`${gateway} is not on the link`, evidenceOf(ns, device, "shared_media"));
    if (conf.of(device, "secure_redirects") !== 0 && !isGateway(ns, gateway, device))
      return void ignored(`no route here has ${gateway} for a gateway`, evidenceOf(ns, device, "secure_redirects"));
  } else if (ns.tables.local.lookup(gateway) !== null) return void ignored(`${gateway} is an address here`);
  const neighbour = createNeighbour(ns, way.decision.device, gateway);
  if (neighbour === null) return;
  const step = ns.step(LEVEL.path, cause, device, "route", packet, () => ({
    because: neighbour.isValid
      ? `${packet.src} tells of a shorter way to ${quoted.dst}: by ${gateway} from now on, for ${KEPT / SECOND} s`
      : `${packet.src} tells of a shorter way to ${quoted.dst} by ${gateway}: first its MAC is asked, the next redirect is believed`,
    evidence: evidenceOf(ns, device, "accept_redirects"),
  }));
  if (neighbour.isValid) ns.redirects.learn(way.decision, quoted.dst, gateway, ns.cables.now);
  else neighbour.resolve(step);
}

/** Whether any route leads by this gateway and device; its name in the kernel promises more (ip_fib_check_default). */
function isGateway(ns: Netns, gateway: Ipv4, device: Device): boolean {
  for (const table of ns.tables.values())
    for (const route of table.list())
      for (const { via, dev } of route.nexthops ?? [route])
        if (via === gateway && dev === device && dev.up) return true;
  return false;
}
