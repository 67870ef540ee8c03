// Questions to a list of steps.
import type { Evidence, Step, What } from "./step.ts";

/** The steps of one walk, to be filtered and asked. Every filter gives a new trace; steps keep their ids. */
export class Trace {
  readonly steps: readonly Step[];
  private readonly byId: ReadonlyMap<number, Step>;

  constructor(steps: readonly Step[], byId: ReadonlyMap<number, Step> = new Map(steps.map((step) => [step.id, step]))) {
    this.steps = steps;
    this.byId = byId;
  }

  /** Steps of these kinds: `trace.of("route", "drop")`. */
  of(...what: What[]): Trace {
    return this.filter((step) => what.includes(step.what));
  }

  /** Steps in a namespace, or at one of its devices: `trace.at("web", "eth0")`. */
  at(netns: string, device?: string): Trace {
    return this.filter(({ where }) => where.netns === netns && (device === undefined || where.device === device));
  }

  filter(keep: (step: Step) => boolean): Trace {
    return new Trace(this.steps.filter(keep), this.byId);
  }

  /** Why did this step come about? Its causes, the first one first, and itself last. */
  why(step: Step | number): Step[] {
    const chain: Step[] = [];
    let at = this.byId.get(typeof step === "number" ? step : step.id);
    while (at !== undefined) {
      chain.unshift(at);
      at = at.cause === null ? undefined : this.byId.get(at.cause);
    }
    return chain;
  }

  /** Where packets ended, each with its reason. */
  get drops(): readonly Step[] {
    return this.of("drop").steps;
  }

  /** What decided, without repetition: routes, neighbours, fdb entries, sysctls, ... */
  get evidence(): readonly Evidence[] {
    const seen = new Map<string, Evidence>();
    for (const { evidence } of this.steps)
      if (evidence !== undefined) seen.set(`${evidence.kind} ${evidence.text}`, evidence);
    return [...seen.values()];
  }
}
