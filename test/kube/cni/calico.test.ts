// Calico: its wiring is what the samples of a real kernel show, its rules have the hashes that the real Felix gave them,
// and routes come by BGP. goldens/felix-vxlan.iptables is felix/fv/cali-iptables-dump.txt of projectcalico/calico
// (commit 87c15906, Apache-2.0).
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { type BgpMessage, bgpBytes, readBgp } from "../../../lib/kube/cni/calico/bgp-message.ts";
import { chainName, ruleHashes, vethOf } from "../../../lib/kube/cni/calico/names.ts";
import { staticTables, type Tunnel, tableText } from "../../../lib/kube/cni/calico/rules.ts";
import { calico } from "../../../lib/kube/cni/calico.ts";
import type { CniPlugin } from "../../../lib/kube/cni/plugin.ts";
import type { Pod } from "../../../lib/kube/shapes.ts";
import { buildInternet, type Underlay } from "../../../lib/kube/underlay.ts";
import type { Lab } from "../../../lib/lab/lab.ts";
import type { Machine } from "../../../lib/lab/machine.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { ipv4, prefix4 } from "../../../lib/wire/address.ts";
import { normal } from "../../samples/compare.ts";
import { blocksOf } from "../../samples/goldens.ts";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

function pod(k8s: Cluster, name: string, nodeName: string): string {
  const spec = { nodeName, containers: [{ name: "app", image: "echo" }] };
  k8s.client("kubectl").create("pods", "default", { metadata: { name }, spec });
  k8s.settle();
  return (k8s.client("kubectl").get("pods", "default", name) as Pod).status!.podIP!;
}

/** A MAC of a tunnel is calculated; those of the sample's pods are chance. */
const alike = (text: string): string =>
  text
    .replace(/^\d+: (\w+)(@\w+)?:/gm, "$1:")
    .replace(/qdisc (noqueue|fq_codel)/g, "qdisc any")
    .replace(/ link-netns(id)? \S+/g, "")
    .replace(/(link\/ether|lladdr|at|has) (?!ee:ee)[0-9a-f:]{17}/g, "$1 <mac>")
    .trim();

/** The sample's tunl0 had no address before it was needed. */
const withoutTunnel = (text: string): string => text.replace(/^tunl0.*\n(?: {4}.*\n)*/gm, "");

interface Sampled {
  readonly k8s: Cluster;
  readonly names: Readonly<Record<string, string>>;
}

const crossSubnet = calico("calico-ipip-cross-subnet", { ipip: "CrossSubnet", vxlan: "Never" });
const crossSubnetVxlan = calico("calico-vxlan-cross-subnet", { ipip: "Never", vxlan: "CrossSubnet" });

/** Machines in two networks by turns, 192.168.0.0/24 and 192.168.1.0/24, with a router between them that knows no pods. */
class TwoNetworks implements Underlay {
  readonly clusterCidr = "10.244.0.0/16";
  readonly allocatesNodeCidrs = true;
  readonly capacity = {};
  readonly exit = { router: "gateway", device: "eth2", publicOf: () => undefined, open: () => {} };
  private readonly lab: Lab;
  private machines = 0;

  constructor(lab: Lab) {
    this.lab = lab;
    lab.node("gateway").forward();
    for (const each of [0, 1]) {
      lab.node(`switch-${each}`).bridge("sw0");
      this.plug("gateway", `eth${each}`, each, 1);
    }
    buildInternet(lab, "gateway", "eth2");
  }

  connect({ name }: Machine): string {
    const network = this.machines % 2;
    const host = 10 + this.machines++;
    const { lab } = this;
    this.plug(name, "eth0", network, host);
    runShell(lab, place(lab, name), `ip route add default via 192.168.${network}.1`);
    return `192.168.${network}.${host}`;
  }

  start(): void {}

  private plug(machine: string, device: string, network: number, host: number): void {
    const { lab } = this;
    lab.wire(machine, device, `switch-${network}`, machine);
    runShell(lab, place(lab, `switch-${network}`), `ip link set ${machine} master sw0`);
    runShell(lab, place(lab, machine), `ip addr add 192.168.${network}.${host}/24 brd + dev ${device}`);
  }
}

function sampled(cni: string | CniPlugin): Sampled {
  const k8s = cluster({ nodes: 2, cni, proxy: "none", seed: "samples" });
  const [a, b, c] = [pod(k8s, "pod-a", "node-1"), pod(k8s, "pod-b", "node-1"), pod(k8s, "pod-c", "node-2")];
  const block = (name: string) => /blackhole ([\d.]+)\/26/.exec(sh(k8s, name, "ip route"))![1]!;
  return {
    k8s,
    names: {
      [a]: "192.168.221.65",
      [b]: "192.168.221.66",
      [c]: "192.168.99.129",
      [block("node-1")]: "192.168.221.64",
      [block("node-2")]: "192.168.99.128",
      [vethOf("default", "pod-a")]: "cali0d7763386da",
      [vethOf("default", "pod-b")]: "cali0761ccbeace",
      "192.168.0.11": "192.168.10.11",
      "192.168.0.12": "192.168.10.12",
      "192.168.0.1 ": "192.168.10.1 ",
      "192.168.0.0/24": "192.168.10.0/24",
      "192.168.0.255": "192.168.10.255",
    },
  };
}

const translated = (names: Readonly<Record<string, string>>, text: string): string =>
  Object.entries(names).reduce((said, [ours, theirs]) => said.replaceAll(ours, theirs), text);

const LISTINGS: Readonly<Record<string, readonly string[]>> = {
  "NO-ENCAP (BGP)": ["ip addr", "ip route", "ping -c 1 192.168.99.129", "ping -c 1 192.168.221.66", "ip rule"],
  "IPIP Always": ["ip addr show tunl0", "ip -d link show tunl0", "ip route", "ping -c 1 192.168.99.129"],
};

describe("cni calico: the samples", () => {
  for (const [section, cni] of [
    // Addresses and MTU of that part of the sample are of a pool that tunnels where it must.
    ["NO-ENCAP (BGP)", crossSubnet],
    ["IPIP Always", "calico-ipip"],
  ] as const) {
    let lab: Sampled;
    before(() => {
      lab = sampled(cni);
    });
    const where: Readonly<Record<string, string>> = { pA: "pod-a", pB: "pod-b", n1: "node-1", n2: "node-2" };
    for (const block of blocksOf("30-calico").filter(
      (each) => each.section === section && LISTINGS[section]!.includes(each.command),
    ))
      it(`${section}: [${block.where}] # ${block.command}: as a real kernel printed it`, () => {
        const { k8s, names } = lab;
        const back = Object.fromEntries(Object.entries(names).map(([ours, theirs]) => [theirs, ours]));
        const said = translated(names, sh(k8s, where[block.where]!, translated(back, block.command)));
        const plain = (text: string) => {
          const same = alike(normal(block, text));
          // The sample had two nodes, and blocks that lie otherwise: the kernel dumps routes by address.
          const own = same.replace(/^10\.244\.\d+\.\d+\/26 via .*\n/gm, "").split("\n");
          if (block.command === "ip addr show tunl0") return same;
          const lines = own.map((line) => line.trimEnd());
          return withoutTunnel((block.command === "ip route" ? lines.sort() : lines).join("\n"));
        };
        expect(plain(said)).to.equal(plain(block.said));
      });
  }

  it("answers a pod's ARP question for a gateway that nobody has, and drops what is for an address of its block that is free", () => {
    const { k8s } = sampled("calico-bgp");
    const a = sh(k8s, "pod-a", "tcpdump -nei eth0 arp -c 2 & ping -c 1 203.0.113.10");
    expect(a).to.match(/Request who-has 169\.254\.1\.1 tell 10\.\S+, length 28\n/);
    expect(a).to.match(
      /ee:ee:ee:ee:ee:ee > \S+ ethertype ARP .*Reply 169\.254\.1\.1 is-at ee:ee:ee:ee:ee:ee, length 28/,
    );
    const block = /blackhole ([\d.]+)\.\d+\/26/.exec(sh(k8s, "node-1", "ip route"))![1]!;
    const free = `${block}.${Number(/blackhole [\d.]+\.(\d+)\/26/.exec(sh(k8s, "node-1", "ip route"))![1]!) + 35}`;
    expect(sh(k8s, "pod-a", `ping -c 1 -W 1 ${free}`)).to.contain("100% packet loss");
    expect(sh(k8s, "node-1", `ip route get ${free}`)).to.equal("RTNETLINK answers: Invalid argument\n");
  });
});

describe("cni calico: names", () => {
  it("gives rules the hashes of the real Felix", () => {
    const real = readFileSync("test/kube/cni/goldens/felix-vxlan.iptables", "utf8");
    const hashes = (tunnel: Tunnel) =>
      Object.entries(staticTables(tunnel)).flatMap(([name, table]) =>
        [...tableText(name, table).matchAll(/"cali:([\w-]{16})"/g)].map((match) => match[1]!),
      );
    const unknown = `-m comment --comment "Unknown interface" --jump DROP`;
    const ours = new Set([
      ...hashes("vxlan"),
      ...ruleHashes("cali-from-wl-dispatch", [unknown]),
      ...ruleHashes("cali-to-wl-dispatch", [unknown]),
    ]);
    const theirs = [...real.matchAll(/"cali:([\w-]{16})"/g)].map((match) => match[1]!);
    expect(theirs.filter((each) => !ours.has(each))).to.deep.equal([]);
    // Of rules that ask about sets, which that file is without: from machines of others.
    expect(hashes("ipip")).to.include.members(["flqWnvo8yq4ULQLa", "SXWvdsbh4Mw7wOln", "0i8pjzKKPyA34aQD"]);
  });

  it("hashes what is too long for a chain", () => {
    expect(chainName("cali-pri-", "ksa.default.default")).to.equal("cali-pri-ksa.default.default");
    expect(chainName("cali-pri-", "ksa.kube-system.coredns")).to.match(/^cali-pri-_[\w-]{18}$/);
    expect(vethOf("default", "nginx")).to.match(/^cali[0-9a-f]{11}$/);
  });
});

describe("cni calico: BGP", () => {
  it("writes and reads every message, whatever pieces it comes in", () => {
    const messages: BgpMessage[] = [
      { type: "open", as: 64512, holdTime: 240, id: ipv4("192.168.0.11") },
      { type: "keepalive" },
      {
        type: "update",
        withdrawn: [prefix4("10.1.0.0/16")],
        nextHop: ipv4("192.168.0.11"),
        reachable: [prefix4("10.244.0.64/26"), prefix4("0.0.0.0/0")],
      },
      { type: "notification", code: 6, subcode: 3 },
    ];
    const octets = Uint8Array.from(messages.flatMap((each) => [...bgpBytes(each)]));
    for (let cut = 0; cut <= octets.length; cut++) {
      const first = readBgp(octets.slice(0, cut))!;
      const second = readBgp(Uint8Array.from([...first.rest, ...octets.slice(cut)]))!;
      expect(JSON.stringify([...first.messages, ...second.messages])).to.equal(JSON.stringify(messages));
      expect(second.rest).to.have.length(0);
    }
    expect(readBgp(new Uint8Array(30))).to.equal(null);
  });

  it("tells of a block in a session of TCP on port 179, and takes the route back with the session", () => {
    const k8s = cluster({ nodes: 2, cni: "calico-bgp", proxy: "none", seed: "bgp" });
    const sessions = sh(k8s, "node-2", "ss -tn");
    expect(sessions).to.match(/ESTAB .* 192\.168\.0\.12:\d+ +192\.168\.0\.11:179 /);
    expect(sh(k8s, "node-1", "ip route")).to.not.contain("bird");
    const captured = sh(k8s, "node-1", "tcpdump -ni eth0 tcp port 179 and src 192.168.0.12 -c 1 & sleep 0.1");
    expect(captured).to.contain("0 packets captured");
    pod(k8s, "web", "node-2");
    const [route] = /\S+\/26 via 192\.168\.0\.12 dev eth0 proto bird/.exec(sh(k8s, "node-1", "ip route"))!;
    expect(sh(k8s, "control-plane", "ip route")).to.contain(route);
    k8s.powerOff("node-2");
    k8s.lab.runFor(300e9);
    expect(sh(k8s, "node-1", "ip route")).to.not.contain(route);
  });

  it("puts into a tunnel what is for another network of nodes only, if the pool says so", () => {
    const k8s = cluster({ nodes: 2, cni: crossSubnet, proxy: "none", seed: "cross" });
    pod(k8s, "web", "node-2");
    expect(sh(k8s, "node-1", "ip route")).to.match(/\/26 via 192\.168\.0\.12 dev eth0 proto bird/);
    expect(sh(k8s, "node-1", "ip link show tunl0")).to.contain("mtu 1480");
  });

  for (const [plugin, tunnel, outer] of [
    [crossSubnet, "tunl0", "ip proto 4"],
    [crossSubnetVxlan, "vxlan.calico", "udp port 4789"],
  ] as const)
    it(`${plugin.name}: only what crosses a router is put into a tunnel, and pods reach each other either way`, () => {
      const k8s = cluster({
        nodes: 3,
        cni: { ...plugin, underlay: (lab) => new TwoNetworks(lab) },
        proxy: "none",
        seed: "two networks",
      });
      // The control plane was first: node-1 and node-3 are in one network, node-2 in the other.
      pod(k8s, "web", "node-1");
      const [beside, beyond] = [pod(k8s, "beside", "node-3"), pod(k8s, "beyond", "node-2")];
      const routes = sh(k8s, "node-1", "ip route");
      expect(routes).to.match(/\/26 via 192\.168\.1\.13 dev eth0 /);
      expect(routes).to.match(new RegExp(`/26 via \\S+ dev ${tunnel.replace(".", "\\.")} .*onlink`));
      const crossing = (to: string) =>
        sh(
          k8s,
          "node-1",
          `tcpdump -ni eth0 ${outer} & sleep 0.1; ip netns exec ${netnsOf(k8s)} ping -c 1 ${to}; kill %1`,
        );
      for (const [to, packets] of [
        [beside, 0],
        [beyond, 2],
      ] as const) {
        const said = crossing(to);
        expect(said).to.contain(" 0% packet loss");
        expect(said).to.contain(`${packets} packets captured`);
      }
    });
});

/** The namespace of the pod called web. */
const netnsOf = ({ lab }: Cluster): string => place(lab, "web").ns.name;
