// What a kubelet does for the API server: reads a container's log, runs a command in it.
// Before you edit: pkg/kubelet/kubelet_pods.go (GetKubeletContainerLogs, validateContainerLogStatus), pkg/kubelet/server/server.go.
import type { Process } from "../../lab/process.ts";
import { runIn } from "../../tools/shell.ts";
import { containerMeant, type LogOptions, type LogStream, type NodeProxy, type Voice } from "../api/node-proxy.ts";
import type { Draft } from "../api/object.ts";
import { badRequest, failure } from "../api/status.ts";
import type { ContainerRun } from "./container.ts";
import type { Kubelet } from "./kubelet.ts";
import type { PodWorker } from "./pod-worker.ts";

export class Kubelets implements NodeProxy {
  private readonly kubelets: ReadonlyMap<string, Kubelet>;

  constructor(kubelets: ReadonlyMap<string, Kubelet>) {
    this.kubelets = kubelets;
  }

  logs(pod: Draft, options: LogOptions): LogStream {
    const { container, previous = false } = options;
    const { name } = pod.metadata;
    const { run } = this.find(pod, container);
    const shown = JSON.stringify(container);
    const { state } = run.status;
    const log = previous ? run.logBefore : run.log;
    if (log === null)
      throw badRequest(`previous terminated container ${shown} in pod ${JSON.stringify(name)} not found`);
    const { waiting } = state;
    if (waiting !== undefined && run.status.containerID === undefined) {
      const isPulling = waiting.reason === "ErrImagePull" || waiting.reason === "ImagePullBackOff";
      const why = isPulling ? "trying and failing to pull image" : waiting.reason;
      throw badRequest(`container ${shown} in pod ${JSON.stringify(name)} is waiting to start: ${why}`);
    }
    return log.read(options);
  }

  exec(pod: Draft, container: string, command: readonly string[], stdin: string, voice: Voice): Process {
    const { worker, run, kubelet } = this.find(pod, containerMeant(pod, container));
    if (!run.isRunning || worker.ns === null)
      throw failure(`unable to upgrade connection: container not found (${JSON.stringify(container)})`);
    const { tools } = kubelet.imageOf(run.container.image);
    return runIn(kubelet.lab.lab, { ns: worker.ns, container, tools }, command, stdin, voice);
  }

  private find(pod: Draft, container: string): { kubelet: Kubelet; worker: PodWorker; run: ContainerRun } {
    const { name, namespace, uid } = pod.metadata;
    if (!pod.spec.nodeName) throw badRequest(`pod ${name} does not have a host assigned`);
    const kubelet = this.kubelets.get(pod.spec.nodeName);
    const worker = [...(kubelet?.workers.values() ?? [])].find((each) => each.pod.metadata.uid === uid);
    if (kubelet === undefined) throw failure(`Get "https://${pod.spec.nodeName}:10250": dial tcp: i/o timeout`);
    const all = [...(worker?.containers ?? []), ...(worker?.inits ?? [])];
    const run = all.find((each) => each.container.name === container);
    if (worker === undefined || run === undefined)
      throw badRequest(`container ${container} is not valid for pod ${name}_${namespace}`);
    return { kubelet, worker, run };
  }
}
