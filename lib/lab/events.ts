// What happens next? Frames on cables and timers, in the order of virtual time.
import type { Device } from "../link/device.ts";
import type { DueTimer } from "../trace/world.ts";
import type { Frame } from "../wire/packet.ts";

/**
 * Frames under way. Every cable takes the same time, so they arrive in the order they left and a ring is enough:
 * no heap is paid for what a flooded network does most.
 */
export class Cableway {
  private times: number[] = [];
  private orders: number[] = [];
  private causes: number[] = [];
  private devices: Device[] = [];
  private frames: Frame[] = [];
  private head = 0;
  private tail = 0;

  get isEmpty(): boolean {
    return this.head === this.tail;
  }
  get nextTime(): number {
    return this.head === this.tail ? Number.POSITIVE_INFINITY : this.times[this.head]!;
  }
  get nextOrder(): number {
    return this.orders[this.head]!;
  }

  push(time: number, order: number, device: Device, frame: Frame, cause: number): void {
    const at = this.tail++;
    this.times[at] = time;
    this.orders[at] = order;
    this.causes[at] = cause;
    this.devices[at] = device;
    this.frames[at] = frame;
  }

  /** Takes the next frame and hands it to `arrive`. */
  take(arrive: (device: Device, frame: Frame, cause: number) => void): void {
    const at = this.head++;
    const device = this.devices[at]!;
    const frame = this.frames[at]!;
    const cause = this.causes[at]!;
    // Emptied, the ring begins anew in the same place; half used up, its dead half is cut off.
    if (this.head === this.tail) {
      this.head = 0;
      this.tail = 0;
    } else if (this.head > 4096 && this.head * 2 > this.tail) this.cut();
    arrive(device, frame, cause);
  }

  private cut(): void {
    const { head, tail } = this;
    this.times = this.times.slice(head, tail);
    this.orders = this.orders.slice(head, tail);
    this.causes = this.causes.slice(head, tail);
    this.devices = this.devices.slice(head, tail);
    this.frames = this.frames.slice(head, tail);
    this.tail -= head;
    this.head = 0;
  }
}

const NOTHING = () => {};

class Alarm implements DueTimer {
  readonly time: number;
  readonly order: number;
  action: () => void;
  /** Null for one that keeps no lab from being quiet. */
  private readonly counted: Alarms | null;
  cancelled = false;

  constructor(time: number, order: number, action: () => void, counted: Alarms | null) {
    this.time = time;
    this.order = order;
    this.action = action;
    this.counted = counted;
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    // Until its time it stays in the heap, and should not keep alive what it was for.
    this.action = NOTHING;
    if (this.counted !== null) this.counted.foreground--;
  }
}

/** Timers in a binary heap, the earliest first; of the same time the one set first. */
export class Alarms {
  private readonly heap: Alarm[] = [];
  /** Timers that keep the lab from being quiet. */
  foreground = 0;

  get nextTime(): number {
    this.skipCancelled();
    return this.heap[0]?.time ?? Number.POSITIVE_INFINITY;
  }
  get nextOrder(): number {
    return this.heap[0]!.order;
  }

  set(time: number, order: number, action: () => void, background: boolean): DueTimer {
    const alarm = new Alarm(time, order, action, background ? null : this);
    if (!background) this.foreground++;
    this.heap.push(alarm);
    this.up(this.heap.length - 1);
    return alarm;
  }

  /** Takes the earliest timer and runs it. */
  take(): void {
    const alarm = this.pop();
    const { action } = alarm;
    alarm.cancel();
    action();
  }

  private skipCancelled(): void {
    while (this.heap[0]?.cancelled) this.pop();
  }

  private pop(): Alarm {
    const { heap } = this;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      this.down(0);
    }
    return first;
  }

  private up(start: number): void {
    const { heap } = this;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(heap[at]!, heap[parent]!)) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  private down(start: number): void {
    const { heap } = this;
    let at = start;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const least = right < heap.length && before(heap[right]!, heap[left]!) ? right : left;
      if (!before(heap[least]!, heap[at]!)) return;
      [heap[at], heap[least]] = [heap[least]!, heap[at]!];
      at = least;
    }
  }
}

function before(a: Alarm, b: Alarm): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
