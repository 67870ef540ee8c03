// kubectl in a lab: in shells with pipes, from a notebook, with pods whose commands and logs it reaches.
import { expect } from "chai";
import { cluster } from "../../lib/notebook/cluster.ts";
import { kubectl } from "../../lib/notebook/kubectl.ts";
import { sh } from "../../lib/notebook/sh.ts";
import { BadInput } from "../../lib/wire/input.ts";

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: nginx}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: talks}
spec: {containers: [{name: a, image: busybox, command: [sh, -c, "echo one; echo two; sleep 1000"]}]}
`;

describe("kubectl in a lab", function () {
  this.timeout(20_000);
  before(() => {
    cluster({ nodes: 2, seed: "kubectl in a lab" });
    expect(kubectl("apply -f -", WEB).out).to.equal("deployment.apps/web created\npod/talks created\n");
    expect(kubectl("rollout status deploy/web").lines.at(-1)).to.equal('deployment "web" successfully rolled out');
    expect(kubectl("wait --for=condition=Ready pod/talks").out).to.equal("pod/talks condition met\n");
  });

  it("is a command of every shell, with pipes, files and documents in place", () => {
    expect(sh("node-1", "kubectl get pods --no-headers | grep -c web").out).to.equal("2\n");
    sh("control-plane", "kubectl get deploy web -o yaml > web.yaml");
    expect(kubectl("delete -f web.yaml --dry-run=client").out).to.contain('deployment.apps "web" deleted');
    const text = "kubectl create -f - <<EOF\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: here}\nEOF\n";
    expect(sh("node-2", text).out).to.equal("configmap/here created\n");
  });

  it("runs commands in a pod's namespace, with their exit status", () => {
    const address = kubectl("get pod talks -o jsonpath='{.status.podIP}'").out;
    expect(kubectl("exec talks -- ip addr show eth0").out).to.contain(`inet ${address}/24`);
    const failed = kubectl("exec deploy/web -- false");
    expect([failed.status, failed.text]).to.deep.equal([1, "command terminated with exit code 1\n"]);
    expect(() => kubectl("exec deploy/web -- sh")).to.throw(BadInput, "kubectl exec");
  });

  it("reads logs, and tells when there are none yet", () => {
    expect(kubectl("logs talks").out).to.equal("one\ntwo\n");
    expect(kubectl("logs talks --tail=1").out).to.equal("two\n");
    kubectl("run later --image=nobody/has-this; sleep 0.2");
    expect(kubectl("logs later").text).to.equal(
      'Error from server (BadRequest): container "later" in pod "later" is waiting to start: ContainerCreating\n',
    );
    expect(kubectl("logs talks -p").status).to.equal(1);
  });

  it("lets time pass as long as it waits, and no longer", () => {
    const shown = kubectl(
      "get pods -l app=web -w --request-timeout=1s & kubectl scale deploy web --replicas=3; sleep 2",
    );
    expect(shown.lines.filter((line) => line.includes("Running")).length).to.be.at.least(3);
    expect(kubectl("delete pod talks").out).to.equal('pod "talks" deleted from default namespace\n');
    expect(kubectl("get pod talks").text).to.equal('Error from server (NotFound): pods "talks" not found\n');
  });

  it("restarts once a second, and not what is there no more", () => {
    expect(kubectl("rollout restart deploy/web").out).to.equal("deployment.apps/web restarted\n");
    const again = kubectl("rollout restart deploy/web");
    const why =
      "if restart has already been triggered within the past second, please wait before attempting to trigger another";
    expect([again.status, again.text]).to.deep.equal([1, `error: failed to create patch for web: ${why}\n`]);
  });

  it("lets a namespace go when all that is in it is gone", () => {
    kubectl("create ns going");
    kubectl("run inside --image=nginx -n going");
    kubectl("create cm inside -n going");
    kubectl("wait --for=condition=Ready pod/inside -n going");
    expect(kubectl("delete ns going --wait=false").out).to.equal('namespace "going" deleted\n');
    expect(kubectl("get ns going -o jsonpath='{.status.phase}'").out).to.equal("Terminating");
    expect(kubectl("create cm late -n going").text).to.contain("because it is being terminated");
    expect(kubectl("wait --for=delete ns/going").status).to.equal(0);
    expect(kubectl("get pods,cm -n going").text).to.equal("No resources found in going namespace.\n");
    expect(kubectl("delete ns default").text).to.contain("this namespace may not be deleted");
  });

  it("refuses by name what the real one has and this has not", () => {
    for (const text of [
      "explain pod.spec",
      "set env deploy/web A=b",
      "config use-context x",
      "create secret generic x",
      "edit deploy web",
      "logs talks --help",
    ])
      expect(() => kubectl(text), text).to.throw(BadInput);
    expect(() => kubectl("explain pod.spec")).to.throw(BadInput, "kubernetes.io/docs/reference/kubernetes-api/");
  });
});
