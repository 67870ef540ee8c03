// Keys that somebody must look at. A key that is added twice is looked at once; one that failed waits longer each time.
// Before you edit: staging/src/k8s.io/client-go/util/workqueue/{queue,delaying_queue,default_rate_limiters}.go.
import { MILLISECOND, SECOND, type Timer } from "../../trace/world.ts";
import { ApiError } from "../api/status.ts";
import type { Client } from "./client.ts";

/** ItemExponentialFailureRateLimiter: 5 ms, doubled with each failure, at most 1000 s. */
const FIRST_RETRY = 5 * MILLISECOND;
const LAST_RETRY = 1000 * SECOND;

export class WorkQueue {
  private readonly client: Client;
  private readonly reconcile: (key: string) => void;
  /** What waits, with the change because of which it was added. */
  private waiting = new Map<string, number | null>();
  private readonly failures = new Map<string, number>();
  private readonly timers = new Map<string, { readonly at: number; readonly timer: Timer }>();
  private scheduled = false;

  /** `reconcile` is level-triggered: it looks at what is, not at what happened. An ApiError it throws is tried again. */
  constructor(client: Client, reconcile: (key: string) => void) {
    this.client = client;
    this.reconcile = reconcile;
  }

  add(key: string): void {
    if (!this.waiting.has(key)) this.waiting.set(key, this.client.server.cause);
    if (this.scheduled) return;
    this.scheduled = true;
    this.client.clock.later(0, () => this.work());
  }

  /** Of several times a key is to be added, the first counts. What is far away does not keep a lab busy. */
  addAfter(key: string, delay: number): void {
    const { clock } = this.client;
    const at = clock.now + delay;
    const known = this.timers.get(key);
    if (known !== undefined && known.at <= at) return;
    known?.timer.cancel();
    const ring = () => {
      this.timers.delete(key);
      this.add(key);
    };
    this.timers.set(key, { at, timer: clock.later(delay, ring, delay >= SECOND) });
  }

  private work(): void {
    this.scheduled = false;
    const { waiting } = this;
    this.waiting = new Map();
    for (const [key, cause] of waiting) this.client.server.because(cause, () => this.attempt(key));
  }

  private attempt(key: string): void {
    try {
      this.reconcile(key);
      this.failures.delete(key);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      const failures = this.failures.get(key) ?? 0;
      this.failures.set(key, failures + 1);
      this.addAfter(key, Math.min(FIRST_RETRY * 2 ** failures, LAST_RETRY));
    }
  }
}
