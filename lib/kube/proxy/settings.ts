// How a proxy is told to work: kube-proxy's own settings, and what it finds on its node.
// Before you edit: pkg/proxy/apis/config/types.go, pkg/proxy/util/nodeport_addresses.go, pkg/proxy/util/localdetector.go.
import { type Ip, ipv4, type Prefix } from "../../wire/address.ts";
import { type Family, holds, networksOf } from "./address.ts";

/** How a packet of a pod of this node is known: by source or by device (DetectLocalMode). */
export type LocalDetector =
  | { readonly by: "source"; readonly cidr: string }
  | { readonly by: "bridge"; readonly device: string }
  | { readonly by: "prefix"; readonly device: string };

/** How kube-proxy laid its rules out: as of 1.20, or as it does today. */
export type Layout = "1.20" | "1.36";

export interface ProxySettings {
  readonly family: Family;
  /** Null: nobody said which packets are of pods here. */
  readonly local: LocalDetector | null;
  readonly masqueradeAll: boolean;
  /** --iptables-localhost-nodeports */
  readonly localhostNodePorts: boolean;
  /** --nodeport-addresses; empty: every address of the node. */
  readonly nodePortAddresses: readonly string[];
  /** The node's own address; null: not known. */
  readonly nodeIP: Ip | null;
  /** -j MASQUERADE --random-fully, where iptables knows it. */
  readonly randomFully: boolean;
  /** Where cluster IPs come from (ServiceCIDR); only the nftables mode asks. */
  readonly serviceCidrs: readonly string[];
  /** net.netfilter.nf_conntrack_tcp_be_liberal: then what is INVALID is not dropped. */
  readonly conntrackLiberal: boolean;
  readonly layout: Layout;
}

export const DEFAULTS: ProxySettings = {
  family: 4,
  local: null,
  masqueradeAll: false,
  localhostNodePorts: true,
  nodePortAddresses: [],
  nodeIP: null,
  randomFully: true,
  serviceCidrs: [],
  conntrackLiberal: false,
  layout: "1.36",
};

const LOOPBACK = ipv4("127.0.0.0");

/** At which of the node's addresses node ports are served. */
export interface NodePortAddresses {
  readonly all: boolean;
  readonly networks: readonly Prefix[];
  /** 127.0.0.0/8 or a part of it is among them. */
  readonly hasLoopback: boolean;
}

/** Networks of the other family say nothing; if none is left, all addresses are meant. */
export function nodePortAddresses({ family, nodePortAddresses: texts }: ProxySettings): NodePortAddresses {
  const networks: Prefix[] = [];
  let hasLoopback = false;
  for (const each of networksOf(texts, family)) {
    if (each.family === 4 && (each.address.isLoopback || each.contains(LOOPBACK))) hasLoopback = true;
    if (each.length === 0) return { all: true, networks: [], hasLoopback };
    networks.push(each);
  }
  return networks.length === 0
    ? { all: true, networks, hasLoopback: family === 4 }
    : { all: false, networks, hasLoopback };
}

/** Those of the node's addresses that node ports are served at, each once, in the order the settings name them. */
export function matching({ networks }: NodePortAddresses, addresses: readonly Ip[]): Ip[] {
  return [...new Set(networks.flatMap((network) => addresses.filter((each) => holds(network, each))))];
}

/** Rule words for "of a pod of this node", or for the opposite. */
export function localWords(local: LocalDetector, isLocal: boolean): string {
  const not = isLocal ? "" : "! ";
  if (local.by === "source") return `${not}-s ${local.cidr}`;
  return `${not}-i ${local.device}${local.by === "prefix" ? "+" : ""}`;
}
