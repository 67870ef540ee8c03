// The sandbox: a namespace that belongs to the pod (the pause container's), whatever its containers do.
// Before you edit: github.com/containerd/containerd internal/cri/server/sandbox_run.go, pkg/netns/netns_linux.go.
import { setUp } from "../../netns/configure.ts";
import type { Netns } from "../../netns/netns.ts";
import { isSidecar, type Pod } from "../shapes.ts";
import type { Kubelet } from "./kubelet.ts";

/** A lab's names have at most 63 letters. */
const LONGEST = 63;

/** The name by which commands find a pod: its own, with its namespace behind it if that is not `default`. */
export function netnsName({ metadata: { name, namespace, uid } }: Pod): string {
  const full = namespace === "default" ? name : `${name}.${namespace}`;
  return full.length <= LONGEST ? full : `${full.slice(0, LONGEST - 9)}-${uid.slice(0, 8)}`;
}

export function sandboxNetns({ machine, lab }: Kubelet, pod: Pod): Netns {
  const wanted = netnsName(pod);
  // One of that name may still be on its way out on another node.
  const name = lab.lab.namespaces.has(wanted)
    ? `${wanted.slice(0, LONGEST - 9)}-${pod.metadata.uid.slice(0, 8)}`
    : wanted;
  const ns = lab.lab.addNetns(machine, name);
  setUp(ns, ns.devices.get("lo")!);
  machine.containers.set(
    name,
    [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)].map((each) => each.name),
  );
  return ns;
}

export function removeNetnsOf({ machine, lab }: Kubelet, ns: Netns): void {
  machine.containers.delete(ns.name);
  lab.lab.removeNetns(ns);
}
