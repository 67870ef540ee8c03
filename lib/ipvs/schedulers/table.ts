// Schedulers that look a hash up in a table of servers: how they explain themselves.
import type { Destination } from "../destination.ts";
import { type Candidate, unusable } from "../scheduler.ts";
import type { Service } from "../service.ts";

/** Every server with the number of its buckets; the one whose bucket the hash is, and why it may not be used. */
export function looked(
  service: Service,
  table: readonly (Destination | null)[],
  bucket: number,
  taken: Destination | null,
): readonly Candidate[] {
  const owner = table[bucket];
  return [...service.destinations()].map((dest) => {
    const owned = table.reduce((count, each) => count + (each === dest ? 1 : 0), 0);
    const cost = `${owned} of ${table.length} buckets`;
    if (dest === taken) return { dest, cost, lost: null };
    const other = { field: "bucket", wanted: `${bucket}`, had: owner === null ? "nobody's" : "another's" };
    return { dest, cost, lost: dest === owner ? (unusable(dest) ?? other) : other };
  });
}
