// A pod that a node is drained of: asked to go, again while its budget does not allow it, until it is gone.
// Before you edit: staging/src/k8s.io/kubectl/pkg/drain/drain.go (evictPods, deletePods, waitForDelete).
import { SECOND } from "../../trace/world.ts";
import type { Draft } from "../api/object.ts";
import { Failure, isRefusal, Refusal } from "./failure.ts";
import type { Place, Session } from "./session.ts";

/** EvictErrorRetryDelay. */
const RETRY = 5 * SECOND;

/** When all is over, and how that is said. */
export interface Timeout {
  readonly at: number;
  readonly text: string;
}

export class Going {
  failure: Failure | null = null;
  private readonly session: Session;
  private readonly pod: Draft;
  private readonly place: Place;
  private readonly timeout: Timeout;
  /** When it is asked next; null once it was heard. */
  private next: number | null;
  private isGone = false;

  constructor(session: Session, pod: Draft, timeout: Timeout) {
    this.session = session;
    this.pod = pod;
    const { namespace, name } = pod.metadata;
    this.place = { resource: session.server.resource("pods", "")!, namespace, name };
    this.timeout = timeout;
    this.next = session.setting.clock.now;
  }

  /** Does what there is to do now; whether there will be no more. */
  isDone(): boolean {
    if (this.isGone || this.failure !== null) return true;
    const { session, timeout, next } = this;
    const { now } = session.setting.clock;
    if (next !== null && now >= next) this.ask(now);
    else if (next === null && this.hasLeft()) this.left();
    else if (next === null && now >= timeout.at) {
      const { namespace, name } = this.pod.metadata;
      const which = `pod ${JSON.stringify(name)} in namespace ${JSON.stringify(namespace)}`;
      this.failure = new Failure(
        `error when waiting for ${which} to terminate: global timeout reached: ${timeout.text}`,
      );
    }
    return this.isGone || this.failure !== null;
  }

  private ask(now: number): void {
    const { session, place, timeout } = this;
    const { namespace, name } = this.pod.metadata;
    const doing = `error when evicting pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)}`;
    session.out(`evicting pod ${namespace}/${name}\n`);
    if (now >= timeout.at) {
      this.failure = new Failure(`${doing}: global timeout reached: ${timeout.text}`);
      return;
    }
    const grace = session.flags.number("grace-period", -1);
    const deleteOptions = grace < 0 ? {} : { gracePeriodSeconds: grace };
    try {
      if (session.flags.is("disable-eviction")) session.ask("DELETE", place, { body: deleteOptions });
      else {
        const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace }, deleteOptions };
        session.ask("POST", { ...place, subresource: "eviction" }, { body });
      }
      this.next = null;
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      const why = failure.message;
      if (isRefusal(failure, "NotFound")) this.isGone = true;
      else if (isRefusal(failure, "TooManyRequests")) {
        session.err(`${doing} (will retry after 5s): ${why}\n`);
        this.next = now + RETRY;
      } else this.failure = new Failure(`${doing}: ${why}`);
    }
  }

  private hasLeft(): boolean {
    return this.session.find(this.place)?.metadata.uid !== this.pod.metadata.uid;
  }

  private left(): void {
    this.isGone = true;
    this.session.out(`pod/${this.pod.metadata.name} evicted\n`);
  }
}
