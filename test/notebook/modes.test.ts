// The verb compare: one cluster under kube-proxy's modes, which differ where they are known to.
import { strict as assert } from "node:assert";
import { type Comparison, cluster, compare, kubectl, type ShownCluster } from "../../lib/index.ts";
import type { ProxyMode } from "../../lib/kube/proxy/start.ts";
import type { Service } from "../../lib/kube/shapes.ts";

const MODES: readonly ProxyMode[] = ["userspace", "iptables", "ipvs"];

describe("compare", () => {
  let k8s: ShownCluster;
  let beside: Comparison;
  before(() => {
    k8s = cluster({ nodes: 2, dns: false, seed: "modes" });
    kubectl("create deployment web --image=echo --replicas=2");
    kubectl("expose deployment web --port=80 --target-port=8080 --type=NodePort");
    kubectl("create deployment nobody --image=echo --replicas=0");
    kubectl("expose deployment nobody --port=80");
    kubectl("run client --image=sleeper");
    k8s.settle();
    const spec = (name: string) => (k8s.client("test").get("services", "default", name) as Service).spec;
    const [vip, port] = [spec("web").clusterIP, (spec("web").ports![0] as { nodePort?: number }).nodePort];
    beside = compare(
      {
        "cluster IP": ["client", `curl -s http://${vip}/`],
        "no endpoints": ["client", `curl -s -S -m 2 http://${spec("nobody").clusterIP}/`],
        ping: ["client", `ping -c 1 -W 1 ${vip} | grep -c "bytes from"`],
        "node port at localhost": ["node-1", `curl -s -S -m 2 http://127.0.0.1:${port}/`],
      },
      MODES,
    );
  });

  it("shows what the pod saw: the client, or in userspace mode a node", () => {
    const saw = MODES.map((mode) => /\((.*)\)/.exec(beside.found(mode, "cluster IP").seen)![1]);
    assert.match(saw[0]!, /^node-/);
    assert.deepEqual(saw.slice(1), ["client", "client"]);
    for (const mode of MODES)
      assert.ok(beside.found(mode, "cluster IP").told.includes(beside.found(mode, "cluster IP").seen.split(" ")[0]!));
  });

  it("shows what becomes of corner cases", () => {
    const told = (question: string) => MODES.map((mode) => beside.found(mode, question).told);
    const [taken, rejected, absent] = told("no endpoints");
    assert.match(taken!, /Recv failure|Empty reply/);
    assert.match(rejected!, /Couldn't connect/);
    assert.match(absent!, /Couldn't connect/);
    assert.deepEqual(
      MODES.map((mode) => beside.found(mode, "node port at localhost").picked !== ""),
      [true, true, false],
    );
  });

  it("counts rules, and keeps the walk behind each cell", () => {
    for (const mode of MODES) {
      assert.ok(beside.found(mode, "cluster IP").rules > 0);
      assert.ok(beside.walk(mode, "cluster IP").steps.length > 0);
    }
    assert.equal(beside.table().rows.length, 12);
  });

  it("tells who notices that the mode is another one", () => {
    const rows = beside.migration("ipvs", "iptables").rows.map(([question, what]) => `${question}: ${what}`);
    assert.ok(rows.includes("node port at localhost: is served"));
    assert.ok(!rows.some((row) => row.startsWith("cluster IP")));
  });

  it("leaves the cluster served as before, and no trace of other modes", () => {
    assert.equal(k8s.proxy, "iptables");
    const ns = k8s.lab.netns("node-1");
    assert.ok(!ns.devices.has("kube-ipvs0"));
    assert.ok(ns.balancing === null || ns.balancing.ipvs.services.isEmpty);
    assert.ok(![...ns.xtables.get("nat").chains.keys()].some((name) => name.startsWith("KUBE-PORTALS")));
    assert.ok(ns.xtables.get("nat").chains.has("KUBE-NODEPORTS"));
  });

  it("refuses a mode and a place that are not there, and a question nobody asked", () => {
    assert.throws(() => compare(["client", "true"], ["winkernel" as never]), /not a mode of kube-proxy/);
    assert.throws(() => compare(["nowhere", "true"], ["ipvs"]), /nowhere/);
    assert.throws(() => beside.walk("ipvs", "something else"), /not asked/);
  });
});
