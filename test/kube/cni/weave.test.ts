// Weave Net: one Ethernet for all, with wiring as the samples show it, and Sleeve's datagrams octet by octet.
import { expect } from "chai";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { rangeOf } from "../../../lib/kube/cni/weave/peers.ts";
import { readSleeve, sleeveBytes } from "../../../lib/kube/cni/weave/sleeve-format.ts";
import type { Pod } from "../../../lib/kube/shapes.ts";
import { labData } from "../../../lib/lab/data-write.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { Ipv4, prefix4 } from "../../../lib/wire/address.ts";
import { mac } from "../../../lib/wire/mac.ts";
import { normal } from "../../samples/compare.ts";
import { blocksOf } from "../../samples/goldens.ts";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

function pod(k8s: Cluster, name: string, nodeName: string): string {
  const spec = { nodeName, containers: [{ name: "app", image: "echo" }] };
  k8s.client("kubectl").create("pods", "default", { metadata: { name }, spec });
  k8s.settle();
  return (k8s.client("kubectl").get("pods", "default", name) as Pod).status!.podIP!;
}

describe("cni weave-sleeve", () => {
  const k8s = cluster({ nodes: 2, cni: "weave-sleeve", proxy: "none", seed: "sleeve" });
  const [a, c] = [pod(k8s, "pod-a", "node-1"), pod(k8s, "pod-c", "node-2")];
  const bridgeOf = (node: string) => `${k8s.lab.machines.get(node)!.root.devices.get("weave")!.mac}`;

  it("has the sample's addresses and routes: the first peer's from 10.32.0.1 on, the second's from 10.40.0.0", () => {
    expect(sh(k8s, "control-plane", "ip -br addr show weave")).to.match(/ 10\.32\.0\.1\/12 $/m);
    expect(a).to.equal("10.40.0.1");
    expect(sh(k8s, "pod-a", "ip route")).to.equal(
      "default via 10.40.0.0 dev eth0 \n10.32.0.0/12 dev eth0 proto kernel scope link src 10.40.0.1 \n",
    );
    expect(sh(k8s, "node-1", "bridge link")).to.match(
      /^\d+: vethwe-bridge@vethwe-pcap: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1376 master weave state forwarding priority 32 cost 2 \n\d+: vethwepl[0-9a-f]{7}@eth0: .* master weave /,
    );
  });

  it("asks a pod of another node by ARP, and gets that pod's own MAC and a TTL of 64", () => {
    expect(sh(k8s, "pod-a", `ping -c 1 ${c}`)).to.contain("ttl=64");
    const own = `${k8s.lab.namespaces.get("pod-c")!.devices.get("eth0")!.mac}`;
    expect(sh(k8s, "pod-a", "ip neigh")).to.contain(`${c} dev eth0 lladdr ${own} REACHABLE`);
  });

  it("sends each frame with its peers' names in a datagram of port 6783", () => {
    sh(k8s, "node-2", `tcpdump -ni eth0 -w s.pcap udp port 6783 -c 2 & ip netns exec pod-c ping -c 1 ${a}`);
    const octets = k8s.lab.machines.get("node-2")!.files.get("s.pcap")!;
    // Behind the headers of file and packet, Ethernet, IPv4 and UDP.
    const payload = octets.slice(
      24 + 16 + 42,
      24 + 16 + new DataView(octets.buffer, octets.byteOffset).getUint32(32, true),
    );
    const { sender, frames } = readSleeve(payload)!;
    expect(`${sender}`).to.equal(bridgeOf("node-2"));
    expect(frames.map(({ source, destination }) => [`${source}`, `${destination}`])).to.deep.equal([
      [bridgeOf("node-2"), bridgeOf("node-1")],
    ]);
    expect(frames[0]!.octets).to.have.length(98);
    // 62 octets more than the packet of 84 that the pod sent.
    expect(42 - 14 + payload.length).to.equal(84 + 62);
  });

  it("writes and reads datagrams of several frames, and refuses what is cut", () => {
    const [one, two] = [mac("0a:5e:00:00:00:01"), mac("0a:5e:00:00:00:02")];
    const frames = [3, 0, 60].map((length) => ({
      source: one,
      destination: two,
      octets: new Uint8Array(length).fill(7),
    }));
    const octets = sleeveBytes(one, frames);
    expect(readSleeve(octets)).to.deep.equal({ sender: one, frames });
    for (let length = 7; length < octets.length; length++)
      if (![6, 23, 37].includes(length)) expect(readSleeve(octets.slice(0, length)), `${length}`).to.equal(null);
  });

  it("gives each peer that comes the half of another's range, and none twice", () => {
    const ranges = Array.from({ length: 50 }, (_, place) => rangeOf(prefix4("10.32.0.0/12"), place));
    expect(ranges.slice(0, 4).map(({ first }) => `${Ipv4.of(first)}`)).to.deep.equal([
      "10.32.0.1",
      "10.40.0.0",
      "10.36.0.0",
      "10.44.0.0",
    ]);
    ranges.sort((x, y) => x.first - y.first);
    for (const [i, { last }] of ranges.slice(0, -1).entries()) expect(last).to.be.lessThan(ranges[i + 1]!.first);
  });
});

describe("cni weave: the sample", () => {
  const k8s = cluster({ nodes: 1, cni: "weave", proxy: "none", seed: "samples" });
  const [, , c] = [pod(k8s, "pod-a", "control-plane"), pod(k8s, "pod-b", "control-plane"), pod(k8s, "pod-c", "node-1")];
  const where: Readonly<Record<string, string>> = { pA: "pod-a", n1: "control-plane" };
  const LISTINGS = [
    "ip addr",
    "ip route",
    "ip -d link show vxlan-6784",
    "ip -d link show datapath",
    "bridge link",
    "ping -c 1 10.32.0.3",
  ];
  /** Chance, and a card where the sample had a cable. */
  const alike = (text: string): string =>
    text
      .replace(/vethwepl\w{7}/g, "vethwepl<id>")
      .replace(/^2: eth0(@if4)?: (.*)qdisc \S+/m, "2: eth0: $2qdisc any")
      .replace(/ link-netns(id)? \S+/g, "")
      .replace(/link\/ether \S+/g, "link/ether <mac>")
      .replace(/192\.168\.10\.11/g, "192.168.0.10")
      .replace(/192\.168\.10\./g, "192.168.0.");

  for (const block of blocksOf("35-weave").filter(({ command }) => LISTINGS.includes(command)))
    it(`[${block.where}] # ${block.command}: as a real kernel printed it`, () => {
      const said = sh(k8s, where[block.where]!, block.command);
      expect(alike(normal(block, said))).to.equal(alike(normal(block, block.said)));
    });

  it("sends to another node by VXLAN of port 6784, whose network names both peers, and so on without the program", () => {
    expect(sh(k8s, "pod-a", `ping -c 1 ${c}`)).to.contain("ttl=64");
    const captured = sh(
      k8s,
      "node-1",
      "tcpdump -nvi eth0 -c 1 udp port 6784 & ip netns exec pod-c ping -c 1 10.32.0.2",
    );
    expect(captured).to.match(/tos 0x0, ttl 64, id \d+, offset 0, flags \[DF\], proto UDP \(17\), length 134\)\n/);
    sh(k8s, "node-1", "tcpdump -ni eth0 -w w.pcap -c 1 udp port 6784 & ip netns exec pod-c ping -c 1 10.32.0.2");
    const file = k8s.lab.machines.get("node-1")!.files.get("w.pcap")!;
    const vxlan = file.slice(24 + 16 + 42);
    // Flags, and the network: the first peer's number and the second's, twelve bits each; UDP has no checksum.
    expect([...vxlan.slice(0, 8)]).to.deep.equal([8, 0, 0, 0, 0, 0x10, 2, 0]);
    expect([...file.slice(24 + 16 + 40, 24 + 16 + 42)]).to.deep.equal([0, 0]);
  });

  it("is no part of a lab's data, aloud", () => {
    expect(() => labData(k8s.lab)).to.throw(/a datapath of Open vSwitch is not part of a lab's data/);
  });
});
