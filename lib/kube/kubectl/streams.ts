// kubectl exec, and the pod and container that exec and logs mean.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/exec/exec.go, .../pkg/polymorphichelpers/attachablepodforobject.go,
// .../pkg/cmd/util/podcmd/podcmd.go.
import type { Program } from "../../lab/process.ts";
import { notModelled } from "../../tools/command.ts";
import type { NodeProxy } from "../api/node-proxy.ts";
import type { Draft } from "../api/object.ts";
import { ApiError } from "../api/status.ts";
import { selectorText } from "../api/table.ts";
import { Failure, Refusal, usage } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { kindNamed } from "./kinds.ts";
import type { Session } from "./session.ts";

export const EXEC = flagsOf("container:c stdin:i? tty:t? quiet:q? pod-running-timeout~ filename:f*");

function proxyOf(session: Session): NodeProxy {
  const { nodes } = session.server;
  if (nodes === null) throw new Failure("there are no kubelets behind this API server");
  return nodes;
}

export function asked<Value>(action: () => Value): Value {
  try {
    return action();
  } catch (failure) {
    throw failure instanceof ApiError ? new Refusal(failure.status) : failure;
  }
}

/** Its containers, the pod's own first. */
export const names = ({ spec }: Draft): string[] =>
  [...(spec.containers as Draft[]), ...((spec.initContainers ?? []) as Draft[])].map(({ name }) => name);

export const listText = ({ spec }: Draft): string =>
  [
    ...(spec.containers as Draft[]).map(({ name }) => name),
    ...((spec.initContainers ?? []) as Draft[]).map(({ name }) => `${name} (init)`),
  ].join(", ");

/** The container that is meant; who named none is told which it is. */
export function containerOf(session: Session, pod: Draft, isQuiet = false): string {
  const wanted =
    session.flags.text("container") || pod.metadata.annotations?.["kubectl.kubernetes.io/default-container"] || "";
  const all = names(pod);
  if (wanted !== "") {
    if (!all.includes(wanted))
      throw new Failure(`container ${wanted} is not valid for pod ${pod.metadata.name} out of: ${listText(pod)}`);
    return wanted;
  }
  if (all.length > 1 && !isQuiet)
    session.err(`Defaulted container ${JSON.stringify(all[0])} out of: ${listText(pod)}\n`);
  return all[0]!;
}

/** The pods that `deploy/web` or `web` means, those that run first. */
export function podsNamed(session: Session, word: string): Draft[] {
  const { server, namespace } = session;
  const pods = server.resource("pods", "")!;
  const [kind, name] = word.includes("/") ? word.split("/") : ["pods", word];
  const resource = kindNamed(server, kind!);
  const object = session.get({ resource, namespace, name: name! });
  if (resource === pods) return [object];
  const selector = resource.kind === "Service" ? { matchLabels: object.spec.selector } : object.spec?.selector;
  if (selector === undefined)
    throw new Failure(
      `cannot ${session.path === "kubectl exec" ? "attach to" : "get the logs from"} *v1.${resource.kind}: selector for *v1.${resource.kind} not implemented`,
    );
  const rank = ({ status, spec }: Draft) => {
    const isReady = ((status?.conditions ?? []) as Draft[]).some(
      ({ type, status: is }) => type === "Ready" && is === "True",
    );
    return (spec.nodeName ? 0 : 4) + (status?.phase === "Running" ? 0 : 2) + (isReady ? 0 : 1);
  };
  const found = session.items({ resource: pods, namespace }, { labelSelector: selectorText(selector) });
  if (found.length === 0) throw new Failure("timed out waiting for the condition");
  return found.sort((a, b) => rank(a) - rank(b));
}

export function* exec(session: Session): Program {
  const { flags, words } = session;
  const command = flags.behind ?? [];
  if (words.length > 1 || (words.length === 1 && flags.behind === null && words.length + command.length > 1))
    throw usage("kubectl exec", "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead");
  if (words.length === 0) throw new Failure("pod, type/name or --filename must be specified");
  if (command.length === 0) throw new Failure("you must specify at least one command for the container");
  if (flags.is("tty")) session.err("Unable to use a TTY - input is not a terminal or the right kind of file\n");
  if (
    ["sh", "bash", "/bin/sh", "/bin/bash"].includes(command[0]!) &&
    command.length === 1 &&
    session.streams.stdin === ""
  )
    throw notModelled(
      "kubectl exec",
      command[0]!,
      'commands, and sh -c "TEXT"; a shell that waits for you has no place in a cell',
    );
  const pod = podsNamed(session, words[0]!)[0]!;
  const { phase } = pod.status ?? {};
  if (phase === "Succeeded" || phase === "Failed")
    throw new Failure(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const container = containerOf(session, pod, flags.is("quiet"));
  const stdin = flags.is("stdin") ? session.streams.stdin : "";
  const process = asked(() => proxyOf(session).exec(pod, container, command, stdin, session.streams));
  try {
    while (process.status === null) yield { until: session.setting.clock.now + 1e6 };
  } finally {
    process.kill(130);
  }
  if (process.status !== 0) session.err(`command terminated with exit code ${process.status}\n`);
  return process.status;
}
