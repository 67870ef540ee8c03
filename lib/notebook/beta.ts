// The cluster of the notes' listings, as a backup of its etcd would have it: the same names, addresses, ports and ages.
// Before you edit: facts 1.4 and 1.5 (S15 to S20, I07 to I12).
import type { KubeObject } from "../kube/api/object.ts";
import { apiVersionOf, collectionOf, keyOf } from "../kube/api/resource.ts";
import type { ClusterOptions } from "../kube/cluster.ts";
import { SECOND } from "../trace/world.ts";
import { cluster, type ShownCluster } from "./cluster.ts";
import { kubectl } from "./kubectl.ts";

const DAY = 86_400;
const NODE = "ip-172-20-254-241.ec2.internal";
const HOME = ["172.20.250.219", "172.20.251.121"];

/** Who connects to words: a pod that runs, so that one can look around in it. */
const CLIENT = `apiVersion: v1
kind: Pod
metadata: {name: commgame-beta-word-connect-6cdbbc8486-qww9v, namespace: beta}
spec:
  containers: [{name: word-connect, image: "alpine:3.7"}]
  dnsPolicy: None
  dnsConfig:
    nameservers: [10.100.0.10]
    searches: [beta.svc.cluster.local, svc.cluster.local, cluster.local, ec2.internal]
    options: [{name: ndots, value: "5"}]
`;

/**
 * A cluster with the Services, endpoints and the pod of the notes. Their pods are on machines that are not here: names
 * and rules are served, and nobody answers behind them.
 */
export function betaCluster(options: Pick<ClusterOptions, "proxy" | "proxyLayout" | "seed"> = {}): ShownCluster {
  const k8s = cluster({ nodes: 1, dns: { replicas: 1 }, seed: "beta", ...options }).settle();
  const now = Date.parse(k8s.clock.time);
  let objects = 0;
  const restore = (resource: string, namespace: string, name: string, days: number, rest: object) => {
    const kind = k8s.client("etcdctl").resource(resource);
    const old = k8s.server.store.get(collectionOf(kind), keyOf(kind, namespace, name));
    const metadata = {
      ...old?.metadata,
      name,
      ...(kind.namespaced && { namespace }),
      uid: old?.metadata.uid ?? `00000000-0000-4000-8000-${String(++objects).padStart(12, "0")}`,
      creationTimestamp: `${new Date(now - days * DAY * 1000).toISOString().slice(0, 19)}Z`,
      ...(rest as Partial<KubeObject>).metadata,
    };
    const object = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...rest, metadata } as KubeObject;
    k8s.server.store.put(collectionOf(kind), keyOf(kind, namespace, name), object);
  };
  const service = (name: string, days: number, port: Port, addresses: readonly string[], spec: object) => {
    const { targetPort, nodePort: _, ...own } = port;
    const common = { type: "ClusterIP", sessionAffinity: "None", internalTrafficPolicy: "Cluster" };
    restore("services", "beta", name, days, {
      spec: { ...common, ports: [port], ...spec },
      status: { loadBalancer: {} },
    });
    const ports = [{ ...own, port: targetPort }];
    const ready = { ready: true, serving: true, terminating: false };
    restore("endpoints", "beta", name, days, { subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports }] });
    if ("selector" in spec) return;
    restore("endpointslices", "beta", `${name}-2v9rn`, days, {
      metadata: { labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      endpoints: addresses.map((each) => ({ addresses: [each], conditions: ready })),
      ports,
    });
  };
  restore("namespaces", "", "beta", 283, { spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } });
  const dns = k8s.client("etcdctl").get("services", "kube-system", "kube-dns") as KubeObject & {
    spec: { ports: Port[] };
  };
  const names = { clusterIP: "10.100.0.10", clusterIPs: ["10.100.0.10"], ports: dns.spec.ports.slice(0, 2) };
  restore("services", "kube-system", "kube-dns", 25, { spec: { ...dns.spec, ...names }, status: { loadBalancer: {} } });
  restore("nodes", "", NODE, 25, {
    spec: {},
    status: {
      addresses: [{ type: "InternalIP", address: "172.20.254.241" }],
      conditions: [{ type: "Ready", status: "True" }],
    },
  });
  restore("pods", "beta", "word-v5-beta-8555cc6dcd-7vbkl", 7 + 4 / 24, WORD_POD);
  const design = { clusterIP: "10.100.11.20", clusterIPs: ["10.100.11.20"] };
  service("guild-beta-home-design", 21, tcp("http", 80, 8080), HOME, design);
  service("guild-beta-home-design-local", 21, tcp("grpc", 9420, 9420), HOME, HEADLESS);
  service("idgenerator-local", 21, tcp("grpc", 9420, 9420), ["172.20.250.157"], HEADLESS);
  service("word-v5-beta", 283, { ...tcp("http", 80, 3021), nodePort: 32723 }, ["172.20.254.146"], {
    type: "NodePort",
    clusterIP: "10.100.68.182",
    clusterIPs: ["10.100.68.182"],
    externalTrafficPolicy: "Cluster",
    selector: { app: "word-v5", env: "be" },
  });
  kubectl("apply -f -", CLIENT);
  k8s.settle();
  k8s.lab.runFor(2 * SECOND);
  return k8s;
}

interface Port {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly targetPort: number;
  readonly nodePort?: number;
}

const tcp = (name: string, port: number, targetPort: number): Port => ({ name, protocol: "TCP", port, targetPort });

const HEADLESS = { clusterIP: "None", clusterIPs: ["None"] };

const WORD_POD = {
  metadata: { labels: { app: "word-v5", env: "be", "pod-template-hash": "8555cc6dcd" } },
  spec: {
    nodeName: NODE,
    containers: [{ name: "word", image: "word:v5", ports: [{ containerPort: 3021, protocol: "TCP" }] }],
    restartPolicy: "Always",
    tolerations: [{ operator: "Exists" }],
  },
  status: {
    phase: "Running",
    podIP: "172.20.254.146",
    podIPs: [{ ip: "172.20.254.146" }],
    hostIP: "172.20.254.241",
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: [{ name: "word", ready: true, restartCount: 0, state: { running: {} }, lastState: {} }],
  },
};
