// What the API server asks a kubelet for somebody else: logs of a container, and a command in it.
// Before you edit: pkg/registry/core/pod/rest/{log,subresources}.go, pkg/registry/core/pod/strategy.go (LogLocation, streamLocation),
// pkg/kubelet/server/server.go.
import type { Process } from "../../lab/process.ts";
import type { Waitable } from "../../netns/wait.ts";
import type { Draft } from "./object.ts";
import { badRequest } from "./status.ts";

export interface LogOptions {
  readonly container: string;
  /** Of the container before the last restart. */
  readonly previous?: boolean;
  /** The last so many lines alone. */
  readonly tailLines?: number;
  /** Not what is older. */
  readonly sinceSeconds?: number;
  /** The same, as RFC 3339 has it. */
  readonly sinceTime?: string;
  /** Each line begins with when it was written. */
  readonly timestamps?: boolean;
  /** The first so many octets alone. */
  readonly limitBytes?: number;
  /** Goes on until the container ends. */
  readonly follow?: boolean;
}

/** A log that is being read. */
export interface LogStream {
  /** What came since it was asked last. */
  readonly read: () => string;
  /** Nothing more will come. */
  readonly isOver: () => boolean;
  /** Something may have come, or ended. */
  readonly more: Waitable;
}

export interface Voice {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** The kubelets of a cluster, as the API server reaches them. */
export interface NodeProxy {
  /** What a container wrote. Throws ApiError when there is nothing to read. */
  logs(pod: Draft, options: LogOptions): LogStream;
  /** Starts a command in a container; its status is the exit code. Throws ApiError, and BadInput for a command that is not modelled. */
  exec(pod: Draft, container: string, command: readonly string[], stdin: string, voice: Voice): Process;
}

/** The container of a pod that is meant: who names none means its only one (validateContainer). Throws ApiError (400). */
export function containerMeant({ metadata: { name }, spec }: Draft, said = ""): string {
  const names = (of: readonly Draft[] = []) => of.map((each) => each.name as string);
  const [own, inits] = [names(spec.containers), names(spec.initContainers)];
  if (said !== "") {
    if (!own.includes(said) && !inits.includes(said))
      throw badRequest(`container ${said} is not valid for pod ${name}`);
    return said;
  }
  if (own.length === 1) return own[0]!;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${[...inits, ...own].join(" ")}]`,
  );
}
