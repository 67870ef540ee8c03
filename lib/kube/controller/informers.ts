// The informers that all controllers of a kube-controller-manager share, and the indexes several of them ask.
// Before you edit: staging/src/k8s.io/client-go/informers/factory.go, pkg/controller/controller_utils.go (AddPodControllerIndexer).
import type { KubeObject } from "../api/object.ts";
import { controllerOf, type LabelSelector, type Labels, type Pod, type ReplicaSet } from "../shapes.ts";
import type { Client } from "./client.ts";
import { type Index, Informer } from "./informer.ts";

export class Informers {
  readonly client: Client;
  private readonly informers = new Map<string, Informer<KubeObject>>();
  /** Pods by the uid of the controller they have, or by `orphans/NAMESPACE`. */
  readonly podsByController: Index<Pod>;
  readonly replicaSetsByController: Index<ReplicaSet>;

  constructor(client: Client) {
    this.client = client;
    this.podsByController = this.of<Pod>("pods").index(controllerUid);
    this.replicaSetsByController = this.of<ReplicaSet>("replicasets").index(controllerUid);
  }

  /** The informer of the kind with this plural. */
  of<Kind extends KubeObject>(resource: string): Informer<Kind> {
    let found = this.informers.get(resource);
    if (found === undefined) {
      found = new Informer<KubeObject>(this.client, resource);
      this.informers.set(resource, found);
    }
    return found as unknown as Informer<Kind>;
  }

  /** Lists and watches every kind that was asked for. */
  start(): void {
    for (const each of this.informers.values()) each.start();
  }
}

const controllerUid = (object: KubeObject): string[] => [
  controllerOf(object)?.uid ?? `orphans/${object.metadata.namespace}`,
];

/** Whether a selector of a spec selects these labels; one that says nothing selects all (LabelSelectorAsSelector). */
export function selectorMatches({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  for (const key in matchLabels) if (labels[key] !== matchLabels[key]) return false;
  return matchExpressions.every(({ key, operator, values = [] }) => {
    const has = Object.hasOwn(labels, key);
    if (operator === "Exists") return has;
    if (operator === "DoesNotExist") return !has;
    return (has && values.includes(labels[key]!)) === (operator === "In");
  });
}
