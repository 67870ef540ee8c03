// tslab's converter, taught what Packetwalk needs: strict types, modern module
// resolution, our library by name from any folder, every top-level await, and
// source maps. tslab 1.0.22 is pinned exactly: what is reached for here is not
// its public API.
import { createRequire } from "node:module";
import type * as TypeScript from "@tslab/typescript-for-tslab";
import type { Converter } from "tslab/dist/converter.js";
import type { createExecutor } from "tslab/dist/executor.js";
import { lastingConverter } from "./converter.ts";
import { type NodeTypes, programFunctions } from "./program.ts";

const require = createRequire(import.meta.url);
const fromTslab = createRequire(require.resolve("tslab/dist/converter.js"));
type Ts = typeof TypeScript;

/** The two maps between what a reader wrote and what runs: TypeScript to ES module to CommonJS. */
export interface CellMaps {
  readonly first: string;
  readonly second: string;
}

/** The compiler of one session. */
export interface Compiler {
  readonly ts: Ts;
  readonly converter: Converter;
  readonly createExecutor: typeof createExecutor;
  isCompleteCode(code: string): { completed: boolean; indent?: string };
}

const INLINE_MAP = /\n?\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;

/** Loads TypeScript (a third of a second) and builds the first program (half a second more). */
export function loadCompiler(): Compiler {
  const file = fromTslab.resolve("@tslab/typescript-for-tslab");
  const ts = fromTslab(file) as Ts;
  const last: { maps: CellMaps | undefined } = { maps: undefined };
  const cached = require.cache[file];
  if (!cached) throw new Error(`${file} did not stay in the module cache`);
  const nodeTypes: NodeTypes = { whole: false };
  const changed: Record<PropertyKey, unknown> = {
    ...programFunctions(ts, fromTslab.resolve, nodeTypes),
    transpileModule: transpile(ts, last),
  };
  // tslab asks this module for the compiler; it gets ours with three functions changed.
  cached.exports = new Proxy(ts, { get: (target, name) => changed[name] ?? target[name as keyof Ts] });
  const { createConverter, isCompleteCode } = fromTslab("./converter.js") as {
    createConverter(): Converter;
    isCompleteCode: Compiler["isCompleteCode"];
  };
  const executor = fromTslab("./executor.js") as { createExecutor: typeof createExecutor };
  return {
    ts,
    converter: withAwaitAndMaps(ts, lastingConverter(createConverter, nodeTypes), last),
    createExecutor: executor.createExecutor,
    isCompleteCode,
  };
}

function transpile(ts: Ts, last: { maps: CellMaps | undefined }): Ts["transpileModule"] {
  return (source, options) => {
    const inline = INLINE_MAP.exec(source);
    const first = inline?.[1] ? Buffer.from(inline[1], "base64").toString("utf8") : undefined;
    const output = ts.transpileModule(source.replace(INLINE_MAP, ""), {
      ...options,
      compilerOptions: { ...options.compilerOptions, sourceMap: true },
    });
    last.maps = first && output.sourceMapText ? { first, second: output.sourceMapText } : undefined;
    return { ...output, outputText: output.outputText.replace(/\n\/\/# sourceMappingURL=\S*\s*$/, "\n") };
  };
}

/** A converter whose results know their maps and every form of top-level await. */
function withAwaitAndMaps(ts: Ts, inner: Converter, last: { maps: CellMaps | undefined }): Converter {
  return {
    ...inner,
    convert(declarations, source) {
      last.maps = undefined;
      const result = inner.convert(declarations, source);
      if (result.output === undefined) return result;
      return { ...result, hasToplevelAwait: awaitsAtTop(ts, result.output), maps: last.maps } as typeof result;
    },
  };
}

/**
 * The cell without its `export` keywords, blanked so that every place stays: what
 * a cell declares is there for the others anyway, and tslab exports it itself.
 */
export function withoutExports(ts: Ts, code: string): string {
  if (!/\bexport\b/.test(code) || /@module\b/.test(code)) return code;
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true);
  let text = code;
  const blank = (start: number, end: number) => {
    text = text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, " ") + text.slice(end);
  };
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier) blank(statement.getStart(), statement.end);
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) continue;
    for (const modifier of modifiers) {
      if (modifier.kind === ts.SyntaxKind.ExportKeyword) blank(modifier.getStart(), modifier.end);
    }
  }
  return text;
}

/** Whether the code awaits outside any function; tslab itself tells only some forms. */
function awaitsAtTop(ts: Ts, output: string): boolean {
  if (!/\bawait\b/.test(output)) return false;
  const file = ts.createSourceFile("cell.js", `${output}\nexport {}`, ts.ScriptTarget.ES2022);
  const visit = (node: TypeScript.Node): boolean => {
    if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) return true;
    if (ts.isFunctionLike(node) || ts.isPropertyDeclaration(node) || ts.isClassStaticBlockDeclaration(node)) {
      // A computed name, like [await key()], still belongs to the top.
      const name = (node as { name?: TypeScript.Node }).name;
      return name !== undefined && ts.isComputedPropertyName(name) && visit(name);
    }
    return ts.forEachChild(node, (child) => visit(child) || undefined) ?? false;
  };
  return visit(file);
}
