// The namespace controller: a namespace that ends takes all that is in it along.
// Before you edit: pkg/controller/namespace/deletion/namespaced_resources_deleter.go.
import type { KubeObject } from "../api/object.ts";
import { type Client, unlessGone } from "./client.ts";
import type { Informers } from "./informers.ts";
import { WorkQueue } from "./work-queue.ts";

export function namespaceController(informers: Informers, client: Client): void {
  const namespaces = informers.of<KubeObject>("namespaces");
  const queue = new WorkQueue(client, sync);
  namespaces.on((now, before) => {
    if (now === null || now.metadata.deletionTimestamp !== undefined) queue.add((now ?? before)!.metadata.name);
  });

  function sync(name: string): void {
    const namespace = namespaces.get(name);
    if (namespace !== undefined && namespace.metadata.deletionTimestamp === undefined) return;
    const { server, agent } = client;
    for (const resource of server.all)
      if (resource.namespaced)
        for (const each of server.list(agent, resource, { namespace: name }).items)
          unlessGone(() => client.delete(resource.resource, each, { propagationPolicy: "Background" }));
  }
}
