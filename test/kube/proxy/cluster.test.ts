// Services in a cluster: kube-proxy on each node follows the API, and clients are served.
import { strict as assert } from "node:assert";
import { type Cluster, cluster } from "../../../lib/kube/cluster.ts";
import { MODES } from "../../../lib/kube/proxy/start.ts";
import type { Pod, Service } from "../../../lib/kube/shapes.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { deployment } from "../manifests.ts";

const sh = ({ lab }: Cluster, where: string, text: string): string => runShell(lab, place(lab, where), text).text;
const pods = ({ server }: Cluster): Pod[] => server.store.list("/registry/pods", "/registry/pods/") as Pod[];
const vip = (k8s: Cluster): string => (k8s.client("test").get("services", "default", "web") as Service).spec.clusterIP!;

/** Whom so many connections met. */
function met(k8s: Cluster, where: string, url: string, count = 12): Set<string> {
  const said = Array.from({ length: count }, () => sh(k8s, where, `curl -s ${url}`));
  return new Set(said.map((each) => each.split(" ")[0]!));
}

for (const proxy of MODES)
  describe(`kube-proxy in a cluster, ${proxy}`, () => {
    let k8s: Cluster;
    before(() => {
      k8s = cluster({ nodes: 2, proxy, seed: "services" });
      const kubectl = k8s.client("kubectl");
      kubectl.create("deployments", "default", deployment("web", 3));
      const ports = [{ name: "http", port: 80, targetPort: 8080, nodePort: 30080 }];
      const spec = { type: "NodePort", selector: { app: "web" }, ports };
      kubectl.create("services", "default", { metadata: { name: "web" }, spec });
      k8s.settle();
      sh(k8s, "internet", "ip route add 192.168.0.0/24 via 203.0.113.1");
    });

    const names = () => new Set(pods(k8s).map(({ metadata }) => metadata.name));

    it("a pod reaches every endpoint by the cluster IP, and so does a node", () => {
      const client = pods(k8s)[0]!.metadata.name;
      assert.deepEqual(met(k8s, client, `http://${vip(k8s)}/`), names());
      assert.deepEqual(met(k8s, "control-plane", `http://${vip(k8s)}/`), names());
    });

    it("the internet reaches them by the node port of every node", () => {
      for (const host of [10, 11, 12])
        assert.deepEqual(met(k8s, "internet", `http://192.168.0.${host}:30080/`), names());
    });

    it("a pod that meets itself sees another address than its own", () => {
      const { metadata, status } = pods(k8s)[0]!;
      const said = Array.from({ length: 12 }, () => sh(k8s, metadata.name, `curl -s http://${vip(k8s)}/`));
      const itself = said.filter((each) => each.startsWith(`${metadata.name} `));
      assert.ok(itself.length > 0);
      for (const each of itself) assert.ok(!each.includes(` ${status!.podIP}:`), each);
    });

    it("who is gone is not met any more, and nobody at all is a refusal", () => {
      const kubectl = k8s.client("kubectl");
      kubectl.patch("deployments", kubectl.get("deployments", "default", "web")!, { spec: { replicas: 1 } });
      k8s.settle();
      assert.equal(pods(k8s).length, 1);
      assert.deepEqual(met(k8s, "internet", "http://192.168.0.12:30080/"), names());
      kubectl.patch("deployments", kubectl.get("deployments", "default", "web")!, { spec: { replicas: 0 } });
      k8s.settle();
      // A proxy takes the connection before it knows that nobody is there.
      assert.match(
        sh(k8s, "internet", "curl http://192.168.0.12:30080/"),
        proxy === "userspace" ? /reset by peer/ : /Couldn't connect to server/,
      );
      kubectl.patch("deployments", kubectl.get("deployments", "default", "web")!, { spec: { replicas: 2 } });
      k8s.settle();
      assert.deepEqual(met(k8s, "internet", "http://192.168.0.12:30080/"), names());
    });
  });
