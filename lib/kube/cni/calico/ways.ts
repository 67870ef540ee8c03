// Ways from a node to the blocks of others: what BIRD and Felix, who make them, are told.
// Before you edit: github.com/projectcalico/calico libcalico-go/lib/backend/k8s/resources/node.go (annotations).
import { ipv4, type Prefix4 } from "../../../wire/address.ts";
import type { Node } from "../../shapes.ts";
import type { CniNode } from "../plugin.ts";
import type { Encapsulation } from "./datastore.ts";
import type { Tunnel } from "./rules.ts";

export const ANNOTATION = "projectcalico.org/";

/** Whether what goes to this node of the same cluster is put into a packet between nodes. */
export const isTunnelled = (mode: Encapsulation, subnet: Prefix4, via: string): boolean =>
  mode === "Always" || (mode === "CrossSubnet" && !subnet.contains(ipv4(via)));

/** Where a node's own address and the way into its tunnel are told. */
export interface Reach {
  readonly address: string;
  readonly tunnelAddress: string | undefined;
}

export function reachOf({ metadata: { annotations = {} } }: Node, tunnel: Tunnel): Reach | null {
  const address = annotations[`${ANNOTATION}IPv4Address`]?.split("/")[0];
  if (address === undefined) return null;
  const tunnelAddress = tunnel === "none" ? undefined : annotations[TUNNEL_ANNOTATION[tunnel]];
  return { address, tunnelAddress };
}

export const TUNNEL_ANNOTATION = {
  ipip: `${ANNOTATION}IPv4IPIPTunnelAddr`,
  vxlan: `${ANNOTATION}IPv4VXLANTunnelAddr`,
} as const;

/** What a plugin of ways is told of. */
export interface Ways {
  /** A node came, changed or went (`null`); never the node itself. */
  nodeChanged(name: string, reach: Reach | null): void;
  /** A block came or went; `node` may be the node itself. */
  blockChanged(cidr: string, node: string, isThere: boolean): void;
  stop(): void;
}

/** What both kinds of ways need to know. */
export interface WaysOf {
  readonly node: CniNode;
  /** The network of the nodes. */
  readonly subnet: Prefix4;
  readonly mode: Encapsulation;
  readonly mtu: number;
  readonly tunnelAddress: string | null;
}
