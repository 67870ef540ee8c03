// A whole cluster in a lab: machines on a switch, an API server, controllers, a scheduler, and a kubelet on each node.
import { Lab } from "../lab/lab.ts";
import { labScript } from "../lab/script.ts";
import { BadInput, didYouMean } from "../wire/input.ts";
import { Journal } from "./api/journal.ts";
import { ApiServer } from "./api/server.ts";
import { awsVpc } from "./cni/aws.ts";
import { bridgeHostGateway } from "./cni/bridge-host-gw.ts";
import { calicoBgp, calicoIpip, calicoVxlan } from "./cni/calico.ts";
import { breakCluster, FAULTS, type Fault, type FaultName, mendCluster } from "./cni/faults.ts";
import { flannelHostGateway, flannelVxlan } from "./cni/flannel.ts";
import { flannelUdp } from "./cni/flannel-udp.ts";
import { gkeAliasIp, gkeRoutes } from "./cni/gke.ts";
import { type CniPlugin, run } from "./cni/plugin.ts";
import { weave, weaveSleeve } from "./cni/weave.ts";
import { Client } from "./controller/client.ts";
import { startControllers } from "./controller/manager.ts";
import { type PublicNames, startNameServer } from "./dns/internet.ts";
import { COREFILE, installCoreDns } from "./dns/manifests.ts";
import { GATEWAY_KINDS } from "./edge/gateway-kinds.ts";
import { ALL_KINDS } from "./kinds/all.ts";
import { installKubectl } from "./kubectl/command.ts";
import type { Files } from "./kubectl/session.ts";
import type { Image } from "./kubelet/images.ts";
import { Kubelet } from "./kubelet/kubelet.ts";
import { LabClock } from "./kubelet/lab-clock.ts";
import type { RuntimeCall } from "./kubelet/runtime.ts";
import { Kubelets } from "./kubelet/streams.ts";
import { cleanUp } from "./proxy/clean-up.ts";
import type { KubeProxy } from "./proxy/kube-proxy.ts";
import { ProxyNews } from "./proxy/news.ts";
import { DEFAULTS, type Layout } from "./proxy/settings.ts";
import { MODES, type ProxyMode, startKubeProxy } from "./proxy/start.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { isReady, type Pod } from "./shapes.ts";
import { INTERNET, SwitchedLan, type Underlay } from "./underlay.ts";

export const PLUGINS: readonly CniPlugin[] = [
  flannelVxlan,
  flannelHostGateway,
  flannelUdp,
  bridgeHostGateway,
  awsVpc(),
  gkeRoutes,
  gkeAliasIp,
  calicoBgp,
  calicoIpip,
  calicoVxlan,
  weave,
  weaveSleeve,
];

/** What a cluster is made of: nodes, network plugin, kube-proxy's mode, names. */
export interface ClusterOptions {
  /** Workers, besides the control plane; 3 unless said otherwise. */
  readonly nodes?: number;
  /** The network plugin by its name, `flannel-vxlan` unless said otherwise, or one made with settings of its own. */
  readonly cni?: string | CniPlugin;
  readonly seed?: string;
  /** When its clock began, in milliseconds since 1970, for who serves it to people with clocks of their own. */
  readonly began?: number;
  /** Files that `kubectl -f` may name besides those of the machine it runs on. */
  readonly files?: Files;
  /** Programs of images that a real registry does not have. */
  readonly images?: Readonly<Record<string, Image>>;
  /** Names of the world outside, beside www.example.com: `{ "api.example.com": "203.0.113.10" }`. */
  readonly names?: Readonly<Record<string, string>>;
  /** Whether CoreDNS is installed, as kubeadm does: with two pods and its Corefile unless others are said. Else not. */
  readonly dns?: boolean | { readonly replicas?: number; readonly corefile?: string };
  /** How Services are served on each node: `iptables` unless said otherwise; `none`: not at all. */
  readonly proxy?: ProxyMode | "none";
  /** How the rules of iptables are laid out: as kube-proxy does it now, unless 1.20 is said. */
  readonly proxyLayout?: Layout;
  /** Whether the kinds of the Gateway API are installed (its CustomResourceDefinitions). */
  readonly gatewayApi?: boolean;
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

function checkMode(proxy: ProxyMode | "none"): void {
  if (proxy !== "none" && !MODES.includes(proxy))
    throw new BadInput("not a mode of kube-proxy", proxy, `There are: ${MODES.join(", ")}, none.`);
}

/** A Kubernetes cluster in a lab of its own: control plane, workers with kubelet and kube-proxy, and the outside. */
export class Cluster {
  private mode: ProxyMode | "none";
  readonly lab: Lab;
  readonly clock: LabClock;
  readonly server: ApiServer;
  readonly kubelets = new Map<string, Kubelet>();
  readonly kubeProxies = new Map<string, KubeProxy>();
  readonly scheduler: Scheduler;
  /** What kubelets asked of their runtimes, and those of the plugin, in the order of time. */
  readonly runtimeCalls = new Journal<RuntimeCall>();
  readonly underlay: Underlay;
  /** What the internet's name server knows. */
  readonly publicNames: PublicNames;
  private readonly plugin: CniPlugin;
  private readonly options: ClusterOptions;
  private readonly proxyNews = new ProxyNews(4);
  private fault: Fault | null = null;

  constructor(options: ClusterOptions = {}) {
    const { nodes = 3, cni = "flannel-vxlan", seed = "packetwalk" } = options;
    const plugin = typeof cni === "string" ? PLUGINS.find(({ name }) => name === cni) : cni;
    if (plugin === undefined) {
      const names = PLUGINS.map(({ name }) => name);
      const hint = didYouMean(String(cni), names);
      throw new BadInput("no network plugin of this name", String(cni), `There are: ${names.join(", ")}.${hint}`);
    }
    const { proxy = "iptables" } = options;
    checkMode(proxy);
    this.mode = proxy;
    if (!Number.isInteger(nodes) || nodes < 1 || nodes > 1000)
      throw new BadInput("not a number of nodes", `${nodes}`, "A cluster has from 1 to 1000.");
    this.options = options;
    this.plugin = plugin;
    this.lab = options.lab ?? new Lab({ seed });
    this.clock = new LabClock(this.lab, options.began);
    this.server = new ApiServer(this.clock, [
      ...ALL_KINDS,
      ...(plugin.resources ?? []),
      ...(options.gatewayApi ? GATEWAY_KINDS : []),
    ]);
    this.server.nodes = new Kubelets(this.kubelets);
    installKubectl(this.lab, this.server, this.clock, options.files);
    this.underlay = plugin.underlay?.(this.lab) ?? new SwitchedLan(this.lab, nodes);
    const apiServer = this.client("kube-apiserver");
    for (const name of NAMESPACES) apiServer.create("namespaces", null, { metadata: { name } });
    const names = [CONTROL_PLANE, ...Array.from({ length: nodes }, (_, i) => `node-${i + 1}`)];
    const addresses = names.map((name) => this.underlay.connect(this.lab.node(name).load("br_netfilter")));
    const { clusterCidr, allocatesNodeCidrs } = this.underlay;
    startControllers(this.client("kube-controller-manager"), allocatesNodeCidrs ? clusterCidr : null);
    this.underlay.start(this.client("cloud-controller-manager"));
    this.scheduler = new Scheduler(this.client("kube-scheduler"));
    this.publicNames = this.startNames(names);
    for (const [i, name] of names.entries()) this.startKubelet(name, addresses[i]!);
    for (const [i, name] of names.entries()) this.startProxy(name, addresses[i]!);
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
    this.kubeProxies.get(name)?.stop();
    this.kubeProxies.delete(name);
    for (const card of kubelet.ns.devices.values())
      if (card.kind === "nic") run(this.lab, kubelet.ns, `ip link set ${card.name} down`);
  }

  /**
   * Breaks the cluster as it breaks in life, and says what a user notices; what it was, `mend` tells.
   * Throws BadInput for a fault that this cluster cannot have, and while another one is not mended.
   */
  break(name: FaultName): string {
    if (this.fault !== null) throw new BadInput("the cluster is broken already", name, "Mend it first: k8s.mend().");
    this.fault = breakCluster(this, name);
    return this.fault.symptom;
  }

  /** Undoes what `break` did, and tells what it was. Throws BadInput when nothing is broken. */
  mend(): string {
    if (this.fault === null) throw new BadInput("nothing is broken", "mend", `Break it: k8s.break("${FAULTS[0]}").`);
    const told = mendCluster(this.fault);
    this.fault = null;
    return told;
  }

  /** How Services are served. */
  get proxy(): ProxyMode | "none" {
    return this.mode;
  }

  /**
   * Another kube-proxy on each node: the old one ends, what it left is taken away, open connections too, and the new one
   * begins. Throws BadInput for a mode that is not there.
   */
  serveBy(proxy: ProxyMode | "none"): this {
    checkMode(proxy);
    for (const each of this.kubeProxies.values()) each.stop();
    this.kubeProxies.clear();
    this.mode = proxy;
    for (const [name, { ns, address }] of this.kubelets) {
      cleanUp({ lab: this.lab, ns });
      this.startProxy(name, address);
    }
    return this.settle();
  }

  /** The shell script that builds the cluster's machines, pods and wiring on a real Linux machine (ip(8), iptables). */
  script(): string {
    return labScript(this.lab);
  }

  /** The internet's name server, which nodes ask, and CoreDNS, which pods ask. */
  private startNames(nodes: readonly string[]): PublicNames {
    const { dns = false, names } = this.options;
    const known = startNameServer(this.lab, "internet", {
      "www.example.com": INTERNET,
      "example.com": INTERNET,
      ...names,
    });
    const file = new TextEncoder().encode(`nameserver ${INTERNET}\n`);
    for (const name of nodes) this.lab.machines.get(name)!.files.set("/etc/resolv.conf", file);
    if (dns === false) return known;
    const { replicas = 2, corefile = COREFILE } = dns === true ? {} : dns;
    installCoreDns(this.client("kubeadm"), corefile, replicas);
    return known;
  }

  private startProxy(name: string, address: string): void {
    const { lab, underlay, mode: proxy } = this;
    const { proxyLayout: layout = DEFAULTS.layout } = this.options;
    if (proxy === "none") return;
    // Who gives nodes no part of a network does not tell kube-proxy where pods are.
    const clusterCidr = underlay.allocatesNodeCidrs ? underlay.clusterCidr : null;
    // kubeadm takes no machine that does not forward (preflight, FileContentCheck).
    const { root: ns } = lab.machines.get(name)!.forward();
    const node = { lab, ns, name, address, clusterCidr, layout };
    this.kubeProxies.set(name, startKubeProxy(this.client(`kube-proxy/${name}`), proxy, node, this.proxyNews));
  }

  private waits(): boolean {
    return (this.server.store.list("/registry/pods", "/registry/pods/") as Pod[]).some((pod) => {
      if (pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed") return false;
      return pod.metadata.deletionTimestamp !== undefined || !isReady(pod);
    });
  }

  private startKubelet(name: string, address: string): void {
    const { lab, clock, plugin, underlay } = this;
    const machine = lab.machines.get(name)!;
    const own = { ...CAPACITY, ...underlay.capacity };
    const { images, capacity = own } = this.options;
    const isControl = name === CONTROL_PLANE;
    const kubelet = new Kubelet({
      machine,
      lab: clock,
      client: this.client(`kubelet/${name}`),
      plugin,
      address,
      underlay,
      capacity: isControl ? own : capacity,
      runtimeCalls: this.runtimeCalls,
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
