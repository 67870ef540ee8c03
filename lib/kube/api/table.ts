// How a kind is printed: the server says columns and cells, kubectl only sets them out.
// Before you edit: pkg/printers/tablegenerator.go, staging/src/k8s.io/apimachinery/pkg/util/duration/duration.go,
// staging/src/k8s.io/apiserver/pkg/endpoints/handlers/response.go.
import type { Draft, KubeObject } from "./object.ts";
import { apiVersionOf, type Resource } from "./resource.ts";

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer";
  readonly format: "" | "name";
  /** 1 is shown with `-o wide` alone. */
  readonly priority: 0 | 1;
}

/** `Name`, `Ready`, `*IP`: a star before those of `-o wide`, a hash before those that are numbers. */
export function columns(...names: readonly string[]): readonly Column[] {
  return names.map((name) => ({
    name: name.replace(/^[*#]+/, ""),
    type: /^\*?#/.test(name) ? "integer" : "string",
    format: name === "Name" || name === "*Name" ? "name" : "",
    priority: name.startsWith("*") ? 1 : 0,
  }));
}

export type Cell = string | number;

/** `now` in milliseconds of the same clock as the times in objects. */
export type Cells = (object: Draft, now: number) => readonly Cell[];

/** A table of v1.meta.k8s.io. What the real one says in `description` of its columns is left out. */
export function table(resource: Resource, items: readonly KubeObject[], now: number, include: string): Draft {
  const { columns: shown, cells } = resource;
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    columnDefinitions: shown.map((column) => ({ ...column, description: "" })),
    rows: items.map((object) => ({
      cells: cells(object as Draft, now),
      ...(include !== "None" && { object: include === "Object" ? object : partial(object) }),
    })),
  };
}

/** The Table of an answer: an object, or a list of them. `now` as for Cells. */
export function tableOf(resource: Resource, body: unknown, now: number, include = "Metadata"): Draft {
  const { items, metadata } = body as { items?: readonly KubeObject[]; metadata: Draft };
  const named = { kind: resource.kind, apiVersion: apiVersionOf(resource) };
  const rows = items?.map((each) => ({ ...named, ...each })) ?? [body as KubeObject];
  const { resourceVersion } = metadata;
  return { ...table(resource, rows, now, include), metadata: { resourceVersion } };
}

const partial = ({ metadata }: KubeObject): Draft => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata,
});

/** How long ago, as people say it: `5s`, `3m12s`, `4h`, `2d3h` (HumanDuration). */
export function age(since: string | undefined | null, now: number): string {
  if (!since) return "<unknown>";
  const seconds = Math.floor((now - Date.parse(since)) / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return withRest(days, "d", hours % 24, "h");
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  return hours < 24 * 365 * 8 ? withRest(years, "y", days % 365, "d") : `${years}y`;
}

const withRest = (whole: number, unit: string, rest: number, small: string): string =>
  rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${small}`;

/** The first three, and how many more. */
export function firstThree(texts: readonly string[], none: string): string {
  if (texts.length === 0) return none;
  const shown = texts.slice(0, 3).join(",");
  return texts.length > 3 ? `${shown} + ${texts.length - 3} more...` : shown;
}

export const orNone = (text: string | undefined): string => text || "<none>";

/** `a=b,c=d`, or `<none>` (labels.FormatLabels). */
export const labelsText = (labels: Draft | undefined): string =>
  orNone(
    Object.keys(labels ?? {})
      .sort()
      .map((key) => `${key}=${labels![key]}`)
      .join(","),
  );

/** A LabelSelector as a selector is written: `app=web,tier in (a,b)`. */
export function selectorText(selector: Draft | undefined): string {
  if (selector === undefined) return "";
  const words = Object.entries((selector.matchLabels ?? {}) as Record<string, string>).map(
    ([key, value]) => [key, `${key}=${value}`] as const,
  );
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const list = [...values].sort().join(",");
    const text = { In: `${key} in (${list})`, NotIn: `${key} notin (${list})`, Exists: key, DoesNotExist: `!${key}` };
    words.push([key, text[operator as keyof typeof text]]);
  }
  return words
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, text]) => text)
    .join(",");
}

/** Names and images of a template's containers, as two cells. */
export function containerCells(template: Draft | undefined): readonly [string, string] {
  const containers = (template?.spec?.containers ?? []) as Draft[];
  return [containers.map(({ name }) => name).join(","), containers.map(({ image }) => image).join(",")];
}
