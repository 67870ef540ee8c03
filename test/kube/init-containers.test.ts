// Init containers one after another, sidecars beside what follows; a real API server prints the same of what the kubelet says.
import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Draft, KubeObject } from "../../lib/kube/api/object.ts";
import { Cluster } from "../../lib/kube/cluster.ts";
import { Informer } from "../../lib/kube/controller/informer.ts";
import { PODS } from "../../lib/kube/kinds/pod.ts";
import { SPECS, versions, word } from "./init-containers.ts";

type Event = KubeObject & { readonly reason: string; readonly message: string };

describe("init containers", () => {
  const golden = JSON.parse(readFileSync("test/kube/goldens/init-containers.json", "utf8"));
  const all = versions();
  for (const name of Object.keys(SPECS))
    it(`${name}: is printed as a real API server prints it`, () => {
      const rows = all[name]!.map((pod) => word(PODS.cells(pod as Draft, Date.UTC(2025, 0, 1, 0, 1))));
      expect(rows).to.deep.equal(golden[name]);
    });

  it("begin when those before them ended well, and the pod's own when all did", () => {
    for (const pods of Object.values(all))
      for (const { spec, status } of pods as readonly Draft[]) {
        const inits = (status.initContainerStatuses ?? []) as Draft[];
        const isDone = ({ started, ready }: Draft, i: number) =>
          spec.initContainers[i].restartPolicy === "Always" ? started || ready : ready;
        const begun = ({ state }: Draft) => state.waiting === undefined;
        for (const [i, each] of [...inits, ...(status.containerStatuses ?? [])].entries())
          if (begun(each)) expect(inits.slice(0, i).every(isDone) || status.phase === "Succeeded").to.equal(true);
      }
  });

  it("end with their pod, sidecars after the rest", () => {
    const cluster = new Cluster({ nodes: 1, seed: "sidecars" });
    const client = cluster.client("kubectl");
    const killed: string[] = [];
    client.create("pods", "default", { metadata: { name: "aided" }, spec: SPECS.aided });
    cluster.settle();
    new Informer<Event>(client, "events").on((now) => now?.reason === "Killing" && killed.push(now.message)).start();
    client.delete("pods", client.get("pods", "default", "aided")!);
    cluster.lab.run();
    expect(killed).to.deep.equal(["Stopping container app", "Stopping container side"]);
    expect(cluster.lab.namespaces.has("aided")).to.equal(false);
  });
});
