// One pod on its node: a sandbox with a network, its containers, what is said of them, and its end.
// Before you edit: pkg/kubelet/pod_workers.go, pkg/kubelet/kuberuntime/{kuberuntime_manager,kuberuntime_sandbox}.go.

import type { Netns } from "../../netns/netns.ts";
import { MILLISECOND, SECOND } from "../../trace/world.ts";
import { drawHex } from "../api/names.ts";
import { type Draft, sameJson } from "../api/object.ts";
import { unlessGone } from "../controller/client.ts";
import type { EventType } from "../controller/events.ts";
import { type Condition, type Container, conditionOf, isSidecar, type Pod } from "../shapes.ts";
import { ContainerRun, type Role } from "./container.ts";
import { repositoryOf } from "./images.ts";
import type { Kubelet } from "./kubelet.ts";
import { mountFiles, volumeFiles } from "./mounts.ts";
import { removeNetnsOf, sandboxNetns } from "./sandbox.ts";
import { conditionsOf, phaseOf } from "./status.ts";

/** What a runtime takes for a sandbox, and for an image that is not there yet. */
const SANDBOX_TIME = 50 * MILLISECOND;
const PULL_TIME = 400 * MILLISECOND;
const PULL_RETRY = 10 * SECOND;

export class PodWorker {
  pod: Pod;
  readonly node: Kubelet;
  ns: Netns | null = null;
  address: string | null = null;
  readonly containers: ContainerRun[] = [];
  /** Init containers and sidecars, in the order in which they begin. */
  readonly inits: ContainerRun[] = [];
  /** How many of them have begun; one more, and the pod's own have too. */
  private begun = 0;
  private readonly id: string;
  private conditions: readonly Condition[];
  private said: object | null = null;
  private startTime: string | null = null;
  private isEnding = false;
  private isGone = false;

  constructor(node: Kubelet, pod: Pod) {
    this.node = node;
    this.pod = pod;
    this.id = this.drawId();
    this.conditions = pod.status?.conditions ?? [];
  }

  /** As events and messages name it: `web_default(uid)`. */
  get fullName(): string {
    const { name, namespace, uid } = this.pod.metadata;
    return `${name}_${namespace}(${uid})`;
  }

  drawId(): string {
    const { lab } = this.node.lab;
    return drawHex(() => lab.random(), 8);
  }

  tell(type: EventType, reason: string, message: string, container?: Container): void {
    const isInit = container !== undefined && this.pod.spec.initContainers?.includes(container);
    const path =
      container === undefined ? undefined : `spec.${isInit ? "initContainers" : "containers"}{${container.name}}`;
    this.node.recorder.event(this.pod, type, reason, message, path);
  }

  start(): void {
    this.startTime = this.node.lab.time;
    const { containers, initContainers = [] } = this.pod.spec;
    const runOf = (container: Container, role: Role) =>
      new ContainerRun(this, container, this.node.imageOf(container.image), role);
    this.containers.push(...containers.map((each) => runOf(each, "app")));
    this.inits.push(...initContainers.map((each) => runOf(each, isSidecar(each) ? "sidecar" : "init")));
    this.report();
    this.node.lab.lab.later(SANDBOX_TIME, () => this.makeSandbox());
  }

  /** The runtime makes the namespace and calls the network plugin; the kubelet waits for it. */
  private makeSandbox(): void {
    if (this.isEnding) return;
    const { node, pod } = this;
    const { name, namespace } = pod.metadata;
    const volumes = volumeFiles(pod, node.client);
    if (typeof volumes === "string") {
      this.tell("Warning", "FailedMount", volumes);
      node.lab.background(SECOND, () => this.makeSandbox());
      return;
    }
    node.asked("RunPodSandbox", pod);
    if (pod.spec.hostNetwork) {
      this.ns = node.ns;
      this.address = node.address;
    } else {
      const ns = sandboxNetns(node, pod);
      try {
        this.address = node.plugin.add({ id: this.id, ns, namespace: namespace!, name }).address;
        node.asked("ADD", pod, this.address);
        this.ns = ns;
        const { tools } = node.imageOf(pod.spec.containers[0]!.image);
        if (tools !== undefined) node.machine.tools.set(ns.name, tools);
        mountFiles(node.machine, ns.name, pod, this.address, volumes);
      } catch (failure) {
        removeNetnsOf(node, ns);
        node.asked("ADD", pod, (failure as Error).message);
        const why = `plugin ${node.pluginConf} failed (add): ${(failure as Error).message}`;
        const message = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "${this.id}": ${why}`;
        this.tell("Warning", "FailedCreatePodSandBox", message);
        node.lab.background(SECOND, () => this.makeSandbox());
        return;
      }
    }
    this.goOn();
    this.report();
  }

  /** Init containers begin one after another, the pod's own all at once. */
  private goOn(): void {
    const init = this.inits[this.begun++];
    for (const each of init === undefined ? this.containers : [init]) this.pull(each);
  }

  /** An init container ended well, or a sidecar is up: the next one's turn, unless it has begun already. */
  initialized(run: ContainerRun): void {
    if (!this.isEnding && run === this.inits[this.begun - 1]) this.goOn();
  }

  /** Sidecars end, last first, when nobody is left to need them. */
  endedForGood(run: ContainerRun): void {
    if (this.isEnding || (run.role === "app" && !this.containers.every(({ isOver }) => isOver))) return;
    for (const each of this.inits.toReversed()) each.stop();
  }

  private pull(run: ContainerRun): void {
    if (this.isEnding) return;
    const { node } = this;
    const { container } = run;
    const { image } = container;
    if (node.images.has(image)) {
      const message = `Container image "${image}" already present on machine and can be accessed by the pod`;
      this.tell("Normal", "Pulled", message, container);
      return run.start();
    }
    this.tell("Normal", "Pulling", `Pulling image "${image}"`, container);
    node.asked("PullImage", this.pod, image);
    node.lab.lab.later(PULL_TIME, () => {
      if (this.isEnding) return;
      if (!node.canPull(image)) return this.pullFailed(run);
      node.images.add(image);
      const took = `${PULL_TIME / MILLISECOND}ms`;
      const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: 1000000 bytes.`;
      this.tell("Normal", "Pulled", message, container);
      run.start();
    });
  }

  private pullFailed(run: ContainerRun): void {
    const { image } = run.container;
    const full = `docker.io/library/${repositoryOf(image)}:${/:([^/:]+)$/.exec(image)?.[1] ?? "latest"}`;
    const why = `failed to pull and unpack image "${full}": failed to resolve image: ${full}: not found`;
    const message = `Failed to pull image "${image}": rpc error: code = NotFound desc = ${why}`;
    this.tell("Warning", "Failed", message, run.container);
    this.tell("Warning", "Failed", "Error: ErrImagePull", run.container);
    run.waitBecause("ErrImagePull", message.slice(message.indexOf("rpc error")));
    this.report();
    this.node.lab.background(PULL_RETRY, () => this.pull(run));
  }

  /** Says to the API server how it is now, if that is not what it said last. */
  report(): void {
    if (this.isGone) return;
    const { pod, node, startTime, address } = this;
    const containerStatuses = this.containers.map((each) => each.status);
    const initContainerStatuses = this.inits.map((each) => each.status);
    const phase = phaseOf(pod, containerStatuses, initContainerStatuses);
    const { time } = node.lab;
    this.conditions = conditionsOf(
      pod,
      [...initContainerStatuses, ...containerStatuses],
      phase,
      this.ns !== null,
      this.conditions,
      time,
    );
    const scheduled = conditionOf(pod, "PodScheduled");
    const conditions = this.conditions.map((each) => (each.type === "PodScheduled" && scheduled ? scheduled : each));
    const { address: hostIP } = node;
    const { generation } = pod.metadata;
    const status: Draft = { phase, conditions, hostIP, hostIPs: [{ ip: hostIP }] };
    if (startTime !== null) status.startTime = startTime;
    if (address !== null) {
      status.podIP = address;
      status.podIPs = [{ ip: address }];
    }
    if (initContainerStatuses.length > 0) status.initContainerStatuses = initContainerStatuses;
    status.containerStatuses = containerStatuses;
    if (generation !== undefined) status.observedGeneration = generation;
    if (sameJson(status, this.said)) return;
    this.said = status;
    const { uid } = pod.metadata;
    unlessGone(() => node.client.patch("pods", pod, { metadata: { uid }, status }, { subresource: "status" }));
  }

  /** Somebody changed the pod; once it is asked to end, it does. */
  update(pod: Pod): void {
    this.pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.end(() => this.finish());
  }

  /** It is gone from the API server already: nobody waits for what is still here. */
  forget(): void {
    this.isGone = true;
    this.end(() => this.node.forget(this));
  }

  private end(done: () => void): void {
    if (this.isEnding) return;
    this.isEnding = true;
    for (const each of [...this.containers, ...this.inits.toReversed()]) each.stop();
    this.report();
    this.node.lab.lab.later(SANDBOX_TIME, () => {
      this.takeDown();
      done();
    });
  }

  private finish(): void {
    const { node, pod } = this;
    this.isGone = true;
    const { uid } = pod.metadata;
    unlessGone(() => node.client.delete("pods", pod, { gracePeriodSeconds: 0, preconditions: { uid } }));
    node.forget(this);
  }

  /** DEL, and the namespace ends. */
  private takeDown(): void {
    const { node, ns, id, pod } = this;
    if (ns === null || ns === node.ns) return;
    const { name, namespace } = pod.metadata;
    node.asked("StopPodSandbox", pod);
    node.asked("DEL", pod);
    node.plugin.del({ id, ns, namespace: namespace!, name });
    removeNetnsOf(node, ns);
    this.ns = null;
  }

  /** The machine is switched off. */
  abandon(): void {
    this.isEnding = true;
    this.isGone = true;
    for (const each of [...this.containers, ...this.inits]) each.abandon();
    this.takeDown();
  }
}
