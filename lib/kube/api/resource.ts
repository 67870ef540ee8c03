// What the API server knows of a kind: its names, and what is special about creating, changing and deleting it.
// Before you edit: staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,delete}.go, pkg/registry/core/rest/storage_core.go.
import type { FieldError } from "./field-error.ts";
import type { NameRule } from "./names.ts";
import type { Draft, KubeObject } from "./object.ts";
import type { Qualified } from "./status.ts";

/** What strategies may ask of the server they work for. */
export interface Registry {
  /** Now, as the API writes times. */
  readonly time: string;
  random(): number;
  find(resource: Resource, namespace: string, name: string): KubeObject | undefined;
}

export interface Strategy {
  /** Fills in what a client may leave out (SetDefaults_… in pkg/apis/…/v1/defaults.go). */
  defaults?(draft: Draft): void;
  /** What a new object has, whatever the client says; may allocate, and throws ApiError if that fails. */
  prepareCreate?(draft: Draft, registry: Registry): void;
  /** What a client can't change. */
  prepareUpdate?(draft: Draft, old: KubeObject, registry: Registry): void;
  validate?(object: Draft): FieldError[];
  validateUpdate?(object: Draft, old: KubeObject): FieldError[];
  /** Says what was allocated is free again. */
  deleted?(object: KubeObject): void;
  /** Seconds until an object is really gone after it was asked to go; 0 is at once. */
  grace?(object: KubeObject, asked: number | null): number;
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
  /** It has a part that only `…/status` changes. */
  readonly hasStatus: boolean;
  /** metadata.generation counts changes of the spec. */
  readonly hasGeneration: boolean;
  /** A field whose watches are found by its value: spec.nodeName of pods, for every kubelet asks for its own. */
  readonly indexed?: string;
  /** What a name must look like; a DNS label unless said otherwise. */
  readonly nameRule?: NameRule;
  readonly strategy: Strategy;
}

export const apiVersionOf = ({ group, version }: Resource): string => (group === "" ? version : `${group}/${version}`);

/** Where etcd keeps them: `/registry/pods`. */
export const collectionOf = ({ resource }: Resource): string => `/registry/${resource}`;

export const keyOf = (resource: Resource, namespace: string, name: string): string =>
  `${collectionOf(resource)}/${resource.namespaced ? `${namespace}/` : ""}${name}`;

/** The path of an object or, without a name, of all of them: `/apis/apps/v1/namespaces/default/deployments/web`. */
export function pathOf(resource: Resource, namespace: string | null, name = "", subresource = ""): string {
  const { group, version } = resource;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const within = resource.namespaced && namespace !== null ? `/namespaces/${namespace}` : "";
  const parts = [resource.resource, name, subresource].filter((part) => part !== "");
  return `${base}${within}/${parts.join("/")}`;
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
