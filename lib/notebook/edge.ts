// Verbs about the way from the internet into a cluster: a cloud with its load balancers.
import type { Cluster } from "../kube/cluster.ts";
import { Cloud, type CloudOptions } from "../kube/edge/cloud.ts";
import type { TargetGroup } from "../kube/edge/target-group.ts";
import { BadInput } from "../wire/input.ts";
import { currentCluster } from "./cluster.ts";
import { Table } from "./table.ts";

/** A cloud that shows what it made. */
export class ShownCloud extends Cloud {
  /** Load balancers with their addresses in each zone: where they stand, and what the internet calls them. */
  get loadBalancers(): Table {
    const rows = [...this.balancers].flatMap(([service, { balancer, hostname }]) =>
      balancer.balancer.fronts.map((front) => [
        service,
        balancer.balancer.name,
        balancer.kind,
        front.zone,
        `${front.public}`,
        `${front.address}`,
        hostname,
      ]),
    );
    return new Table(["for", "machine", "kind", "zone", "public address", "private address", "name"], rows);
  }

  /** Who is behind each listener of a Service's load balancer, and how they are: `targets("web")`, `targets("beta/web")`. Throws BadInput when it has none. */
  targets(service: string): Table {
    const rows = [...this.served(service).groups].flatMap(([listener, group]) => targetRows(listener, group));
    return new Table(["listener", "target", "address", "zone", "health", "reason"], rows);
  }

  private served(service: string) {
    const key = service.includes("/") ? service : `default/${service}`;
    const found = this.balancers.get(key);
    if (found === undefined)
      throw new BadInput(
        "this Service has no load balancer",
        service,
        `There are some for: ${[...this.balancers.keys()].join(", ") || "none"}.`,
      );
    return found.balancer;
  }
}

const targetRows = (listener: string, { targets }: TargetGroup): string[][] =>
  [...targets.values()].map(({ name, id, zone, state, reason }) => [listener, name, id, zone, state, reason]);

/**
 * Puts the cluster made last into a cloud: nodes get zones and public addresses (an internet gateway translates them one to
 * one), and from now on Services of type LoadBalancer get load balancers, as annotations and classes say: an NLB with
 * `loadBalancerClass: service.k8s.aws/nlb`, a classic one without. The client outside is the machine `internet`. Throws
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
