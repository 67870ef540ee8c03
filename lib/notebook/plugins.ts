// The verb plugins: what network plugins have in common and what not, as a table found by running each.

import { PLUGINS } from "../kube/cluster.ts";
import { pluginFacts, type Share, stateText } from "../kube/cni/matrix.ts";
import type { CniPlugin } from "../kube/cni/plugin.ts";
import { Table } from "./table.ts";

const COLUMNS = [
  "plugin",
  "TTL on a node",
  "TTL across",
  "MTU of pods",
  "of nodes",
  "octets around",
  "a node has",
  "for each pod",
  "for each other node",
  "the cloud, for each node",
  "pod to pod",
  "without NAT",
  "node to its pods",
  "a node is seen as",
] as const;

const share = ({ well, of }: Share): string => `${well}/${of}`;

/**
 * Builds small clusters with each plugin, all there are unless some are named, and shows what was found: TTLs, MTUs,
 * overhead, what a node must know, and Kubernetes' three requirements: every pod reaches every pod, with the address it
 * has itself, and a node its pods. The lab that `sh` means stays what it was. Throws BadInput for a plugin that is not there.
 *
 * @example
 * plugins(["flannel-vxlan", "calico-bgp"])
 */
export function plugins(which: readonly (string | CniPlugin)[] = PLUGINS): Table {
  const rows = which
    .map(pluginFacts)
    .map((facts) => [
      facts.name,
      `${facts.ttl.same}`,
      `${facts.ttl.other}`,
      `${facts.mtu.pod}`,
      `${facts.mtu.node}`,
      `${facts.overhead}`,
      stateText(facts.state.node),
      stateText(facts.state.pod),
      stateText(facts.state.remote),
      stateText(facts.fabric),
      share(facts.reached),
      share(facts.untranslated),
      share(facts.fromNode),
      facts.nodeSeenBy,
    ]);
  return new Table(COLUMNS, rows);
}
