// Node lifecycle: what a node's conditions say becomes taints; a kubelet that falls silent is NotReady, and after a while
// its pods must go (taint eviction).
// Before you edit: pkg/controller/nodelifecycle/node_lifecycle_controller.go, pkg/controller/tainteviction/taint_eviction.go.
import { SECOND, type Timer } from "../../trace/world.ts";
import { sameJson } from "../api/object.ts";
import { tolerates } from "../scheduler/filter.ts";
import { type Condition, conditionOf, type Lease, type Node, type Pod, type Taint } from "../shapes.ts";
import { type Client, unlessGone } from "./client.ts";
import { EventRecorder } from "./events.ts";
import { type Index, keyOf } from "./informer.ts";
import type { Informers } from "./informers.ts";
import { WorkQueue } from "./work-queue.ts";

/** --node-monitor-period and --node-monitor-grace-period. */
const PERIOD = 5 * SECOND;
const GRACE = 50 * SECOND;

const NOT_READY = "node.kubernetes.io/not-ready";
const UNREACHABLE = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE = "node.kubernetes.io/unschedulable";

/** Conditions and the taints they bring, besides Ready (nodeConditionToTaintKeyStatusMap). */
const PRESSURES: Readonly<Record<string, string>> = {
  MemoryPressure: "node.kubernetes.io/memory-pressure",
  DiskPressure: "node.kubernetes.io/disk-pressure",
  NetworkUnavailable: "node.kubernetes.io/network-unavailable",
  PIDPressure: "node.kubernetes.io/pid-pressure",
};
/** What a kubelet says of its node, in the order in which it becomes unknown. */
const SAID = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];
/** --node-eviction-rate is 0.1: pods of one more node go every ten seconds. */
const BETWEEN_EVICTIONS = 10 * SECOND;
const MANAGED = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(PRESSURES)]);

export function nodeLifecycleController(informers: Informers, client: Client): void {
  const recorder = new EventRecorder(client, "node-controller");
  const nodes = informers.of<Node>("nodes");
  const pods = informers.of<Pod>("pods");
  const podsOfNode = pods.index(({ spec }) => (spec.nodeName === undefined ? [] : [spec.nodeName]));
  /** When each node was last heard of: its lease renewed, or its status said anew. */
  const heard = new Map<string, number>();
  const registered = new Set<string>();
  /** Until when no other node's pods are driven away. */
  let nextEviction = 0;
  const queue = new WorkQueue(client, taint);
  const eviction = new Eviction(client, nodes.get.bind(nodes), podsOfNode);

  informers.of<Lease>("leases").on((now) => {
    if (now?.metadata.namespace === "kube-node-lease") heard.set(now.metadata.name, client.clock.now);
  });
  nodes.on((now, before) => {
    const { name } = (now ?? before)!.metadata;
    if (now === null) {
      heard.delete(name);
      registered.delete(name);
      recorder.event(before!, "Normal", "RemovingNode", `Node ${name} event: Removing Node ${name} from Controller`);
      return;
    }
    if (before === null) heard.set(name, client.clock.now);
    else if (!saidOf(now).every((each, i) => each === saidOf(before)[i])) heard.set(name, client.clock.now);
    queue.add(name);
    eviction.nodeChanged(now, before);
  });
  pods.on((now, before) => eviction.podChanged(now, before));
  watchClock();

  /** Once every five seconds each node is looked at; it is time that makes one silent, no event. */
  function watchClock(): void {
    client.clock.later(
      PERIOD,
      () => {
        for (const node of nodes.objects.values()) monitor(node);
        watchClock();
      },
      true,
    );
  }

  function monitor(node: Node): void {
    const { name } = node.metadata;
    if (!registered.has(name)) {
      registered.add(name);
      recorder.event(node, "Normal", "RegisteredNode", `Node ${name} event: Registered Node ${name} in Controller`);
    }
    if (client.clock.now - (heard.get(name) ?? client.clock.now) < GRACE) return;
    const ready = conditionOf(node, "Ready");
    if (ready === undefined || ready.status === "Unknown") return;
    const { time } = client.clock;
    const conditions = SAID.flatMap((type): Condition[] => {
      const said = conditionOf(node, type);
      if (said?.status === "Unknown") return [];
      const [reason, message] =
        said === undefined
          ? ["NodeStatusNeverUpdated", "Kubelet never posted node status."]
          : ["NodeStatusUnknown", "Kubelet stopped posting node status."];
      const lastHeartbeatTime = said === undefined ? node.metadata.creationTimestamp : (said.lastHeartbeatTime ?? null);
      return [{ type, status: "Unknown", reason, message, lastHeartbeatTime, lastTransitionTime: time }];
    });
    unlessGone(() => client.patch("nodes", node, { status: { conditions } }, { subresource: "status" }));
    recorder.event(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
    for (const pod of podsOfNode.of(name)) markNotReady(pod);
  }

  /** Nobody on the node can say it any more: its pods are not ready. */
  function markNotReady(pod: Pod): void {
    const ready = conditionOf(pod, "Ready");
    if (ready?.status !== "True") return;
    const condition = { type: "Ready", status: "False", lastTransitionTime: client.clock.time };
    const patch = { status: { conditions: [condition] } };
    unlessGone(() => client.patch("pods", pod, patch, { subresource: "status" }));
    recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready");
  }

  function taint(name: string): void {
    const node = nodes.get(name);
    if (node === undefined) return;
    const { taints = [] } = node.spec;
    const wanted = wantedTaints(node);
    const isWanted = ({ key, effect }: Taint) => wanted.some((each) => each.key === key && each.effect === effect);
    const kept = taints.filter((each) => !MANAGED.has(each.key) || isWanted(each));
    const drives = ({ effect }: Taint) => effect === "NoExecute";
    const isNew = wanted.some((each) => drives(each) && !kept.some((other) => other.key === each.key && drives(other)));
    const mustWait = isNew && client.clock.now < nextEviction;
    if (mustWait) queue.addAfter(name, nextEviction - client.clock.now);
    else if (isNew) nextEviction = client.clock.now + BETWEEN_EVICTIONS;
    const added = wanted
      .filter((each) => !(mustWait && drives(each)))
      .filter(({ key, effect }) => !kept.some((each) => each.key === key && each.effect === effect))
      .map((each) => ({ ...each, timeAdded: client.clock.time }));
    const all = [...kept, ...added];
    if (sameJson(all, taints)) return;
    const spec = { ...node.spec, taints: all };
    unlessGone(() => client.update("nodes", { ...node, spec } as Node));
  }
}

const saidOf = ({ status }: Node): (string | null | undefined)[] =>
  (status?.conditions ?? []).filter(({ status }) => status !== "Unknown").map((each) => each.lastHeartbeatTime);

function wantedTaints(node: Node): Taint[] {
  const ready = conditionOf(node, "Ready")?.status;
  const key = ready === "True" ? null : ready === "Unknown" ? UNREACHABLE : NOT_READY;
  const pressed = Object.entries(PRESSURES).filter(([type]) => conditionOf(node, type)?.status === "True");
  return [
    ...(key === null
      ? []
      : ([
          { key, effect: "NoSchedule" },
          { key, effect: "NoExecute" },
        ] as const)),
    ...(node.spec.unschedulable ? [{ key: UNSCHEDULABLE, effect: "NoSchedule" } as const] : []),
    ...pressed.map(([, key]) => ({ key, effect: "NoSchedule" }) as const),
  ];
}

/** Pods that do not tolerate a NoExecute taint go, at once or when their patience ends. */
class Eviction {
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly node: (name: string) => Node | undefined;
  private readonly podsOfNode: Index<Pod>;
  private readonly sentenced = new Map<string, Timer>();

  constructor(client: Client, node: (name: string) => Node | undefined, podsOfNode: Index<Pod>) {
    this.client = client;
    this.recorder = new EventRecorder(client, "taint-eviction-controller");
    this.node = node;
    this.podsOfNode = podsOfNode;
  }

  nodeChanged(now: Node, before: Node | null): void {
    const was = evicting(before);
    const is = evicting(now);
    if (sameJson(is, was)) return;
    for (const pod of [...this.podsOfNode.of(now.metadata.name)]) this.judge(pod, is);
  }

  podChanged(now: Pod | null, before: Pod | null): void {
    if (now === null) return this.pardon(keyOf(before!));
    const { nodeName } = now.spec;
    if (nodeName === undefined || before?.spec.nodeName === nodeName) return;
    this.judge(now, evicting(this.node(nodeName) ?? null));
  }

  private judge(pod: Pod, taints: readonly Taint[]): void {
    const key = keyOf(pod);
    if (taints.length === 0) {
      if (this.sentenced.has(key)) this.tell(pod, `Cancelling deletion of Pod ${key}`);
      return this.pardon(key);
    }
    const { tolerations = [] } = pod.spec;
    if (!taints.every((taint) => tolerates(tolerations, taint))) return this.evict(pod);
    const seconds = tolerations
      .filter((each) => each.tolerationSeconds !== undefined && taints.some((taint) => tolerates([each], taint)))
      .map((each) => each.tolerationSeconds!);
    if (seconds.length === 0 || this.sentenced.has(key)) return;
    const timer = this.client.clock.later(Math.max(0, Math.min(...seconds)) * SECOND, () => this.evict(pod), true);
    this.sentenced.set(key, timer);
  }

  private evict(pod: Pod): void {
    this.sentenced.delete(keyOf(pod));
    this.tell(pod, `Marking for deletion Pod ${keyOf(pod)}`);
    unlessGone(() => this.client.delete("pods", pod));
  }

  private pardon(key: string): void {
    this.sentenced.get(key)?.cancel();
    this.sentenced.delete(key);
  }

  private tell(pod: Pod, message: string): void {
    this.recorder.event(pod, "Normal", "TaintManagerEviction", message);
  }
}

const evicting = (node: Node | null): readonly Taint[] =>
  (node?.spec.taints ?? []).filter(({ effect }) => effect === "NoExecute");
