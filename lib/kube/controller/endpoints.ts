// The endpoints controller: the same in one object a service, as it was before there were slices (deprecated since 1.33).
// Before you edit: pkg/controller/endpoint/endpoints_controller.go, pkg/api/v1/endpoints/util.go (RepackSubsets).
import { type Draft, type KubeObject, sameJson } from "../api/object.ts";
import { isReady, type Service } from "../shapes.ts";
import { type Client, unlessGone } from "./client.ts";
import { HEADLESS, TRIGGER_TIME } from "./endpoint-slice.ts";
import type { Informers } from "./informers.ts";
import { hostnameIn, isEndpoint, portOf, ServicePods, TriggerTimes } from "./service-pods.ts";
import { WorkQueue } from "./work-queue.ts";

/** As many addresses an object may have; the others are not told (maxCapacity). */
const MOST = 1000;
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
const MANAGED_BY = "endpoints.kubernetes.io/managed-by";

type Endpoints = KubeObject & { readonly subsets?: readonly Draft[] };

interface Subset {
  readonly ports: readonly Draft[];
  readonly ready: Draft[];
  readonly notReady: Draft[];
}

export function endpointsController(informers: Informers, client: Client): void {
  const services = informers.of<Service>("services");
  const endpoints = informers.of<Endpoints>("endpoints");
  const times = new TriggerTimes();
  const queue = new WorkQueue(client, sync);
  const selected = new ServicePods(informers, (key) => queue.add(key));

  function sync(key: string): void {
    const service = services.get(key);
    const known = endpoints.get(key);
    if (service === undefined) {
      times.forget(key);
      if (known !== undefined) unlessGone(() => client.delete("endpoints", known));
      return;
    }
    const { selector, type, clusterIP } = service.spec;
    if (selector === undefined || type === "ExternalName") return;
    const { name, namespace } = service.metadata;
    const pods = selected.of(service);
    const trigger = times.since(service, pods);
    const all = subsetsOf(
      service,
      pods.filter((pod) => isEndpoint(pod, service.spec.publishNotReadyAddresses ?? false)),
    );
    const isOver = all.reduce((sum, { ready, notReady }) => sum + ready.length + notReady.length, 0) > MOST;
    const subsets = all.map(({ ports, ready, notReady }) => {
      const shown = ready.slice(0, MOST);
      const rest = notReady.slice(0, MOST - shown.length);
      return {
        ...(shown.length > 0 && { addresses: shown }),
        ...(rest.length > 0 && { notReadyAddresses: rest }),
        ...(ports.length > 0 && { ports }),
      };
    });
    const labels = {
      ...service.metadata.labels,
      ...(clusterIP === "None" && { [HEADLESS]: "" }),
      [MANAGED_BY]: "endpoint-controller",
    };
    if (known !== undefined && sameJson(known.subsets, subsets) && sameJson(known.metadata.labels, labels)) return;
    const annotations = {
      ...(trigger !== null && { [TRIGGER_TIME]: trigger }),
      ...(isOver && { [OVER_CAPACITY]: "truncated" }),
    };
    if (known === undefined)
      client.create("endpoints", namespace!, { metadata: { name, labels, annotations }, subsets });
    else
      client.update("endpoints", {
        ...known,
        metadata: { ...known.metadata, labels, annotations },
        subsets,
      } as Endpoints);
  }
}

/** Pods with the same ports stand together, addresses in order (RepackSubsets). */
function subsetsOf(service: Service, pods: ReturnType<ServicePods["of"]>): Subset[] {
  const { ports: asked = [], publishNotReadyAddresses = false, clusterIP } = service.spec;
  const subsets = new Map<string, Subset>();
  for (const pod of pods) {
    const { name, namespace, uid } = pod.metadata;
    const ports = asked.flatMap((each) => {
      const port = portOf(pod, each);
      const { name = "", protocol = "TCP" } = each;
      return port === null ? [] : [{ ...(name !== "" && { name }), port, protocol }];
    });
    if (ports.length === 0 && !(asked.length === 0 && clusterIP === "None")) continue;
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { ports, ready: [], notReady: [] };
    subsets.set(key, subset);
    const { nodeName } = pod.spec;
    const targetRef = { kind: "Pod", namespace, name, uid };
    const host = hostnameIn(service, pod);
    const address = { ip: pod.status!.podIP!, ...host, ...(nodeName !== undefined && { nodeName }), targetRef };
    (publishNotReadyAddresses || isReady(pod) ? subset.ready : subset.notReady).push(address);
  }
  const byAddress = (a: Draft, b: Draft) => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0);
  for (const { ready, notReady } of subsets.values()) {
    ready.sort(byAddress);
    notReady.sort(byAddress);
  }
  return [...subsets.values()];
}
