// What goes by itself when nobody writes it again: Events, an hour after the last word. A lease in etcd.
// Before you edit: staging/src/k8s.io/apiserver/pkg/storage/etcd3/lease_manager.go, pkg/registry/core/event/storage/storage.go.
import { SECOND } from "../../trace/world.ts";
import type { Surroundings } from "./call.ts";
import type { KubeObject } from "./object.ts";

interface Waiting {
  readonly at: number;
  readonly object: KubeObject;
}

/** Objects of one kind, which all live equally long: who was written first ends first, and one timer is enough. */
export class Expiry {
  private readonly world: Surroundings;
  private readonly lifetime: number;
  private readonly end: (object: KubeObject) => void;
  private waiting: Waiting[] = [];
  private first = 0;

  /** `end` is called with each object, `seconds` after it was written; it may have been written again since. */
  constructor(world: Surroundings, seconds: number, end: (object: KubeObject) => void) {
    this.world = world;
    this.lifetime = seconds * SECOND;
    this.end = end;
  }

  add(object: KubeObject): void {
    this.waiting.push({ at: this.world.now + this.lifetime, object });
    if (this.waiting.length - this.first === 1) this.wait();
  }

  private wait(): void {
    this.world.later(this.waiting[this.first]!.at - this.world.now, () => this.ring(), true);
  }

  private ring(): void {
    const { waiting } = this;
    while (this.first < waiting.length && waiting[this.first]!.at <= this.world.now)
      this.end(waiting[this.first++]!.object);
    if (this.first * 2 > waiting.length) {
      this.waiting = waiting.slice(this.first);
      this.first = 0;
    }
    if (this.first < this.waiting.length) this.wait();
  }
}
