// A cluster with pods that run, wait, crash, end and are replaced, as a list of objects: what kubectl is asked about.
import { Cluster } from "../../lib/kube/cluster.ts";
import { shellOf } from "./kubectl-ask.ts";

const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}, annotations: {kubernetes.io/change-cause: "first, with nginx"}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        ports: [{containerPort: 80, name: http}, {containerPort: 443}]
        env: [{name: MODE, value: quick}, {name: LINES, value: "a\\nb"}]
        resources: {requests: {cpu: 250m, memory: 64Mi}, limits: {memory: 128Mi}}
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5}
        livenessProbe: {tcpSocket: {port: 80}, initialDelaySeconds: 3}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: some}
spec: {maxUnavailable: 10%, selector: {matchExpressions: [{key: app, operator: In, values: [rolling, agent]}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: rolling}
spec:
  replicas: 4
  selector: {matchLabels: {app: rolling}, matchExpressions: [{key: track, operator: NotIn, values: [old, older]}]}
  template: {metadata: {labels: {app: rolling}}, spec: {containers: [{name: app, image: nginx}, {name: side, image: busybox, command: [sleep, infinity]}]}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, labels: {app: agent}}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: busybox, args: [sleep, infinity]}], tolerations: [{operator: Exists}]}
---
apiVersion: v1
kind: Pod
metadata: {name: crash, labels: {app: crash}}
spec: {containers: [{name: crash, image: crasher}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pending, labels: {app: pending}}
spec: {containers: [{name: big, image: nginx, resources: {requests: {cpu: "64"}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: nowhere}
spec: {nodeSelector: {disk: ssd}, containers: [{name: a, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: no-image, annotations: {note: "an annotation that is longer than a hundred and forty characters is set out on lines of its own, and it is cut where it becomes too long for the reader of it"}}
spec: {containers: [{name: a, image: nobody/has-this:1}]}
---
apiVersion: v1
kind: Pod
metadata: {name: stays, finalizers: [example.com/hold], labels: {app: stays}}
spec: {containers: [{name: a, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: done}
spec: {restartPolicy: Never, containers: [{name: a, image: busybox, command: [sh, -c, "echo done"]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80}, {name: https, port: 443}]}
---
apiVersion: v1
kind: Service
metadata: {name: outside, labels: {kind: outside}}
spec: {type: NodePort, selector: {app: rolling}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: balanced}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: http}], externalTrafficPolicy: Local}
---
apiVersion: v1
kind: Service
metadata: {name: headless}
spec: {clusterIP: None, selector: {app: nobody}, ports: [{port: 53, protocol: UDP}]}
---
apiVersion: v1
kind: Service
metadata: {name: named}
spec: {type: ExternalName, externalName: db.example}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: outside, port: {number: 80}}}
  tls: [{hosts: [a.example], secretName: cert}]
  rules:
  - {host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}, {path: /x, pathType: Exact, backend: {service: {name: nobody, port: {number: 1}}}}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: some}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - {ports: [{port: 80}, {port: 8000, endPort: 9000, protocol: UDP}], from: [{podSelector: {matchLabels: {a: b}}}, {namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16]}}]}
  - {}
  egress: [{to: [{namespaceSelector: {matchLabels: {x: z}}, podSelector: {matchExpressions: [{key: k, operator: Exists}]}}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  plain: "1"
  yes: "on"
  long: "a text that goes on and on, so that whoever sets it out as YAML has to fold it behind the eightieth column of the line"
  lines: |
    first: 1
      second

    fourth
  colon: "a: b # c"
  empty: ""
  quote: "it's"
  tail: "ends with a space "
  number: "0x1F"
  time: "2025-01-01"
  sixty: "1:20"
---
apiVersion: v1
kind: Namespace
metadata: {name: other, labels: {team: a}}
---
apiVersion: v1
kind: Pod
metadata: {name: elsewhere, namespace: other}
spec: {containers: [{name: a, image: nginx}]}
`;

/** The objects of a cluster of the model in which all that goes on, and its time, in the order they were changed. */
export function states(): { now: string; objects: object[] } {
  const cluster = new Cluster({ nodes: 2, seed: "kubectl", dns: true });
  const shell = shellOf(cluster);
  shell(["apply", "-f", "-"], MANIFESTS);
  cluster.lab.runFor(3600e9);
  shell(["set", "image", "deploy/web", "web=nginx:1.28"]);
  shell(["annotate", "deploy/web", "kubernetes.io/change-cause=second", "--overwrite"]);
  cluster.lab.runFor(1800e9);
  shell(["cordon", "node-2"]);
  shell(["taint", "node", "node-2", "a=b:NoSchedule", "c:PreferNoSchedule"]);
  shell(["label", "node", "node-1", "node-role.kubernetes.io/worker=", "zone=a"]);
  shell(["delete", "pod", "stays", "--wait=false"]);
  shell(["set", "image", "deploy/rolling", "app=nobody/has-this:2"]);
  cluster.lab.runFor(1200e9);
  const all = cluster.server.all.flatMap(({ resource }) =>
    cluster.server.store.list(`/registry/${resource}`, `/registry/${resource}/`),
  );
  const objects = all.sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
  return { now: cluster.server.time, objects };
}
