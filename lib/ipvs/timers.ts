// When connections end. A queue for each length of time: what starts later ends later, so starting anew is to go to the
// end of a queue, and a million connections cost one timer a queue.
// Before you edit: net/netfilter/ipvs/ip_vs_conn.c (__ip_vs_conn_put_timer, ip_vs_conn_expire_now).
import type { Net } from "./net.ts";

/** What has a timer. */
export interface Timed {
  /** When it ends, in nanoseconds. */
  expires: number;
  queue: Queue | null;
  after: Timed | null;
  before: Timed | null;
}

/** Those that started with one length, the first to end at the head. */
class Queue {
  readonly length: number;
  head: Timed | null = null;
  tail: Timed | null = null;
  isArmed = false;

  constructor(length: number) {
    this.length = length;
  }
}

export class Timers {
  private readonly net: Net;
  private readonly queues = new Map<number, Queue>();
  private readonly expire: (timed: Timed) => void;

  constructor(net: Net, expire: (timed: Timed) => void) {
    this.net = net;
    this.expire = expire;
  }

  /** It ends after so many nanoseconds from now on. */
  start(timed: Timed, length: number): void {
    this.stop(timed);
    let queue = this.queues.get(length);
    if (queue === undefined) {
      queue = new Queue(length);
      this.queues.set(length, queue);
    }
    timed.expires = this.net.now + length;
    timed.queue = queue;
    timed.before = queue.tail;
    if (queue.tail === null) queue.head = timed;
    else queue.tail.after = timed;
    queue.tail = timed;
    if (!queue.isArmed) this.arm(queue);
  }

  stop(timed: Timed): void {
    const { queue, before, after } = timed;
    if (queue === null) return;
    if (before === null) queue.head = after;
    else before.after = after;
    if (after === null) queue.tail = before;
    else after.before = before;
    timed.queue = null;
    timed.before = null;
    timed.after = null;
  }

  private arm(queue: Queue): void {
    queue.isArmed = true;
    this.net.later(queue.head!.expires - this.net.now, () => {
      queue.isArmed = false;
      for (let due = queue.head; due !== null && due.expires <= this.net.now; due = queue.head) {
        this.stop(due);
        this.expire(due);
      }
      if (queue.head !== null && !queue.isArmed) this.arm(queue);
    });
  }
}
