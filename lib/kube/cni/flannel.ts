// Flannel: flanneld tells the API server how its node is reached, and keeps a way to every other node; the plugin
// delegates each pod to bridge and host-local. Backends: host-gw (plain routes) and vxlan (flannel.1); udp is elsewhere.
// Before you edit: github.com/flannel-io/flannel pkg/subnet/kube/kube.go, pkg/backend/{hostgw,vxlan}/*.go,
// pkg/trafficmngr/iptables/iptables.go, cni-plugin flannel_linux.go, facts 2.2 and 2.3.
import { TABLE } from "../../ip/route.ts";
import { neighbourOf } from "../../netns/ipv4/arp.ts";
import { tryRoute } from "../../netns/ipv4/fib-route.ts";
import type { Node } from "../shapes.ts";
import { Bridge } from "./bridge.ts";
import { ANNOTATION, type Reach, type ReachNews, type ReachReader, reachNews } from "./flannel-news.ts";
import { type CniNode, type CniPlugin, type NodePlugin, run, type Sandbox } from "./plugin.ts";

const VNI = 1;
const PORT = 8472;
/** Ethernet, VXLAN, UDP and IPv4 around the packet. */
const VXLAN_OVERHEAD = 50;

/** A way to the pods of other nodes. */
export interface Backend {
  readonly type: string;
  readonly data: object | null;
  readonly mtu: number;
  add(reach: Reach): void;
  remove(reach: Reach): void;
  /** Ends what of it is a program. */
  stop?(): void;
}

export const netOf = (subnet: string): string => subnet.slice(0, subnet.indexOf("/"));

/** A route over the network of the nodes: the other node is the gateway (hostgw). */
function hostGateway({ lab, machine, device }: CniNode): Backend {
  const { root } = machine;
  return {
    type: "host-gw",
    data: null,
    mtu: root.devices.get(device)!.mtu,
    add: ({ subnet, publicIp }) => run(lab, root, `ip route replace ${subnet} via ${publicIp} dev ${device}`),
    remove: ({ subnet, publicIp }) => run(lab, root, `ip route del ${subnet} via ${publicIp} dev ${device}`),
  };
}

/** One route, one neighbour and one entry of the FDB for each other node, all static. */
function vxlan({ lab, machine, device, address }: CniNode, subnet: string): Backend {
  const { root } = machine;
  const name = `flannel.${VNI}`;
  const mtu = root.devices.get(device)!.mtu - VXLAN_OVERHEAD;
  run(
    lab,
    root,
    `ip link add ${name} mtu ${mtu} type vxlan id ${VNI} local ${address} dev ${device} dstport ${PORT} nolearning`,
  );
  run(lab, root, `ip addr add ${netOf(subnet)}/32 dev ${name}`);
  run(lab, root, `ip link set ${name} up`);
  const tunnel = root.devices.get(name)!;
  return {
    type: "vxlan",
    data: { VNI, VtepMAC: `${tunnel.mac}` },
    mtu,
    // By netlink, as flanneld: among many nodes the words of commands would cost more than what they do.
    add({ subnet, vtep, remote }) {
      const gateway = subnet.address;
      neighbourOf(root, tunnel, gateway, true).set(vtep!, "PERMANENT", -1);
      tunnel.vxlan!.fdb.set(vtep!, { mac: vtep!, state: "permanent", remotes: [remote], used: lab.now });
      const route = {
        type: "unicast",
        prefix: subnet,
        via: gateway,
        dev: tunnel,
        src: null,
        metric: 0,
        protocol: "boot",
        scope: "global",
        onlink: true,
      } as const;
      tryRoute(root, TABLE.main, route, "replace");
    },
    remove({ subnet, publicIp, vtep }) {
      run(lab, root, `ip route del ${subnet} via ${subnet.address} dev ${name}`);
      run(lab, root, `bridge fdb del ${vtep} dev ${name} dst ${publicIp}`);
      run(lab, root, `ip neigh del ${subnet.address} dev ${name}`);
    },
  };
}

/** Pods speak with their own addresses inside the cluster, and with the node's outside. */
function masquerade({ lab, machine, clusterCidr }: CniNode, subnet: string): void {
  const chain = "FLANNEL-POSTRTG";
  const masq = '-m comment --comment "flanneld masq"';
  const forward = '-m comment --comment "flanneld forward"';
  const rules = `*nat
:${chain} - [0:0]
-A POSTROUTING ${masq} -j ${chain}
-A ${chain} -m mark --mark 0x4000/0x4000 ${masq} -j RETURN
-A ${chain} -s ${subnet} -d ${clusterCidr} ${masq} -j RETURN
-A ${chain} -s ${clusterCidr} -d ${subnet} ${masq} -j RETURN
-A ${chain} ! -s ${clusterCidr} -d ${subnet} ${masq} -j RETURN
-A ${chain} -s ${clusterCidr} ! -d 224.0.0.0/4 ${masq} -j MASQUERADE --random-fully
-A ${chain} ! -s ${clusterCidr} -d ${clusterCidr} ${masq} -j MASQUERADE --random-fully
COMMIT
*filter
:FLANNEL-FWD - [0:0]
-A FORWARD ${forward} -j FLANNEL-FWD
-A FLANNEL-FWD -s ${clusterCidr} ${forward} -j ACCEPT
-A FLANNEL-FWD -d ${clusterCidr} ${forward} -j ACCEPT
COMMIT
`;
  const { root } = machine;
  root.xtables.putOff(["nat", "filter"], () => run(lab, root, "iptables-restore --noflush", rules));
}

export class Flanneld implements NodePlugin, ReachReader {
  readonly name: string;
  private readonly node: CniNode;
  private readonly makeBackend: (node: CniNode, subnet: string) => Backend;
  private readonly ready: () => void;
  private readonly news: ReachNews;
  private readonly unwatch: () => void;
  private bridge: Bridge | null = null;
  private backend: Backend | null = null;
  /** What was heard at this moment: how nodes are reached, and how they were, by turns. */
  private heard: (Reach | null)[] = [];

  constructor(node: CniNode, makeBackend: (node: CniNode, subnet: string) => Backend, ready: () => void) {
    this.name = node.machine.name;
    this.node = node;
    this.makeBackend = makeBackend;
    this.ready = ready;
    this.news = reachNews(node.client.server);
    this.unwatch = this.news.join(node.client, this);
  }

  get isReady(): boolean {
    return this.bridge !== null;
  }

  add(sandbox: Sandbox): { readonly address: string } {
    if (this.bridge === null)
      throw new Error("loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory");
    return this.bridge.add(sandbox);
  }

  del(sandbox: Sandbox): void {
    this.bridge?.del(sandbox);
  }

  stop(): void {
    this.unwatch();
    this.heard = [];
    this.backend?.stop?.();
  }

  ownChanged(own: Node | null): void {
    if (this.backend === null && own?.spec.podCIDR !== undefined) this.begin(own, own.spec.podCIDR);
  }

  /** All news of a moment is followed in one go: nodes that start together would else have it by turns, one by one. */
  reachChanged(now: Reach | null, before: Reach | null): void {
    if (this.backend === null) return;
    if (this.heard.length === 0) this.node.lab.later(0, () => this.followAll());
    this.heard.push(now, before);
  }

  private followAll(): void {
    const { heard } = this;
    this.heard = [];
    for (let at = 0; at < heard.length; at += 2) this.follow(heard[at]!, heard[at + 1]!);
  }

  /** The controller gave the node its network: only now can flanneld begin. */
  private begin(own: Node, subnet: string): void {
    const { node } = this;
    const { lab, machine, clusterCidr, client, address } = node;
    masquerade(node, subnet);
    const backend = this.makeBackend(node, subnet);
    this.backend = backend;
    const annotations = {
      [`${ANNOTATION}backend-data`]: JSON.stringify(backend.data),
      [`${ANNOTATION}backend-type`]: backend.type,
      [`${ANNOTATION}kube-subnet-manager`]: "true",
      [`${ANNOTATION}public-ip`]: address,
    };
    client.patch("nodes", own, { metadata: { annotations } });
    const { mtu } = backend;
    const config = { bridge: "cni0", mtu, subnet, routes: [clusterCidr], hairpin: true };
    this.bridge = new Bridge(lab, machine, config);
    for (const reach of this.news.reachesOfOthers(this.name)) this.follow(reach, null);
    this.ready();
  }

  private follow(now: Reach | null, before: Reach | null): void {
    const { type } = this.backend!;
    const is = now?.backend === type ? now : null;
    const was = before?.backend === type ? before : null;
    if (was !== null) this.backend!.remove(was);
    if (is !== null) this.backend!.add(is);
  }
}

export const flannelVxlan: CniPlugin = {
  name: "flannel-vxlan",
  conf: 'type="flannel"',
  start: (node, ready) => new Flanneld(node, vxlan, ready),
};

export const flannelHostGateway: CniPlugin = {
  name: "flannel-host-gw",
  conf: 'type="flannel"',
  start: (node, ready) => new Flanneld(node, hostGateway, ready),
};
