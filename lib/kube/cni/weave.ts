// Weave Net: one Ethernet for all pods of the cluster. Each node has a bridge for its pods, and a router that carries
// frames between the bridges: by a datapath in the kernel (weave/fastdp.ts), or by Sleeve, itself (weave/sleeve.ts).
// Before you edit: github.com/weaveworks/weave net/{bridge,veth}.go, plugin/net/cni.go, facts 2.5, samples/35-weave.txt.
import type { Process, Program } from "../../lab/process.ts";
import { Datapath } from "../../netns/tunnel/datapath.ts";
import { Ipv4, ipv4, prefix4 } from "../../wire/address.ts";
import type { Mac } from "../../wire/mac.ts";
import type { KubeObject } from "../api/object.ts";
import { Informer } from "../controller/informer.ts";
import type { Node } from "../shapes.ts";
import { type Attachment, type CniNode, type CniPlugin, type NodePlugin, run, type Sandbox } from "./plugin.ts";
import { type FastPeer, fastdpRouter } from "./weave/fastdp.ts";
import { join, peersOf, rangeOf } from "./weave/peers.ts";
import { sleeveRouter } from "./weave/sleeve.ts";

const BRIDGE = "weave";
const NETWORK = "10.32.0.0/12";
const BROADCAST = "10.47.255.255";
/** Google's 1460, less the headers of a tunnel and its encryption. */
const MTU = 1376;
const VXLAN_PORT = 6784;

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
  /** The same peers for the fast datapath, which knows them by numbers. */
  private readonly fastPeers: FastPeer[] = [];
  private readonly datapath: Datapath | null;
  private readonly informers: readonly { stop(): void }[];
  private readonly router: Process;
  private readonly used = new Map<string, number>();
  private readonly free: { next: number; readonly last: number; readonly back: number[] };
  private readonly ends = new Map<string, string>();

  constructor(node: CniNode, isFast: boolean, ready: () => void) {
    this.node = node;
    const { lab, machine, client } = node;
    const { root } = machine;
    const far = isFast ? "vethwe-datapath" : "vethwe-pcap";
    this.self = lab.drawMac();
    const place = join(client, machine.name, this.self);
    const { first, last } = rangeOf(prefix4(NETWORK), place);
    this.gateway = Ipv4.of(first);
    this.free = { next: first + 1, last, back: [] };
    this.run(`ip link add ${BRIDGE} address ${this.self} mtu ${MTU} type bridge`);
    this.datapath = isFast ? new Datapath(root, "datapath", lab.drawMac(), MTU) : null;
    this.run(`ip link add vethwe-bridge mtu ${MTU} type veth peer name ${far} mtu ${MTU}`);
    this.run(`ip link set vethwe-bridge master ${BRIDGE}`);
    this.run(`ip link set ${far} up`);
    this.run("ip link set vethwe-bridge up");
    this.run(`ip link set ${BRIDGE} up`);
    this.run(`ip addr add ${this.gateway}/12 brd ${BROADCAST} dev ${BRIDGE}`);
    this.run("sysctl -w net.ipv4.ip_forward=1");
    run(lab, root, "iptables-restore --noflush", NAT);
    const program = this.datapath === null ? this.sleeve() : this.fastdp(this.datapath, shortIdOf(place));
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

  private sleeve(): Program {
    const { lab, machine } = this.node;
    const device = machine.root.devices.get("vethwe-pcap")!;
    return sleeveRouter({ cables: lab, ns: machine.root, device, self: this.self, peers: this.peers });
  }

  private fastdp(datapath: Datapath, shortId: number): Program {
    const { lab, machine, address } = this.node;
    const bridge = datapath.addPort(machine.root.devices.get("vethwe-datapath")!);
    const vxlan = datapath.addVxlan(`vxlan-${VXLAN_PORT}`, VXLAN_PORT, lab.drawMac());
    this.run("ip link set datapath up");
    const self = { name: this.self, shortId, address: ipv4(address) };
    return fastdpRouter({ world: lab, datapath, ports: { bridge, vxlan }, self, peers: this.fastPeers });
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
      this.run(`bridge link set dev ${end} hairpin on`);
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
    const before = this.peers.size;
    this.peers.clear();
    this.fastPeers.length = 0;
    for (const [place, { name, node }] of peersOf(list.get("kube-system/weave-net")).entries()) {
      const text = nodes.get(node)?.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
      if (name === this.self || text === undefined) continue;
      const address = ipv4(text);
      this.peers.set(name, address);
      this.fastPeers.push({ name, shortId: shortIdOf(place), address });
    }
    if (this.peers.size !== before) this.datapath?.flush();
  }

  private run(line: string): void {
    run(this.node.lab, this.node.machine.root, line);
  }
}

/** Twelve bits; Weave draws them, and draws again if another peer has them. */
const shortIdOf = (place: number): number => (place + 1) & 0xfff;

const weaveWith = (name: string, isFast: boolean): CniPlugin => ({
  name,
  conf: 'type="weave-net" name="weave"',
  isProgram: true,
  start: (node, ready) => new Weave(node, isFast, ready),
});

export const weave = weaveWith("weave", true);
export const weaveSleeve = weaveWith("weave-sleeve", false);
