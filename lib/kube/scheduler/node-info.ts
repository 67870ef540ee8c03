// What the scheduler keeps of a node: its object, and the sums over the pods that are or will be on it.
// Before you edit: pkg/scheduler/framework/types.go (NodeInfo), pkg/scheduler/util/pod_resources.go.
import { type Container, controllerOf, isSidecar, type Node, type Pod } from "../shapes.ts";
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
  const { containers, initContainers = [] } = pod.spec;
  const most = (of: (requests: Requests) => number): number => peak(containers, initContainers, of);
  const hostPorts: string[] = [];
  for (const { ports = [] } of [...initContainers.filter(isSidecar), ...containers])
    for (const { hostPort, protocol = "TCP" } of ports) if (hostPort) hostPorts.push(`${protocol} ${hostPort}`);
  return {
    cpu: most(({ cpu }) => milli(cpu)),
    memory: most(({ memory }) => quantity(memory)),
    scoredCpu: most(({ cpu }) => (cpu === undefined ? LEAST_CPU : milli(cpu))),
    scoredMemory: most(({ memory }) => (memory === undefined ? LEAST_MEMORY : quantity(memory))),
    hostPorts,
    controller: controllerOf(pod)?.uid ?? null,
  };
}

type Requests = Readonly<Record<string, string>>;

/** The most that runs at once: an init container with the sidecars before it, or all others together. */
function peak(
  containers: readonly Container[],
  inits: readonly Container[],
  of: (requests: Requests) => number,
): number {
  const asks = ({ resources }: Container): number => of(resources?.requests ?? {});
  let sidecars = 0;
  let most = 0;
  for (const each of inits)
    if (isSidecar(each)) sidecars += asks(each);
    else most = Math.max(most, sidecars + asks(each));
  return Math.max(
    most,
    containers.reduce((sum, each) => sum + asks(each), sidecars),
  );
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
