// Load balancers of a cloud: who is picked, whom a pod sees, who is healthy; by packets from the internet.
// What is expected is facts 3.2 and 3.3 (Amazon's and Kubernetes' documentation).
import { strict as assert } from "node:assert";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { Cloud } from "../../../lib/kube/edge/cloud.ts";
import { flowHash } from "../../../lib/kube/edge/flows.ts";
import { TCP_CHECK } from "../../../lib/kube/edge/health-check.ts";
import { TargetGroup } from "../../../lib/kube/edge/target-group.ts";
import { httpImage } from "../../../lib/kube/kubelet/images.ts";
import type { ProxiedService } from "../../../lib/kube/proxy/service-port.ts";
import type { Pod } from "../../../lib/kube/shapes.ts";
import { Lab } from "../../../lib/lab/lab.ts";
import { httpServer } from "../../../lib/lab/programs.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { LEVEL } from "../../../lib/trace/step.ts";
import { Trace } from "../../../lib/trace/trace.ts";
import { ipv4 } from "../../../lib/wire/address.ts";
import { deployment } from "../manifests.ts";

const CLIENT = "203.0.113.10";
const PREFIX = "service.beta.kubernetes.io/aws-load-balancer-";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

/** The address a pod saw, or the whole answer. */
function seen(k8s: Cluster, url: string, where = "internet"): string {
  const said = sh(k8s, where, `curl -s -m 3 ${url}`);
  return /saw client ([\d.]+):/.exec(said)?.[1] ?? said;
}

function balanced(k8s: Cluster, name: string, annotations: object, spec: object, isNlb = true): void {
  const ports = [{ port: 80, targetPort: 8080 }];
  const own = {
    type: "LoadBalancer",
    selector: { app: "web" },
    ports,
    ...(isNlb && { loadBalancerClass: "service.k8s.aws/nlb" }),
  };
  const named = Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${PREFIX}${key}`, value]));
  k8s
    .client("kubectl")
    .create("services", "default", { metadata: { name, annotations: named }, spec: { ...own, ...spec } });
}

const states = (group: TargetGroup) =>
  Object.fromEntries(
    [...group.targets.values()].map(({ name, state, reason }) => [name, [state, reason].join(" ").trim()]),
  );

describe("load balancers of a cloud", () => {
  let k8s: Cluster;
  let cloud: Cloud;
  const groupOf = (name: string) => cloud.balancers.get(`default/${name}`)!.balancer.groups.get("tcp 80")!;
  const nameOf = (name: string) => cloud.balancers.get(`default/${name}`)!.hostname;
  const service = (name: string) => k8s.client("test").get("services", "default", name) as ProxiedService;

  before(() => {
    k8s = cluster({ nodes: 3, cni: "aws-vpc", seed: "cloud" });
    cloud = new Cloud(k8s, { zones: { "node-1": "a", "node-2": "b", "node-3": "b" } });
    k8s.client("kubectl").create("deployments", "default", deployment("web", 2));
    const local = { externalTrafficPolicy: "Local" };
    balanced(k8s, "cluster", {}, {});
    balanced(k8s, "local", {}, local);
    balanced(k8s, "ip", { "nlb-target-type": "ip" }, {});
    balanced(
      k8s,
      "ip-kept",
      { "nlb-target-type": "ip", "target-group-attributes": "preserve_client_ip.enabled=true" },
      {},
    );
    balanced(k8s, "own", { "target-group-attributes": "preserve_client_ip.enabled=false" }, local);
    balanced(k8s, "classic", {}, local, false);
    k8s.settle();
  });

  it("Services get a public name, which leads to an address in each zone", () => {
    for (const name of ["cluster", "classic"]) {
      const [{ hostname = "" } = {}] = service(name).status!.loadBalancer!.ingress!;
      assert.match(hostname, /\.amazonaws\.com$/);
      assert.equal(sh(k8s, "internet", `dig +short ${hostname}`).trim().split("\n").length, 2);
    }
  });

  it("whom a pod sees", () => {
    const nodes = [...k8s.kubelets.values()].map(({ address }) => address);
    assert.ok(nodes.includes(seen(k8s, `http://${nameOf("cluster")}/`)), "an instance with the Cluster policy: a node");
    assert.equal(seen(k8s, `http://${nameOf("local")}/`), CLIENT);
    assert.equal(seen(k8s, `http://${nameOf("ip-kept")}/`), CLIENT);
    for (const name of ["ip", "own", "classic"]) {
      const { fronts } = cloud.balancers.get(`default/${name}`)!.balancer.balancer;
      const address = seen(k8s, `http://${nameOf(name)}/`);
      assert.ok(
        fronts.some((front) => `${front.address}` === address),
        `${name}: the balancer, not ${address}`,
      );
    }
  });

  it("from the pod's end every step leads back to the client, over the balancer's choice", () => {
    const { recorder } = k8s.lab;
    recorder.level = LEVEL.path;
    recorder.forget();
    for (const name of ["local", "classic"]) {
      seen(k8s, `http://${nameOf(name)}/`);
      const trace = new Trace(recorder.take());
      const atPod = (text: string) =>
        trace
          .of("deliver")
          .steps.find(({ where, because }) => where.netns.startsWith("web-") && because.includes(text))!;
      const way = trace.why(atPod(" gets SYN "));
      assert.equal(way[0]!.where.netns, "internet");
      assert.match(way.find(({ what }) => what === "balance")!.because, /(flow hash|round robin).*node-\d/);
      assert.equal(trace.why(atPod(" octets from "))[0]!.where.netns, "internet");
    }
    recorder.level = LEVEL.off;
  });

  it("with the Local policy nodes without a pod are unhealthy, because their kube-proxy says 503", () => {
    const { healthCheckNodePort } = service("local").spec;
    for (const [node, state] of Object.entries(states(groupOf("local")))) {
      const said = sh(
        k8s,
        "internet",
        `curl -si http://${cloud.publicAddresses.get(node)}:${healthCheckNodePort}/healthz`,
      );
      const isWell = said.startsWith("HTTP/1.1 200 OK");
      assert.equal(state, isWell ? "healthy" : "unhealthy Target.ResponseCodeMismatch [503]");
      const body = `{\n\t"service": {\n\t\t"namespace": "default",\n\t\t"name": "local"\n\t},\n\t"localEndpoints": ${isWell ? 1 : 0},\n\t"serviceProxyHealthy": true\n}`;
      assert.equal(said.split("\r\n\r\n")[1], body);
      assert.match(said, /X-Load-Balancing-Endpoint-Weight: [01]\r\n/);
    }
    assert.equal(Object.values(states(groupOf("local"))).filter((each) => each === "healthy").length, 2);
  });

  it("who goes out is known by the public address of the node, whoever asks", () => {
    const { lab } = k8s;
    const ns = lab.netns("internet");
    const says = { ns, out: () => {}, err: () => {} };
    lab.start("server", says, httpServer(ns, { port: 80, reply: ({ client }) => `saw client ${client.address}:` }));
    const pods = k8s.server.store.list("/registry/pods", "/registry/pods/default/") as Pod[];
    for (const { metadata, spec } of pods)
      for (const where of [metadata.name, spec.nodeName!])
        assert.equal(seen(k8s, `http://${CLIENT}/`, where), `${cloud.publicAddresses.get(spec.nodeName!)}`);
  });

  it("no target is taken of another zone, unless cross-zone is on", () => {
    const zones = (name: string, zone: string) =>
      new Set(
        groupOf(name)
          .choices(zone)
          .from.map((target) => target.zone),
      );
    assert.deepEqual(zones("cluster", "a"), new Set(["a"]));
    balanced(k8s, "crossed", { attributes: "load_balancing.cross_zone.enabled=true" }, {});
    k8s.settle();
    assert.deepEqual(zones("crossed", "a"), new Set(["a", "b"]));
  });

  it("a node that talks to itself through a balancer that keeps its address gets no answer", () => {
    // One zone has one target: the node itself.
    const { fronts } = cloud.balancers.get("default/cluster")!.balancer.balancer;
    const address = fronts.find(({ zone }) => zone === "a")!.public;
    assert.equal(seen(k8s, `http://${address}/`, "node-1"), "");
    assert.notEqual(seen(k8s, `http://${address}/`, "node-2"), "");
  });

  it("without any healthy target all are tried", () => {
    balanced(k8s, "empty", {}, { selector: { app: "nobody" }, externalTrafficPolicy: "Local" });
    k8s.settle();
    const { from, because } = groupOf("empty").choices("b");
    assert.equal(from.length, 2);
    assert.match(because, /fail-open/);
  });

  it("what a Service asks for and is not modelled is told in an event, and it gets nothing", () => {
    balanced(k8s, "odd", { "proxy-protocol": "*" }, {});
    k8s.settle();
    assert.equal(cloud.balancers.has("default/odd"), false);
    const events = k8s.server.store.list("/registry/events", "/registry/events/") as never as { message: string }[];
    assert.ok(events.some(({ message }) => message.endsWith(`the annotation ${PREFIX}proxy-protocol is not modelled`)));
  });

  it("a Service that is gone takes its load balancer along", () => {
    k8s.client("kubectl").delete("services", service("own"));
    k8s.settle();
    assert.equal(cloud.balancers.has("default/own"), false);
    assert.equal(k8s.lab.machines.has("nlb-own"), false);
    assert.equal(seen(k8s, `http://${nameOf("local")}/`), CLIENT);
  });
});

for (const proxy of ["ipvs", "nftables"] as const)
  describe(`a load balancer before kube-proxy's ${proxy} mode`, () => {
    it("keeps the client's address with the Local policy, and knows which nodes have pods", () => {
      const k8s = cluster({ nodes: 3, proxy, seed: "modes" });
      const cloud = new Cloud(k8s);
      k8s.client("kubectl").create("deployments", "default", deployment("web", 1));
      balanced(k8s, "local", {}, { externalTrafficPolicy: "Local" });
      k8s.settle();
      const { balancer, hostname } = cloud.balancers.get("default/local")!;
      assert.equal(seen(k8s, `http://${hostname}/`), CLIENT);
      const healthy = Object.values(states(balancer.groups.get("tcp 80")!)).filter((each) => each === "healthy");
      assert.equal(healthy.length, 1);
    });
  });

/** Two targets in zone a, eight in zone b: what each of them gets, by Amazon's documentation of cross-zone load balancing. */
const SHARES = [
  { crossZone: false, a: 0.25, b: 0.0625 },
  { crossZone: true, a: 0.1, b: 0.1 },
];

describe("the shares of targets", () => {
  for (const { crossZone, a, b } of SHARES)
    it(`cross-zone ${crossZone ? "on" : "off"}: ${a * 100} % each in a, ${b * 100} % each in b`, () => {
      const lab = new Lab({ seed: "shares" });
      const group = new TargetGroup(lab, lab.node("nlb").root, TCP_CHECK, crossZone);
      const wanted = Array.from({ length: 10 }, (_, i) => ({
        ...{ name: `node-${i}`, address: ipv4(`192.168.0.${10 + i}`), port: 30080, zone: i < 2 ? "a" : "b" },
      }));
      group.set(wanted);
      for (const target of group.targets.values()) target.state = "healthy";
      const counts = new Map<string, number>();
      const total = 20_000;
      for (let i = 0; i < total; i++) {
        const { from } = group.choices(i % 2 === 0 ? "a" : "b");
        const words = { kind: "tcp", srcPort: 1024 + lab.below(60000), dstPort: 80, seq: lab.below(2 ** 32) } as const;
        const { name } = from[flowHash(ipv4(CLIENT), ipv4("10.0.16.1"), words) % from.length]!;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      for (const { name, zone } of wanted) {
        const share = zone === "a" ? a : b;
        const deviation = Math.sqrt(total * share * (1 - share));
        assert.ok(Math.abs(counts.get(name)! - total * share) < 4 * deviation, `${name}: ${counts.get(name)}`);
      }
    });
});

describe("Ingress, by packets", () => {
  it("an Ingress of a class that nobody serves does nothing; one of class alb leads by host and path, and tells who asked", () => {
    const heads = httpImage(8080, ({ headers, client }) => {
      const forwarded = ["for", "proto", "port"].map((each) => headers.get(`x-forwarded-${each}`));
      return `${client.address} ${forwarded.join(" ")}\n`;
    });
    const k8s = cluster({ nodes: 2, seed: "ingress", images: { heads } });
    const cloud = new Cloud(k8s);
    const kubectl = k8s.client("kubectl");
    kubectl.create("deployments", "default", deployment("web", 1, "heads"));
    const ports = [{ port: 80, targetPort: 8080 }];
    kubectl.create("services", "default", {
      metadata: { name: "web" },
      spec: { type: "NodePort", selector: { app: "web" }, ports },
    });
    const backend = { service: { name: "web", port: { number: 80 } } };
    const rules = [{ host: "shop.example", http: { paths: [{ path: "/foo", pathType: "Prefix", backend }] } }];
    kubectl.create("ingresses", "default", { metadata: { name: "idle" }, spec: { rules } });
    kubectl.create("ingresses", "default", { metadata: { name: "shop" }, spec: { ingressClassName: "alb", rules } });
    k8s.settle();
    assert.deepEqual([...cloud.http.balancers.keys()], ["ingress default/shop"]);
    const { hostname } = cloud.http.balancers.get("ingress default/shop")!;
    const ask = (path: string) =>
      sh(k8s, "internet", `curl -s -H 'Host: shop.example' -H 'X-Forwarded-For: 192.0.2.1' http://${hostname}${path}`);
    // Of an instance the peer is a node; the headers keep who asked, and whom the client itself named.
    assert.match(ask("/foo/x"), /^10\.244\.\d\.\d 192\.0\.2\.1, 203\.0\.113\.10 http 80\n$/);
    assert.match(ask("/foobar"), /404 Not Found/);
  });
});
