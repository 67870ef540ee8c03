// The `packetwalk` library inside the kernel: loaded before the first cell asks
// for it, and found by name from any folder.
import Module from "node:module";

/** What the kernel itself uses of the library. */
export interface Library {
  readonly exports: Readonly<Record<string, unknown>>;
}

type Load = (request: string, ...rest: unknown[]) => unknown;

/** Loads the library and lets `require("packetwalk")`, which is what a cell's import becomes, find it. */
export async function preloadLibrary(): Promise<Library> {
  const name = "packetwalk";
  // The one beside this file, whose state this kernel shares, by whatever way the kernel was started. Not a literal, since
  // nothing else in the library imports it.
  const exports = (await import(new URL("../index.js", import.meta.url).href)) as Record<string, unknown>;
  // Node's own way from require to an ES module warns in some versions, and looks only upward from the cell's folder.
  const loader = Module as unknown as { _load: Load };
  const load = loader._load;
  loader._load = (request, ...rest) => (request === name ? exports : load.call(Module, request, ...rest));
  return { exports };
}
