// What is asked of the API server, and how its log tells of it.
// Before you edit: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go (ListOptions, DeleteOptions),
// staging/src/k8s.io/apiserver/pkg/apis/audit/v1/types.go.
import type { Timer } from "../../trace/world.ts";
import type { KubeObject } from "./object.ts";
import { pathOf, type Resource } from "./resource.ts";
import type { FieldValidation, Propagation } from "./write.ts";

/** The clock and the dice of the lab the cluster is in. */
export interface Surroundings {
  readonly now: number;
  random(): number;
  /** A background timer does not keep a lab from being quiet. */
  later(delay: number, action: () => void, background?: boolean): Timer;
  /** The time of the lab's clock as the API writes it: `2025-01-01T00:00:00Z`. */
  readonly time: string;
}

const METHODS = {
  get: "GET",
  list: "GET",
  watch: "GET",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETE",
} as const;

export type Verb = keyof typeof METHODS;

/** One call, as the audit log has it. */
export class Call {
  readonly at: number;
  /** Who called, as a User-Agent names itself: `kube-scheduler`, `kubelet/worker-1`, `kubectl`. */
  readonly agent: string;
  readonly verb: Verb;
  readonly code: number;
  /** The resourceVersion it made or read at. */
  readonly revision: number;
  /** The resourceVersion of the change the caller was told of before it called, if it acts because of one. */
  readonly because: number | null;
  private readonly door: Door;

  constructor(
    { at, agent, verb, code, revision, because }: Pick<Call, "at" | "agent" | "verb" | "code" | "revision" | "because">,
    door: Door,
  ) {
    this.at = at;
    this.agent = agent;
    this.verb = verb;
    this.code = code;
    this.revision = revision;
    this.because = because;
    this.door = door;
  }

  get method(): (typeof METHODS)[Verb] {
    return METHODS[this.verb];
  }

  /** `/api/v1/namespaces/default/pods`. Put together when somebody reads it: few calls are read. */
  get path(): string {
    const { resource, namespace, name, subresource } = this.door;
    return pathOf(resource, namespace, name, subresource);
  }
}

export interface Options {
  readonly fieldValidation?: FieldValidation;
  /** Hears of fields nobody knows, where fieldValidation is "Warn". */
  readonly warn?: (text: string) => void;
  readonly dryRun?: boolean;
  /** As who the caller writes, when that is not the caller itself. */
  readonly fieldManager?: string;
}

export interface ApplyOptions extends Options {
  readonly fieldManager: string;
  /** Fields that others own become the caller's. */
  readonly force: boolean;
}

export interface ListOptions {
  readonly namespace?: string | null;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface DeleteOptions {
  readonly dryRun?: boolean;
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
  /** `status`, or `finalize` of a namespace; others have calls of their own. */
  readonly subresource?: string;
}
