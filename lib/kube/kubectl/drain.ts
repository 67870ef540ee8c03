// kubectl cordon, uncordon, drain: a node is to have no pods.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/drain/drain.go, .../pkg/drain/{drain,filters}.go.
import type { Program } from "../../lab/process.ts";
import { SECOND } from "../../trace/world.ts";
import type { Draft } from "../api/object.ts";
import { merged } from "./apply.ts";
import { Going } from "./evict.ts";
import { Failure, Failures, usage } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { report } from "./print.ts";
import { type Info, mustFetch, select } from "./select.ts";
import type { Session } from "./session.ts";

/** The real one waits for ever unless --timeout says otherwise; a cell must end. In seconds. */
const PATIENCE = 600;

export const CORDON = flagsOf("selector:l dry-run=unchanged");
export const DRAIN = flagsOf(
  "selector:l dry-run=unchanged force? ignore-daemonsets? delete-emptydir-data? grace-period# timeout~ pod-selector disable-eviction? " +
    "chunk-size# skip-wait-for-delete-timeout#",
);

function nodesOf(session: Session): Info[] {
  const { words, flags, path } = session;
  if (words.length === 0 && !flags.has("selector")) throw usage(path, `USAGE: ${path.split(" ")[1]} NODE [flags]`);
  if (words.length > 0 && flags.has("selector"))
    throw usage(path, "error: cannot specify both a node name and a --selector option");
  const named = words.map((word) => (word.includes("/") ? word : `nodes/${word}`));
  return mustFetch(session, select(session, { words: flags.has("selector") ? ["nodes"] : named, all: true }));
}

function setSchedulable(session: Session, node: Info, isCordon: boolean): void {
  const is = node.object!.spec?.unschedulable === true;
  const word = isCordon ? "cordoned" : "uncordoned";
  if (is === isCordon) return report(session, node, `already ${word}`, node.object!);
  merged(session, node, { spec: { unschedulable: isCordon ? true : null } });
  report(session, node, word, node.object!);
}

export function cordon(session: Session, isCordon: boolean): number {
  for (const node of nodesOf(session)) setSchedulable(session, node, isCordon);
  return 0;
}

interface Verdict {
  readonly goes: boolean;
  readonly warning?: string;
  readonly refusal?: string;
}

/** May the pod be sent away? The last filter that has something to say is heard. */
function verdictOn(session: Session, { metadata, spec, status }: Draft): Verdict {
  const { flags, server } = session;
  const owner = ((metadata.ownerReferences ?? []) as Draft[]).find(({ controller }) => controller);
  const isOver = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) return { goes: false };
  if (isOver) return { goes: true };
  if (owner?.kind === "DaemonSet") {
    const place = { resource: server.resource("daemonsets", "apps")!, namespace: metadata.namespace, name: owner.name };
    if (session.find(place) === null) {
      const lost = `daemonsets.apps ${JSON.stringify(owner.name)} not found`;
      return flags.is("force") ? { goes: true, warning: lost } : { goes: false, refusal: lost };
    }
    return flags.is("ignore-daemonsets")
      ? { goes: false, warning: "ignoring DaemonSet-managed Pods" }
      : { goes: false, refusal: "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)" };
  }
  const isLocal = ((spec.volumes ?? []) as Draft[]).some(({ emptyDir }) => emptyDir !== undefined);
  if (isLocal && !flags.is("delete-emptydir-data"))
    return { goes: false, refusal: "Pods with local storage (use --delete-emptydir-data to override)" };
  if (owner !== undefined)
    return isLocal ? { goes: true, warning: "deleting Pods with local storage" } : { goes: true };
  return flags.is("force")
    ? { goes: true, warning: "deleting Pods that declare no controller" }
    : { goes: false, refusal: "Pods that declare no controller (use --force to override)" };
}

function grouped(pods: readonly { pod: Draft; text: string | undefined }[]): [string, string][] {
  const by = new Map<string, string[]>();
  for (const { pod, text } of pods)
    if (text !== undefined) by.set(text, [...(by.get(text) ?? []), `${pod.metadata.namespace}/${pod.metadata.name}`]);
  return [...by].map(([text, names]) => [text, names.join(", ")]);
}

function judged(session: Session, node: string): { pod: Draft; verdict: Verdict }[] {
  const resource = session.server.resource("pods", "")!;
  const query = { fieldSelector: `spec.nodeName=${node}`, labelSelector: session.flags.text("pod-selector") };
  return session.items({ resource, namespace: null }, query).map((pod) => ({ pod, verdict: verdictOn(session, pod) }));
}

function podsToGo(session: Session, node: string): Draft[] {
  const all = judged(session, node);
  const refused = grouped(all.map(({ pod, verdict }) => ({ pod, text: verdict.refusal })));
  if (refused.length > 0)
    throw new Failures(refused.map(([why, names]) => new Failure(`cannot delete ${why}: ${names}`)));
  const warned = grouped(all.map(({ pod, verdict }) => ({ pod, text: verdict.warning })));
  if (warned.length > 0) session.err(`Warning: ${warned.map(([why, names]) => `${why}: ${names}`).join("; ")}\n`);
  return all.filter(({ verdict }) => verdict.goes).map(({ pod }) => pod);
}

export function* drain(session: Session): Program {
  const nodes = nodesOf(session);
  for (const node of nodes) setSchedulable(session, node, true);
  const failed: { name: string; failure: Error }[] = [];
  for (const node of nodes)
    try {
      yield* empty(session, node.name);
      report(session, node, "drained", node.object!);
    } catch (failure) {
      const why = (failure as Error).message;
      session.err(
        `error: unable to drain node ${JSON.stringify(node.name)} due to error: ${why}, continuing command...\n`,
      );
      failed.push({ name: node.name, failure: failure as Error });
    }
  if (failed.length === 0) return 0;
  session.err(`There are pending nodes to be drained:\n${failed.map(({ name }) => ` ${name}\n`).join("")}`);
  const all = failed.flatMap(({ failure }) => (failure instanceof Failures ? failure.all : [failure]));
  throw new Failures(
    all,
    failed.some(({ failure }) => failure instanceof Failures && failure.isNested),
  );
}

function* empty(session: Session, node: string): Generator<{ until: number }, void, void> {
  const { flags, setting } = session;
  const pods = podsToGo(session, node);
  if (session.isDry !== "") {
    const dry = session.isDry === "client" ? "dry run" : "server dry run";
    for (const { metadata } of pods) session.out(`evicting pod ${metadata.namespace}/${metadata.name} (${dry})\n`);
    return;
  }
  const patience = (flags.span("timeout", 0) || PATIENCE) * SECOND;
  const timeout = { at: setting.clock.now + patience, text: flags.text("timeout") || "10m0s" };
  const going = pods.map((pod) => new Going(session, pod, timeout));
  yield* session.until(Number.POSITIVE_INFINITY, () => going.filter((each) => !each.isDone()).length === 0);
  const failures = going.flatMap(({ failure }) => failure ?? []);
  if (failures.length === 0) return;
  const failure = new Failures(failures, true);
  const pending = judged(session, node).filter(({ verdict }) => verdict.goes);
  if (pending.length > 0)
    session.err(`There are pending pods in node ${JSON.stringify(node)} when an error occurred: ${failure.message}\n`);
  for (const { pod } of pending) session.err(`pod/${pod.metadata.name}\n`);
  throw failure;
}
