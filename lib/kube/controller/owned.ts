// Whose are they? A controller has what names it as controller, takes orphans its selector selects, lets go what it no longer does.
// Before you edit: pkg/controller/controller_ref_manager.go, staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/controller_ref.go.
import type { KubeObject, OwnerReference } from "../api/object.ts";
import type { LabelSelector } from "../shapes.ts";
import { type Client, unlessGone } from "./client.ts";
import type { Index } from "./informer.ts";
import { selectorMatches } from "./informers.ts";

/** NewControllerRef. */
export const controllerRef = ({ apiVersion, kind, metadata: { name, uid } }: KubeObject): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** What `owner` controls of a kind, after it has taken and let go what it must. */
export function claim<Kind extends KubeObject>(
  client: Client,
  resource: string,
  byController: Index<Kind>,
  owner: KubeObject & { readonly spec: { readonly selector: LabelSelector } },
): Kind[] {
  const { uid, namespace, deletionTimestamp } = owner.metadata;
  const { selector } = owner.spec;
  const matches = ({ metadata }: KubeObject) => selectorMatches(selector, metadata.labels ?? {});
  const claimed: Kind[] = [];
  for (const each of byController.of(uid)) {
    if (matches(each)) claimed.push(each);
    else if (deletionTimestamp === undefined) release(client, resource, each, owner);
  }
  if (deletionTimestamp !== undefined) return claimed;
  for (const each of [...byController.of(`orphans/${namespace}`)])
    if (each.metadata.deletionTimestamp === undefined && matches(each) && adopt(client, resource, each, owner))
      claimed.push(each);
  return claimed;
}

function adopt(client: Client, resource: string, orphan: KubeObject, owner: KubeObject): boolean {
  const metadata = { ownerReferences: [controllerRef(owner)], uid: orphan.metadata.uid };
  return unlessGone(() => client.patch(resource, orphan, { metadata })) !== undefined;
}

function release(client: Client, resource: string, of: KubeObject, owner: KubeObject): void {
  const metadata = { uid: of.metadata.uid, ownerReferences: [{ $patch: "delete", uid: owner.metadata.uid }] };
  unlessGone(() => client.patch(resource, of, { metadata }));
}
