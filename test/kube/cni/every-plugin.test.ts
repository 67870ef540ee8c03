// What every plugin must do, and what differs between them by design: hops, MTU. One case file for all.
import { expect } from "chai";
import alea from "seedrandom/lib/alea.js";
import { type Cluster, cluster, PLUGINS } from "../../../lib/kube/cluster.ts";
import { conditionOf, type Node, type Pod } from "../../../lib/kube/shapes.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { deployment } from "../manifests.ts";

/** TTL on one node and between nodes, and the MTU of a pod (facts 2.9; Amazon's network takes 9001). */
const DESIGN: Readonly<Record<string, { readonly same: number; readonly cross: number; readonly mtu: number }>> = {
  "flannel-vxlan": { same: 64, cross: 62, mtu: 1450 },
  "flannel-host-gw": { same: 64, cross: 62, mtu: 1500 },
  // Its program lowers the TTL as well, on both nodes.
  "flannel-udp": { same: 64, cross: 60, mtu: 1472 },
  "bridge-host-gw": { same: 64, cross: 62, mtu: 1500 },
  "calico-bgp": { same: 63, cross: 62, mtu: 1500 },
  "calico-ipip": { same: 63, cross: 62, mtu: 1480 },
  "calico-vxlan": { same: 63, cross: 62, mtu: 1450 },
  weave: { same: 64, cross: 64, mtu: 1376 },
  "weave-sleeve": { same: 64, cross: 64, mtu: 1376 },
  "aws-vpc": { same: 63, cross: 62, mtu: 9001 },
  "gke-routes": { same: 64, cross: 62, mtu: 1460 },
  "gke-alias-ip": { same: 63, cross: 62, mtu: 1460 },
};

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

const pods = ({ server }: Cluster): Pod[] => server.store.list("/registry/pods", "/registry/pods/") as Pod[];

const ipOf = ({ status }: Pod): string => status!.podIP!;

/** Everything a plugin may leave on a machine. */
const STATE = "ip -o link; ip addr; ip route show table all; ip rule; iptables-save; ipset save; bridge link; ip netns";

const stateOf = (k8s: Cluster): string[] =>
  [...k8s.kubelets.keys()].map((name) => sh(k8s, name, STATE).replace(/\[\d+:\d+\]|^# .*$/gm, ""));

for (const { name } of PLUGINS)
  describe(`cni ${name}`, () => {
    const { same, cross, mtu } = DESIGN[name]!;
    const k8s = cluster({ nodes: 2, cni: name, proxy: "none", seed: `case ${name}` });
    const kubectl = k8s.client("kubectl");
    kubectl.create("deployments", "default", deployment("web", 4));
    k8s.settle();
    const [first, ...others] = pods(k8s);
    const near = others.find(({ spec }) => spec.nodeName === first!.spec.nodeName)!;
    const far = others.find(({ spec }) => spec.nodeName !== first!.spec.nodeName)!;
    const ask = (text: string) => sh(k8s, first!.metadata.name, text);

    it("has every node ready", () => {
      const nodes = k8s.server.store.list("/registry/nodes", "/registry/nodes/") as Node[];
      expect(nodes.map((node) => conditionOf(node, "Ready")!.status)).to.deep.equal(["True", "True", "True"]);
    });

    it(`takes a ping to a pod of the same node (ttl ${same}), of another (ttl ${cross}) and to the internet`, () => {
      expect(ask(`ping -c 1 ${ipOf(near)}`)).to.contain(`from ${ipOf(near)}: icmp_seq=1 ttl=${same} `);
      expect(ask(`ping -c 1 ${ipOf(far)}`)).to.contain(`from ${ipOf(far)}: icmp_seq=1 ttl=${cross} `);
      expect(ask("ping -c 1 203.0.113.10")).to.contain(" 0% packet loss");
    });

    it(`lets the largest packet that a pod's MTU of ${mtu} has to another node, and not one octet more`, () => {
      expect(ask("ip link show eth0")).to.contain(` mtu ${mtu} `);
      expect(ask(`ping -c 1 -M do -s ${mtu - 28} ${ipOf(far)}`)).to.contain(" 0% packet loss");
      expect(ask(`ping -c 1 -M do -s ${mtu - 27} ${ipOf(far)}`)).to.contain(`message too long, mtu=${mtu}`);
    });

    it("carries TCP with much data between nodes, and between node and pods", () => {
      const url = `http://${ipOf(far)}:8080/`;
      expect(ask(`curl -s ${url}`)).to.contain(`saw client ${ipOf(first!)}:`);
      expect(sh(k8s, first!.spec.nodeName!, `curl -s ${url}`)).to.contain(`${far.metadata.name} saw client `);
      expect(sh(k8s, near.spec.nodeName!, `curl -s http://${ipOf(near)}:8080/`)).to.contain("saw client ");
    });
  });

describe("cni: any plugin", function () {
  this.timeout(20_000);
  const random = alea("clusters");
  const pick = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  for (const { name } of PLUGINS)
    it(`${name}: all pairs of a random cluster speak by their own addresses, and pods that end leave nothing`, () => {
      const k8s = cluster({ nodes: pick(1, 4), cni: name, proxy: "none", seed: `pairs ${name}` });
      const kubectl = k8s.client("kubectl");
      const nodes = [...k8s.kubelets.keys()].flatMap((node) => Array<string>(pick(0, 3)).fill(node));
      const round = () => {
        for (const [i, nodeName] of [...nodes, "node-1"].entries()) {
          const spec = { nodeName, containers: [{ name: "app", image: "echo" }] };
          kubectl.create("pods", "default", { metadata: { name: `pod-${i}` }, spec });
        }
        k8s.settle();
        const all = pods(k8s);
        for (const from of all)
          for (const to of all) {
            const said = sh(k8s, from.metadata.name, `curl -s http://${ipOf(to)}:8080/`);
            expect(said).to.match(new RegExp(`^${to.metadata.name} saw client ${ipOf(from)}:\\d+\n$`));
          }
        for (const pod of all) kubectl.delete("pods", pod, { gracePeriodSeconds: 0 });
        k8s.settle();
        k8s.lab.runFor(60e9);
        expect(pods(k8s)).to.deep.equal([]);
        return stateOf(k8s);
      };
      // A node's first pods bring what stays: a bridge, a block, an interface. The next ones find it all there.
      expect(round()).to.deep.equal(round());
    });
});
