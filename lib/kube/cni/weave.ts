// Weave Net: one Ethernet for all pods of the cluster. Each node has a bridge for its pods, and a router that carries
// frames between the bridges: with Sleeve a program (weave/sleeve.ts).
// Before you edit: github.com/weaveworks/weave net/{bridge,veth}.go, plugin/net/cni.go, facts 2.5, samples/35-weave.txt.
import type { Process } from "../../lab/process.ts";
import { Ipv4, ipv4, prefix4 } from "../../wire/address.ts";
import type { Mac } from "../../wire/mac.ts";
import type { KubeObject } from "../api/object.ts";
import { Informer } from "../controller/informer.ts";
import type { Node } from "../shapes.ts";
import { type Attachment, type CniNode, type CniPlugin, type NodePlugin, run, type Sandbox } from "./plugin.ts";
import { join, peersOf, rangeOf } from "./weave/peers.ts";
import { sleeveRouter } from "./weave/sleeve.ts";

const BRIDGE = "weave";
const NETWORK = "10.32.0.0/12";
const BROADCAST = "10.47.255.255";
/** Google's 1460, less the headers of a tunnel and its encryption. */
const MTU = 1376;

/** Masquerading of what leaves the pods' network, and of what comes into it from elsewhere. */
const NAT = `*nat
:WEAVE - [0:0]
-A POSTROUTING -j WEAVE
-A WEAVE -s ${NETWORK} -d 224.0.0.0/4 -j RETURN
-A WEAVE ! -s ${NETWORK} -d ${NETWORK} -j MASQUERADE
-A WEAVE -s ${NETWORK} ! -d ${NETWORK} -j MASQUERADE
COMMIT
`;

class Weave implements NodePlugin {
  readonly isReady = true;
  private readonly node: CniNode;
  private readonly self: Mac;
  private readonly gateway: Ipv4;
  private readonly peers = new Map<Mac, Ipv4>();
  private readonly informers: readonly { stop(): void }[];
  private readonly router: Process;
  private readonly used = new Map<string, number>();
  private readonly free: { next: number; readonly last: number; readonly back: number[] };
  private readonly ends = new Map<string, string>();

  constructor(node: CniNode, ready: () => void) {
    this.node = node;
    const { lab, machine, client } = node;
    const { root } = machine;
    this.self = lab.drawMac();
    const { first, last } = rangeOf(prefix4(NETWORK), join(client, machine.name, this.self));
    this.gateway = Ipv4.of(first);
    this.free = { next: first + 1, last, back: [] };
    this.run(`ip link add ${BRIDGE} address ${this.self} mtu ${MTU} type bridge`);
    this.run(`ip link add vethwe-bridge mtu ${MTU} type veth peer name vethwe-pcap mtu ${MTU}`);
    this.run(`ip link set vethwe-bridge master ${BRIDGE}`);
    this.run("ip link set vethwe-pcap up");
    this.run("ip link set vethwe-bridge up");
    this.run(`ip link set ${BRIDGE} up`);
    this.run(`ip addr add ${this.gateway}/12 brd ${BROADCAST} dev ${BRIDGE}`);
    this.run("sysctl -w net.ipv4.ip_forward=1");
    run(lab, root, "iptables-restore --noflush", NAT);
    const device = root.devices.get("vethwe-pcap")!;
    const program = sleeveRouter({ cables: lab, ns: root, device, self: this.self, peers: this.peers });
    this.router = lab.start("weaver", { ns: root, out: () => {}, err: () => {} }, program);
    const nodes = new Informer<Node>(client, "nodes").on(() => this.peersChanged());
    const list = new Informer<KubeObject>(client, "configmaps", {
      namespace: "kube-system",
      fieldSelector: "metadata.name=weave-net",
    }).on(() => this.peersChanged());
    this.known = { nodes, list };
    nodes.start();
    list.start();
    this.informers = [nodes, list];
    ready();
  }

  private readonly known: { readonly nodes: Informer<Node>; readonly list: Informer<KubeObject> };

  add({ id, ns }: Sandbox): Attachment {
    const address = Ipv4.of(this.allocate(id));
    const end = `vethwepl${id.slice(0, 7)}`;
    const { lab } = this.node;
    try {
      this.run(`ip link add ${end} mtu ${MTU} type veth peer name eth0 mtu ${MTU} netns ${ns.name}`);
      this.ends.set(id, end);
      this.run(`ip link set ${end} master ${BRIDGE}`);
      this.run(`ip link set ${end} up`);
      run(lab, ns, "ip link set eth0 up");
      run(lab, ns, `ip addr add ${address}/12 brd ${BROADCAST} dev eth0`);
      run(lab, ns, `ip route add default via ${this.gateway} dev eth0`);
    } catch (failure) {
      this.del({ id });
      throw failure;
    }
    return { address: `${address}` };
  }

  del({ id }: Pick<Sandbox, "id">): void {
    const end = this.ends.get(id);
    if (end !== undefined && this.node.machine.root.devices.has(end)) this.run(`ip link del ${end}`);
    this.ends.delete(id);
    const bits = this.used.get(id);
    if (bits === undefined) return;
    this.used.delete(id);
    this.free.back.push(bits);
  }

  stop(): void {
    for (const each of this.informers) each.stop();
    this.router.kill(0);
  }

  /** The lowest address that is free (ipam/space). */
  private allocate(id: string): number {
    const known = this.used.get(id);
    if (known !== undefined) return known;
    const { free } = this;
    free.back.sort((a, b) => b - a);
    if (free.back.length === 0 && free.next > free.last)
      throw new Error("unable to allocate IP address: No free space");
    const bits = free.back.pop() ?? free.next++;
    this.used.set(id, bits);
    return bits;
  }

  private peersChanged(): void {
    const { nodes, list } = this.known;
    this.peers.clear();
    for (const { name, node } of peersOf(list.get("kube-system/weave-net"))) {
      const address = nodes.get(node)?.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
      if (name !== this.self && address !== undefined) this.peers.set(name, ipv4(address));
    }
  }

  private run(line: string): void {
    run(this.node.lab, this.node.machine.root, line);
  }
}

export const weaveSleeve: CniPlugin = {
  name: "weave-sleeve",
  conf: 'type="weave-net" name="weave"',
  start: (node, ready) => new Weave(node, ready),
};
