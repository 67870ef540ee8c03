// The layout of kube-proxy 1.20, as a real kernel listed it.
import { strict as assert } from "node:assert";
import { addressOf } from "../../../lib/kube/proxy/address.ts";
import type { ProxiedSlice } from "../../../lib/kube/proxy/endpoints.ts";
import type { ProxiedService } from "../../../lib/kube/proxy/service-port.ts";
import { DEFAULTS } from "../../../lib/kube/proxy/settings.ts";
import { makeProxier } from "../../../lib/kube/proxy/start.ts";
import { Tracker } from "../../../lib/kube/proxy/tracker.ts";
import { Lab } from "../../../lib/lab/lab.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";

/** iptables-legacy 1.8.9 of rules in this layout, typed in by hand on Linux 6.1. */
const LISTED = `Chain KUBE-NODEPORTS (1 references)
target     prot opt source               destination         
KUBE-MARK-MASQ  6    --  0.0.0.0/0            0.0.0.0/0            /* beta/word-v5-beta:http */ tcp dpt:32723
KUBE-SVC-7EUSQI7QIASQWEEM  6    --  0.0.0.0/0            0.0.0.0/0            /* beta/word-v5-beta:http */ tcp dpt:32723

Chain KUBE-SEP-W5KHKXQHUD4WIQCU (1 references)
target     prot opt source               destination         
KUBE-MARK-MASQ  0    --  172.20.254.146       0.0.0.0/0            /* beta/word-v5-beta:http */
DNAT       6    --  0.0.0.0/0            0.0.0.0/0            /* beta/word-v5-beta:http */ tcp to:172.20.254.146:3021

Chain KUBE-SERVICES (2 references)
target     prot opt source               destination         
KUBE-SVC-7EUSQI7QIASQWEEM  6    --  0.0.0.0/0            10.100.68.182        /* beta/word-v5-beta:http cluster IP */ tcp dpt:80
KUBE-NODEPORTS  0    --  0.0.0.0/0            0.0.0.0/0            /* kubernetes service nodeports; NOTE: this must be the last rule in this chain */ ADDRTYPE match dst-type LOCAL

Chain KUBE-SVC-7EUSQI7QIASQWEEM (2 references)
target     prot opt source               destination         
KUBE-SEP-W5KHKXQHUD4WIQCU  0    --  0.0.0.0/0            0.0.0.0/0            /* beta/word-v5-beta:http */
`;

describe("kube-proxy 1.20", () => {
  const service = {
    metadata: { namespace: "beta", name: "word-v5-beta" },
    spec: {
      type: "NodePort",
      clusterIP: "10.100.68.182",
      ports: [{ name: "http", protocol: "TCP", port: 80, nodePort: 32723 }],
    },
  } as unknown as ProxiedService;
  const slice = {
    metadata: { namespace: "beta", name: "a", labels: { "kubernetes.io/service-name": "word-v5-beta" } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["172.20.254.146"] }],
    ports: [{ name: "http", protocol: "TCP", port: 3021 }],
  } as unknown as ProxiedSlice;

  function proxied(changed: object = {}) {
    const lab = new Lab();
    const { root: ns } = lab.node("node");
    const tracker = new Tracker(4, "node");
    tracker.setService("beta/word-v5-beta", { ...service, ...changed });
    tracker.setSlice(slice, false);
    const settings = { ...DEFAULTS, layout: "1.20", nodeIP: addressOf("172.20.254.241") } as const;
    return { lab, proxier: makeProxier("iptables", { lab, ns }, tracker, settings, { node: "node", zone: "" }) };
  }

  it("lists the chains of a node port as listings of that time have them", () => {
    const { lab, proxier } = proxied();
    lab.machines.get("node")!.iptables = { version: "1.8.9", backEnd: "legacy" };
    proxier.sync();
    const { text } = runShell(lab, place(lab, "node"), "iptables -t nat -nL");
    const chains = text.split("\n\n").filter((each) => /^Chain KUBE-(NODEPORTS|SEP|SERVICES|SVC)/.test(each));
    assert.equal(`${chains.join("\n\n").trimEnd()}\n`, LISTED);
  });

  it("refuses Services of which it does not know the rules", () => {
    const status = { loadBalancer: { ingress: [{ ip: "1.2.3.4" }] } };
    assert.throws(() => proxied({ status }).proxier.sync(), { name: "BadInput", message: /kube-proxy 1\.20/ });
  });
});
