// kube-controller-manager: all controllers, each in its own name, on the same informers.
// Before you edit: cmd/kube-controller-manager/app/controllermanager.go, .../core.go.
import type { Client } from "./client.ts";
import { daemonSetController } from "./daemon-set.ts";
import { deploymentController } from "./deployment.ts";
import { disruptionController } from "./disruption.ts";
import { endpointSliceController } from "./endpoint-slice.ts";
import { endpointsController } from "./endpoints.ts";
import { garbageCollector } from "./garbage-collector.ts";
import { Informers } from "./informers.ts";
import { namespaceController } from "./namespace.ts";
import { nodeIpamController } from "./node-ipam.ts";
import { nodeLifecycleController } from "./node-lifecycle.ts";
import { replicaSetController } from "./replica-set.ts";

/** `clusterCidr` is what nodes get parts of; null if they don't (--allocate-node-cidrs=false). */
export function startControllers(client: Client, clusterCidr: string | null): void {
  const informers = new Informers(client);
  if (clusterCidr !== null) nodeIpamController(informers, client.as("node-ipam-controller"), clusterCidr);
  nodeLifecycleController(informers, client.as("node-lifecycle-controller"));
  replicaSetController(informers, client.as("replicaset-controller"));
  deploymentController(informers, client.as("deployment-controller"));
  daemonSetController(informers, client.as("daemon-set-controller"));
  endpointSliceController(informers, client.as("endpointslice-controller"));
  endpointsController(informers, client.as("endpoint-controller"));
  disruptionController(informers, client.as("disruption-controller"));
  garbageCollector(informers, client.as("generic-garbage-collector"));
  namespaceController(informers, client.as("namespace-controller"));
  informers.start();
}
