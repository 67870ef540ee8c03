// NetworkPolicies: what Calico's rules let pass is what the API says, for policies that nobody thought of; and Flannel,
// which has nobody to enforce them, lets all pass. The judge here reads policies as the API describes them, with no rules.
import { expect } from "chai";
import alea from "seedrandom/lib/alea.js";
import { selectorOf, selects } from "../../../lib/kube/api/selector.ts";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import type { Pod } from "../../../lib/kube/shapes.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { ipv4, prefix4 } from "../../../lib/wire/address.ts";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

const PORT = 8080;
const NAMESPACES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  default: { "kubernetes.io/metadata.name": "default" },
  beta: { "kubernetes.io/metadata.name": "beta", stage: "test" },
};

type Json = Readonly<Record<string, unknown>>;

function pod(namespace: string, name: string, labels: Json, nodeName: string) {
  const ports = [{ name: "http", containerPort: PORT }];
  const spec = { nodeName, containers: [{ name: "app", image: "echo", ports }] };
  return { metadata: { namespace, name, labels }, spec };
}

const PODS = [
  pod("default", "a", { app: "a", tier: "web" }, "node-1"),
  pod("default", "b", { app: "b" }, "node-1"),
  pod("default", "c", { app: "c", tier: "web" }, "node-2"),
  pod("beta", "d", { app: "a" }, "node-1"),
  pod("beta", "e", { app: "e", tier: "db" }, "node-2"),
];

function build(cni: string): Cluster {
  const k8s = cluster({ nodes: 2, cni, proxy: "none", seed: "policy" });
  const kubectl = k8s.client("kubectl");
  kubectl.patch("namespaces", kubectl.get("namespaces", null, "default")!, {
    metadata: { labels: NAMESPACES.default },
  });
  kubectl.create("namespaces", null, { metadata: { name: "beta", labels: NAMESPACES.beta } });
  for (const each of PODS) kubectl.create("pods", each.metadata.namespace, each);
  k8s.settle();
  return k8s;
}

const podsOf = ({ server }: Cluster): Pod[] => server.store.list("/registry/pods", "/registry/pods/") as Pod[];

const whereIs = ({ metadata: { namespace, name } }: Pod): string =>
  namespace === "default" ? name : `${name}.${namespace}`;

const reaches = (k8s: Cluster, from: Pod, to: Pod): boolean =>
  sh(k8s, whereIs(from), `curl -s -m 1 http://${to.status!.podIP}:${PORT}/`) !== "";

interface Rule {
  readonly ports?: readonly {
    readonly port?: number | string;
    readonly endPort?: number;
    readonly protocol?: string;
  }[];
  readonly peers: readonly Json[];
}
interface Policy {
  readonly namespace: string;
  readonly podSelector: Json;
  readonly types: readonly string[];
  readonly Ingress: readonly Rule[];
  readonly Egress: readonly Rule[];
}

/** Whether a connection to PORT may be made, as the API's description has it. */
function allowed(policies: readonly Policy[], from: Pod, to: Pod): boolean {
  return (
    from === to ||
    (["Ingress", "Egress"] as const).every((type) => {
      const [own, other] = type === "Ingress" ? [to, from] : [from, to];
      const about = policies.filter(
        ({ namespace, podSelector, types }) =>
          namespace === own.metadata.namespace &&
          types.includes(type) &&
          selects(selectorOf(podSelector), own.metadata.labels),
      );
      return about.length === 0 || about.some((each) => each[type].some((rule) => takes(each, rule, other)));
    })
  );
}

function takes({ namespace }: Policy, { ports = [], peers }: Rule, other: Pod): boolean {
  const isPort =
    ports.length === 0 ||
    ports.some(
      ({ port, endPort, protocol = "TCP" }) =>
        protocol === "TCP" &&
        (port === undefined || port === "http" || (Number(port) <= PORT && PORT <= (endPort ?? Number(port)))),
    );
  const isPeer = ({ podSelector, namespaceSelector, ipBlock }: Json): boolean => {
    if (ipBlock !== undefined) {
      const { cidr, except = [] } = ipBlock as { cidr: string; except?: string[] };
      const address = ipv4(other.status!.podIP!);
      return prefix4(cidr).contains(address) && !except.some((each) => prefix4(each).contains(address));
    }
    const where = other.metadata.namespace!;
    const isThere =
      namespaceSelector === undefined
        ? where === namespace
        : selects(selectorOf(namespaceSelector as Json), NAMESPACES[where]);
    return isThere && selects(selectorOf((podSelector ?? {}) as Json), other.metadata.labels);
  };
  return isPort && (peers.length === 0 || peers.some(isPeer));
}

function drawn(random: () => number, pods: readonly Pod[]): Policy {
  const pick = <Of>(of: readonly Of[]): Of => of[Math.floor(random() * of.length)]!;
  const some = <Of>(most: number, draw: () => Of): Of[] =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, draw);
  const labels = (): Json =>
    pick<() => Json>([
      () => ({}),
      () => ({ matchLabels: { app: pick(["a", "b", "e"]) } }),
      () => ({ matchLabels: { tier: "web", app: pick(["a", "c"]) } }),
      () => ({
        matchExpressions: [
          { key: "app", operator: pick(["In", "NotIn"]), values: [pick(["a", "b"]), pick(["c", "e"])] },
        ],
      }),
      () => ({ matchExpressions: [{ key: "tier", operator: pick(["Exists", "DoesNotExist"]) }] }),
    ])();
  const namespaces = (): Json =>
    pick<Json>([
      {},
      { matchLabels: { stage: "test" } },
      { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["beta"] }] },
      { matchExpressions: [{ key: "stage", operator: "DoesNotExist" }] },
    ]);
  const address = () => pick(pods).status!.podIP!;
  const peer = (): Json =>
    pick<() => Json>([
      () => ({ podSelector: labels() }),
      () => ({ namespaceSelector: namespaces() }),
      () => ({ namespaceSelector: namespaces(), podSelector: labels() }),
      () => ({ ipBlock: { cidr: `${address()}/32` } }),
      () => ({ ipBlock: { cidr: "10.244.0.0/16", except: some(2, () => `${address()}/32`) } }),
    ])();
  const port = () =>
    pick<NonNullable<Rule["ports"]>[number]>([
      { port: PORT },
      { port: "http" },
      { port: "none" },
      { port: 80 },
      { port: 8000, endPort: 8100 },
      { port: PORT, protocol: "UDP" },
      { protocol: "TCP" },
      { protocol: "UDP" },
    ]);
  const rule = (): Rule => {
    const ports = some(3, port);
    return { ...(ports.length > 0 && { ports }), peers: some(3, peer) };
  };
  const types = pick([["Ingress"], ["Egress"], ["Ingress", "Egress"]]);
  return {
    namespace: pick(["default", "beta"]),
    podSelector: labels(),
    types,
    Ingress: types.includes("Ingress") ? some(3, rule) : [],
    Egress: types.includes("Egress") ? some(3, rule) : [],
  };
}

function manifest({ podSelector, types, Ingress, Egress }: Policy, name: string) {
  const of = (rules: readonly Rule[], whom: "from" | "to") =>
    rules.map(({ peers, ...ports }) => ({ ...ports, ...(peers.length > 0 && { [whom]: peers }) }));
  const spec = { podSelector, policyTypes: types, ingress: of(Ingress, "from"), egress: of(Egress, "to") };
  return { metadata: { name }, spec };
}

describe("cni calico: NetworkPolicies", function () {
  this.timeout(60_000);
  const k8s = build("calico-vxlan");
  const pods = podsOf(k8s);
  const kubectl = k8s.client("kubectl");
  const rules = () => ["node-1", "node-2"].map((name) => sh(k8s, name, "iptables-save -t filter; ipset save"));
  const plain = (text: string) => text.replace(/\[\d+:\d+\]|^# .*$/gm, "");

  it("mean what the API says, for 20 sets of policies drawn by chance, and leave no rule and no set behind", () => {
    const random = alea("policies");
    const before = rules().map(plain);
    for (let round = 0; round < 20; round++) {
      const policies = Array.from({ length: 1 + Math.floor(random() * 4) }, () => drawn(random, pods));
      const made = policies.map((each, i) =>
        kubectl.create("networkpolicies", each.namespace, manifest(each, `policy-${i}`)),
      );
      k8s.lab.run();
      for (const from of pods)
        for (const to of pods)
          expect(
            reaches(k8s, from, to),
            `${whereIs(from)} to ${whereIs(to)} with ${JSON.stringify(policies)}`,
          ).to.equal(allowed(policies, from, to));
      for (const each of made) kubectl.delete("networkpolicies", each);
      k8s.lab.run();
    }
    expect(rules().map(plain)).to.deep.equal(before);
  });

  it("are chains and sets in Felix's layout, and follow a pod's labels", () => {
    const podSelector = { matchLabels: { app: "b" } };
    const from = [{ podSelector: { matchLabels: { role: "friend" } } }];
    const ingress = [{ from, ports: [{ port: PORT, protocol: "TCP" }] }];
    const policy = kubectl.create("networkpolicies", "default", {
      metadata: { name: "friends" },
      spec: { podSelector, ingress },
    });
    k8s.lab.run();
    const [a, b] = ["a", "b"].map((name) => pods.find((each) => whereIs(each) === name)!);
    expect(reaches(k8s, a!, b!)).to.equal(false);
    kubectl.patch("pods", a!, { metadata: { labels: { role: "friend" } } });
    k8s.lab.run();
    expect(reaches(k8s, a!, b!)).to.equal(true);
    const saved = sh(k8s, "node-1", "iptables-save -t filter");
    const [, set] = /-A cali-pi-knp\/default\/friends -p tcp .*--match-set (cali40s:\S+) src/.exec(saved)!;
    expect(set).to.have.length(31);
    expect(saved).to.match(
      /-A cali-pi-knp\/default\/friends -p tcp -m comment --comment "cali:[\w-]{16}" -m comment --comment "KubernetesNetworkPolicy default\/friends ingress" -m set --match-set \S+ src -m multiport --dports 8080 -j MARK --set-xmark 0x10000\/0x10000\n/,
    );
    expect(saved).to.match(/-A cali-tw-(cali\w{11}) .*"Start of tier default" -j MARK --set-xmark 0x0\/0x20000\n/);
    expect(sh(k8s, "node-1", `ipset list ${set}`)).to.contain(`Members:\n${a!.status!.podIP}\n`);
    kubectl.delete("networkpolicies", policy);
    kubectl.patch("pods", a!, { metadata: { labels: { role: null } } });
    k8s.lab.run();
  });

  it("are kept and ignored where nobody enforces them: Flannel", () => {
    const deny = { metadata: { name: "deny" }, spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } };
    const seen = ["flannel-vxlan", "calico-vxlan"].map((cni) => {
      const same = cni === "calico-vxlan" ? k8s : build(cni);
      same.client("kubectl").create("networkpolicies", "default", deny);
      same.lab.run();
      const [a, b] = podsOf(same).filter(({ metadata }) => metadata.namespace === "default");
      return reaches(same, a!, b!);
    });
    expect(seen).to.deep.equal([true, false]);
  });
});
