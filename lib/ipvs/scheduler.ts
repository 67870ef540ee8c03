// What a scheduler is: bound to a service it keeps a state, hears of changes to the list, and picks.
// Before you edit: include/net/ip_vs.h (struct ip_vs_scheduler), net/netfilter/ipvs/ip_vs_sched.c.
import type { Ip } from "../wire/address.ts";
import type { Destination } from "./destination.ts";
import type { Service } from "./service.ts";

/** Of a packet that begins a connection, what a scheduler may look at. */
export interface Flow {
  readonly client: Ip;
  readonly clientPort: number;
  readonly virtual: Ip;
}

/** One real server in the explanation of a pick. */
export interface Candidate {
  readonly dest: Destination;
  /** What the scheduler compares, in its own terms. */
  readonly cost: string;
  /** Why it was not taken: a field that failed, and both values; null: it was. */
  readonly lost: { readonly field: string; readonly wanted: string; readonly had: string } | null;
}

/** A scheduler's work for one service. */
export interface Picker {
  /** The real server for a new connection; null: none may be given one. */
  pick(flow: Flow): Destination | null;
  /** Why `pick` will take which one: asked before it, and nothing changes by it. In the order of the list. */
  explain(flow: Flow): readonly Candidate[];
  /** The servers that a virtual address has now, of a scheduler that remembers them. */
  homes?(virtual: Ip): readonly Destination[];
  /** A server was put at the head of the list. */
  added?(): void;
  /** A server was taken out of the list; its `next` and `previous` still say where it was. */
  removed?(dest: Destination): void;
  /** A server's weight or method was edited. */
  updated?(): void;
  /** The service is served by another scheduler now, or gone. */
  release?(): void;
}

export interface Scheduler {
  readonly name: string;
  /** What its flags are called, in the order of SCHED_FLAGS. */
  readonly flags: readonly string[];
  bind(service: Service): Picker;
}

/** A server that may not be given a connection: why not; null: it may. */
export function unusable(dest: Destination): Candidate["lost"] {
  if (dest.weight <= 0) return { field: "weight", wanted: "more than 0", had: `${dest.weight}` };
  if (!dest.isOverloaded) return null;
  return { field: "connections", wanted: `fewer than ${dest.upper}`, had: `${dest.total}` };
}
