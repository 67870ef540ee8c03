// kube-proxy on a node of a cluster: it watches Services, EndpointSlices and its node, and writes what they say.
// Before you edit: cmd/kube-proxy/app/server.go, pkg/proxy/runner/bounded_frequency_runner.go, pkg/proxy/node.go.
import { SECOND, type Timer } from "../../trace/world.ts";
import type { Client } from "../controller/client.ts";
import { Informer, keyOf } from "../controller/informer.ts";
import type { Node } from "../shapes.ts";
import { type ProxiedSlice, serviceOf } from "./endpoints.ts";
import { HealthServer } from "./health-server.ts";
import type { Proxier } from "./proxier.ts";
import { haveSamePorts, type ProxiedService, servicePorts } from "./service-port.ts";
import { cleanStaleEntries } from "./stale-conntrack.ts";
import type { Place } from "./tool.ts";
import type { Standpoint } from "./topology.ts";
import type { Tracker } from "./tracker.ts";

/** So many changes are kept in mind at most until somebody looks at what the proxy makes of them. */
const MOST_HEARD = 50_000;

/** --iptables-min-sync-period, --ipvs-min-sync-period: changes that come sooner wait for each other. */
const MIN_SYNC_PERIOD = SECOND;
const ZONE = "topology.kubernetes.io/zone";

export class KubeProxy {
  private readonly place: Place;
  private readonly client: Client;
  private readonly tracker: Tracker;
  private readonly informers: readonly { stop(): void }[];
  private readonly proxier: Proxier;
  private readonly health: HealthServer;
  /** healthCheckNodePort by Service, of those that have one. */
  private readonly healthPorts = new Map<string, number>();
  /** What it heard and did not take in: objects as they are and as they were, by turns. */
  private heard: (ProxiedService | ProxiedSlice | null)[] = [];
  /** How much of it the last sync is about. */
  private due = 0;
  private zone = "";
  /** The node was moved to another zone: every Service may have other endpoints. */
  private isMoved = false;
  private timer: Timer | null = null;
  private lastSync = Number.NEGATIVE_INFINITY;

  /** `makeProxier` is told where the node stands, now and later. */
  constructor(place: Place, client: Client, tracker: Tracker, makeProxier: (at: Standpoint) => Proxier) {
    this.place = place;
    this.client = client;
    this.tracker = tracker;
    const { nodeName } = tracker;
    const zone = () => this.zone;
    this.proxier = makeProxier({
      node: nodeName,
      get zone() {
        return zone();
      },
    });
    this.health = new HealthServer(place, (service) => this.localEndpoints(service));
    const node = new Informer<Node>(client, "nodes", { fieldSelector: `metadata.name=${nodeName}` }).on((now) =>
      this.moved(now?.metadata.labels?.[ZONE] ?? ""),
    );
    const { family } = tracker;
    const services = new Informer<ProxiedService>(client, "services").on((now, before) => {
      if (haveSamePorts(now, before, family)) return;
      this.checkHealth(now, before);
      this.hear(now, before);
    });
    const slices = new Informer<ProxiedSlice>(client, "endpointslices").on((now, before) => {
      if (serviceOf((now ?? before)!, family) !== null) this.hear(now, before);
    });
    this.informers = [node, services, slices];
    for (const each of [node, services, slices]) each.letGo().start();
    this.syncLater();
  }

  /** It ends; what it wrote stays and goes on working, unless it carried every connection itself. */
  stop(): void {
    this.proxier.stop?.();
    this.health.stop();
    for (const each of this.informers) each.stop();
    this.timer?.cancel();
  }

  private hear(now: ProxiedService | ProxiedSlice | null, before: ProxiedService | ProxiedSlice | null): void {
    this.heard.push(now, before);
    this.syncLater();
  }

  private checkHealth(now: ProxiedService | null, before: ProxiedService | null): void {
    const ports = now === null ? [] : servicePorts(now, this.tracker.family);
    const port = ports.find(({ healthCheckNodePort }) => healthCheckNodePort !== 0)?.healthCheckNodePort;
    if (port === undefined) this.healthPorts.delete(keyOf((now ?? before)!));
    else this.healthPorts.set(keyOf(now!), port);
  }

  /** As of the last sync, whether its rules were written by now or not. */
  private localEndpoints(service: string): number {
    if (this.due > 0) this.write();
    const here = [...this.tracker.endpointsOf(service).values()]
      .flat()
      .filter(({ isLocal, ready }) => isLocal && ready);
    return new Set(here.map(({ ip }) => ip)).size;
  }

  private moved(zone: string): void {
    if (zone === this.zone) return;
    if (this.due > 0) this.write();
    this.zone = zone;
    this.isMoved = true;
    this.syncLater();
  }

  private syncLater(): void {
    if (this.timer !== null) return;
    const { clock } = this.client;
    this.timer = clock.later(Math.max(0, this.lastSync + MIN_SYNC_PERIOD - clock.now), () => this.sync());
  }

  private sync(): void {
    this.timer = null;
    this.lastSync = this.client.clock.now;
    this.due = this.heard.length;
    if (this.proxier.answersHealthChecks) this.health.sync(this.healthPorts);
    if (this.proxier.canWait && this.due < MOST_HEARD) this.proxier.putOff(this.write);
    else this.write();
  }

  private readonly write = (): void => {
    const heard = this.heard.splice(0, this.due);
    this.due = 0;
    for (let at = 0; at < heard.length; at += 2) this.take(heard[at]!, heard[at + 1]!);
    this.proxier.sync(this.isMoved || undefined);
    this.isMoved = false;
    cleanStaleEntries(this.place.ns, this.tracker);
  };

  private take(now: ProxiedService | ProxiedSlice | null, before: ProxiedService | ProxiedSlice | null): void {
    const object = (now ?? before)!;
    if ("addressType" in object) this.tracker.setSlice(object, now === null);
    else this.tracker.setService(keyOf(object), now as ProxiedService | null);
  }
}
