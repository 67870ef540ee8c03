// What the API server asks a kubelet for somebody else: logs of a container, and a command in it.
// Before you edit: pkg/registry/core/pod/rest/{log,subresources}.go, pkg/registry/core/pod/strategy.go (LogLocation, streamLocation),
// pkg/kubelet/server/server.go.
import type { Process } from "../../lab/process.ts";
import type { Draft } from "./object.ts";

export interface LogOptions {
  readonly container?: string;
  /** Of the container before the last restart. */
  readonly previous?: boolean;
  /** The last so many lines alone. */
  readonly tailLines?: number;
}

export interface Voice {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** The kubelets of a cluster, as the API server reaches them. */
export interface NodeProxy {
  /** What a container wrote. Throws ApiError when there is nothing to read. */
  logs(pod: Draft, options: LogOptions): string;
  /** Starts a command in a container; its status is the exit code. Throws ApiError, and BadInput for a command that is not modelled. */
  exec(pod: Draft, container: string, command: readonly string[], stdin: string, voice: Voice): Process;
}
