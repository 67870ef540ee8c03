// Whatever happens to a cluster, nothing is left behind: no device, route, address, namespace or endpoint without its pod.
import { expect } from "chai";
import alea from "seedrandom/lib/alea.js";
import type { KubeObject } from "../../lib/kube/api/object.ts";
import { ApiError } from "../../lib/kube/api/status.ts";
import { type Cluster, cluster } from "../../lib/kube/cluster.ts";
import type { EndpointSlice, Pod, ReplicaSet } from "../../lib/kube/shapes.ts";
import { deployment } from "./manifests.ts";

const all = <Kind extends KubeObject>({ server }: Cluster, resource: string): Kind[] =>
  server.store.list(`/registry/${resource}`, `/registry/${resource}/`) as Kind[];

/** What is there without a reason to be, in words. */
function orphans(k8s: Cluster): string[] {
  const found: string[] = [];
  const pods = all<Pod>(k8s, "pods");
  const uids = new Set([...pods, ...all<ReplicaSet>(k8s, "replicasets")].map(({ metadata }) => metadata.uid));
  for (const [name, kubelet] of k8s.kubelets) {
    const { machine, workers } = kubelet;
    const alive = [...workers.values()].filter(({ ns }) => ns !== null);
    const cables = [...machine.root.devices.values()].filter(({ kind }) => kind === "veth").length;
    if (cables !== alive.length) found.push(`${name}: ${cables} cables of ${alive.length} pods`);
    if (machine.namespaces.size - 1 !== alive.length)
      found.push(`${name}: namespaces ${[...machine.namespaces.keys()]} of ${alive.length} pods`);
    const addresses = alive.map(({ address }) => address);
    if (new Set(addresses).size !== addresses.length) found.push(`${name}: an address twice: ${addresses}`);
    for (const key of workers.keys())
      if (!pods.some(({ metadata: { namespace, name } }) => `${namespace}/${name}` === key))
        found.push(`${name} runs ${key}`);
  }
  for (const { metadata, endpoints } of all<EndpointSlice>(k8s, "endpointslices"))
    for (const { targetRef } of endpoints ?? [])
      if (!uids.has(targetRef!.uid)) found.push(`${metadata.name} has ${targetRef!.name}`);
  for (const pod of pods)
    for (const owner of pod.metadata.ownerReferences ?? [])
      if (!uids.has(owner.uid)) found.push(`${pod.metadata.name} outlived ${owner.name}`);
  return found;
}

/** Does something at random, as a user would; says what. */
function happen(k8s: Cluster, random: () => number): string {
  const kubectl = k8s.client("kubectl");
  const pick = <Of>(of: readonly Of[]): Of => of[Math.floor(random() * of.length)]!;
  const name = pick(["a", "b", "c", "d"]);
  const found = kubectl.get("deployments", "default", name);
  const propagationPolicy = pick(["Background", "Foreground"] as const);
  if (found === undefined) {
    kubectl.create("deployments", "default", deployment(name, Math.floor(random() * 5), pick(["echo", "crasher"])));
    return `create ${name}`;
  }
  switch (pick(["scale", "roll", "delete", "pod", "force", "time"])) {
    case "scale":
      kubectl.patch("deployments", found, { spec: { replicas: Math.floor(random() * 5) } });
      return `scale ${name}`;
    case "roll": {
      const annotations = { at: String(random()) };
      kubectl.patch("deployments", found, { spec: { template: { metadata: { annotations } } } });
      return `roll ${name}`;
    }
    case "delete":
      kubectl.delete("deployments", found, { propagationPolicy });
      return `delete ${name} ${propagationPolicy}`;
    case "time":
      k8s.lab.runFor(random() * 20e9);
      return "time";
    default: {
      const pods = all<Pod>(k8s, "pods");
      if (pods.length === 0) return "nothing";
      const pod = pick(pods);
      kubectl.delete("pods", pod, random() < 0.5 ? { gracePeriodSeconds: 0 } : {});
      return `delete pod ${pod.metadata.name}`;
    }
  }
}

describe("churn", () => {
  it("leaves no orphan, whatever happens a thousand times", function () {
    this.timeout(60_000);
    const random = alea("churn");
    const k8s = cluster({ nodes: 3, seed: "churn" });
    const kubectl = k8s.client("kubectl");
    for (const app of ["a", "b", "c", "d"])
      kubectl.create("services", "default", {
        metadata: { name: app },
        spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
      });
    const done: string[] = [];
    for (let i = 0; i < 1000; i++) {
      try {
        done.push(happen(k8s, random));
      } catch (failure) {
        if (!(failure instanceof ApiError)) throw failure;
      }
      k8s.lab.run();
      expect(orphans(k8s), done.slice(-5).join("; ")).to.deep.equal([]);
    }
  });
});
