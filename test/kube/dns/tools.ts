// What students ask with nslookup, dig and getent, in a cluster whose CoreDNS is ours: typed into the real tools (record-tools.ts)
// and into ours.
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { COREFILE } from "../../../lib/kube/dns/manifests.ts";
import type { Pod } from "../../../lib/kube/shapes.ts";
import type { Program } from "../../../lib/lab/process.ts";
import { askByTcp, askByUdp, type Heard } from "../../../lib/tools/dns/exchange.ts";
import { ip } from "../../../lib/wire/address.ts";
import type { DnsMessage } from "../../../lib/wire/dns.ts";
import { NAMESPACE, OUTSIDE, SERVICES, SLICES } from "./asked.ts";

export const SERVER = "10.96.0.10";
export const RESOLV_CONF = `search beta.svc.cluster.local svc.cluster.local cluster.local
nameserver ${SERVER}
options ndots:5
`;

export interface Named {
  readonly k8s: Cluster;
  /** The CoreDNS pod. */
  readonly address: string;
  readonly log: () => string;
}

/** A cluster with the objects of asked.ts, and a pod `client` that asks its CoreDNS. */
export function named(): Named {
  const corefile = COREFILE.replace("    errors\n", "    log\n    errors\n").replace("    loadbalance\n", "");
  const k8s = cluster({ nodes: 1, seed: "coredns", names: OUTSIDE, dns: { replicas: 1, corefile } });
  const kubectl = k8s.client("kubectl");
  kubectl.create("namespaces", null, { metadata: { name: NAMESPACE } });
  for (const each of SERVICES) kubectl.create("services", NAMESPACE, each);
  for (const each of SLICES) kubectl.create("endpointslices", NAMESPACE, each);
  for (const [name, image] of Object.entries({ client: "debian", busybox: "busybox", old: "alpine:3.7" }))
    kubectl.create("pods", NAMESPACE, { metadata: { name }, spec: { containers: [{ name: "app", image }] } });
  k8s.settle();
  const pods = k8s.server.store.list("/registry/pods", "/registry/pods/kube-system/") as Pod[];
  const pod = pods.find(({ metadata }) => metadata.name.startsWith("coredns-"))!;
  const worker = k8s.kubelets.get(pod.spec.nodeName!)!.workers.get(`kube-system/${pod.metadata.name}`)!;
  return { k8s, address: pod.status!.podIP!, log: () => worker.containers[0]!.log.text };
}

/** What CoreDNS answers to one message. */
export function ask({ k8s: { lab }, address }: Named, message: DnsMessage, overTcp: boolean): Heard {
  let heard: Heard | null = null;
  const asker = { lab, ns: lab.netns("node-1"), program: "test" };
  function* program(): Program {
    const got = overTcp
      ? yield* askByTcp(asker, ip(address), message, 5e9)
      : yield* askByUdp(asker, ip(address), [message], 5e9);
    heard = Array.isArray(got) ? got[0]! : (got as Heard);
    return 0;
  }
  const silent = { ns: asker.ns, out: () => {}, err: () => {} };
  if (!lab.runUntilDone(lab.start("test", silent, program()))) throw new Error("nobody answered");
  return heard!;
}

export const COMMANDS: readonly string[] = [
  "nslookup word-v5-beta",
  "nslookup word-v5-beta.beta.svc.cluster.local",
  "nslookup word-v5-beta.beta.svc.cluster.local.",
  "nslookup word-v5-beta.beta",
  "nslookup guild-local",
  "nslookup 172.20.250.219",
  `nslookup 172.20.250.219 ${SERVER}`,
  "nslookup 10.100.68.182",
  "nslookup 9.9.9.9",
  "nslookup -type=srv _http._tcp.word-v5-beta.beta.svc.cluster.local",
  "nslookup -type=srv _http._tcp.guild-local.beta.svc.cluster.local",
  "nslookup -type=txt dns-version.cluster.local",
  "nslookup -type=soa cluster.local",
  "nslookup -type=aaaa word-v5-beta",
  "nslookup -type=cname ext",
  "nslookup -type=mx www.example.com",
  "nslookup nosuch.beta",
  "nslookup nosuch",
  "nslookup ext",
  "nslookup ext-in",
  "nslookup www.example.com",
  "nslookup www.example.com.",
  "nslookup -nosearch word-v5-beta",
  "nslookup -vc word-v5-beta",
  "nslookup -norecurse word-v5-beta",
  "nslookup many",
  `nslookup word-v5-beta ${SERVER}`,
  "dig word-v5-beta.beta.svc.cluster.local",
  "dig word-v5-beta.beta.svc.cluster.local +search",
  "dig word-v5-beta +search",
  "dig word-v5-beta",
  "dig +short guild-local.beta.svc.cluster.local",
  "dig +short ext.beta.svc.cluster.local",
  "dig -x 172.20.250.219 +noall +answer",
  "dig -x 172.20.250.219",
  "dig -x 9.9.9.9 +short",
  "dig SRV _http._tcp.guild-local.beta.svc.cluster.local +noall +answer +additional",
  "dig SRV _http._tcp.word-v5-beta.beta.svc.cluster.local",
  "dig nosuch.beta.svc.cluster.local +noall +comments +authority",
  "dig nosuch.beta.svc.cluster.local",
  `dig @${SERVER} www.example.com`,
  "dig www.example.com AAAA",
  "dig www.example.com +nocmd +nocomments +nostats",
  "dig +tcp word-v5-beta.beta.svc.cluster.local",
  "dig +noedns word-v5-beta.beta.svc.cluster.local",
  "dig +norecurse +nocookie word-v5-beta.beta.svc.cluster.local",
  "dig TXT dns-version.cluster.local +short",
  "dig cluster.local SOA +noall +answer",
  "dig ext.beta.svc.cluster.local +noall +answer",
  "dig +noall +answer word-v5-beta.beta.svc.cluster.local guild-local.beta.svc.cluster.local",
  "dig many.beta.svc.cluster.local +noedns +noall +answer",
  "dig AAAA word-v5-beta.beta.svc.cluster.local +noall +answer +authority",
  "getent hosts word-v5-beta",
  "getent hosts guild-local",
  "getent hosts 172.20.254.146",
  "getent hosts nosuch",
  "getent ahostsv4 www.example.com",
  "getent ahostsv4 ext",
  "getent ahosts guild-local",
];

export const BUSYBOX: readonly string[] = [
  "nslookup word-v5-beta",
  "nslookup word-v5-beta.beta.svc.cluster.local",
  "nslookup guild-local.beta.svc.cluster.local",
  `nslookup 172.20.250.219 ${SERVER}`,
  "nslookup 172.20.250.219",
  "nslookup 9.9.9.9",
  "nslookup -type=srv _http._tcp.word-v5-beta.beta.svc.cluster.local",
  "nslookup -type=txt dns-version.cluster.local",
  "nslookup -type=soa cluster.local",
  "nslookup ext.beta.svc.cluster.local",
  "nslookup nosuch.beta.svc.cluster.local",
  "nslookup www.example.com",
  "nslookup empty.beta.svc.cluster.local",
];

/** The text of a tool without what is drawn, timed or counted. */
export function alikeText(text: string): string {
  return text
    .replace(/id: \d+/g, "id: N")
    .replace(/COOKIE: [0-9a-f]+/g, "COOKIE: C")
    .replace(/Query time: \d+/g, "Query time: N")
    .replace(/WHEN: .*/g, "WHEN: T")
    .replace(/(serial = |hostmaster\.cluster\.local\.? )\d+/g, "$1N");
}
