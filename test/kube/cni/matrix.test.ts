// The matrix of plugins: what running them finds is what their documents say (facts of each plugin's sources).
import { expect } from "chai";
import { PLUGINS } from "../../../lib/kube/cluster.ts";
import { pluginFacts, stateText } from "../../../lib/kube/cni/matrix.ts";
import { plugins } from "../../../lib/notebook/plugins.ts";

/** TTL on a node and across, MTU of pods, octets around, for each other node, who a node is elsewhere. */
const KNOWN: Readonly<Record<string, readonly [number, number, number, number, string, string]>> = {
  "flannel-vxlan": [64, 62, 1450, 50, "1 route, 1 neighbour, 1 FDB entry", "flannel.1"],
  "flannel-host-gw": [64, 62, 1500, 0, "1 route", "eth0"],
  "bridge-host-gw": [64, 62, 1500, 0, "1 route", "eth0"],
  "aws-vpc": [63, 62, 9001, 0, "nothing", "eth0"],
  "gke-routes": [64, 62, 1460, 0, "nothing", "eth0"],
  "gke-alias-ip": [63, 62, 1460, 0, "nothing", "eth0"],
  "calico-bgp": [63, 62, 1500, 0, "1 route", "eth0"],
};

describe("the matrix of plugins", function () {
  this.timeout(30_000);

  for (const { name } of PLUGINS)
    it(`${name}: TTLs, MTU, state, and all pods reach all pods by the address they have themselves`, () => {
      const { ttl, mtu, overhead, state, nodeSeenBy, reached, untranslated, fromNode } = pluginFacts(name);
      // Nobody is more on the wire than the nodes' network takes.
      expect(mtu.pod + overhead).to.be.at.most(mtu.node);
      const found = [ttl.same, ttl.other, mtu.pod, overhead, stateText(state.remote), nodeSeenBy];
      if (KNOWN[name] !== undefined) expect(found).to.deep.equal(KNOWN[name]);
      expect([reached, untranslated, fromNode]).to.deep.equal([
        { of: 16, well: 16 },
        { of: 16, well: 16 },
        { of: 4, well: 4 },
      ]);
    });

  it("is a table", () => {
    const table = plugins(["gke-routes"]);
    expect(`${table}`.split("\n")).to.have.lengthOf(2);
    expect(`${table}`).to.match(/^plugin +TTL on a node .*\ngke-routes +64 +62 +1460 +1460 +0 /);
    expect(() => plugins(["flanel"])).to.throw("no network plugin of this name");
  });
});
