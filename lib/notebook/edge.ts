// Verbs about the way from the internet into a cluster: a cloud with its load balancers, or MetalLB.
import type { Cluster } from "../kube/cluster.ts";
import { Cloud, type CloudOptions } from "../kube/edge/cloud.ts";
import { flowHash } from "../kube/edge/flows.ts";
import { backendKey } from "../kube/edge/http-balancer.ts";
import { MetalLb, type MetalLbOptions } from "../kube/edge/metallb.ts";
import { INTERNET } from "../kube/underlay.ts";
import { ipv4 } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import { currentCluster } from "./cluster.ts";
import { Spread } from "./services.ts";
import { Table } from "./table.ts";

/** A cloud that shows what it made. */
export class ShownCloud extends Cloud {
  /** Load balancers with their addresses in each zone: where they stand, and what the internet calls them. */
  get loadBalancers(): Table {
    const rows = this.all.flatMap(({ of, kind, balancer, hostname }) =>
      balancer.fronts.map(({ zone, address, public: known }) => [
        of,
        balancer.name,
        kind,
        zone,
        `${known}`,
        `${address}`,
        hostname,
      ]),
    );
    return new Table(["for", "machine", "kind", "zone", "public address", "private address", "name"], rows);
  }

  /** The public name of a load balancer: of a Service `web` or `beta/web`, of an Ingress `ingress shop`, of a Gateway `gateway shop`. Throws BadInput when there is none. */
  name(of: string): string {
    return this.served(of).hostname;
  }

  /** Who is behind each listener or rule of a load balancer, and how they are; named as for `name`. Throws BadInput when there is none. */
  targets(of: string): Table {
    const rows = [...this.served(of).groups].flatMap(([listener, { targets }]) =>
      [...targets.values()].map(({ name, id, zone, state, reason }) => [listener, name, id, zone, state, reason]),
    );
    return new Table(["listener", "target", "address", "zone", "health", "reason"], rows);
  }

  /** The rules of an Ingress or a Gateway in the order they are asked: `rules("ingress shop")`. Throws BadInput when there are none. */
  rules(of: string): Table {
    const { listeners } = this.served(of);
    if (listeners === null) throw new BadInput("no rules of HTTP are there", of, "Ask for an Ingress or a Gateway.");
    const rows = listeners.flatMap(({ port, rules }) =>
      rules.map(({ host, pathType, path, method, headers, queries, backends, from }, i) => [
        `${port}`,
        `${i + 1}`,
        host || "*",
        path === "" ? "every path" : `${pathType} ${path}`,
        [...(method === null ? [] : [method]), ...[...headers, ...queries].map((each) => each.join("="))].join(", "),
        backends.map((each) => `${backendKey(each)}${backends.length > 1 ? ` × ${each.weight}` : ""}`).join(", "),
        from,
      ]),
    );
    return new Table(["port", "#", "host", "path", "besides", "leads to", "from"], rows);
  }

  /**
   * Which target the flow hash of a Service's NLB gives so many connections of the client `internet`, half of them to the
   * address of each zone when there are two, as its name is resolved. Nothing is sent. Throws BadInput for what has no NLB.
   */
  spread(of: string, count: number): Spread {
    const { balancer, groups, kind } = this.served(of);
    if (kind !== "nlb") throw new BadInput("no network load balancer", of, "Only that one picks by a hash.");
    const [[listener = "", group] = []] = groups;
    const { lab } = this.gateway;
    const src = ipv4(INTERNET);
    const dstPort = Number(listener.split(" ")[1]);
    const names = Array.from({ length: count }, (_, i) => {
      const front = balancer.fronts[i % balancer.fronts.length]!;
      const { from } = group!.choices(front.zone);
      const words = { kind: "tcp", srcPort: 1024 + lab.below(64512), dstPort, seq: lab.below(2 ** 32) } as const;
      return from[flowHash(src, front.address, words) % from.length]?.name ?? null;
    });
    return new Spread(names, `${count.toLocaleString("en")} connections from the internet to ${of}`);
  }

  private get all() {
    const http = [...this.http.balancers].map(([of, { balancer, hostname }]) => {
      const { groups, listeners } = balancer;
      return { of, kind: "alb", balancer: balancer.balancer, hostname, groups, listeners };
    });
    const services = [...this.balancers].map(([of, { balancer, hostname }]) => {
      const { kind, groups } = balancer;
      return { of, kind, balancer: balancer.balancer, hostname, groups, listeners: null };
    });
    return [...services, ...http];
  }

  private served(of: string) {
    const [name = "", kind = ""] = of.split(" ").toReversed();
    const key = `${kind === "" ? "" : `${kind} `}${name.includes("/") ? name : `default/${name}`}`;
    const { all } = this;
    const found = all.find((each) => each.of === key);
    if (found !== undefined) return found;
    const known = all.map((each) => each.of).join(", ") || "none";
    throw new BadInput("nothing of this name has a load balancer", of, `There are some for: ${known}.`);
  }
}

/**
 * Puts the cluster made last into a cloud: nodes get zones and public addresses (an internet gateway translates them one to
 * one), and from now on Services of type LoadBalancer get load balancers, as annotations and classes say: an NLB with
 * `loadBalancerClass: service.k8s.aws/nlb`, a classic one without; Ingresses of class `alb` get one that reads HTTP, and so do
 * Gateways where the Gateway API is installed (`cluster({ gatewayApi: true })`). The client outside is the machine `internet`. Throws
 * BadInput for a node that is not there.
 *
 * @example
 * const aws = cloud({ zones: { "node-1": "us-east-1a", "node-2": "us-east-1b" } });
 * kubectl("expose deployment web --type=LoadBalancer --port=80 --target-port=8080");
 * k8s.settle();
 * aws.targets("web")
 */
export function cloud(options: CloudOptions = {}, k8s: Cluster = currentCluster()): ShownCloud {
  const made = new ShownCloud(k8s, options);
  k8s.settle();
  return made;
}

/** MetalLB that shows its elections. */
export class ShownMetalLb extends MetalLb {
  /** Who announces a Service's address and why: nodes by the hash of their name and the address. Throws BadInput for a Service without one. */
  candidates(service: string): Table {
    const key = service.includes("/") ? service : `default/${service}`;
    const candidates = this.election(key);
    if (candidates.length === 0)
      throw new BadInput(
        "MetalLB gave this Service no address",
        service,
        `It has given some to: ${[...this.addresses.keys()].join(", ") || "none"}.`,
      );
    const winner = candidates.find(({ excluded }) => excluded === null);
    const rows = candidates.map((each) => [
      each.node,
      each.hash.slice(0, 16),
      each === winner ? "announces it" : (each.excluded ?? "loses: its hash is greater"),
    ]);
    return new Table(["node", `sha256(node#${this.addresses.get(key)})`, "so it"], rows);
  }
}

/**
 * Puts MetalLB in layer 2 mode into the cluster made last: Services of type LoadBalancer get addresses of a pool, and for
 * each one node answers ARP, elected by a hash. Throws BadInput where the cluster's network is a cloud's, which knows no ARP.
 *
 * @example
 * const metal = metallb({ pool: "198.51.100.0/28" });
 * kubectl("expose deployment web --type=LoadBalancer --port=80 --target-port=8080");
 * k8s.settle();
 * metal.candidates("web")
 */
export function metallb(options: MetalLbOptions = {}, k8s: Cluster = currentCluster()): ShownMetalLb {
  const made = new ShownMetalLb(k8s, options);
  k8s.settle();
  return made;
}
