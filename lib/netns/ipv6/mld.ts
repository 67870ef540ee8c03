// Routers and switches are told which groups a device listens to, whether there are any or not: a report soon after each
// change, and again within a second, for reports get lost. Who is asked (a querier) would answer; there is none here.
// Before you edit: RFC 3810 §6.1, RFC 3590, net/ipv6/mcast.c (igmp6_group_added, igmp6_group_dropped, mld_ifc_event,
// mld_send_cr, mld_send_initial_cr, ipv6_mc_up, ipv6_mc_down, ipv6_mc_dad_complete).
import type { Device } from "../../link/device.ts";
import { NOT_RECORDED } from "../../trace/step.ts";
import { MILLISECOND, SECOND } from "../../trace/world.ts";
import { type Ipv6, ipv6, UNSPECIFIED6 } from "../../wire/address6.ts";
import { MLD_RECORD, type MldRecord, mldReport } from "../../wire/mld.ts";
import type { Ipv6Packet } from "../../wire/packet.ts";
import type { Netns } from "../netns.ts";
import { addUser, dropUser, groupsAnew, questionsFor, type Reports } from "./groups.ts";
import { ndSend } from "./solicit.ts";
import { LEAST_MTU, linkLocalFrom } from "./state.ts";

/** net.ipv6.mld_qrv: a change is told of so many times. */
const ROBUSTNESS = 2;
/** net.ipv6.conf.DEV.mldv2_unsolicited_report_interval. */
const AGAIN_WITHIN = 1 * SECOND;
/** Timers begin two ticks (HZ=250) from now at least. */
const TWO_TICKS = 8 * MILLISECOND;
/** Who routes groups or snoops (mld2_all_mcr). */
const LISTENERS = ipv6("ff02::16");
/** Octets before the records; those of a record without sources; a report is never longer than this (PAGE_SIZE / 2). */
const [HEADERS, RECORD, LONGEST] = [56, 20, 2048];

export function joinGroup(ns: Netns, device: Device, group: Ipv6): void {
  if (addUser(ns.ipv6.of(device), group)) added(ns, device, group);
}

export function leaveGroup(ns: Netns, device: Device, group: Ipv6): void {
  if (dropUser(ns.ipv6.of(device), group)) dropped(ns, device, group);
}

/** Who has an address listens to questions for it (addrconf_join_solict). */
export function joinSolicited(ns: Netns, device: Device, address: Ipv6): void {
  const group = questionsFor(device, address);
  if (group !== null) joinGroup(ns, device, group);
}

export function leaveSolicited(ns: Netns, device: Device, address: Ipv6): void {
  const group = questionsFor(device, address);
  if (group !== null) leaveGroup(ns, device, group);
}

/** An address is added, or the device was away for a moment: everything is told of anew (ipv6_mc_up). */
export function tellAgain(ns: Netns, device: Device): void {
  if (!device.up) return;
  for (const group of ns.ipv6.of(device).groups.joined.keys()) added(ns, device, group);
}

/** The device goes down: nobody hears it, and should it come back with other groups, these are left (ipv6_mc_down). */
export function stopTelling(ns: Netns, device: Device): void {
  const { groups } = ns.ipv6.of(device);
  for (const group of groups.joined.keys()) if (isToldOf(group)) groups.left.set(group, ROBUSTNESS);
  for (const reports of [groups.changes, groups.initial]) reports.timer?.cancel();
}

/** The device has a link-local address now: what was told in nobody's name counts little (ipv6_mc_dad_complete). */
export function tellInOwnName(ns: Netns, device: Device): void {
  const { initial } = ns.ipv6.of(device).groups;
  initial.count = ROBUSTNESS;
  sendInitial(ns, device);
}

/** All groups were told of already: so it is with a device that is read from data. */
export function nothingToTell({ ipv6 }: Netns, device: Device): void {
  const inet = ipv6.of(device);
  const { left, changes, initial } = inet.groups;
  for (const { timer } of [changes, initial]) timer?.cancel();
  left.clear();
  groupsAnew(inet, device, ipv6.fallback);
}

/** What stays within a machine is no router's business. */
function isToldOf(group: Ipv6): boolean {
  return !group.isInterfaceLocalMulticast;
}

function added(ns: Netns, device: Device, group: Ipv6): void {
  const { joined, left } = ns.ipv6.of(device).groups;
  left.delete(group);
  if (!device.up || !isToldOf(group)) return;
  joined.get(group)!.untold = ROBUSTNESS;
  tellOfChanges(ns, device);
}

function dropped(ns: Netns, device: Device, group: Ipv6): void {
  if (!isToldOf(group)) return;
  ns.ipv6.of(device).groups.left.set(group, ROBUSTNESS);
  if (device.up) tellOfChanges(ns, device);
}

/** mld_ifc_event */
function tellOfChanges(ns: Netns, device: Device): void {
  const { changes } = ns.ipv6.of(device).groups;
  changes.count = ROBUSTNESS;
  wait(ns, changes, 0, () => sendChanges(ns, device));
}

function wait(ns: Netns, reports: Reports, within: number, send: () => void): void {
  reports.timer?.cancel();
  const delay = within === 0 ? 0 : Math.floor(ns.cables.random() * within);
  reports.timer = ns.cables.later(TWO_TICKS + delay, send, true);
}

/** mld_send_cr: what was left before what was joined, the newest first. */
function sendChanges(ns: Netns, device: Device): void {
  const { joined, left, changes } = ns.ipv6.of(device).groups;
  const records: MldRecord[] = [];
  for (const [group, untold] of [...left].reverse()) {
    records.push({ type: MLD_RECORD.toInclude, group, sources: [] });
    if (untold > 1) left.set(group, untold - 1);
    else left.delete(group);
  }
  for (const [address, group] of [...joined].reverse()) {
    if (group.untold === 0) continue;
    group.untold--;
    records.push({ type: MLD_RECORD.toExclude, group: address, sources: [] });
  }
  sendRecords(ns, device, records);
  if (--changes.count > 0) wait(ns, changes, AGAIN_WITHIN, () => sendChanges(ns, device));
}

function sendInitial(ns: Netns, device: Device): void {
  const { joined, initial } = ns.ipv6.of(device).groups;
  const groups = [...joined.keys()].reverse().filter(isToldOf);
  sendRecords(
    ns,
    device,
    groups.map((group) => ({ type: MLD_RECORD.toExclude, group, sources: [] })),
  );
  if (--initial.count > 0) wait(ns, initial, AGAIN_WITHIN, () => sendInitial(ns, device));
}

/** mld_sendpack: as many reports as the records need. */
function sendRecords(ns: Netns, device: Device, records: readonly MldRecord[]): void {
  if (device.mtu < LEAST_MTU) return;
  const most = Math.floor((Math.min(device.mtu, LONGEST) - HEADERS) / RECORD);
  for (let at = 0; at < records.length; at += most) {
    const some = records.slice(at, at + most);
    const packet: Ipv6Packet = {
      kind: "ipv6",
      src: linkLocalFrom(ns.ipv6.of(device)) ?? UNSPECIFIED6,
      dst: LISTENERS,
      hopLimit: 1,
      trafficClass: 0,
      flowLabel: 0,
      routerAlert: true,
      body: mldReport(some),
    };
    ndSend(ns, device, packet, NOT_RECORDED, `tell who routes groups: ${some.map(inWords).join(", ")}`);
  }
}

function inWords({ type, group }: MldRecord): string {
  return `${type === MLD_RECORD.toInclude ? "left" : "listens to"} ${group}`;
}
