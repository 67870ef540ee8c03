// Random packets through random Services: what the node's rules do with them is what Services promise.
import { strict as assert } from "node:assert";
import { addressOf, hostPort, networkOf } from "../../../lib/kube/proxy/address.ts";
import { readAskedPacket } from "../../../lib/kube/proxy/asked-packet.ts";
import { ProxyQuestion } from "../../../lib/kube/proxy/question.ts";
import { MODES, type ProxyMode } from "../../../lib/kube/proxy/start.ts";
import type { Node } from "../../../lib/kube/shapes.ts";
import { type CaseSettings, proxyCase, type State } from "./cases.ts";
import { expected, expectedOfIpvs, expectedOfNftables, expectedOfUserspace, type Flow, flowsOf } from "./semantics.ts";

/** A kube-proxy in this mode, for the state of a case. */
function question(state: State, settings: CaseSettings, mode: ProxyMode): ProxyQuestion {
  const labels = { "topology.kubernetes.io/zone": settings.Zone };
  const node = { metadata: { name: settings.Node, labels }, spec: {} } as unknown as Node;
  return new ProxyQuestion(
    { services: state.Services, slices: state.Slices, nodes: [node] },
    {
      ...{ mode, nodeName: settings.Node, layout: "1.36" },
      nodeAddresses: settings.NodeAddresses.map((each) => addressOf(each)!),
      clusterCidrs: settings.ClusterCIDR === "" ? [] : [networkOf(settings.ClusterCIDR)!],
      nodePortAddresses: settings.NodePortAddresses,
      masqueradeAll: settings.MasqueradeAll,
      localhostNodePorts: settings.LocalhostNodePorts,
    },
  );
}

/** What each mode promises; the IPVS and the userspace mode are here for IPv4. */
const PROMISES = {
  userspace: expectedOfUserspace,
  iptables: expected,
  ipvs: expectedOfIpvs,
  nftables: expectedOfNftables,
};
/** What never comes to be in a mode. */
const NEVER: Partial<Record<ProxyMode, readonly string[]>> = {
  userspace: ["accept", "drop", "sent"],
  ipvs: ["drop"],
  nftables: ["accept"],
};

const KINDS = ["none", "accept", "reject", "drop", "sent", "sent, masqueraded"];
const kindOf = ({ destinations, verdict, masquerade }: ReturnType<typeof expected> & object) =>
  destinations.length === 0 ? verdict : masquerade ? "sent, masqueraded" : "sent";

const words = ({ protocol, src, dst, port }: Flow) => `${protocol} ${hostPort(src, 4321)} > ${hostPort(dst, port)}`;

describe("packets to Services", () => {
  for (const mode of MODES)
    it(`go in ${mode} mode where they shall`, () => {
      const tally = new Map<string, number>();
      const [first = "0", count = "24"] = (process.env.CASES ?? "").split("+").filter((each) => each !== "");
      for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
        const { Settings, Steps } = proxyCase(`${seed}`);
        if ((mode === "ipvs" || mode === "userspace") && Settings.Family === 6) continue;
        const state = Steps.at(-1)!;
        const proxy = question(state, Settings, mode);
        for (const flow of flowsOf(state, Settings)) {
          const should = PROMISES[mode](state, Settings, flow);
          if (should === null) continue;
          const packet = words(flow);
          assert.deepEqual(proxy.ask(readAskedPacket(packet)), { packet, ...should }, `seed ${seed}: ${packet}`);
          tally.set(kindOf(should), (tally.get(kindOf(should)) ?? 0) + 1);
        }
      }
      if (process.env.CASES !== undefined) console.log(tally);
      for (const kind of KINDS)
        if (!NEVER[mode]?.includes(kind)) assert.ok((tally.get(kind) ?? 0) > 5, `packets of this kind: ${kind}`);
    }).timeout(60000);
});
