// Objects that are only kept: what has to do with their metadata, with patches and selections.
import type { Conversations } from "./asked.ts";

const cm = (name: string, rest: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, ...rest });
const CMS = "/api/v1/namespaces/talk/configmaps";
const NS = "/api/v1/namespaces";
const strict = { fieldValidation: "Strict" };
const merge = "application/merge-patch+json";
const strategic = "application/strategic-merge-patch+json";
const json = "application/json-patch+json";

export const METADATA: Conversations = {
  objects: [
    { method: "POST", path: CMS, body: cm("a", { data: { x: "1" } }) },
    { method: "POST", path: CMS, body: cm("a") },
    { method: "GET", path: `${CMS}/a` },
    { method: "GET", path: `${CMS}/b` },
    { method: "PUT", path: `${CMS}/a`, body: cm("a", { data: { x: "2" } }) },
    { method: "PUT", path: `${CMS}/a`, body: cm("b") },
    { method: "PUT", path: `${CMS}/b`, body: cm("b") },
    { method: "PUT", path: `${CMS}/a`, body: { ...cm("a"), metadata: { name: "a", resourceVersion: "1" } } },
    { method: "PUT", path: `${CMS}/a`, body: { ...cm("a"), metadata: { name: "a", uid: "x" } } },
    { method: "DELETE", path: `${CMS}/a`, body: { preconditions: { uid: "x" } } },
    { method: "DELETE", path: `${CMS}/a` },
    { method: "DELETE", path: `${CMS}/a` },
    { method: "POST", path: CMS, body: { metadata: { generateName: "gen-" } } },
    { method: "POST", path: CMS, query: { dryRun: "All" }, body: cm("dry") },
    { method: "GET", path: `${CMS}/dry` },
  ],
  refused: [
    { method: "POST", path: CMS, body: cm("Upper") },
    { method: "POST", path: CMS, body: cm("") },
    { method: "POST", path: CMS, body: cm("-a") },
    { method: "POST", path: CMS, body: cm("x".repeat(254)) },
    { method: "POST", path: CMS, body: { ...cm("a"), metadata: { name: "a", namespace: "other" } } },
    { method: "POST", path: CMS, body: { ...cm("a"), metadata: { name: "a", resourceVersion: "3" } } },
    {
      method: "POST",
      path: CMS,
      body: { ...cm("a"), metadata: { name: "a", labels: { "no good": "x", "a/b/c": "y", ok: "-" } } },
    },
    { method: "POST", path: CMS, body: { ...cm("a"), metadata: { name: "a", annotations: { "no good": "x" } } } },
    {
      method: "POST",
      path: CMS,
      body: { ...cm("a"), metadata: { name: "a", labels: { "": "x", "/b": "y", "A_/b": "z" } } },
    },
    { method: "POST", path: CMS, body: { ...cm("a"), kind: "Pod" } },
    { method: "POST", path: CMS, body: { ...cm("a"), apiVersion: "v2" } },
    { method: "POST", path: CMS, query: strict, body: cm("a", { datum: { x: "1" }, data: { y: "2" } }) },
    { method: "POST", path: CMS, body: cm("b", { datum: { x: "1" } }) },
    { method: "POST", path: CMS, body: cm("c", { data: { x: 1 } }) },
    { method: "POST", path: CMS, body: cm("c", { data: "x" }) },
    { method: "POST", path: CMS, body: cm("c", { immutable: "yes" }) },
    { method: "POST", path: CMS, body: cm("c", { data: ["x"] }) },
    { method: "POST", path: "/api/v1/namespaces/nowhere/configmaps", body: cm("a") },
    { method: "GET", path: "/api/v1/namespaces/talk/nothings" },
    { method: "GET", path: "/apis/none/v1/namespaces/talk/configmaps" },
    { method: "POST", path: NS, body: { metadata: { name: "Bad_Name" } } },
    { method: "POST", path: NS, body: { metadata: { name: "x".repeat(64) } } },
    { method: "POST", path: NS, body: { metadata: { name: "a", namespace: "b" } } },
  ],
  patches: [
    { method: "POST", path: CMS, body: cm("p", { data: { x: "1", y: "2" } }) },
    { method: "PATCH", path: `${CMS}/p`, contentType: merge, body: { data: { x: null, z: "3" } } },
    {
      method: "PATCH",
      path: `${CMS}/p`,
      contentType: strategic,
      body: { data: { z: null }, metadata: { labels: { a: "b" } } },
    },
    { method: "PATCH", path: `${CMS}/p`, contentType: strategic, body: { data: { $patch: "replace", only: "1" } } },
    { method: "PATCH", path: `${CMS}/p`, contentType: strategic, body: { metadata: { finalizers: ["a.b/c"] } } },
    { method: "PATCH", path: `${CMS}/p`, contentType: strategic, body: { metadata: { finalizers: ["d.e/f"] } } },
    { method: "PATCH", path: `${CMS}/p`, contentType: json, body: [{ op: "replace", path: "/data/only", value: "2" }] },
    { method: "PATCH", path: `${CMS}/p`, contentType: json, body: [{ op: "remove", path: "/data/none" }] },
    { method: "PATCH", path: `${CMS}/p`, contentType: json, body: [{ op: "test", path: "/data/only", value: "3" }] },
    { method: "PATCH", path: `${CMS}/p`, contentType: json, body: [{ op: "add", path: "/data/a~1b", value: "3" }] },
    { method: "PATCH", path: `${CMS}/p`, contentType: "text/plain", body: {} },
    { method: "PATCH", path: `${CMS}/p`, contentType: merge, body: { metadata: { name: "q" } } },
    { method: "PATCH", path: `${CMS}/none`, contentType: merge, body: {} },
    { method: "DELETE", path: `${CMS}/p` },
    { method: "GET", path: `${CMS}/p` },
    { method: "PATCH", path: `${CMS}/p`, contentType: merge, body: { metadata: { finalizers: ["d.e/f"] } } },
    { method: "PATCH", path: `${CMS}/p`, contentType: merge, body: { metadata: { finalizers: null } } },
    { method: "GET", path: `${CMS}/p` },
  ],
  selections: [
    { method: "POST", path: CMS, body: { metadata: { name: "a", labels: { app: "web", tier: "front" } } } },
    { method: "POST", path: CMS, body: { metadata: { name: "b", labels: { app: "web", n: "5" } } } },
    { method: "POST", path: CMS, body: { metadata: { name: "c" } } },
    ...[
      "app=web",
      "app==web,tier!=front",
      "tier",
      "!tier",
      "app in (web, db),n",
      "app notin (web)",
      "n>4",
      "n<4",
      "app in ()",
      "app=",
      "app in web",
      "app=web,",
      "=web",
      "app web",
      "a b c",
      "bad key!=x",
    ].map((labelSelector) => ({ method: "GET" as const, path: CMS, query: { labelSelector } })),
    ...["metadata.name=a", "metadata.name!=a", "metadata.namespace=talk", "spec.x=1", "metadata.name"].map(
      (fieldSelector) => ({ method: "GET" as const, path: CMS, query: { fieldSelector } }),
    ),
  ],
};
