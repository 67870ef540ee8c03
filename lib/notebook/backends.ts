// The verb backends: which pods are behind a Service, and why.
import { type BackendPod, backends as backendsScene } from "../draw/backends.ts";
import type { KubeObject } from "../kube/api/object.ts";
import type { Cluster } from "../kube/cluster.ts";
import { SERVICE_NAME } from "../kube/controller/endpoint-slice.ts";
import { type EndpointSlice, isReady, type Labels, type Pod, type Service } from "../kube/shapes.ts";
import { BadInput } from "../wire/input.ts";
import { currentCluster } from "./cluster.ts";
import { Picture } from "./display.ts";

/**
 * A Service of the cluster made last, its EndpointSlices and their pods, ready or not: `backends("word")`, or
 * `backends("beta/word")`. Throws BadInput when there is no such Service.
 */
export function backends(service: string, k8s: Cluster = currentCluster()): Picture {
  const [name = "", namespace = "default"] = service.split("/").toReversed();
  const list = <Kind extends KubeObject>(resource: string): Kind[] =>
    k8s.server.store.list(`/registry/${resource}`, `/registry/${resource}/${namespace}/`) as Kind[];
  const services = list<Service>("services");
  const found = services.find(({ metadata }) => metadata.name === name);
  if (found === undefined) {
    const known = services.map(({ metadata }) => metadata.name).join(", ");
    throw new BadInput("no Service of this name", service, `In ${namespace} there are: ${known}.`);
  }
  const { selector = {}, clusterIP = "", ports = [] } = found.spec;
  const pods = list<Pod>("pods");
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
  const slices = list<EndpointSlice>("endpointslices").filter(
    ({ metadata }) => metadata.labels?.[SERVICE_NAME] === name,
  );
  const selected = (pod: Pod) =>
    found.spec.selector !== undefined &&
    Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value);
  return new Picture(
    backendsScene({
      service: {
        name,
        selector: textOf(selector) || "no selector",
        address: clusterIP,
        ports: ports.map(({ port, targetPort = port }) => `port ${port}, of pods ${targetPort}`).join("; "),
      },
      slices: slices.map(({ metadata, ports: served, endpoints }) => ({
        name: metadata.name,
        ports: (served ?? []).map(({ port, protocol }) => `port ${port}/${protocol}`).join(", ") || "no ports",
        endpoints: (endpoints ?? []).map(({ addresses, conditions, targetRef }) => {
          const pod = byUid.get(targetRef?.uid ?? "");
          return { address: addresses.join(", "), ...conditions, pod: pod === undefined ? null : podOf(pod) };
        }),
      })),
      others: pods.filter((pod) => !selected(pod)).map(podOf),
    }),
  );
}

function podOf(pod: Pod): BackendPod {
  const { metadata, spec, status } = pod;
  return {
    name: metadata.name,
    address: status?.podIP ?? "no address",
    node: spec.nodeName ?? "no node",
    labels: textOf(metadata.labels ?? {}),
    state: `${status?.phase ?? "Pending"}, ${isReady(pod) ? "ready" : "not ready"}`,
  };
}

const textOf = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
