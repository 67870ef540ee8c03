// Startup probes: nobody else asks a container before it has started, and it has so long for it.
// The rules are those of pkg/kubelet/prober/{worker,prober_manager}.go of Kubernetes 1.36.
import { expect } from "chai";
import type { KubeObject } from "../../lib/kube/api/object.ts";
import { type Cluster, cluster } from "../../lib/kube/cluster.ts";
import type { Image } from "../../lib/kube/kubelet/images.ts";
import { echo } from "../../lib/kube/kubelet/programs.ts";
import { isReady, type Pod } from "../../lib/kube/shapes.ts";

/** Listens seven seconds after it began. */
const slow: Image["entrypoint"] = function* (running) {
  yield { until: running.lab.now + 7e9 };
  return yield* echo(running);
};

const port = { tcpSocket: { port: 8080 } };

function started(spec: object, seconds: number): Cluster {
  const k8s = cluster({ nodes: 1, seed: "startup", images: { slow: { entrypoint: slow } } });
  k8s.client("kubectl").create("pods", "default", { metadata: { name: "web" }, spec });
  k8s.lab.runFor(1e9 * seconds);
  return k8s;
}

const podOf = ({ server }: Cluster) => server.store.list("/registry/pods", "/registry/pods/default/web")[0] as Pod;

type Event = KubeObject & { readonly reason: string; readonly message: string; readonly count?: number };

/** Reasons, messages without addresses, and how often, of what is told of probes. */
const told = ({ server }: Cluster) =>
  (server.store.list("/registry/events", "/registry/events/default/") as Event[])
    .filter(({ reason }) => reason === "Unhealthy" || reason === "Killing")
    .map(({ reason, message, count = 1 }) => `${reason} ${message.replace(/10\.[\d.]+:/, "IP:")} ×${count}`);

const REFUSED = "Unhealthy Startup probe failed: dial tcp IP:8080: connect: connection refused";

describe("startup probes", () => {
  const probes = {
    startupProbe: { ...port, periodSeconds: 2, failureThreshold: 5 },
    livenessProbe: { ...port, periodSeconds: 1, failureThreshold: 1 },
    readinessProbe: { ...port, periodSeconds: 30 },
  };

  it("hold the others; once it has started, readiness is asked at once", () => {
    const k8s = started({ containers: [{ name: "app", image: "slow", ...probes }] }, 7);
    const [before] = podOf(k8s).status!.containerStatuses!;
    expect([before!.started, before!.ready, before!.restartCount]).to.deep.equal([false, false, 0]);
    k8s.lab.runFor(2e9);
    const [after] = podOf(k8s).status!.containerStatuses!;
    expect([after!.started, after!.ready, after!.restartCount]).to.deep.equal([true, true, 0]);
    expect(told(k8s)).to.deep.equal([`${REFUSED} ×4`]);
    k8s.lab.runFor(20e9);
    expect(told(k8s)).to.have.length(1);
  });

  it("make a container ready that has no readiness probe", () => {
    const spec = { containers: [{ name: "app", image: "slow", startupProbe: probes.startupProbe }] };
    expect(isReady(podOf(started(spec, 7)))).to.equal(false);
    expect(isReady(podOf(started(spec, 9)))).to.equal(true);
  });

  it("end a container that takes longer, and it begins anew; but not where it may not", () => {
    const startupProbe = { ...port, periodSeconds: 2, failureThreshold: 2 };
    const containers = [{ name: "app", image: "slow", startupProbe }];
    const again = started({ containers }, 4);
    const [app] = podOf(again).status!.containerStatuses!;
    expect([app!.restartCount, app!.lastState.terminated!.exitCode]).to.deep.equal([1, 137]);
    const killed = "Killing Container app failed startup probe";
    expect(told(again)).to.include.members([`${killed}, will be restarted ×1`]);
    const never = started({ restartPolicy: "Never", containers }, 30);
    expect(podOf(never).status!.phase).to.equal("Failed");
    expect(told(never)).to.deep.equal([`${REFUSED} ×2`, `${killed} ×1`]);
  });

  it("of a sidecar are waited for by what follows it", () => {
    const initContainers = [
      { name: "beside", image: "slow", restartPolicy: "Always", startupProbe: probes.startupProbe },
    ];
    const containers = [{ name: "app", image: "nginx" }];
    const { phase, containerStatuses, initContainerStatuses } = podOf(started({ initContainers, containers }, 7))
      .status!;
    expect([phase, containerStatuses![0]!.started, initContainerStatuses![0]!.started]).to.deep.equal([
      "Pending",
      false,
      false,
    ]);
    expect(podOf(started({ initContainers, containers }, 10)).status!.phase).to.equal("Running");
  });
});
