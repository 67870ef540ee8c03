// What is asked of a control plane, real or ours, and what is compared: every object at the end of each step, and every
// Event. Nodes are objects only; who plays their kubelets patches statuses the same way on both sides.
import type { Draft } from "../../lib/kube/api/object.ts";
import { deployment } from "./manifests.ts";

/** One side: an API server with controllers and a scheduler that work on it. */
export interface Side {
  ask(method: string, path: string, body?: object, type?: string): Promise<Draft>;
  /** Lets the controllers work until nothing changes any more. */
  quiet(): Promise<void>;
  /** Lets seconds pass. */
  wait(seconds: number): Promise<void>;
  /** Now, as a Lease says it. */
  now(): string;
}

const MERGE = "application/merge-patch+json";
const APPS = "/apis/apps/v1/namespaces/default";
const CORE = "/api/v1/namespaces/default";
export const NODES = ["node-1", "node-2"];

const ready = (time: string) => ({ type: "Ready", status: "True", lastProbeTime: null, lastTransitionTime: time });

/** Kubelets: pods that are bound run and are ready, pods that must end are gone. Until nothing is to be done. */
async function kubelets(side: Side, beats: boolean): Promise<void> {
  for (let address = 2; ; ) {
    await side.quiet();
    const { items } = await side.ask("GET", `${CORE}/pods`);
    let busy = false;
    for (const { metadata, spec, status } of items as Draft[]) {
      const path = `${CORE}/pods/${metadata.name}`;
      if (metadata.deletionTimestamp) await side.ask("DELETE", path, { gracePeriodSeconds: 0 });
      else if (spec.nodeName && status.phase === "Pending") {
        const podIP = `10.244.9.${address++}`;
        const time = metadata.creationTimestamp;
        const conditions = [...(status.conditions ?? []), ready(time)];
        const running = { phase: "Running", podIP, podIPs: [{ ip: podIP }], conditions };
        await side.ask("PATCH", `${path}/status`, { status: running }, MERGE);
      } else continue;
      busy = true;
      if (beats) await renew(side);
      // One after the other, so that both sides' controllers see the same.
      await side.quiet();
    }
    if (!busy) return;
  }
}

const withPatience = (name: string, replicas: number) => {
  const made = deployment(name, replicas);
  const key = "node.kubernetes.io/unreachable";
  const tolerations = [{ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }];
  return {
    ...made,
    spec: { ...made.spec, template: { ...made.spec.template, spec: { ...made.spec.template.spec, tolerations } } },
  };
};

const service = {
  metadata: { name: "web" },
  spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
};
const patch = (replicas: number) => ({ spec: { replicas } });
const roll = (at: string) => ({ spec: { template: { metadata: { annotations: { at } } } } });
const end = (propagationPolicy: string) => ({ kind: "DeleteOptions", apiVersion: "v1", propagationPolicy });

const BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
const budget = (name: string, spec: object) => ({ metadata: { name }, spec });

/** Asks one of the deployment's pods to go. */
async function evictKept(side: Side): Promise<void> {
  const { items } = await side.ask("GET", `${CORE}/pods`);
  const { name } = (items as Draft[]).find(({ metadata }) => metadata.labels?.app === "kept")!.metadata;
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace: "default" } };
  await side.ask("POST", `${CORE}/pods/${name}/eviction`, eviction);
}

const SILENCE = "all nodes fall silent";

type Step = (side: Side) => Promise<unknown>;
const web = `${APPS}/deployments/web`;

/** Each step, by its name; a kubelet does its work after each. */
export const STEPS: Readonly<Record<string, Step>> = {
  "create a service": (side) => side.ask("POST", `${CORE}/services`, service),
  "create a deployment": (side) => side.ask("POST", `${APPS}/deployments`, withPatience("web", 3)),
  "scale up": (side) => side.ask("PATCH", web, patch(5), MERGE),
  "scale down": (side) => side.ask("PATCH", web, patch(2), MERGE),
  "roll out": (side) => side.ask("PATCH", web, roll("1"), MERGE),
  "roll out and scale": (side) => side.ask("PATCH", web, { spec: { replicas: 4, ...roll("2").spec } }, MERGE),
  "roll back": (side) => side.ask("PATCH", web, roll("1"), MERGE),
  "delete and orphan": (side) => side.ask("DELETE", web, end("Orphan")),
  "adopt the orphans": (side) => side.ask("POST", `${APPS}/deployments`, withPatience("web", 4)),
  "delete in the foreground": (side) => side.ask("DELETE", web, end("Foreground")),
  "create another": (side) => side.ask("POST", `${APPS}/deployments`, withPatience("late", 2)),
  "delete in the background": (side) => side.ask("DELETE", `${APPS}/deployments/late`, end("Background")),
  "a pod nobody can take": (side) => {
    const container = { name: "app", image: "echo", resources: { requests: { cpu: "9" } } };
    return side.ask("POST", `${CORE}/pods`, { metadata: { name: "big" }, spec: { containers: [container] } });
  },
  "take it back": (side) => side.ask("DELETE", `${CORE}/pods/big`),
  "a deployment and a budget": async (side) => {
    await side.ask("POST", `${APPS}/deployments`, withPatience("kept", 3));
    // A budget that is there before its pods tells that there are none.
    await side.quiet();
    await side.ask("POST", BUDGETS, budget("kept", { minAvailable: 2, selector: { matchLabels: { app: "kept" } } }));
  },
  "evict what the budget allows": (side) => evictKept(side),
  "a budget in percent": (side) =>
    side.ask("PATCH", `${BUDGETS}/kept`, { spec: { minAvailable: null, maxUnavailable: "50%" } }, MERGE),
  "evict of that": (side) => evictKept(side),
  "fewer pods than the budget wants": async (side) => {
    await side.ask("PATCH", `${BUDGETS}/kept`, { spec: { minAvailable: 3, maxUnavailable: null } }, MERGE);
    await side.ask("PATCH", `${APPS}/deployments/kept`, patch(2), MERGE);
  },
  "a budget for nobody, and one for a pod without a controller": async (side) => {
    await side.ask(
      "POST",
      BUDGETS,
      budget("nobody", { minAvailable: "50%", selector: { matchLabels: { app: "no" } } }),
    );
    const metadata = { name: "lone", labels: { app: "lone" } };
    await side.ask("POST", `${CORE}/pods`, { metadata, spec: { containers: [{ name: "app", image: "echo" }] } });
    await side.ask("POST", BUDGETS, budget("lone", { maxUnavailable: 1, selector: { matchLabels: { app: "lone" } } }));
  },
  "budgets and pods go": async (side) => {
    for (const name of ["kept", "nobody", "lone"]) await side.ask("DELETE", `${BUDGETS}/${name}`);
    await side.ask("DELETE", `${APPS}/deployments/kept`, end("Background"));
    await side.ask("DELETE", `${CORE}/pods/lone`);
  },
  "before the silence": (side) => side.ask("POST", `${APPS}/deployments`, withPatience("stay", 2)),
  [SILENCE]: (side) => side.wait(75),
};

/** Nodes as their kubelets register them, with a lease each. */
export async function register(side: Side): Promise<void> {
  const room = { cpu: "4", memory: "8Gi", pods: "110" };
  for (const name of NODES) {
    await side.ask("POST", "/api/v1/nodes", { metadata: { name, labels: { "kubernetes.io/hostname": name } } });
    const condition = {
      ...ready("2025-01-01T00:00:00Z"),
      reason: "KubeletReady",
      message: "kubelet is posting ready status",
    };
    const { lastProbeTime: _none, ...said } = { ...condition, lastHeartbeatTime: "2025-01-01T00:00:00Z" };
    const status = { capacity: room, allocatable: room, conditions: [said] };
    await side.ask("PATCH", `/api/v1/nodes/${name}/status`, { status }, MERGE);
    const lease = { metadata: { name }, spec: { holderIdentity: name, leaseDurationSeconds: 40 } };
    await side.ask("POST", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", lease);
  }
  await side.quiet();
}

/** Kubelets renew their leases; without, a node falls silent in 50 seconds. */
async function renew(side: Side): Promise<void> {
  for (const name of NODES) {
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`;
    await side.ask("PATCH", path, { spec: { renewTime: side.now() } }, MERGE);
  }
}

export async function step(side: Side, name: string): Promise<object> {
  const beats = name !== SILENCE;
  if (beats) await renew(side);
  await STEPS[name]!(side);
  await kubelets(side, beats);
  await side.quiet();
  const shown = await picture(side);
  if (beats) return shown;
  // Nodes are emptied one after the other: which are already, and which pods are still there, is a matter of seconds.
  const { pods: _pods, ...others } = shown;
  const evicting = /"\{[^{}]*NoExecute[^{}]*\}",?/g;
  return { ...others, nodes: (shown.nodes as string[]).map((each) => each.replace(evicting, "").replace(",]", "]")) };
}

const KINDS = [
  `${APPS}/deployments`,
  `${APPS}/replicasets`,
  `${CORE}/pods`,
  `${CORE}/endpoints`,
  "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
  "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
  "/api/v1/nodes",
];

/** All objects, without what chance and the clock decide. */
async function picture(side: Side): Promise<Draft> {
  const shown: Draft = {};
  for (const path of KINDS) {
    const { items } = await side.ask("GET", path);
    const mine = structuredClone(items as Draft[]).filter(
      ({ metadata }) => metadata.name !== "kubernetes" && !/^kubernetes-/.test(metadata.name),
    );
    // How often a slice was written depends on how fast its controller is.
    if (path.endsWith("slices")) for (const each of mine) delete each.metadata.generation;
    shown[path.replace(/^.*\//, "")] = mine.map((each) => JSON.stringify(plain(each))).sort();
  }
  const { items } = await side.ask("GET", `${CORE}/events`);
  // A node is looked at every five seconds: when it is registered is chance.
  const heard = (items as Draft[]).filter(({ reason }) => reason !== "RegisteredNode");
  const said = heard.map(({ involvedObject, type, reason, message, reportingComponent, source }) =>
    nameless(`${involvedObject.kind} ${type} ${reason} ${source?.component ?? reportingComponent}: ${message}`),
  );
  // Which node a pod got, and how often somebody tried, is chance.
  shown.events = [...new Set(said.map((each) => each.replace(/ to node-\d/, " to NODE")))].sort();
  return shown;
}

const CHANCE = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "managedFields",
  "nodeName",
  "podIP",
  "podIPs",
  "ip",
  "addresses",
  "selfLink",
  "podCIDR",
  "podCIDRs",
]);
const nameless = (text: string): string => text.replace(/-[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])/g, "-*");

function plain(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    const all = value.map((each) => plain(each));
    return ["endpoints", "conditions", "taints"].includes(key) ? all.map((each) => JSON.stringify(each)).sort() : all;
  }
  if (typeof value === "string") return nameless(value);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.keys(value)
    .filter((each) => !CHANCE.has(each) && !/Time$|^timeAdded$|trigger-time$|^node.alpha/.test(each))
    .sort();
  const entries = kept.map((each) => [each, plain((value as Draft)[each], each)] as const);
  return Object.fromEntries(entries.filter(([, each]) => JSON.stringify(each) !== "{}"));
}
