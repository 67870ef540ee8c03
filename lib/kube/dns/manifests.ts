// What kubeadm lays down so that a cluster has names: ConfigMap, Deployment and Service of CoreDNS.
// Before you edit: cmd/kubeadm/app/phases/addons/dns/manifests.go, dns.go.
import type { Client } from "../controller/client.ts";

export const CLUSTER_DOMAIN = "cluster.local";
export const CLUSTER_DNS = "10.96.0.10";
export const COREDNS_IMAGE = "registry.k8s.io/coredns/coredns";

const NAMESPACE = "kube-system";
const LABELS = { "k8s-app": "kube-dns" };

export const COREFILE = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${CLUSTER_DOMAIN}
       disable denial ${CLUSTER_DOMAIN}
    }
    loop
    reload
    loadbalance
}
`;

const probe = (path: string, port: string) => ({ httpGet: { path, port, scheme: "HTTP" } });

const container = {
  name: "coredns",
  image: `${COREDNS_IMAGE}:v1.14.2`,
  imagePullPolicy: "IfNotPresent",
  resources: { limits: { memory: "170Mi" }, requests: { cpu: "100m", memory: "70Mi" } },
  args: ["-conf", "/etc/coredns/Corefile"],
  volumeMounts: [{ name: "config-volume", mountPath: "/etc/coredns", readOnly: true }],
  ports: [
    { containerPort: 53, name: "dns", protocol: "UDP" },
    { containerPort: 53, name: "dns-tcp", protocol: "TCP" },
    { containerPort: 9153, name: "metrics", protocol: "TCP" },
    { containerPort: 8080, name: "liveness-probe", protocol: "TCP" },
    { containerPort: 8181, name: "readiness-probe", protocol: "TCP" },
  ],
  livenessProbe: {
    ...probe("/health", "liveness-probe"),
    initialDelaySeconds: 60,
    timeoutSeconds: 5,
    successThreshold: 1,
    failureThreshold: 5,
  },
  readinessProbe: probe("/ready", "readiness-probe"),
};

/** Makes them, as `kubeadm init phase addon coredns` does. */
export function installCoreDns(client: Client, corefile: string, replicas: number): void {
  client.create("configmaps", NAMESPACE, { metadata: { name: "coredns" }, data: { Corefile: corefile } });
  client.create("services", NAMESPACE, {
    metadata: {
      name: "kube-dns",
      labels: { ...LABELS, "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
      annotations: { "prometheus.io/port": "9153", "prometheus.io/scrape": "true" },
    },
    spec: {
      clusterIP: CLUSTER_DNS,
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
        { name: "metrics", port: 9153, protocol: "TCP", targetPort: 9153 },
      ],
      selector: LABELS,
    },
  });
  client.create("deployments", NAMESPACE, {
    metadata: { name: "coredns", labels: LABELS },
    spec: {
      replicas,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          priorityClassName: "system-cluster-critical",
          tolerations: [
            { key: "CriticalAddonsOnly", operator: "Exists" },
            { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
          ],
          nodeSelector: { "kubernetes.io/os": "linux" },
          containers: [container],
          dnsPolicy: "Default",
          volumes: [
            { name: "config-volume", configMap: { name: "coredns", items: [{ key: "Corefile", path: "Corefile" }] } },
          ],
        },
      },
    },
  });
}
