// A packet came in: does it go on, stay here, or can it not be? The same function answers a packet, an ARP question that
// a proxy may answer, and `ip route get ... iif`.
// Before you edit: net/ipv4/route.c (ip_route_input_slow, ip_mkroute_input), fib_frontend.c (fib_validate_source).
import { type Route, usesDevice } from "../../ip/route.ts";
import { routeText } from "../../ip/route-text.ts";
import { DEFAULT_RULES, lookup } from "../../ip/rule.ts";
import type { Device } from "../../link/device.ts";
import { type Evidence, LEVEL, type Tried } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { frameBytes } from "../../wire/bytes.ts";
import type { Ipv4Packet } from "../../wire/packet.ts";
import type { ConfName } from "../devconf.ts";
import type { Netns } from "../netns.ts";
import type { Skb } from "../skb.ts";
import { decide, type NoWay, type Way } from "./decide.ts";
import { inetOf } from "./inet.ts";
import type { AtHand } from "./multipath-keys.ts";

/** A packet that cannot have come that way. Linux drops it without a word, unless log_martians is on. */
export interface Martian {
  readonly type: "martian";
  readonly end: "source" | "destination";
  /** The reverse path filter said so, which counts for itself. */
  readonly by?: "rp_filter";
  readonly because: string;
  readonly evidence?: Evidence;
  readonly tried?: readonly Tried[];
  readonly cause: number;
}

/** To everybody on the link (255.255.255.255): no table is asked. */
export interface ToAll {
  readonly type: "everybody";
  readonly cause: number;
}

export type InputRoute = Way | NoWay | Martian | ToAll;

/** Which way for a packet that came in by a device (ip_route_input_slow); `atHand` is it, or the question of a neighbour. */
export function routeInput(
  ns: Netns,
  device: Device,
  src: Ipv4,
  dst: Ipv4,
  packet: Ipv4Packet | undefined,
  cause: number,
  mark = 0,
  atHand: AtHand | undefined = packet,
): InputRoute {
  const martian = neverTravels(ns, device, src, dst, cause);
  if (martian !== null) return martian;
  if (dst.bits === 0xffffffff || (src.bits === 0 && dst.bits === 0)) {
    const wrong = src.isZeroNet ? null : validateSource(ns, device, src, dst, null, cause, mark).martian;
    return wrong ?? { type: "everybody", cause };
  }
  if (dst.isMulticast) return toGroup(ns, device, src, dst, cause, mark);
  const way = decide(ns, dst, device, null, packet, cause, src, mark, atHand);
  if (way.type === "error") return way;
  if (way.type === "unicast" && !ns.forwards(device)) return way;
  const out = way.type === "unicast" ? way.device : null;
  if (isTrusted(ns, device, src, out)) return way;
  const { martian: wrong, isNear } = validateSource(ns, device, src, dst, out, way.cause, mark);
  if (wrong !== null) return wrong;
  return out === device && isNear && tellsDetours(ns, device, src, way) ? { ...way, detour: true } : way;
}

/**
 * Whether a device listens to the group: each that is up does to 224.0.0.1, others are joined by sockets
 * (ip_check_mc_rcu, ip_mc_up).
 */
export function hasJoined(device: Device, group: Ipv4): boolean {
  return device.up && (group.bits === 0xe0000001 || (device.owner as Netns).sockets.listensTo(device, group));
}

function toGroup(ns: Netns, device: Device, src: Ipv4, group: Ipv4, cause: number, mark: number): InputRoute {
  if (!hasJoined(device, group))
    return { type: "error", errno: "EINVAL", because: `nobody here has joined ${group}`, cause };
  return validateSource(ns, device, src, group, null, cause, mark).martian ?? { type: "everybody", cause };
}

/** Addresses no packet on a cable has, whatever the routes say. */
function neverTravels(ns: Netns, device: Device, src: Ipv4, dst: Ipv4, cause: number): Martian | null {
  const mayTravel = !(src.isMulticast || src.isZeroNet || dst.isZeroNet || src.isLoopback || dst.isLoopback);
  if (mayTravel && src.bits !== 0xffffffff) return null;
  const wrong = (end: Martian["end"], because: string): Martian => ({ type: "martian", end, because, cause });
  if (src.isMulticast || src.bits === 0xffffffff) return wrong("source", `martian source: nobody can send from ${src}`);
  if (dst.bits === 0xffffffff || (src.bits === 0 && dst.bits === 0)) return null;
  if (src.isZeroNet) return wrong("source", `martian source: ${src} is nobody's address`);
  if (dst.isZeroNet) return wrong("destination", `martian destination: ${dst} is nobody's address`);
  if (!(dst.isLoopback || src.isLoopback) || ns.sysctls.conf.of(device, "route_localnet") !== 0) return null;
  const end = dst.isLoopback ? "destination" : "source";
  const because = `martian ${end}: ${dst.isLoopback ? dst : src} never travels on a cable`;
  return { ...wrong(end, because), evidence: evidenceOf(ns, device, "route_localnet") };
}

export function evidenceOf(ns: Netns, device: Device, name: ConfName): Evidence {
  const text = ns.sysctls.conf.text(device, name);
  return { kind: "sysctl", text, command: `sysctl ${text.split(" ")[0]}` };
}

interface Validity {
  readonly martian: Martian | null;
  /** The source is on the link of the device itself. */
  readonly isNear: boolean;
}

const VALID: Validity = { martian: null, isNear: false };

/** The usual case of the check below, without a search for the way back: nobody asks for one, and the source is no own address. */
function isTrusted(ns: Netns, device: Device, src: Ipv4, out: Device | null): boolean {
  const { all } = ns.sysctls.conf;
  const own = inetOf(device).conf;
  if (own.rp_filter !== 0 || all.rp_filter !== 0) return false;
  if (device === out && (own.send_redirects !== 0 || all.send_redirects !== 0)) return false;
  if (own.accept_local !== 0 || all.accept_local !== 0) return true;
  return !ns.hasLocalRoutes && ns.rules === DEFAULT_RULES && !ns.hasAddress(src);
}

/** Whether a packet from `src` can come in by `device`; it leaves by `out`, or stays (fib_validate_source). */
function validateSource(
  ns: Netns,
  device: Device,
  src: Ipv4,
  dst: Ipv4,
  out: Device | null,
  cause: number,
  packetMark: number,
): Validity {
  const { conf } = ns.sysctls;
  const mark = conf.of(device, "src_valid_mark") === 0 ? 0 : packetMark;
  const strictness = conf.of(device, "rp_filter");
  const wrong = (because: string, evidence: Evidence, tried: readonly Tried[] = []): Validity => ({
    martian: { type: "martian", end: "source", because, evidence, tried, cause },
    isNear: false,
  });
  const isOwn = () =>
    wrong(`martian source: ${src} is this namespace's own address`, evidenceOf(ns, device, "accept_local"));
  if (strictness === 0 && (device !== out || conf.of(device, "send_redirects") === 0)) {
    if (conf.of(device, "accept_local") !== 0) return VALID;
    if (!ns.hasLocalRoutes && ns.rules === DEFAULT_RULES)
      return ns.deviceOfAddress(src) === undefined ? VALID : isOwn();
  }
  // The way back: a packet from here to the source, as if it had come in where this one leaves.
  const flow = { dst: src, src: dst, iif: out?.name ?? "lo", oif: null, mark };
  const route = lookup(ns.rules, ns.tables, flow)?.route ?? null;
  const filtered = (because: string, tried: readonly Tried[] = []): Validity => {
    const { martian } = wrong(`rp_filter: ${because}`, evidenceOf(ns, device, "rp_filter"), tried);
    return { martian: { ...martian!, by: "rp_filter" }, isNear: false };
  };
  if (route === null || leadsNowhere(route)) {
    if (strictness === 0) return VALID;
    return filtered(`there is no way back to ${src}`);
  }
  if (route.type === "broadcast")
    return wrong(`martian source: ${src} is a broadcast address`, {
      kind: "route",
      text: routeText(route),
      command: `ip route get ${src}`,
    });
  if (route.type === "local" && conf.of(device, "accept_local") === 0) return isOwn();
  if (usesDevice(route, device) || (route.type === "local" && device.kind === "loopback"))
    return { martian: null, isNear: route.via === null };
  const hasAddress = ns.inet.get(device)!.addresses.length > 0;
  if (strictness === 0 || (strictness !== 1 && hasAddress)) {
    if (!hasAddress) return VALID;
    const own = lookup(ns.rules, ns.tables, { ...flow, oif: device })?.route ?? null;
    return { martian: null, isNear: own?.type === "unicast" && own.via === null };
  }
  const back = routeText(route);
  const loose = strictness === 1 ? "" : `, and ${device.name} has no address`;
  return filtered(`the way back to ${src} is "${back}", not by ${device.name} where it came in${loose}`, [
    { text: back, field: "device", wanted: device.name, had: route.dev?.name ?? "none" },
  ]);
}

function leadsNowhere({ type }: Route): boolean {
  return type !== "unicast" && type !== "local" && type !== "broadcast";
}

/** send_redirects of the device, and the sender can reach the next hop itself. */
function tellsDetours(ns: Netns, device: Device, src: Ipv4, { via, nextHop }: Way): boolean {
  const { conf } = ns.sysctls;
  if (conf.of(device, "send_redirects") === 0) return false;
  if (conf.of(device, "shared_media") !== 0) return true;
  const gateway = via === null ? null : nextHop;
  return isOnLink(ns, device, src, gateway);
}

/** Whether both are in a network of the device (inet_addr_onlink). */
export function isOnLink(ns: Netns, device: Device, one: Ipv4, other: Ipv4 | null): boolean {
  return ns.inet.get(device)!.addresses.some(({ peer, length }) => {
    const isIn = (address: Ipv4) => ((address.bits ^ peer.bits) & maskOf(length)) === 0;
    return isIn(one) && (other === null || isIn(other));
  });
}

function maskOf(length: number): number {
  return length === 0 ? 0 : -1 << (32 - length);
}

/** The drop of a martian, and what the kernel writes to its log if it is told to (ip_handle_martian_source). */
export function dropMartian(ns: Netns, { device, packet, frame }: Skb, martian: Martian): void {
  const { because, evidence, tried, end } = martian;
  const step = ns.step(LEVEL.path, martian.cause, device, "drop", packet, () => ({
    because,
    ...(evidence !== undefined && { evidence }),
    ...(tried !== undefined && tried.length > 0 && { tried }),
  }));
  if (ns.sysctls.conf.of(device, "log_martians") === 0) return;
  const { src, dst } = packet;
  const line =
    end === "source"
      ? `IPv4: martian source ${dst} from ${src}, on dev ${device.name}`
      : `IPv4: martian destination ${dst} from ${src}, dev ${device.name}`;
  ns.kernel.say(() => {
    if (end !== "source" || frame === null || device.isBare) return [line];
    const header = [...frameBytes(frame).subarray(0, 14)].map((octet) => octet.toString(16).padStart(2, "0"));
    return [line, `ll header: 00000000: ${header.join(" ")}`];
  });
  ns.step(LEVEL.path, step, device, "receive", packet, () => ({
    because: `the kernel writes to its log: ${line}`,
    evidence: evidenceOf(ns, device, "log_martians"),
  }));
}
