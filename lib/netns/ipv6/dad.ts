// Duplicate address detection: before an address is used, its link is asked whether anybody has it.
// Before you edit: RFC 4862 §5.4, RFC 7527 (nonce), net/ipv6/addrconf.c (addrconf_dad_begin, addrconf_dad_kick,
// addrconf_dad_work, addrconf_dad_completed, addrconf_dad_stop).
import { type InterfaceAddress6, network6Of } from "../../ip/address6.ts";
import { TABLE } from "../../ip/route.ts";
import type { Route6 } from "../../ip/route6.ts";
import type { Device } from "../../link/device.ts";
import { LEVEL, NOT_RECORDED } from "../../trace/step.ts";
import { SECOND } from "../../trace/world.ts";
import { type Ipv6, Prefix6 } from "../../wire/address6.ts";
import type { Netns } from "../netns.ts";
import { joinSolicited, leaveSolicited, tellInOwnName } from "./mld.ts";
import { isPermanent, peerRoute } from "./prefix-route.ts";
import { solicitRouters } from "./router-solicit.ts";
import { sendDetection, sendUnsolicited } from "./solicit.ts";

const NONCE = 6;

/** An address is new on its device: is it asked for first? (addrconf_dad_start) */
export function beginDad(ns: Netns, device: Device, address: InterfaceAddress6): void {
  const inet = ns.ipv6.of(device);
  const isOff = ns.ipv6.all.accept_dad < 1 && inet.conf.accept_dad < 1;
  if (device.isNoArp || device.kind === "loopback" || isOff || address.noDad || !address.tentative) {
    const wasTentative = address.tentative;
    address.tentative = false;
    address.dadFailed = false;
    return completed(ns, device, address, wasTentative);
  }
  // Without a carrier nobody would hear the question: it waits for one.
  if (inet.ready) kickDad(ns, device, address);
}

/** Asks as often as dad_transmits says, retrans_time_ms apart, and then takes the address; not all begin at one moment. */
export function kickDad(ns: Netns, device: Device, address: InterfaceAddress6): void {
  const inet = ns.ipv6.of(device);
  const nonce = Uint8Array.from({ length: NONCE }, () => Math.floor(ns.cables.random() * 256));
  stopDad(ns, device, address);
  inet.detections.set(address, { timer: null, left: inet.conf.dad_transmits, nonce });
  const { router_solicitation_delay: within } = inet.conf;
  later(ns, device, address, within === 0 ? 0 : Math.floor(ns.cables.random() * within * SECOND));
}

/** Nobody is asked any more: the address went, or its device. */
export function stopDad(ns: Netns, device: Device, address: InterfaceAddress6): void {
  const { detections } = ns.ipv6.of(device);
  detections.get(address)?.timer?.cancel();
  detections.delete(address);
}

function later(ns: Netns, device: Device, address: InterfaceAddress6, delay: number): void {
  const detection = ns.ipv6.of(device).detections.get(address)!;
  detection.timer = ns.cables.later(delay, () => work(ns, device, address));
}

function work(ns: Netns, device: Device, address: InterfaceAddress6): void {
  const detection = ns.ipv6.of(device).detections.get(address);
  if (detection === undefined) return;
  if (detection.left === 0) {
    stopDad(ns, device, address);
    address.tentative = false;
    return completed(ns, device, address, true);
  }
  detection.left--;
  later(ns, device, address, ns.ipv6.of(device).parms.retransmit);
  sendDetection(ns, device, address.local, detection.nonce, NOT_RECORDED);
}

/** Another has the address, or wants it too: it stays tentative until somebody takes it away. */
export function dadFails(ns: Netns, device: Device, address: InterfaceAddress6, why: string, cause: number): void {
  if (address.dadFailed) return;
  stopDad(ns, device, address);
  address.dadFailed = true;
  ns.step(LEVEL.path, cause, device, "drop", undefined, () => ({
    because: `duplicate address detection failed: ${why}, so nothing is sent from it`,
    evidence: {
      kind: "address",
      text: `inet6 ${address.local}/${address.length} dadfailed tentative`,
      command: `ip -6 addr show ${device.name}`,
    },
  }));
}

/** The address is this namespace's own: from now on it is a route, and as a router it answers for its networks. */
function completed(ns: Netns, device: Device, address: InterfaceAddress6, isNew: boolean): void {
  ns.ipv6.table(TABLE.local).insert(hostRoute("local", device, address.local));
  peerRoute(ns, device, address);
  const { conf } = ns.ipv6.of(device);
  if (conf.forwarding !== 0) joinAnycast(ns, device, address);
  const isFirst = address.local.isLinkLocal && isOnlyLinkLocal(ns, device, address);
  if (isFirst) tellInOwnName(ns, device);
  if (isNew && (conf.ndisc_notify !== 0 || ns.ipv6.all.ndisc_notify !== 0))
    sendUnsolicited(ns, device, address.local, `ndisc_notify: everybody is told of the new address`, NOT_RECORDED);
  if (isFirst) solicitRouters(ns, device);
}

/** Whether the device has no other link-local address that is sure and there for ever (ipv6_lonely_lladdr). */
function isOnlyLinkLocal(ns: Netns, device: Device, address: InterfaceAddress6): boolean {
  const { addresses } = ns.ipv6.of(device);
  return !addresses.some(
    (other) => other !== address && other.local.isLinkLocal && !other.tentative && isPermanent(other),
  );
}

export function hostRoute(type: "local" | "anycast", dev: Device, address: Ipv6): Route6 {
  return { type, prefix: new Prefix6(address, 128), via: null, dev, src: null, metric: 0, protocol: "kernel" };
}

/** Routers answer for the first address of their networks (subnet-router anycast, RFC 4291 §2.6.1). */
export function joinAnycast(ns: Netns, device: Device, address: InterfaceAddress6): void {
  const group = anycastOf(address);
  if (group === null) return;
  const { anycast } = ns.ipv6.of(device);
  const users = anycast.get(group) ?? 0;
  anycast.set(group, users + 1);
  if (users > 0) return;
  ns.ipv6.table(TABLE.local).insert(hostRoute("anycast", device, group));
  joinSolicited(ns, device, group);
}

export function leaveAnycast(ns: Netns, device: Device, address: InterfaceAddress6): void {
  const group = anycastOf(address);
  const { anycast } = ns.ipv6.of(device);
  const users = group === null ? 0 : (anycast.get(group) ?? 0);
  if (group === null || users === 0) return;
  if (users > 1) return void anycast.set(group, users - 1);
  anycast.delete(group);
  leaveSolicited(ns, device, group);
  const table = ns.ipv6.table(TABLE.local);
  for (const route of table.of(new Prefix6(group, 128)))
    if (route.type === "anycast" && route.dev === device) table.replace(route, null);
}

function anycastOf(address: InterfaceAddress6): Ipv6 | null {
  if (address.length >= 127) return null;
  const group = network6Of(address).address;
  return group.isUnspecified ? null : group;
}
