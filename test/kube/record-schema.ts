// Writes assets/kubernetes-schema.json anew: the fields of the kinds that are modelled, as a release publishes them.
// npm run build && node dist/test/kube/record-schema.js VERSION FOLDER API, FOLDER being api/openapi-spec/v3 and API
// staging/src/k8s.io/api of that release of kubernetes/kubernetes (Apache-2.0). Only names and types are taken, no
// descriptions; of Go's sources what its complaints name: types of texts, and structs that JSON does not show.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILES = [
  "api__v1",
  "apis__apps__v1",
  "apis__coordination.k8s.io__v1",
  "apis__discovery.k8s.io__v1",
  "apis__networking.k8s.io__v1",
  "apis__policy__v1",
];
const KINDS = new Set([
  "v1/Binding",
  "v1/ConfigMap",
  "v1/Endpoints",
  "v1/Event",
  "v1/Namespace",
  "v1/Node",
  "v1/Pod",
  "v1/Service",
  "v1/ServiceAccount",
  "apps/v1/ControllerRevision",
  "apps/v1/DaemonSet",
  "apps/v1/Deployment",
  "apps/v1/ReplicaSet",
  "coordination.k8s.io/v1/Lease",
  "discovery.k8s.io/v1/EndpointSlice",
  "networking.k8s.io/v1/Ingress",
  "networking.k8s.io/v1/IngressClass",
  "networking.k8s.io/v1/NetworkPolicy",
  "policy/v1/PodDisruptionBudget",
]);

interface Published {
  readonly type?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly oneOf?: unknown;
  readonly $ref?: string;
  readonly allOf?: readonly Published[];
  readonly items?: Published;
  readonly additionalProperties?: Published;
  readonly properties?: Readonly<Record<string, Published>>;
  readonly required?: readonly string[];
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-patch-strategy"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
}

/** Kinds of values that are defined as a type of their own, and are a word here. */
const WORDS: Readonly<Record<string, string>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": "Quantity",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "IntOrString",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "Time",
  "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "MicroTime",
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
  "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
};

const [version, folder, api] = process.argv.slice(2);
if (folder === undefined || api === undefined)
  throw new Error("Say VERSION, the folder of the published schema, and that of the Go types.");
const published: Record<string, Published> = {};
for (const file of FILES)
  Object.assign(published, JSON.parse(readFileSync(join(folder, `${file}_openapi.json`), "utf8")).components.schemas);

const short = (name: string) => name.split(".").at(-1)!;
const definitions: Record<string, Record<string, unknown>> = {};

function typeOf(of: Published): unknown {
  const reference = of.$ref ?? of.allOf?.[0]?.$ref;
  if (reference !== undefined) {
    const name = reference.split("/").at(-1)!;
    if (WORDS[name] !== undefined) return WORDS[name];
    define(name);
    return short(name);
  }
  if (of.type === "array") {
    const keys = of["x-kubernetes-list-map-keys"];
    const merge = of["x-kubernetes-patch-strategy"]?.split(",").includes("merge");
    return {
      list: typeOf(of.items!),
      ...(of["x-kubernetes-list-type"] &&
        of["x-kubernetes-list-type"] !== "atomic" && { type: of["x-kubernetes-list-type"] }),
      ...(keys && { keys, ...defaultsOf(of.items!, keys) }),
      ...(merge && { merge: of["x-kubernetes-patch-merge-key"] ?? true }),
    };
  }
  if (of.additionalProperties)
    return {
      map: typeOf(of.additionalProperties),
      ...(of["x-kubernetes-map-type"] === "atomic" && { atomic: true }),
    };
  if (of.type === "object" || of.type === undefined) return "any";
  return of.format === "int32" ? "int32" : of.format === "byte" ? "bytes" : of.type;
}

/** What a key of a list is that an element does not say. */
function defaultsOf(items: Published, keys: readonly string[]): object {
  const ref = items.$ref ?? items.allOf?.[0]?.$ref;
  const { properties = {} } = published[ref!.split("/").at(-1)!]!;
  const said = keys.filter((key) => properties[key]?.default !== undefined && properties[key].default !== "");
  return said.length === 0 ? {} : { defaults: Object.fromEntries(said.map((key) => [key, properties[key]!.default])) };
}

function define(name: string): void {
  const key = short(name);
  if (definitions[key] !== undefined) return;
  const { properties = {}, required, "x-kubernetes-map-type": mapType } = published[name]!;
  const fields: Record<string, unknown> = {};
  const replaced = Object.keys(properties).filter(
    (field) => properties[field]!["x-kubernetes-patch-strategy"] === "replace",
  );
  definitions[key] = {
    fields,
    ...(required && { required }),
    ...(replaced.length > 0 && { replaced }),
    ...(mapType === "atomic" && { atomic: true }),
  };
  for (const [field, of] of Object.entries(properties)) fields[field] = typeOf(of);
}

const kinds: Record<string, string> = {};
for (const [name, { "x-kubernetes-group-version-kind": gvks = [] }] of Object.entries(published)) {
  const { group, version: v, kind } = gvks[0] ?? { group: "", version: "", kind: "" };
  const id = `${group === "" ? "" : `${group}/`}${v}/${kind}`;
  if (!KINDS.delete(id)) continue;
  define(name);
  kinds[id] = short(name);
}
if (KINDS.size > 0) throw new Error(`Not published: ${[...KINDS].join(", ")}`);

/** `Probe` to its embedded structs and fields, `ServiceSpec` to `type` to `ServiceType`. */
const texts: Record<string, Record<string, string>> = {};
const embedded: Record<string, Record<string, string>> = {};
const structs: Record<string, readonly (readonly [name: string, type: string, json: string])[]> = {};
const named = new Set<string>();
for (const path of ["core", "apps", "networking", "discovery", "coordination", "policy"]) {
  const source = readFileSync(join(api, path, "v1", "types.go"), "utf8");
  for (const [, name] of source.matchAll(/^type (\w+) string$/gm)) named.add(name!);
  for (const [, name, body] of source.matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms))
    structs[name!] = [...body!.matchAll(/^\t(\w+)\s*([\w.*[\]]*)\s*`.*?json:"([\w]*)/gm)].map(
      ([, field, type, json]) => [field!, type!, json!] as const,
    );
}
const bare = (type: string) => type.replace(/^\*|^\[\]/, "").replace("v1.", "");
for (const name of Object.keys(definitions))
  for (const [field, type, json] of structs[name] ?? []) {
    if (json === "" && field !== "TypeMeta")
      for (const [, , inner] of structs[bare(type === "" ? field : type)] ?? []) {
        embedded[name] ??= {};
        embedded[name][inner] = field;
      }
    if (json === "" || !named.has(bare(type))) continue;
    texts[name] ??= {};
    texts[name][json] = bare(type);
  }
const schema = { version, kinds, definitions, texts, embedded };
writeFileSync("assets/kubernetes-schema.json", `${JSON.stringify(schema)}\n`);
