// What the scheduler keeps of a node: its object, and the sums over the pods that are or will be on it.
// Before you edit: pkg/scheduler/framework/types.go (NodeInfo), pkg/scheduler/util/pod_resources.go.
import { controllerOf, type Node, type Pod } from "../shapes.ts";
import { milli, quantity } from "./quantity.ts";

/** Of a pod that asks for nothing, so that it counts for something (DefaultMilliCPURequest, DefaultMemoryRequest). */
const LEAST_CPU = 100;
const LEAST_MEMORY = 200 * 2 ** 20;

/** What a pod asks for: CPU in thousandths, octets of memory; and what it counts as when nodes are compared. */
export interface Request {
  readonly cpu: number;
  readonly memory: number;
  readonly scoredCpu: number;
  readonly scoredMemory: number;
  /** As `TCP 8080`. */
  readonly hostPorts: readonly string[];
  /** Whose pods are to be spread, if it has a controller. */
  readonly controller: string | null;
}

const requests = new WeakMap<object, Request>();

/** The request of a pod; pods do not change theirs, so it is reckoned once. */
export function requestOf(pod: Pod): Request {
  let request = requests.get(pod.spec);
  if (request === undefined) {
    request = reckon(pod);
    requests.set(pod.spec, request);
  }
  return request;
}

function reckon(pod: Pod): Request {
  let cpu = 0;
  let memory = 0;
  let scoredCpu = 0;
  let scoredMemory = 0;
  const hostPorts: string[] = [];
  for (const { resources, ports = [] } of pod.spec.containers) {
    const { cpu: asked, memory: octets } = resources?.requests ?? {};
    cpu += milli(asked);
    memory += quantity(octets);
    scoredCpu += asked === undefined ? LEAST_CPU : milli(asked);
    scoredMemory += octets === undefined ? LEAST_MEMORY : quantity(octets);
    for (const { hostPort, protocol = "TCP" } of ports) if (hostPort) hostPorts.push(`${protocol} ${hostPort}`);
  }
  return { cpu, memory, scoredCpu, scoredMemory, hostPorts, controller: controllerOf(pod)?.uid ?? null };
}

export class NodeInfo {
  node: Node | null = null;
  cpu = 0;
  memory = 0;
  scoredCpu = 0;
  scoredMemory = 0;
  allocatable = { cpu: 0, memory: 0, pods: 0 };
  readonly pods = new Map<string, Request>();
  readonly hostPorts = new Set<string>();
  /** Pods by their controller. */
  readonly siblings = new Map<string, number>();

  setNode(node: Node): void {
    this.node = node;
    const { cpu, memory, pods } = node.status?.allocatable ?? {};
    this.allocatable = { cpu: milli(cpu), memory: quantity(memory), pods: quantity(pods) };
  }

  add(key: string, request: Request): void {
    if (this.pods.has(key)) return;
    this.pods.set(key, request);
    this.count(request, 1);
    for (const each of request.hostPorts) this.hostPorts.add(each);
  }

  remove(key: string): void {
    const request = this.pods.get(key);
    if (request === undefined) return;
    this.pods.delete(key);
    this.count(request, -1);
    for (const each of request.hostPorts) this.hostPorts.delete(each);
  }

  private count({ cpu, memory, scoredCpu, scoredMemory, controller }: Request, sign: 1 | -1): void {
    this.cpu += sign * cpu;
    this.memory += sign * memory;
    this.scoredCpu += sign * scoredCpu;
    this.scoredMemory += sign * scoredMemory;
    if (controller === null) return;
    const count = (this.siblings.get(controller) ?? 0) + sign;
    if (count === 0) this.siblings.delete(controller);
    else this.siblings.set(controller, count);
  }
}
