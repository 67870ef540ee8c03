// Where a cluster can be broken: its pods and nodes as they run, and a step that can be taken back.
import type { Netns } from "../../netns/netns.ts";
import { BadInput } from "../../wire/input.ts";
import type { Cluster } from "../cluster.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";

export interface Step {
  /** As it would be typed, and where. */
  readonly says: string;
  break(): void;
  mend(): void;
}

export interface RunningPod {
  readonly ns: Netns;
  readonly address: string;
  readonly node: Kubelet;
}

/** Pods with a network of their own, node by node. */
export function runningPods({ kubelets }: Cluster): RunningPod[] {
  return [...kubelets.values()].flatMap((node) =>
    [...node.workers.values()].flatMap(({ ns, address }) =>
      ns === null || ns === node.ns || address === null ? [] : [{ ns, address, node }],
    ),
  );
}

/** Two nodes with pods. Throws BadInput when there are none. */
export function twoNodes(k8s: Cluster): [Kubelet, Kubelet] {
  const [here, there] = new Set(runningPods(k8s).map(({ node }) => node));
  if (here === undefined || there === undefined)
    throw new BadInput(
      "a cluster with pods on fewer than two nodes",
      `${here?.machine.name ?? "none"}`,
      "Start pods on two nodes first, and settle.",
    );
  return [here, there];
}
