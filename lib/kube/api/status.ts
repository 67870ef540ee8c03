// What the API server answers when it refuses: a Status with a reason, in its own words.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go, .../apis/meta/v1/types.go (StatusReason).
import type { FieldError } from "./field-error.ts";
import { fieldErrorText } from "./field-error.ts";

export type Reason =
  | ""
  | "AlreadyExists"
  | "BadRequest"
  | "Conflict"
  | "Expired"
  | "Forbidden"
  | "InternalError"
  | "Invalid"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "NotFound"
  | "TooManyRequests"
  | "UnsupportedMediaType";

const CODE: Readonly<Record<Reason, number>> = {
  "": 500,
  AlreadyExists: 409,
  BadRequest: 400,
  Conflict: 409,
  Expired: 410,
  Forbidden: 403,
  InternalError: 500,
  Invalid: 422,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  NotFound: 404,
  TooManyRequests: 429,
  UnsupportedMediaType: 415,
};

export interface Cause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

/** The kind Status of apiVersion v1, as a client reads it. */
export interface Status {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: "Failure" | "Success";
  readonly message?: string;
  readonly reason?: Reason;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly Cause[];
  };
  readonly code?: number;
}

/** Whose object it is about: `pods`, `deployments.apps`. */
export interface Qualified {
  readonly group: string;
  readonly resource: string;
}

export const qualifiedName = ({ group, resource }: Qualified): string =>
  group === "" ? resource : `${resource}.${group}`;

/** The server refuses. Nothing was stored. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly reason: Reason;
  readonly status: Status;

  constructor(reason: Reason, message: string, details?: Status["details"]) {
    super(message);
    this.reason = reason;
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason !== "" && { reason }),
      ...(details && { details }),
      code: CODE[reason],
    };
  }
}

const about = ({ group, resource }: Qualified, name: string) => ({
  ...(name !== "" && { name }),
  ...(group !== "" && { group }),
  kind: resource,
});

export function notFound(of: Qualified, name: string): ApiError {
  return new ApiError("NotFound", `${qualifiedName(of)} "${name}" not found`, about(of, name));
}

/** No such resource or subresource of a group that is served. */
export function noSuchPath(): ApiError {
  return new ApiError("NotFound", "the server could not find the requested resource", {});
}

export function alreadyExists(of: Qualified, name: string, isGoing = false): ApiError {
  const message = `${isGoing ? "object is being deleted: " : ""}${qualifiedName(of)} "${name}" already exists`;
  return new ApiError("AlreadyExists", message, about(of, name));
}

export function conflict(of: Qualified, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualifiedName(of)} "${name}": ${why}`;
  return new ApiError("Conflict", message, about(of, name));
}

/** Somebody else changed the object meanwhile (registry.OptimisticLockErrorMsg). */
export const MODIFIED = "the object has been modified; please apply your changes to the latest version and try again";

export function badRequest(message: string): ApiError {
  return new ApiError("BadRequest", message);
}

/** Something went wrong that has no reason of its own. */
export function failure(message: string): ApiError {
  return new ApiError("", message);
}

/** Something went wrong on the way, and this is what (NewInternalError). */
export function internalError(message: string): ApiError {
  return new ApiError("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

export function forbidden(of: Qualified, name: string, why: string, causes?: readonly Cause[]): ApiError {
  const message =
    name === "" ? `${qualifiedName(of)} is forbidden: ${why}` : `${qualifiedName(of)} "${name}" is forbidden: ${why}`;
  return new ApiError("Forbidden", message, { ...about(of, name), ...(causes && { causes }) });
}

/** A watch or a list asks for a past that is compacted away. */
export function expired(asked: number, oldest: number): ApiError {
  return new ApiError("Expired", `too old resource version: ${asked} (${oldest})`);
}

export function methodNotAllowed(): ApiError {
  return new ApiError("MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

export function unsupportedMediaType(): ApiError {
  return new ApiError("UnsupportedMediaType", "415: Unsupported Media Type", {});
}

/** A JSON patch that can't be applied. */
export function rejected(): ApiError {
  return new ApiError("Invalid", "the server rejected our request due to an error in our request", {});
}

/** Fields that may not be as they are; `kind` as in `Pod` or `Deployment.apps`. */
export function invalid(kind: string, group: string, name: string, errors: readonly FieldError[]): ApiError {
  const texts = [...new Set(errors.map(fieldErrorText))];
  const all = texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
  const qualified = group === "" ? kind : `${kind}.${group}`;
  return new ApiError("Invalid", `${qualified} "${name}" is invalid: ${all}`, {
    ...(name !== "" && { name }),
    ...(group !== "" && { group }),
    ...(kind !== "" && { kind }),
    causes: errors.map((error) => ({
      reason: error.reason,
      message: fieldErrorText({ ...error, field: "" }),
      field: error.field,
    })),
  });
}
