// kube-proxy's userspace mode by itself: a second endpoint when the first does not answer, clients that stay, UDP.
import { strict as assert } from "node:assert";
import { DEFAULTS } from "../../../lib/kube/proxy/settings.ts";
import { Tracker } from "../../../lib/kube/proxy/tracker.ts";
import { UserspaceProxier } from "../../../lib/kube/proxy/userspace/proxier.ts";
import { Lab } from "../../../lib/lab/lab.ts";
import { httpServer, udpEcho } from "../../../lib/lab/programs.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { ip } from "../../../lib/wire/address.ts";

const PORTS = [
  { name: "http", port: 8080, protocol: "TCP", nodePort: 30080 },
  { name: "echo", port: 53, protocol: "UDP" },
];
const SLICE_PORTS = [
  { name: "http", port: 80 },
  { name: "echo", port: 53, protocol: "UDP" },
];
const UNHEARD = { out: () => {}, err: () => {} };

function world(affinity: boolean) {
  const lab = new Lab({ seed: "userspace" });
  const node = lab.node("node");
  node.forward().bridge("cni0", { address: "10.244.1.1/24" });
  for (const [name, last] of [
    ["client", 9],
    ["one", 2],
    ["two", 3],
    ["gone", 4],
  ] as const)
    node.pod(name, { bridge: "cni0", address: `10.244.1.${last}/24`, gateway: "10.244.1.1" });
  for (const name of ["one", "two"]) {
    const ns = lab.netns(name);
    lab.start("web", { ns, ...UNHEARD }, httpServer(ns, { port: 80 }));
    lab.start("echo", { ns, ...UNHEARD }, udpEcho(ns, { port: 53 }));
  }
  const tracker = new Tracker(4, "node");
  const proxier = new UserspaceProxier({ lab, ns: node.root }, tracker, { ...DEFAULTS, nodeIP: ip("10.244.1.1") });
  const metadata = { namespace: "default", name: "web" };
  tracker.setService("default/web", {
    metadata,
    spec: {
      ...{ type: "NodePort", clusterIP: "10.96.0.10", ports: PORTS },
      ...(affinity && { sessionAffinity: "ClientIP" }),
    },
  } as never);
  const sync = (...addresses: string[]) => {
    const endpoints = addresses.map((each) => ({ addresses: [each], conditions: { ready: true } }));
    const labels = { "kubernetes.io/service-name": "web" };
    const slice = { metadata: { ...metadata, labels }, addressType: "IPv4", ports: SLICE_PORTS, endpoints };
    tracker.setSlice(slice as never, false);
    proxier.sync();
  };
  const sh = (where: string, text: string) => runShell(lab, place(lab, where), text).text;
  const remove = () => {
    tracker.setService("default/web", null);
    proxier.sync();
  };
  return { lab, sync, remove, sh, curl: (to: string) => sh("client", `curl -s http://${to}/`).split(" ")[0]! };
}

describe("kube-proxy's userspace mode", () => {
  it("goes round, and shows the node to whom it asks", () => {
    const { sync, sh, curl } = world(false);
    sync("10.244.1.2", "10.244.1.3");
    const met = ["10.96.0.10:8080", "10.96.0.10:8080", "10.244.1.1:30080", "10.96.0.10:8080"].map(curl);
    assert.deepEqual([met[2], met[3]], [met[0], met[1]]);
    assert.deepEqual(met.slice(0, 2).sort(), ["one", "two"]);
    assert.match(sh("client", "curl -s http://10.96.0.10:8080/"), / 10\.244\.1\.1:/);
  });

  it("asks the next endpoint when one does not answer in a quarter of a second", () => {
    const { lab, sync, curl } = world(false);
    sync("10.244.1.2", "10.244.1.4");
    const began = lab.now;
    assert.deepEqual([curl("10.96.0.10:8080"), curl("10.96.0.10:8080")], ["one", "one"]);
    const waited = (lab.now - began) / 1e6;
    assert.ok(waited > 0 && waited < 600, `${waited} ms`);
  });

  it("keeps a client's endpoint with session affinity", () => {
    const { sync, curl } = world(true);
    sync("10.244.1.2", "10.244.1.3");
    const met = new Set(Array.from({ length: 5 }, () => curl("10.96.0.10:8080")));
    assert.equal(met.size, 1);
  });

  it("closes at once when there is nobody, and carries datagrams", () => {
    const { sync, sh } = world(false);
    sync();
    assert.match(sh("client", "curl http://10.96.0.10:8080/"), /Recv failure|Empty reply/);
    sync("10.244.1.2");
    assert.match(sh("client", "echo hello | nc -u -w 1 10.96.0.10 53"), /hello/);
  });

  it("takes its rules and its ports away with the Service", () => {
    const { sync, remove, sh } = world(false);
    sync("10.244.1.2");
    const rules = () =>
      sh("node", "iptables-save")
        .split("\n")
        .filter((line) => line.includes("default/web"));
    // Of the cluster IPs two each, of the node port three.
    assert.equal(rules().length, 7);
    assert.match(sh("node", "ss -ltn"), /:30080 /);
    remove();
    assert.deepEqual(rules(), []);
    assert.doesNotMatch(sh("node", "ss -ltn"), /:30080 /);
  });
});
