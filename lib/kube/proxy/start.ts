// kube-proxy made ready: the mode by its name, the settings as an installer of clusters writes them.
// Before you edit: cmd/kubeadm/app/componentconfigs/kubeproxy.go, cmd/kube-proxy/app/server_linux.go (createProxier).
import { ip } from "../../wire/address.ts";
import type { Client } from "../controller/client.ts";
import { IptablesProxier } from "./iptables/proxier.ts";
import { IpvsProxier } from "./ipvs/proxier.ts";
import { KubeProxy } from "./kube-proxy.ts";
import type { ProxyNews } from "./news.ts";
import { NftablesProxier } from "./nftables/proxier.ts";
import type { Proxier } from "./proxier.ts";
import { DEFAULTS, type Layout, type ProxySettings } from "./settings.ts";
import type { Place } from "./tool.ts";
import type { Standpoint } from "./topology.ts";
import { Tracker } from "./tracker.ts";
import { UserspaceProxier } from "./userspace/proxier.ts";

export const MODES = ["userspace", "iptables", "ipvs", "nftables"] as const;
export type ProxyMode = (typeof MODES)[number];

/** The node it is for. */
export interface ProxiedNode extends Place {
  readonly name: string;
  readonly address: string;
  /** All pods, as `10.244.0.0/16`; null: nobody told kube-proxy (--cluster-cidr). */
  readonly clusterCidr: string | null;
  readonly layout: Layout;
}

/** A kube-proxy that watches from now on; `news` is what all of the cluster hear. */
export function startKubeProxy(client: Client, mode: ProxyMode, node: ProxiedNode, news: ProxyNews): KubeProxy {
  const { name, address, clusterCidr, layout } = node;
  const tracker = new Tracker(news.family, name);
  const settings: ProxySettings = {
    ...DEFAULTS,
    local: clusterCidr === null ? null : { by: "source", cidr: clusterCidr },
    nodeIP: ip(address),
    layout,
  };
  return new KubeProxy(node, client, tracker, news, (at) => makeProxier(mode, node, tracker, settings, at));
}

export function makeProxier(
  mode: ProxyMode,
  place: Place,
  tracker: Tracker,
  settings: ProxySettings,
  at: Standpoint,
): Proxier {
  switch (mode) {
    case "userspace":
      return new UserspaceProxier(place, tracker, settings);
    case "iptables":
      return new IptablesProxier(place, tracker, settings, at);
    case "ipvs":
      return new IpvsProxier(place, tracker, settings, at);
    case "nftables":
      return new NftablesProxier(place, tracker, atPrimary(settings), at);
  }
}

/** Unless told otherwise, this mode serves node ports at the node's first address alone (platformApplyDefaults). */
function atPrimary(settings: ProxySettings): ProxySettings {
  const { nodePortAddresses, nodeIP } = settings;
  if (nodePortAddresses.length > 0 || nodeIP === null) return settings;
  return { ...settings, nodePortAddresses: [`${nodeIP}/${nodeIP.family === 4 ? 32 : 128}`] };
}
