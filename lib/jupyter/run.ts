// Runs a notebook's cells in a session and gathers what they show, as a front
// end would.
import type { Failure } from "./failure.ts";
import { guardProcess } from "./guards.ts";
import { kernelInfo } from "./info.ts";
import { type Cell, type Notebook, type Output, sourceOf } from "./notebook.ts";
import { createSession, type Outcome, type Session } from "./session.ts";
import { type Edition, editionOf, kernelSpec } from "./spec.ts";

/** Told before and after each cell that runs. */
export interface Progress {
  begin(cell: number, source: string): void;
  end(milliseconds: number): void;
}

/** How a notebook went: run to its end, or stopped at a cell (counted from 1 among all cells). */
export type Ran =
  | { readonly status: "ok"; readonly notebook: Notebook }
  | { readonly status: "error"; readonly cell: number; readonly failure: Failure };

/** Runs all cells in this process, in its working folder; the notebook given is not changed. */
export async function runNotebook(original: Notebook, progress: Progress): Promise<Ran> {
  let shown = gather();
  const session = createSession({
    emit: (type, content) => shown.add(type, content),
    ask() {
      const error = new Error("input() needs a reader, and `packetwalk run` has none");
      error.name = "StdinNotImplementedError";
      return Promise.reject(error);
    },
  });
  guardProcess(session.complain);
  let count = 0;
  const cells: Cell[] = [];
  for (const [i, cell] of original.cells.entries()) {
    const tags = cell.metadata.tags ?? [];
    const source = sourceOf(cell);
    if (cell.cell_type !== "code" || tags.includes("skip-execution")) {
      cells.push(cell);
      continue;
    }
    if (source.trim() === "") {
      cells.push({ ...cell, execution_count: null, outputs: [] });
      continue;
    }
    shown = gather();
    progress.begin(i + 1, source);
    const start = performance.now();
    const outcome: Outcome = await session.execute(source, `cell[${++count}]`);
    progress.end(performance.now() - start);
    if (outcome.status === "error" && !tags.includes("raises-exception")) {
      session.close();
      return { status: "error", cell: i + 1, failure: outcome.failure };
    }
    if (outcome.status === "error") shown.add("error", { ...outcome.failure });
    else if (outcome.result && Object.keys(outcome.result.data).length > 0)
      shown.add("execute_result", { ...outcome.result, execution_count: count });
    cells.push({ ...cell, execution_count: count, outputs: shown.outputs() });
  }
  settle(session);
  return {
    status: "ok",
    notebook: { ...original, cells, metadata: { ...original.metadata, ...aboutKernel(editionOfNotebook(original)) } },
  };
}

function settle(session: Session): void {
  session.flush();
  session.close();
}

/** The edition that a notebook was written for. */
export function editionOfNotebook({ metadata }: Notebook): Edition {
  return editionOf((metadata.kernelspec as { name?: unknown } | undefined)?.name);
}

function aboutKernel(edition: Edition): Record<string, unknown> {
  const { display_name, language } = kernelSpec(edition);
  return { kernelspec: { display_name, language, name: edition.name }, language_info: kernelInfo().language_info };
}

interface Gathered {
  add(type: string, content: Record<string, unknown>): void;
  outputs(): Output[];
}

/** Outputs by display id, over all cells: an update changes what an earlier cell showed. */
const displays = new Map<unknown, Output[]>();

function gather(): Gathered {
  let outputs: Output[] = [];
  let clearing = false;
  return {
    add(type, { transient, ...content }) {
      if (type === "clear_output") {
        clearing = content.wait === true;
        if (!clearing) outputs = [];
        return;
      }
      const id = (transient as { display_id?: unknown } | undefined)?.display_id;
      if (type === "update_display_data") {
        for (const output of displays.get(id) ?? []) Object.assign(output, content);
        return;
      }
      if (clearing) outputs = [];
      clearing = false;
      const last = outputs.at(-1);
      if (type === "stream" && last?.output_type === "stream" && last.name === content.name) {
        last.text = `${last.text}${content.text}`;
        return;
      }
      const output: Output = { output_type: type, ...content };
      outputs.push(output);
      if (id !== undefined) displays.set(id, [...(displays.get(id) ?? []), output]);
    },
    outputs: () => outputs,
  };
}
