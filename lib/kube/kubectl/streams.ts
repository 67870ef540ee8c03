// kubectl exec and logs: what a kubelet is asked for.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/{exec/exec,logs/logs}.go, .../pkg/polymorphichelpers/{logsforobject,attachablepodforobject}.go,
// .../pkg/cmd/util/podcmd/podcmd.go.
import type { Program } from "../../lab/process.ts";
import { notModelled } from "../../tools/command.ts";
import type { NodeProxy } from "../api/node-proxy.ts";
import type { Draft } from "../api/object.ts";
import { ApiError } from "../api/status.ts";
import { selectorText } from "../api/table.ts";
import { Failure, Failures, isRefusal, Refusal, usage } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { kindNamed } from "./kinds.ts";
import type { Session } from "./session.ts";

export const EXEC = flagsOf("container:c stdin:i? tty:t? quiet:q? pod-running-timeout~ filename:f*");
export const LOGS = flagsOf(
  "container:c previous:p? tail# selector:l all-containers? all-pods? prefix? pod-running-timeout~ max-log-requests# ignore-errors? " +
    "!follow:f? !timestamps? !since~ !since-time !limit-bytes# !insecure-skip-tls-verify-backend?",
);

function proxyOf(session: Session): NodeProxy {
  const { nodes } = session.server;
  if (nodes === null) throw new Failure("there are no kubelets behind this API server");
  return nodes;
}

function asked<Value>(action: () => Value): Value {
  try {
    return action();
  } catch (failure) {
    throw failure instanceof ApiError ? new Refusal(failure.status) : failure;
  }
}

const names = ({ spec }: Draft): string[] =>
  [...(spec.containers as Draft[]), ...((spec.initContainers ?? []) as Draft[])].map(({ name }) => name);

const listText = ({ spec }: Draft): string =>
  [
    ...(spec.containers as Draft[]).map(({ name }) => name),
    ...((spec.initContainers ?? []) as Draft[]).map(({ name }) => `${name} (init)`),
  ].join(", ");

/** The container that is meant; who named none is told which it is. */
function containerOf(session: Session, pod: Draft, isQuiet = false): string {
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
function podsNamed(session: Session, word: string): Draft[] {
  const { server, namespace } = session;
  const pods = server.resource("pods", "")!;
  const [kind, name] = word.includes("/") ? word.split("/") : ["pods", word];
  const resource = kindNamed(server, kind!);
  const object = session.get({ resource, namespace, name: name! });
  if (resource === pods) return [object];
  const selector = resource.kind === "Service" ? { matchLabels: object.spec.selector } : object.spec?.selector;
  if (selector === undefined)
    throw new Failure(
      `cannot get the logs from *v1.${resource.kind}: selector for *v1.${resource.kind} not implemented`,
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

/** Of a pod that is not there, logs tell in words of their own. */
function podsLogged(session: Session, word: string): Draft[] {
  try {
    return podsNamed(session, word);
  } catch (failure) {
    if (!isRefusal(failure, "NotFound")) throw failure;
    throw new Failure(
      `error from server (NotFound): ${(failure as Error).message} in namespace ${JSON.stringify(session.namespace)}`,
    );
  }
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

const LOGS_USAGE = "logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]";

export function logs(session: Session): number {
  const { flags, words } = session;
  const isSelected = flags.has("selector");
  if (words.length === 0 && !isSelected)
    throw usage(
      "kubectl logs",
      `expected '${LOGS_USAGE}'.\nPOD or TYPE/NAME is a required argument for the logs command`,
    );
  if (words.length > 0 && isSelected) throw usage("kubectl logs", "only a selector (-l) or a POD name is allowed");
  if (words.length > 2)
    throw usage(
      "kubectl logs",
      `expected '${LOGS_USAGE}'.\nPOD or TYPE/NAME is a required argument for the logs command`,
    );
  if (words.length === 2 && flags.has("container"))
    throw new Failure("only one of -c or an inline [CONTAINER] arg is allowed");
  const isAll = flags.is("all-containers");
  if (isAll && flags.has("container"))
    throw new Failure(`--all-containers=true should not be specified with container name ${flags.text("container")}`);
  const tail = flags.number("tail", isSelected ? 10 : -1);
  if (tail < -1) throw new Failure("--tail must be greater than or equal to -1");
  const pods = session.server.resource("pods", "")!;
  let meant: Draft[];
  if (isSelected) {
    meant = session.items({ resource: pods, namespace: session.namespace }, { labelSelector: flags.text("selector") });
    if (meant.length === 0) session.err(`No resources found in ${session.namespace} namespace.\n`);
  } else {
    const found = podsLogged(session, words[0]!);
    const isEach = flags.is("all-pods");
    if (found.length > 1 && !isEach) session.err(`Found ${found.length} pods, using pod/${found[0]!.metadata.name}\n`);
    meant = isEach ? found : [found[0]!];
  }
  const failures: Error[] = [];
  for (const pod of meant)
    for (const container of isAll ? names(pod) : [words[1] ?? containerOf(session, pod)])
      try {
        if (!names(pod).includes(container))
          throw new Failure(
            `container ${container} is not valid for pod ${pod.metadata.name} out of: ${listText(pod)}`,
          );
        const text = asked(() =>
          proxyOf(session).logs(pod, {
            container,
            previous: flags.is("previous"),
            ...(tail >= 0 && { tailLines: tail }),
          }),
        );
        const prefix = flags.is("prefix") || flags.is("all-pods") ? `[pod/${pod.metadata.name}/${container}] ` : "";
        session.out(prefix === "" ? text : text.replace(/^(?=[^\n]|\n)/gm, prefix));
      } catch (failure) {
        if (!flags.is("ignore-errors")) throw failure;
        failures.push(failure as Error);
      }
  if (failures.length > 0) session.err(`error: ${new Failures(failures).message}\n`);
  return 0;
}
