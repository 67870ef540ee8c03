// A mode of kube-proxy: what it writes into its node's namespace, given what it knows.
// Before you edit: pkg/proxy/types.go (Provider).

export interface Proxier {
  /** What the next sync would write, in the words of the tools it hands it to. */
  rules(): string;
  /** Makes the node's namespace what Services and endpoints say; `isFull`: more than what changed of them. */
  sync(isFull?: boolean): void;
  /** Whether what it would write now can wait until somebody looks at it. */
  readonly canWait: boolean;
  /** Whether load balancers are told at healthCheckNodePort if a pod is there. */
  readonly answersHealthChecks: boolean;
  /** Has `write` done before that. */
  putOff(write: () => void): void;
  /** Ends what is a program of its own. */
  stop?(): void;
  /** Of a mode that takes connections itself: whom one to this port of the node could be handed on to; null: it is not its. */
  behind?(protocol: string, port: number): readonly string[] | null;
}
