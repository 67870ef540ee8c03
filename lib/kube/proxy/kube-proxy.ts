// kube-proxy on a node of a cluster: it watches Services, EndpointSlices and its node, and writes what they say.
// Before you edit: cmd/kube-proxy/app/server.go, pkg/proxy/runner/bounded_frequency_runner.go, pkg/proxy/node.go.
import { SECOND, type Timer } from "../../trace/world.ts";
import type { Client } from "../controller/client.ts";
import { Informer, keyOf } from "../controller/informer.ts";
import type { Node } from "../shapes.ts";
import { HealthServer } from "./health-server.ts";
import type { Change, NewsReader, ProxyNews } from "./news.ts";
import type { Proxier } from "./proxier.ts";
import type { ProxiedService } from "./service-port.ts";
import { cleanStaleEntries } from "./stale-conntrack.ts";
import type { Place } from "./tool.ts";
import type { Standpoint } from "./topology.ts";
import type { Tracker } from "./tracker.ts";

/** So many changes are kept in mind at most until somebody looks at what the proxy makes of them. */
const MOST_HEARD = 25_000;

/** --iptables-min-sync-period, --ipvs-min-sync-period: changes that come sooner wait for each other. */
const MIN_SYNC_PERIOD = SECOND;
const ZONE = "topology.kubernetes.io/zone";

export class KubeProxy {
  private readonly place: Place;
  private readonly client: Client;
  private readonly tracker: Tracker;
  private readonly node: Informer<Node>;
  private readonly news: ProxyNews;
  private readonly reader: NewsReader;
  private readonly proxier: Proxier;
  private readonly health: HealthServer;
  /** How far of the news the last sync is about, until it was written; else null. */
  private due: number | null = null;
  private zone = "";
  /** The node was moved to another zone: every Service may have other endpoints. */
  private isMoved = false;
  private timer: Timer | null = null;
  private lastSync = Number.NEGATIVE_INFINITY;

  /** `makeProxier` is told where the node stands, now and later; `news` is what all proxies of the cluster hear. */
  constructor(
    place: Place,
    client: Client,
    tracker: Tracker,
    news: ProxyNews,
    makeProxier: (at: Standpoint) => Proxier,
  ) {
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
    this.node = new Informer<Node>(client, "nodes", { fieldSelector: `metadata.name=${nodeName}` }).on((now) =>
      this.moved(now?.metadata.labels?.[ZONE] ?? ""),
    );
    this.node.letGo().start();
    this.news = news;
    this.reader = news.join(client, () => this.syncLater());
    this.syncLater();
  }

  /** It ends; what it wrote stays and goes on working, unless it carried every connection itself. */
  stop(): void {
    this.proxier.stop?.();
    this.health.stop();
    this.node.stop();
    this.reader.stop();
    this.timer?.cancel();
  }

  /** As of the last sync, whether its rules were written by now or not. */
  private localEndpoints(service: string): number {
    if (this.due !== null) this.write();
    const here = [...this.tracker.endpointsOf(service).values()]
      .flat()
      .filter(({ isLocal, ready }) => isLocal && ready);
    return new Set(here.map(({ ip }) => ip)).size;
  }

  private moved(zone: string): void {
    if (zone === this.zone) return;
    if (this.due !== null) this.write();
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
    this.due = this.reader.end;
    this.reader.sleep();
    if (this.proxier.answersHealthChecks) this.health.sync(this.news.healthPorts);
    if (this.proxier.canWait && this.reader.waiting < MOST_HEARD) this.proxier.putOff(this.write);
    else this.write();
  }

  private readonly write = (): void => {
    const { due } = this;
    this.due = null;
    if (due !== null) for (const each of this.reader.take(due)) this.take(each);
    this.proxier.sync(this.isMoved || undefined);
    this.isMoved = false;
    cleanStaleEntries(this.place.ns, this.tracker);
  };

  private take({ now, before }: Change): void {
    const object = (now ?? before)!;
    if ("addressType" in object) this.tracker.setSlice(object, now === null);
    else this.tracker.setService(keyOf(object), now as ProxiedService | null);
  }
}
