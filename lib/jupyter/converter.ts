// tslab's converter, made anew when it must see more: Node's declarations, or a
// module that was not there before.
import { existsSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import * as path from "node:path";
import type { Converter, ConvertResult, Diagnostic } from "tslab/dist/converter.js";
import type { NodeTypes } from "./program.ts";

const BUILTIN = new RegExp(
  `["'](?:node:[\\w/]+|${builtinModules.filter((name) => !name.startsWith("_")).join("|")})["']`,
);
const NODE_NAMES = /\b(?:process|Buffer|NodeJS|require|module|__dirname|__filename|global)\b/;
/** Names, modules, namespaces and members that the compiler doesn't know; with Node's declarations it may. */
const UNKNOWN = new Set([2304, 2307, 2318, 2339, 2503, 2551, 2552, 2580, 2591, 2694, 7016]);

/** The converter of a session, over the ones that `create` makes. */
export function lastingConverter(create: () => Converter, nodeTypes: NodeTypes): Converter {
  let inner = create();
  let missing: string[] = [];
  const modules: Parameters<Converter["addModule"]>[] = [];

  function renew(): void {
    inner.close();
    inner = create();
    missing = [];
    for (const module of modules) inner.addModule(...module);
  }

  /** Gets all of Node's declarations; false when they are there already. */
  function learnNode(): boolean {
    if (nodeTypes.whole) return false;
    nodeTypes.whole = true;
    renew();
    return true;
  }

  function prepare(source: string): void {
    if (BUILTIN.test(source) || NODE_NAMES.test(source)) learnNode();
    // The compiler remembers that a module was not there.
    if (missing.some(exists)) renew();
  }

  return {
    convert(declarations, source): ConvertResult {
      prepare(source);
      let result = inner.convert(declarations, source);
      if (result.diagnostics.some(({ code }) => UNKNOWN.has(code)) && learnNode()) {
        result = inner.convert(declarations, source);
      }
      missing = [...new Set([...missing, ...result.diagnostics.flatMap(missingModule)])];
      return result;
    },
    inspect(declarations, source, position) {
      prepare(source);
      return inner.inspect(declarations, source, position);
    },
    complete(declarations, source, position) {
      prepare(source);
      const found = inner.complete(declarations, source, position);
      return found.candidates.length === 0 && learnNode() ? inner.complete(declarations, source, position) : found;
    },
    addModule(...module) {
      modules.push(module);
      return inner.addModule(...module);
    },
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
