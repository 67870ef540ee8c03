// Cells that are not TypeScript: `%%sh node-1` runs its lines in the lab, and
// `walk?` asks what `walk` is.
import type { Library } from "./library.ts";

/** A cell that is not TypeScript. */
export type Magic =
  | { readonly kind: "sh"; readonly where: string; readonly text: string }
  | { readonly kind: "help"; readonly name: string }
  | { readonly kind: "unknown"; readonly why: string };

const SUPPORTED =
  'supported: "%%sh WHERE" (runs the lines below it in the lab, for example "%%sh node-1"), "name?" (help)';

/** What kind of cell this is; undefined for TypeScript. */
export function magicOf(code: string): Magic | undefined {
  const help = /^\s*([\p{ID_Start}$_][\p{ID_Continue}$.]*)\?\s*$/u.exec(code);
  if (help?.[1]) return { kind: "help", name: help[1] };
  const trimmed = code.trimStart();
  if (/^\/\*\*(?:(?!\*\/)[\s\S])*@browser\b/.test(trimmed)) {
    return {
      kind: "unknown",
      why: "a cell marked @browser, which tslab would pass over in silence, has nowhere to run",
    };
  }
  if (!trimmed.startsWith("%")) return undefined;
  const [first = "", ...rest] = trimmed.split("\n");
  const [name, ...where] = first.trim().split(/\s+/);
  if (name !== "%%sh") return { kind: "unknown", why: `unknown magic "${name}"; ${SUPPORTED}` };
  if (where.length !== 1) {
    const why = `"${first.trim()}" must name one place, like "%%sh node-1", with the commands on the lines below it`;
    return { kind: "unknown", why };
  }
  return { kind: "sh", where: where[0] as string, text: rest.join("\n") };
}

/** Runs the lines in the lab; what comes back shows itself. */
export function runShell(library: Library | Error, where: string, text: string): unknown {
  if (library instanceof Error)
    throw new Error(`%%sh needs the packetwalk library, which did not load: ${library.message}`);
  const { sh } = library.exports;
  if (typeof sh !== "function")
    throw new Error('%%sh needs the function "sh" of the packetwalk library, which has none');
  return sh(where, text);
}
