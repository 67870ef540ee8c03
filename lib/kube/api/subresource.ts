// Parts of an object with a shape of their own: `…/scale`, and `…/binding`, by which a scheduler says where a pod goes.
// Before you edit: pkg/registry/apps/deployment/storage/storage.go (ScaleREST), pkg/registry/core/pod/storage/storage.go
// (BindingREST, setPodNodeAndMetadata), pkg/apis/autoscaling/validation/validation.go.
import type { Door, Options } from "./call.ts";
import { type FieldError, notNegative, required } from "./field-error.ts";
import { type Draft, draftOf, type KubeObject } from "./object.ts";
import { mergePatch } from "./patch.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, conflict, invalid, type Status } from "./status.ts";
import { selectorText } from "./table.ts";

/** A Scale of autoscaling/v1. */
export function scaleOf(object: KubeObject): Draft {
  const { metadata, spec, status = {} } = object as KubeObject & { spec: Draft; status?: Draft };
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec.replicas === 0 ? {} : { replicas: spec.replicas },
    status: { replicas: status.replicas ?? 0, selector: selectorText(spec.selector) },
  };
}

/** Writes a Scale: `sent` is one, or a patch of one. Throws ApiError. */
export function writeScale(
  server: ApiServer,
  agent: string,
  verb: "update" | "patch",
  door: Door,
  sent: unknown,
  options: Options,
): Draft {
  const change = (old: KubeObject): Draft => {
    const scale = (verb === "patch" ? mergePatch(scaleOf(old), sent) : sent) as Draft;
    const name = scale.metadata?.name ?? "";
    if (name !== door.name)
      throw badRequest(`the name of the object (${name}) does not match the name on the URL (${door.name})`);
    const replicas = scale.spec?.replicas ?? 0;
    const errors = notNegative("spec.replicas", replicas);
    if (errors.length > 0) throw invalid("Scale", "autoscaling", name, errors);
    const draft = draftOf(old) as Draft;
    draft.spec.replicas = replicas;
    if (scale.metadata.resourceVersion) draft.metadata.resourceVersion = scale.metadata.resourceVersion;
    return draft;
  };
  return scaleOf(server.rewrite(agent, verb, door, change, options));
}

/** Puts a pod on a node, for good: what the scheduler's POST to `…/binding` does. Throws ApiError. */
export function bind(server: ApiServer, agent: string, door: Door, sent: unknown): Status {
  const { metadata = {}, target = {} } = sent as Draft;
  if (metadata.name !== door.name) throw badRequest("name in URL does not match name in Binding object");
  const errors: FieldError[] = [];
  if (target.kind && target.kind !== "Node")
    errors.push({
      field: "target.kind",
      reason: "FieldValueNotSupported",
      says: `Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node", "<empty>"`,
    });
  if (!target.name) errors.push(required("target.name"));
  if (errors.length > 0) throw invalid("Binding", "", door.name, errors);
  server.rewrite(agent, "create", door, (old) => {
    const draft = draftOf(old) as Draft;
    const { metadata: of, spec } = draft;
    const bindings = { group: "", resource: "pods/binding" };
    if (of.deletionTimestamp !== undefined)
      throw conflict(bindings, door.name, `pod ${door.name} is being deleted, cannot be assigned to a host`);
    if (spec.nodeName)
      throw conflict(
        bindings,
        door.name,
        `pod ${door.name} is already assigned to node ${JSON.stringify(spec.nodeName)}`,
      );
    spec.nodeName = target.name;
    if (metadata.annotations) of.annotations = { ...of.annotations, ...metadata.annotations };
    const scheduled = {
      type: "PodScheduled",
      status: "True",
      lastProbeTime: null,
      lastTransitionTime: server.time,
    };
    const others = ((draft.status.conditions ?? []) as Draft[]).filter(({ type }) => type !== "PodScheduled");
    draft.status.conditions = [...others, scheduled];
    return draft;
  });
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };
}
