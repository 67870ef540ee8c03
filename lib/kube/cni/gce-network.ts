// Google's virtual network: machines with addresses of their own alone, and a controller that tells the network which
// pods are behind which machine, by a route or as alias addresses.
// Before you edit: staging/src/k8s.io/cloud-provider/controllers/{route/route_controller,node/node_controller}.go,
// github.com/kubernetes/cloud-provider-gcp pkg/controller/nodeipam/ipam/cloud_cidr_allocator.go, facts 2.7.
import type { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine.ts";
import { SECOND } from "../../trace/world.ts";
import { Ipv4, ipv4 } from "../../wire/address.ts";
import { type Client, unlessGone } from "../controller/client.ts";
import { Informer } from "../controller/informer.ts";
import type { Node } from "../shapes.ts";
import type { Exit, Underlay } from "../underlay.ts";
import { CloudFabric, type NetworkInterface } from "./cloud-fabric.ts";
import { run } from "./plugin.ts";

const PODS = "10.8.0.0/14";
const NODES = "10.128.0.0/20";
const GATEWAY = "10.128.0.1";
const MTU = 1460;
/** How long the cloud takes for a route. */
const ROUTE_TIME = SECOND;

/** `routes`: the network has a route for each machine, and lets it forward. `alias`: the pods' addresses are its own. */
export type PodDelivery = "routes" | "alias";

const SAYS: Record<PodDelivery, string> = {
  routes: "RouteController created a route",
  alias: "NodeController create implicit route",
};

export class GceNetwork implements Underlay {
  readonly clusterCidr = PODS;
  readonly allocatesNodeCidrs = true;
  readonly capacity = {};
  readonly fabric: CloudFabric;
  /** Of each machine by its name: its interface, and what is delivered to it. */
  private readonly interfaces = new Map<string, NetworkInterface>();
  private readonly delivered = new Map<string, string>();
  private readonly lab: Lab;
  private readonly delivery: PodDelivery;

  constructor(lab: Lab, delivery: PodDelivery) {
    this.lab = lab;
    this.delivery = delivery;
    const checksSource = delivery === "alias";
    this.fabric = new CloudFabric(lab, {
      networks: [NODES, PODS],
      gateway: GATEWAY,
      mtu: MTU,
      prefix: "nic",
      checksSource,
    });
  }

  get exit(): Exit {
    return this.fabric.exit;
  }

  connect(machine: Machine): string {
    const address = `${Ipv4.of(ipv4(GATEWAY).bits + 1 + this.interfaces.size)}`;
    const made = this.fabric.attach(machine, "eth0", address);
    this.interfaces.set(machine.name, made);
    const host = (line: string) => run(this.lab, machine.root, line);
    // By DHCP: no neighbour is on the wire, everything goes to the gateway.
    host(`ip addr add ${address}/32 dev eth0`);
    host(`ip route add ${GATEWAY} dev eth0 proto dhcp scope link src ${address} metric 1024`);
    host(`ip route add default via ${GATEWAY} dev eth0 proto dhcp src ${address} metric 1024`);
    this.fabric.publish(made);
    return address;
  }

  /** A node's pods are delivered once the network knows of them; until then nothing is scheduled there. */
  start(client: Client): void {
    const agent = client.as(this.delivery === "routes" ? "route-controller" : "cloud-node-ipam-controller");
    new Informer<Node>(agent, "nodes")
      .on((now, before) => {
        const { name } = (now ?? before)!.metadata;
        if (now === null) return this.withdraw(name);
        if (before === null) this.say(agent, now, "True", "NoRouteCreated", "Node created without a route");
        if (now.spec.podCIDR === undefined || before?.spec.podCIDR !== undefined) return;
        this.lab.later(ROUTE_TIME, () => this.deliver(agent, now, now.spec.podCIDR!));
      })
      .start();
  }

  private deliver(client: Client, node: Node, podCIDR: string): void {
    const { name } = node.metadata;
    this.delivered.set(name, podCIDR);
    this.fabric.assign(this.interfaces.get(name)!, podCIDR);
    this.say(client, node, "False", "RouteCreated", SAYS[this.delivery]);
  }

  private withdraw(name: string): void {
    const podCIDR = this.delivered.get(name);
    this.delivered.delete(name);
    if (podCIDR !== undefined) this.fabric.unassign(this.interfaces.get(name)!, podCIDR);
  }

  private say(client: Client, node: Node, status: "True" | "False", reason: string, message: string): void {
    const { time } = client.clock;
    const at = { lastHeartbeatTime: time, lastTransitionTime: time };
    const conditions = [{ type: "NetworkUnavailable", status, reason, message, ...at }];
    unlessGone(() => client.patch("nodes", node, { status: { conditions } }, { subresource: "status" }));
  }
}
