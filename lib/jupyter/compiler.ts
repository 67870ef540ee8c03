// tslab's converter, taught what Packetwalk needs: strict types, modern module
// resolution, our library by name from any folder, every top-level await, and
// source maps. tslab 1.0.22 is pinned exactly: what is reached for here is not
// its public API.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import type * as TypeScript from "@tslab/typescript-for-tslab";
import type { Converter, Diagnostic } from "tslab/dist/converter.js";
import type { createExecutor } from "tslab/dist/executor.js";

const require = createRequire(import.meta.url);
const fromTslab = createRequire(require.resolve("tslab/dist/converter.js"));
type Ts = typeof TypeScript;

/** The two maps between what a reader wrote and what runs: TypeScript to ES module to CommonJS. */
export interface CellMaps {
  readonly first: string;
  readonly second: string;
}

/** A compiled cell, or why it isn't one. */
export interface Compiled {
  readonly diagnostics: readonly Diagnostic[];
  readonly maps: CellMaps | undefined;
  readonly declarations: string;
}

/** The compiler of one session. */
export interface Compiler {
  readonly ts: Ts;
  readonly converter: Converter;
  readonly createExecutor: typeof createExecutor;
  isCompleteCode(code: string): { completed: boolean; indent?: string };
}

const INLINE_MAP = /\n?\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/;
const BUNDLER = 100;

/** Where the packages and Packetwalk itself are installed. */
function places() {
  const library = require.resolve("packetwalk/package.json");
  const root = path.dirname(library);
  return {
    declarations: path.join(root, "dist", "lib", "index.d.ts"),
    globals: path.join(root, "assets", "jupyter", "globals.d.ts"),
    // tslab's own copy: it is there wherever tslab is.
    nodeTypes: path.resolve(path.dirname(fromTslab.resolve("@types/node/package.json")), ".."),
  };
}

/** Loads TypeScript (a third of a second) and builds the first program (half a second more). */
export function loadCompiler(): Compiler {
  const file = fromTslab.resolve("@tslab/typescript-for-tslab");
  const ts = fromTslab(file) as Ts;
  const last: { maps: CellMaps | undefined } = { maps: undefined };
  const cached = require.cache[file];
  if (!cached) throw new Error(`${file} did not stay in the module cache`);
  // tslab asks this module for the compiler; it gets ours with two functions changed.
  cached.exports = new Proxy(ts, {
    get: (target, name) =>
      name === "createWatchCompilerHost"
        ? watchHost(target)
        : name === "transpileModule"
          ? transpile(target, last)
          : target[name as keyof Ts],
  });
  const { createConverter, isCompleteCode } = fromTslab("./converter.js") as {
    createConverter(): Converter;
    isCompleteCode: Compiler["isCompleteCode"];
  };
  const executor = fromTslab("./executor.js") as { createExecutor: typeof createExecutor };
  return {
    ts,
    converter: withAwaitAndMaps(ts, createConverter, last),
    createExecutor: executor.createExecutor,
    isCompleteCode,
  };
}

function watchHost(ts: Ts): unknown {
  const { declarations, globals, nodeTypes } = places();
  return (files: string[], options: TypeScript.CompilerOptions, ...rest: unknown[]) => {
    const own: TypeScript.CompilerOptions = {
      ...options,
      strict: true,
      moduleResolution: BUNDLER,
      // Only Node's types: all the others that happen to be installed cost a second.
      types: ["node"],
      typeRoots: [nodeTypes],
      paths: { packetwalk: [declarations] },
      pathsBasePath: path.dirname(declarations),
      inlineSourceMap: true,
      disableTopLevelAwait: false,
    };
    const make = ts.createWatchCompilerHost as unknown as (...args: unknown[]) => WatchHost;
    // The library is part of the program from the start, so that the first import of it is not the slow one.
    const host = make([...files, declarations, globals], own, ...rest);
    return { ...host, watchFile: watchOwnFiles(host.watchFile), watchDirectory: () => UNWATCHED };
  };
}

type WatchFile = (file: string, ...rest: unknown[]) => { close(): void };
type WatchHost = { watchFile: WatchFile; [key: string]: unknown };
const UNWATCHED = { close() {} };

/**
 * Only a reader's own modules are watched. Watching everything, hundreds of
 * declaration files and the folders above the notebook, costs time, and a second
 * change at the wrong moment breaks tslab for good ("Unexpected pending
 * rebuildTimer").
 */
function watchOwnFiles(watch: WatchFile): WatchFile {
  return (file, ...rest) =>
    file.endsWith("/__prev__.d.ts") || !/\.d\.[cm]?ts$|\.json$|\/node_modules\//.test(file)
      ? watch(file, ...rest)
      : UNWATCHED;
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
function withAwaitAndMaps(ts: Ts, create: () => Converter, last: { maps: CellMaps | undefined }): Converter {
  let inner = create();
  let missing: string[] = [];

  /** The compiler remembers that a module was not there; one that has come since needs a new program. */
  function lookAgain(): void {
    if (!missing.some(exists)) return;
    inner.close();
    inner = create();
    missing = [];
  }

  return {
    convert(declarations, source) {
      lookAgain();
      last.maps = undefined;
      const result = inner.convert(declarations, source);
      missing = [...new Set([...missing, ...result.diagnostics.flatMap(missingModule)])];
      if (result.output === undefined) return result;
      return { ...result, hasToplevelAwait: awaitsAtTop(ts, result.output), maps: last.maps } as typeof result;
    },
    inspect: (...args) => inner.inspect(...args),
    complete: (...args) => inner.complete(...args),
    addModule: (...args) => inner.addModule(...args),
    close: () => inner.close(),
  };
}

function missingModule({ code, messageText }: Diagnostic): string[] {
  const name = code === 2307 ? /'(.+?)'/.exec(messageText)?.[1] : undefined;
  return name === undefined ? [] : [name];
}

function exists(module: string): boolean {
  if (module.startsWith(".")) {
    const file = path.resolve(module);
    return ["", ".ts", ".tsx", ".js", ".d.ts", "/index.ts"].some((end) => existsSync(file + end));
  }
  try {
    createRequire(path.join(process.cwd(), "cell.js")).resolve(module);
    return true;
  } catch {
    return false;
  }
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
