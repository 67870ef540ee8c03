// Google's clusters: first a bridge on each node (kubenet's cbr0) and a route of the network to each node; today a cable
// for each pod (ptp) and alias addresses, which belong to the node's interface.
// Before you edit: kubernetes 1.23 pkg/kubelet/dockershim/network/kubenet/kubenet_linux.go,
// github.com/GoogleCloudPlatform/netd netd.yaml, github.com/kubernetes-sigs/ip-masq-agent, facts 2.7.
import { Informer } from "../controller/informer.ts";
import type { Node } from "../shapes.ts";
import { Bridge } from "./bridge.ts";
import { GceNetwork, type PodDelivery } from "./gce-network.ts";
import { type CniNode, type CniPlugin, type NodePlugin, run } from "./plugin.ts";
import { Ptp } from "./ptp.ts";

/** What leaves the cluster does so in the node's name (--non-masquerade-cidr). */
const KUBENET = `*nat
-A POSTROUTING ! -d 10.0.0.0/8 -m comment --comment "kubenet: SNAT for outbound traffic from cluster" -m addrtype ! --dst-type LOCAL -j MASQUERADE
COMMIT
`;

/** Not translated by ip-masq-agent. Google's list has more networks, also those of documentation, where our internet is. */
const LOCAL = ["169.254.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

function masqueradeAgent(): string {
  const says = (comment: string) => `-m comment --comment "ip-masq-agent: ${comment}"`;
  const local = `${says("local traffic is not subject to MASQUERADE")} -j RETURN`;
  return `*nat
:IP-MASQ - [0:0]
-A POSTROUTING ${says("ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom IP-MASQ chain")} -m addrtype ! --dst-type LOCAL -j IP-MASQ
${LOCAL.map((network) => `-A IP-MASQ -d ${network} ${local}`).join("\n")}
-A IP-MASQ ${says("outbound traffic is subject to MASQUERADE (must be last in chain)")} -j MASQUERADE
COMMIT
`;
}

/** The plugin begins once the node has its part of the pods' network. */
function start(delivery: PodDelivery, { lab, machine, device, client }: CniNode, ready: () => void): NodePlugin {
  const { root } = machine;
  const { mtu } = root.devices.get(device)!;
  let wires: Bridge | Ptp | null = null;
  run(lab, root, "iptables-restore --noflush", delivery === "routes" ? KUBENET : masqueradeAgent());
  const own = new Informer<Node>(client, "nodes", { fieldSelector: `metadata.name=${machine.name}` }).on((now) => {
    const subnet = now?.spec.podCIDR;
    if (wires !== null || subnet === undefined) return;
    wires =
      delivery === "routes"
        ? new Bridge(lab, machine, { bridge: "cbr0", mtu, subnet, routes: [], hairpin: true })
        : new Ptp(lab, machine, { mtu, subnet });
    ready();
  });
  own.start();
  return {
    get isReady() {
      return wires !== null;
    },
    add(sandbox) {
      if (wires === null) throw new Error("no network is known for this node yet");
      return wires.add(sandbox);
    },
    del: (sandbox) => wires?.del(sandbox),
    stop: () => own.stop(),
  };
}

const plugin = (name: string, conf: string, delivery: PodDelivery): CniPlugin => ({
  name,
  conf,
  underlay: (lab) => new GceNetwork(lab, delivery),
  start: (node, ready) => start(delivery, node, ready),
});

export const gkeRoutes = plugin("gke-routes", 'type="bridge" name="kubenet"', "routes");
export const gkeAliasIp = plugin("gke-alias-ip", 'type="ptp"', "alias");
