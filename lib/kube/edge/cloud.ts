// A cloud around a cluster: nodes have zones and public addresses, and Services of type LoadBalancer get load balancers.
// Before you edit: staging/src/k8s.io/cloud-provider/controllers/service/controller.go (syncService, nodeSyncLoop).
import { SECOND } from "../../trace/world.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";
import type { Cluster } from "../cluster.ts";
import { unlessGone } from "../controller/client.ts";
import { EventRecorder } from "../controller/events.ts";
import { Informer, keyOf } from "../controller/informer.ts";
import type { EndpointSlice, Node } from "../shapes.ts";
import { INTERNET } from "../underlay.ts";
import { ClassicBalancer } from "./classic-balancer.ts";
import { InternetGateway } from "./exit.ts";
import { HttpController } from "./http-controller.ts";
import { machineName, publicName, REGION } from "./names.ts";
import { NetworkBalancer } from "./network-balancer.ts";
import {
  askedOf,
  type BalancedService,
  balancedPorts,
  mayCarry,
  NotServed,
  type ServiceBalancer,
  serviceOfSlice,
  ZONE,
  zoneOf,
} from "./service-balancer.ts";

export interface CloudOptions {
  /** Zones of nodes, as `{ "node-1": "us-east-1a", "node-2": "us-east-1b" }`; else all are in us-east-1a. */
  readonly zones?: Readonly<Record<string, string>>;
}

/** How long the cloud takes for a change. */
const API_TIME = SECOND;

interface Served {
  readonly balancer: ServiceBalancer;
  readonly hostname: string;
}

export class Cloud {
  readonly gateway: InternetGateway;
  /** Load balancers of Services by `namespace/name`. */
  readonly balancers = new Map<string, Served>();
  /** Public addresses of nodes by their names. */
  readonly publicAddresses = new Map<string, Ipv4>();
  /** Load balancers of Ingresses and Gateways. */
  readonly http: HttpController;
  private readonly nodes: Informer<Node>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly k8s: Cluster;
  private readonly services: Informer<BalancedService>;
  private readonly events: EventRecorder;
  private readonly due = new Set<string>();

  /** Throws BadInput for a node that is not there. */
  constructor(k8s: Cluster, { zones = {} }: CloudOptions = {}) {
    for (const name of Object.keys(zones))
      if (!k8s.kubelets.has(name))
        throw new BadInput("no node of this name", name, `There are: ${[...k8s.kubelets.keys()].join(", ")}.`);
    this.k8s = k8s;
    this.gateway = new InternetGateway(k8s.lab, k8s.underlay.exit);
    const resolver = new TextEncoder().encode(`nameserver ${INTERNET}\n`);
    k8s.lab.machines.get("internet")!.files.set("/etc/resolv.conf", resolver);
    const client = k8s.client("cloud-controller-manager");
    this.events = new EventRecorder(client, "service-controller");
    for (const [name, { address }] of k8s.kubelets) {
      const zone = zones[name] ?? `${REGION}a`;
      const labels = { [ZONE]: zone, "topology.kubernetes.io/region": REGION };
      client.patch("nodes", client.get("nodes", null, name)!, { metadata: { labels } });
      const known = this.gateway.publish(address);
      this.publicAddresses.set(name, known);
      const status = { addresses: [{ type: "ExternalIP", address: `${known}` }] };
      client.patch("nodes", client.get("nodes", null, name)!, { status }, { subresource: "status" });
    }
    this.nodes = new Informer<Node>(client, "nodes").on((now, before) => {
      const stays =
        now !== null && before !== null && mayCarry(now) === mayCarry(before) && zoneOf(now) === zoneOf(before);
      if (!stays) for (const key of this.services.objects.keys()) this.later(key);
    });
    this.slices = new Informer<EndpointSlice>(client, "endpointslices").on((now, before) =>
      this.later(serviceOfSlice((now ?? before)!)),
    );
    this.services = new Informer<BalancedService>(client, "services").on((now, before) =>
      this.later(keyOf((now ?? before)!)),
    );
    for (const each of [this.nodes, this.slices, this.services]) each.start();
    this.http = new HttpController(k8s, this.gateway);
  }

  private later(key: string): void {
    if (this.due.has(key)) return;
    this.due.add(key);
    this.k8s.lab.later(API_TIME, () => {
      this.due.delete(key);
      this.sync(key);
    });
  }

  private sync(key: string): void {
    const service = this.services.get(key);
    if (service?.spec.type !== "LoadBalancer") return this.remove(key);
    try {
      const asked = askedOf(service);
      if (asked === null) return this.remove(key);
      if (this.balancers.get(key)?.balancer.kind !== asked.kind) this.remove(key);
      const served = this.balancers.get(key) ?? this.make(key, service, asked.kind);
      const slices = [...this.slices.objects.values()].filter((each) => serviceOfSlice(each) === key);
      served.balancer.set(balancedPorts(service, asked, [...this.nodes.objects.values()], slices));
      this.publish(service, served.hostname);
    } catch (failure) {
      if (!(failure instanceof NotServed)) throw failure;
      const said = `Error syncing load balancer: failed to ensure load balancer: ${failure.message}`;
      this.events.event(service, "Warning", "SyncLoadBalancerFailed", said);
    }
  }

  private make(key: string, service: BalancedService, kind: "nlb" | "elb"): Served {
    this.events.event(service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer");
    const zones = [...new Set([...this.nodes.objects.values()].filter(mayCarry).map(zoneOf))].sort();
    const balancer = this.gateway.attach(machineName(kind, service), zones);
    if (balancer === null) throw new NotServed("TooManyLoadBalancers");
    const hostname = publicName(this.gateway.lab, kind, service);
    const made = kind === "nlb" ? NetworkBalancer : ClassicBalancer;
    const served = { balancer: new made(this.gateway, balancer), hostname };
    this.balancers.set(key, served);
    this.k8s.publicNames.set(
      hostname,
      balancer.fronts.map((front) => `${front.public}`),
    );
    return served;
  }

  private remove(key: string): void {
    const served = this.balancers.get(key);
    if (served === undefined) return;
    this.balancers.delete(key);
    served.balancer.stop();
    this.k8s.publicNames.set(served.hostname, []);
    const service = this.services.get(key);
    if (service !== undefined) this.write(service, {});
  }

  private publish(service: BalancedService, hostname: string): void {
    if (service.status?.loadBalancer?.ingress?.[0]?.hostname === hostname) return;
    this.write(service, { ingress: [{ hostname }] });
    this.events.event(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer");
  }

  private write(service: BalancedService, loadBalancer: object): void {
    const client = this.k8s.client("service-controller");
    unlessGone(() => {
      const { namespace, name } = service.metadata;
      const now = client.get("services", namespace!, name) as BalancedService | undefined;
      if (now === undefined) return;
      const changed: BalancedService = { ...now, status: { ...now.status, loadBalancer } };
      client.update("services", changed, "status");
    });
  }
}
