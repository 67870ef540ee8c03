// MetalLB in layer 2 mode: a controller gives Services of type LoadBalancer addresses of a pool, and speakers on the nodes
// elect who answers ARP for each. All of a Service's packets so come to one node.
// Before you edit: github.com/metallb/metallb speaker/layer2_controller.go (ShouldAnnounce, sortL2Candidates),
// controller/service.go (convergeBalancer), internal/speakerlist/speakerlist.go.
import { createHash } from "node:crypto";
import { MILLISECOND, SECOND } from "../../trace/world.ts";
import { Ipv4, ipv4, prefix4 } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";
import type { Cluster } from "../cluster.ts";
import { run } from "../cni/plugin.ts";
import { unlessGone } from "../controller/client.ts";
import { EventRecorder } from "../controller/events.ts";
import { Informer, keyOf } from "../controller/informer.ts";
import type { EndpointSlice, Node } from "../shapes.ts";
import { type BalancedService, mayCarry, serviceOfSlice } from "./service-balancer.ts";
import { Speaker } from "./speaker.ts";

export interface MetalLbOptions {
  /** The addresses it may give away, as `198.51.100.0/28`; the routers outside lead them to the cluster's network. */
  readonly pool?: string;
}

/** One node in the election for an address. */
export interface Candidate {
  readonly node: string;
  /** Hexadecimal; the least wins. */
  readonly hash: string;
  /** Why it is no candidate; null: it is. */
  readonly excluded: string | null;
}

const POOL = "198.51.100.0/28";
const CLASS = "metallb.io/metallb";
/** So long until the others take a silent speaker for dead (memberlist's probes, which are no packets here). */
const SUSPICION = 4 * SECOND;
const REACTION = 10 * MILLISECOND;

export class MetalLb {
  /** Addresses by Service, `namespace/name`. */
  readonly addresses = new Map<string, Ipv4>();
  private readonly k8s: Cluster;
  private readonly pool: readonly Ipv4[];
  private readonly speakers = new Map<string, Speaker>();
  /** Speakers that fell silent, and when the others noticed. */
  private readonly silent = new Map<string, number>();
  private readonly events: EventRecorder;
  private readonly spoken: EventRecorder;
  private readonly nodes: Informer<Node>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly services: Informer<BalancedService>;
  private isDue = false;

  /** Throws BadInput for what is no network, and where the network between machines is a cloud's. */
  constructor(k8s: Cluster, { pool = POOL }: MetalLbOptions = {}) {
    const { exit } = k8s.underlay;
    if (exit.router !== "gateway")
      throw new BadInput("a cloud's network asks nobody by ARP who has an address", exit.router, "Use cloud().");
    const network = prefix4(pool);
    if (network.length < 24)
      throw new BadInput("a pool of more addresses than a lab needs", pool, `Write it like ${POOL}.`);
    this.k8s = k8s;
    this.pool = Array.from({ length: 2 ** (32 - network.length) }, (_, i) => Ipv4.of(network.address.bits + i));
    run(k8s.lab, k8s.lab.netns(exit.router), `ip route add ${network} dev eth0`);
    run(k8s.lab, k8s.lab.netns("internet"), `ip route add ${network} via 203.0.113.1`);
    for (const [name, { ns }] of k8s.kubelets) this.speakers.set(name, new Speaker(k8s.lab, ns, "eth0"));
    const client = k8s.client("metallb-controller");
    this.events = new EventRecorder(client, "metallb-controller");
    this.spoken = new EventRecorder(client, "metallb-speaker");
    this.nodes = new Informer<Node>(client, "nodes").on((now, before) => {
      if (now === null || before === null || mayCarry(now) !== mayCarry(before)) this.later();
    });
    this.slices = new Informer<EndpointSlice>(client, "endpointslices").on(() => this.later());
    this.services = new Informer<BalancedService>(client, "services").on(() => this.later());
    for (const each of [this.nodes, this.slices, this.services]) each.start();
    this.probe();
  }

  /** The nodes in the order of the election for a Service's address: the first that is no excluded one announces it. */
  election(key: string): Candidate[] {
    const address = this.addresses.get(key);
    const service = this.services.get(key);
    if (address === undefined || service === undefined) return [];
    const serving = new Set(this.servingNodes(key));
    const isLocal = service.spec.externalTrafficPolicy === "Local";
    return [...this.speakers.keys()]
      .map((node) => ({ node, hash: electionHash(node, address), excluded: this.exclusion(node, isLocal, serving) }))
      .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  }

  private exclusion(name: string, isLocal: boolean, serving: ReadonlySet<string>): string | null {
    const node = this.nodes.get(name);
    if (this.silent.has(name)) return "its speaker is silent";
    if (node === undefined || !mayCarry(node)) return "not Ready, or excluded by a label";
    if (serving.size === 0) return "the Service has no ready endpoint at all";
    return isLocal && !serving.has(name) ? "no ready endpoint on it, and externalTrafficPolicy is Local" : null;
  }

  private servingNodes(key: string): string[] {
    return [...this.slices.objects.values()]
      .filter((slice) => serviceOfSlice(slice) === key)
      .flatMap(({ endpoints }) =>
        (endpoints ?? []).flatMap((each) => (each.conditions.ready ? [each.nodeName ?? ""] : [])),
      );
  }

  private later(): void {
    if (this.isDue) return;
    this.isDue = true;
    this.k8s.lab.later(REACTION, () => {
      this.isDue = false;
      this.sync();
    });
  }

  /** Whether each speaker is there; nobody waits for it. */
  private probe(): void {
    const { lab, kubelets } = this.k8s;
    for (const name of this.speakers.keys()) {
      if (kubelets.has(name) || this.silent.has(name)) continue;
      this.silent.set(name, lab.now);
      lab.later(SUSPICION, () => this.sync(), true);
    }
    lab.later(SECOND, () => this.probe(), true);
  }

  private sync(): void {
    for (const [key, address] of this.addresses) {
      const service = this.services.get(key);
      if (service !== undefined && isServed(service)) continue;
      for (const speaker of this.speakers.values()) speaker.withdraw(address);
      this.addresses.delete(key);
    }
    for (const service of this.services.objects.values()) if (isServed(service)) this.serve(service);
  }

  private serve(service: BalancedService): void {
    const key = keyOf(service);
    const address = this.addresses.get(key) ?? this.allocate(service);
    if (address === null) return;
    this.addresses.set(key, address);
    const winner = this.election(key).find(({ excluded }) => excluded === null)?.node;
    for (const [name, speaker] of this.speakers) {
      if (name === winner) this.announce(service, name, speaker, address);
      else speaker.withdraw(address);
    }
    if (service.status?.loadBalancer?.ingress?.[0]?.ip === `${address}`) return;
    const status = { ...service.status, loadBalancer: { ingress: [{ ip: `${address}` }] } };
    unlessGone(() =>
      this.k8s.client("metallb-controller").update("services", { ...service, status } as BalancedService, "status"),
    );
  }

  private announce(service: BalancedService, name: string, speaker: Speaker, address: Ipv4): void {
    if (speaker.announces(address)) return;
    speaker.announce(address);
    const said = `announcing from node "${name}" with protocol "layer2"`;
    this.spoken.event(service, "Normal", "nodeAssigned", said);
  }

  private allocate(service: BalancedService): Ipv4 | null {
    const taken = new Set(this.addresses.values());
    const known = service.status?.loadBalancer?.ingress?.[0]?.ip;
    const free = this.pool.find((each) => !taken.has(each) && (known === undefined || each === ipv4(known)));
    if (free === undefined) {
      this.events.event(
        service,
        "Warning",
        "AllocationFailed",
        `Failed to allocate IP for "${keyOf(service)}": no available IPs`,
      );
      return null;
    }
    this.events.event(service, "Normal", "IPAllocated", `Assigned IP ["${free}"]`);
    return free;
  }
}

const isServed = ({ spec }: BalancedService): boolean =>
  spec.type === "LoadBalancer" && (spec.loadBalancerClass === undefined || spec.loadBalancerClass === CLASS);

/** All speakers count the same, so they need not ask each other. */
const electionHash = (node: string, address: Ipv4): string =>
  createHash("sha256").update(`${node}#${address}`).digest("hex");
