// The lines of a stack, told in the reader's lines: cells by their number and
// source position, the kernel's own frames left out, the library's summed up.
import { SourceMap } from "node:module";
import type { CellMaps } from "./compiler.ts";

/** A cell that ran: what the reader wrote, and the maps from what runs to it. */
export interface Source {
  readonly source: string;
  readonly maps: CellMaps | undefined;
  /** How many lines run; the wrapper's call stands behind them. */
  readonly lines: number;
}

/** The cells that ran, by the name their stack lines carry, like `cell[3]`. */
export type Sources = ReadonlyMap<string, Source>;

/** One line of a stack. */
export interface Frame {
  readonly text: string;
  readonly cell: string | undefined;
  readonly line: number;
  readonly column: number;
}

/** tslab puts one line before a cell's source, and its wrapper takes a line before what runs. */
const PREFIX_LINES = 1;
const MAX_FRAMES = 20;

const CELL_PLACE = /(cell\[[^\]]+\]):(\d+):(\d+)/;
const OWN_PLACE =
  /node_modules[\\/](?:@?tslab|zeromq)|[\\/]dist[\\/](?:lib|joined)[\\/](?:jupyter|cli)[\\/]|node:internal|\(node:vm|at node:vm|at new Promise \(<anonymous>\)/;
const GENERATOR = /^at (?:\S+\.)?next \(<anonymous>\)$/;
const LIBRARY_PLACE = /[\\/]dist[\\/](?:lib|joined)[\\/]|node_modules[\\/]packetwalk[\\/]/;

/** The frames of `error.stack` that say something to a reader. */
export function framesOf(stack: string, sources: Sources): Frame[] {
  const frames: Frame[] = [];
  let inside = 0;
  const sayInside = () => {
    if (inside > 0)
      frames.push({
        text: `packetwalk (${inside} ${inside === 1 ? "call" : "calls"} inside)`,
        cell: undefined,
        line: 0,
        column: 0,
      });
    inside = 0;
  };
  for (const raw of stack.split("\n")) {
    const line = raw.trim();
    if (!line.startsWith("at ") || OWN_PLACE.test(line)) continue;
    if (frames.length >= MAX_FRAMES) break;
    if (LIBRARY_PLACE.test(line)) {
      inside++;
      continue;
    }
    // A generator of the library that is asked for its next value: the library again.
    if (inside > 0 && GENERATOR.test(line)) continue;
    sayInside();
    const frame = frameOf(line.slice(3), sources);
    if (frame) frames.push(frame);
  }
  sayInside();
  return frames;
}

function frameOf(text: string, sources: Sources): Frame | undefined {
  const place = CELL_PLACE.exec(text);
  if (!place) return { text, cell: undefined, line: 0, column: 0 };
  const [whole, cell = "", l, c] = place;
  const source = sources.get(cell);
  if (source && Number(l) > source.lines) return undefined;
  const { line, column } = position(source, Number(l), Number(c));
  // The names the wrapper and the CommonJS form give to things are not the reader's.
  const told = text
    .replace(whole, `${cell}:${line}:${column}`)
    .replace(/^(?:eval|Object\.<anonymous>|exports)(?= \()/, "")
    .replace(/^(?:exports|Object|Proxy)\./, "")
    .replace(/^ \((.*)\)$/, "$1");
  return { text: told, cell, line, column };
}

function position(source: Source | undefined, line: number, column: number): { line: number; column: number } {
  if (!source?.maps) return { line, column };
  const module = find(source.maps.second, line - 1 - PREFIX_LINES, column - 1);
  const written = module && find(source.maps.first, module.line, module.column);
  if (!written) return { line, column };
  return { line: written.line + 1 - PREFIX_LINES, column: written.column + 1 };
}

function find(map: string, line: number, column: number): { line: number; column: number } | undefined {
  const entry = new SourceMap(JSON.parse(map)).findEntry(line, column);
  return "originalLine" in entry ? { line: entry.originalLine, column: entry.originalColumn } : undefined;
}
