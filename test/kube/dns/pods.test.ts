// Names as a pod sees them: its files, its Service, and how many questions a name costs.
import { expect } from "chai";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { resolverFile } from "../../../lib/kube/kubelet/mounts.ts";
import type { Pod } from "../../../lib/kube/shapes.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { deployment } from "../manifests.ts";
import { named } from "./tools.ts";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

const pod = (spec: Partial<Pod["spec"]>): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "beta", uid: "1", resourceVersion: "1", creationTimestamp: "" },
  spec: { containers: [], ...spec },
});

const NODE = "search ec2.internal\nnameserver 203.0.113.10\n";

describe("names in pods", () => {
  it("resolv.conf follows dnsPolicy and dnsConfig (GetPodDNS)", () => {
    // Facts, samples/60.
    const cluster = `search beta.svc.cluster.local svc.cluster.local cluster.local ec2.internal
nameserver 10.96.0.10
options ndots:5
`;
    expect(resolverFile(pod({}), NODE)).to.equal(cluster);
    expect(resolverFile(pod({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }), NODE)).to.equal(cluster);
    expect(resolverFile(pod({ hostNetwork: true }), NODE)).to.equal(NODE);
    expect(resolverFile(pod({ dnsPolicy: "Default" }), NODE)).to.equal(NODE);
    const dnsConfig = { nameservers: ["192.0.2.1"], searches: ["my.dns"], options: [{ name: "ndots", value: "2" }] };
    expect(resolverFile(pod({ dnsPolicy: "None", dnsConfig }), NODE)).to.equal(
      "search my.dns\nnameserver 192.0.2.1\noptions ndots:2\n",
    );
    expect(
      resolverFile(pod({ dnsConfig }), NODE),
    ).to.equal(`search beta.svc.cluster.local svc.cluster.local cluster.local ec2.internal my.dns
nameserver 10.96.0.10
nameserver 192.0.2.1
options ndots:2
`);
  });

  it("a Service is reached by its name, through kube-dns's own address", () => {
    const k8s = cluster({ nodes: 2, seed: "names", dns: true });
    const kubectl = k8s.client("kubectl");
    kubectl.create("namespaces", null, { metadata: { name: "beta" } });
    kubectl.create("deployments", "beta", deployment("word-v5-beta", 2));
    const spec = { selector: { app: "word-v5-beta" }, ports: [{ port: 80, targetPort: 8080 }] };
    kubectl.create("services", "beta", { metadata: { name: "word-v5-beta" }, spec });
    kubectl.create("deployments", "default", deployment("client", 1, "debian"));
    k8s.settle();
    const client = [...k8s.lab.namespaces.keys()].find((each) => each.startsWith("client-"))!;
    expect(sh(k8s, client, "curl -s http://word-v5-beta.beta/")).to.match(/^word-v5-beta-\S+ saw client 10\.244\./);
    expect(sh(k8s, client, "cat /etc/hosts")).to.match(/\n10\.244\.\d+\.\d+\tclient-\S+\n$/);
  });

  it("a pod with hostname and subdomain has a name below its headless Service", () => {
    const k8s = cluster({ nodes: 1, seed: "hostnames", dns: true });
    const kubectl = k8s.client("kubectl");
    const headless = { clusterIP: "None", selector: { app: "db" }, ports: [{ port: 5432 }] };
    kubectl.create("services", "default", { metadata: { name: "db" }, spec: headless });
    const containers = [{ name: "app", image: "debian" }];
    for (const [hostname, subdomain] of [
      ["db-0", "db"],
      ["db-1", "elsewhere"],
    ] as const) {
      const metadata = { name: hostname, labels: { app: "db" } };
      kubectl.create("pods", "default", { metadata, spec: { hostname, subdomain, containers } });
    }
    k8s.settle();
    const [, address] = /\n(\S+)\tdb-0\.db\.default\S+\tdb-0\n/.exec(sh(k8s, "db-0", "cat /etc/hosts"))!;
    expect(sh(k8s, "db-1", "getent ahostsv4 db-0.db")).to.match(new RegExp(`^${address} `));
    expect(sh(k8s, "db-0", "getent ahostsv4 db-1.db")).to.equal("");
    const old = "kubectl get endpoints db -o jsonpath='{.subsets[*].addresses[*].hostname}'";
    expect(sh(k8s, "control-plane", old)).to.match(/db-0$/);
  });

  it("a name of the world costs a walk through the search list, and one question for each family", () => {
    const server = named();
    const { k8s, address, log } = server;
    const asked = (where: string, line: string): string[] => {
      const before = log().length;
      sh(k8s, where, line);
      return [
        ...log()
          .slice(before)
          .matchAll(/"(\w+) IN (\S+) /g),
      ].map(([, type, name]) => `${type} ${name}`);
    };
    for (const where of ["client.beta", "old.beta"])
      sh(
        k8s,
        where,
        `echo -n 'search beta.svc.cluster.local svc.cluster.local\nnameserver ${address}\noptions ndots:5\n' > /etc/resolv.conf`,
      );
    const both = (name: string) => [`A ${name}.`, `AAAA ${name}.`];
    const walk = ["www.example.com.beta.svc.cluster.local", "www.example.com.svc.cluster.local", "www.example.com"];
    expect(asked("client.beta", "curl -s -m 1 http://www.example.com/")).to.deep.equal(walk.flatMap(both));
    expect(asked("client.beta", "curl -s -m 1 http://www.example.com./")).to.deep.equal(both("www.example.com"));
    expect(asked("old.beta", "ping -c 1 -W 1 guild-local")).to.deep.equal(["A guild-local.beta.svc.cluster.local."]);
    // A name that is there and has nothing of the kind does not end glibc's search.
    expect(asked("client.beta", "ping -6 -c 1 guild-local")).to.have.length(3);
  });

  it("a Corefile with a word that is not known, or not modelled, does not start, and its log says why", () => {
    for (const [word, why] of [
      ["nonsense", "Error during parsing: Unknown directive 'nonsense'"],
      ["rewrite", "rewrite: CoreDNS knows this, Packetwalk does not model it"],
    ]) {
      const corefile = `.:53 {\n    ${word}\n}\n`;
      const k8s = cluster({ nodes: 1, seed: "wrong", dns: { replicas: 1, corefile } });
      k8s.lab.runFor(2e9);
      const workers = [...k8s.kubelets.values()].flatMap((each) => [...each.workers.values()]);
      const coredns = workers.find(({ pod: { metadata } }) => metadata.name.startsWith("coredns-"))!;
      const [run] = coredns.containers;
      expect(run!.log.text + (run!.previousLog?.text ?? "")).to.contain(`Corefile:2 - ${why}\n`);
      expect(run!.status.restartCount).to.be.greaterThan(0);
    }
  });
});
