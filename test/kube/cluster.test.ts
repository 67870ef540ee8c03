// A cluster as a user sees it: pods come up through the API, and every pod reaches every other.
import { expect } from "chai";
import type { KubeObject } from "../../lib/kube/api/object.ts";
import { type Cluster, cluster, PLUGINS } from "../../lib/kube/cluster.ts";
import type { EndpointSlice, Pod } from "../../lib/kube/shapes.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { deployment } from "./manifests.ts";

const all = <Kind extends KubeObject>({ server }: Cluster, resource: string): Kind[] =>
  server.store.list(`/registry/${resource}`, `/registry/${resource}/`) as Kind[];

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

describe("a cluster", () => {
  for (const { name } of PLUGINS)
    it(`${name}: every pod reaches every pod by the address it has itself`, () => {
      const k8s = cluster({ nodes: 2, cni: name, seed: name });
      k8s.client("kubectl").create("deployments", "default", deployment("web", 5));
      k8s.settle();
      const pods = all<Pod>(k8s, "pods");
      expect(pods.map(({ status }) => status!.phase)).to.deep.equal(Array(5).fill("Running"));
      for (const from of pods)
        for (const to of pods) {
          const said = sh(k8s, from.metadata.name, `curl -s http://${to.status!.podIP}:8080/`);
          expect(said).to.match(new RegExp(`^${to.metadata.name} saw client ${from.status!.podIP}:\\d+\n$`));
        }
      expect(sh(k8s, pods[0]!.metadata.name, "ping -c 1 203.0.113.10")).to.contain(" 0% packet loss");
    });

  it("has flannel's wiring: one route, one neighbour, one entry for each other node", () => {
    const k8s = cluster({ nodes: 2, seed: "flannel" });
    const mac = (node: string) => `${k8s.lab.machines.get(node)!.root.devices.get("flannel.1")!.mac}`;
    const asked = sh(k8s, "node-1", "ip route; ip neigh show dev flannel.1; bridge fdb show dev flannel.1");
    expect(asked).to.equal(`default via 192.168.0.1 dev eth0 
10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink 
10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink 
192.168.0.0/24 dev eth0 proto kernel scope link src 192.168.0.11 
10.244.0.0 lladdr ${mac("control-plane")} PERMANENT 
10.244.2.0 lladdr ${mac("node-2")} PERMANENT 
${mac("node-2")} dst 192.168.0.12 self permanent
${mac("control-plane")} dst 192.168.0.10 self permanent
`);
    expect(sh(k8s, "node-1", "ip -d link show flannel.1")).to.contain(
      "vxlan id 1 local 192.168.0.11 dev eth0 srcport 0 0 dstport 8472 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx",
    );
  });

  it("starts a container again in the same sandbox, each time later", () => {
    const k8s = cluster({ nodes: 1, seed: "crash" });
    const spec = { containers: [{ name: "app", image: "crasher" }] };
    k8s.client("kubectl").create("pods", "default", { metadata: { name: "crash" }, spec });
    k8s.lab.run();
    k8s.lab.runFor(60e9);
    const [pod] = all<Pod>(k8s, "pods");
    const [app] = pod!.status!.containerStatuses!;
    expect(app!.state.waiting!.reason).to.equal("CrashLoopBackOff");
    expect(app!.restartCount).to.be.greaterThan(1);
    expect(pod!.status!.podIP).to.equal("10.244.1.2");
    expect(k8s.lab.namespaces.get("crash")).to.not.equal(undefined);
  });

  it("kills what its liveness probe finds dead, and starts it again with the same address", () => {
    const k8s = cluster({ nodes: 1, seed: "liveness" });
    const livenessProbe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 5, failureThreshold: 1 };
    const spec = { containers: [{ name: "app", image: "echo", livenessProbe }] };
    k8s.client("kubectl").create("pods", "default", { metadata: { name: "web" }, spec });
    k8s.settle();
    const address = all<Pod>(k8s, "pods")[0]!.status!.podIP!;
    sh(k8s, "node-1", `curl -s http://${address}:8080/healthz/fail`);
    k8s.lab.runFor(10e9);
    const { podIP, containerStatuses } = all<Pod>(k8s, "pods")[0]!.status!;
    expect([podIP, containerStatuses![0]!.restartCount, containerStatuses![0]!.ready]).to.deep.equal([
      address,
      1,
      true,
    ]);
    const why = all<KubeObject & { reason: string; message: string }>(k8s, "events");
    expect(why.map(({ reason, message }) => `${reason} ${message}`)).to.include.members([
      "Unhealthy Liveness probe failed: HTTP probe failed with statuscode: 503",
      "Killing Container app failed liveness probe, will be restarted",
    ]);
  });

  it("tells of a pod's address only while its probe says it is ready, and moves pods from a node that falls silent", () => {
    const k8s = cluster({ nodes: 2, seed: "probe" });
    const kubectl = k8s.client("kubectl");
    const { spec, ...rest } = deployment("web", 2);
    const probe = { httpGet: { path: "/", port: 8080 }, initialDelaySeconds: 5, periodSeconds: 1 };
    const containers = [{ name: "app", image: "echo", readinessProbe: probe }];
    kubectl.create("deployments", "default", {
      ...rest,
      spec: { ...spec, template: { ...spec.template, spec: { containers } } },
    });
    const service = { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] };
    kubectl.create("services", "default", { metadata: { name: "web" }, spec: service });
    const readiness = () =>
      all<EndpointSlice>(k8s, "endpointslices").flatMap(({ endpoints }) =>
        (endpoints ?? []).map((each) => each.conditions.ready),
      );
    k8s.lab.run();
    expect(readiness()).to.deep.equal([false, false]);
    k8s.settle();
    expect(readiness()).to.deep.equal([true, true]);
    const [{ spec: { nodeName } = {} } = {}] = all<Pod>(k8s, "pods");
    k8s.powerOff(nodeName!);
    k8s.lab.runFor(400e9);
    const alive = all<Pod>(k8s, "pods").filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    expect(alive.map(({ spec, status }) => [spec.nodeName === nodeName, status!.phase])).to.deep.equal([
      [false, "Running"],
      [false, "Running"],
    ]);
  });

  it("says why a pod found no node", () => {
    const k8s = cluster({ nodes: 2, seed: "full" });
    const resources = { requests: { cpu: "5" } };
    const spec = { containers: [{ name: "app", image: "echo", resources }] };
    k8s.client("kubectl").create("pods", "default", { metadata: { name: "big" }, spec });
    k8s.lab.run();
    const [pod] = all<Pod>(k8s, "pods");
    expect(pod!.status!.conditions!.find(({ type }) => type === "PodScheduled")!.message).to.equal(
      "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    );
  });
});
