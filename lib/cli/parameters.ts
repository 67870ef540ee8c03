// Parameters of a notebook, put where papermill puts them: behind the cell that is tagged "parameters", else on top.
import { type Cell, type Notebook, sourceOf } from "../jupyter/notebook.ts";
import { Mistake } from "./options.ts";

const ENVIRONMENT = "PACKETWALK_";

/** Takes each `--set NAME=VALUE` out of `args`; a value is JSON, or else a text. */
export function takeParameters(args: readonly string[]): { set: Map<string, unknown>; rest: string[] } {
  const set = new Map<string, unknown>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg !== "--set" && !arg.startsWith("--set=")) {
      rest.push(arg);
      continue;
    }
    const text = arg === "--set" ? (args[++i] ?? "") : arg.slice("--set=".length);
    const [, name, value] = /^([A-Za-z_$][\w$]*)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new Mistake(`--set "${text}" is not a parameter; write --set NAME=VALUE, like --set ${ENVIRONMENT}SEED=7`);
    set.set(name, readValue(value));
  }
  return { set, rest };
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The notebook with these parameters; a cell of parameters that was put there before makes room. */
export function withParameters(notebook: Notebook, set: ReadonlyMap<string, unknown>): Notebook {
  if (set.size === 0) return notebook;
  const cells = notebook.cells.filter((cell) => !cell.metadata.tags?.includes("injected-parameters"));
  const source = ["// Parameters", ...[...set].map(([name, value]) => assign(name, value))].join("\n");
  const put: Cell = {
    cell_type: "code",
    id: "injected-parameters",
    metadata: { tags: ["injected-parameters"] },
    source,
    outputs: [],
    execution_count: null,
  };
  const at = cells.findIndex((cell) => cell.metadata.tags?.includes("parameters"));
  for (const cell of at < 0 ? [] : [cells[at]!]) {
    const unknown = [...set.keys()].find((name) => !name.startsWith(ENVIRONMENT) && !declares(sourceOf(cell), name));
    if (unknown !== undefined) throw new Mistake(`the notebook's cell of parameters has no "${unknown}"`);
  }
  return { ...notebook, cells: cells.toSpliced(at + 1, 0, put) };
}

function declares(source: string, name: string): boolean {
  return new RegExp(`\\b(const|let)\\s+${name.replaceAll("$", "\\$")}\\b`).test(source);
}

function assign(name: string, value: unknown): string {
  if (!name.startsWith(ENVIRONMENT)) return `const ${name} = ${JSON.stringify(value)};`;
  return `process.env.${name} = ${JSON.stringify(typeof value === "string" ? value : JSON.stringify(value))};`;
}
