// Which pods does a service select, and which services select a pod? Asked by what they have in common, never by a walk
// over all of them.
// Before you edit: staging/src/k8s.io/endpointslice/util/controller_utils.go (PodChanged, ShouldPodBeInEndpoints, FindPort).
import { sameJson } from "../api/object.ts";
import { isReady, type Labels, type Pod, type Service, type ServicePort } from "../shapes.ts";
import type { Index } from "./informer.ts";
import type { Informers } from "./informers.ts";

const pair = (namespace: string | undefined, key: string, value: string): string => `${namespace}\n${key}=${value}`;

function pairsOf(namespace: string | undefined, labels: Labels = {}): string[] {
  const pairs: string[] = [];
  for (const key in labels) pairs.push(pair(namespace, key, labels[key]!));
  return pairs;
}

const matches = (selector: Labels, labels: Labels = {}): boolean => {
  for (const key in selector) if (labels[key] !== selector[key]) return false;
  return true;
};

export class ServicePods {
  private readonly pods: Index<Pod>;
  private readonly services: Index<Service>;

  /** `changed` hears of each service whose endpoints may be others now, by its key. */
  constructor(informers: Informers, changed: (key: string) => void) {
    const pods = informers.of<Pod>("pods");
    const services = informers.of<Service>("services");
    this.pods = pods.index(({ metadata: { namespace, labels } }) => pairsOf(namespace, labels));
    // One of its pairs finds the service: a pod that lacks it is not selected.
    this.services = services.index(({ metadata, spec }) => pairsOf(metadata.namespace, spec.selector).slice(0, 1));
    services.on((now, before) => {
      const { namespace, name } = (now ?? before)!.metadata;
      changed(`${namespace}/${name}`);
    });
    pods.on((now, before) => {
      if (now !== null && before !== null && !differs(now, before)) return;
      if (before !== null) this.selecting(before, changed);
      if (now !== null && !sameLabels(now, before)) this.selecting(now, changed);
    });
  }

  of({ metadata, spec: { selector = {} } }: Service): Pod[] {
    let fewest: ReadonlySet<Pod> | null = null;
    for (const each of pairsOf(metadata.namespace, selector)) {
      const set = this.pods.of(each);
      if (fewest === null || set.size < fewest.size) fewest = set;
    }
    return [...(fewest ?? [])].filter((pod) => matches(selector, pod.metadata.labels));
  }

  private selecting({ metadata: { namespace, labels } }: Pod, changed: (key: string) => void): void {
    for (const key in labels)
      for (const { metadata, spec } of this.services.of(pair(namespace, key, labels[key]!)))
        if (matches(spec.selector!, labels)) changed(`${metadata.namespace}/${metadata.name}`);
  }
}

const sameLabels = (now: Pod, before: Pod | null): boolean =>
  before !== null && sameJson(now.metadata.labels, before.metadata.labels);

function differs(a: Pod, b: Pod): boolean {
  return (
    a.status?.podIP !== b.status?.podIP ||
    a.status?.phase !== b.status?.phase ||
    isReady(a) !== isReady(b) ||
    a.spec.nodeName !== b.spec.nodeName ||
    a.metadata.deletionTimestamp !== b.metadata.deletionTimestamp ||
    !sameLabels(a, b)
  );
}

/** Whether the pod has an address and is not over (ShouldPodBeInEndpoints). */
export function isEndpoint({ metadata, spec, status }: Pod, withTerminating: boolean): boolean {
  if (status?.phase === "Failed" || status?.phase === "Succeeded" || !status?.podIP) return false;
  if (!withTerminating && metadata.deletionTimestamp !== undefined) return false;
  return spec.nodeName !== undefined;
}

/** The name an endpoint has in DNS below its Service's, if the pod says that it is in the Service's (ShouldSetHostname). */
export function hostnameIn({ metadata }: Service, { spec }: Pod): { readonly hostname?: string } {
  const { hostname = "", subdomain } = spec;
  return hostname !== "" && subdomain === metadata.name ? { hostname } : {};
}

/** The number of the pod's port that a service means; null if the pod has none of this name. */
export function portOf({ spec }: Pod, { targetPort, port, protocol = "TCP" }: ServicePort): number | null {
  if (typeof targetPort !== "string") return targetPort || port;
  for (const { ports = [] } of spec.containers)
    for (const each of ports)
      if (each.name === targetPort && (each.protocol ?? "TCP") === protocol) return each.containerPort;
  return null;
}

/** When what a service's endpoints depend on changed last: tells how long it takes until a proxy knows. */
export class TriggerTimes {
  private readonly known = new Map<string, Map<string, string>>();

  /** The earliest change since the last time, null if there was none (trigger_time_tracker.go). */
  since(service: Service, pods: readonly Pod[]): string | null {
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    const before = this.known.get(key);
    const now = new Map<string, string>();
    let first: string | null = before === undefined ? service.metadata.creationTimestamp : null;
    for (const { metadata, status } of pods) {
      const at = status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
      if (at === undefined) continue;
      now.set(metadata.uid, at);
      if (before !== undefined && at > (before.get(metadata.uid) ?? "") && (first === null || at < first)) first = at;
    }
    this.known.set(key, now);
    return first;
  }

  forget(key: string): void {
    this.known.delete(key);
  }
}
