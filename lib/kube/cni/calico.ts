// Calico: each pod is routed, also on its own node; nodes tell each other of their blocks by BGP, and packets between nodes
// go as they are, in IPIP or in VXLAN. NetworkPolicies are enforced, by iptables on the pods' cables.
// Before you edit: calico/*.ts, facts 2.4, samples/30-calico.txt.
import { CALICO_RESOURCES } from "./calico/datastore.ts";
import { CalicoNode, type CalicoSettings } from "./calico/node.ts";
import type { CniPlugin } from "./plugin.ts";

/** Calico with a pool of these modes: `calico("calico-ipip-cross-subnet", { ipip: "CrossSubnet", vxlan: "Never" })`. */
export function calico(name: string, settings: CalicoSettings): CniPlugin {
  return {
    name,
    conf: 'type="calico"',
    resources: CALICO_RESOURCES,
    start: (node, ready) => new CalicoNode(node, settings, ready),
  };
}

export const calicoBgp = calico("calico-bgp", { ipip: "Never", vxlan: "Never" });
export const calicoIpip = calico("calico-ipip", { ipip: "Always", vxlan: "Never" });
export const calicoVxlan = calico("calico-vxlan", { ipip: "Never", vxlan: "Always" });
