// What is asked of a real API server and of the model's, call after call. Answers are compared whole.
import { type Draft, draftOf } from "../../../lib/kube/api/object.ts";
import type { Request } from "../../../lib/kube/api/rest.ts";

export type Asked = Omit<Request, "agent">;
/** Each begins with the namespace `talk` there and empty. */
export type Conversations = Readonly<Record<string, readonly Asked[]>>;

export const strict = { fieldValidation: "Strict" };
export const merge = "application/merge-patch+json";
export const strategic = "application/strategic-merge-patch+json";

/** `base` with the field at `spec.containers.0.name` so; undefined takes it away. */
export function changed(base: object, path: string, value: unknown): Draft {
  const draft = draftOf(base) as Draft;
  const keys = path.split(".");
  let at = draft;
  for (const key of keys.slice(0, -1)) {
    at[key] ??= {};
    at = at[key];
  }
  if (value === undefined) {
    if (Array.isArray(at)) at.splice(Number(keys.at(-1)), 1);
    else delete at[keys.at(-1)!];
  } else at[keys.at(-1)!] = value;
  return draft;
}

/** Objects like `base` but for one field each; those that are right get names of their own. */
export const variants = (path: string, base: Draft, fields: readonly (readonly [string, unknown])[]): Asked[] =>
  fields.map(([field, value], i) => ({
    method: "POST",
    path,
    body: changed({ ...base, metadata: { ...base.metadata, name: `${base.metadata.name}-${i}` } }, field, value),
  }));

/** Patches one after the other; those that are refused change nothing. */
export const patches = (path: string, bodies: readonly object[], contentType = strategic): Asked[] =>
  bodies.map((body) => ({ method: "PATCH", path, contentType, body }));
