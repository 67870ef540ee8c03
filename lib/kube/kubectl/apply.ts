// kubectl apply, create -f and patch: objects as files say them.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/apply/{apply,patcher}.go, .../create/create.go, .../patch/patch.go.

import { parseDocument } from "yaml";
import { jsonMistake } from "../api/json-mistake.ts";
import type { Draft } from "../api/object.ts";
import { mergePatch, type PatchType, strategicPatch } from "../api/patch.ts";
import { apiVersionOf } from "../api/resource.ts";
import { schema } from "../api/schema.ts";
import { badRequest } from "../api/status.ts";
import { Failure, Failures, Refusal } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { jsonText } from "./object-text.ts";
import { printer, report } from "./print.ts";
import { type Info, mustFetch, named, select } from "./select.ts";
import { appliedThere, mayBeServerSide } from "./server-side.ts";
import type { Session } from "./session.ts";
import { threeWay } from "./three-way.ts";

const WRITING =
  "filename:f* recursive:R? output:o template dry-run=unchanged field-manager validate=strict show-managed-fields? allow-missing-template-keys? ";

export const APPLY = flagsOf(
  `${WRITING} selector:l all? overwrite? wait? timeout~ force? cascade=background grace-period# openapi-patch? ` +
    "server-side? force-conflicts? !prune? !prune-allowlist* !kustomize:k !applyset !subresource",
);
export const CREATE = flagsOf(
  `${WRITING} selector:l save-config? !edit? !raw !kustomize:k !windows-line-endings? !record?`,
);
export const PATCH = flagsOf(`${WRITING} patch:p patch-file type subresource local? !kustomize:k !record?`);

export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

export const placeOf = ({ resource, namespace, name }: Info) => ({ resource, namespace, name });

/** Whether the server refuses unknown fields, warns of them, or drops them. Throws Failure. */
export function validation(session: Session): string {
  const word = session.flags.text("validate", "strict");
  const meanings: Readonly<Record<string, string>> = {
    strict: "Strict",
    true: "Strict",
    warn: "Warn",
    false: "Ignore",
    ignore: "Ignore",
  };
  const meaning = meanings[word];
  if (meaning === undefined)
    throw new Failure(
      `invalid - validate option ${JSON.stringify(word)}; must be one of: strict (or true), warn, ignore (or false)`,
    );
  return meaning;
}

/** The object with what it says of itself as its annotation, which the next apply compares with. */
function annotated(object: Draft): Draft {
  const { [LAST_APPLIED]: _last, ...annotations } = (object.metadata?.annotations ?? {}) as Draft;
  const plain = { ...object, metadata: { ...object.metadata, annotations } };
  const text = `${jsonText(plain)}\n`;
  return { ...plain, metadata: { ...plain.metadata, annotations: { ...annotations, [LAST_APPLIED]: text } } };
}

export const asDry = (session: Session): Readonly<Record<string, string>> =>
  session.isDry === "server" ? { dryRun: "All" } : {};

/** The object after the server merged `body` into it; in a dry run of the client as it is. Throws Refusal. */
export function merged(session: Session, info: Info, body: object): Draft {
  if (session.isDry === "client") return info.object!;
  const type = "application/strategic-merge-patch+json";
  return session.ask("PATCH", placeOf(info), { query: asDry(session), body, type });
}

/** Throws Failures with all that could not be done; the rest is done. */
function each(infos: readonly Info[], mistakes: readonly Error[], action: (info: Info) => void): number {
  const failures = [...mistakes];
  for (const info of infos)
    try {
      action(info);
    } catch (failure) {
      failures.push(failure as Error);
    }
  if (failures.length > 0) throw new Failures(failures);
  return 0;
}

export const mustHaveFiles = (session: Session): void => {
  if (session.flags.list("filename").length > 0) return;
  throw new Failure("must specify one of -f and -k");
};

export function apply(session: Session): number {
  const { words } = session;
  if (words.length > 0)
    throw new Failure(`Unexpected args: [${words.join(" ")}]\nSee 'kubectl apply -h' for help and examples`);
  mustHaveFiles(session);
  const isServerSide = mayBeServerSide(session);
  const query = { ...asDry(session), fieldValidation: validation(session) };
  printer(session);
  const selected = select(session);
  if (selected.ones.length === 0 && selected.mistakes.length === 0) throw new Failure("no objects passed to apply");
  const done: Draft[] = [];
  const tell = (info: Info, word: string, object: Draft) => {
    if (session.flags.has("output") && session.flags.text("output") !== "name") done.push(object);
    else report(session, info, word, object);
  };
  try {
    return each(selected.ones, selected.mistakes, (info) => {
      if (info.name === "" && info.object!.metadata?.generateName)
        throw new Failure(`from ${info.object!.metadata.generateName}: cannot use generate name with apply`);
      if (isServerSide) return tell(info, "serverside-applied", appliedThere(session, info, query));
      const wanted = annotated(info.object!);
      if (info.name === "") {
        const why = `error when retrieving current configuration of:\n${described(info)}\nfrom server for: ${JSON.stringify(info.source)}`;
        throw new Failure(`${why}: resource name may not be empty`);
      }
      const current = session.find(placeOf(info));
      if (current === null) {
        const created = session.isDry === "client" ? wanted : create(session, info, wanted, query);
        return tell(info, "created", created);
      }
      patched(session, info, wanted, current, query, tell);
    });
  } finally {
    if (done.length > 0) session.out(printer(session)!(done.length === 1 ? done[0]! : listOf(done)));
  }
}

const listOf = (items: readonly Draft[]): Draft => ({
  apiVersion: "v1",
  items,
  kind: "List",
  metadata: { resourceVersion: "" },
});

/** What and whose an object is, on two lines. */
function described({ resource, name, namespace }: Info): string {
  const { group, version, resource: plural, kind } = resource;
  const within = `${group}/${version}`;
  const of = `Resource: ${JSON.stringify(`${within}, Resource=${plural}`)}, GroupVersionKind: ${JSON.stringify(`${within}, Kind=${kind}`)}`;
  return `${of}\nName: ${JSON.stringify(name)}, Namespace: ${JSON.stringify(namespace ?? "")}`;
}

function patched(
  session: Session,
  info: Info,
  wanted: Draft,
  current: Draft,
  query: Readonly<Record<string, string>>,
  tell: (info: Info, word: string, object: Draft) => void,
): void {
  const last = current.metadata.annotations?.[LAST_APPLIED] as string | undefined;
  if (last === undefined)
    session.err(
      `Warning: resource ${info.resource.resource}/${info.name} is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  const type = schema().kinds[`${apiVersionOf(info.resource)}/${info.resource.kind}`]!;
  const patch = threeWay(last === undefined ? {} : JSON.parse(last), wanted, current, type);
  if (Object.keys(patch).length === 0) return tell(info, "unchanged", current);
  if (session.isDry === "client") return tell(info, "configured", strategicPatch(current, patch, type) as Draft);
  try {
    const object = session.ask("PATCH", placeOf(info), {
      query,
      body: patch,
      type: "application/strategic-merge-patch+json",
    });
    if (object.metadata.deletionTimestamp !== undefined)
      session.err(`Warning: Detected changes to resource ${info.name} which is currently being deleted.\n`);
    tell(info, "configured", object);
  } catch (failure) {
    if (!(failure instanceof Refusal)) throw failure;
    const doing = `error when applying patch:\n${jsonText(patch)}\nto:\n${described(info)}\nfor: ${JSON.stringify(info.source)}: error when patching ${JSON.stringify(info.source)}: `;
    throw new Refusal(failure.answer, doing);
  }
}

/** Asks the server to make it; a refusal says of which file. */
export function create(session: Session, info: Info, object: Draft, query: Readonly<Record<string, string>>): Draft {
  try {
    return session.ask("POST", { resource: info.resource, namespace: info.namespace }, { query, body: object });
  } catch (failure) {
    throw failure instanceof Refusal ? failure.when("creating", info.source) : failure;
  }
}

export function createFiles(session: Session): number {
  if (session.words.length > 0) throw unknownCreate(session.words);
  mustHaveFiles(session);
  const query = { ...asDry(session), fieldValidation: validation(session) };
  const selected = select(session);
  if (selected.ones.length === 0 && selected.mistakes.length === 0) throw new Failure("no objects passed to create");
  return each(selected.ones, selected.mistakes, (info) => {
    const object = session.flags.is("save-config") ? annotated(info.object!) : info.object!;
    const made = session.isDry === "client" ? object : create(session, info, object, query);
    report(session, { resource: info.resource, name: made.metadata?.name ?? info.name }, "created", made);
  });
}

const unknownCreate = (words: readonly string[]): Failure =>
  new Failure(`Unexpected args: [${words.join(" ")}]\nSee 'kubectl create -h' for help and examples`);

const TYPES: Readonly<Record<string, PatchType>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

export function patch(session: Session): number {
  const { flags } = session;
  const file = flags.text("patch-file");
  const text = file === "" ? flags.text("patch") : session.setting.files.read(file);
  if (flags.has("patch") && flags.has("patch-file"))
    throw new Failure("cannot specify --patch and --patch-file together");
  if (text === null) throw new Failure(`unable to read patch file: open ${file}: no such file or directory`);
  if (text === "") throw new Failure("must specify --patch or --patch-file containing the contents of the patch");
  const word = flags.text("type", "strategic");
  if (TYPES[word] === undefined)
    throw new Failure(`--type must be one of [json merge strategic], not ${JSON.stringify(word)}`);
  const body = patchOf(text);
  const subresource = flags.text("subresource");
  for (const info of mustFetch(session, select(session))) {
    const before = info.object!;
    const place = { ...placeOf(info), ...(subresource !== "" && { subresource }) };
    if (session.isDry === "client") {
      const isShown = flags.has("output") && flags.text("output") !== "name";
      if (isShown) report(session, info, "patched", mergePatch(before, body) as Draft);
      else session.out(`${named(info)}${flags.has("output") ? "" : " patched"}\n`);
      continue;
    }
    const after = session.ask("PATCH", place, { query: asDry(session), body, type: TYPES[word]! });
    const isSame = after.metadata.resourceVersion === before.metadata.resourceVersion && session.isDry === "";
    const shown = subresource === "scale" ? { resource: SCALE, name: info.name } : info;
    report(session, shown, isSame ? "patched (no change)" : "patched", after);
  }
  return 0;
}

/** The kind that a workload's `scale` is of. */
const SCALE = { kind: "Scale", group: "autoscaling" };

/** What begins like JSON is left to the server, mistakes too. */
function patchOf(text: string): Draft {
  if (/^\s*\{/.test(text))
    try {
      return JSON.parse(text) as Draft;
    } catch {
      throw new Refusal(badRequest(jsonMistake(text)).status);
    }
  const parsed = parseDocument(text);
  const [mistake] = parsed.errors;
  if (mistake !== undefined) throw new Failure(`unable to parse ${JSON.stringify(text)}: yaml: ${mistake.message}`);
  return parsed.toJS() as Draft;
}
