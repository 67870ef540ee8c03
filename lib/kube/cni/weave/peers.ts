// Peers of Weave Net: who is one, by the ConfigMap that every node's weave writes itself into, and which addresses each has.
// Before you edit: github.com/weaveworks/weave prog/kube-utils/peerlist.go, ipam/ring/ring.go (a peer that comes is given
// half of what another one has).
import type { Prefix4 } from "../../../wire/address.ts";
import { type Mac, mac } from "../../../wire/mac.ts";
import type { KubeObject } from "../../api/object.ts";
import { ApiError } from "../../api/status.ts";
import type { Client } from "../../controller/client.ts";

const NAMESPACE = "kube-system";
const NAME = "weave-net";
const PEERS = 1024;
const ANNOTATION = "kube-peers.weave.works/peers";

export interface Peer {
  readonly name: Mac;
  readonly node: string;
}

/** Those in the ConfigMap, in the order they came. */
export function peersOf(map: KubeObject | undefined): Peer[] {
  const text = map?.metadata.annotations?.[ANNOTATION];
  const { Peers = [] } = JSON.parse(text ?? "{}") as { Peers?: { PeerName: string; NodeName: string }[] };
  return Peers.map(({ PeerName, NodeName }) => ({ name: mac(PeerName), node: NodeName }));
}

/** Writes a node's peer into the list, and says at which place it stands. */
export function join(client: Client, node: string, name: Mac): number {
  try {
    client.create("configmaps", NAMESPACE, { metadata: { name: NAME } });
  } catch (failure) {
    if (!(failure instanceof ApiError) || failure.reason !== "AlreadyExists") throw failure;
  }
  const map = client.get("configmaps", NAMESPACE, NAME)!;
  const Peers = [...peersOf(map), { name, node }].map((each) => ({ PeerName: `${each.name}`, NodeName: each.node }));
  client.patch("configmaps", map, { metadata: { annotations: { [ANNOTATION]: JSON.stringify({ Peers }) } } });
  return Peers.length - 1;
}

/**
 * The addresses of the peer at this place, the network's own address left out: the first one had all, the second got the
 * half of it, the third a half of the first one's half. Of its part a peer gives out what nobody can have got from it: as
 * many as are left when a thousand have come.
 */
export function rangeOf(
  { address, length }: Prefix4,
  place: number,
): { readonly first: number; readonly last: number } {
  let begin = 0;
  for (let rest = place, part = 2 ** (31 - length); rest > 0; rest >>= 1, part /= 2) if (rest & 1) begin += part;
  const first = address.bits + begin;
  return { first: begin === 0 ? first + 1 : first, last: first + 2 ** (32 - length) / PEERS - 1 };
}
