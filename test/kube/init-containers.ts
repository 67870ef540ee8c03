// Pods with init containers and sidecars, and all that their kubelet says of them, from the first word to the last.
import type { Draft, KubeObject } from "../../lib/kube/api/object.ts";
import { Cluster } from "../../lib/kube/cluster.ts";
import { Informer } from "../../lib/kube/controller/informer.ts";

const sh = (name: string, line: string) => ({ name, image: "busybox", command: ["sh", "-c", line] });
const side = { name: "side", image: "nginx", restartPolicy: "Always" };
const app = { name: "app", image: "echo" };

export const SPECS: Readonly<Record<string, Draft>> = {
  web: { initContainers: [sh("one", "sleep 2"), sh("two", "sleep 2")], containers: [app] },
  never: { restartPolicy: "Never", initContainers: [sh("one", "false"), sh("two", "true")], containers: [app] },
  loop: { initContainers: [sh("one", "sleep 1; false"), sh("two", "true")], containers: [app] },
  lost: { initContainers: [{ name: "one", image: "nobody/has-this" }], containers: [app] },
  aided: { initContainers: [sh("one", "true"), side, sh("two", "sleep 1")], containers: [app] },
  job: { restartPolicy: "Never", initContainers: [side], containers: [sh("app", "sleep 3")] },
  again: { restartPolicy: "OnFailure", initContainers: [sh("one", "false")], containers: [app] },
};

/** Every version of each pod in its first minute. */
export function versions(): Readonly<Record<string, readonly KubeObject[]>> {
  const cluster = new Cluster({ nodes: 1, seed: "init containers" });
  const client = cluster.client("kubectl");
  const said: Record<string, KubeObject[]> = {};
  new Informer(client, "pods").on((now) => now && said[now.metadata.name]!.push(now)).start();
  for (const [name, spec] of Object.entries(SPECS)) {
    said[name] = [];
    client.create("pods", "default", { metadata: { name }, spec });
  }
  cluster.lab.runFor(60e9);
  return said;
}

/** Ready, status and restarts of a row; how long ago a restart was is a matter of the clock. */
export const word = (cells: readonly unknown[]): string =>
  cells
    .slice(1, 4)
    .join(" ")
    .replace(/\(.* ago\)/, "(… ago)");
