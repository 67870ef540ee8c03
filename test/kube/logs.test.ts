// kubectl logs prints what a real one printed of the same containers (record-logs.ts).
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Cluster } from "../../lib/kube/cluster.ts";
import { kubectl } from "../../lib/kube/kubectl/kubectl.ts";
import type { Answer } from "./kubectl-ask.ts";
import { alike, MANIFEST, QUESTIONS } from "./logs.ts";

/** kubectl, for as long as it takes in the lab's time. */
function asking({ lab, server, clock, kubelets }: Cluster): (line: string, stdin?: string) => Answer {
  const { ns } = [...kubelets.values()][0]!;
  const files = { read: () => null, list: () => null };
  return (line, stdin = "") => {
    let [out, error] = ["", ""];
    const streams = { stdin, out: (text: string) => (out += text), err: (text: string) => (error += text) };
    const program = kubectl({ server, clock, files }, line.split(" "), streams);
    const process = lab.start("kubectl", { ns, ...streams }, program);
    while (process.status === null) lab.runFor(1e8);
    return { out, error, status: process.status };
  };
}

describe("kubectl logs", () => {
  const recorded: Record<string, Answer>[] = JSON.parse(readFileSync("test/kube/goldens/logs-read.json", "utf8"));
  const ask = asking(new Cluster({ nodes: 1, seed: "logs" }));
  before(() => {
    ask("apply -f -", MANIFEST);
    ask("wait pod/talks --for=condition=Ready");
  });
  for (const [i, question] of QUESTIONS.entries())
    it(question, () => {
      expect({ [question]: alike(ask(question)) }).to.deep.equal(recorded[i]);
    });

  it("-f goes on while the container does, for a minute of the lab's time unless it is said otherwise", () => {
    const cluster = new Cluster({ nodes: 1, seed: "follow" });
    const asked = asking(cluster);
    asked("apply -f -", MANIFEST.replaceAll("echo four", "sleep 1000"));
    asked("wait pod/talks --for=condition=Ready");
    for (const [words, seconds] of [
      ["", 60],
      [" --request-timeout=5s", 5],
    ] as const) {
      const began = cluster.clock.now;
      expect(asked(`logs -f talks${words}`).out).to.equal("one\ntwo\nthree\n");
      expect((cluster.clock.now - began) / 1e9).to.be.closeTo(seconds, 0.2);
    }
  });
});
