// The TypeScript program behind the cells: its options, the files it begins with
// and the few it watches. Node's declarations are 2 MB, most of a start's time,
// and few cells need them: the program begins without and gets them on demand.
import { createRequire } from "node:module";
import * as path from "node:path";
import type * as TypeScript from "@tslab/typescript-for-tslab";

const require = createRequire(import.meta.url);
type Ts = typeof TypeScript;

/** Has the program all of Node's declarations, or only the few in lean-node.d.ts? */
export interface NodeTypes {
  whole: boolean;
}

type WatchFile = (file: string, ...rest: unknown[]) => { close(): void };
type WatchHost = { watchFile: WatchFile; [key: string]: unknown };
type WatchProgram = { updateRootFileNames(files: string[]): void; [key: string]: unknown };

const BUNDLER = 100;
const UNWATCHED = { close() {} };

/** The two functions of TypeScript by which tslab makes its program, changed. */
export function programFunctions(ts: Ts, resolve: (name: string) => string, nodeTypes: NodeTypes) {
  const library = path.dirname(require.resolve("packetwalk/package.json"));
  const declarations = path.join(library, "dist", "lib", "index.d.ts");
  const asset = (name: string) => path.join(library, "assets", "jupyter", name);
  const makeHost = ts.createWatchCompilerHost as unknown as (...args: unknown[]) => WatchHost;
  const makeProgram = ts.createWatchProgram as unknown as (host: unknown) => WatchProgram;
  // The library is part of the program from the start, so that its first import is not the slow one.
  const own = () => [declarations, asset("globals.d.ts"), ...(nodeTypes.whole ? [] : [asset("lean-node.d.ts")])];

  function createWatchCompilerHost(
    files: string[],
    options: TypeScript.CompilerOptions,
    ...rest: unknown[]
  ): WatchHost {
    const host = makeHost(
      [...files, ...own()],
      {
        ...options,
        strict: true,
        moduleResolution: BUNDLER,
        types: nodeTypes.whole ? ["node"] : [],
        // tslab's own copy: it is there wherever tslab is.
        typeRoots: [path.resolve(path.dirname(resolve("@types/node/package.json")), "..")],
        paths: { packetwalk: [declarations] },
        pathsBasePath: library,
        inlineSourceMap: true,
        disableTopLevelAwait: false,
      },
      ...rest,
    );
    return { ...host, watchFile: watchOwnFiles(host.watchFile), watchDirectory: () => UNWATCHED };
  }

  function createWatchProgram(host: unknown): WatchProgram {
    const program = makeProgram(host);
    // tslab tells only its own files when a cell adds a module.
    return { ...program, updateRootFileNames: (files) => program.updateRootFileNames([...files, ...own()]) };
  }

  return { createWatchCompilerHost, createWatchProgram };
}

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
