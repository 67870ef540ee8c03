// The API server as a program on the network sees it: a method, a path, a body in; a code and a body out.
// Before you edit: staging/src/k8s.io/apiserver/pkg/endpoints/{installer.go,handlers/*.go}, .../request/requestinfo.go.

import { applyPatch } from "./apply.ts";
import type { DeleteOptions, Door } from "./call.ts";
import { ended } from "./ending.ts";
import { evict } from "./eviction.ts";
import { denied, unsupported } from "./field-error.ts";
import { openLog } from "./log.ts";
import type { Draft, KubeObject } from "./object.ts";
import { APPLY_PATCH, PATCH_TYPES, type PatchType } from "./patch.ts";
import { apiVersionOf, type Resource } from "./resource.ts";
import type { ApiServer } from "./server.ts";
import {
  ApiError,
  badRequest,
  invalid,
  methodNotAllowed,
  noSuchPath,
  type Status,
  unsupportedMediaType,
} from "./status.ts";
import { bind, scaleOf, writeScale } from "./subresource.ts";
import type { FieldValidation, Propagation } from "./write.ts";

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Who asks (User-Agent). */
  readonly agent?: string;
  readonly contentType?: string;
  readonly body?: unknown;
}

export interface Response {
  readonly code: number;
  readonly body: unknown;
  /** What stands in headers of this name. */
  readonly warnings?: readonly string[];
}

/** Answers a call; a refusal is an answer too, a Status with its code. */
export function handle(server: ApiServer, request: Request): Response {
  const warnings: string[] = [];
  try {
    const answered = answer(server, request, (text) => warnings.push(text));
    return warnings.length === 0 ? answered : { ...answered, warnings };
  } catch (failure) {
    if (failure instanceof NotServed) return { code: 404, body: "404 page not found\n" };
    if (!(failure instanceof ApiError)) throw failure;
    return { code: failure.status.code!, body: failure.status, ...(warnings.length > 0 && { warnings }) };
  }
}

/** Paths by which one asks whether the server is well. */
export const PROBES: readonly string[] = ["/readyz", "/livez", "/healthz"];

/** No such group or version: the answer of a web server, for there is no API that could say it. */
class NotServed extends Error {}

/** What a path of the API names. Throws ApiError (404). */
export function doorOf(server: ApiServer, path: string): Door {
  const parts = path.split("/").filter((part) => part !== "");
  const group = parts[0] === "api" ? "" : parts[0] === "apis" ? parts[1] : undefined;
  const [version, ...rest] = parts.slice(group === "" ? 1 : 2);
  if (!server.all.some((each) => each.group === group && each.version === version)) throw new NotServed();
  let namespace: string | null = null;
  // `namespaces/x` alone is the object of that name, and `namespaces/x/status` a part of it.
  if (rest[0] === "namespaces" && rest.length > 2 && rest[2] !== "status" && rest[2] !== "finalize") {
    namespace = rest[1]!;
    rest.splice(0, 2);
  }
  const [plural = "", name = "", subresource] = rest;
  const resource = server.resource(plural, group);
  if (resource === undefined || resource.version !== version || rest.length > 3) throw noSuchPath();
  if (!resource.namespaced && namespace !== null) throw noSuchPath();
  return { resource, namespace, name, ...(subresource !== undefined && { subresource }) };
}

function answer(server: ApiServer, request: Request, warn: (text: string) => void): Response {
  const { method, path, query = {}, agent = "", contentType, body } = request;
  const door = doorOf(server, path);
  const { resource, namespace, name, subresource } = door;
  if (resource.warning !== undefined && subresource === undefined) warn(resource.warning);
  const options = {
    fieldValidation: (query.fieldValidation || "Warn") as FieldValidation,
    warn,
    dryRun: query.dryRun === "All",
    fieldManager: query.fieldManager || agent,
  };
  if (subresource === "scale" && resource.scale) {
    if (method === "GET") return { code: 200, body: scaleOf(server.get(agent, door)) };
    if (method !== "PUT" && method !== "PATCH") throw methodNotAllowed();
    return { code: 200, body: writeScale(server, agent, method === "PUT" ? "update" : "patch", door, body, options) };
  }
  if (subresource === "binding" && resource.kind === "Pod" && method === "POST")
    return { code: 201, body: bind(server, agent, door, body) };
  if (subresource === "eviction" && resource.kind === "Pod") {
    if (method !== "POST") throw methodNotAllowed();
    return { code: 201, body: evict(server, agent, door, body, query.dryRun === "All") };
  }
  if (subresource === "finalize" && resource.kind === "Namespace") {
    if (method !== "PUT") throw methodNotAllowed();
    return { code: 200, body: server.update(agent, door, body, options) };
  }
  if (subresource === "log" && resource.kind === "Pod" && method === "GET") {
    const log = openLog(server, namespace!, name, query);
    return log === null ? { code: 204, body: "" } : { code: 200, body: log.read() };
  }
  if (subresource !== undefined && !(subresource === "status" && resource.hasStatus)) throw noSuchPath();
  if (name === "") {
    if (method === "POST") {
      const made = server.create(agent, door, body, options);
      for (const warning of resource.strategy.warnings?.(made) ?? []) warn(warning);
      return { code: 201, body: made };
    }
    const isWhole = resource.namespaced === (namespace !== null) && resource.kind !== "Namespace";
    if (method !== "GET" && !(method === "DELETE" && isWhole)) throw methodNotAllowed();
    const which = { namespace, ...query };
    const { revision, items } =
      method === "GET" || query.dryRun === "All"
        ? server.list(agent, resource, which)
        : server.deleteCollection(agent, resource, { ...which, ...deleteOptions(query, body) });
    return { code: 200, body: listBody(resource, revision, items) };
  }
  switch (method) {
    case "GET":
      return { code: 200, body: server.get(agent, door) };
    case "PUT": {
      const isNew = resource.madeByUpdate && server.find(resource, namespace ?? "", name) === undefined;
      return { code: isNew ? 201 : 200, body: server.update(agent, door, body, options) };
    }
    case "PATCH":
      if (contentType === APPLY_PATCH && !resource.isCustom) return applyPatch(server, agent, door, query, body);
      if (query.force)
        throw invalid("PatchOptions", "meta.k8s.io", "", [denied("force", "may not be specified for non-apply patch")]);
      if (!PATCH_TYPES.includes(contentType as PatchType)) throw unsupportedMediaType();
      return { code: 200, body: server.patch(agent, door, body, contentType as PatchType, options) };
    case "DELETE":
      return { code: 200, body: deleted(server, agent, door, query, body) };
    default:
      throw badRequest(`the server does not allow this method on the requested resource: ${method}`);
  }
}

/** An object that is gone at once is answered with Success, one that waits for its end with itself. */
function deleted(
  server: ApiServer,
  agent: string,
  door: Door,
  query: Readonly<Record<string, string>>,
  body: unknown,
): KubeObject | Status {
  const before = server.find(door.resource, door.namespace ?? "", door.name);
  const options = deleteOptions(query, body);
  const object = server.delete(agent, door, options);
  const { resource, namespace, name } = door;
  const isThere = options.dryRun
    ? before !== undefined && !ended(resource, before, options, Date.parse(server.time)).isOver
    : server.find(resource, namespace ?? "", name) !== undefined;
  if (isThere || before === undefined || resource.answersDeleted) return object;
  const { group } = resource;
  const details = { name, ...(group !== "" && { group }), kind: resource.resource, uid: before.metadata.uid };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
}

function deleteOptions(query: Readonly<Record<string, string>>, body: unknown): DeleteOptions {
  const sent = (body ?? {}) as Draft;
  const grace = sent.gracePeriodSeconds ?? query.gracePeriodSeconds;
  const policy = (sent.propagationPolicy ?? query.propagationPolicy) as Propagation | undefined;
  const dryRun = sent.dryRun ?? (query.dryRun ? [query.dryRun] : []);
  if (dryRun.length > 0 && dryRun[0] !== "All")
    throw invalid("DeleteOptions", "meta.k8s.io", "", [unsupported("dryRun", dryRun, ["All"])]);
  return {
    ...(dryRun.length > 0 && { dryRun: true }),
    ...(grace !== undefined && { gracePeriodSeconds: Number(grace) }),
    ...(policy !== undefined && { propagationPolicy: policy }),
    ...(sent.preconditions && { preconditions: sent.preconditions }),
  };
}

function listBody(resource: Resource, revision: number, items: readonly KubeObject[]): unknown {
  return {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionOf(resource),
    metadata: { resourceVersion: String(revision) },
    // Within a list, an object does not say again what it is.
    items: items.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest),
  };
}
