// Server-side apply as it is asked for: a PATCH with an object, the manager's name, and whether it is forced.
// Before you edit: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go (applyPatcher),
// staging/src/k8s.io/apimachinery/pkg/util/managedfields/{fieldmanager,internal/structuredmerge}.go.
import type { Door } from "./call.ts";
import { required } from "./field-error.ts";
import { undeclared } from "./field-set.ts";
import type { Draft } from "./object.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import type { Response } from "./rest.ts";
import { typeOf } from "./schema.ts";
import type { ApiServer } from "./server.ts";
import { badRequest, conflict, failure, invalid } from "./status.ts";
import type { FieldValidation } from "./write.ts";

/** What is wrong with an object that is to be applied, as far as its place says. Throws ApiError. */
function mustBeApplicable(resource: Resource, name: string, body: unknown): void {
  const { apiVersion = "", kind = "", metadata = {} } = (body ?? {}) as Draft;
  if (!metadata.name)
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
  const what = `${apiVersion.includes("/") ? "" : "/"}${apiVersion}, Kind=${kind}`;
  if (kind !== resource.kind || apiVersion !== apiVersionOf(resource)) throw badRequest(`invalid object type: ${what}`);
  if (metadata.managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
  const mistake = undeclared(body, typeOf(resource));
  if (mistake !== null)
    throw failure(`failed to create typed patch object (${metadata.namespace ?? ""}/${name}; ${what}): ${mistake}`);
}

/** Answers a PATCH by which somebody applies an object, as who `fieldManager` says. Throws ApiError. */
export function applyPatch(
  server: ApiServer,
  agent: string,
  door: Door,
  query: Readonly<Record<string, string>>,
  body: unknown,
): Response {
  const { fieldManager = "", fieldValidation } = query;
  if (fieldManager === "")
    throw invalid("PatchOptions", "meta.k8s.io", "", [required("fieldManager", "is required for apply patch")]);
  const { resource, namespace, name } = door;
  mustBeApplicable(resource, name, body);
  const isNew = server.find(resource, namespace ?? "", name) === undefined;
  const { uid } = (body as Draft).metadata;
  if (isNew && uid)
    throw conflict(
      resource,
      name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  const object = server.apply(agent, door, body as Draft, {
    ...(fieldValidation && { fieldValidation: fieldValidation as FieldValidation }),
    dryRun: query.dryRun === "All",
    fieldManager,
    force: query.force === "true",
  });
  return { code: isNew ? 201 : 200, body: object };
}
