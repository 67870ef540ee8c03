// kubectl rollout: how far a new template has come, and back to an older one.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/rollout/*.go, .../pkg/polymorphichelpers/{rollout_status,history,rollback}.go.
import type { Program } from "../../lab/process.ts";
import { notModelled } from "../../tools/command.ts";
import { type Draft, sameJson } from "../api/object.ts";
import { asDry, merged, placeOf } from "./apply.ts";
import { podTemplate } from "./describe/containers.ts";
import { Paper } from "./describe/paper.ts";
import { revisionsOf } from "./describe/workloads.ts";
import { Failure, Failures } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { kindText } from "./kinds.ts";
import { type Printer, printer, report } from "./print.ts";
import { fetched, type Info, select } from "./select.ts";
import type { Session } from "./session.ts";
import { PARAGRAPHS, setOut } from "./tabwriter.ts";

export const CHANGING = "filename:f* recursive:R? selector:l output:o template dry-run=unchanged field-manager ";
export const ROLLOUT = flagsOf(`${CHANGING} watch:w? timeout~ revision# to-revision# !kustomize:k`);

const REVISION = "deployment.kubernetes.io/revision";
const RESTARTED = "kubectl.kubernetes.io/restartedAt";
const CAUSE = "kubernetes.io/change-cause";
/** As long as a command waits that was given no --timeout. */
const PATIENCE = 600;

type Part = (session: Session, info: Info) => number | Program;

/** rollout status, history, undo, restart, pause, resume. */
export function* rollout(session: Session, part: Part): Program {
  const { flags, words } = session;
  if (words.length === 0 && flags.list("filename").length === 0) throw new Failure("required resource not specified");
  const { infos, failures } = fetched(session, select(session, { all: true }));
  if (infos.length === 0 && failures.length === 0)
    session.err(`No resources found in ${session.namespace} namespace.\n`);
  for (const info of infos)
    try {
      const result = part(session, info);
      if (typeof result !== "number") yield* result;
    } catch (failure) {
      failures.push(failure as Error);
    }
  if (failures.length > 0) throw new Failures(failures);
  return 0;
}

function statusOf(
  kind: string,
  { metadata, spec, status = {} }: Draft,
  revision: number,
): { text: string; isDone: boolean } {
  const what = kind === "DaemonSet" ? "daemon set" : "deployment";
  const name = JSON.stringify(metadata.name);
  const waiting = (why: string) => ({
    text: `Waiting for ${what} ${name} rollout to finish: ${why}...\n`,
    isDone: false,
  });
  const running = Number(metadata.annotations?.[REVISION] ?? 0);
  if (revision > 0 && revision !== running)
    throw new Failure(`desired revision (${revision}) is different from the running revision (${running})`);
  if (metadata.generation > (status.observedGeneration ?? 0))
    return { text: `Waiting for ${what} spec update to be observed...\n`, isDone: false };
  const done = { text: `${what} ${name} successfully rolled out\n`, isDone: true };
  if (kind === "DaemonSet") {
    const {
      updatedNumberScheduled: updated = 0,
      desiredNumberScheduled: desired = 0,
      numberAvailable: available = 0,
    } = status;
    if (updated < desired) return waiting(`${updated} out of ${desired} new pods have been updated`);
    return available < desired ? waiting(`${available} of ${desired} updated pods are available`) : done;
  }
  const late = ((status.conditions ?? []) as Draft[]).find(({ type }) => type === "Progressing");
  if (late?.reason === "ProgressDeadlineExceeded")
    throw new Failure(`deployment ${name} exceeded its progress deadline`);
  const { updatedReplicas: updated = 0, replicas = 0, availableReplicas: available = 0 } = status;
  if (updated < spec.replicas) return waiting(`${updated} out of ${spec.replicas} new replicas have been updated`);
  if (replicas > updated) return waiting(`${replicas - updated} old replicas are pending termination`);
  return available < updated ? waiting(`${available} of ${updated} updated replicas are available`) : done;
}

export const rolloutStatus: Part = function* (session, info) {
  const { kind } = info.resource;
  if (!["Deployment", "DaemonSet"].includes(kind))
    throw new Failure(`no status viewer has been implemented for ${kind}`);
  const { flags, setting } = session;
  const end = setting.clock.now + (flags.span("timeout", 0) || PATIENCE) * 1e9;
  let seen = "";
  for (;;) {
    const object = session.find(placeOf(info));
    if (object === null) throw new Failure("object has been deleted");
    // Every change of the object is told, also if the words are the same.
    const version = object.metadata.resourceVersion as string;
    if (version !== seen) {
      const { text, isDone } = statusOf(kind, object, flags.number("revision", 0));
      session.out(text);
      if (isDone || !flags.is("watch", true)) return 0;
    }
    seen = version;
    if (setting.clock.now >= end) throw new Failure("timed out waiting for the condition");
    // As often as a watch tells.
    yield { until: setting.clock.now + 1e6 };
  }
};

function revisions(session: Session, object: Draft): Map<number, Draft> {
  const { old, current } = revisionsOf(session, object);
  const all = [...old, ...(current === null ? [] : [current])];
  return new Map(all.map((each) => [Number(each.metadata.annotations?.[REVISION] ?? 0), each]));
}

function mustBeDeployment(session: Session, { resource }: Info, what: string): void {
  if (resource.kind === "Deployment") return;
  if (resource.kind === "DaemonSet")
    throw notModelled(session.path, resource.kind, "Deployments, for DaemonSets keep no ControllerRevisions here");
  throw new Failure(
    `no ${what} has been implemented for ${JSON.stringify(resource.group === "" ? resource.kind : `${resource.kind}.${resource.group}`)}`,
  );
}

/** The ReplicaSets themselves, the oldest first. */
function printedSets(session: Session, all: ReadonlyMap<number, Draft>, wanted: number, print: Printer): number {
  const chosen = [...all].sort(([a], [b]) => a - b).filter(([revision]) => wanted === 0 || revision === wanted);
  if (chosen.length === 0) throw new Failure("unable to find the specified revision");
  for (const [, set] of chosen) session.out(print(set));
  return 0;
}

export const rolloutHistory: Part = (session, info) => {
  mustBeDeployment(session, info, "history viewer");
  const all = revisions(session, info.object!);
  const wanted = session.flags.number("revision", 0);
  const causeOf = (set: Draft) => (set.metadata.annotations?.[CAUSE] as string) || "";
  const print = printer(session);
  if (print !== null) return printedSets(session, all, wanted, print);
  const title = `${kindText(info.resource)}/${info.name}`;
  let text = "No rollout history found.";
  if (all.size > 0 && wanted > 0) {
    const set = all.get(wanted);
    if (set === undefined) throw new Failure("unable to find the specified revision");
    const { template } = set.spec as Draft;
    const cause = causeOf(set);
    const annotations = { ...template.metadata?.annotations, ...(cause !== "" && { [CAUSE]: cause }) };
    const paper = new Paper(session.now);
    podTemplate(paper, { ...template, metadata: { ...template.metadata, annotations } });
    text = paper.raw;
    session.out(`${title} with revision #${wanted}\n${text}\n`);
    return 0;
  }
  if (all.size > 0) {
    const rows = [...all]
      .sort(([a], [b]) => a - b)
      .map(([revision, set]) => `${revision}\t${causeOf(set) || "<none>"}`);
    text = setOut(`REVISION\tCHANGE-CAUSE\n${rows.join("\n")}\n`, PARAGRAPHS);
  }
  session.out(`${title} \n${text}\n`);
  return 0;
};

const KEPT = [
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  "deployment.kubernetes.io/revision-history",
  "deployment.kubernetes.io/desired-replicas",
  "deployment.kubernetes.io/max-replicas",
  "deprecated.deployment.rollback.to",
];

function withoutHash(template: Draft): Draft {
  const { "pod-template-hash": _hash, ...labels } = (template.metadata?.labels ?? {}) as Draft;
  return { ...template, metadata: { ...template.metadata, labels } };
}

export const rolloutUndo: Part = (session, info) => {
  mustBeDeployment(session, info, "rollbacker");
  const object = info.object!;
  if (
    object.metadata.annotations?.["kubectl.kubernetes.io/last-applied-configuration"] !== undefined &&
    session.isDry === ""
  )
    session.err(
      `Warning: resource ${info.resource.resource}/${info.name} was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n`,
    );
  const all = revisions(session, object);
  const wanted = session.flags.number("to-revision", 0);
  const previous = [...all.keys()].sort((a, b) => b - a)[1];
  const set = wanted > 0 ? all.get(wanted) : previous === undefined ? undefined : all.get(previous);
  if (set === undefined)
    throw new Failure(
      wanted > 0
        ? `unable to find specified revision ${wanted} in history`
        : `no rollout history found for deployment ${JSON.stringify(info.name)}`,
    );
  if (object.spec.paused)
    throw new Failure(
      "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
    );
  if (sameJson(withoutHash(set.spec.template), withoutHash(object.spec.template))) {
    report(session, info, `skipped rollback (current template already matches revision ${wanted})`, object);
    return 0;
  }
  const pick = (from: Draft, isKept: boolean) =>
    Object.fromEntries(
      Object.entries((from.metadata.annotations ?? {}) as Draft).filter(([key]) => KEPT.includes(key) === isKept),
    );
  const body = [
    { op: "replace", path: "/spec/template", value: withoutHash(set.spec.template) },
    { op: "replace", path: "/metadata/annotations", value: { ...pick(object, true), ...pick(set, false) } },
  ];
  const after =
    session.isDry === "client"
      ? object
      : session.ask("PATCH", placeOf(info), { query: asDry(session), body, type: "application/json-patch+json" });
  report(session, info, "rolled back", after);
  return 0;
};

const patching =
  (word: string, bodyOf: (object: Draft, session: Session) => Draft): Part =>
  (session, info) => {
    report(session, info, word, merged(session, info, bodyOf(info.object!, session)));
    return 0;
  };

export const rolloutRestart = patching("restarted", ({ kind, spec, metadata }, session) => {
  if (!["Deployment", "DaemonSet"].includes(kind)) {
    const plural = `${String(kind).toLowerCase()}s${kind === "ReplicaSet" ? ".apps" : ""}`;
    throw new Failure(`error: ${plural} ${JSON.stringify(metadata.name)} restarting is not supported`);
  }
  if (spec.paused)
    throw new Failure(
      `error: deployments.apps ${JSON.stringify(metadata.name)} can't restart paused deployment (run rollout resume first)`,
    );
  if (spec.template.metadata?.annotations?.[RESTARTED] === session.server.time) {
    const why = "if restart has already been triggered within the past second";
    throw new Failure(
      `failed to create patch for ${metadata.name}: ${why}, please wait before attempting to trigger another`,
    );
  }
  return { spec: { template: { metadata: { annotations: { [RESTARTED]: session.server.time } } } } };
});

const pausing = (wanted: boolean) =>
  patching(wanted ? "paused" : "resumed", ({ kind, spec, metadata }) => {
    const name = JSON.stringify(metadata.name);
    const word = wanted ? "pausing" : "resuming";
    if (kind !== "Deployment")
      throw new Failure(`error: ${String(kind).toLowerCase()}s ${name} ${word} is not supported`);
    if ((spec.paused === true) === wanted)
      throw new Failure(`error: deployments.apps ${name} is ${wanted ? "already paused" : "not paused"}`);
    return { spec: { paused: wanted ? true : null } };
  });
export const rolloutPause = pausing(true);
export const rolloutResume = pausing(false);
