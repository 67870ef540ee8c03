// What is broken on purpose fails as in life, the walk says why, and once mended all is well.
import { expect } from "chai";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { awsVpc } from "../../../lib/kube/cni/aws.ts";
import { FAULTS, type FaultName } from "../../../lib/kube/cni/faults.ts";
import type { CniPlugin } from "../../../lib/kube/cni/plugin.ts";
import type { Pod, Service } from "../../../lib/kube/shapes.ts";
import { reaches } from "../../../lib/notebook/reaches.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

/** An address on each interface, so that b and d are behind eth1. */
const small = awsVpc({ instanceType: "t3.micro" });

const PODS = { a: "node-1", b: "node-1", c: "node-2", d: "node-2" } as const;

/** Two pods on each of two nodes, and their addresses. */
function build(cni: string | CniPlugin): { k8s: Cluster; at: Record<string, string> } {
  const k8s = cluster({ nodes: 2, cni, seed: "faults" });
  for (const [name, nodeName] of Object.entries(PODS)) {
    const spec = { nodeName, containers: [{ name: "app", image: "echo" }] };
    k8s.client("kubectl").create("pods", "default", { metadata: { name, labels: { app: name } }, spec });
    k8s.settle();
  }
  const pods = k8s.server.store.list("/registry/pods", "/registry/pods/") as Pod[];
  return { k8s, at: Object.fromEntries(pods.map(({ metadata: { name }, status }) => [name, status!.podIP!])) };
}

/** Between which pods packets go through, as `ab`. */
function pairs(k8s: Cluster, at: Record<string, string>): string[] {
  const names = Object.keys(PODS);
  const answers = (from: string, to: string) => sh(k8s, from, `ping -c 1 -W 4 ${at[to]}`).includes(" 0% packet loss");
  return names.flatMap((from) => names.flatMap((to) => (from !== to && answers(from, to) ? [from + to] : [])));
}

interface Allocated {
  readonly clusterIP: string;
  readonly ports: readonly { readonly nodePort: number }[];
}

/** A Service for b alone, at its node's port too: the cluster's address of it, and that port. */
function serviceForB(k8s: Cluster): { readonly clusterIP: string; readonly nodePort: number } {
  const ports = [{ port: 80, targetPort: 8080 }];
  const spec = { type: "NodePort", externalTrafficPolicy: "Local", selector: { app: "b" }, ports };
  const made = k8s.client("kubectl").create("services", "default", { metadata: { name: "b" }, spec });
  k8s.settle();
  const { clusterIP, ports: given } = (made as Service).spec as unknown as Allocated;
  return { clusterIP, nodePort: given[0]!.nodePort };
}

const ALL = 12;

interface Case {
  readonly fault: FaultName;
  readonly cni: string | CniPlugin;
  /** Who does not reach whom, and what the walk says. */
  readonly fails: readonly [from: string, to: string];
  readonly why: RegExp;
  /** How many of the twelve pairs are left. */
  readonly left: number;
}

const CASES: readonly Case[] = [
  {
    fault: "static-arp-deleted",
    cni: small,
    fails: ["a", "b"],
    why: /nobody on the link of eth0 has 169.254.1.1/,
    left: 6,
  },
  {
    fault: "wrong-fdb-destination",
    cni: "flannel-vxlan",
    fails: ["a", "c"],
    why: /control-plane.*the frame is for/,
    left: 4,
  },
  {
    fault: "wrong-fdb-destination",
    cni: "calico-vxlan",
    fails: ["b", "d"],
    why: /control-plane.*the frame is for/,
    left: 4,
  },
  {
    fault: "missing-return-route",
    cni: "flannel-host-gw",
    fails: ["a", "c"],
    why: /gateway.*no route to 10.244.1.2/,
    left: 4,
  },
  {
    fault: "missing-return-route",
    cni: "gke-routes",
    fails: ["a", "c"],
    why: /In vpc.*the route says blackhole/,
    left: 4,
  },
  {
    fault: "missing-return-route",
    cni: small,
    fails: ["a", "c"],
    why: /nobody on the link of eth0 has|route says blackhole/,
    left: 8,
  },
];

describe("broken on purpose", function () {
  this.timeout(30_000);

  for (const { fault, cni, fails, why, left } of CASES)
    it(`${fault} with ${typeof cni === "string" ? cni : cni.name}: fails as in life, says why, and is mended`, () => {
      const { k8s, at } = build(cni);
      const [from, to] = fails;
      expect(pairs(k8s, at)).to.have.lengthOf(ALL);
      const symptom = k8s.break(fault);
      expect(symptom).to.match(/\.$/);
      const outcome = reaches(from, at[to]!, k8s.lab);
      expect(outcome.ok).to.equal(false);
      expect(outcome.because).to.match(why);
      expect(pairs(k8s, at)).to.have.lengthOf(left);
      expect(k8s.mend()).to.match(/\n\nWhat had broken it:\n\[[\w-]+\] # /);
      // What was taken for dead is asked for again.
      k8s.lab.runFor(5e9);
      expect(pairs(k8s, at)).to.have.lengthOf(ALL);
    });

  for (const cni of ["flannel-vxlan", "gke-alias-ip"] as const)
    it(`mtu-black-hole with ${cni}: what is small goes through, what is long nowhere, and nobody is told`, () => {
      const { k8s, at } = build(cni);
      const ping = (size: number) => sh(k8s, "a", `ping -c 1 -W 1 -M do -s ${size} ${at.c}`);
      const { mtu } = k8s.lab.netns("a").devices.get("eth0")!;
      expect(ping(mtu - 28)).to.contain(" 0% packet loss");
      k8s.break("mtu-black-hole");
      expect(ping(56)).to.contain(" 0% packet loss");
      expect(ping(mtu - 28))
        .to.contain("100% packet loss")
        .and.not.contain("Frag needed");
      expect(reaches("a", `${at.c}:8080`, k8s.lab).ok).to.equal(true);
      k8s.mend();
      expect(ping(mtu - 28)).to.contain(" 0% packet loss");
    });

  it("strict-rp-filter: a node's port for a pod behind eth1", () => {
    const { k8s, at } = build(small);
    const { nodePort } = serviceForB(k8s);
    const node = k8s.kubelets.get("node-1")!.address;
    expect(reaches("node-2", `${node}:${nodePort}`, k8s.lab).ok).to.equal(true);
    k8s.break("strict-rp-filter");
    const outcome = reaches("node-2", `${node}:${nodePort}`, k8s.lab);
    expect(outcome.because).to.match(/In node-1, at eth0: .*rp_filter/);
    expect(pairs(k8s, at)).to.have.lengthOf(ALL);
    k8s.mend();
    expect(reaches("node-2", `${node}:${nodePort}`, k8s.lab).ok).to.equal(true);
  });

  it("bridge-nf-call-iptables: an answer over the bridge keeps the pod's address", () => {
    const { k8s, at } = build("flannel-vxlan");
    const { clusterIP } = serviceForB(k8s);
    const service = () => reaches("a", `${clusterIP}:80`, k8s.lab);
    expect(service().ok).to.equal(true);
    k8s.break("bridge-nf-call-iptables");
    expect(service().ok).to.equal(false);
    expect(pairs(k8s, at)).to.have.lengthOf(ALL);
    k8s.mend();
    expect(service().ok).to.equal(true);
  });

  it("exhausted-eni-addresses: new pods wait until somebody gives addresses back", () => {
    const k8s = cluster({ nodes: 1, cni: "aws-vpc", seed: "exhausted" });
    const pod = (name: string) => {
      const spec = { containers: [{ name: "app", image: "echo" }] };
      k8s.client("kubectl").create("pods", "default", { metadata: { name }, spec });
      k8s.lab.run();
      k8s.lab.runFor(5e9);
    };
    const phase = (name: string) => (k8s.client("kubectl").get("pods", "default", name) as Pod).status!.phase;
    pod("one");
    k8s.break("exhausted-eni-addresses");
    pod("two");
    expect([phase("one"), phase("two")]).to.deep.equal(["Running", "Pending"]);
    k8s.mend();
    k8s.settle();
    expect(phase("two")).to.equal("Running");
  });

  it("says what a cluster cannot have, and leaves it whole", () => {
    const { k8s, at } = build("gke-alias-ip");
    expect(() => k8s.mend()).to.throw("nothing is broken");
    for (const fault of FAULTS.filter((each) => !["mtu-black-hole", "missing-return-route"].includes(each)))
      expect(() => k8s.break(fault), fault).to.throw("this cluster cannot be broken so");
    expect(() => k8s.break("mtu-blackhole" as FaultName)).to.throw("no fault of this name");
    k8s.break("mtu-black-hole");
    expect(() => k8s.break("missing-return-route")).to.throw("the cluster is broken already");
    k8s.mend();
    expect(pairs(k8s, at)).to.have.lengthOf(ALL);
  });
});
