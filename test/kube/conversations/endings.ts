// How much goes at once: evictions, whole collections, and the last word of a namespace.
import type { Conversations } from "./asked.ts";

const TALK = "/api/v1/namespaces/talk";
const pod = (name: string, app = name) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app } },
  spec: { containers: [{ name: "web", image: "nginx" }] },
});
const made = (name: string, app?: string) => ({ method: "POST", path: `${TALK}/pods`, body: pod(name, app) }) as const;
const bound = (name: string) =>
  ({
    method: "POST",
    path: `${TALK}/pods/${name}/binding`,
    body: { apiVersion: "v1", kind: "Binding", metadata: { name }, target: { kind: "Node", name: "node-1" } },
  }) as const;
const evicted = (name: string, more: object = {}, query = {}) =>
  ({
    method: "POST",
    path: `${TALK}/pods/${name}/eviction`,
    body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace: "talk" }, ...more },
    query,
  }) as const;
const map = (name: string, tier: string) =>
  ({
    method: "POST",
    path: `${TALK}/configmaps`,
    body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { tier } } },
  }) as const;

export const ENDINGS: Conversations = {
  evictions: [
    made("web"),
    evicted("web", {}, { dryRun: "All" }),
    evicted("web", { metadata: { name: "other", namespace: "talk" } }),
    evicted("web", { metadata: {} }),
    evicted("web", { apiVersion: "v1", kind: "Pod" }),
    evicted("web", { deleteOptions: { preconditions: { uid: "nobody" } } }),
    { method: "GET", path: `${TALK}/pods/web/eviction` },
    evicted("web"),
    { method: "GET", path: `${TALK}/pods/web` },
    evicted("web"),
    made("bound"),
    bound("bound"),
    evicted("bound", { deleteOptions: { gracePeriodSeconds: 7 } }),
    { method: "GET", path: `${TALK}/pods/bound` },
    evicted("bound"),
    evicted("bound", { deleteOptions: { gracePeriodSeconds: 0 } }),
    { method: "GET", path: `${TALK}/pods/bound` },
  ],
  "namespaces-ending": [
    {
      method: "PUT",
      path: `${TALK}/finalize`,
      body: { metadata: { name: "talk" }, spec: { finalizers: ["a.example/b"] } },
    },
    {
      method: "PUT",
      path: TALK,
      body: { metadata: { name: "talk", labels: { a: "b" } }, spec: { finalizers: ["x.example/y"] } },
    },
    { method: "DELETE", path: TALK },
    { method: "GET", path: TALK },
    { method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "talk" } } },
    map("late", "none"),
    { method: "DELETE", path: TALK },
    {
      method: "PATCH",
      path: TALK,
      contentType: "application/merge-patch+json",
      body: { metadata: { labels: { c: "d" } } },
    },
    { method: "PUT", path: `${TALK}/finalize`, body: { metadata: { name: "other" }, spec: {} } },
    { method: "PUT", path: `${TALK}/finalize`, body: { metadata: { name: "talk" }, spec: { finalizers: ["bad"] } } },
    { method: "PUT", path: `${TALK}/finalize`, body: { metadata: { name: "talk", resourceVersion: "3" }, spec: {} } },
    { method: "GET", path: `${TALK}/finalize` },
    { method: "PATCH", path: `${TALK}/finalize`, contentType: "application/merge-patch+json", body: {} },
    {
      method: "PUT",
      path: `${TALK}/finalize`,
      body: { metadata: { name: "talk" }, spec: {}, status: { phase: "Active" } },
    },
    { method: "GET", path: TALK },
    { method: "PUT", path: `${TALK}/finalize`, body: { metadata: { name: "talk" }, spec: {} } },
    { method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "talk" }, spec: { finalizers: ["bad"] } } },
    {
      method: "POST",
      path: "/api/v1/namespaces",
      body: { metadata: { name: "talk" }, spec: { finalizers: ["a.example/b"] } },
    },
    { method: "PUT", path: `${TALK}/finalize`, body: { metadata: { name: "talk" }, spec: {} } },
    { method: "DELETE", path: TALK },
    { method: "DELETE", path: "/api/v1/namespaces/default" },
    { method: "DELETE", path: "/api/v1/namespaces/kube-system", query: { dryRun: "All" } },
  ],
  collections: [
    map("a", "front"),
    map("b", "back"),
    map("c", "front"),
    { method: "DELETE", path: `${TALK}/configmaps`, query: { labelSelector: "tier=front", dryRun: "All" } },
    { method: "DELETE", path: `${TALK}/configmaps`, query: { labelSelector: "tier=front" } },
    { method: "GET", path: `${TALK}/configmaps`, query: { labelSelector: "tier" } },
    { method: "DELETE", path: `${TALK}/configmaps`, query: { labelSelector: "tier in (" } },
    { method: "DELETE", path: `${TALK}/configmaps`, query: { labelSelector: "tier=nobody" } },
    made("web", "one"),
    made("far", "one"),
    bound("far"),
    { method: "DELETE", path: `${TALK}/pods`, query: { labelSelector: "app=one" }, body: { gracePeriodSeconds: 5 } },
    { method: "GET", path: `${TALK}/pods` },
    { method: "DELETE", path: `${TALK}/pods`, body: { gracePeriodSeconds: 0 } },
    { method: "GET", path: `${TALK}/pods` },
    { method: "DELETE", path: "/api/v1/namespaces", query: { labelSelector: "app=nobody" } },
    { method: "DELETE", path: "/api/v1/pods" },
    { method: "PATCH", path: `${TALK}/pods`, contentType: "application/merge-patch+json", body: {} },
  ],
};
