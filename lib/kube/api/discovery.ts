// What does the server serve? The documents a client reads before it asks for anything.
// Before you edit: staging/src/k8s.io/apiserver/pkg/endpoints/discovery/*.go, .../pkg/endpoints/installer.go,
// staging/src/k8s.io/cli-runtime/pkg/resource/query_param_verifier_v3.go.
import type { Draft } from "./object.ts";
import { apiVersionOf, pathOf, type Resource } from "./resource.ts";
import { schema } from "./schema.ts";

const VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"];

/** The document at a path; null if it is none of discovery. */
export function discovery(resources: readonly Resource[], path: string): Draft | null {
  const groups = [...new Set(resources.map(apiVersionOf))];
  if (path === "/version") return version();
  if (path === "/api") return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] };
  const named = groups.filter((each) => each.includes("/")).sort();
  if (path === "/apis") return { kind: "APIGroupList", apiVersion: "v1", groups: named.map(group) };
  if (path === "/openapi/v3") return { paths: Object.fromEntries(groups.map(openApiEntry)) };
  const at = path.replace(/^\/openapi\/v3/, "").replace(/^\/apis?\//, "");
  const of = resources.filter((each) => apiVersionOf(each) === at);
  if (of.length > 0) return path.startsWith("/openapi/v3/") ? openApi(of) : resourceList(at, of);
  const alone = named.find((each) => path === `/apis/${each.split("/")[0]}`);
  return alone === undefined ? null : { kind: "APIGroup", apiVersion: "v1", ...group(alone) };
}

/** What GET /version says. */
export function version(): Draft {
  const gitVersion = schema().version;
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(gitVersion)!;
  return {
    major,
    minor,
    gitVersion,
    gitCommit: "",
    gitTreeState: "",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "",
    platform: "linux/amd64",
  };
}

function group(groupVersion: string): Draft {
  const [name, of] = groupVersion.split("/");
  const only = { groupVersion, version: of };
  return { name, versions: [only], preferredVersion: only };
}

function resourceList(groupVersion: string, of: readonly Resource[]): Draft {
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: of.flatMap(entries) };
}

function entries(of: Resource): Draft[] {
  const { resource: name, singular: singularName, namespaced, kind, shortNames, categories, scale, hasStatus } = of;
  const part = (subresource: string, more: Draft) => ({
    name: `${name}/${subresource}`,
    singularName: "",
    namespaced,
    ...more,
  });
  return [
    {
      name,
      singularName,
      namespaced,
      kind,
      verbs: VERBS,
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
    },
    ...(kind === "Pod"
      ? [
          part("binding", { kind: "Binding", verbs: ["create"] }),
          part("eviction", { group: "policy", version: "v1", kind: "Eviction", verbs: ["create"] }),
        ]
      : []),
    ...(scale
      ? [part("scale", { group: "autoscaling", version: "v1", kind: "Scale", verbs: ["get", "patch", "update"] })]
      : []),
    ...(hasStatus ? [part("status", { kind, verbs: ["get", "patch", "update"] })] : []),
  ];
}

const openApiEntry = (groupVersion: string): [string, Draft] => {
  const path = groupVersion.includes("/") ? `apis/${groupVersion}` : `api/${groupVersion}`;
  return [path, { serverRelativeURL: `/openapi/v3/${path}` }];
};

/** As little as tells kubectl that the server checks fields itself; what fields there are, kubectl knows of its own. */
function openApi(of: readonly Resource[]): Draft {
  const parameters = ["dryRun", "fieldManager", "fieldValidation", "force"].map((name) => ({
    name,
    in: "query",
    schema: { type: "string", uniqueItems: true },
  }));
  const paths = of.map((resource) => {
    const { group: name, version: at, kind } = resource;
    const patch = { parameters, responses: {}, "x-kubernetes-group-version-kind": { group: name, version: at, kind } };
    return [pathOf(resource, resource.namespaced ? "{namespace}" : null, "{name}"), { patch, parameters: [] }];
  });
  const info = { title: "Kubernetes", version: schema().version };
  return { openapi: "3.0.0", info, paths: Object.fromEntries(paths), components: { schemas: {} } };
}
