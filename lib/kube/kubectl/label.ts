// kubectl label, annotate and taint: marks on objects.
// Before you edit: staging/src/k8s.io/kubectl/pkg/cmd/{label,annotate,taint}/*.go, .../cmd/taint/utils.go.
import { labelValue } from "../api/names.ts";
import type { Draft } from "../api/object.ts";
import { mergePatch } from "../api/patch.ts";
import { asDry, placeOf } from "./apply.ts";
import { Failure, Failures, usage } from "./failure.ts";
import { flagsOf } from "./flags.ts";
import { report } from "./print.ts";
import { fetched, select } from "./select.ts";
import type { Session } from "./session.ts";

const MARKING =
  "filename:f* recursive:R? selector:l field-selector all? all-namespaces:A? overwrite? list? output:o template dry-run=unchanged field-manager ";
export const LABEL = flagsOf(`${MARKING} !local? !resource-version !kustomize:k !record?`);
export const TAINT = flagsOf(
  "selector:l all? overwrite? output:o template dry-run=unchanged field-manager validate=strict",
);

const isMark = (word: string): boolean => /^[^=]+=|-$/.test(word);

/** Words with `=` or a `-` at the end are marks, those before them name objects. */
function split(session: Session, what: string): { objects: string[]; marks: Map<string, string | null> } {
  const { words } = session;
  const first = words.findIndex(isMark);
  const objects = first === -1 ? [...words] : words.slice(0, first);
  const marks = new Map<string, string | null>();
  for (const word of first === -1 ? [] : words.slice(first)) {
    if (!isMark(word)) throw new Failure(`all resources must be specified before ${what} changes: ${word}`);
    const at = word.indexOf("=");
    const [key, value] = at === -1 ? [word.slice(0, -1), null] : [word.slice(0, at), word.slice(at + 1)];
    if (what === "label" && value?.includes("=")) throw new Failure(`invalid label spec: ${word}`);
    const wrong = what === "label" && value !== null ? labelValue(value) : [];
    if (wrong.length > 0) throw new Failure(`invalid label value: ${JSON.stringify(word)}: ${wrong.join(";")}`);
    if (marks.has(key) && (marks.get(key) === null) !== (value === null))
      throw new Failure(`can not both modify and remove a ${what} in the same command`);
    marks.set(key, value);
  }
  return { objects, marks };
}

export const label = (session: Session): number => mark(session, "label");
export const annotate = (session: Session): number => mark(session, "annotation");

function mark(session: Session, what: "label" | "annotation"): number {
  const { flags } = session;
  const field = what === "label" ? "labels" : "annotations";
  const { objects, marks } = split(session, what);
  if (objects.length === 0 && flags.list("filename").length === 0)
    throw new Failure("one or more resources must be specified as <resource> <name> or <resource>/<name>");
  if (marks.size === 0 && !flags.is("list")) throw new Failure(`at least one ${what} update is required`);
  if (flags.is("all") && flags.has("selector")) throw new Failure("cannot set --all and --selector at the same time");
  const selected = select(session, { words: objects, all: flags.is("all") });
  const { infos, failures } = fetched(session, selected);
  for (const info of infos)
    try {
      const had = (info.object!.metadata[field] ?? {}) as Draft;
      if (flags.is("list") && marks.size === 0) {
        const { kind, group } = info.resource;
        if (!selected.isOne) session.out(`Listing ${field} for ${kind}.${group}/${info.name}:\n`);
        for (const key of Object.keys(had).sort()) session.out(`${selected.isOne ? "" : " "}${key}=${had[key]}\n`);
        continue;
      }
      refuseOverwrites(session, had, marks, what);
      const { added, removed } = changesOf(session, had, marks, what);
      const body = {
        metadata: { [field]: Object.fromEntries([...marks].filter(([key, value]) => value !== null || key in had)) },
      };
      const isChange = added + removed > 0;
      const object =
        isChange && session.isDry !== "client"
          ? session.ask("PATCH", placeOf(info), { query: asDry(session), body, type: "application/merge-patch+json" })
          : (mergePatch(info.object, body) as Draft);
      report(session, info, what === "annotation" ? "annotated" : labelWord(added, removed), object);
    } catch (failure) {
      failures.push(failure as Error);
    }
  if (failures.length > 0) throw new Failures(failures);
  return 0;
}

function refuseOverwrites(
  { flags }: Session,
  had: Draft,
  marks: ReadonlyMap<string, string | null>,
  what: string,
): void {
  if (flags.is("overwrite")) return;
  const taken = [...marks].filter(([key, value]) => value !== null && key in had && had[key] !== value);
  if (taken.length === 0) return;
  const texts = taken.map(([key]) => `'${key}' already has a value (${had[key]})`);
  if (what === "label") throw new Failures(texts.map((text) => new Failure(`${text}, and --overwrite is false`)));
  throw new Failure(`--overwrite is false but found the following declared annotation(s): ${texts.join("; ")}`);
}

function changesOf(session: Session, had: Draft, marks: ReadonlyMap<string, string | null>, what: string) {
  let added = 0;
  let removed = 0;
  for (const [key, value] of marks)
    if (value !== null) added += had[key] === value ? 0 : 1;
    else if (key in had) removed++;
    else if (what === "label") session.out(`label ${JSON.stringify(key)} not found.\n`);
  return { added, removed };
}

const labelWord = (added: number, removed: number): string =>
  added > 0 && removed > 0 ? "modified" : added > 0 ? "labeled" : removed > 0 ? "unlabeled" : "not labeled";

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** `key=value:Effect`, `key:Effect`, `key:Effect-` or `key-`. */
function taintOf(word: string): { key: string; value?: string; effect?: string; goes: boolean } {
  const goes = word.endsWith("-");
  const [pair = "", effect, ...more] = (goes ? word.slice(0, -1) : word).split(":");
  const [key = "", value, ...rest] = pair.split("=");
  if (more.length > 0 || rest.length > 0 || (!goes && effect === undefined))
    throw new Failure(`invalid taint spec: ${word}`);
  if (effect !== undefined && effect !== "" && !EFFECTS.includes(effect))
    throw new Failure(`invalid taint effect: ${effect}, unsupported taint effect`);
  return { key, ...(value && { value }), ...(effect && { effect }), goes };
}

export function taint(session: Session): number {
  const { flags, words } = session;
  const isTaint = (word: string) => /[:=]|-$/.test(word) && !/^nodes?\//.test(word);
  const first = words.findIndex((word, i) => i > 0 && isTaint(word));
  const objects = first === -1 ? [...words] : words.slice(0, first);
  const specs = first === -1 ? [] : words.slice(first);
  if (objects.length === 0) throw new Failure("one or more resources must be specified as <resource> <name>");
  if (specs.length === 0) throw new Failure("at least one taint update is required");
  let taints: ReturnType<typeof taintOf>[];
  try {
    taints = specs.map(taintOf);
  } catch (failure) {
    throw usage("kubectl taint", (failure as Error).message);
  }
  if (!/^(no|nodes?)(\/|$)/.test(objects[0]!))
    throw new Failure(`invalid resource type ${objects[0]}, only node types are supported`);
  const { infos, failures } = fetched(session, select(session, { words: objects, all: flags.is("all") }));
  for (const info of infos)
    try {
      taintNode(session, info, taints);
    } catch (failure) {
      failures.push(failure as Error);
    }
  if (failures.length > 0) throw new Failures(failures);
  return 0;
}

function taintNode(
  session: Session,
  info: Parameters<typeof placeOf>[0],
  taints: readonly ReturnType<typeof taintOf>[],
): void {
  const had = (info.object!.spec?.taints ?? []) as Draft[];
  const isSame = (a: Draft, b: { key: string; effect?: string }) =>
    a.key === b.key && (b.effect === undefined || a.effect === b.effect);
  const adding = taints.filter(({ goes }) => !goes);
  const going = taints.filter(({ goes }) => goes);
  if (!session.flags.is("overwrite")) {
    const there = adding.filter((each) => had.some((other) => isSame(other, each)));
    if (there.length > 0) {
      const shown = there.map(({ key }) => key).join(",");
      throw new Failure(`node ${info.name} already has ${shown} taint(s) with same effect(s) and --overwrite is false`);
    }
  }
  for (const each of going)
    if (!had.some((other) => isSame(other, each)))
      throw new Failure(
        `taint ${JSON.stringify(each.effect === undefined ? each.key : `${each.key}:${each.effect}`)} not found`,
      );
  const fresh = adding.map(({ goes: _goes, ...each }) => each);
  const kept = had.filter((other) => !taints.some((each) => isSame(other, each)));
  const body = { spec: { taints: [...fresh, ...kept] } };
  const isReplaced = adding.some((each) => had.some((other) => isSame(other, each)));
  const isMixed = isReplaced || (adding.length > 0 && going.length > 0);
  const word = isMixed ? "modified" : adding.length > 0 ? "tainted" : "untainted";
  const object =
    session.isDry === "client"
      ? info.object!
      : session.ask("PATCH", placeOf(info), { query: asDry(session), body, type: "application/merge-patch+json" });
  report(session, info, word, object);
}
