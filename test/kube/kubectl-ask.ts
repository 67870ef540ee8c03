// kubectl is asked: a real one, or the model's.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Draft, KubeObject } from "../../lib/kube/api/object.ts";
import { apiVersionOf, collectionOf, keyOf } from "../../lib/kube/api/resource.ts";
import { ApiServer } from "../../lib/kube/api/server.ts";
import type { Clock } from "../../lib/kube/controller/client.ts";
import { ALL_KINDS } from "../../lib/kube/kinds/all.ts";
import { kubectl } from "../../lib/kube/kubectl/kubectl.ts";
import type { Setting } from "../../lib/kube/kubectl/session.ts";

export interface Answer {
  readonly out: string;
  readonly error: string;
  readonly status: number;
}

/** What a real kubectl prints; `kubeconfig` says where the server is. */
export function askReal(path: string, kubeconfig: string, args: readonly string[], input = ""): Promise<Answer> {
  const cache = mkdtempSync(join(tmpdir(), "kubectl-"));
  const env = { ...process.env, HOME: cache, KUBECONFIG: kubeconfig, TZ: "UTC" };
  return new Promise((resolve) => {
    const child = execFile(path, [...args], { encoding: "utf8", env, timeout: 30_000 }, (failure, out, error) => {
      rmSync(cache, { recursive: true, force: true });
      resolve({ out, error, status: failure === null ? 0 : Number(failure.code) });
    });
    child.stdin!.end(input);
  });
}

/** What the model's kubectl prints; time goes on only as long as it waits. */
export function askOurs(setting: Setting, args: readonly string[], stdin = ""): Answer {
  let [out, error] = ["", ""];
  const streams = { stdin, out: (text: string) => (out += text), err: (text: string) => (error += text) };
  const program = kubectl(setting, args, streams);
  for (;;) {
    const { done, value } = program.next();
    if (done) return { out, error, status: value };
    if ("pass" in setting.clock) (setting.clock as Still).pass(value.until ?? 0);
  }
}

/** kubectl of a cluster, whose time does not go on meanwhile. */
export function shellOf({ server, clock }: Pick<Setting, "server" | "clock">) {
  const setting = { server, clock, files: { read: () => null, list: () => null } };
  return (args: readonly string[], input = ""): string => {
    const { out, error, status } = askOurs(setting, args, input);
    if (status !== 0) throw new Error(`kubectl ${args.join(" ")}: ${error}`);
    return out;
  };
}

/** A clock that stands still, with dice of its own. */
export class Still implements Clock {
  now = 0;
  private readonly began: number;
  private state = 1;
  private waiting: { at: number; action: () => void }[] = [];

  constructor(time: string) {
    this.began = Date.parse(time);
  }
  get time(): string {
    return `${new Date(this.began + Math.floor(this.now / 1e9) * 1000).toISOString().slice(0, 19)}Z`;
  }
  random(): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.state / 2 ** 32;
  }
  later(delay: number, action: () => void) {
    const timer = { at: this.now + delay, action };
    this.waiting.push(timer);
    const cancel = () => {
      this.waiting = this.waiting.filter((each) => each !== timer);
    };
    return { cancel };
  }
  /** What was to happen until then happens. */
  pass(until: number): void {
    this.now = Math.max(this.now, until);
    const due = this.waiting.filter(({ at }) => at <= this.now);
    this.waiting = this.waiting.filter(({ at }) => at > this.now);
    for (const { action } of due) action();
  }
}

/** An API server, nobody behind it, that has these objects. */
export function serverWith({ now, objects }: { now: string; objects: readonly object[] }): Setting {
  const clock = new Still(now);
  const server = new ApiServer(clock, ALL_KINDS);
  for (const object of objects as (KubeObject & Draft)[]) {
    const resource = server.all.find((each) => each.kind === object.kind && apiVersionOf(each) === object.apiVersion)!;
    server.store.put(
      collectionOf(resource),
      keyOf(resource, object.metadata.namespace ?? "", object.metadata.name),
      object,
    );
  }
  return {
    server,
    clock,
    files: {
      read: (name) => FILES[name] ?? null,
      list: (name) => (name === "folder" ? ["a.yaml", "b.yml", "c.txt"] : null),
    },
  };
}

const POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec: {containers: [{name: a, image: nginx}]}\n";

/** What a real kubectl finds in its folder, and the model's by name. */
export const FILES: Readonly<Record<string, string>> = {
  "pod.yaml": POD.replace("NAME", "from-file"),
  "folder/a.yaml": POD.replace("NAME", "from-a"),
  "folder/b.yml": POD.replace("NAME", "from-b"),
  "folder/c.txt": "nothing",
  "tab.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n",
  "indent.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n labels: {}\n",
  "colon.yaml": "apiVersion: v1\nkind: Pod\nmetadata: a: b\n",
  "open.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: x\nspec: 1\n",
  "quote.yaml": 'apiVersion: v1\nkind: Pod\nmetadata: {name: "x}\n',
  "kindless.yaml": "apiVersion: v1\nmetadata: {name: x}\n",
  "versionless.yaml": "kind: Pod\nmetadata: {name: x}\n",
  "unknown.yaml": "apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: x}\n",
  "field.yaml": POD.replace("NAME", "field").replace("containers", "containerz"),
  "type.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: t}\nspec: {replicas: three}\n",
  "list.yaml": `apiVersion: v1\nkind: List\nitems:\n- ${POD.replace("NAME", "from-list").replaceAll("\n", "\n  ")}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: from-list}\n`,
  "list2.yaml": `apiVersion: v1\nkind: List\nitems:\n- ${POD.replace("NAME", "from-list").replace("nginx", "nginx:1.27").replaceAll("\n", "\n  ")}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: from-list, labels: {a: b}}\n  data: {x: "1"}\n`,
  "owned.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owned, labels: {a: b}}\ndata: {x: "1", y: "2"}\n',
  "owned2.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owned}\ndata: {x: "2", y: "3", z: "1"}\n',
  "invalid.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: Bad_Name}\nspec: {containers: [{name: A, image: ''}]}\n",
  "words.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\ndata: {a: y}\n",
  "words2.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\ndata: {a: on}\n",
  "twice.yaml": `apiVersion: v1
kind: Pod
metadata: {name: twice}
spec:
  nodeSelector: {beta.kubernetes.io/os: linux}
  initContainers:
  - {name: i, image: nginx, env: [{name: A, value: "1"}, {name: A, value: "2"}], ports: [{containerPort: 80}]}
  containers:
  - {name: a, image: nginx, ports: [{containerPort: 80, protocol: UDP}, {containerPort: 80, hostPort: 80}, {containerPort: 80, name: q}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: old, annotations: {kubernetes.io/ingress.class: nginx}}
spec: {rules: [{host: a.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: x, port: {number: 80}}}}]}}]}
---
apiVersion: v1
kind: Service
metadata: {name: sticky}
spec: {clusterIP: None, sessionAffinity: ClientIP, ports: [{port: 80}]}
`,
  "octal.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\ndata: {a: 010}\n",
  "object.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "from-json"}, "data": {"a": "<b>&"}}',
};
