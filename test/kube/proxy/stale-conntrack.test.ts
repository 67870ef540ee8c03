// UDP flows to a Service whose endpoint is gone are taken away; all others stay.
import { strict as assert } from "node:assert";
import type { ProxiedSlice } from "../../../lib/kube/proxy/endpoints.ts";
import type { ProxiedService } from "../../../lib/kube/proxy/service-port.ts";
import { cleanStaleEntries } from "../../../lib/kube/proxy/stale-conntrack.ts";
import { Tracker } from "../../../lib/kube/proxy/tracker.ts";
import { Lab } from "../../../lib/lab/lab.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";

describe("stale UDP flows", () => {
  it("go when their endpoint serves no more, by cluster IP and by node port", () => {
    const lab = new Lab();
    const { root: ns } = lab.node("node");
    const entry = (protocol: string, to: string, port: number, from: string, client: number) =>
      `conntrack -I -p ${protocol} -s 10.0.0.2 -d ${to} --sport ${client} --dport ${port} -r ${from} -q 10.0.0.2 ` +
      `--reply-port-src 53 --reply-port-dst ${client} --timeout 60${protocol === "tcp" ? " --state ESTABLISHED" : ""}`;
    const flows = [
      ["udp", "10.96.0.10", 53, "10.180.0.1"],
      ["udp", "10.96.0.10", 53, "10.180.0.9"],
      ["udp", "10.96.0.10", 54, "10.180.0.9"],
      ["udp", "192.168.0.2", 30053, "10.180.0.9"],
      ["tcp", "10.96.0.10", 53, "10.180.0.9"],
    ] as const;
    for (const [i, [protocol, to, port, from]] of flows.entries())
      runShell(lab, place(lab, "node"), entry(protocol, to, port, from, 4000 + i));
    const tracker = new Tracker(4, "node");
    tracker.setService("kube-system/dns", {
      metadata: { namespace: "kube-system", name: "dns" },
      spec: { clusterIP: "10.96.0.10", ports: [{ name: "dns", protocol: "UDP", port: 53, nodePort: 30053 }] },
    } as unknown as ProxiedService);
    const slice = (serving: boolean) =>
      ({
        metadata: { namespace: "kube-system", name: "a", labels: { "kubernetes.io/service-name": "dns" } },
        addressType: "IPv4",
        endpoints: [{ addresses: ["10.180.0.1"], conditions: { ready: serving, serving } }],
        ports: [{ name: "dns", protocol: "UDP", port: 53 }],
      }) as unknown as ProxiedSlice;
    const left = () =>
      ns.tracking.conntrack
        .list()
        .map(({ original, reply }) => `${original.tuple.protocol} ${original.tuple.to} ${reply.tuple.src}`);
    assert.equal(left().length, 5);
    // Without anybody who serves there is nobody to lead a flow to.
    tracker.setSlice(slice(false), false);
    cleanStaleEntries(ns, tracker);
    assert.equal(left().length, 5);
    tracker.setSlice(slice(true), false);
    cleanStaleEntries(ns, tracker);
    assert.deepEqual(left().sort(), ["17 53 10.180.0.1", "17 54 10.180.0.9", "6 53 10.180.0.9"]);
  });
});
