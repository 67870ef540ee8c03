// CoreDNS answers, and writes into its log, what a real one did for the same objects and the same questions (record.ts).
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { COREFILE } from "../../../lib/kube/dns/manifests.ts";
import type { Pod } from "../../../lib/kube/shapes.ts";
import type { Program } from "../../../lib/lab/process.ts";
import { askByTcp, askByUdp, type Heard } from "../../../lib/tools/dns/exchange.ts";
import { ip } from "../../../lib/wire/address.ts";
import { alike, alikeLog, messageOf, NAMESPACE, OUTSIDE, QUESTIONS, type Question, SERVICES, SLICES } from "./asked.ts";

const GOLDEN = JSON.parse(readFileSync("test/kube/goldens/coredns.json", "utf8")) as {
  answer: unknown;
  log: string[];
}[];

function corednsOf({ server, kubelets }: Cluster) {
  const pods = server.store.list("/registry/pods", "/registry/pods/kube-system/") as Pod[];
  const pod = pods.find(({ metadata }) => metadata.name.startsWith("coredns-"))!;
  const worker = kubelets.get(pod.spec.nodeName!)!.workers.get(`kube-system/${pod.metadata.name}`)!;
  return { address: pod.status!.podIP!, run: worker.containers[0]! };
}

function ask({ lab }: Cluster, address: string, question: Question, id: number): Heard {
  let heard: Heard | null = null;
  const asker = { lab, ns: lab.netns("node-1"), program: "test" };
  const silent = { ns: asker.ns, out: () => {}, err: () => {} };
  const message = messageOf(question, id);
  function* program(): Program {
    const got = question.overTcp
      ? yield* askByTcp(asker, ip(address), message, 5e9)
      : yield* askByUdp(asker, ip(address), [message], 5e9);
    heard = Array.isArray(got) ? got[0]! : (got as Heard);
    return 0;
  }
  expect(lab.runUntilDone(lab.start("test", silent, program()))).to.equal(true);
  return heard!;
}

describe("CoreDNS", () => {
  const corefile = COREFILE.replace("    errors\n", "    log\n    errors\n");
  const k8s = cluster({ nodes: 1, seed: "coredns", names: OUTSIDE, dns: { replicas: 1, corefile } });
  const kubectl = k8s.client("kubectl");
  kubectl.create("namespaces", null, { metadata: { name: NAMESPACE } });
  for (const each of SERVICES) kubectl.create("services", NAMESPACE, each);
  for (const each of SLICES) kubectl.create("endpointslices", NAMESPACE, each);
  k8s.settle();
  const { address, run } = corednsOf(k8s);

  for (const [i, question] of QUESTIONS.entries()) {
    const { name, type = "A", size, overTcp } = question;
    it(`${type} ${name}${size === undefined ? "" : ` (${size})`}${overTcp ? " by TCP" : ""}`, () => {
      const before = run.log.length;
      const { message } = ask(k8s, address, question, i + 1);
      const log = run.log.slice(before).trimEnd().split("\n").map(alikeLog);
      expect({ answer: alike(message), log }).to.deep.equal(GOLDEN[i]);
    });
  }
});
