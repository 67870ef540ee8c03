// What becomes of an object that a client sends: read, completed, compared with what was there, judged.
// Before you edit: staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,delete}.go,
// .../endpoints/handlers/{create,update,patch}.go, .../registry/generic/registry/store.go.
import type { Options } from "./call.ts";
import { wrong } from "./field-error.ts";
import { noNewFinalizers, validateMetadata } from "./metadata.ts";
import { dnsLabel, drawUid, generatedName } from "./names.ts";
import { type Draft, draftOf, type KubeObject, sameJson } from "./object.ts";
import { apiVersionOf, keyOf, type Registry, type Resource } from "./resource.ts";
import { decode, isKnown, versionOf, WrongType } from "./schema.ts";
import { type ApiError, badRequest, conflict, failure, invalid, MODIFIED } from "./status.ts";

/** "Strict" refuses fields nobody knows, "Warn" and "Ignore" drop them, "Warn" aloud. */
export type FieldValidation = "Strict" | "Warn" | "Ignore";

export type Propagation = "Background" | "Foreground" | "Orphan";

/**
 * What was sent, as a draft of its own, its kind and its fields checked; fields that are those of `old`, the object it is
 * to replace, are neither copied nor checked again. Throws ApiError: `refusal` of a value of a wrong type, else 400.
 */
export function readObject(
  resource: Resource,
  body: unknown,
  { fieldValidation = "Ignore", warn }: Options = {},
  old: KubeObject | null = null,
  refusal: (wrong: WrongType) => ApiError = ({ message }) => cannotBeHandled(resource, message),
): Draft {
  const { kind } = resource;
  const apiVersion = apiVersionOf(resource);
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw badRequest(
      "couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct",
    );
  const { apiVersion: saidVersion, kind: saidKind } = body as Draft;
  mustBeKind(resource, saidVersion ?? apiVersion, saidKind ?? kind);
  const { draft, unknown } = resource.isCustom ? { draft: draftOf(body) as Draft, unknown: [] } : decoded();
  draft.apiVersion ??= apiVersion;
  draft.kind ??= kind;
  if (unknown.length > 0 && fieldValidation === "Strict")
    throw cannotBeHandled(resource, `strict decoding error: ${unknown.join(", ")}`);
  if (fieldValidation === "Warn") for (const each of unknown) warn?.(each);
  return draft;

  function decoded() {
    try {
      return decode(apiVersion, kind, body as Draft, old);
    } catch (failure) {
      throw failure instanceof WrongType ? refusal(failure) : failure;
    }
  }
}

const cannotBeHandled = ({ kind, version }: Resource, why: string): ApiError =>
  badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);

/** A body may not be of another kind than the path. Throws ApiError (400). */
function mustBeKind(resource: Resource, apiVersion: string, kind: string): void {
  if (kind === resource.kind && apiVersion === apiVersionOf(resource)) return;
  const cannot = `${kind} in version "${versionOf(apiVersion)}" cannot be handled as a ${resource.kind}`;
  if (!isKnown(apiVersion, kind))
    throw badRequest(
      `${cannot}: no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  throw badRequest(
    `${cannot}: converting (${versionOf(apiVersion)}.${kind}) to (${internalGroup(resource)}.${resource.kind}): unknown conversion`,
  );
}

/** A body may not be about another object than the path. Throws ApiError (400). */
export function mustBeNamed({ metadata }: Draft, name: string): void {
  const sent = metadata?.name ?? "";
  if (sent !== name) throw badRequest(`the name of the object (${sent}) does not match the name on the URL (${name})`);
}

/** The Go package of the version of a group that the server works with. */
const internalGroup = ({ group }: Resource): string => (group === "" ? "core" : group.split(".")[0]!);

/** Only the server says these. */
const SERVER_ONLY = ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields"];

/** The new object that a draft becomes. Throws ApiError. */
export function created(resource: Resource, draft: Draft, registry: Registry): KubeObject {
  const { strategy } = resource;
  const { metadata } = draft;
  if (metadata.resourceVersion) throw failure("resourceVersion should not be set on objects to be created");
  if (!metadata.name && metadata.generateName)
    metadata.name = generatedName(metadata.generateName, () => registry.random());
  for (const field of SERVER_ONLY) if (field in metadata) delete metadata[field];
  metadata.uid = drawUid(() => registry.random());
  metadata.creationTimestamp = registry.time;
  if (resource.hasGeneration) metadata.generation = 1;
  strategy.defaults?.(draft);
  strategy.prepareCreate?.(draft, registry);
  judge(resource, draft, null, "");
  strategy.allocate?.(draft, null, registry);
  return draft as KubeObject;
}

/** Nobody changes these by an update. */
const KEPT = [
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generation",
  "namespace",
  "generateName",
  "selfLink",
  "managedFields",
];

/** What the object becomes; `old` itself if nothing changes. Throws ApiError. */
export function changed(
  resource: Resource,
  old: KubeObject,
  draft: Draft,
  part: string,
  registry: Registry,
): KubeObject {
  const { strategy } = resource;
  const { name } = old.metadata;
  draft.metadata ??= {};
  const { metadata } = draft;
  if (metadata.resourceVersion && metadata.resourceVersion !== old.metadata.resourceVersion)
    throw conflict(resource, name, MODIFIED);
  if (metadata.uid && metadata.uid !== old.metadata.uid)
    throw conflict(resource, name, otherUid(metadata.uid, resource, old));
  if (resource.needsVersion && !metadata.resourceVersion)
    throw invalid(resource.resource, resource.group, name, [
      wrong("metadata.resourceVersion", 0, "must be specified for an update"),
    ]);
  for (const field of KEPT) keep(metadata, old.metadata, field);
  metadata.resourceVersion = old.metadata.resourceVersion;
  if (part === "status") {
    for (const each of [old, draft])
      for (const field in each) if (field !== "status" && field !== "metadata") keep(draft, old, field);
    for (const field of resource.statusKeeps ?? ["ownerReferences"]) keep(metadata, old.metadata, field);
  } else if (resource.hasStatus && part !== "binding") keep(draft, old, "status");
  strategy.defaults?.(draft);
  if (part === "status") strategy.prepareStatus?.(draft, old);
  else {
    if (part !== "finalize") strategy.prepareUpdate?.(draft, old, registry);
    const counted = resource.generationCounts ?? ["spec"];
    const isChanged = (field: string) =>
      field === "annotations" || field === "labels"
        ? !sameJson(metadata[field], old.metadata[field])
        : !sameJson(draft[field], (old as Draft)[field]);
    if (resource.hasGeneration && part !== "binding" && counted.some(isChanged))
      metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
  judge(resource, draft, old, part);
  if (part !== "status") strategy.allocate?.(draft, old, registry);
  return sameJson(draft, old) ? old : (draft as KubeObject);
}

/** The words of etcd's keeper (storage.NewInvalidObjError), which finds it out when it writes. */
function otherUid(asked: string, resource: Resource, { metadata: { namespace = "", name, uid } }: KubeObject): string {
  const met = `Precondition failed: UID in precondition: ${asked}, UID in object meta: ${uid}`;
  return `StorageError: invalid object, Code: 4, Key: ${keyOf(resource, namespace, name)}, ResourceVersion: 0, AdditionalErrorMsg: ${met}`;
}

function keep(draft: Draft, old: object, field: string): void {
  const value = (old as Draft)[field];
  if (value !== undefined) draft[field] = value;
  else if (field in draft) delete draft[field];
}

function judge(resource: Resource, draft: Draft, old: KubeObject | null, part: string): void {
  const { strategy, nameRule = dnsLabel } = resource;
  const update = () => (old === null ? [] : (strategy.validateUpdate?.(draft, old) ?? []));
  const parts =
    part === "status" && strategy.validateStatus !== undefined
      ? [strategy.validateStatus(draft)]
      : strategy.isUpdateJudgedFirst
        ? [update(), strategy.validate?.(draft, old) ?? []]
        : [strategy.validate?.(draft, old) ?? [], part === "binding" ? [] : update()];
  const errors = [
    ...(old === null ? [] : noNewFinalizers(draft.metadata, old.metadata)),
    ...validateMetadata(draft.metadata, old?.metadata ?? null, resource.namespaced, nameRule),
    ...parts.flat(),
  ];
  if (errors.length > 0) throw invalid(resource.kind, resource.group, draft.metadata.name ?? "", errors);
}
