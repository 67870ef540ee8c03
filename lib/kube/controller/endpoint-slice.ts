// The endpoint slice controller: the addresses of a service's pods, at most a hundred in a slice, with what can be said of each.
// Before you edit: staging/src/k8s.io/endpointslice/{reconciler,utils}.go, pkg/controller/endpointslice/endpointslice_controller.go.
import { sameJson } from "../api/object.ts";
import { type Endpoint, type EndpointSlice, isReady, type Pod, type Service } from "../shapes.ts";
import { type Client, unlessGone } from "./client.ts";
import type { Informers } from "./informers.ts";
import { controllerRef } from "./owned.ts";
import { hostnameIn, isEndpoint, portOf, ServicePods, TriggerTimes } from "./service-pods.ts";
import { WorkQueue } from "./work-queue.ts";

/** --max-endpoints-per-slice. */
const MOST = 100;
export const SERVICE_NAME = "kubernetes.io/service-name";
const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
const MANAGER = "endpointslice-controller.k8s.io";
export const HEADLESS = "service.kubernetes.io/headless";
export const TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";

type Ports = EndpointSlice["ports"];

export function endpointSliceController(informers: Informers, client: Client): void {
  const services = informers.of<Service>("services");
  const slices = informers.of<EndpointSlice>("endpointslices");
  const slicesOf = slices.index(({ metadata: { namespace, labels } }) =>
    labels?.[MANAGED_BY] === MANAGER ? [`${namespace}/${labels[SERVICE_NAME]}`] : [],
  );
  const times = new TriggerTimes();
  const queue = new WorkQueue(client, sync);
  const selected = new ServicePods(informers, (key) => queue.add(key));
  // Somebody took away or changed a slice that is managed here.
  slices.on((now, before) => {
    const { namespace, labels } = (now ?? before)!.metadata;
    if (
      labels?.[MANAGED_BY] === MANAGER &&
      (now === null || mine.get(now.metadata.uid) !== now.metadata.resourceVersion)
    )
      queue.add(`${namespace}/${labels[SERVICE_NAME]}`);
    if (now === null) mine.delete(before!.metadata.uid);
  });
  /** The last version of each slice that was written here: hearing of it again is no news. */
  const mine = new Map<string, string>();

  function sync(key: string): void {
    const service = services.get(key);
    const known = [...slicesOf.of(key)];
    if (service === undefined) return times.forget(key);
    if (service.spec.selector === undefined || service.spec.type === "ExternalName") return;
    const pods = selected.of(service);
    const trigger = times.since(service, pods);
    const groups = new Map<string, { readonly ports: Ports; readonly endpoints: Map<string, Endpoint> }>();
    for (const pod of pods) {
      if (!isEndpoint(pod, true)) continue;
      const ports = portsOf(service, pod);
      const name = JSON.stringify(ports);
      let group = groups.get(name);
      if (group === undefined) {
        group = { ports, endpoints: new Map() };
        groups.set(name, group);
      }
      group.endpoints.set(pod.metadata.uid, endpointOf(service, pod));
    }
    // A service without any endpoint has one slice that says so.
    if (groups.size === 0) groups.set("[]", { ports: [], endpoints: new Map() });
    const unused = new Set(known);
    for (const { ports, endpoints } of groups.values()) {
      const fitting = known.filter((slice) => sameJson(slice.ports, ports));
      for (const each of fitting) unused.delete(each);
      fill(service, ports, endpoints, fitting, unused, trigger);
    }
    for (const slice of unused) unlessGone(() => client.delete("endpointslices", slice));
  }

  /** Endpoints stay in the slice they are in; new ones go where there is room, then into slices nobody needs, then into new ones. */
  function fill(
    service: Service,
    ports: Ports,
    wanted: Map<string, Endpoint>,
    fitting: readonly EndpointSlice[],
    unused: Set<EndpointSlice>,
    trigger: string | null,
  ): void {
    const contents = fitting.map((slice) => {
      const kept = (slice.endpoints ?? []).flatMap(({ targetRef }) => {
        const found = wanted.get(targetRef?.uid ?? "");
        if (found !== undefined) wanted.delete(targetRef!.uid);
        return found ?? [];
      });
      return { slice: slice as EndpointSlice | null, endpoints: kept };
    });
    const left = [...wanted.values()];
    for (const each of contents) each.endpoints.push(...left.splice(0, Math.max(0, MOST - each.endpoints.length)));
    while (left.length > 0 || contents.length === 0) {
      const [free = null] = unused;
      if (free !== null) unused.delete(free);
      contents.push({ slice: free, endpoints: left.splice(0, MOST) });
    }
    const many = contents.filter(({ endpoints }) => endpoints.length > 0).length;
    for (const [i, { slice, endpoints }] of contents.entries())
      if (slice !== null && endpoints.length === 0 && (many > 0 || i > 0))
        unlessGone(() => client.delete("endpointslices", slice));
      else write(service, slice, ports, endpoints, trigger);
  }

  function write(
    service: Service,
    slice: EndpointSlice | null,
    ports: Ports,
    endpoints: readonly Endpoint[],
    trigger: string | null,
  ): void {
    const labels = labelsOf(service);
    const { name, namespace } = service.metadata;
    const annotations = trigger === null ? {} : { [TRIGGER_TIME]: trigger };
    if (slice === null) {
      const metadata = { generateName: `${name}-`, labels, annotations, ownerReferences: [controllerRef(service)] };
      return note(client.create("endpointslices", namespace!, { metadata, addressType: "IPv4", endpoints, ports }));
    }
    const isSame = sameJson(slice.endpoints, endpoints) && sameJson(slice.ports, ports);
    if (isSame && sameJson(slice.metadata.labels, labels)) return;
    const { [TRIGGER_TIME]: _before, ...others } = slice.metadata.annotations ?? {};
    const metadata = { ...slice.metadata, labels, annotations: { ...others, ...annotations } };
    note(client.update("endpointslices", { ...slice, metadata, endpoints, ports } as EndpointSlice));
  }

  function note({ metadata: { uid, resourceVersion } }: { readonly metadata: EndpointSlice["metadata"] }): void {
    mine.set(uid, resourceVersion);
  }
}

function labelsOf({ metadata, spec }: Service): Record<string, string> {
  return {
    ...metadata.labels,
    ...(spec.clusterIP === "None" && { [HEADLESS]: "" }),
    [SERVICE_NAME]: metadata.name,
    [MANAGED_BY]: MANAGER,
  };
}

function portsOf({ spec }: Service, pod: Pod): Ports {
  return (spec.ports ?? []).flatMap((each) => {
    const port = portOf(pod, each);
    const { name = "", protocol = "TCP", appProtocol } = each;
    return port === null ? [] : [{ name, port, protocol, ...(appProtocol !== undefined && { appProtocol }) }];
  });
}

/** podToEndpoint. */
function endpointOf(service: Service, pod: Pod): Endpoint {
  const { publishNotReadyAddresses = false } = service.spec;
  const { name, namespace, uid, deletionTimestamp } = pod.metadata;
  const serving = isReady(pod);
  const terminating = deletionTimestamp !== undefined;
  const { nodeName } = pod.spec;
  return {
    addresses: [pod.status!.podIP!],
    conditions: { ready: publishNotReadyAddresses || (serving && !terminating), serving, terminating },
    ...hostnameIn(service, pod),
    ...(nodeName !== undefined && { nodeName }),
    targetRef: { kind: "Pod", namespace: namespace!, name, uid },
  };
}
