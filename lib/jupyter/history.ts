// The cells of this session, for consoles that go back with the arrow keys.
import type { Json } from "./wire.ts";

type Entry = readonly [session: number, line: number, input: string];
type EntryWithOutput = readonly [session: number, line: number, input: readonly [string, string | null]];

/** The session's cells and what they resulted in. */
export interface History {
  add(line: number, code: string): void;
  /** The result of the last cell, as text. */
  result(text: string): void;
  /** The answer to a history_request. */
  find(request: Json): readonly (Entry | EntryWithOutput)[];
}

/** A history; the session that runs is number 0, as clients ask for it. */
export function createHistory(): History {
  const cells: { line: number; code: string; output: string | null }[] = [];

  function chosen(request: Json): typeof cells {
    const n = typeof request.n === "number" ? request.n : cells.length;
    if (request.hist_access_type === "tail") return n > 0 ? cells.slice(-n) : [];
    if (request.hist_access_type === "range") {
      const start = typeof request.start === "number" ? request.start : 0;
      const stop = typeof request.stop === "number" ? request.stop : Number.POSITIVE_INFINITY;
      return request.session === undefined || request.session === 0
        ? cells.filter((cell) => cell.line >= start && cell.line < stop)
        : [];
    }
    const pattern = glob(String(request.pattern ?? "*"));
    const found = cells.filter((cell) => pattern.test(cell.code));
    const last = new Map(found.map((cell) => [cell.code, cell]));
    const kept = request.unique === true ? found.filter((cell) => last.get(cell.code) === cell) : found;
    return n > 0 ? kept.slice(-n) : [];
  }

  return {
    add: (line, code) => void cells.push({ line, code, output: null }),
    result(text) {
      const last = cells.at(-1);
      if (last) last.output = text;
    },
    find: (request) =>
      chosen(request).map((cell) =>
        request.output === true ? [0, cell.line, [cell.code, cell.output]] : [0, cell.line, cell.code],
      ),
  };
}

/** `*` is any text and `?` any character, in a whole cell. */
function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, "[^]*")
    .replace(/\?/g, "[^]");
  return new RegExp(`^${source}$`);
}
