// PodDisruptionBudgets, without a controller: who writes their status is the conversation itself.
import { type Conversations, changed, merge, strategic, variants } from "./asked.ts";

const TALK = "/api/v1/namespaces/talk";
const BUDGETS = "/apis/policy/v1/namespaces/talk/poddisruptionbudgets";
const budget = (name: string, spec: object) => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name },
  spec,
});
const base = budget("web", { minAvailable: 1, selector: { matchLabels: { app: "web" } } });
const made = (spec: object, name = "web") => ({ method: "POST", path: BUDGETS, body: budget(name, spec) }) as const;
const get = (path: string) => ({ method: "GET", path }) as const;
const pod = (name: string, app: string) => {
  const spec = { containers: [{ name: "web", image: "nginx" }] };
  return { method: "POST", path: `${TALK}/pods`, body: { metadata: { name, labels: { app } }, spec } } as const;
};
const status = (path: string, is: object) =>
  ({ method: "PATCH", path: `${path}/status`, contentType: merge, body: { status: is } }) as const;
const runs = (name: string, ready: "True" | "False") =>
  status(`${TALK}/pods/${name}`, { phase: "Running", conditions: [{ type: "Ready", status: ready }] });
const evicted = (name: string, query = {}) =>
  ({
    method: "POST",
    path: `${TALK}/pods/${name}/eviction`,
    body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace: "talk" } },
    query,
  }) as const;
const condition = (reason: string, message: string) => ({
  type: "DisruptionAllowed",
  status: "False",
  reason,
  message,
  lastTransitionTime: "2025-01-01T00:00:00Z",
});
const WEB = `${BUDGETS}/web`;

export const BUDGET_CONVERSATIONS: Conversations = {
  budgets: [
    { method: "POST", path: BUDGETS, body: base },
    made({ maxUnavailable: "30%", selector: {}, unhealthyPodEvictionPolicy: "AlwaysAllow" }, "all"),
    made({}, "nothing"),
    { method: "POST", path: BUDGETS, body: budget("Bad_Name", {}) },
    ...variants(BUDGETS, base, [
      ["spec.maxUnavailable", 1],
      ["spec.minAvailable", -1],
      ["spec.minAvailable", "101%"],
      ["spec.minAvailable", "x"],
      ["spec.minAvailable", true],
      ["spec.selector.matchLabels", { "-a": "b c" }],
      ["spec.selector.matchExpressions", [{ key: "a", operator: "In" }]],
      ["spec.unhealthyPodEvictionPolicy", "Never"],
      ["spec.unhealthyPodEvictionPolicy", "IfHealthyBudget"],
      ["status", { disruptionsAllowed: 3 }],
    ]),
    get(WEB),
    { method: "PUT", path: WEB, body: base },
    { method: "PATCH", path: WEB, contentType: merge, body: { spec: { minAvailable: 2 } } },
    { method: "PATCH", path: WEB, contentType: strategic, body: { spec: { selector: { matchLabels: { b: "c" } } } } },
    { method: "PATCH", path: WEB, contentType: strategic, body: { metadata: { labels: { a: "b" } } } },
    status(WEB, { disruptionsAllowed: -1, currentHealthy: -2 }),
    status(WEB, { disruptionsAllowed: 1, observedGeneration: 2 }),
    { method: "GET", path: `${WEB}/scale` },
    { method: "DELETE", path: WEB },
  ],
  "budgets-evictions": [
    pod("a", "web"),
    pod("b", "web"),
    pod("c", "web"),
    pod("waits", "web"),
    pod("ill", "web"),
    ...["a", "b", "c"].map((name) => runs(name, "True")),
    runs("ill", "False"),
    { method: "POST", path: BUDGETS, body: base },
    evicted("a"),
    evicted("waits"),
    status(WEB, { observedGeneration: 1, currentHealthy: 1, desiredHealthy: 2, expectedPods: 4 }),
    evicted("a"),
    evicted("ill"),
    status(WEB, { currentHealthy: 3, conditions: [condition("Odd", "the reason is told")] }),
    evicted("a"),
    status(WEB, { conditions: [condition("SyncFailed", "nobody knows")] }),
    evicted("a"),
    status(WEB, { conditions: [] }),
    evicted("a"),
    evicted("ill"),
    status(WEB, { disruptionsAllowed: 2 }),
    evicted("b", { dryRun: "All" }),
    evicted("b"),
    get(WEB),
    evicted("c"),
    get(WEB),
    evicted("a"),
    { method: "POST", path: BUDGETS, body: changed(base, "metadata.name", "more") },
    evicted("a"),
    get(`${TALK}/pods`),
  ],
};
