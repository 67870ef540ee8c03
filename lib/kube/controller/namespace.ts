// The namespace controller: a namespace that ends takes all that is in it along, and is gone when nothing is left.
// Before you edit: pkg/controller/namespace/{namespace_controller,deletion/namespaced_resources_deleter}.go.
import { SECOND } from "../../trace/world.ts";
import { type Draft, draftOf, type KubeObject } from "../api/object.ts";
import { type Client, unlessGone } from "./client.ts";
import type { Informers } from "./informers.ts";
import { WorkQueue } from "./work-queue.ts";

/** Until other API servers, and etcd, have heard that a namespace ends (namespaceDeletionGracePeriod). */
const HEARD = 5 * SECOND;

/** Who empties a namespace, among those who hold it. */
const KEEPER = "kubernetes";

export function namespaceController(informers: Informers, client: Client): void {
  const namespaces = informers.of<KubeObject>("namespaces");
  const queue = new WorkQueue(client, sync);
  namespaces.on((now) => {
    if (now?.metadata.deletionTimestamp !== undefined) queue.addAfter(now.metadata.name, HEARD);
  });

  function sync(name: string): void {
    const namespace = namespaces.get(name) as Draft | undefined;
    const { finalizers = [] } = (namespace?.spec ?? {}) as Draft;
    if (namespace?.metadata.deletionTimestamp === undefined || !finalizers.includes(KEEPER)) return;
    const left = emptied(name);
    if (left !== null) return queue.addAfter(name, (Math.floor(left / 2) + 1) * SECOND);
    const draft = draftOf(namespace) as Draft;
    draft.spec.finalizers = finalizers.filter((each: string) => each !== KEEPER);
    unlessGone(() => client.update("namespaces", draft as KubeObject, "finalize"));
  }

  /** Deletes what is in the namespace; the seconds that what is left may take, null if nothing is. */
  function emptied(namespace: string): number | null {
    const { server, agent } = client;
    let left: number | null = null;
    for (const resource of server.all) {
      if (!resource.namespaced) continue;
      if (server.list(agent, resource, { namespace }).items.length === 0) continue;
      server.deleteCollection(agent, resource, { namespace, propagationPolicy: "Background" });
      for (const { metadata } of server.list(agent, resource, { namespace }).items)
        left = Math.max(left ?? 0, metadata.deletionGracePeriodSeconds ?? 0);
    }
    return left;
  }
}
