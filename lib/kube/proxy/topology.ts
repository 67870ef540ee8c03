// Which endpoints a node may use for a Service's port: by readiness, by traffic policy, by the hints of where clients are.
// Before you edit: pkg/proxy/topology.go (CategorizeEndpoints).
import type { Endpoint } from "./endpoints.ts";
import type { ServicePort } from "./service-port.ts";

/** Where a proxy stands. */
export interface Standpoint {
  readonly node: string;
  /** `topology.kubernetes.io/zone` of the node; empty: it has none. */
  readonly zone: string;
}

export interface Usable {
  /** For the Cluster policy. */
  readonly cluster: readonly Endpoint[];
  /** For the Local policy. */
  readonly local: readonly Endpoint[];
  /** All of them. */
  readonly reachable: readonly Endpoint[];
  /** Whether there are any in the cluster, though perhaps none this node may use. */
  readonly hasAny: boolean;
}

const NOBODY: readonly Endpoint[] = [];
const NOTHING: Usable = { cluster: NOBODY, local: NOBODY, reachable: NOBODY, hasAny: false };

/** Ready endpoints, and where there are none those that still serve while they end: for each policy by itself. */
export function usableEndpoints(all: readonly Endpoint[], service: ServicePort, at: Standpoint): Usable {
  if (all.length === 0) return NOTHING;
  const { usesCluster, usesLocal } = service;
  const hinted = usesCluster ? hintedTo(all, at) : null;
  let cluster = NOBODY;
  if (usesCluster) {
    cluster = all.filter((each) => each.ready && (hinted === null || hinted(each)));
    if (cluster.length === 0) cluster = all.filter(isLast);
  }
  if (!usesLocal) return { cluster, local: NOBODY, reachable: cluster, hasAny: cluster.length > 0 };
  const here = all.filter(({ isLocal }) => isLocal);
  let local: readonly Endpoint[] = here.filter(({ ready }) => ready);
  const isEnding = local.length === 0;
  if (isEnding) local = here.filter(isLast);
  const hasAny = all.some((each) => each.ready || isLast(each));
  // All that is ready is in `cluster`, unless hints or the end of pods took something out of it.
  const reachable = !usesCluster
    ? local
    : hinted === null && !(isEnding && local.length > 0)
      ? cluster
      : [...new Set([...cluster, ...local])];
  return { cluster, local, reachable, hasAny };
}

/** Whether a node has somebody for what comes to the cluster IP, and for what comes from outside; else it is refused. */
export function whoIsServed(
  { isInternalLocal, isExternalLocal }: ServicePort,
  { hasAny, local }: Usable,
): { readonly hasInternal: boolean; readonly hasExternal: boolean } {
  return {
    hasInternal: hasAny && !(isInternalLocal && local.length === 0),
    hasExternal: hasAny && !(isExternalLocal && local.length === 0),
  };
}

const isLast = ({ ready, serving, terminating }: Endpoint): boolean => !ready && serving && terminating;

/**
 * Hints count when every ready endpoint has one and at least one is for this node, or else for this zone; null: they do
 * not count.
 */
function hintedTo(all: readonly Endpoint[], { node, zone }: Standpoint): ((endpoint: Endpoint) => boolean) | null {
  const ready = all.filter((each) => each.ready);
  if (ready.length === 0) return null;
  const isForNode = ({ nodes }: Endpoint) => nodes.includes(node);
  const isForZone = ({ zones }: Endpoint) => zones.includes(zone);
  if (ready.every(({ nodes }) => nodes.length > 0) && ready.some(isForNode)) return isForNode;
  if (ready.every(({ zones }) => zones.length > 0) && ready.some(isForZone)) return isForZone;
  return null;
}
