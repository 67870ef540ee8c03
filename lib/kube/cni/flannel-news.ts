// What the flannelds of a cluster hear of its nodes, read and kept once for all of them: each lists and watches in its own
// name, and is told of its own node, and of others when they are reached otherwise.
// Before you edit: github.com/flannel-io/flannel pkg/subnet/kube/kube.go (handleUpdateLeaseEvent, nodeToLease).

import type { VxlanRemote } from "../../link/vxlan.ts";
import { type Ipv4, ipv4, type Prefix4, prefix4 } from "../../wire/address.ts";
import { type Mac, mac } from "../../wire/mac.ts";
import type { ApiServer } from "../api/server.ts";
import type { WatchEvent } from "../api/watchers.ts";
import type { Client } from "../controller/client.ts";
import type { Node } from "../shapes.ts";

export const ANNOTATION = "flannel.alpha.coreos.com/";

/** How a node is reached, as its annotations say. */
export interface Reach {
  readonly subnet: Prefix4;
  readonly publicIp: Ipv4;
  readonly backend: string;
  readonly vtep: Mac | null;
  /** Where tunnels to it end, for the FDB of every other node. */
  readonly remote: VxlanRemote;
}

/** Read once for all the nodes that follow a node. */
const reaches = new WeakMap<Node, Reach | null>();

function reachOf(node: Node | null): Reach | null {
  if (node === null) return null;
  let reach = reaches.get(node);
  if (reach === undefined) {
    reach = readReach(node);
    reaches.set(node, reach);
  }
  return reach;
}

const isSame = (a: Reach, b: Reach): boolean =>
  `${a.subnet}` === `${b.subnet}` && a.publicIp === b.publicIp && a.backend === b.backend && a.vtep === b.vtep;

function readReach({ metadata: { annotations = {} }, spec: { podCIDR } }: Node): Reach | null {
  const publicIp = annotations[`${ANNOTATION}public-ip`];
  if (publicIp === undefined || podCIDR === undefined) return null;
  const data = JSON.parse(annotations[`${ANNOTATION}backend-data`] ?? "null") as { VtepMAC?: string } | null;
  const vtep = data?.VtepMAC === undefined ? null : mac(data.VtepMAC);
  const backend = annotations[`${ANNOTATION}backend-type`] ?? "";
  const address = ipv4(publicIp);
  const remote = { address, port: null, vni: null, via: null };
  return { subnet: prefix4(podCIDR), publicIp: address, backend, vtep, remote };
}

/** Null to `reachChanged` is a node that cannot be reached. */
export interface ReachReader {
  /** The node it works on. */
  readonly name: string;
  ownChanged(own: Node | null): void;
  reachChanged(now: Reach | null, before: Reach | null): void;
}

export class ReachNews {
  private nodes = new Map<string, Node>();
  /** What was listed last is of this revision: news from before it is old. */
  private listed = 0;
  /** By name, with the revision each has listed. */
  private readonly readers = new Map<string, { readonly reader: ReachReader; readonly since: number }>();
  /** The last change that was heard of; who joins while it happens hears of it by itself once more. */
  private told = 0;

  /** Lists and watches in the client's name, until the function it returns is called. */
  join(client: Client, reader: ReachReader): () => void {
    const { server, agent } = client;
    const kind = client.resource("nodes");
    const { items, revision } = server.list(agent, kind);
    this.nodes = new Map((items as readonly Node[]).map((node) => [node.metadata.name, node]));
    this.listed = revision;
    const { name } = reader;
    this.readers.set(name, { reader, since: revision });
    reader.ownChanged(this.nodes.get(name) ?? null);
    const close = server.watch(agent, kind, { revision }, this.hear);
    return () => {
      close();
      this.readers.delete(name);
    };
  }

  /** How nodes are reached, but for that of this name. */
  *reachesOfOthers(name: string): Generator<Reach | null> {
    for (const node of this.nodes.values()) if (node.metadata.name !== name) yield reachOf(node);
  }

  /** Everybody is told of the same event, one after the other; it is read once. */
  private readonly hear = (event: WatchEvent): void => {
    const { type, object, revision } = event;
    if (revision <= this.told) return;
    this.told = revision;
    const { name } = object.metadata;
    const now = type === "DELETED" ? null : (object as Node);
    const before = event.before as Node | null;
    if (revision > this.listed)
      if (now === null) this.nodes.delete(name);
      else this.nodes.set(name, now);
    const is = reachOf(now);
    const was = reachOf(before);
    if (is === was || (is !== null && was !== null && isSame(is, was))) {
      const own = this.readers.get(name);
      if (own !== undefined && revision > own.since) own.reader.ownChanged(now);
    } else
      for (const { reader, since } of this.readers.values())
        if (revision > since)
          if (reader.name === name) reader.ownChanged(now);
          else reader.reachChanged(is, was);
  };
}

const all = new WeakMap<ApiServer, ReachNews>();

/** That of the cluster with this API server. */
export function reachNews(server: ApiServer): ReachNews {
  let news = all.get(server);
  if (news === undefined) {
    news = new ReachNews();
    all.set(server, news);
  }
  return news;
}
