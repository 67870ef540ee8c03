// The verbs cloud and metallb: what they show, and what they refuse.
import { strict as assert } from "node:assert";
import { cluster } from "../../lib/notebook/cluster.ts";
import { cloud, metallb } from "../../lib/notebook/edge.ts";
import { kubectl } from "../../lib/notebook/kubectl.ts";
import { sh } from "../../lib/notebook/sh.ts";
import { BadInput } from "../../lib/wire/input.ts";

const NLB = `apiVersion: v1
kind: Service
metadata: {name: nlb}
spec: {type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`;
const GATEWAY = `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gate}
spec: {gatewayClassName: alb, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: canary}
spec:
  parentRefs: [{name: gate}]
  hostnames: ["*.example.com"]
  rules:
  - matches: [{headers: [{name: X-Canary, value: "yes"}]}]
    backendRefs: [{name: none, port: 80}]
  - backendRefs: [{name: nlb, port: 80}]
`;

describe("the verb cloud", () => {
  it("shows load balancers, targets, rules and shares, and who asks is served", () => {
    const k8s = cluster({ nodes: 2, cni: "aws-vpc", gatewayApi: true, seed: "verbs" });
    const aws = cloud({ zones: { "node-1": "a", "node-2": "b" } });
    kubectl("create deployment web --image=echo --replicas=2");
    kubectl("apply -f -", NLB);
    kubectl("apply -f -", GATEWAY);
    k8s.settle();
    const machines = aws.loadBalancers.rows.map(([, machine, kind, zone]) => [machine, kind, zone].join(" "));
    assert.deepEqual(machines, ["nlb-nlb nlb a", "nlb-nlb nlb b", "alb-gate alb a", "alb-gate alb b"]);
    assert.deepEqual(
      aws.targets("nlb").rows.map(([, name, , zone, health]) => [name, zone, health]),
      [
        ["node-1", "a", "healthy"],
        ["node-2", "b", "healthy"],
      ],
    );
    assert.deepEqual(aws.spread("nlb", 1000).counts, { "node-1": 500, "node-2": 500 });
    assert.deepEqual(
      aws.rules("gateway gate").rows.map((row) => row.slice(2, 6)),
      [
        ["*.example.com", "Prefix /", "x-canary=yes", "default/none:80"],
        ["*.example.com", "Prefix /", "", "default/nlb:80"],
      ],
    );
    const ask = (headers: string) => sh("internet", `curl -s ${headers} http://${aws.name("gateway gate")}/`).out;
    assert.match(ask("-H 'Host: a.example.com'"), /^web-/);
    assert.match(ask("-H 'Host: a.example.com' -H 'X-Canary: yes'"), /500 Internal Server Error/);
    assert.match(ask("-H 'Host: example.org'"), /404 Not Found/);
    assert.match(kubectl("get gateway gate").out, /alb +k8s-default-gate-\S+\.elb\.amazonaws\.com +True/);
    for (const wrong of [() => aws.targets("none"), () => aws.rules("nlb"), () => aws.spread("gateway gate", 10)])
      assert.throws(wrong, BadInput);
    assert.throws(() => cloud({ zones: { nowhere: "a" } }), BadInput);
  });
});

describe("the verb metallb", () => {
  it("shows the election, and refuses what has no address", () => {
    const k8s = cluster({ nodes: 2, seed: "verbs" });
    const metal = metallb({ pool: "198.51.100.16/30" });
    kubectl("create deployment web --image=echo --replicas=2");
    kubectl("expose deployment web --type=LoadBalancer --port=80 --target-port=8080");
    k8s.settle();
    assert.match(kubectl("get svc web").out, /LoadBalancer +\S+ +198\.51\.100\.16 +80:/);
    assert.equal(metal.candidates("web").rows.filter(([, , so]) => so === "announces it").length, 1);
    assert.throws(() => metal.candidates("none"), BadInput);
  });
});
