// What a controller did and has not yet seen: until it has, its copy of the world is too old to count in.
// Before you edit: pkg/controller/controller_utils.go (ControllerExpectations, UIDTrackingControllerExpectations).
import { SECOND } from "../../trace/world.ts";

/** ExpectationsTimeout: who never sees it acts again. */
const PATIENCE = 5 * 60 * SECOND;

export class Expectations {
  private readonly waiting = new Map<
    string,
    { creations: number; readonly deletions: Set<string>; readonly since: number }
  >();
  private readonly clock: { readonly now: number };

  constructor(clock: { readonly now: number }) {
    this.clock = clock;
  }

  expect(key: string, creations: number, deletions: Iterable<string> = []): void {
    this.waiting.set(key, { creations, deletions: new Set(deletions), since: this.clock.now });
  }

  /** Seen, or never to be seen because it failed. */
  created(key: string): void {
    const of = this.waiting.get(key);
    if (of !== undefined) of.creations--;
  }

  deleted(key: string, pod: string): void {
    this.waiting.get(key)?.deletions.delete(pod);
  }

  forget(key: string): void {
    this.waiting.delete(key);
  }

  areFulfilled(key: string): boolean {
    const of = this.waiting.get(key);
    if (of === undefined) return true;
    return (of.creations <= 0 && of.deletions.size === 0) || this.clock.now - of.since > PATIENCE;
  }
}
