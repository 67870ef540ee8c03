// Felix on a node: what the pods' policies say becomes iptables' rules and ipset's sets, and follows when pods, labels or
// policies change. It works through what changed a moment later, and touches only chains and sets that differ.
// Before you edit: github.com/projectcalico/calico felix/dataplane/linux/{endpoint,policy,masq}_mgr.go,
// felix/calc/{policy_resolver,active_rules_calculator}.go, felix/iptables/table.go (applyUpdates).
import { MILLISECOND } from "../../../trace/world.ts";
import type { KubeObject } from "../../api/object.ts";
import { Informer } from "../../controller/informer.ts";
import type { Labels, Pod } from "../../shapes.ts";
import { type CniNode, run } from "../plugin.ts";
import type { IpPool } from "./datastore.ts";
import { type Endpoint, endpointChains } from "./endpoint-rules.ts";
import { type AddressSet, CalicoPolicy, type NetworkPolicy } from "./policy.ts";
import { hashed, type Rule, SET, staticTables, type Tunnel, tableText } from "./rules.ts";
import { LABEL } from "./selector.ts";

/** How long Felix waits for more to change before it acts. */
const APPLY = MILLISECOND;

interface PodName {
  readonly namespace: string;
  readonly name: string;
}

export class Felix {
  private readonly node: CniNode;
  private readonly tunnel: Tunnel;
  private readonly veths = new Map<string, PodName>();
  private readonly hosts = new Map<string, string>();
  private readonly policies: Informer<NetworkPolicy>;
  private readonly namespaces: Informer<KubeObject>;
  /** The node's own; `everybody` is asked for only when there are policies. */
  private readonly own: Informer<Pod>;
  private readonly everybody: Informer<Pod>;
  /** What is in the kernel: rules by chain, members by set. */
  private readonly chains = new Map<string, string>();
  private readonly sets = new Map<string, { readonly type: string; members: ReadonlySet<string> }>();
  private isWaiting = false;
  private isStopped = false;

  constructor(node: CniNode, pool: IpPool, tunnel: Tunnel) {
    this.node = node;
    this.tunnel = tunnel;
    const { client, machine } = node;
    const { cidr, natOutgoing } = pool.spec;
    this.applySets(
      new Map([
        [SET.pools, { type: "hash:net", members: new Set([cidr]) }],
        [SET.masqueraded, { type: "hash:net", members: new Set(natOutgoing ? [cidr] : []) }],
        ...this.hostSet(),
      ]),
    );
    const chains = endpointChains([]);
    const tables = staticTables(tunnel);
    for (const [name, table] of Object.entries(tables)) {
      const all = name === "filter" ? { ...table, chains: new Map([...table.chains, ...chains]) } : table;
      run(node.lab, machine.root, "iptables-restore --noflush", tableText(name, all));
    }
    for (const [name, rules] of chains) this.chains.set(name, hashed(name, rules).join("\n"));
    const changed = () => this.changed();
    this.policies = new Informer<NetworkPolicy>(client, "networkpolicies").on(changed);
    this.namespaces = new Informer<KubeObject>(client, "namespaces").on(changed);
    this.own = new Informer<Pod>(client, "pods", { fieldSelector: `spec.nodeName=${machine.name}` });
    this.everybody = new Informer<Pod>(client, "pods");
    for (const pods of [this.own, this.everybody])
      pods.on((now, before) => {
        if (identity(now) !== identity(before)) this.changed();
      });
    this.policies.start();
    this.namespaces.start();
    this.own.start();
  }

  /** A pod's cable came or went (`null`). */
  endpointChanged(veth: string, pod: PodName | null): void {
    if (pod === null) this.veths.delete(veth);
    else this.veths.set(veth, pod);
    this.changed();
  }

  /** A node of the cluster came, went (`null`), or has another address. */
  hostChanged(name: string, address: string | null): void {
    if (this.hosts.get(name) === (address ?? undefined)) return;
    if (address === null) this.hosts.delete(name);
    else this.hosts.set(name, address);
    this.changed();
  }

  stop(): void {
    this.isStopped = true;
    for (const each of [this.policies, this.namespaces, this.own, this.everybody]) each.stop();
  }

  private changed(): void {
    if (this.isWaiting) return;
    this.isWaiting = true;
    this.node.lab.later(APPLY, () => {
      this.isWaiting = false;
      if (!this.isStopped) this.apply();
    });
  }

  private apply(): void {
    const policies = [...this.policies.objects.values()].map((each) => new CalicoPolicy(each));
    policies.sort((a, b) => (a.order < b.order ? -1 : 1));
    if (policies.length > 0) this.everybody.start();
    const endpoints = [...this.veths].map(([veth, pod]) => this.endpoint(veth, pod, policies));
    const needed = new Map<string, AddressSet>();
    const chains = endpointChains(endpoints);
    for (const policy of new Set(endpoints.flatMap((each) => each.policies)))
      for (const direction of policy.types)
        chains.set(
          policy.chain(direction),
          policy.rules(direction, (set) => needed.set(set.name, set)),
        );
    const sets = new Map([...this.membersOf([...needed.values()]), ...this.hostSet()]);
    this.applySets(sets);
    this.applyChains(chains);
    this.dropSets(sets);
  }

  private endpoint(veth: string, { namespace, name }: PodName, policies: readonly CalicoPolicy[]): Endpoint {
    const pod = this.own.get(`${namespace}/${name}`);
    const labels = pod === undefined ? {} : this.labelsOf(pod);
    return {
      veth,
      profiles: [`kns.${namespace}`, `ksa.${namespace}.${accountOf(pod)}`],
      policies: policies.filter(({ selector }) => selector.holds(labels)),
    };
  }

  /** A pod's labels and what Calico adds: whose it is, and the labels of its namespace. */
  private labelsOf(pod: Pod): Labels {
    const { labels = {}, namespace = "" } = pod.metadata;
    const ofNamespace = this.namespaces.get(namespace)?.metadata.labels ?? {};
    return {
      ...labels,
      ...Object.fromEntries(Object.entries(ofNamespace).map(([key, value]) => [LABEL.ofNamespace + key, value])),
      [LABEL.namespaceName]: namespace,
      [LABEL.namespace]: namespace,
      [LABEL.orchestrator]: "k8s",
      [LABEL.serviceAccount]: accountOf(pod),
    };
  }

  private membersOf(needed: readonly AddressSet[]): [string, { type: string; members: Set<string> }][] {
    const pods = [...this.everybody.objects.values()].filter(isEndpoint);
    const labelled = pods.map((pod) => ({ pod, labels: this.labelsOf(pod) }));
    return needed.map(({ name, selector, port }) => {
      const selected = labelled.filter(({ labels }) => selector.holds(labels)).map(({ pod }) => pod);
      const members = selected.flatMap((pod) => (port === null ? [pod.status!.podIP!] : namedPorts(pod, port)));
      return [name, { type: port === null ? "hash:net" : "hash:ip,port", members: new Set(members) }];
    });
  }

  /** The nodes of which packets between nodes are taken: with VXLAN all but this one. */
  private hostSet(): [string, { type: string; members: Set<string> }][] {
    if (this.tunnel === "none") return [];
    const isVxlan = this.tunnel === "vxlan";
    const others = [...this.hosts.entries()].filter(([name]) => !isVxlan || name !== this.node.machine.name);
    const members = new Set(others.map(([, address]) => address));
    return [[isVxlan ? SET.vteps : SET.hosts, { type: "hash:net", members }]];
  }

  private applySets(sets: ReadonlyMap<string, { readonly type: string; readonly members: ReadonlySet<string> }>): void {
    const lines: string[] = [];
    for (const [name, { type, members }] of sets) {
      const before = this.sets.get(name);
      if (before === undefined) lines.push(`create ${name} ${type} family inet maxelem 1048576`);
      const had = before?.members ?? new Set();
      for (const each of members) if (!had.has(each)) lines.push(`add ${name} ${each}`);
      for (const each of had) if (!members.has(each)) lines.push(`del ${name} ${each}`);
      this.sets.set(name, { type, members });
    }
    if (lines.length > 0) run(this.node.lab, this.node.machine.root, "ipset restore", `${lines.join("\n")}\n`);
  }

  private dropSets(needed: ReadonlyMap<string, unknown>): void {
    for (const name of this.sets.keys())
      if (!needed.has(name) && name !== SET.pools && name !== SET.masqueraded) {
        this.sets.delete(name);
        run(this.node.lab, this.node.machine.root, `ipset destroy ${name}`);
      }
  }

  private applyChains(chains: ReadonlyMap<string, readonly Rule[]>): void {
    const changed = [...chains].flatMap(([name, rules]) => {
      const text = hashed(name, rules).join("\n");
      return this.chains.get(name) === text ? [] : [[name, text] as const];
    });
    const gone = [...this.chains.keys()].filter((name) => !chains.has(name));
    if (changed.length + gone.length === 0) return;
    const lines = [
      ...[...changed.map(([name]) => name), ...gone].map((name) => `:${name} - -`),
      ...changed.map(([, text]) => text),
      ...gone.map((name) => `-X ${name}`),
    ];
    const text = `*filter\n${lines.filter((line) => line !== "").join("\n")}\nCOMMIT\n`;
    run(this.node.lab, this.node.machine.root, "iptables-restore --noflush", text);
    for (const [name, rules] of changed) this.chains.set(name, rules);
    for (const name of gone) this.chains.delete(name);
  }
}

/** What of a pod policies depend on. */
function identity(pod: Pod | null): string {
  if (pod === null) return "";
  return JSON.stringify([pod.metadata.uid, pod.metadata.labels, isEndpoint(pod), pod.status?.podIP, accountOf(pod)]);
}

const accountOf = (pod: Pod | undefined): string => pod?.spec.serviceAccountName ?? "default";

const isEndpoint = ({ spec, status }: Pod): boolean =>
  spec.hostNetwork !== true && status?.podIP !== undefined && status.phase !== "Succeeded" && status.phase !== "Failed";

function namedPorts({ spec, status }: Pod, { protocol, name }: { protocol: string; name: string }): string[] {
  return spec.containers
    .flatMap(({ ports = [] }) => ports)
    .filter((each) => each.name === name && (each.protocol ?? "TCP").toLowerCase() === protocol)
    .map(({ containerPort }) => `${status!.podIP},${protocol}:${containerPort}`);
}
