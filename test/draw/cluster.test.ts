// Pictures of a cluster say what its log and its objects say, and can be read.
import { expect } from "chai";
import { backends as backendsScene } from "../../lib/draw/backends.ts";
import { sequence } from "../../lib/draw/sequence.ts";
import { streams } from "../../lib/draw/streams.ts";
import { type Audit, audit, backends, cluster, kubectl } from "../../lib/index.ts";
import { faults } from "./inspect.ts";

const labels = { app: "word" };
const probe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 5, failureThreshold: 1 };
const template = {
  metadata: { labels },
  spec: { containers: [{ name: "word", image: "echo", readinessProbe: probe }] },
};
const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "word" },
  spec: { replicas: 3, selector: { matchLabels: labels }, template },
};

describe("pictures of a cluster", function () {
  this.timeout(30_000);
  let made: Audit;
  before(() => {
    const k8s = cluster({ nodes: 2, dns: false, seed: "pictures of a cluster" });
    made = audit(() => {
      kubectl("apply -f -", JSON.stringify(deployment));
      kubectl("create service clusterip word --tcp=80:8080");
      k8s.settle();
    });
  });

  it("can be read", () => {
    for (const { scene } of [made.sequence(), made.streams(), backends("word")])
      expect(faults(scene), scene.title).to.deep.equal([]);
    const long = "a-name-that-is-much-longer-than-anybody-would-like-it-to-be".repeat(2);
    const message = { at: 0, from: long, to: "API server", text: long, kind: "call" as const, number: "123456" };
    const pod = { name: long, address: long, node: long, labels: long, state: long };
    const endpoint = { address: long, ready: false, serving: true, terminating: true, pod };
    const many = Array.from({ length: 70 }, (_, i) => i + 100_000);
    const hostile = [
      sequence(Array(70).fill(message), { title: long, numbers: "version", footer: long }),
      sequence([], { title: "nothing", numbers: "version" }),
      streams(
        many.map((revision) => ({ revision, type: "ADDED", what: long, by: long })),
        [{ name: long, watches: long, told: new Set(many), acted: new Set(many) }],
        long,
      ),
      streams([], [], "nothing"),
      backendsScene({
        service: { name: long, selector: long, address: long, ports: long },
        slices: [{ name: long, ports: long, endpoints: Array(20).fill(endpoint) }],
        others: [pod],
      }),
      backendsScene({ service: { name: "", selector: "", address: "", ports: "" }, slices: [], others: [] }),
    ];
    for (const scene of hostile) expect(faults(scene), scene.title).to.deep.equal([]);
  });

  it("show of a pod's start every write but Events and statuses of others, and each because of what was told before", () => {
    const { rows } = made.sequence().scene.table;
    const calls = rows.filter(([, , , to]) => to === "API server");
    const told = new Set<string>();
    for (const [, number, from, to, what] of rows)
      if (from === "API server") told.add(`${to} ${number}`);
      else if (to === "API server") {
        const call = made.calls.find(
          ({ revision, agent, code }) => `${revision}` === number && agent === from && code < 400,
        )!;
        expect(what).to.match(new RegExp(`^${call.method} `));
        if (call.because !== null) expect(told, what).to.include(`${from} ${call.because}`);
      }
    expect(calls.map(([, , from]) => from)).to.include.members(["kubectl", "kube-scheduler", "replicaset-controller"]);
    const wired = rows.filter(([, , from]) => from === "containerd");
    expect(wired.map(([, , , to, what]) => `${to} ${what}`)).to.match(/^flannel ADD: 10\.244\.\d\.2$/);
  });

  it("tell kubelets of pods of their own node alone", () => {
    const { rows } = made.streams().scene.table;
    const byKubelets = rows.filter(([, what, by]) => what!.includes(" Pod ") && by!.startsWith("kubelet/"));
    expect(byKubelets.length).to.be.above(5);
    for (const [, , by, told] of byKubelets)
      expect([...told!.matchAll(/kubelet\/[\w-]+/g)].map(String)).to.deep.equal([by!.replace(/:.*/, "")]);
  });

  it("join a Service with those of its pods that are ready", () => {
    const [first] = kubectl("get pods -l app=word -o name").lines;
    kubectl(`exec ${first} -- curl -s localhost:8080/healthz/fail`);
    audit(() => kubectl("exec deploy/word -- sleep 8"));
    const { rows } = backends("word").scene.table;
    const notReady = rows.filter(([, , conditions]) => conditions === "not ready");
    expect(notReady.map(([, , , pod, , state]) => [`pod/${pod}`, state])).to.deep.equal([
      [first, "Running, not ready"],
    ]);
    expect(rows.filter(([, , conditions]) => conditions === "ready")).to.have.length(2);
  });
});
