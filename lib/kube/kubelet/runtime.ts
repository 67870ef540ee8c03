// What happens on a node and is no call to the API server: the kubelet asks the container runtime, the runtime asks the
// network plugin. The kubelet has no code for networks.
// Before you edit: staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto, github.com/containernetworking/cni SPEC.md.

/** What a kubelet asks of a runtime (CRI), and a runtime of a plugin (CNI). */
export type RuntimeVerb =
  | "RunPodSandbox"
  | "PullImage"
  | "CreateContainer"
  | "StartContainer"
  | "StopContainer"
  | "StopPodSandbox"
  | "ADD"
  | "DEL";

export interface RuntimeCall {
  readonly at: number;
  readonly node: string;
  readonly from: "kubelet" | "containerd";
  /** `containerd`, or the plugin by its type: `flannel`. */
  readonly to: string;
  readonly call: RuntimeVerb;
  /** `default/web`. */
  readonly pod: string;
  /** The container or the image it is about; the address an ADD gave, or why it gave none. */
  readonly detail: string;
}
