// Which of the nodes that can take the pod is best? Each plugin gives 0 to 100, weighed as the default profile does.
// Before you edit: pkg/scheduler/apis/config/v1/default_plugins.go, pkg/scheduler/framework/plugins/noderesources/*.go,
// .../tainttoleration, .../podtopologyspread/scoring.go.
import type { Pod, Taint, Toleration } from "../shapes.ts";
import { tolerates } from "./filter.ts";
import type { NodeInfo, Request } from "./node-info.ts";

const MOST = 100;
const WEIGHT = { taints: 3, spread: 2, fit: 1, balance: 1 };
/** defaultConstraints: pods of one controller should not differ by more than 3 between nodes. */
const MAX_SKEW = 3;

/** Points of each node, in their order. */
export function score(pod: Pod, request: Request, infos: readonly NodeInfo[]): number[] {
  const { tolerations = [] } = pod.spec;
  const taints = infos.map(({ node }) => countTaints(node!.spec.taints, tolerations));
  const worst = mostOf(taints);
  const spread = spreadOf(request, infos);
  return infos.map((info, i) => {
    const tainted = worst === 0 ? MOST : MOST - Math.floor((MOST * taints[i]!) / worst);
    return WEIGHT.taints * tainted + WEIGHT.spread * spread[i]! + resources(request, info);
  });
}

/** How many taints would rather not have the pod. */
function countTaints(taints: readonly Taint[] | undefined, tolerations: readonly Toleration[]): number {
  if (taints === undefined) return 0;
  return taints.filter((taint) => taint.effect === "PreferNoSchedule" && !tolerates(tolerations, taint)).length;
}

function mostOf(numbers: readonly number[]): number {
  let most = 0;
  for (const each of numbers) if (each > most) most = each;
  return most;
}

/** Fewer of one controller's pods are better. */
function spreadOf({ controller }: Request, infos: readonly NodeInfo[]): number[] {
  if (controller === null) return infos.map(() => 0);
  const weight = Math.log(infos.length + 2);
  const points = infos.map(({ siblings }) => Math.round((siblings.get(controller) ?? 0) * weight + MAX_SKEW - 1));
  const most = mostOf(points);
  let least = most;
  for (const each of points) if (each < least) least = each;
  return points.map((each) => (most === 0 ? MOST : Math.floor((MOST * (most + least - each)) / most)));
}

/** Weighed points for the room that is left, and for CPU and memory used alike. */
function resources(request: Request, info: NodeInfo): number {
  const { allocatable } = info;
  const left = (asked: number, all: number) =>
    all === 0 || asked > all ? 0 : Math.floor(((all - asked) * MOST) / all);
  const cpu = left(info.scoredCpu + request.scoredCpu, allocatable.cpu);
  const memory = left(info.scoredMemory + request.scoredMemory, allocatable.memory);
  const fit = WEIGHT.fit * Math.floor((cpu + memory) / 2);
  // Pods that ask for nothing do not tip the balance (BalancedAllocation skips them).
  if (request.cpu === 0 && request.memory === 0) return fit;
  const after = balanceOf(info.cpu + request.cpu, info.memory + request.memory, info);
  const balance = MOST / 2 + Math.floor((MOST / 2 + after - balanceOf(info.cpu, info.memory, info)) / 2);
  return fit + WEIGHT.balance * balance;
}

/** 100 when CPU and memory are used alike. */
function balanceOf(cpu: number, memory: number, { allocatable }: NodeInfo): number {
  const part = (used: number, all: number) => (all === 0 ? 0 : Math.min(1, used / all));
  const deviation = Math.abs(part(cpu, allocatable.cpu) - part(memory, allocatable.memory)) / 2;
  return Math.floor((1 - deviation) * MOST);
}
