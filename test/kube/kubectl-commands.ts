// What a real kubectl is asked, against a real API server and against the model's; what it prints is compared.
import type { Answer } from "./kubectl-ask.ts";

const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: In, values: [b, a]}]}
  template:
    metadata: {labels: {app: web, tier: a}}
    spec: {containers: [{name: web, image: nginx}, {name: side, image: "busybox:1.35"}]}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: nginx}]}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {nodeSelector: {disk: ssd, arch: arm}, containers: [{name: agent, image: "agent:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: 10.100.0.31, selector: {app: web, tier: a}, ports: [{name: a, port: 80}, {name: b, port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {type: NodePort, clusterIP: 10.100.0.32, selector: {app: web}, externalIPs: [192.0.2.1], ports: [{port: 80, nodePort: 30080}]}
---
apiVersion: v1
kind: Service
metadata: {name: name}
spec: {type: ExternalName, externalName: db.example}
---
apiVersion: v1
kind: Pod
metadata: {name: p, labels: {app: web}}
spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}], initContainers: [{name: i, image: x}]}
---
apiVersion: v1
kind: Node
metadata: {name: talk-n1, labels: {node-role.kubernetes.io/control-plane: "", node-role.kubernetes.io/a: ""}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1", b: "2"}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-x}
addressType: IPv4
ports: [{port: 80, name: a}, {port: 81, name: b}, {name: c}, {name: d}]
endpoints: [{addresses: [10.1.0.1]}, {addresses: [10.1.0.2]}, {addresses: [10.1.0.3]}, {addresses: [10.1.0.4]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: nginx
  tls: [{hosts: [a.example]}]
  rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: n1}
spec: {holderIdentity: n1}
---
apiVersion: v1
kind: Event
metadata: {name: p.1}
involvedObject: {kind: Pod, name: p, namespace: talk, fieldPath: "spec.containers{web}"}
type: Normal
reason: Pulled
message: "there already "
source: {component: kubelet, host: n1}
`;

const setStatus = (of: string, value: object) => [
  "patch",
  ...of.split(" "),
  "--subresource=status",
  "--type=merge",
  "-p",
  JSON.stringify({ status: value }),
];
const running = {
  ready: true,
  restartCount: 3,
  image: "nginx",
  imageID: "",
  started: true,
  state: { running: {} },
  lastState: {},
};

/** Words of a command; one with text after it reads that. */
export const COMMANDS: readonly { readonly args: readonly string[]; readonly input?: string }[] = [
  { args: ["create", "-f", "-"], input: "apiVersion: v1\nkind: Namespace\nmetadata: {name: talk}\n" },
  { args: ["apply", "-f", "-"], input: MANIFESTS },
  { args: ["apply", "-f", "-"], input: MANIFESTS },
  {
    args: ["apply", "-f", "-"],
    input: MANIFESTS.replace("replicas: 2", "replicas: 3").replace("nginx}, {name: side", "nginx:1.27}, {name: side"),
  },
  { args: ["get", "pod,deploy,rs,ds,svc,cm,endpointslice,ing,netpol,sa,lease,events", "-o", "wide"] },
  {
    args: setStatus("pod p", {
      phase: "Running",
      podIP: "10.1.0.1",
      podIPs: [{ ip: "10.1.0.1" }],
      containerStatuses: [{ name: "web", ...running }],
    }),
  },
  { args: setStatus("deploy web", { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 }) },
  {
    args: setStatus("node talk-n1", {
      conditions: [{ type: "Ready", status: "True" }],
      addresses: [{ type: "InternalIP", address: "192.168.0.11" }],
      nodeInfo: {
        kubeletVersion: "v1.36.3",
        osImage: "Debian",
        kernelVersion: "6.1",
        containerRuntimeVersion: "containerd://2",
        machineID: "",
        systemUUID: "",
        bootID: "",
        kubeProxyVersion: "",
        operatingSystem: "linux",
        architecture: "arm64",
      },
    }),
  },
  { args: ["get", "pods,deploy,node/talk-n1", "-o", "wide"] },
  { args: ["get", "pods", "-A", "-l", "app=web", "--field-selector", "metadata.namespace=talk"] },
  { args: ["get", "deploy", "web", "-o", "jsonpath={.spec.template.spec.containers[*].image}"] },
  { args: ["get", "cm,svc", "-o", "name"] },
  { args: ["get", "pod", "p", "--show-labels"] },
  { args: ["get", "pod", "nobody"] },
  { args: ["get", "nothings"] },
  { args: ["describe", "svc", "web"] },
  { args: ["describe", "deploy", "web"] },
  { args: ["describe", "pod", "p"] },
  { args: ["describe", "endpointslice", "web-x"] },
  { args: ["describe", "ingress", "web"] },
  { args: ["describe", "netpol", "deny"] },
  { args: ["scale", "deploy", "web", "--replicas=4"] },
  { args: ["rollout", "pause", "deploy/web"] },
  { args: ["label", "pod", "p", "tier=a"] },
  { args: ["annotate", "pod", "p", "note=x"] },
  { args: ["cordon", "talk-n1"] },
  { args: ["get", "node", "talk-n1"] },
  { args: ["uncordon", "talk-n1"] },
  { args: ["taint", "node", "talk-n1", "a=b:NoSchedule"] },
  { args: ["create", "-f", "-"], input: "apiVersion: v1\nkind: Pod\nmetadata: {name: Bad}\nspec: {containers: []}\n" },
  { args: ["apply", "-f", "-"], input: "apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {containerz: []}\n" },
  { args: ["set", "image", "deploy/web", "web=nginx:1.28"] },
  { args: ["expose", "deploy", "web", "--port=81", "--name=more", "--cluster-ip=10.100.0.33"] },
  { args: ["get", "endpoints"] },
  { args: ["get", "pods", "-w", "--request-timeout=1s"] },
  { args: ["delete", "pod", "p", "--now"] },
  { args: ["delete", "cm", "settings"] },
  { args: ["delete", "cm", "settings"] },
  { args: ["delete", "node", "talk-n1"] },
  { args: ["delete", "svc", "--all"] },
];

/** Times made alike, for a real server has times of its own. */
export function alike({ out, error, status }: Answer): Answer {
  const text = (of: string) =>
    of
      .replace(/\b(\d+[smhd]){1,2}\b(?=\s|$)/gm, "<age>")
      .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} [+-]\d{4}/g, "<time>")
      .replace(/\d{4}-\d\d-\d\d [\d:]{8} \+0000 UTC/g, "<time>")
      // Of `diff`: its folders, ids, and when files were written.
      .replace(/\/(LIVE|MERGED)-\d+/g, "/$1")
      .replace(/\d{4}-\d\d-\d\d [\d:]{8}\.\d{9} \+0000/g, "<time>")
      .replace(/(uid|resourceVersion|creationTimestamp|time)(: |": )\S+/g, "$1$2<drawn>")
      // A diff that is refused is tried again, and its log tells of it.
      .replace(/^W\d{4} .* diffing without lock\n/gm, "")
      .replace(/ +/g, " ");
  return { out: text(out), error: text(error), status };
}
