// calico-node and Calico's CNI plugin on a node: addresses by blocks, a routed cable for each pod, and ways to other nodes'
// blocks, told by BGP or, with VXLAN, by the API server.
// Before you edit: github.com/projectcalico/calico cni-plugin/pkg/dataplane/linux/dataplane_linux.go,
// node/pkg/allocateip/allocateip.go, felix/dataplane/linux/int_dataplane.go (MTU overheads), facts 2.4.
import { networkOf } from "../../../ip/address.ts";
import { ApiError } from "../../api/status.ts";
import { Informer } from "../../controller/informer.ts";
import type { Node } from "../../shapes.ts";
import { type Attachment, type CniNode, type NodePlugin, run, type Sandbox } from "../plugin.ts";
import { BgpRoutes } from "./bgp-routes.ts";
import type { BlockAffinity, Encapsulation, IpPool } from "./datastore.ts";
import { Felix } from "./felix.ts";
import { Ipam } from "./ipam.ts";
import { vethOf } from "./names.ts";
import { TUNNEL_DEVICE, type Tunnel } from "./rules.ts";
import { VxlanRoutes } from "./vxlan-routes.ts";
import { ANNOTATION, reachOf, TUNNEL_ANNOTATION, type Ways } from "./ways.ts";

export interface CalicoSettings {
  readonly ipip: Encapsulation;
  readonly vxlan: Encapsulation;
}

/** Octets around a packet between nodes. */
const OVERHEAD = { none: 0, ipip: 20, vxlan: 50 } as const;
/** A gateway that nobody has: the node's end of the cable answers for it (proxy_arp). */
const GATEWAY = "169.254.1.1";
const HOST_MAC = "ee:ee:ee:ee:ee:ee";
export class CalicoNode implements NodePlugin {
  readonly isReady = true;
  readonly felix: Felix;
  readonly ways: Ways;
  private readonly node: CniNode;
  private readonly mtu: number;
  private readonly tunnel: Tunnel;
  private readonly ipam: Ipam;
  private readonly veths = new Map<string, string>();
  private readonly informers: readonly { stop(): void }[];
  private isStopped = false;

  constructor(node: CniNode, settings: CalicoSettings, ready: () => void) {
    this.node = node;
    const { lab, machine, device, client, address } = node;
    const { root } = machine;
    const pool = poolOf(node, settings);
    const { ipipMode, vxlanMode } = pool.spec;
    this.tunnel = vxlanMode !== "Never" ? "vxlan" : ipipMode !== "Never" ? "ipip" : "none";
    this.mtu = root.devices.get(device)!.mtu - OVERHEAD[this.tunnel];
    this.ipam = new Ipam(client, machine.name, pool);
    const subnet = networkOf(
      root.inet.get(root.devices.get(device)!)!.addresses.find(({ local }) => `${local}` === address)!,
    );
    const tunnelAddress = this.tunnel === "none" ? null : this.takeTunnelAddress();
    run(lab, root, "sysctl -w net.ipv4.ip_forward=1");
    const of = { node, subnet, mode: this.tunnel === "vxlan" ? vxlanMode : ipipMode, mtu: this.mtu, tunnelAddress };
    this.ways = this.tunnel === "vxlan" ? new VxlanRoutes(of) : new BgpRoutes(of);
    this.felix = new Felix(node, pool, this.tunnel);
    const annotations: Record<string, string> = { [`${ANNOTATION}IPv4Address`]: `${address}/${subnet.length}` };
    if (tunnelAddress !== null && this.tunnel !== "none") annotations[TUNNEL_ANNOTATION[this.tunnel]] = tunnelAddress;
    client.patch("nodes", { metadata: { name: machine.name } } as Node, { metadata: { annotations } });
    const nodes = new Informer<Node>(client, "nodes").on((now, before) => this.nodeChanged(now, before));
    const blocks = new Informer<BlockAffinity>(client, "blockaffinities").on((now, before) => {
      const { cidr, node: owner } = (now ?? before)!.spec;
      this.ways.blockChanged(cidr, owner, now?.spec.state === "confirmed");
    });
    nodes.start();
    blocks.start();
    this.informers = [nodes, blocks];
    ready();
  }

  add({ id, ns, namespace, name }: Sandbox): Attachment {
    const { lab, machine } = this.node;
    const { root } = machine;
    const { mtu } = this;
    const veth = vethOf(namespace, name);
    const address = this.ipam.assign(handleOf(id), { namespace, node: machine.name, pod: name });
    try {
      // A pod of the same name may have been here before.
      if (root.devices.has(veth)) run(lab, root, `ip link del ${veth}`);
      run(
        lab,
        root,
        `ip link add ${veth} address ${HOST_MAC} mtu ${mtu} type veth peer name eth0 mtu ${mtu} netns ${ns.name}`,
      );
      this.veths.set(id, veth);
      this.setSysctls(veth);
      run(lab, root, `ip link set ${veth} up`);
      run(lab, ns, "ip link set eth0 up");
      run(lab, ns, `ip route add ${GATEWAY} dev eth0 scope link`);
      run(lab, ns, `ip route add default via ${GATEWAY} dev eth0`);
      run(lab, ns, `ip addr add ${address}/32 dev eth0`);
      run(lab, ns, "sysctl -w net.ipv4.ip_forward=0");
      run(lab, root, `ip route add ${address} dev ${veth} scope link`);
    } catch (failure) {
      this.del({ id });
      throw failure;
    }
    this.felix.endpointChanged(veth, { namespace, name });
    return { address: `${address}` };
  }

  del({ id }: Pick<Sandbox, "id">): void {
    const { lab, machine } = this.node;
    const veth = this.veths.get(id);
    if (veth !== undefined) {
      this.veths.delete(id);
      if (machine.root.devices.has(veth)) run(lab, machine.root, `ip link del ${veth}`);
      this.felix.endpointChanged(veth, null);
    }
    // A machine that is switched off tells nobody what it gives back.
    if (!this.isStopped) this.ipam.release(handleOf(id));
  }

  stop(): void {
    this.isStopped = true;
    for (const each of this.informers) each.stop();
    this.ways.stop();
    this.felix.stop();
  }

  private setSysctls(veth: string): void {
    const { lab, machine } = this.node;
    const conf = ["route_localnet=1", "proxy_arp=1", "forwarding=1", "rp_filter=1"];
    const words = conf.map((each) => `net.ipv4.conf.${veth}.${each}`);
    run(lab, machine.root, `sysctl -w net.ipv4.neigh.${veth}.proxy_delay=0 ${words.join(" ")}`);
  }

  /** The first address of the node's first block. */
  private takeTunnelAddress(): string {
    const { name } = this.node.machine;
    const device = TUNNEL_DEVICE[this.tunnel]!;
    return `${this.ipam.assign(`${device}-${name}`, { node: name, type: `${this.tunnel}TunnelAddress` })}`;
  }

  private nodeChanged(now: Node | null, before: Node | null): void {
    const { name } = (now ?? before)!.metadata;
    const reach = now === null ? null : reachOf(now, this.tunnel);
    this.felix.hostChanged(name, reach?.address ?? null);
    if (name !== this.node.machine.name) this.ways.nodeChanged(name, reach);
  }
}

const handleOf = (id: string): string => `k8s-pod-network.${id}`;

/** The cluster's pool; the first node that comes makes it. */
function poolOf({ client, clusterCidr }: CniNode, { ipip, vxlan }: CalicoSettings): IpPool {
  const name = "default-ipv4-ippool";
  const spec = { cidr: clusterCidr, blockSize: 26, ipipMode: ipip, vxlanMode: vxlan, natOutgoing: true };
  try {
    return client.create("ippools", null, { metadata: { name }, spec }) as IpPool;
  } catch (failure) {
    if (!(failure instanceof ApiError) || failure.reason !== "AlreadyExists") throw failure;
    return client.get("ippools", null, name) as IpPool;
  }
}
