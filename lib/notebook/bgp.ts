// The verb bgp: Calico's speakers, their sessions, and the routes that came of them.
import { type SpeakerSeen, sessions } from "../draw/sessions.ts";
import type { Cluster } from "../kube/cluster.ts";
import type { BgpMessage } from "../kube/cni/calico/bgp-message.ts";
import { BgpRoutes } from "../kube/cni/calico/bgp-routes.ts";
import { CalicoNode } from "../kube/cni/calico/node.ts";
import type { Speaker } from "../kube/cni/calico/speaker.ts";
import { BadInput } from "../wire/input.ts";
import { Picture, Told } from "./display.ts";
import { sh } from "./sh.ts";

/** The mesh as a picture; `log` is what one speaker sent and heard. */
export class BgpMesh extends Picture {
  private readonly speakers: ReadonlyMap<string, Speaker>;

  constructor(speakers: ReadonlyMap<string, Speaker>, seen: readonly SpeakerSeen[]) {
    super(sessions(seen));
    this.speakers = speakers;
  }
  /** The messages of a node's sessions, without the KEEPALIVEs of those that are established. Throws BadInput for a node without a speaker. */
  log(node: string): Told {
    const speaker = this.speakers.get(node);
    if (speaker === undefined)
      throw new BadInput("no node of this name speaks BGP", node, `There are ${[...this.speakers.keys()].join(", ")}.`);
    const lines = speaker.log.map(
      ({ time, peer, direction, message }) =>
        `${(time / 1e9).toFixed(4)} s  ${direction.padEnd(8)}  ${peer.padEnd(15)}  ${messageText(message)}`,
    );
    return new Told(lines.join("\n"));
  }
}

function messageText(message: BgpMessage): string {
  switch (message.type) {
    case "open":
      return `OPEN AS ${message.as}, hold time ${message.holdTime} s, id ${message.id}`;
    case "keepalive":
      return "KEEPALIVE";
    case "notification":
      return `NOTIFICATION code ${message.code}, subcode ${message.subcode}`;
    case "update": {
      const { withdrawn, nextHop, reachable } = message;
      const gone = withdrawn.length > 0 ? [`withdrawn ${withdrawn.join(", ")}`] : [];
      const come = reachable.length > 0 ? [`${reachable.join(", ")} by next hop ${nextHop}`] : [];
      return `UPDATE ${[...gone, ...come].join("; ")}`;
    }
  }
}

/**
 * The BGP speakers of a cluster with Calico, their sessions, and the kernel's routes that they made. Throws BadInput for a
 * cluster whose nodes speak no BGP.
 *
 * @example
 * bgp(k8s).log("node-1")
 */
export function bgp(k8s: Cluster): BgpMesh {
  const speakers = new Map<string, Speaker>();
  for (const [node, { plugin }] of k8s.kubelets)
    if (plugin instanceof CalicoNode && plugin.ways instanceof BgpRoutes) speakers.set(node, plugin.ways.speaker);
  if (speakers.size === 0)
    throw new BadInput(
      "no node of this cluster speaks BGP",
      "bgp",
      'Make one that does: cluster({ cni: "calico-bgp" }).',
    );
  const seen = [...speakers].map(([node, speaker]) => ({
    node,
    address: `${speaker.address}`,
    own: [...speaker.own],
    sessions: [...speaker.sessions].map(([peer, { state }]) => ({ peer, state })),
    routes: sh(node, "ip route show proto bird", k8s.lab).lines.map((line) => line.trim()),
  }));
  return new BgpMesh(speakers, seen);
}
