// The notebook format, version 4.5, as Jupyter itself writes it: keys sorted,
// one space of indent, texts as lists of lines, a newline at the end.
import { cut } from "./show.ts";

/** What a cell showed. */
export type Output = { output_type: string; [key: string]: unknown };

/** A cell; what isn't named here is kept as it is. */
export interface Cell {
  cell_type: string;
  source: string | string[];
  metadata: { tags?: string[]; [key: string]: unknown };
  outputs?: Output[];
  execution_count?: number | null;
  id?: string;
}

/** A notebook. */
export interface Notebook {
  cells: Cell[];
  metadata: Record<string, unknown>;
  nbformat: number;
  nbformat_minor: number;
}

/** Reads a notebook; what is wrong with it is said with its place. */
export function parseNotebook(text: string, file: string): Notebook {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`${file} is not a notebook: it is not JSON: ${jsonProblem(text, error as Error)}`);
  }
  const wrong = (what: string) => new SyntaxError(`${file} is not a notebook that can be run: ${what}`);
  const notebook = value as Notebook;
  if (typeof value !== "object" || value === null || !Array.isArray(notebook.cells))
    throw wrong('it has no list "cells"');
  if (notebook.nbformat !== 4) {
    throw wrong(`its nbformat is ${cut(String(notebook.nbformat), 40)}, not 4; open it in JupyterLab and save it`);
  }
  notebook.cells.forEach((cell, i) => {
    const source = cell?.source;
    const lines = Array.isArray(source) && source.every((line) => typeof line === "string");
    if (typeof source !== "string" && !lines) throw wrong(`cell ${i + 1} has no "source" text`);
    if (!["code", "markdown", "raw"].includes(cell.cell_type)) {
      throw wrong(`cell ${i + 1} is of the unknown type ${cut(JSON.stringify(cell.cell_type) ?? "undefined", 40)}`);
    }
    cell.metadata ??= {};
  });
  return notebook;
}

function jsonProblem(text: string, error: Error): string {
  const at = /position (\d+)/.exec(error.message)?.[1];
  const before = text.slice(0, at === undefined ? text.length : Number(at)).split("\n");
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${error.message}`;
}

/** A cell's text. */
export function sourceOf(cell: Cell): string {
  return Array.isArray(cell.source) ? cell.source.join("") : cell.source;
}

/** Python's str.splitlines(True), with which Jupyter makes its lists of lines. */
function lines(text: string): string[] {
  return (
    text
      .match(/[^\n\v\f\r\u001c-\u001e\u0085\u2028\u2029]*(?:\r\n|[\n\v\f\r\u001c-\u001e\u0085\u2028\u2029]|$)/g)
      ?.filter((line) => line !== "") ?? []
  );
}

function splitOutput(output: Output): Output {
  if (output.output_type === "stream") {
    return { ...output, text: typeof output.text === "string" ? lines(output.text) : output.text };
  }
  if (typeof output.data !== "object" || output.data === null) return output;
  const data = Object.entries(output.data).map(([mime, content]) => [
    mime,
    typeof content === "string" && !/^application\/(.+\+)?json$/.test(mime) ? lines(content) : content,
  ]);
  return { ...output, data: Object.fromEntries(data) };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, content]) => [key, sorted(content)]));
}

/** JSON as Jupyter writes it. */
export function formatJson(value: unknown): string {
  return JSON.stringify(sorted(value), null, 1);
}

/** The outputs of a cell as they stand in the file. */
export function formatOutputs(cell: Cell): string {
  return formatJson({ execution_count: cell.execution_count ?? null, outputs: (cell.outputs ?? []).map(splitOutput) });
}

/** The file's text. */
export function formatNotebook(notebook: Notebook): string {
  const cells = notebook.cells.map((cell, i) => {
    const common = { ...cell, id: cell.id ?? `cell-${i + 1}`, source: lines(sourceOf(cell)) };
    if (cell.cell_type !== "code") return common;
    return { ...common, execution_count: cell.execution_count ?? null, outputs: (cell.outputs ?? []).map(splitOutput) };
  });
  return `${formatJson({ ...notebook, cells, nbformat_minor: Math.max(5, notebook.nbformat_minor) })}\n`;
}
