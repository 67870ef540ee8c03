// The verb cluster: a Kubernetes cluster in a lab that `sh`, `walk` and `show` mean from now on.
import { Cluster, type ClusterOptions } from "../kube/cluster.ts";
import { BadInput } from "../wire/input.ts";
import { images, OWN_IMAGES } from "./images.ts";
import { DISK } from "./kubectl.ts";
import { madeLab, type ShownLab } from "./session.ts";

let current: ShownCluster | null = null;

/** A cluster that the verbs mean. */
export class ShownCluster extends Cluster {
  /** From now on `kubectl`, `sh`, `walk`, `audit` and `show` mean this cluster, though something else was made after it. */
  use(): this {
    (this.lab as ShownLab).use();
    current = this;
    return this;
  }
}

/**
 * Makes a cluster whose nodes are ready: machines on a switch, an API server, controllers, a scheduler, and on each node a
 * kubelet and a network plugin; and CoreDNS, unless `dns: false` is said. Same seed, same bytes. Throws BadInput for a
 * plugin that is not there.
 *
 * @example
 * const k8s = cluster({ nodes: 3, cni: "flannel-vxlan", seed: "lecture-2" });
 */
export function cluster(options: Omit<ClusterOptions, "lab"> = {}): ShownCluster {
  const { seed = "packetwalk" } = options;
  images(options.images ?? {});
  return new ShownCluster({ dns: true, files: DISK, ...options, images: OWN_IMAGES, lab: madeLab({ seed }) }).use();
}

/** The cluster made last. Throws BadInput when there is none. */
export function currentCluster(): Cluster {
  if (current === null) throw new BadInput("there is no cluster yet", "", "Make one first: const k8s = cluster();");
  return current;
}
