// The kubelet: registers its node, keeps a Lease fresh, and runs the pods that are bound to it.
// Before you edit: pkg/kubelet/{kubelet,kubelet_node_status}.go, pkg/kubelet/nodestatus/setters.go, pkg/kubelet/nodelease.
import type { Machine } from "../../lab/machine.ts";
import type { Netns } from "../../netns/netns.ts";
import { SECOND, type Timer } from "../../trace/world.ts";
import type { Journal } from "../api/journal.ts";
import { ApiError } from "../api/status.ts";
import type { CniPlugin, NodePlugin } from "../cni/plugin.ts";
import type { Client } from "../controller/client.ts";
import { EventRecorder } from "../controller/events.ts";
import { Informer, keyOf } from "../controller/informer.ts";
import type { Condition, Lease, Node, Pod } from "../shapes.ts";
import type { Underlay } from "../underlay.ts";
import { IMAGES, type Image, repositoryOf, taggedOf } from "./images.ts";
import type { LabClock } from "./lab-clock.ts";
import { PodWorker } from "./pod-worker.ts";
import type { RuntimeCall, RuntimeVerb } from "./runtime.ts";

export const LEASES = "kube-node-lease";
const LEASE_SECONDS = 40;
const RENEW = 10 * SECOND;
/** nodeStatusReportFrequency: a status that did not change is said again so often. */
const REPORT = 300 * SECOND;

export interface KubeletOptions {
  readonly machine: Machine;
  readonly lab: LabClock;
  readonly client: Client;
  readonly plugin: CniPlugin;
  readonly address: string;
  readonly underlay: Underlay;
  readonly capacity: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly object[];
  readonly images?: Readonly<Record<string, Image>>;
  /** Where it is written down what is asked of the runtime and the plugin. */
  readonly runtimeCalls: Journal<RuntimeCall>;
}

export class Kubelet {
  readonly machine: Machine;
  readonly lab: LabClock;
  readonly client: Client;
  readonly address: string;
  readonly recorder: EventRecorder;
  readonly ns: Netns;
  /** Images that are on the machine. */
  readonly images = new Set<string>();
  readonly workers = new Map<string, PodWorker>();
  readonly plugin: NodePlugin;
  /** Its configuration as the runtime quotes it, and the type that stands there. */
  readonly pluginConf: string;
  private readonly pluginType: string;
  private readonly options: KubeletOptions;
  private readonly pods: Informer<Pod>;
  private readonly timers = new Set<Timer>();
  private ready = false;
  private readySince: string;
  private lease: Lease | null = null;

  constructor(options: KubeletOptions) {
    const { machine, lab, client, plugin, address, underlay } = options;
    this.options = options;
    this.machine = machine;
    this.lab = lab;
    this.client = client;
    this.address = address;
    this.ns = machine.root;
    this.readySince = lab.time;
    const { name } = machine;
    this.recorder = new EventRecorder(client, "kubelet", name);
    const status = this.statusWith(this.condition());
    client.create("nodes", null, {
      metadata: {
        name,
        labels: {
          "beta.kubernetes.io/arch": "amd64",
          "beta.kubernetes.io/os": "linux",
          "kubernetes.io/arch": "amd64",
          "kubernetes.io/hostname": name,
          "kubernetes.io/os": "linux",
          ...options.labels,
        },
      },
      ...(options.taints && { spec: { taints: options.taints } }),
      status,
    });
    this.recorder.event(this.asNode(), "Normal", "Starting", "Starting kubelet.");
    this.renew();
    this.every(RENEW, () => this.renew());
    this.every(REPORT, () => this.report());
    const cni = {
      lab: lab.lab,
      machine,
      address,
      device: "eth0",
      clusterCidr: underlay.clusterCidr,
      underlay,
      client: client.as(`${plugin.name}/${name}`),
    };
    this.pluginConf = plugin.conf;
    this.pluginType = /"(.*)"/.exec(plugin.conf)?.[1] ?? plugin.name;
    this.plugin = plugin.start(cni, () => lab.lab.later(0, () => this.setReady()));
    this.pods = new Informer<Pod>(client, "pods", { fieldSelector: `spec.nodeName=${name}` });
    this.pods.on((now, before) => this.podChanged(now, before));
    this.pods.start();
  }

  imageOf(image: string): Image {
    return this.known(image) ?? IMAGES["registry.k8s.io/pause"]!;
  }

  canPull(image: string): boolean {
    return this.known(image) !== undefined;
  }

  /** Notes that the runtime was asked, or that it asked the plugin. */
  asked(call: RuntimeVerb, { metadata: { namespace, name } }: Pod, detail = ""): void {
    const isCni = call === "ADD" || call === "DEL";
    this.options.runtimeCalls.push({
      at: this.lab.lab.now,
      node: this.machine.name,
      from: isCni ? "containerd" : "kubelet",
      to: isCni ? this.pluginType : "containerd",
      call,
      pod: `${namespace}/${name}`,
      detail,
    });
  }

  forget(worker: PodWorker): void {
    const key = keyOf(worker.pod);
    if (this.workers.get(key) === worker) this.workers.delete(key);
    // A pod of the same name may have come while this one went.
    const waits = this.pods.get(key);
    if (waits !== undefined && waits.metadata.uid !== worker.pod.metadata.uid) this.podChanged(waits, null);
  }

  /** The machine is cut off or switched off: nobody hears of it any more, and its pods are gone with it. */
  stop(): void {
    for (const each of this.timers) each.cancel();
    this.pods.stop();
    this.plugin.stop();
    for (const each of this.workers.values()) each.abandon();
    this.workers.clear();
  }

  private known(image: string): Image | undefined {
    for (const name of [taggedOf(image), repositoryOf(image)]) {
      const found = this.options.images?.[name] ?? (Object.hasOwn(IMAGES, name) ? IMAGES[name] : undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private podChanged(now: Pod | null, before: Pod | null): void {
    const key = keyOf((now ?? before)!);
    const worker = this.workers.get(key);
    if (now === null) return worker?.forget();
    if (worker !== undefined) {
      if (worker.pod.metadata.uid === now.metadata.uid) worker.update(now);
      else worker.forget();
      return;
    }
    if (now.status?.phase === "Succeeded" || now.status?.phase === "Failed") return;
    const made = new PodWorker(this, now);
    this.workers.set(key, made);
    if (now.metadata.deletionTimestamp === undefined) made.start();
    else made.update(now);
  }

  private every(period: number, action: () => void): void {
    const tick = () => {
      this.timers.delete(timer);
      action();
      this.every(period, action);
    };
    const timer = this.lab.background(period, tick);
    this.timers.add(timer);
  }

  private renew(): void {
    const { name } = this.machine;
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: LEASE_SECONDS,
      renewTime: this.lab.time.replace("Z", ".000000Z"),
    };
    try {
      this.lease =
        this.lease === null
          ? (this.client.create("leases", LEASES, { metadata: { name }, spec }) as Lease)
          : (this.client.update("leases", { ...this.lease, spec } as Lease) as Lease);
    } catch (failure) {
      // Somebody else changed it, or it is there from before: next time.
      if (!(failure instanceof ApiError)) throw failure;
      this.lease = (this.client.get("leases", LEASES, name) as Lease | undefined) ?? null;
    }
  }

  private setReady(): void {
    if (this.ready || !this.plugin.isReady) return;
    this.ready = true;
    this.readySince = this.lab.time;
    this.report();
    const { name } = this.machine;
    this.recorder.event(this.asNode(), "Normal", "NodeReady", `Node ${name} status is now: NodeReady`);
  }

  private report(): void {
    const node = { metadata: { name: this.machine.name } } as Node;
    const conditions = this.statusWith(this.condition()).conditions;
    this.client.patch("nodes", node, { status: { conditions } }, { subresource: "status" });
  }

  /** Events name the node by its name alone: the kubelet has no other word for itself. */
  private asNode(): Node {
    const { name } = this.machine;
    const metadata = { name, uid: name, resourceVersion: "", creationTimestamp: "" };
    return { apiVersion: "v1", kind: "Node", metadata, spec: {} };
  }

  private condition(): Condition {
    const { time } = this.lab;
    const at = { lastHeartbeatTime: time, lastTransitionTime: this.readySince };
    return this.ready
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status", ...at }
      : {
          type: "Ready",
          status: "False",
          reason: "KubeletNotReady",
          message:
            "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
          ...at,
        };
  }

  private statusWith(ready: Condition) {
    const { address, capacity, machine } = this.options;
    const { time } = this.lab;
    const well = (type: string, reason: string, message: string): Condition => ({
      type,
      status: "False",
      reason,
      message,
      lastHeartbeatTime: time,
      lastTransitionTime: this.readySince,
    });
    return {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: machine.name },
      ],
      conditions: [
        well("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        well("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        well("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ready,
      ],
      nodeInfo: {
        architecture: "amd64",
        bootID: "",
        containerRuntimeVersion: "containerd://2.1.4",
        kernelVersion: "6.1.0",
        kubeProxyVersion: "",
        kubeletVersion: "v1.36.3",
        machineID: "",
        operatingSystem: "linux",
        osImage: "Debian GNU/Linux 12 (bookworm)",
        systemUUID: "",
      },
    };
  }
}
