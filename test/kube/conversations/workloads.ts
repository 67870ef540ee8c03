// Deployments, ReplicaSets, DaemonSets, ControllerRevisions.
import { type Asked, type Conversations, merge, patches, strict, variants } from "./asked.ts";

const APPS = "/apis/apps/v1/namespaces/talk";
const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "nginx:1.27" }] } };
const of = (kind: string, spec: object = {}) => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name: "web" },
  spec: { selector: { matchLabels: { app: "web" } }, template, ...spec },
});

/** What is the same in all three. */
const WRONG: readonly (readonly [string, unknown])[] = [
  ["spec", undefined],
  ["spec.selector", undefined],
  ["spec.selector", {}],
  ["spec.selector.matchLabels", { app: "other" }],
  ["spec.selector.matchLabels", { "a b": "c" }],
  ["spec.selector.matchExpressions", [{ key: "app", operator: "In" }]],
  ["spec.selector.matchExpressions", [{ key: "app", operator: "Exists", values: ["x"] }]],
  ["spec.selector.matchExpressions", [{ key: "app", operator: "Like", values: ["x"] }]],
  ["spec.template", undefined],
  ["spec.template.metadata", undefined],
  ["spec.template.metadata.labels", { app: "web", bad: "-" }],
  ["spec.template.spec", undefined],
  ["spec.template.spec.containers", []],
  ["spec.template.spec.containers.0.image", ""],
  ["spec.template.spec.containers.0.name", "A"],
  ["spec.template.spec.restartPolicy", "Never"],
  ["spec.template.spec.activeDeadlineSeconds", 5],
  ["spec.minReadySeconds", -1],
  ["metadata.name", "Web"],
  ["spec.replica", 3],
];

const refused = (path: string, base: object, more: readonly (readonly [string, unknown])[]): Asked[] =>
  variants(path, base, [...WRONG, ...more]).map((asked) => ({ ...asked, query: strict }));

const D = `${APPS}/deployments`;
const R = `${APPS}/replicasets`;
const S = `${APPS}/daemonsets`;

export const WORKLOADS: Conversations = {
  deployments: [
    { method: "POST", path: D, body: of("Deployment", { replicas: 3 }) },
    ...variants(D, of("Deployment"), [
      ["spec.strategy", { type: "Recreate" }],
      ["spec.strategy", { rollingUpdate: { maxSurge: 1 } }],
      ["spec.replicas", 0],
      ["spec.paused", true],
    ]),
    ...patches(`${D}/web`, [
      { spec: { replicas: 5 } },
      { spec: { replicas: 5 } },
      { metadata: { annotations: { a: "b" } } },
      { spec: { template: { spec: { containers: [{ name: "web", image: "nginx:1.28" }] } } } },
      { spec: { template: { spec: { containers: [{ name: "side", image: "x" }] } } } },
      { spec: { selector: { matchLabels: { app: "db" } } } },
      { spec: { selector: { matchLabels: { app: "db" } }, template: { metadata: { labels: { app: "db" } } } } },
      { status: { replicas: 9 } },
      { spec: { strategy: { type: "Recreate" } } },
      { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
    ]),
    ...patches(`${D}/web/status`, [
      { status: { replicas: 3, readyReplicas: 2, observedGeneration: 4 } },
      { status: { replicas: 1, readyReplicas: 2, availableReplicas: 3 } },
      { status: { conditions: [{ type: "Available", status: "True", reason: "R", message: "M" }] } },
    ]),
    { method: "GET", path: `${D}/web/scale` },
    { method: "PATCH", path: `${D}/web/scale`, contentType: merge, body: { spec: { replicas: 2 } } },
    { method: "PATCH", path: `${D}/web/scale`, contentType: merge, body: { spec: { replicas: -2 } } },
    { method: "PUT", path: `${D}/web/scale`, body: { metadata: { name: "web" }, spec: { replicas: 4 } } },
    { method: "PUT", path: `${D}/web/scale`, body: { metadata: { name: "db" }, spec: { replicas: 4 } } },
    { method: "GET", path: `${D}/none/scale` },
    { method: "GET", path: `${D}/web` },
    { method: "DELETE", path: `${D}/web`, query: { propagationPolicy: "Orphan" } },
    { method: "DELETE", path: `${D}/web`, body: { propagationPolicy: "Foreground" } },
    { method: "DELETE", path: `${D}/web-0` },
    { method: "GET", path: D, query: { fieldSelector: "spec.replicas=1" } },
  ],
  "deployments-refused": refused(D, of("Deployment"), [
    ["spec.replicas", -1],
    ["spec.replicas", "three"],
    ["spec.revisionHistoryLimit", -1],
    ["spec.progressDeadlineSeconds", 0],
    ["spec.strategy", { type: "Slow" }],
    ["spec.strategy", { type: "Recreate", rollingUpdate: {} }],
    ["spec.strategy", { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }],
    ["spec.strategy", { rollingUpdate: { maxSurge: "x%", maxUnavailable: "150%" } }],
  ]),
  replicasets: [
    { method: "POST", path: R, body: of("ReplicaSet", { replicas: 2 }) },
    ...patches(`${R}/web`, [{ spec: { replicas: 3 } }, { spec: { selector: { matchLabels: { app: "x" } } } }]),
    ...patches(`${R}/web/status`, [{ status: { replicas: 3, readyReplicas: 1 } }, { status: { readyReplicas: 4 } }]),
    { method: "GET", path: `${R}/web/scale` },
    { method: "GET", path: `${R}/web` },
    ...refused(R, of("ReplicaSet"), [
      ["spec.replicas", -1],
      ["spec.strategy", {}],
    ]),
  ],
  daemonsets: [
    { method: "POST", path: S, body: of("DaemonSet") },
    ...patches(`${S}/web`, [
      { spec: { template: { spec: { nodeSelector: { disk: "ssd" } } } } },
      { spec: { minReadySeconds: 3 } },
      { spec: { updateStrategy: { type: "OnDelete", rollingUpdate: null } } },
      { spec: { selector: { matchLabels: { app: "x" } }, template: { metadata: { labels: { app: "x" } } } } },
    ]),
    ...patches(`${S}/web/status`, [
      { status: { desiredNumberScheduled: 3, numberReady: 1 } },
      { status: { numberReady: -1 } },
    ]),
    { method: "GET", path: `${S}/web/scale` },
    ...refused(S, of("DaemonSet"), [
      ["spec.replicas", 1],
      ["spec.updateStrategy", { type: "Now" }],
      ["spec.updateStrategy", { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } }],
      ["spec.updateStrategy", { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }],
    ]),
  ],
  revisions: [
    {
      method: "POST",
      path: `${APPS}/controllerrevisions`,
      body: { metadata: { name: "r" }, revision: 1, data: { a: 1 } },
    },
    { method: "POST", path: `${APPS}/controllerrevisions`, body: { metadata: { name: "s" }, revision: -1 } },
    ...patches(`${APPS}/controllerrevisions/r`, [{ revision: 2 }, { data: { a: 2 } }], merge),
  ],
};
