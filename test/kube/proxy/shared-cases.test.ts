// The shared case file, flow by flow under each mode: verdict, endpoints and masquerading are what Services promise.
import { strict as assert } from "node:assert";
import { addressOf, networkOf } from "../../../lib/kube/proxy/address.ts";
import { readAskedPacket } from "../../../lib/kube/proxy/asked-packet.ts";
import { ProxyQuestion } from "../../../lib/kube/proxy/question.ts";
import { MODES } from "../../../lib/kube/proxy/start.ts";
import type { Node } from "../../../lib/kube/shapes.ts";
import { make, readShared } from "./shared-cases.ts";

describe("the shared case file", () => {
  const { settings, state, flows } = readShared();

  it("has two hundred named flows and more, each name once, as the table of promises has them", () => {
    assert.ok(flows.length >= 200, `${flows.length} flows`);
    assert.equal(new Set(flows.map(({ name }) => name)).size, flows.length);
    assert.deepEqual(JSON.parse(JSON.stringify(make())), readShared());
  });

  for (const mode of MODES)
    it(`holds in ${mode} mode`, () => {
      const nodeLabels = { "topology.kubernetes.io/zone": settings.Zone };
      const node = { metadata: { name: settings.Node, labels: nodeLabels }, spec: {} } as unknown as Node;
      const proxy = new ProxyQuestion(
        { services: state.Services, slices: state.Slices, nodes: [node] },
        {
          ...{ mode, nodeName: settings.Node, layout: "1.36" },
          nodeAddresses: settings.NodeAddresses.map((each) => addressOf(each)!),
          clusterCidrs: [networkOf(settings.ClusterCIDR)!],
          nodePortAddresses: settings.NodePortAddresses,
          masqueradeAll: settings.MasqueradeAll,
          localhostNodePorts: settings.LocalhostNodePorts,
        },
      );
      let asked = 0;
      for (const { name, packet, modes } of flows) {
        const should = modes[mode];
        if (should === null) continue;
        assert.deepEqual(proxy.ask(readAskedPacket(packet)), { packet, ...should }, name);
        asked++;
      }
      assert.ok(asked >= 200, `${asked} flows`);
    }).timeout(20_000);
});
