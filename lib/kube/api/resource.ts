// What the API server knows of a kind: its names, and what is special about creating, changing and deleting it.
// Before you edit: staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,delete}.go, pkg/registry/core/rest/storage_core.go.
import type { FieldError } from "./field-error.ts";
import type { NameRule } from "./names.ts";
import type { Draft, KubeObject } from "./object.ts";
import type { Qualified } from "./status.ts";
import type { Cells, Column } from "./table.ts";

/** What strategies may ask of the server they work for. */
export interface Registry {
  /** Now, as the API writes times. */
  readonly time: string;
  random(): number;
  /** The range of Services' addresses: `10.96.0.0/12`. */
  readonly serviceRange: string;
  find(resource: Resource, namespace: string, name: string): KubeObject | undefined;
}

export interface Strategy {
  /** Fills in what a client may leave out (SetDefaults_… in pkg/apis/…/v1/defaults.go). */
  defaults?(draft: Draft): void;
  /** What a new object has, whatever the client says; may allocate, and throws ApiError if that fails. */
  prepareCreate?(draft: Draft, registry: Registry): void;
  /** What a client can't change. */
  prepareUpdate?(draft: Draft, old: KubeObject, registry: Registry): void;
  /** What a status has, whatever its writer says. */
  prepareStatus?(draft: Draft, old: KubeObject): void;
  validate?(object: Draft, old: KubeObject | null): FieldError[];
  validateUpdate?(object: Draft, old: KubeObject): FieldError[];
  /** An update's own complaints come before those of the object. */
  readonly isUpdateJudgedFirst?: boolean;
  /** Instead of the others when only the status is written. */
  validateStatus?(object: Draft): FieldError[];
  /** Gives out what there is only one of, to an object that is right otherwise. Throws ApiError. */
  allocate?(draft: Draft, old: KubeObject | null, registry: Registry): void;
  /** Remembers what a stored object has of it. */
  stored?(object: KubeObject, old: KubeObject | null, registry: Registry): void;
  /** Says what was allocated is free again. */
  deleted?(object: KubeObject, registry: Registry): void;
  /** Seconds until an object is really gone after it was asked to go; 0 is at once. */
  grace?(object: KubeObject, asked: number | null): number;
  /** Why the one of this name may not be deleted, whether there is one or not; undefined if it may. */
  refusesEnd?(name: string): string | undefined;
  /** An object that is asked to go as it waits for its end, of a kind that says itself who holds it; null if nobody does. */
  held?(object: KubeObject): Draft | null;
  /** What the server says, in headers, to who makes such an object. */
  warnings?(object: KubeObject): readonly string[];
  /** Values that field selectors may ask for, besides metadata.name and metadata.namespace. */
  fields?(object: KubeObject): Readonly<Record<string, string>>;
}

export interface Resource extends Qualified {
  /** `""` of the core group, or `apps`, `discovery.k8s.io`. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The plural, as in paths: `pods`. */
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** A CustomResourceDefinition made it, whose schema takes any field. */
  readonly isCustom?: true;
  /** It has a part that only `…/status` changes. */
  readonly hasStatus: boolean;
  /** metadata.generation counts changes of the spec, or of the fields that are named. */
  readonly hasGeneration: boolean;
  readonly generationCounts?: readonly string[];
  /** What of the metadata a writer of the status can't change: the owners, unless said otherwise. */
  readonly statusKeeps?: readonly string[];
  /** Who deletes one at once is answered with it, not with Success (ReturnDeletedObject). */
  readonly answersDeleted?: boolean;
  /** A PUT to a name that is not there makes it. */
  readonly madeByUpdate?: boolean;
  /** An update must say which version it saw. */
  readonly needsVersion?: boolean;
  /** It has `…/scale`: spec.replicas alone, for whoever does not know the kind. */
  readonly scale?: { readonly selector: boolean };
  /** What the server says, in a header, to everybody who uses the kind. */
  readonly warning?: string;
  /** How the server prints it (Accept: application/json;as=Table). */
  readonly columns: readonly Column[];
  readonly cells: Cells;
  /** After so many seconds without being written it is gone. */
  readonly ttl?: number;
  /** A field whose watches are found by its value: spec.nodeName of pods, for every kubelet asks for its own. */
  readonly indexed?: { readonly field: string; of(object: KubeObject): string };
  /** What a name must look like; a DNS label unless said otherwise. */
  readonly nameRule?: NameRule;
  readonly strategy: Strategy;
}

export const apiVersionOf = ({ group, version }: Resource): string => (group === "" ? version : `${group}/${version}`);

/** Where etcd keeps them: `/registry/pods`. */
export function collectionOf(resource: Resource): string {
  let collection = collections.get(resource);
  if (collection === undefined) {
    collection = `/registry/${resource.resource}`;
    collections.set(resource, collection);
  }
  return collection;
}

const collections = new WeakMap<Resource, string>();

/** Where it keeps one: `/registry/pods/default/web`. A call asks for the same several times, one after the other. */
export function keyOf(resource: Resource, namespace: string, name: string): string {
  if (resource !== asked.resource || namespace !== asked.namespace || name !== asked.name) {
    const key = `${collectionOf(resource)}/${resource.namespaced ? `${namespace}/` : ""}${name}`;
    asked = { resource, namespace, name, key };
  }
  return asked.key;
}

let asked: { readonly resource: Resource | null; readonly namespace: string; readonly name: string; key: string } = {
  resource: null,
  namespace: "",
  name: "",
  key: "",
};

/** The path of an object or, without a name, of all of them: `/apis/apps/v1/namespaces/default/deployments/web`. */
export function pathOf(resource: Resource, namespace: string | null, name = "", subresource = ""): string {
  const { group, version } = resource;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const within = resource.namespaced && namespace !== null ? `/namespaces/${namespace}` : "";
  const ofObject = name === "" ? "" : `/${name}`;
  return `${base}${within}/${resource.resource}${ofObject}${subresource === "" ? "" : `/${subresource}`}`;
}

/** All fields a field selector may ask for, with their values. */
export function fieldsOf(resource: Resource, object: KubeObject): Readonly<Record<string, string>> {
  const { name, namespace = "" } = object.metadata;
  return {
    "metadata.name": name,
    ...(resource.namespaced && { "metadata.namespace": namespace }),
    ...resource.strategy.fields?.(object),
  };
}
