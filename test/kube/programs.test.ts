// Programs of containers, those that are there and those of one's own.
import { expect } from "chai";
import { type Cluster, cluster } from "../../lib/kube/cluster.ts";
import { httpImage, type Image } from "../../lib/kube/kubelet/images.ts";
import { isReady, type Pod } from "../../lib/kube/shapes.ts";
import { place, runShell } from "../../lib/tools/shell.ts";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;

const counter: Image["entrypoint"] = function* ({ lab, out }) {
  for (let i = 1; i <= 3; i++) {
    out(`${i}\n`);
    yield { until: lab.now + 1e9 };
  }
  return 7;
};

function withPods(pods: Readonly<Record<string, object>>, images: Readonly<Record<string, Image>> = {}): Cluster {
  const k8s = cluster({ nodes: 1, seed: "programs", images });
  for (const [name, app] of Object.entries(pods))
    k8s.client("kubectl").create("pods", "default", {
      metadata: { name },
      spec: { restartPolicy: "Never", containers: [{ name: "app", ...app }] },
    });
  return k8s;
}

const podOf = ({ server }: Cluster, name: string) =>
  server.store.list("/registry/pods", `/registry/pods/default/${name}`)[0] as Pod;

const runOf = ({ kubelets }: Cluster, name: string) =>
  [...kubelets.values()].flatMap(({ workers }) => workers.get(`default/${name}`)?.containers ?? [])[0]!;

describe("programs of containers", () => {
  it("an echo server says whom it saw and what it was asked, and is well or not as it is told", () => {
    const readinessProbe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 1 };
    const k8s = withPods({ web: { image: "echo", readinessProbe } }).settle();
    const { podIP } = podOf(k8s, "web").status!;
    const curl = (path: string) => sh(k8s, "node-1", `curl -s http://${podIP}:8080${path}`);
    expect(curl("/headers")).to.match(
      /^web saw client 10\.244\.1\.1:\d+\nGET \/headers HTTP\/1\.1\nhost: [\d.]+:8080\nuser-agent: curl\/7\.88\.1\naccept: \*\/\*\n$/,
    );
    expect(isReady(podOf(k8s, "web"))).to.equal(true);
    curl("/healthz/fail");
    k8s.lab.runFor(5e9);
    expect(isReady(podOf(k8s, "web"))).to.equal(false);
    curl("/healthz/pass");
    k8s.lab.runFor(5e9);
    expect(isReady(podOf(k8s, "web"))).to.equal(true);
  });

  it("a client asks again and again, and a lab does not wait for it", () => {
    const k8s = withPods({ web: { image: "echo" } }).settle();
    const { podIP } = podOf(k8s, "web").status!;
    const spec = { containers: [{ name: "app", image: "client", args: [`http://${podIP}:8080/`, "-interval=2"] }] };
    k8s.client("kubectl").create("pods", "default", { metadata: { name: "client" }, spec });
    k8s.settle();
    k8s.lab.runFor(10e9);
    expect(runOf(k8s, "client").log.text.match(/web saw client/g)!.length).to.be.within(5, 7);
  });

  it("a crasher, a sleeper and a function of one's own end as they say", () => {
    const k8s = withPods(
      {
        crash: { image: "crasher", args: ["-after=3", "-code=42"] },
        sleep: { image: "sleeper", args: ["-seconds=4"] },
        count: { image: "counter:v1" },
        word: { image: "word" },
      },
      { counter: { entrypoint: counter }, word: httpImage(3021, ({ client }) => `a word for ${client.address}\n`) },
    );
    k8s.settle();
    k8s.lab.runFor(10e9);
    const ended = (name: string) => podOf(k8s, name).status!.containerStatuses![0]!.state.terminated!.exitCode;
    expect([ended("crash"), ended("sleep"), ended("count")]).to.deep.equal([42, 0, 7]);
    expect(runOf(k8s, "count").log.text).to.equal("1\n2\n3\n");
    expect(sh(k8s, "node-1", `curl -s ${podOf(k8s, "word").status!.podIP}:3021`)).to.equal("a word for 10.244.1.1\n");
  });
});
