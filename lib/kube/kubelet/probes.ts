// The probes of a container that runs: the startup probe first, and only after it the others.
// Before you edit: pkg/kubelet/prober/{worker,prober_manager}.go (doProbe, UpdatePodStatus).
import type { Probe } from "../shapes.ts";
import { type Probed, Prober } from "./probe.ts";

export interface ProbeNews {
  /** A failure, as its event says it: `Liveness probe failed: …`. */
  readonly unhealthy: (message: string) => void;
  /** It has started, or is ready, or is no longer. */
  readonly changed: () => void;
  /** It failed so often that the container is to end. */
  readonly dead: (of: "liveness" | "startup") => void;
}

export class ContainerProbes {
  private readonly probed: Probed;
  private readonly news: ProbeNews;
  private readonly probers: Prober[] = [];
  private hasStarted: boolean;
  private answers: boolean;

  constructor(probed: Probed, news: ProbeNews) {
    this.probed = probed;
    this.news = news;
    const { startupProbe, readinessProbe, livenessProbe } = probed.container;
    this.hasStarted = startupProbe === undefined;
    this.answers = readinessProbe === undefined;
    const readiness = this.prober("Readiness", readinessProbe, (isWell) => {
      if (this.answers === isWell) return;
      this.answers = isWell;
      news.changed();
    });
    this.prober("Liveness", livenessProbe, (isWell) => {
      if (!isWell) news.dead("liveness");
    });
    const startup = this.prober("Startup", startupProbe, (isWell) => {
      if (!isWell) return news.dead("startup");
      startup!.stop();
      this.hasStarted = true;
      news.changed();
      readiness?.now();
    });
  }

  get started(): boolean {
    return this.hasStarted;
  }

  get ready(): boolean {
    return this.hasStarted && this.answers;
  }

  stop(): void {
    for (const each of this.probers) each.stop();
  }

  private prober(
    kind: "Readiness" | "Liveness" | "Startup",
    probe: Probe | undefined,
    believed: (isWell: boolean) => void,
  ): Prober | null {
    if (probe === undefined) return null;
    const failed = (why: string) => this.news.unhealthy(`${kind} probe failed: ${why}`);
    const isHeld = () => kind !== "Startup" && !this.hasStarted;
    const prober = new Prober(probe, this.probed, { failed, believed, isHeld });
    this.probers.push(prober);
    return prober;
  }
}
