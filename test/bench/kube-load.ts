// A process that makes a cluster and tells what it cost: node kube-load.js NODES PODS SERVICES [script]
// Imports are over before the clock starts; `script` prints the script of the lab instead.
import { cluster } from "../../lib/kube/cluster.ts";
import { isReady, type Pod } from "../../lib/kube/shapes.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { deployment } from "../kube/manifests.ts";
import { median, milliseconds } from "./figure.ts";

export interface KubeCosts {
  /** Seconds of CPU, all threads, and of time, until all pods are ready to ping. */
  readonly cpu: number;
  readonly time: number;
  /** Resident megabytes at that moment. */
  readonly memory: number;
  readonly calls: number;
  /** Microseconds of a ping to a pod of another node, and of the first one. */
  readonly ping: number;
  readonly firstPing: number;
}

const [nodes = 3, pods = 10, services = 1] = process.argv.slice(2, 5).map(Number);
const begin = process.cpuUsage();
const start = performance.now();
const k8s = cluster({ nodes, dns: true, seed: "bench" });
const kubectl = k8s.client("kubectl");
for (let i = 0; i < services; i++) {
  const app = `app-${i}`;
  const count = Math.floor(pods / services) + (i < pods % services ? 1 : 0);
  kubectl.create("deployments", "default", deployment(app, count, "sleeper"));
  kubectl.create("services", "default", {
    metadata: { name: app },
    spec: { selector: { app }, ports: [{ port: 80 }] },
  });
}
k8s.settle();
const { user, system } = process.cpuUsage(begin);
const time = (performance.now() - start) / 1000;
const memory = process.memoryUsage().rss / 2 ** 20;

const all = k8s.server.store.list("/registry/pods", "/registry/pods/default/") as Pod[];
if (all.length !== pods || !all.every(isReady))
  throw new Error(`${all.filter(isReady).length} of ${pods} pods are ready`);
if (process.argv[5] === "script") console.log(k8s.script());
else {
  const [from] = all as [Pod];
  const to = all.find(({ spec }) => spec.nodeName !== from.spec.nodeName)!.status!.podIP!;
  const where = place(k8s.lab, from.metadata.name);
  const ping = () => {
    const { status, text } = runShell(k8s.lab, where, `ping -c 1 ${to}`);
    if (status !== 0) throw new Error(text);
  };
  const firstPing = 1000 * milliseconds(ping);
  const costs: KubeCosts = {
    cpu: (user + system) / 1e6,
    time,
    memory,
    calls: k8s.server.calls.length,
    firstPing,
    ping: 1000 * median(() => milliseconds(ping), 301, 300),
  };
  console.log(JSON.stringify(costs));
}
