// The ports at which kube-proxy says whether pods of a Service are on its node: healthCheckNodePort, for load balancers.
// Before you edit: pkg/proxy/healthcheck/service_health.go, pkg/proxy/endpointschangetracker.go (LocalReadyEndpoints).
import type { Process } from "../../lab/process.ts";
import { type HttpAnswer, httpServer } from "../../lab/programs.ts";
import type { Place } from "./tool.ts";

interface Open {
  readonly port: number;
  readonly process: Process;
}

export class HealthServer {
  private readonly place: Place;
  private readonly localEndpoints: (service: string) => number;
  /** By the Service's `namespace/name`. */
  private readonly open = new Map<string, Open>();

  /** `localEndpoints` says how many ready endpoints of a Service are on this node, when somebody asks. */
  constructor(place: Place, localEndpoints: (service: string) => number) {
    this.place = place;
    this.localEndpoints = localEndpoints;
  }

  /** Listens at these ports by Service, and at no others. Where one is taken nobody answers for its Service. */
  sync(wanted: ReadonlyMap<string, number>): void {
    for (const [service, { port, process }] of this.open) {
      if (wanted.get(service) === port) continue;
      process.kill(0);
      this.open.delete(service);
    }
    const { lab, ns } = this.place;
    for (const [service, port] of wanted) {
      if (this.open.has(service)) continue;
      const program = httpServer(ns, { port, program: "kube-proxy", reply: () => this.answer(service) });
      this.open.set(service, { port, process: lab.start("kube-proxy", { ns, out: () => {}, err: () => {} }, program) });
    }
  }

  stop(): void {
    this.sync(new Map());
  }

  private answer(service: string): HttpAnswer {
    const [namespace, name] = service.split("/");
    const localEndpoints = this.localEndpoints(service);
    return {
      status: localEndpoints > 0 ? 200 : 503,
      headers: {
        "Content-Type": "application/json",
        "X-Content-Type-Options": "nosniff",
        "X-Load-Balancing-Endpoint-Weight": `${localEndpoints}`,
      },
      body: JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy: true }, null, "\t"),
    };
  }
}
