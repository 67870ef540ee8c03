// One container of a pod: pulled, started, probed, started again when it ends, each time a little later.
// Before you edit: pkg/kubelet/kuberuntime/{kuberuntime_manager,kuberuntime_container}.go, pkg/kubelet/images/image_manager.go,
// staging/src/k8s.io/client-go/util/flowcontrol/backoff.go.
import type { Process, Program } from "../../lab/process.ts";
import { MILLISECOND, SECOND, type Timer } from "../../trace/world.ts";
import type { Container, ContainerState, ContainerStatus } from "../shapes.ts";
import { ContainerLog } from "./container-log.ts";
import { type Image, programOf } from "./images.ts";
import type { PodWorker } from "./pod-worker.ts";
import { ContainerProbes } from "./probes.ts";

/** What a runtime takes to make and start a container. */
const START_TIME = 20 * MILLISECOND;
/** The first wait after a crash, doubled with each, until ten minutes without one. */
const FIRST_BACKOFF = 10 * SECOND;
const LAST_BACKOFF = 300 * SECOND;
const FORGIVEN = 600 * SECOND;
/** As long as a program may run after it was asked to end is up to it; those here end at once. */
const TERMINATED = 143;
const KILLED = 137;

/** One of the pod's own; one that must end well before they begin; or one that begins before them and stays beside them. */
export type Role = "app" | "init" | "sidecar";

export class ContainerRun {
  readonly container: Container;
  readonly role: Role;
  /** What it wrote, and what the one before it wrote. */
  log: ContainerLog;
  previousLog: ContainerLog | null = null;
  private readonly pod: PodWorker;
  private readonly image: Image;
  private process: Process | null = null;
  private state: ContainerState;
  private lastState: ContainerState = {};
  private restarts = 0;
  private backoff = 0;
  private endedAt = 0;
  private startedAt = "";
  private id = "";
  private ready = false;
  private timer: Timer | null = null;
  private probes: ContainerProbes | null = null;
  private stopping = false;

  constructor(pod: PodWorker, container: Container, image: Image, role: Role) {
    this.pod = pod;
    this.container = container;
    this.image = image;
    this.role = role;
    this.log = new ContainerLog(pod.node.lab);
    const hasInit = (pod.pod.spec.initContainers ?? []).length > 0;
    this.state = { waiting: { reason: hasInit ? "PodInitializing" : "ContainerCreating" } };
  }

  get status(): ContainerStatus {
    const { container, state, lastState, ready, restarts, id, probes } = this;
    const { name, image } = container;
    const started = state.running !== undefined && probes?.started === true;
    if (id === "") return { name, state, lastState, ready, restartCount: restarts, image, imageID: "", started };
    const imageID = `${image}@sha256:${id.slice(0, 12)}`;
    const containerID = `containerd://${id}`;
    return { name, state, lastState, ready, restartCount: restarts, image, imageID, containerID, started };
  }

  /** What the container that ended last wrote: the one before this, or this one while it waits to start again. */
  get logBefore(): ContainerLog | null {
    const { terminated } = this.lastState;
    if (terminated === undefined) return null;
    return terminated.containerID.endsWith(this.id) ? this.log : this.previousLog;
  }

  get isRunning(): boolean {
    return this.process !== null;
  }

  /** It ended and is not started again. */
  get isOver(): boolean {
    const { terminated } = this.state;
    return terminated !== undefined && !this.isStartedAgain(terminated.exitCode);
  }

  private isStartedAgain(exitCode: number): boolean {
    const { role, pod } = this;
    const { restartPolicy = "Always" } = pod.pod.spec;
    if (role === "sidecar") return true;
    if (restartPolicy === "Never") return false;
    return exitCode !== 0 || (role === "app" && restartPolicy === "Always");
  }

  /** Makes it and, a little later, runs it. */
  start(): void {
    const { pod } = this;
    pod.node.asked("CreateContainer", pod.pod, this.container.name);
    pod.tell("Normal", "Created", "Container created", this.container);
    this.timer = pod.node.lab.later(START_TIME, () => this.run());
  }

  private run(): void {
    const { pod, container } = this;
    const { lab } = pod.node;
    if (this.id !== "") {
      this.previousLog = this.log;
      this.log = new ContainerLog(lab);
    }
    this.id = pod.drawId();
    pod.node.asked("StartContainer", pod.pod, container.name);
    this.startedAt = lab.time;
    const { log } = this;
    const out = (text: string) => log.write(text);
    const client = pod.node.client.as(container.name);
    const running = { lab: lab.lab, ns: pod.ns!, pod: pod.pod, container, client, out };
    const program = programOf(this.image, running);
    const watched = this.watched(program);
    this.process = lab.lab.start(container.name, { ns: pod.ns!, out, err: out }, watched);
    this.state = { running: { startedAt: this.startedAt } };
    pod.tell("Normal", "Started", "Container started", container);
    this.probe();
    pod.report();
  }

  private *watched(program: Program): Program {
    const status = yield* program;
    this.ended(status);
    return status;
  }

  private probe(): void {
    const { pod, container, role } = this;
    const { node, ns, address } = pod;
    const probed = { lab: node.lab.lab, node: node.ns, pod: ns!, address: address!, container };
    const changed = () => {
      this.ready = role !== "init" && probes.ready;
      if (role === "sidecar" && probes.started) pod.initialized(this);
    };
    const probes = new ContainerProbes(probed, {
      unhealthy: (message) => pod.tell("Warning", "Unhealthy", message, container),
      changed: () => {
        changed();
        pod.report();
      },
      dead: (of) => this.killBecause(`Container ${container.name} failed ${of} probe`),
    });
    this.probes = probes;
    changed();
  }

  private killBecause(why: string): void {
    const { pod, container } = this;
    pod.tell("Normal", "Killing", this.isStartedAgain(KILLED) ? `${why}, will be restarted` : why, container);
    pod.node.asked("StopContainer", pod.pod, container.name);
    this.process?.kill(KILLED);
    this.ended(KILLED);
  }

  private ended(exitCode: number): void {
    if (this.process === null) return;
    this.process = null;
    this.log.end();
    this.unprobe();
    const { pod, startedAt, id } = this;
    const { lab } = pod.node;
    this.ready = this.role === "init" && exitCode === 0;
    const reason = exitCode === 0 ? "Completed" : "Error";
    const containerID = `containerd://${id}`;
    this.state = { terminated: { exitCode, reason, startedAt, finishedAt: lab.time, containerID } };
    if (this.isStartedAgain(exitCode)) {
      if (!this.stopping) this.restart();
    } else if (this.ready) pod.initialized(this);
    else pod.endedForGood(this);
    pod.report();
  }

  /** The first time at once, then after a wait that doubles. */
  private restart(): void {
    const { pod } = this;
    const { lab } = pod.node;
    const begin = () => {
      this.lastState = { ...(this.state.terminated && { terminated: this.state.terminated }), ...this.lastIfWaiting() };
      this.restarts++;
      this.start();
    };
    const now = lab.lab.now;
    if (now - this.endedAt > FORGIVEN) this.backoff = 0;
    this.endedAt = now;
    const wait = this.backoff;
    this.backoff = Math.min(wait === 0 ? FIRST_BACKOFF : wait * 2, LAST_BACKOFF);
    if (wait === 0) return begin();
    const { terminated } = this.state;
    if (terminated !== undefined) this.lastState = { terminated };
    const who = `container=${this.container.name} pod=${pod.fullName}`;
    const seconds = wait / SECOND;
    const text = seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
    this.state = { waiting: { reason: "CrashLoopBackOff", message: `back-off ${text} restarting failed ${who}` } };
    const message = `Back-off restarting failed container ${this.container.name} in pod ${pod.fullName}`;
    pod.tell("Warning", "BackOff", message, this.container);
    this.timer = lab.background(wait, begin);
  }

  private lastIfWaiting(): ContainerState {
    return this.state.waiting === undefined ? {} : this.lastState;
  }

  /** SIGTERM. */
  stop(): void {
    this.stopping = true;
    this.timer?.cancel();
    this.unprobe();
    const { process, container } = this;
    if (process === null) return;
    this.pod.tell("Normal", "Killing", `Stopping container ${container.name}`, container);
    this.pod.node.asked("StopContainer", this.pod.pod, container.name);
    process.kill(TERMINATED);
    this.ended(TERMINATED);
  }

  /** The machine ends, and nobody tells of it. */
  abandon(): void {
    this.stopping = true;
    this.timer?.cancel();
    this.unprobe();
    const { process } = this;
    this.process = null;
    process?.kill(TERMINATED);
    this.log.end();
  }

  /** It can't run: its image can't be had. */
  waitBecause(reason: string, message: string): void {
    this.state = { waiting: { reason, message } };
  }

  private unprobe(): void {
    this.probes?.stop();
    this.probes = null;
  }
}
