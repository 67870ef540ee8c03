// Tables of the server, set out.
// Before you edit: staging/src/k8s.io/cli-runtime/pkg/printers/tableprinter.go.
import type { Draft } from "../api/object.ts";
import type { Resource } from "../api/resource.ts";
import { Failure } from "./failure.ts";
import { kindText } from "./kinds.ts";
import { sortedBy } from "./sort.ts";

export interface RowOptions {
  readonly isWide: boolean;
  readonly withNamespace: boolean;
  /** Names say their kind: `pod/web`. */
  readonly kind: Resource | null;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
  readonly sortBy: string;
}

interface Column {
  readonly name: string;
  readonly format?: string;
  readonly priority?: number;
}

const cellText = (cell: unknown): string => {
  if (cell === null || cell === undefined) return "";
  const text = String(cell);
  const end = text.search(/[\f\n\r]/);
  return end === -1 ? text : `${text.slice(0, end)}...`;
};

/** The header of a column for a label: what is behind the last slash. */
const labelHeader = (label: string): string => label.split("/").at(-1)!.toUpperCase();

export const labelText = (labels: Draft | undefined): string => {
  const words = Object.keys(labels ?? {})
    .sort()
    .map((key) => `${key}=${labels![key]}`);
  return words.length === 0 ? "<none>" : words.join(",");
};

/** A table that can't be sorted is not printed at all. */
function sortedRows(rows: readonly Draft[], by: string): Draft[] {
  try {
    return sortedBy(rows, by, ({ object }) => object);
  } catch (failure) {
    if (failure instanceof Failure) return [];
    throw failure;
  }
}

/** Header and rows of a table, cells parted by tabs. */
export function rowsOf(table: Draft, options: RowOptions): { header: string; rows: string[] } {
  const { isWide, withNamespace, kind, showLabels, labelColumns } = options;
  const columns = table.columnDefinitions as Column[];
  const shown = columns.map((column, i) => ({ column, i })).filter(({ column }) => isWide || !column.priority);
  const nameAt = kind === null ? -1 : columns.findIndex(({ format }) => format === "name");
  const rows = table.rows as Draft[];
  const ordered = options.sortBy === "" ? rows : sortedRows(rows, options.sortBy);
  const header = [
    ...(withNamespace ? ["NAMESPACE"] : []),
    ...shown.map(({ column }) => column.name.toUpperCase()),
    ...labelColumns.map(labelHeader),
    ...(showLabels ? ["LABELS"] : []),
  ];
  return {
    header: header.join("\t"),
    rows: ordered.map(({ cells, object }) => {
      const { labels = {}, namespace = "" } = (object?.metadata ?? {}) as Draft;
      return [
        ...(withNamespace ? [namespace] : []),
        ...shown.map(({ i }) => (i === nameAt ? `${kindText(kind!)}/${cellText(cells[i])}` : cellText(cells[i]))),
        ...labelColumns.map((label) => (labels[label] as string | undefined) ?? ""),
        ...(showLabels ? [labelText(labels)] : []),
      ].join("\t");
    }),
  };
}
