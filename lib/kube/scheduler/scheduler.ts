// The scheduler: one pod at a time, a node that can take it, and a Binding that says so.
// Before you edit: pkg/scheduler/{schedule_one,eventhandlers}.go, pkg/scheduler/backend/queue/scheduling_queue.go.
import { SECOND } from "../../trace/world.ts";
import { BadInput } from "../../wire/input.ts";
import { sameJson } from "../api/object.ts";
import type { Client } from "../controller/client.ts";
import { unlessGone } from "../controller/client.ts";
import { EventRecorder } from "../controller/events.ts";
import { Informer, keyOf } from "../controller/informer.ts";
import { WorkQueue } from "../controller/work-queue.ts";
import { conditionOf, type Node, type Pod } from "../shapes.ts";
import { filter } from "./filter.ts";
import { NodeInfo, requestOf } from "./node-info.ts";
import { score } from "./score.ts";

/** minFeasibleNodesToFind, and the least share of nodes that is looked at in large clusters. */
const MIN_FEASIBLE = 100;
const MIN_PERCENT = 5;

/** A pod that found no place waits 1 s before it is tried again, then twice as long, at most 10 s. */
const FIRST_BACKOFF = SECOND;
const LAST_BACKOFF = 10 * SECOND;

/** A node in the eyes of the scheduler: refused for these reasons, or with so many points. */
export interface Judgement {
  readonly node: string;
  readonly refused: readonly string[];
  readonly points: number | null;
}

export class Scheduler {
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly pods: Informer<Pod>;
  private readonly nodes: Informer<Node>;
  private readonly infos = new Map<string, NodeInfo>();
  private list: NodeInfo[] = [];
  private readonly queue: WorkQueue;
  /** Pods that found no node, with the times they were tried. */
  private readonly waiting = new Map<string, number>();
  /** Where the next look begins: not always at the first node. */
  private start = 0;

  constructor(client: Client) {
    this.client = client;
    this.recorder = new EventRecorder(client, "default-scheduler");
    this.queue = new WorkQueue(client, (key) => this.schedule(key));
    this.nodes = new Informer<Node>(client, "nodes").on((now, before) => this.nodeChanged(now, before));
    this.pods = new Informer<Pod>(client, "pods").on((now, before) => this.podChanged(now, before));
    this.nodes.start();
    this.pods.start();
  }

  private nodeChanged(now: Node | null, before: Node | null): void {
    const { name } = (now ?? before)!.metadata;
    const info = this.infos.get(name) ?? new NodeInfo();
    if (now === null) {
      info.node = null;
      if (info.pods.size === 0) this.infos.delete(name);
      this.list = this.list.filter((each) => each !== info);
      return;
    }
    this.infos.set(name, info);
    if (info.node === null) this.list.push(info);
    info.setNode(now);
    const matters = ({ metadata, spec, status }: Node) => [
      metadata.labels,
      spec.taints,
      spec.unschedulable,
      status?.allocatable,
    ];
    if (this.waiting.size > 0 && (before === null || !sameJson(matters(now), matters(before)))) this.tryAgain();
  }

  private podChanged(now: Pod | null, before: Pod | null): void {
    const pod = (now ?? before)!;
    const key = keyOf(pod);
    const { nodeName } = pod.spec;
    const isOver = now === null || now.status?.phase === "Succeeded" || now.status?.phase === "Failed";
    if (nodeName !== undefined) {
      if (isOver) {
        this.infos.get(nodeName)?.remove(key);
        this.tryAgain();
      } else if (before?.spec !== now.spec) this.infoOf(nodeName).add(key, requestOf(pod));
      this.waiting.delete(key);
    } else if (now === null) this.waiting.delete(key);
    else if (before === null || now.metadata.generation !== before.metadata.generation) this.queue.add(key);
  }

  /**
   * What it says of each node for a pod, `default/web`, as things are now: why not, or how many points the node gets.
   * Throws BadInput when there is no such pod.
   */
  judge(key: string): Judgement[] {
    const pod = this.pods.get(key);
    if (pod === undefined) throw new BadInput("no pod of this name", key, "It is called NAMESPACE/NAME.");
    const request = requestOf(pod);
    const refusals = this.list.map((info) => filter(pod, request, info));
    const feasible = this.list.filter((_, i) => refusals[i] === null);
    const points = score(pod, request, feasible);
    return this.list.map((info, i) => ({
      node: info.node!.metadata.name,
      refused: refusals[i]?.reasons ?? [],
      points: refusals[i] === null ? points[feasible.indexOf(info)]! : null,
    }));
  }

  private infoOf(name: string): NodeInfo {
    let info = this.infos.get(name);
    if (info === undefined) {
      info = new NodeInfo();
      this.infos.set(name, info);
    }
    return info;
  }

  /** Something changed for the better: who waits is tried again when its time has come. */
  private tryAgain(): void {
    for (const [key, times] of this.waiting)
      this.queue.addAfter(key, Math.min(FIRST_BACKOFF * 2 ** (times - 1), LAST_BACKOFF));
  }

  private schedule(key: string): void {
    const pod = this.pods.get(key);
    if (pod === undefined || pod.spec.nodeName !== undefined || pod.metadata.deletionTimestamp !== undefined) return;
    const request = requestOf(pod);
    const { feasible, reasons, resolvable } = this.feasible(pod);
    if (feasible.length === 0) return this.fail(pod, reasons, resolvable);
    const best = this.pick(feasible, feasible.length === 1 ? [0] : score(pod, request, feasible));
    const { name } = best.node!.metadata;
    // Taken at once, so that the next pod finds the room gone (assume).
    best.add(key, request);
    try {
      unlessGone(() => this.client.bind(pod, name));
    } catch (failure) {
      best.remove(key);
      throw failure;
    }
    this.waiting.delete(key);
    this.recorder.action(pod, "Normal", "Scheduled", "Binding", `Successfully assigned ${key} to ${name}`);
  }

  private feasible(pod: Pod) {
    const request = requestOf(pod);
    const { list } = this;
    const enough = enoughOf(list.length);
    // All at once, for in a large cluster it is long and grows for each pod.
    const feasible = new Array<NodeInfo>(enough);
    let found = 0;
    const reasons = new Map<string, number>();
    let resolvable = 0;
    let looked = 0;
    for (; looked < list.length && found < enough; looked++) {
      const info = list[(this.start + looked) % list.length]!;
      const refusal = filter(pod, request, info);
      if (refusal === null) feasible[found++] = info;
      else {
        for (const each of refusal.reasons) reasons.set(each, (reasons.get(each) ?? 0) + 1);
        if (refusal.resolvable) resolvable++;
      }
    }
    feasible.length = found;
    this.start = list.length === 0 ? 0 : (this.start + looked) % list.length;
    return { feasible, reasons, resolvable };
  }

  /** The best; of equals one by the dice. */
  private pick(infos: readonly NodeInfo[], points: readonly number[]): NodeInfo {
    const most = Math.max(...points);
    const best = infos.filter((_, i) => points[i] === most);
    return best[best.length === 1 ? 0 : Math.floor(this.client.server.random() * best.length)]!;
  }

  private fail(pod: Pod, reasons: ReadonlyMap<string, number>, resolvable: number): void {
    const key = keyOf(pod);
    const times = (this.waiting.get(key) ?? 0) + 1;
    this.waiting.set(key, times);
    const message = this.refusalText(reasons, resolvable);
    this.recorder.action(pod, "Warning", "FailedScheduling", "Scheduling", message);
    const known = conditionOf(pod, "PodScheduled");
    if (known?.message === message) return;
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastProbeTime: null,
      lastTransitionTime: known?.status === "False" ? known.lastTransitionTime : this.client.clock.time,
      ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    };
    unlessGone(() =>
      this.client.patch("pods", pod, { status: { conditions: [condition] } }, { subresource: "status" }),
    );
  }

  /** FitError, and what preemption says: here nobody is thrown out for another. */
  private refusalText(reasons: ReadonlyMap<string, number>, resolvable: number): string {
    const all = this.list.length;
    if (all === 0) return "no nodes available to schedule pods";
    const listed = (counts: Iterable<readonly [string, number]>) =>
      [...counts]
        .map(([reason, count]) => `${count} ${reason}`)
        .sort()
        .join(", ");
    const preemption = [
      ["No preemption victims found for incoming pod", resolvable],
      ["Preemption is not helpful for scheduling", all - resolvable],
    ] as const;
    const none = `0/${all} nodes are available:`;
    return `${none} ${listed(reasons)}. no new claims to deallocate, preemption: ${none} ${listed(preemption.filter(([, count]) => count > 0))}.`;
  }
}

/** numFeasibleNodesToFind. */
function enoughOf(nodes: number): number {
  if (nodes < MIN_FEASIBLE) return nodes;
  const percent = Math.max(50 - Math.floor(nodes / 125), MIN_PERCENT);
  return Math.max(Math.floor((nodes * percent) / 100), MIN_FEASIBLE);
}
