// kube-proxy on a node of a cluster: it watches Services, EndpointSlices and its node, and writes what they say.
// Before you edit: cmd/kube-proxy/app/server.go, pkg/proxy/runner/bounded_frequency_runner.go, pkg/proxy/node.go.
import { SECOND, type Timer } from "../../trace/world.ts";
import type { Client } from "../controller/client.ts";
import { Informer, keyOf } from "../controller/informer.ts";
import type { Node } from "../shapes.ts";
import type { ProxiedSlice } from "./endpoints.ts";
import type { Proxier } from "./proxier.ts";
import type { ProxiedService } from "./service-port.ts";
import { cleanStaleEntries } from "./stale-conntrack.ts";
import type { Place } from "./tool.ts";
import type { Standpoint } from "./topology.ts";
import type { Tracker } from "./tracker.ts";

/** --iptables-min-sync-period, --ipvs-min-sync-period: changes that come sooner wait for each other. */
const MIN_SYNC_PERIOD = SECOND;
const ZONE = "topology.kubernetes.io/zone";

export class KubeProxy {
  private readonly place: Place;
  private readonly client: Client;
  private readonly tracker: Tracker;
  private readonly informers: readonly { stop(): void }[];
  private readonly proxier: Proxier;
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
    const node = new Informer<Node>(client, "nodes", { fieldSelector: `metadata.name=${nodeName}` }).on((now) =>
      this.moved(now?.metadata.labels?.[ZONE] ?? ""),
    );
    const services = new Informer<ProxiedService>(client, "services").on((now, before) => {
      if (tracker.setService(keyOf((now ?? before)!), now)) this.syncLater();
    });
    const slices = new Informer<ProxiedSlice>(client, "endpointslices").on((now, before) => {
      if (tracker.setSlice((now ?? before)!, now === null)) this.syncLater();
    });
    this.informers = [node, services, slices];
    for (const each of [node, services, slices]) each.start();
    this.syncLater();
  }

  /** It ends; what it wrote stays and goes on working. */
  stop(): void {
    for (const each of this.informers) each.stop();
    this.timer?.cancel();
  }

  private moved(zone: string): void {
    if (zone === this.zone) return;
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
    this.proxier.sync(this.isMoved || undefined);
    this.isMoved = false;
    cleanStaleEntries(this.place.ns, this.tracker);
  }
}
