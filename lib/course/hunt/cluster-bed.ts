// A cluster of two nodes with two Services, and what goes wrong in clusters.

import { Cluster, type ClusterOptions } from "../../kube/cluster.ts";
import { labData } from "../../lab/data-write.ts";
import { SECOND } from "../../trace/world.ts";
import { type Entries, entriesOf } from "../changes.ts";
import { type Bed, type Fault, run } from "./bed.ts";

/** Makes a cluster, in a lab of its own or in one that a notebook shows. */
export type MakeCluster = (options: ClusterOptions) => Cluster;

const NODE_PORT = 30080;
/** Containers of both Services listen there. */
const PORT = 8080;

const deployment = (name: string, nodeName: string) => ({
  ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { nodeName, containers: [{ name: "app", image: "echo", ports: [{ containerPort: PORT }] }] },
    },
  },
});

const service = (name: string, spec: object) => ({
  ...{ apiVersion: "v1", kind: "Service", metadata: { name } },
  spec: { selector: { app: name }, ...spec },
});

/** Pods that nobody replaces. */
const PODS = ["client", "guest"] as const;

const pod = (name: (typeof PODS)[number], nodeName: string) => ({
  ...{ apiVersion: "v1", kind: "Pod", metadata: { name } },
  spec: { nodeName, containers: [{ name: "app", image: "debian" }] },
});

const OBJECTS = [
  deployment("web", "node-2"),
  deployment("api", "node-1"),
  service("web", { type: "NodePort", ports: [{ port: 80, targetPort: PORT, nodePort: NODE_PORT }] }),
  service("api", { ports: [{ port: 80, targetPort: PORT }] }),
  pod("client", "node-1"),
  pod("guest", "node-2"),
];

/** The cluster, at work. */
export function clusterBed(seed: string, make: MakeCluster = (options) => new Cluster(options)): Bed {
  const k8s = make({ nodes: 2, cni: "flannel-vxlan", dns: { replicas: 1 }, seed });
  const { lab } = k8s;
  const settle = () => {
    k8s.settle();
    // kube-proxy writes at most once a second.
    lab.runFor(2 * SECOND);
  };
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: OBJECTS });
  run({ lab }, "control-plane", `echo '${list}' | kubectl apply -f -`);
  settle();
  const address = (name: string) =>
    run({ lab }, "control-plane", `kubectl get pod ${name} -o jsonpath='{.status.podIP}'`).trim();
  const nodeAddress = (name: string) =>
    run({ lab }, "control-plane", `kubectl get node ${name} -o jsonpath='{.status.addresses[0].address}'`).trim();
  const vip = run({ lab }, "control-plane", "kubectl get service web -o jsonpath='{.spec.clusterIP}'").trim();
  const curl = (to: string) => `curl -s -m 3 http://${to}/`;
  const web = { answer: /^web-\S+ saw client/, times: 3 };
  const ping = (to: string) => ({ command: `ping -c 1 -W 2 -s 1200 ${address(to)}`, answer: / 0% packet loss/ });
  return {
    lab,
    settle,
    probes: [
      { title: "client asks web", where: "client", command: curl("web"), ...web },
      { title: "guest asks web", where: "guest", command: curl("web"), ...web },
      { title: "node-1 asks web's address", where: "node-1", command: curl(vip), ...web },
      {
        title: "the control plane asks at node-1's port",
        where: "control-plane",
        command: curl(`${nodeAddress("node-1")}:${NODE_PORT}`),
        ...web,
      },
      {
        title: "the control plane asks at node-2's port",
        where: "control-plane",
        command: curl(`${nodeAddress("node-2")}:${NODE_PORT}`),
        ...web,
      },
      { title: "guest asks api", where: "guest", command: curl("api"), answer: /^api-\S+ saw client/, times: 2 },
      { title: "client pings guest", where: "client", ...ping("guest") },
      { title: "guest pings client", where: "guest", ...ping("client") },
    ],
    renew: () => void run({ lab }, "control-plane", "kubectl rollout restart deployment web api"),
    entries: () => clusterEntries(k8s),
  };
}

/** Objects that no other object owns, and what stands in namespaces besides what kube-proxy and the plugin write. */
function clusterEntries({ lab }: Cluster): Entries {
  const entries = new Map<string, string[]>();
  const all = [...lab.machines.values()].flatMap((machine) => [...machine.containers.keys()]);
  const replaced = new Set(all.filter((each) => !PODS.some((own) => own === each)));
  for (const [kind, texts] of entriesOf(labData(lab))) {
    if (replaced.has(kind.split(",")[0]!)) continue;
    entries.set(
      kind,
      texts.filter((each) => !/KUBE-|\bveth/.test(each)),
    );
  }
  const kinds = "services,deployments,daemonsets,configmaps,networkpolicies,pods";
  const listed = run({ lab }, "control-plane", `kubectl get ${kinds} -A -o json`);
  for (const { kind, metadata, spec, data } of (JSON.parse(listed) as { items: readonly Listed[] }).items) {
    if (metadata.ownerReferences !== undefined) continue;
    const text = `${metadata.namespace}/${metadata.name} ${JSON.stringify(spec ?? data)}`;
    entries.set(kind, [...(entries.get(kind) ?? []), text]);
  }
  return entries;
}

interface Listed {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly ownerReferences?: unknown };
  readonly spec?: unknown;
  readonly data?: unknown;
}

const patch = (spec: object) => () => `kubectl patch service web -p '${JSON.stringify({ spec })}'`;
const REMOTE = "10.244.2.0";

export const CLUSTER_FAULTS: readonly Fault[] = [
  { cause: "target port", where: "control-plane", command: patch({ ports: [{ port: 80, targetPort: PORT + 1 }] }) },
  { cause: "selector", where: "control-plane", command: patch({ selector: { app: "wed" } }) },
  { cause: "traffic policy", where: "control-plane", command: patch({ externalTrafficPolicy: "Local" }) },
  {
    cause: "DNS",
    where: "control-plane",
    command: () => "kubectl scale deployment coredns -n kube-system --replicas=0",
  },
  { cause: "route", where: "node-1", command: () => `ip route del ${REMOTE}/24` },
  { cause: "ip_forward", where: "node-2", command: () => "sysctl -w net.ipv4.ip_forward=0" },
  { cause: "device down", where: "node-2", command: () => "ip link set cni0 down" },
  {
    cause: "drop rule",
    where: "node-2",
    command: () => `iptables -I FORWARD -s 10.244.1.0/24 -p tcp --dport ${PORT} -j DROP`,
  },
  {
    cause: "forwarding entry",
    where: "node-1",
    command(bed) {
      const mac = new RegExp(`^${REMOTE} dev flannel.1 lladdr (\\S+)`, "m").exec(run(bed, "node-1", "ip neigh"))![1];
      return `bridge fdb replace ${mac} dev flannel.1 dst 192.168.0.99`;
    },
  },
];
