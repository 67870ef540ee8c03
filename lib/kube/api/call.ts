// What is asked of the API server, and how its log tells of it.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go (ListOptions, DeleteOptions),
// staging/src/k8s.io/apiserver/pkg/apis/audit/v1/types.go.
import type { Timer } from "../../trace/world.ts";
import type { KubeObject } from "./object.ts";
import type { Resource } from "./resource.ts";
import type { FieldValidation, Propagation } from "./write.ts";

/** The clock and the dice of the lab the cluster is in. */
export interface Surroundings {
  readonly now: number;
  random(): number;
  later(delay: number, action: () => void): Timer;
  /** The time of the lab's clock as the API writes it: `2025-01-01T00:00:00Z`. */
  readonly time: string;
}

/** One call, as the audit log has it. */
export interface Call {
  readonly at: number;
  /** Who called, as a User-Agent names itself: `kube-scheduler`, `kubelet/worker-1`, `kubectl`. */
  readonly agent: string;
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection";
  /** `POST /api/v1/namespaces/default/pods`. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly code: number;
  /** The resourceVersion it made or read at. */
  readonly revision: number;
  /** The resourceVersion of the change the caller was told of before it called, if it acts because of one. */
  readonly because: number | null;
}

export interface Options {
  readonly fieldValidation?: FieldValidation;
  readonly dryRun?: boolean;
}

export interface ListOptions {
  readonly namespace?: string | null;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: Propagation;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface List {
  readonly revision: number;
  readonly items: readonly KubeObject[];
}

/** What a call is about: all objects of a kind, one, or a part of one. */
export interface Door {
  readonly resource: Resource;
  readonly namespace: string | null;
  readonly name: string;
  /** `status`; others have calls of their own. */
  readonly subresource?: string;
}
