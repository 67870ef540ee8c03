// A whole cluster in a lab: machines on a switch, an API server, controllers, a scheduler, and a kubelet on each node.
import { Lab } from "../lab/lab.ts";
import { BadInput } from "../wire/input.ts";
import { ApiServer } from "./api/server.ts";
import { bridgeHostGateway } from "./cni/bridge-host-gw.ts";
import { flannelHostGateway, flannelVxlan } from "./cni/flannel.ts";
import { type CniPlugin, run } from "./cni/plugin.ts";
import { Client } from "./controller/client.ts";
import { startControllers } from "./controller/manager.ts";
import { ALL_KINDS } from "./kinds/all.ts";
import type { Image } from "./kubelet/images.ts";
import { Kubelet } from "./kubelet/kubelet.ts";
import { LabClock } from "./kubelet/lab-clock.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { isReady, type Pod } from "./shapes.ts";

export const PLUGINS: readonly CniPlugin[] = [flannelVxlan, flannelHostGateway, bridgeHostGateway];

export interface ClusterOptions {
  /** Workers, besides the control plane; 3 unless said otherwise. */
  readonly nodes?: number;
  /** The network plugin: `flannel-vxlan` unless said otherwise. */
  readonly cni?: string;
  readonly seed?: string;
  /** Programs of images that a real registry does not have. */
  readonly images?: Readonly<Record<string, Image>>;
  /** What each worker has room for. */
  readonly capacity?: Readonly<Record<string, string>>;
  /** The lab to build it in; a new one unless said otherwise. */
  readonly lab?: Lab;
}

const CAPACITY = { cpu: "4", "ephemeral-storage": "50Gi", memory: "8Gi", pods: "110" };
const CONTROL_PLANE = "control-plane";
const NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];
/** How long a cluster is waited for that does not become ready, in seconds of its clock. */
const PATIENCE = 600;

export class Cluster {
  readonly lab: Lab;
  readonly clock: LabClock;
  readonly server: ApiServer;
  readonly kubelets = new Map<string, Kubelet>();
  readonly clusterCidr: string;
  private readonly plugin: CniPlugin;
  private readonly options: ClusterOptions;

  constructor(options: ClusterOptions = {}) {
    const { nodes = 3, cni = "flannel-vxlan", seed = "packetwalk" } = options;
    const plugin = PLUGINS.find(({ name }) => name === cni);
    if (plugin === undefined)
      throw new BadInput(
        "no network plugin of this name",
        cni,
        `There are: ${PLUGINS.map(({ name }) => name).join(", ")}.`,
      );
    if (!Number.isInteger(nodes) || nodes < 1 || nodes > 1000)
      throw new BadInput("not a number of nodes", `${nodes}`, "A cluster has from 1 to 1000.");
    this.options = options;
    this.plugin = plugin;
    this.lab = options.lab ?? new Lab({ seed });
    this.clock = new LabClock(this.lab);
    this.server = new ApiServer(this.clock, ALL_KINDS);
    this.clusterCidr = nodes < 256 ? "10.244.0.0/16" : "10.244.0.0/14";
    const apiServer = this.client("kube-apiserver");
    for (const name of NAMESPACES) apiServer.create("namespaces", null, { metadata: { name } });
    const names = [CONTROL_PLANE, ...Array.from({ length: nodes }, (_, i) => `node-${i + 1}`)];
    this.buildMachines(names);
    startControllers(this.client("kube-controller-manager"), this.clusterCidr);
    new Scheduler(this.client("kube-scheduler"));
    for (const [i, name] of names.entries()) this.startKubelet(name, this.addressOf(i));
    this.lab.run();
  }

  /** Somebody who speaks with the API server under this name. */
  client(agent: string): Client {
    return new Client(this.server, this.clock, agent);
  }

  /** Lets things happen until all is quiet and no pod waits to become ready, or ten minutes have passed. */
  settle(): this {
    this.lab.run();
    for (let second = 0; second < PATIENCE && this.waits(); second++) {
      this.lab.runFor(1e9);
      this.lab.run();
    }
    return this;
  }

  /** The node's machine falls silent: its kubelet, its pods and its cable are gone. */
  powerOff(name: string): void {
    const kubelet = this.kubelets.get(name);
    if (kubelet === undefined)
      throw new BadInput("no node of this name runs", name, `There are: ${[...this.kubelets.keys()].join(", ")}.`);
    kubelet.stop();
    this.kubelets.delete(name);
    run(this.lab, kubelet.ns, "ip link set eth0 down");
  }

  private waits(): boolean {
    return (this.server.store.list("/registry/pods", "/registry/pods/") as Pod[]).some((pod) => {
      if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return false;
      return pod.metadata.deletionTimestamp !== undefined || !isReady(pod);
    });
  }

  /** The control plane is .10, workers follow. */
  private addressOf(index: number): string {
    const host = 10 + index;
    return `192.168.${host >> 8}.${host & 255}`;
  }

  private buildMachines(names: readonly string[]): void {
    const { lab } = this;
    const length = names.length > 240 ? 16 : 24;
    for (const name of [...names, "gateway"]) lab.node(name);
    lab.switch("switch", [...names, "gateway"]);
    const all = [...names.map((name, i) => [name, this.addressOf(i)] as const), ["gateway", "192.168.0.1"] as const];
    for (const [name, address] of all) {
      const { root } = lab.machines.get(name)!;
      run(lab, root, `ip addr add ${address}/${length} brd + dev eth0`);
      if (name !== "gateway") {
        run(lab, root, "ip route add default via 192.168.0.1 dev eth0");
        lab.machines.get(name)!.load("br_netfilter");
      }
    }
    this.buildInternet();
  }

  /** The nodes' way out: a router that translates, and somebody behind it. */
  private buildInternet(): void {
    const { lab } = this;
    const gateway = lab.machines.get("gateway")!.forward().root;
    const internet = lab.node("internet").root;
    lab.wire("gateway", "eth1", "internet", "eth0");
    run(lab, gateway, "ip addr add 203.0.113.1/24 brd + dev eth1");
    run(lab, internet, "ip addr add 203.0.113.10/24 brd + dev eth0");
    run(lab, gateway, "iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE");
  }

  private startKubelet(name: string, address: string): void {
    const { lab, clock, plugin, clusterCidr } = this;
    const machine = lab.machines.get(name)!;
    const { images, capacity = CAPACITY } = this.options;
    const isControl = name === CONTROL_PLANE;
    const kubelet = new Kubelet({
      machine,
      lab: clock,
      client: this.client(`kubelet/${name}`),
      plugin,
      address,
      clusterCidr,
      capacity: isControl ? CAPACITY : capacity,
      ...(images && { images }),
      ...(isControl && {
        labels: { "node-role.kubernetes.io/control-plane": "" },
        taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }],
      }),
    });
    this.kubelets.set(name, kubelet);
  }
}

/** A cluster whose nodes are ready. Throws BadInput for a plugin that is not there. Same seed, same bytes. */
export function cluster(options: ClusterOptions = {}): Cluster {
  return new Cluster(options);
}
