// Google's two ways: listings as the plugins' sources say they are, and a network that only knows what it was told.
import { expect } from "chai";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { conditionOf, type Node } from "../../../lib/kube/shapes.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

function pod(k8s: Cluster, name: string, nodeName: string): void {
  const spec = { nodeName, containers: [{ name: "app", image: "echo" }] };
  k8s.client("kubectl").create("pods", "default", { metadata: { name }, spec });
  k8s.settle();
}

/** What the network's controller said last of a node, and how often it spoke of any. */
function network(k8s: Cluster, agent: string, name: string): [last: string, calls: number] {
  const { type, status, reason, message } = conditionOf(
    k8s.client("kubectl").get("nodes", null, name) as Node,
    "NetworkUnavailable",
  )!;
  const calls = k8s.server.calls.filter((call) => call.agent === agent && call.verb === "patch");
  return [`${type}=${status} ${reason}: ${message}`, calls.length];
}

describe("cni gke-alias-ip", () => {
  const k8s = cluster({ nodes: 2, cni: "gke-alias-ip", seed: "alias" });
  before(() => {
    pod(k8s, "web", "node-1");
    pod(k8s, "client", "node-2");
  });

  it("gives each pod a cable of its own, with the gateway's address at every end", () => {
    const [veth] = /veth\w+/.exec(sh(k8s, "node-1", "ip link"))!;
    expect(sh(k8s, "web", "ip route")).to.equal(`default via 10.8.1.1 dev eth0 
10.8.1.0/24 via 10.8.1.1 dev eth0 src 10.8.1.2 
10.8.1.1 dev eth0 scope link src 10.8.1.2 
`);
    expect(
      sh(k8s, "node-1", `ip route; ip -o -4 addr show ${veth}`),
    ).to.equal(`default via 10.128.0.1 dev eth0 proto dhcp src 10.128.0.3 metric 1024 
10.8.1.2 dev ${veth} scope host 
10.128.0.1 dev eth0 proto dhcp scope link src 10.128.0.3 metric 1024 
3: ${veth}    inet 10.8.1.1/32 scope global ${veth}\\       valid_lft forever preferred_lft forever
`);
  });

  it("has no room for pods until the network knows of their addresses", () => {
    // Of three nodes that they have none, and then that they have.
    expect(network(k8s, "cloud-node-ipam-controller", "node-1")).to.deep.equal([
      "NetworkUnavailable=False RouteCreated: NodeController create implicit route",
      6,
    ]);
  });

  it("drops what is sent in another's name", () => {
    const spoofed = "ip addr add 10.8.7.7/32 dev eth0; ping -c 1 -W 1 -I 10.8.7.7 10.8.1.2";
    expect(sh(k8s, "client", spoofed)).to.contain("100% packet loss");
    expect(sh(k8s, "vpc", "iptables -nvL FORWARD")).to.match(/ 1 +84 DROP .* source check of nic-/);
  });
});

describe("cni gke-routes", () => {
  const k8s = cluster({ nodes: 2, cni: "gke-routes", seed: "routes" });

  it("has a route for each node, made by a controller and gone with the node", () => {
    const { lab } = k8s;
    expect(network(k8s, "route-controller", "node-2")).to.deep.equal([
      "NetworkUnavailable=False RouteCreated: RouteController created a route",
      6,
    ]);
    const routes = () => sh(k8s, "vpc", "ip route").match(/^10\.8\.\d+\.0\/24 via \S+/gm);
    expect(routes()).to.deep.equal([
      "10.8.0.0/24 via 10.128.0.2",
      "10.8.1.0/24 via 10.128.0.3",
      "10.8.2.0/24 via 10.128.0.4",
    ]);
    k8s.powerOff("node-2");
    const kubectl = k8s.client("kubectl");
    kubectl.delete("nodes", kubectl.get("nodes", null, "node-2")!);
    lab.run();
    expect(routes()).to.deep.equal(["10.8.0.0/24 via 10.128.0.2", "10.8.1.0/24 via 10.128.0.3"]);
  });

  it("wires pods to cbr0, whose MTU is the network's", () => {
    pod(k8s, "web", "node-1");
    expect(sh(k8s, "node-1", "ip link show cbr0")).to.contain("mtu 1460");
    expect(sh(k8s, "web", "ip route")).to.equal(`default via 10.8.1.1 dev eth0 
10.8.1.0/24 dev eth0 proto kernel scope link src 10.8.1.2 
`);
  });
});
