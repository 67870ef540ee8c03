// Server-side apply: owners of fields, conflicts, and what goes when nobody wants it any more. Every object begins with
// an apply, for the model counts owners from the first one on.
import { type Asked, type Conversations, merge, strategic } from "./asked.ts";

const NS = "/api/v1/namespaces/talk";
const CMS = `${NS}/configmaps`;
const PODS = `${NS}/pods`;
const SERVICES = `${NS}/services`;
const DEPLOYMENTS = "/apis/apps/v1/namespaces/talk/deployments";

const apply = (
  path: string,
  body: object,
  fieldManager = "one",
  query: Readonly<Record<string, string>> = {},
): Asked => ({
  method: "PATCH",
  path,
  contentType: "application/apply-patch+yaml",
  query: { ...(fieldManager !== "" && { fieldManager }), ...query },
  body,
});
const cm = (data?: object, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", ...metadata },
  ...(data && { data }),
});
const container = (name: string, rest: object = {}) => ({ name, image: "nginx", ...rest });
const deployment = (spec: object, containers: readonly object[] = [container("web")], labels: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web", ...labels } }, spec: { containers } },
    ...spec,
  },
});
const service = (ports: readonly object[], selector: object = { app: "web" }) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web" },
  spec: { selector, ports, clusterIP: "10.100.0.7" },
});
const force = { force: "true" };
const update = (method: "PUT" | "PATCH", path: string, body: object, manager: string, contentType?: string): Asked => ({
  method,
  path,
  ...(contentType && { contentType }),
  query: { fieldManager: manager },
  body,
});
const A = `${CMS}/a`;
const WEB = `${DEPLOYMENTS}/web`;

export const APPLIES: Conversations = {
  applies: [
    apply(A, cm({ x: "1", y: "2" })),
    apply(A, cm({ x: "1", y: "2" })),
    apply(A, cm({ x: "1" })),
    apply(A, cm({ x: "2" }), "two"),
    apply(A, cm({ x: "1", z: "3" }), "two"),
    apply(A, cm({ x: "3", z: "3" }), "two", force),
    apply(A, cm({ w: "5" })),
    apply(A, cm()),
    apply(A, cm(undefined, { labels: { a: "b" }, annotations: { c: "d" } }), "three"),
    update("PATCH", A, { data: { z: "4", q: "5" } }, "editor", merge),
    apply(A, cm({ x: "3", z: "3", q: "6" }), "two"),
    apply(A, cm({ z: "4" }), "two"),
    update("PATCH", A, { data: null }, "editor", merge),
    update("PUT", A, cm({ n: "1" }, { labels: { a: "c" } }), "putter"),
    apply(A, cm({ n: "2" }, { labels: { a: "b" } }), "three"),
    apply(A, cm({ n: "2" }, { labels: { a: "b" } }), "three", { ...force, dryRun: "All" }),
    { method: "GET", path: A },
    apply(A, cm(undefined, { finalizers: ["a.b/c"] }), "four"),
    apply(A, cm(undefined, { finalizers: ["d.e/f"] }), "five"),
    apply(A, cm(), "four"),
    apply(A, cm(), "five"),
  ],
  "applies-refused": [
    apply(A, cm({ x: "1" }), ""),
    apply(A, cm({ x: "1" }, { name: "b" })),
    apply(A, { ...cm(), metadata: {} }),
    apply(A, { ...cm(), kind: "Pod" }),
    apply(A, { ...cm(), apiVersion: "v2" }),
    apply(A, cm({ x: "1" }, { managedFields: [] })),
    apply(A, cm({ x: 1 })),
    apply(A, { ...cm(), datum: { x: "1" } }),
    apply(A, cm({ x: "1" }, { uid: "x" })),
    apply(A, cm({ x: "1" }, { resourceVersion: "1" })),
    apply("/api/v1/namespaces/nowhere/configmaps/a", cm()),
    apply(A, cm({ "no good": "1" })),
    { method: "PATCH", path: A, contentType: merge, query: force, body: {} },
    apply(WEB, deployment({}, [])),
    apply(WEB, deployment({ replica: 1 })),
    apply(WEB, deployment({}, [container("a", { ports: [{ containerPort: 80 }, { containerPort: 80 }] })])),
    { method: "GET", path: WEB },
  ],
  "applies-lists": [
    apply(WEB, deployment({ replicas: 2 })),
    apply(`${WEB}`, deployment({ replicas: 3 }), "two"),
    update("PATCH", WEB, { spec: { replicas: 5 } }, "scaler", strategic),
    apply(WEB, deployment({ replicas: 2 })),
    apply(WEB, deployment({})),
    apply(WEB, deployment({}, [container("side"), container("web")]), "two"),
    apply(WEB, deployment({}, [container("web", { image: "nginx:1" }), container("side", { image: "b" })])),
    apply(WEB, deployment({}, [container("web", { image: "nginx:1", ports: [{ containerPort: 80 }] })]), "one", force),
    apply(WEB, deployment({}, [container("side")]), "two"),
    apply(WEB, deployment({ selector: { matchLabels: { app: "other" } } }), "two", force),
    apply(WEB, deployment({}, [container("web", { env: [{ name: "A", value: "1" }] })], { tier: "x" }), "one", force),
    apply(WEB, deployment({ strategy: { type: "Recreate" } }, [container("web")]), "one"),
    update("PUT", `${WEB}/scale`, { metadata: { name: "web" }, spec: { replicas: 4 } }, "hand"),
    apply(WEB, deployment({ replicas: 2 }), "one"),
    update("PATCH", `${WEB}/status`, { status: { replicas: 4, observedGeneration: 2 } }, "controller", merge),
    apply(
      `${WEB}/status`,
      { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, status: { replicas: 5 } },
      "s",
    ),
    apply(`${SERVICES}/web`, service([{ port: 80 }])),
    apply(
      `${SERVICES}/web`,
      service([
        { port: 443, name: "b" },
        { port: 80, name: "a" },
      ]),
      "two",
    ),
    apply(`${SERVICES}/web`, service([{ port: 80, name: "x", targetPort: 8080 }], { app: "other" }), "three"),
    apply(`${SERVICES}/web`, service([{ port: 80, name: "x", targetPort: 8080 }], { app: "other" }), "three", force),
    apply(`${PODS}/p`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { containers: [container("a")] },
    }),
    apply(`${PODS}/p`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { containers: [container("a", { image: "b" })] },
    }),
  ],
};
