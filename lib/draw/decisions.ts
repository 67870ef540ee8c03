// Which steps belong to one routing decision: the policy rules asked in turn, the tables they name, and the route.
import type { Step, Tried, Where } from "../trace/step.ts";
import { inner } from "./packet.ts";

/** A route that was looked at. */
export interface Candidate {
  readonly text: string;
  /** Prefix length; -1 when the text names no network. */
  readonly length: number;
  /** The network's bits, when the text names one. */
  readonly bits?: number;
  readonly chosen: boolean;
  readonly why: string;
}

/** One table, asked because a rule named it. */
export interface Lookup {
  /** What came of it. */
  readonly because: string;
  readonly command: string;
  /** The rule that named the table, unless it is one of those that every machine has. */
  readonly rule?: string;
  /** Longest prefix first. */
  readonly candidates: readonly Candidate[];
  readonly decided: boolean;
}

/** Where a packet goes: the tables asked, the last of them with the route that decided. */
export interface Decision {
  readonly where: Where;
  readonly destination?: string;
  readonly because: string;
  readonly lookups: readonly Lookup[];
  readonly decided: boolean;
}

/** The decisions among the steps, in their order. */
export function decisionsOf(steps: readonly Step[]): Decision[] {
  const groups: Step[][] = [];
  const groupOf = new Map<number, Step[]>();
  for (const step of steps) {
    // IPv6 tells the choice of a source as a step of its own: no route is asked for.
    if ((step.what !== "ip rule" && step.what !== "route") || step.evidence?.kind === "address") continue;
    const group = (step.cause === null ? undefined : groupOf.get(step.cause)) ?? [];
    if (group.length === 0) groups.push(group);
    group.push(step);
    // A route ends its decision; what it causes is another one.
    if (step.what === "ip rule") groupOf.set(step.id, group);
  }
  return groups.map(decisionOf).filter((decision) => decision.lookups.length > 0);
}

function decisionOf(group: readonly Step[]): Decision {
  const last = group[group.length - 1] as Step;
  const destination = group.map(destinationOf).find((each) => each !== undefined);
  const lookups = group
    .filter((step) => step.what === "route" || (step.tried?.length ?? 0) > 0)
    .map((step): Lookup => {
      const candidates = candidatesOf(step);
      const decided = candidates.some((each) => each.chosen);
      const asked = group.find((each) => each.id === step.cause && each.what === "ip rule")?.evidence?.text;
      const rule = asked === undefined || /^(0|32766|32767):/.test(asked) ? {} : { rule: asked.replaceAll("\t", " ") };
      return { because: step.because, command: step.evidence?.command ?? "ip route", ...rule, candidates, decided };
    });
  return {
    where: last.where,
    ...(destination === undefined ? {} : { destination }),
    because: last.because,
    lookups,
    decided: last.what === "route" && last.evidence !== undefined,
  };
}

/** The destination is the packet's; before there is one, every route that failed says what it was compared with. */
function destinationOf(step: Step): string | undefined {
  const body = step.packet && inner(step.packet);
  if (body?.kind === "ipv4" || body?.kind === "ipv6") return body.dst.text;
  return step.tried?.find((tried) => tried.field === "destination")?.had;
}

function candidatesOf(step: Step): Candidate[] {
  const all = (step.tried ?? []).map(
    (tried): Candidate => ({ ...networkOf(tried.text), text: tried.text, chosen: false, why: reason(tried) }),
  );
  if (step.what === "route" && step.evidence !== undefined)
    all.push({ ...networkOf(step.evidence.text), text: step.evidence.text, chosen: true, why: "decides" });
  return all
    .map((each, i) => ({ each, i }))
    .sort((a, b) => b.each.length - a.each.length || a.i - b.i)
    .map(({ each }) => each);
}

function reason(tried: Tried): string {
  if (tried.field === "destination") return `${tried.had} is not in ${tried.wanted}`;
  if (tried.field === "prefix length") return `matches, but ${tried.had} is shorter than ${tried.wanted}`;
  return `${tried.field}: wanted ${tried.wanted}, had ${tried.had}`;
}

/** The network at the beginning of a route's text, after its type if it says one. */
export function networkOf(text: string): { length: number; bits?: number } {
  const [, network = ""] =
    /^(?:(?:local|broadcast|anycast|multicast|blackhole|unreachable|prohibit|unicast|throw) )?(\S+)/.exec(
      text.slice(0, 200),
    ) ?? [];
  if (network === "default") return { length: 0, bits: 0 };
  // At least two colons: the priority of a rule, "1536:", is no network.
  const [six] = /^[0-9a-f]*:[0-9a-f.]*:[0-9a-f:.]*(?:\/\d{1,3})?$/.exec(network) ?? [];
  if (six !== undefined) return { length: Number(six.split("/")[1] ?? 128) };
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(network);
  if (match === null) return { length: -1 };
  const [a, b, c, d] = match.slice(1, 5).map(Number) as [number, number, number, number];
  return {
    length: match[5] === undefined ? 32 : Number(match[5]),
    bits: ((a << 24) | (b << 16) | (c << 8) | d) >>> 0,
  };
}
