// kubectl logs: what containers wrote, and with -f what they go on to write.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/logs/logs.go, .../pkg/polymorphichelpers/logsforobject.go.
import type { Program } from "../../lab/process.ts";
import { SECOND } from "../../trace/world.ts";
import { noTime, openLog } from "../api/log.ts";
import type { LogStream } from "../api/node-proxy.ts";
import type { Draft } from "../api/object.ts";
import { Failure, isRefusal, Refusal, usage } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import type { Session } from "./session.ts";
import { asked, containerOf, listText, names, podsNamed } from "./streams.ts";

export const LOGS = flagsOf(
  "container:c previous:p? tail# selector:l all-containers? all-pods? prefix? pod-running-timeout~ max-log-requests# ignore-errors? " +
    "follow:f? timestamps? since~ since-time limit-bytes# insecure-skip-tls-verify-backend?",
);

const USAGE =
  "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";

/** How long a container that does not run yet is asked again, in seconds. */
const POD_TIMEOUT = 20;

/** A container whose log is asked for. */
interface Source {
  readonly pod: Draft;
  readonly container: string;
  readonly prefix: string;
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

function podsMeant(session: Session): Draft[] {
  const { flags, words, namespace } = session;
  if (flags.has("selector")) {
    const pods = session.server.resource("pods", "")!;
    const found = session.items({ resource: pods, namespace }, { labelSelector: flags.text("selector") });
    if (found.length === 0) session.err(`No resources found in ${namespace} namespace.\n`);
    return found;
  }
  const found = podsLogged(session, words[0]!);
  if (flags.is("all-pods")) return found;
  if (found.length > 1) session.err(`Found ${found.length} pods, using pod/${found[0]!.metadata.name}\n`);
  return [found[0]!];
}

/** PodLogOptions as a query. Throws Failure for a time that is none. */
function queryOf({ flags }: Session): Readonly<Record<string, string>> {
  const sinceTime = flags.text("since-time");
  const untimely = sinceTime === "" ? null : noTime(sinceTime);
  if (untimely !== null) throw new Failure(untimely);
  const tail = flags.number("tail", flags.has("selector") ? 10 : -1);
  const since = flags.span("since", 0);
  const query: Record<string, string> = {};
  if (sinceTime !== "") query.sinceTime = sinceTime;
  if (since !== 0) query.sinceSeconds = String(Math.sign(since) * Math.round(Math.abs(since)));
  if (tail !== -1) query.tailLines = String(tail);
  if (flags.number("limit-bytes", 0) !== 0) query.limitBytes = flags.text("limit-bytes");
  for (const each of ["follow", "previous", "timestamps"]) if (flags.is(each)) query[each] = "true";
  return query;
}

/** What the flags may not say together. Throws Failure. */
function validate({ flags, words }: Session, query: Readonly<Record<string, string>>): void {
  const container = words[1] ?? flags.text("container");
  if (flags.has("since-time") && flags.span("since", 0) !== 0)
    throw new Failure("at most one of `sinceTime` or `sinceSeconds` may be specified");
  if (flags.is("all-containers") && container !== "")
    throw new Failure(`--all-containers=true should not be specified with container name ${container}`);
  if (words.length === 2 && flags.has("container"))
    throw new Failure("only one of -c or an inline [CONTAINER] arg is allowed");
  if (Number(query.limitBytes ?? 1) < 0) throw new Failure("--limit-bytes must be greater than 0");
  if (Number(query.sinceSeconds ?? 1) < 0) throw new Failure("--since must be greater than 0");
  if (Number(query.tailLines ?? 0) < -1) throw new Failure("--tail must be greater than or equal to -1");
}

function sourcesOf(session: Session, pod: Draft): Source[] {
  const { flags, words } = session;
  const { name } = pod.metadata;
  const isAll = flags.is("all-containers");
  const [own, all] = [(pod.spec.containers as Draft[]).length, names(pod)];
  const meant = isAll
    ? [...all.slice(own), ...all.slice(0, own)]
    : [words[1] ?? containerOf(session, pod, flags.is("all-pods"))];
  return meant.map((container) => {
    if (!all.includes(container))
      throw new Failure(`container ${container} is not valid for pod ${name} out of: ${listText(pod)}`);
    const isPrefixed = flags.is("prefix") || flags.is("all-pods");
    return { pod, container, prefix: isPrefixed ? `[pod/${name}/${container}] ` : "" };
  });
}

export function* logs(session: Session): Program {
  const { flags, words } = session;
  const isSelected = flags.has("selector");
  if ((words.length === 0 && !isSelected) || words.length > 2) throw usage("kubectl logs", USAGE);
  if (words.length === 1 && isSelected) throw usage("kubectl logs", "only a selector (-l) or a POD name is allowed");
  const query = queryOf(session);
  const pods = podsMeant(session);
  validate(session, query);
  const sources = pods.flatMap((pod) => sourcesOf(session, pod));
  const isFollowed = flags.is("follow");
  const most = flags.number("max-log-requests", 5);
  if (isFollowed && sources.length > 1 && sources.length > most)
    throw new Failure(
      `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${most}, use --max-log-requests to increase the limit`,
    );
  if (isFollowed) return yield* follow(session, sources, query);
  for (const source of sources) {
    const stream = opened(session, source, query);
    if (stream !== null) session.out(prefixed(stream.read(), source.prefix));
  }
  return 0;
}

const prefixed = (text: string, prefix: string): string =>
  prefix === "" ? text : text.replace(/^(?=[^\n]|\n)/gm, prefix);

/** Null while the pod has no node, and when an error is to be ignored. Throws Refusal. */
function opened(session: Session, { pod, container }: Source, query: Readonly<Record<string, string>>) {
  const { name, namespace } = pod.metadata;
  try {
    return asked(() => openLog(session.server, namespace, name, { ...query, container }));
  } catch (failure) {
    if (!(failure instanceof Refusal) || !session.flags.is("ignore-errors")) throw failure;
    session.out(`error: ${failure.message}\n`);
    return null;
  }
}

/** All at once. What can't be had is asked for again every second, for some time. */
function* follow(session: Session, sources: readonly Source[], query: Readonly<Record<string, string>>): Program {
  const { clock } = session.setting;
  const lastTry = clock.now + session.flags.span("pod-running-timeout", POD_TIMEOUT) * SECOND;
  const end = session.endOfPatience();
  let nextTry = clock.now;
  let closed = sources;
  let open: { readonly stream: LogStream; readonly prefix: string }[] = [];
  const isClosed = (source: Source): boolean => {
    try {
      const stream = opened(session, source, query);
      if (stream !== null) open.push({ stream, prefix: source.prefix });
      return false;
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      session.err(`${failure.message}\n`);
      return true;
    }
  };
  for (;;) {
    if (closed.length > 0 && clock.now >= lastTry) throw new Failure("context deadline exceeded");
    if (clock.now >= nextTry) {
      closed = closed.filter(isClosed);
      nextTry += SECOND;
    }
    for (const { stream, prefix } of open) session.out(prefixed(stream.read(), prefix));
    open = open.filter(({ stream }) => !stream.isOver());
    if ((open.length === 0 && closed.length === 0) || clock.now >= end) return 0;
    const until = closed.length === 0 ? end : Math.min(nextTry, lastTry, end);
    yield { until, on: open.map(({ stream }) => stream.more) };
  }
}
