// kubectl expose: a Service for what runs already.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/expose/expose.go, .../pkg/polymorphichelpers/*forobject.go.
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { asDry } from "./apply.ts";
import { Failure } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { kind, MAKING, pairsOf, portOf } from "./make.ts";
import { report } from "./print.ts";
import { mustFetch, select } from "./select.ts";
import type { Session } from "./session.ts";

export const EXPOSE = flagsOf(
  `${MAKING} filename:f* protocol port type selector labels:l target-port external-ip name session-affinity cluster-ip load-balancer-ip !overrides !record?`,
);

/** Ports that the containers of a template or pod, or a Service, name. */
function portsOf(object: Draft): { port: number; protocol: string }[] {
  if (object.kind === "Service")
    return (object.spec.ports ?? []).map(({ port, protocol = "TCP" }: Draft) => ({ port, protocol }));
  const spec = object.kind === "Pod" ? object.spec : object.spec.template.spec;
  return (spec.containers as Draft[]).flatMap(({ ports = [] }) =>
    ports.map(({ containerPort, protocol = "TCP" }: Draft) => ({ port: containerPort, protocol })),
  );
}

export function expose(session: Session): number {
  const { flags } = session;
  for (const info of mustFetch(session, select(session, { isSelectorOther: true }))) {
    const { resource, name, object } = info;
    if (!["Deployment", "ReplicaSet", "Pod", "Service"].includes(resource.kind))
      throw new Failure(
        `cannot expose a ${resource.group === "" ? resource.kind : `${resource.kind}.${resource.group}`}`,
      );
    const selector = flags.has("selector") ? pairsOf(flags.text("selector")) : selectorOf(object!, resource);
    const known = portsOf(object!);
    if (!flags.has("port") && known.length === 0 && flags.text("cluster-ip") !== "None")
      throw new Failure("couldn't find port via --port flag or introspection");
    const wanted = flags.has("port")
      ? flags
          .text("port")
          .split(",")
          .map((each) => portOf(each))
      : known.map(({ port }) => port);
    const target = flags.text("target-port");
    const ports = wanted.map((port, i) => ({
      ...(wanted.length > 1 && { name: `port-${i + 1}` }),
      port,
      protocol: flags.text("protocol").toUpperCase() || known.find((each) => each.port === port)?.protocol || "TCP",
      targetPort: target === "" ? port : /^\d+$/.test(target) ? Number(target) : target,
    }));
    const labels = flags.has("labels") ? pairsOf(flags.text("labels")) : (object!.metadata.labels as Draft | undefined);
    const spec = {
      ...(flags.has("cluster-ip") && { clusterIP: flags.text("cluster-ip") }),
      ...(flags.has("external-ip") && { externalIPs: [flags.text("external-ip")] }),
      ...(flags.has("load-balancer-ip") && { loadBalancerIP: flags.text("load-balancer-ip") }),
      ...(ports.length > 0 && { ports }),
      selector,
      ...(flags.has("session-affinity") && { sessionAffinity: flags.text("session-affinity") }),
      ...(flags.has("type") && { type: flags.text("type") }),
    };
    const metadata = { ...(labels && { labels }), name: flags.text("name") || name };
    const status = { loadBalancer: {} };
    const service = { apiVersion: "v1", kind: "Service", metadata, spec, status };
    if (session.isDry === "client") {
      report(session, { resource: kind(session, "services"), name: metadata.name }, "exposed", service);
      continue;
    }
    const made = session.ask(
      "POST",
      { resource: kind(session, "services"), namespace: session.namespace },
      { query: asDry(session), body: service },
    );
    report(session, { resource: kind(session, "services"), name: metadata.name }, "exposed", made);
  }
  return 0;
}

/** As Go's %+v writes them. */
const expressionsText = (expressions: readonly Draft[]): string =>
  expressions
    .map(({ key, operator, values = [] }) => `{Key:${key} Operator:${operator} Values:[${values.join(" ")}]}`)
    .join(" ");

function selectorOf(object: Draft, resource: Resource): Draft {
  if (resource.kind === "Pod") {
    if (Object.keys(object.metadata.labels ?? {}).length === 0)
      throw new Failure(
        "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
      );
    return object.metadata.labels;
  }
  if (resource.kind === "Service") {
    if (object.spec.selector === undefined)
      throw new Failure(
        "couldn't retrieve selectors via --selector flag or introspection: the service has no pod selector set",
      );
    return object.spec.selector;
  }
  const { matchLabels = {}, matchExpressions = [] } = object.spec.selector ?? {};
  if (matchExpressions.length > 0)
    throw new Failure(
      `couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - "[${expressionsText(matchExpressions)}]" to map-based selector format`,
    );
  return matchLabels;
}
