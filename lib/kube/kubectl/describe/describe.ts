// kubectl describe: an object, in paragraphs, with its Events.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/describe/describe.go, .../pkg/describe/describe.go.
import type { Draft } from "../../api/object.ts";
import { qualifiedName } from "../../api/status.ts";
import { Failure, Failures, isRefusal } from "../failure.ts";
import { flagsOf } from "../flags.ts";
import { fetched, type Info, select } from "../select.ts";
import type { Session } from "../session.ts";
import { disruptionBudget, endpointSlice, endpoints, ingress, networkPolicy, service } from "./network.ts";
import { configMap, namespace, node, serviceAccount } from "./node.ts";
import { Paper } from "./paper.ts";
import { unstructured } from "./unstructured.ts";
import { type Describe, daemonSet, deployment, pod, replicaSet } from "./workloads.ts";

export const DESCRIBE = flagsOf(
  "filename:f* recursive:R? selector:l all-namespaces:A? show-events? chunk-size# !kustomize:k",
);

const DESCRIBERS: Readonly<Record<string, Describe>> = {
  configmaps: configMap,
  daemonsets: daemonSet,
  deployments: deployment,
  endpoints,
  endpointslices: endpointSlice,
  ingresses: ingress,
  namespaces: namespace,
  networkpolicies: networkPolicy,
  nodes: node,
  poddisruptionbudgets: disruptionBudget,
  pods: pod,
  replicasets: replicaSet,
  serviceaccounts: serviceAccount,
  services: service,
};

/** Kinds of which nobody asks for Events. */
const SILENT = ["namespaces", "networkpolicies"];

export function describe(session: Session): number {
  const { words, flags } = session;
  if (words.length === 0 && flags.list("filename").length === 0)
    throw new Failure(
      `You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.`,
    );
  const selected = select(session, { all: true });
  let { infos, failures } = fetched(session, selected);
  const [only] = failures;
  // A name nobody has may be the beginning of names (DescribeMatchingResources).
  if (infos.length === 0 && failures.length === 1 && words.length === 2 && isRefusal(only, "NotFound")) {
    const { resource, namespace: within, name } = selected.ones[0]!;
    const all = session.items({ resource, namespace: within });
    infos = all
      .filter((object) => (object.metadata.name as string).startsWith(name))
      .map((object) => ({ resource, namespace: within, name: object.metadata.name, object, source: "" }));
    if (infos.length > 0) failures = [];
  }
  const withEvents = flags.has("show-events") ? flags.is("show-events") : infos.length === 1 && only === undefined;
  let isFirst = true;
  for (const info of infos) {
    const shown = text(session, info, withEvents);
    session.out(only === undefined || failures.length > 0 ? `${isFirst ? "" : "\n\n"}${shown}` : `${shown}\n`);
    isFirst = false;
  }
  if (infos.length === 0 && failures.length === 0)
    session.err(
      flags.is("all-namespaces") ? "No resources found\n" : `No resources found in ${session.namespace} namespace.\n`,
    );
  if (failures.length > 0) throw new Failures(failures);
  return 0;
}

function text(session: Session, { resource, object }: Info, withEvents: boolean): string {
  const paper = new Paper(session.now);
  const of = DESCRIBERS[resource.resource];
  if (of === undefined || (resource.resource === "events" && qualifiedName(resource) === "events"))
    unstructured(paper, object!);
  else of(paper, object!, session);
  if (withEvents && !SILENT.includes(resource.resource)) paper.events(eventsOf(session, object!));
  return paper.toString();
}

function eventsOf(session: Session, { kind, metadata }: Draft): Draft[] {
  const resource = session.server.resource("events", "")!;
  const { name, namespace: within, uid } = metadata;
  const list = (of: string): Draft[] => {
    const fieldSelector = [
      `involvedObject.name=${name}`,
      ...(within === undefined ? [] : [`involvedObject.namespace=${within}`]),
      ...(kind === "Pod" ? [] : [`involvedObject.kind=${kind}`]),
      `involvedObject.uid=${of}`,
    ].join(",");
    return session.items({ resource, namespace: within ?? null }, { fieldSelector });
  };
  // A kubelet tells of its node by name.
  return kind === "Node" ? [...list(uid), ...list(name)] : list(uid);
}
