// Things that happen to a cluster at random, and what must never be left behind by them.
//   node dist/test/kube/churn.js [EVENTS] [SEED] [LIFE]     on every plugin, EVENTS in all, LIFE of them in one cluster; prints
//                                                          what was left and how it came, and the memory
import { fileURLToPath } from "node:url";
import alea from "seedrandom/lib/alea.js";
import type { KubeObject } from "../../lib/kube/api/object.ts";
import { ApiError } from "../../lib/kube/api/status.ts";
import { type Cluster, cluster, PLUGINS } from "../../lib/kube/cluster.ts";
import type { EndpointSlice, Node, Pod, ReplicaSet, Service } from "../../lib/kube/shapes.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { deployment } from "./manifests.ts";

/** What a node's machine knows by address or name, but for what it learned from packets. */
const STATE = [
  "ip addr",
  "ip route show table all",
  "ip rule",
  "ip neigh show nud permanent",
  "bridge fdb",
  "iptables-save",
];
const SETS = "ipset save";
/** An address, not a network that begins with it. */
const ADDRESS = /\b\d+\.\d+\.\d+\.\d+\b(?!\/(?!32\b))/g;
/** A cluster begins anew after so many events: nodes that were switched off do not come back. */
const EVENTS_OF_A_CLUSTER = 60;
const NODES = 3;
const APPS = ["a", "b", "c", "d"];

const all = <Kind extends KubeObject>({ server }: Cluster, resource: string): Kind[] =>
  server.store.list(`/registry/${resource}`, `/registry/${resource}/`) as Kind[];

const isOver = ({ status }: Pod): boolean => status?.phase === "Succeeded" || status?.phase === "Failed";

function stateOf({ lab }: Cluster, node: string): string {
  return [...STATE, SETS].map((line) => runShell(lab, place(lab, node), line).text).join("\n");
}

/** A cluster to which things happen. */
export class Churn {
  readonly k8s: Cluster;
  readonly done: string[] = [];
  private readonly random: () => number;
  /** Of each node before there were pods: the devices with cables, which are the plugin's own. */
  private readonly own: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every address that a pod or a Service ever had. */
  private readonly given = new Set<string>();

  constructor(cni: string, seed: string) {
    this.random = alea(`${cni} ${seed}`);
    this.k8s = cluster({ nodes: NODES, cni, seed });
    this.k8s.lab.run();
    this.own = new Map([...this.k8s.kubelets].map(([name, { ns }]) => [name, new Set(ns.devices.keys())]));
  }

  /** One thing that happens, and all that follows from it. */
  step(): void {
    try {
      this.done.push(this.happen());
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
    }
    this.k8s.lab.run();
  }

  private pick<Of>(of: readonly Of[]): Of {
    return of[Math.floor(this.random() * of.length)]!;
  }

  private happen(): string {
    const { k8s, random } = this;
    const kubectl = k8s.client("kubectl");
    const name = this.pick(APPS);
    const found = kubectl.get("deployments", "default", name);
    const service = kubectl.get("services", "default", name);
    if (found === undefined) {
      kubectl.create(
        "deployments",
        "default",
        deployment(name, Math.floor(random() * 5), this.pick(["echo", "crasher"])),
      );
      return `create ${name}`;
    }
    switch (this.pick(["scale", "scale", "roll", "delete", "pod", "pod", "service", "drain", "time", "off"])) {
      case "scale":
        kubectl.patch("deployments", found, { spec: { replicas: Math.floor(random() * 6) } });
        return `scale ${name}`;
      case "roll":
        kubectl.patch("deployments", found, {
          spec: { template: { metadata: { annotations: { at: String(random()) } } } },
        });
        return `roll ${name}`;
      case "delete": {
        const propagationPolicy = this.pick(["Background", "Foreground"] as const);
        kubectl.delete("deployments", found, { propagationPolicy });
        return `delete ${name} ${propagationPolicy}`;
      }
      case "service":
        if (service !== undefined) kubectl.delete("services", service);
        else
          kubectl.create("services", "default", {
            metadata: { name },
            spec: { selector: { app: name }, type: this.pick(["ClusterIP", "NodePort"]), ports: [{ port: 80 }] },
          });
        return `${service === undefined ? "create" : "delete"} service ${name}`;
      case "drain":
        return this.drain();
      case "time":
        k8s.lab.runFor(random() * 20e9);
        return "time";
      case "off":
        return this.powerOff();
      default:
        return this.deletePod();
    }
  }

  private deletePod(): string {
    const pods = all<Pod>(this.k8s, "pods");
    if (pods.length === 0) return "nothing";
    const pod = this.pick(pods);
    const isForced = this.random() < 0.5;
    this.k8s.client("kubectl").delete("pods", pod, isForced ? { gracePeriodSeconds: 0 } : {});
    return `delete pod ${pod.metadata.name}${isForced ? " by force" : ""}`;
  }

  /** Cordons a node and asks its pods to go, or lets it have pods again. */
  private drain(): string {
    const kubectl = this.k8s.client("kubectl");
    const node = this.pick(all<Node>(this.k8s, "nodes"));
    const { name } = node.metadata;
    const isCordoned = node.spec.unschedulable === true;
    kubectl.patch("nodes", node, { spec: { unschedulable: isCordoned ? null : true } });
    if (isCordoned) return `uncordon ${name}`;
    for (const pod of all<Pod>(this.k8s, "pods")) if (pod.spec.nodeName === name) kubectl.delete("pods", pod);
    return `drain ${name}`;
  }

  /** A machine is switched off for good; in a while its pods are asked to go. */
  private powerOff(): string {
    const workers = [...this.k8s.kubelets.keys()].filter((name) => name !== "control-plane");
    if (workers.length < NODES) return "nothing";
    const name = this.pick(workers);
    this.k8s.powerOff(name);
    this.k8s.lab.runFor(this.pick([10e9, 60e9, 400e9]));
    return `${name} is switched off`;
  }

  /** What is there without a reason to be, in words. */
  orphans(): string[] {
    return [...this.orphansOfApi(), ...[...this.k8s.kubelets.keys()].flatMap((node) => this.orphansOf(node))];
  }

  private orphansOf(node: string): string[] {
    const { k8s } = this;
    const { machine, workers, ns } = k8s.kubelets.get(node)!;
    const found: string[] = [];
    const alive = [...workers.values()].filter((worker) => worker.ns !== null && worker.ns !== ns);
    const cables = [...ns.devices.values()].filter(
      ({ kind, name }) => kind === "veth" && !this.own.get(node)!.has(name),
    );
    if (cables.length !== alive.length) found.push(`${cables.length} cables of ${alive.length} pods`);
    if (machine.namespaces.size - 1 !== alive.length)
      found.push(`namespaces ${[...machine.namespaces.keys()]} of ${alive.length} pods`);
    const pods = new Set(all<Pod>(k8s, "pods").map(({ metadata: { namespace, name } }) => `${namespace}/${name}`));
    for (const key of workers.keys()) if (!pods.has(key)) found.push(`runs ${key}`);
    const inUse = this.inUse();
    for (const line of stateOf(k8s, node).split("\n"))
      for (const address of line.match(ADDRESS) ?? [])
        if (this.given.has(address) && !inUse.has(address)) found.push(`${address} in ${line.trim()}`);
    return found.map((each) => `${node}: ${each}`);
  }

  /** Addresses of what is there; all of them are remembered. */
  private inUse(): Set<string> {
    const { k8s } = this;
    const inUse = new Set<string>();
    for (const pod of all<Pod>(k8s, "pods"))
      if (pod.status?.podIP !== undefined && !isOver(pod)) inUse.add(pod.status.podIP);
    for (const { workers } of k8s.kubelets.values())
      for (const { address } of workers.values()) if (address !== null) inUse.add(address);
    for (const { spec } of all<Service>(k8s, "services")) if (spec.clusterIP !== undefined) inUse.add(spec.clusterIP);
    for (const each of inUse) this.given.add(each);
    return inUse;
  }

  private orphansOfApi(): string[] {
    const { k8s } = this;
    const found: string[] = [];
    const pods = all<Pod>(k8s, "pods");
    const sets = all<ReplicaSet>(k8s, "replicasets");
    const uids = new Set([...pods, ...sets].map(({ metadata }) => metadata.uid));
    const services = new Set(all<Service>(k8s, "services").map(({ metadata }) => metadata.name));
    const inUse = this.inUse();
    for (const { metadata, endpoints } of all<EndpointSlice>(k8s, "endpointslices")) {
      if (!services.has(metadata.labels!["kubernetes.io/service-name"]!)) found.push(`${metadata.name} has no Service`);
      for (const { targetRef } of endpoints ?? [])
        if (!uids.has(targetRef!.uid)) found.push(`${metadata.name} has ${targetRef!.name}`);
    }
    for (const { metadata, ...endpoints } of all<KubeObject>(k8s, "endpoints")) {
      if (!services.has(metadata.name)) found.push(`endpoints ${metadata.name} have no Service`);
      for (const address of JSON.stringify(endpoints).match(ADDRESS) ?? [])
        if (!inUse.has(address)) found.push(`endpoints ${metadata.name} have ${address}`);
    }
    const known = new Map(sets.map(({ metadata }) => [metadata.uid, metadata.name]));
    for (const each of all<KubeObject>(k8s, "deployments")) known.set(each.metadata.uid, each.metadata.name);
    // Nobody ends what is on a machine that is switched off; its owner may wait for it.
    const isStuck = ({ spec }: Pod) => spec.nodeName !== undefined && !k8s.kubelets.has(spec.nodeName);
    const stuck = pods.filter(isStuck);
    const waits = ({ metadata }: ReplicaSet) =>
      stuck.some((pod) => pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid));
    for (const { metadata } of [...pods.filter((pod) => !isStuck(pod)), ...sets.filter((set) => !waits(set))])
      for (const owner of metadata.ownerReferences ?? [])
        if (!known.has(owner.uid)) found.push(`${metadata.name} outlived ${owner.name}`);
    const addresses = pods.filter((pod) => !isOver(pod)).flatMap(({ status }) => status?.podIP ?? []);
    if (new Set(addresses).size !== addresses.length) found.push(`an address twice: ${addresses.sort()}`);
    return found;
  }
}

/** So many events on a plugin, `life` of them in each cluster; null, or what was left by them. */
export function churn(cni: string, seed: string, events: number, life = EVENTS_OF_A_CLUSTER): string | null {
  for (let at = 0, round = 0; at < events; round++) {
    const churned = new Churn(cni, `${seed}-${round}`);
    for (let i = 0; i < life && at < events; i++, at++) {
      churned.step();
      const left = churned.orphans();
      if (left.length > 0)
        return `${cni}, seed ${seed}-${round}, event ${i}: ${churned.done.slice(-6).join("; ")}\n  ${left.join("\n  ")}`;
    }
  }
  return null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [events = "10000", seed = "churn", life] = process.argv.slice(2);
  for (const { name } of PLUGINS) {
    const count = Math.ceil(Number(events) / PLUGINS.length);
    const left = churn(name, seed, count, life === undefined ? undefined : Number(life));
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.log(left ?? `${name}: nothing is left by ${count} events; ${memory} MB`);
    if (left !== null) process.exitCode = 1;
  }
}
