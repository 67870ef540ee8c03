// MetalLB in layer 2 mode: who is elected, who answers ARP, and what happens when that one is gone.
import { strict as assert } from "node:assert";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { MetalLb } from "../../../lib/kube/edge/metallb.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { BadInput } from "../../../lib/wire/input.ts";
import { deployment } from "../manifests.ts";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

describe("MetalLB in layer 2 mode", () => {
  let k8s: Cluster;
  let metallb: MetalLb;
  const winner = () => metallb.election("default/web").find(({ excluded }) => excluded === null)?.node;

  before(() => {
    k8s = cluster({ nodes: 3, seed: "metallb" });
    metallb = new MetalLb(k8s);
    k8s.client("kubectl").create("deployments", "default", deployment("web", 2));
    const ports = [{ port: 80, targetPort: 8080 }];
    const spec = { type: "LoadBalancer", selector: { app: "web" }, ports };
    k8s.client("kubectl").create("services", "default", { metadata: { name: "web" }, spec });
    k8s.settle();
  });

  it("the least hash wins, as sha256sum(1) prints it of `node#address`", () => {
    assert.deepEqual(
      metallb.election("default/web").map(({ node, hash }) => [node, hash.slice(0, 8)]),
      [
        ["control-plane", "78b633a4"],
        ["node-1", "a19caaee"],
        ["node-3", "aa180cad"],
        ["node-2", "b91982b6"],
      ],
    );
    assert.equal(winner(), "node-1");
  });

  it("one node alone answers ARP, and no device has the address", () => {
    const said = sh(k8s, "gateway", "arping -c 1 -I eth0 198.51.100.0");
    const { mac } = k8s.kubelets.get("node-1")!.ns.devices.get("eth0")!;
    assert.ok(said.includes(`[${`${mac}`.toUpperCase()}]`));
    assert.match(said, /Received 1 response/);
    assert.equal(sh(k8s, "node-1", "ip addr show to 198.51.100.0"), "");
    assert.match(sh(k8s, "internet", "curl -s -m 3 http://198.51.100.0/"), /^web-/);
  });

  it("when it is gone another one takes over and tells everybody, who then send to it", () => {
    k8s.powerOff("node-1");
    const heard = sh(k8s, "internet", "curl -s -m 3 http://198.51.100.0/");
    assert.equal(heard, "");
    k8s.lab.runFor(6e9);
    assert.equal(winner(), "node-3");
    const { mac } = k8s.kubelets.get("node-3")!.ns.devices.get("eth0")!;
    assert.ok(sh(k8s, "gateway", "ip neigh show 198.51.100.0").includes(`${mac}`));
  });

  it("a cloud's network does not hear ARP", () => {
    assert.throws(() => new MetalLb(cluster({ nodes: 1, cni: "gke-alias-ip" })), BadInput);
  });
});
