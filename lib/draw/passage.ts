// The way of one packet through the hooks of a namespace, out of the steps of many packets.
import type { Step, What } from "../trace/step.ts";
import { BadInput } from "../wire/input.ts";

/** Which hooks may follow which: on one way they only rise. */
const RANK: Readonly<Record<string, number>> = { PREROUTING: 0, OUTPUT: 0, INPUT: 1, FORWARD: 1, POSTROUTING: 2 };

/** What ends a packet's way here; what is caused by it is the way of another packet. */
const ENDS = new Set<What>(["send", "deliver", "drop", "encapsulate", "decapsulate"]);
const BEGINNINGS = new Set<What>([...ENDS, "icmp error"]);

/** The ways of all packets that came to a hook, in their order: for each its steps in the namespace. */
export function passages(steps: readonly Step[]): Step[][] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const seen = new Set<Step>();
  const found: Step[][] = [];
  const add = (end: Step) => {
    const way = wayTo(end, byId);
    if (!way.some(isAtHook)) return;
    found.push(way);
    for (const step of way) seen.add(step);
  };
  for (const step of steps) if (ENDS.has(step.what) && !isQuestion(step)) add(step);
  // Who waits for a neighbour, or was taken by a target, has no end: the last step at a hook stands for it.
  for (const step of steps.filter(isAtHook).reverse()) if (!seen.has(step)) add(step);
  found.sort((a, b) => a.find(isAtHook)!.id - b.find(isAtHook)!.id);
  // Where some machines have tables, those that have none are not what is asked about.
  const asked = found.filter((way) => way.some((step) => isAtHook(step) && !isUnasked(step)));
  return asked.length > 0 ? asked : found;
}

/** The way of a packet, counted from 1; empty where none came to a hook. Throws BadInput for a packet that did not come. */
export function passage(steps: readonly Step[], packet = 1): Step[] {
  const all = passages(steps);
  if (packet === 1 && all.length === 0) return [];
  const way = all[packet - 1];
  if (way === undefined)
    throw new BadInput("there is no such packet", `${packet}`, `${all.length} came to a hook; the first one is 1.`);
  return way;
}

/** What a title calls the packet. */
export function packetName(packet = 1): string {
  return packet === 1 ? "a packet" : `packet ${packet}`;
}

function wayTo(end: Step, byId: ReadonlyMap<number, Step>): Step[] {
  const way = [end];
  let rank = rankOf(end) ?? Number.POSITIVE_INFINITY;
  for (let at = causeOf(end, byId); at !== undefined; at = causeOf(at, byId)) {
    const before = rankOf(at) ?? rank;
    // IPVS takes a packet out of INPUT, and sends it on by OUTPUT.
    if (at.where.netns !== end.where.netns || BEGINNINGS.has(at.what) || (before > rank && at.what !== "ipvs")) break;
    rank = before;
    way.push(at);
  }
  return way.reverse();
}

function causeOf({ cause }: Step, byId: ReadonlyMap<number, Step>): Step | undefined {
  return cause === null ? undefined : byId.get(cause);
}

function rankOf({ where: { hook } }: Step): number | undefined {
  return hook === undefined ? undefined : RANK[hook];
}

function isAtHook({ where }: Step): boolean {
  return where.hook !== undefined;
}

function isUnasked({ what, because }: Step): boolean {
  return what === "hook" && !because.startsWith("asks ");
}

/** ARP passes no hook: who waits for an answer is not on its way. */
function isQuestion({ what, packet }: Step): boolean {
  return what === "send" && packet !== undefined && "payload" in packet && packet.payload.kind === "arp";
}
