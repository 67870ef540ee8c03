// The kernel's timer wheel lets long timers run late, and a busy machine its programs. What then happens must not depend on
// it, or the machine decides.
// Before you edit: kernel/time/timer.c (LVL_START, LVL_GRAN), at CONFIG_HZ=250.
import { CABLE_TIME, type Lab } from "../../lib/lab/lab.ts";
import { receive } from "../../lib/link/forward.ts";
import type { IcmpLimit } from "../../lib/netns/ipv4/icmp-limit.ts";
import { MILLISECOND, SECOND } from "../../lib/trace/world.ts";
import type { Ip } from "../../lib/wire/address.ts";
import type { Case, Result } from "./case.ts";

const TICK = 4 * MILLISECOND;

/** By how much a timer may be late: each level of the wheel reaches eight times as far, and is as much coarser. A machine is busy besides. */
function lateness(delay: number): number {
  let granule = TICK;
  for (let reach = 63 * TICK; delay >= reach; reach *= 8) granule *= 8;
  return delay < TICK ? 0 : Math.max(granule, 2 * TICK);
}

/** All timers of the lab run as late as they may, but not what was set for programs before it began. */
export function lateTimers(lab: Lab): void {
  const exact = lab.later.bind(lab);
  lab.later = (delay, action, background) => exact(lab.now === 0 ? delay : delay + lateness(delay), action, background);
}

/**
 * Every frame is under way for a little less than those before it. Whether the round trip of a segment that goes out again is
 * the shortest so far is decided by microseconds; it then tells nothing of what else is lost (tcp_rack_advance).
 */
export function shorterTrips(lab: Lab): void {
  lab.carry = (device, frame, cause) => {
    const time = CABLE_TIME * (1 - lab.now / (60 * SECOND));
    lab.later(time, () => receive(lab, device, frame, cause));
  };
}

/** How much later than another a call may be made, for the machine is busy and the kernel counts in ticks. */
const CALL_LATENESS = 5;

/**
 * The case with every second call late, and with the others late; the same with pairs and with fours: of two calls near each
 * other one is late and the other not.
 */
export function lateCalls(test: Case): Case[] {
  const late = (isLate: (i: number) => boolean): Case => ({
    ...test,
    traffic: test.traffic.map((each, i) =>
      each.kind === "tcp" && isLate(i) ? { ...each, at: each.at + CALL_LATENESS } : each,
    ),
  });
  return [1, 2, 4].flatMap((bit) => [late((i) => (i & bit) === 0), late((i) => (i & bit) !== 0)]);
}

/** An error more earns its place by so much sooner or later, which is how far calls and ticks may move what came before. */
export function earnedBy(offset: number): (lab: Lab) => void {
  return (lab) => {
    for (const ns of lab.namespaces.values()) {
      move(ns.icmpLimit, offset);
      if (ns.hasIpv6) move(ns.ipv6.icmpLimit, offset);
    }
  };
}

/** Sooner, and later. */
export const ERRORS_MOVED = [-1, 1].map((sign) => earnedBy(sign * (CALL_LATENESS * MILLISECOND + TICK)));

function move<Address extends Ip>(limit: IcmpLimit<Address>, offset: number): void {
  const allow = limit.allow.bind(limit);
  limit.allow = (destination, now, burst, price = SECOND) => allow(destination, now, burst, price + offset);
}

/** Whether the same frames were seen and the same answers given, at whatever time. */
export function isSame(one: Result, other: Result): boolean {
  return seen(one) === seen(other);
}

function seen({ frames, sockets }: Result): string {
  const places = Object.entries(frames).map(([where, list]) => [where, ...list.map(({ text }) => text).sort()]);
  return JSON.stringify([places.sort(), sockets]);
}
