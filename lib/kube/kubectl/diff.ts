// kubectl diff: objects as they are beside what apply would make of them.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/diff/diff.go.
import type { Draft } from "../api/object.ts";
import { apiVersionOf } from "../api/resource.ts";
import { schema } from "../api/schema.ts";
import { LAST_APPLIED, mustHaveFiles, placeOf } from "./apply.ts";
import { Failure, told } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { yamlText } from "./object-text.ts";
import { type Info, select } from "./select.ts";
import { mayBeServerSide, serverSide } from "./server-side.ts";
import type { Session } from "./session.ts";
import { threeWay } from "./three-way.ts";
import { unified } from "./unified.ts";

export const DIFF = flagsOf(
  "filename:f* recursive:R? selector:l show-managed-fields? show-secrets? concurrency# field-manager " +
    "server-side? force-conflicts? !prune? !prune-allowlist* !kustomize:k",
);

/** The folders that `diff` is told; the real ones have numbers by chance. */
const [LIVE, MERGED] = ["/tmp/LIVE-1", "/tmp/MERGED-2"];

/** What the server would make of the file; nothing is stored. Throws Refusal. */
function merged(session: Session, info: Info, live: Draft | null): Draft {
  const query = { dryRun: "All" };
  if (session.flags.is("server-side")) return serverSide(session, info, query);
  if (live === null)
    return session.ask("POST", { resource: info.resource, namespace: info.namespace }, { query, body: info.object });
  const { [LAST_APPLIED]: _said, ...annotations } = (info.object!.metadata.annotations ?? {}) as Draft;
  const wanted = { ...info.object!, metadata: { ...info.object!.metadata, annotations } };
  const last = live.metadata.annotations?.[LAST_APPLIED];
  const type = schema().kinds[`${apiVersionOf(info.resource)}/${info.resource.kind}`]!;
  const patch = threeWay(last === undefined ? {} : JSON.parse(last), wanted, live, type);
  if (Object.keys(patch).length === 0) return live;
  const { resourceVersion } = live.metadata;
  const body = { ...patch, metadata: { ...patch.metadata, resourceVersion } };
  return session.ask("PATCH", placeOf(info), { query, body, type: "application/strategic-merge-patch+json" });
}

/** Exit status 0: nothing differs; 1: something does; 2: it could not be found out. */
export function diff(session: Session): number {
  try {
    return compared(session);
  } catch (failure) {
    const { text, status } = told(failure);
    session.err(text);
    return status + 1;
  }
}

function compared(session: Session): number {
  const { words, path, flags } = session;
  if (words.length > 0)
    throw new Failure(`Unexpected args: [${words.join(" ")}]\nSee '${path} -h' for help and examples`);
  mustHaveFiles(session);
  mayBeServerSide(session);
  const selected = select(session);
  if (selected.mistakes.length > 0) throw selected.mistakes[0]!;
  const text = (object: Draft): string => {
    const { managedFields, ...metadata } = object.metadata;
    return yamlText(flags.is("show-managed-fields") ? object : { ...object, metadata });
  };
  const files = new Map<string, { readonly from: string | null; readonly to: string }>();
  for (const info of selected.ones) {
    const { group, version, kind } = info.resource;
    const live = session.find(placeOf(info));
    const name = `${group === "" ? "" : `${group}.`}${version}.${kind}.${info.namespace ?? ""}.${info.name}`;
    files.set(name, { from: live && text(live), to: text(merged(session, info, live)) });
    if (live?.metadata.deletionTimestamp !== undefined)
      session.err(`Warning: Detected changes to resource ${info.name} which is currently being deleted.\n`);
  }
  const written = `${session.server.time.replace("T", " ").replace("Z", "")}.000000000 +0000`;
  let status = 0;
  for (const name of [...files.keys()].sort()) {
    const { from, to } = files.get(name)!;
    const hunks = unified(from ?? "", to);
    if (hunks === "") continue;
    status = 1;
    const [a, b] = [`${LIVE}/${name}`, `${MERGED}/${name}`];
    const before = from === null ? "1970-01-01 00:00:00.000000000 +0000" : written;
    session.out(`diff -u -N ${a} ${b}\n--- ${a}\t${before}\n+++ ${b}\t${written}\n${hunks}`);
  }
  return status;
}
