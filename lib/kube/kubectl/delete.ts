// kubectl delete.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/delete/{delete,delete_flags}.go, .../wait/delete.go.
import type { Program } from "../../lab/process.ts";
import { Failure, Failures, isRefusal, NOTHING_NAMED, Refusal } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { kindText } from "./kinds.ts";
import { fetched, type Info, named, select } from "./select.ts";
import type { Session } from "./session.ts";

export const DELETE = flagsOf(
  "filename:f* recursive:R? selector:l field-selector all? all-namespaces:A? cascade=background force? grace-period# ignore-not-found? " +
    "now? timeout~ wait? output:o dry-run=unchanged !raw !kustomize:k !interactive:i?",
);

/** A real one waits for a week. */
const FOR_EVER = 600;
const POLICIES: Readonly<Record<string, string>> = {
  background: "Background",
  foreground: "Foreground",
  orphan: "Orphan",
};

/** Seconds a pod gets to end; null leaves that to it. */
function graceOf({ flags }: Session): number | null {
  let grace = flags.number("grace-period", -1);
  if (flags.is("now")) {
    if (grace !== -1) throw new Failure("--now and --grace-period cannot be specified together");
    grace = 1;
  }
  if (grace === 0 && !flags.is("force")) grace = 1;
  if (flags.is("force") && grace < 0) grace = 0;
  if (flags.is("force") && grace > 0)
    throw new Failure("--force and --grace-period greater than 0 cannot be specified together");
  return grace < 0 ? null : grace;
}

export function* deleteObjects(session: Session): Program {
  const { flags, words } = session;
  const output = flags.text("output");
  const cascade = flags.text("cascade", "background");
  const meant = { true: "background", false: "orphan" }[cascade] ?? cascade;
  if (meant !== cascade)
    session.err(
      `warning: --cascade=${cascade} is deprecated (boolean value) and can be replaced with --cascade=${meant}.\n`,
    );
  const policy = POLICIES[meant];
  if (policy === undefined)
    throw new Failure(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
  if (words.length === 0 && flags.list("filename").length === 0 && !flags.has("selector") && !flags.is("all"))
    throw new Failure(NOTHING_NAMED);
  if (flags.is("all") && flags.has("selector"))
    throw new Failure("setting 'all' parameter but found a non empty selector. ");
  const grace = graceOf(session);
  const selected = select(session, { isAllSaid: flags.is("all") });
  if (output !== "" && output !== "name")
    throw new Failure(`unexpected -o output mode: ${output}. We only support '-o name'`);
  if (grace === 0 && flags.is("force"))
    session.err(
      "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n",
    );
  const { infos, failures } =
    selected.lists.length > 0 ? fetched(session, selected) : { infos: selected.ones, failures: [...selected.mistakes] };
  const isMissing = (failure: Error) => flags.is("ignore-not-found") && isRefusal(failure, "NotFound");
  const gone: { info: Info; uid: string }[] = [];
  let isWarned = !flags.has("namespace");
  for (const info of infos) {
    if (!isWarned && !info.resource.namespaced) {
      session.err("Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n");
      isWarned = true;
    }
    try {
      gone.push({ info, uid: remove(session, info, grace, policy) });
      tell(session, info, grace);
    } catch (failure) {
      if (!isMissing(failure as Error)) failures.push(failure as Error);
    }
  }
  if (failures.length > 0) throw new Failures(failures);
  if (infos.length === 0 || (gone.length === 0 && flags.is("ignore-not-found"))) {
    if (infos.length === 0) session.out("No resources found\n");
    return 0;
  }
  if (!flags.is("wait", true) || session.isDry !== "") return 0;
  const patience = flags.span("timeout", 0) || FOR_EVER;
  for (const { info, uid } of gone) {
    const isGone = () =>
      session.find({ resource: info.resource, namespace: info.namespace, name: info.name })?.metadata.uid !== uid;
    if (!(yield* session.until(patience, isGone)))
      throw new Failure(`timed out waiting for the condition on ${info.resource.resource}/${info.name}`);
  }
  return 0;
}

/** The uid of what goes. */
function remove(session: Session, info: Info, grace: number | null, propagationPolicy: string): string {
  const place = { resource: info.resource, namespace: info.namespace, name: info.name };
  if (session.isDry === "client") return "";
  const dryRun = session.isDry === "server" ? { dryRun: ["All"] } : {};
  const body = { ...dryRun, propagationPolicy, ...(grace !== null && { gracePeriodSeconds: grace }) };
  try {
    const answer = session.ask("DELETE", place, { body });
    return answer.details?.uid ?? answer.metadata?.uid ?? "";
  } catch (failure) {
    throw failure instanceof Refusal ? failure.when("deleting", info.source) : failure;
  }
}

function tell(session: Session, info: Info, grace: number | null): void {
  if (session.flags.text("output") === "name") return session.out(`${named(info)}\n`);
  const from = info.namespace === null ? "" : ` from ${info.namespace} namespace`;
  const dry = { "": "", client: " (dry run)", server: " (server dry run)" }[session.isDry];
  session.out(`${kindText(info.resource)} "${info.name}" ${grace === 0 ? "force deleted" : "deleted"}${from}${dry}\n`);
}
