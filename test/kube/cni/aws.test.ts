// Amazon's VPC CNI: its wiring is what the samples of a real kernel show, and what happens when addresses run out.
import { expect } from "chai";
import type { KubeObject } from "../../../lib/kube/api/object.ts";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { awsVpc, hostVethName } from "../../../lib/kube/cni/aws.ts";
import type { Pod } from "../../../lib/kube/shapes.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { normal } from "../../samples/compare.ts";
import { blocksOf } from "../../samples/goldens.ts";
import { deployment } from "../manifests.ts";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

const pods = ({ server }: Cluster): Pod[] => server.store.list("/registry/pods", "/registry/pods/") as Pod[];

function pod(k8s: Cluster, name: string, nodeName: string): string {
  const spec = { nodeName, containers: [{ name: "app", image: "echo" }] };
  k8s.client("kubectl").create("pods", "default", { metadata: { name }, spec });
  k8s.settle();
  return pods(k8s).find(({ metadata }) => metadata.name === name)!.status!.podIP!;
}

/** As in the sample: pod-a has an address of eth1, pod-b one of eth0, pod-c one of the other node's eth0. */
function sampled(): { k8s: Cluster; names: Record<string, string> } {
  const k8s = cluster({ nodes: 2, cni: awsVpc({ instanceType: "t3.micro" }), proxy: "none", seed: "samples" });
  k8s.lab.machines.get("node-1")!.iptables = { version: "1.8.9", backEnd: "nft" };
  const own = (name: string, device: string) =>
    /inet ([\d.]+)/.exec(sh(k8s, name, `ip -o -4 addr show ${device}`))![1]!;
  pod(k8s, "first", "node-1");
  const a = pod(k8s, "pod-a", "node-1");
  k8s.client("kubectl").delete("pods", pods(k8s).find(({ metadata }) => metadata.name === "first")!);
  k8s.lab.runFor(31e9);
  const [b, c] = [pod(k8s, "pod-b", "node-1"), pod(k8s, "pod-c", "node-2")];
  const veth = (name: string) => hostVethName("eni", { namespace: "default", name });
  const mac = `${k8s.lab.machines.get("node-1")!.root.devices.get(veth("pod-a"))!.mac}`;
  return {
    k8s,
    names: {
      [a]: "10.0.97.30",
      [b]: "10.0.97.159",
      [c]: "10.0.102.98",
      [own("node-1", "eth0")]: "10.0.104.183",
      [own("node-1", "eth1")]: "10.0.98.10",
      [own("node-2", "eth0")]: "10.0.110.5",
      "203.0.113.10": "203.0.113.7",
      [veth("pod-a")]: "eni13dbbff0baa",
      [veth("pod-b")]: "eni91a79f290fe",
      [mac]: "2a:09:74:cd:c4:62",
    },
  };
}

/** The sample's internet, its ARP traffic and its router that is a hop are others; the MACs are chance. */
const LISTINGS = [
  "ip addr",
  "busybox ip addr",
  "ip route",
  "busybox ip route",
  "ip neigh",
  "ip route show table 2",
  "ip rule",
  "sysctl net.ipv4.conf.eth0.rp_filter net.ipv4.conf.all.rp_filter",
  "ip route get 10.0.97.30",
  "ip route get 10.0.102.98 from 10.0.97.30 iif eni13dbbff0baa",
  "ip route get 8.8.8.8 from 10.0.97.159 iif eni91a79f290fe",
  "iptables-legacy-save",
  "iptables-legacy -t nat -nL",
  "iptables-legacy -t mangle -nL PREROUTING",
  "ping -c 1 10.0.97.159",
  "traceroute -n 10.0.97.159",
  "ping -c 1 203.0.113.7",
];

/** Indexes, MACs of cables and what a card has that a veth of the sample stands for. */
function alike(text: string): string {
  return text
    .replace(/^\d+: (eth\d|eni\w+)(@if\d+)?:/gm, "$1:")
    .replace(/qdisc (noqueue|fq_codel)/g, "qdisc any")
    .replace(/ link-netns(id)? \S+/g, "")
    .replace(/link\/ether \S+/g, "link/ether <mac>")
    .replace(/# (Generated|Completed).*\n/g, "")
    .trim();
}

describe("cni aws-vpc", () => {
  const { k8s, names } = sampled();
  const theirs = (text: string) =>
    Object.entries(names).reduce(
      (said, [ours, sample]) => said.replace(new RegExp(`${ours}(?![\\d.])`, "g"), sample),
      text,
    );
  const ours = (text: string) =>
    Object.entries(names).reduce((said, [mine, sample]) => said.replaceAll(sample, mine), text);
  const where: Record<string, string> = { podA: "pod-a", podB: "pod-b", node1: "node-1" };

  for (const block of blocksOf("20-aws-vpc-cni").filter(({ command }) => LISTINGS.includes(command)))
    it(`[${block.where}] # ${block.command}: as a real kernel printed it`, () => {
      const command = ours(block.command).replace("iptables-legacy", "iptables");
      const tables = /-save$/.test(command) ? `${command} -t mangle; ${command} -t nat` : command;
      const said = theirs(sh(k8s, where[block.where]!, tables));
      expect(alike(normal(block, said))).to.equal(alike(normal(block, block.said)));
    });

  it("sends pods of eth1 to other nodes by eth1, to the internet by eth0 in the node's name", () => {
    const [a, c] = ["10.0.97.30", "10.0.102.98"].map(ours);
    expect(sh(k8s, "pod-a", `ping -c 1 ${c}`)).to.contain("ttl=62");
    expect(theirs(sh(k8s, "pod-a", `traceroute -n ${c}`))).to.match(
      / 1 {2}10.0.104.183 .*\n 2 {2}10.0.110.5 .*\n 3 {2}10.0.102.98 /,
    );
    sh(k8s, "pod-a", "ping -c 1 203.0.113.10");
    const [, mark] = new RegExp(`src=${a} dst=203.0.113.10 .* dst=${ours("10.0.104.183")} .* mark=(\\d+)`).exec(
      sh(k8s, "node-1", "conntrack -L"),
    )!;
    expect(mark).to.equal("128");
    const captured = sh(k8s, "node-1", `tcpdump -n -c 1 -i eth1 icmp & ping -c 1 -I ${ours("10.0.98.10")} 10.0.96.1`);
    expect(captured).to.contain(`${ours("10.0.98.10")} > 10.0.96.1: ICMP echo request`);
  });
});

describe("cni aws-vpc: addresses", () => {
  it("attaches an interface when fewer are ready than one has, and takes no more than the type allows", () => {
    const k8s = cluster({ nodes: 1, cni: awsVpc({ instanceType: "t3.small" }), seed: "warm" });
    expect(sh(k8s, "node-1", "ip -br link")).to.not.contain("eth1");
    pod(k8s, "one", "node-1");
    expect(sh(k8s, "node-1", "ip -br link"))
      .to.contain("eth1")
      .and.not.contain("eth2");
  });

  it("leaves pods in ContainerCreating when a node has no address, and takes them when one rested", () => {
    const capacity = { cpu: "4", memory: "8Gi", pods: "110" };
    const k8s = cluster({ nodes: 1, cni: awsVpc({ instanceType: "t3.micro" }), capacity, seed: "full" });
    k8s.client("kubectl").create("deployments", "default", deployment("web", 3));
    k8s.lab.run();
    k8s.lab.runFor(20e9);
    const waiting = pods(k8s).filter(({ status }) => status!.phase === "Pending");
    expect(waiting.map(({ status }) => status!.containerStatuses![0]!.state.waiting!.reason)).to.deep.equal([
      "ContainerCreating",
    ]);
    const events = k8s.server.store.list("/registry/events", "/registry/events/") as (KubeObject & {
      readonly reason: string;
      readonly message: string;
    })[];
    const failed = events.filter(({ reason }) => reason === "FailedCreatePodSandBox");
    expect(failed.at(-1)!.message).to.match(
      /^Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "[0-9a-f]{64}": plugin type="aws-cni" name="aws-cni" failed \(add\): add cmd: failed to assign an IP address to container$/,
    );
    k8s
      .client("kubectl")
      .patch("deployments", k8s.client("kubectl").get("deployments", "default", "web")!, { spec: { replicas: 1 } });
    k8s.settle();
    k8s.lab.runFor(35e9);
    k8s
      .client("kubectl")
      .patch("deployments", k8s.client("kubectl").get("deployments", "default", "web")!, { spec: { replicas: 2 } });
    k8s.settle();
    expect(pods(k8s).map(({ status }) => status!.phase)).to.deep.equal(["Running", "Running"]);
  });

  it("has room for as many pods as the type has addresses", () => {
    const k8s = cluster({ nodes: 1, cni: "aws-vpc" });
    const node = k8s.client("kubectl").get("nodes", null, "node-1") as { status?: { allocatable: { pods: string } } };
    expect(node.status!.allocatable.pods).to.equal("29");
  });

  it("goes out by a NAT gateway with externalSnat, and by the rules of 2017 in the notes' layout", () => {
    const external = cluster({ nodes: 1, cni: awsVpc({ externalSnat: true }), seed: "external" });
    pod(external, "one", "node-1");
    expect(sh(external, "one", "ping -c 1 203.0.113.10")).to.contain(" 0% packet loss");
    expect(sh(external, "node-1", "iptables -t nat -S")).to.not.contain("AWS");
    const old = cluster({ nodes: 1, cni: awsVpc({ layout: "notes" }), seed: "notes" });
    const address = pod(old, "one", "node-1");
    expect(sh(old, "one", "ping -c 1 203.0.113.10")).to.contain(" 0% packet loss");
    expect(sh(old, "node-1", "ip rule")).to.equal(`0:\tfrom all lookup local
512:\tfrom all to ${address} lookup main
1025:\tnot from all to 10.0.0.0/16 lookup main
32765:\tfrom ${/inet ([\d.]+)/.exec(sh(old, "node-1", "ip -4 addr show eth1"))![1]} lookup 2
32766:\tfrom all lookup main
32767:\tfrom all lookup default
`);
    expect(sh(old, "node-1", "ip link")).to.contain(
      `${hostVethName("aws", { namespace: "default", name: "one" })}@if2`,
    );
  });

  it("names cables by the pods' names", () => {
    expect(hostVethName("eni", { namespace: "beta", name: "word-v5-beta-8555cc6dcd-7vbkl" })).to.equal(
      "eni7f18d60d271",
    );
  });
});
