// Why a cell failed, as Jupyter wants it: a name, a value and a traceback that
// points at the line the reader wrote.
import type { Diagnostic } from "tslab/dist/converter.js";
import { say, sayError } from "../language/say.ts";
import { asText, cut } from "./show.ts";
import { type Frame, framesOf, type Sources } from "./stack.ts";

/** The content of an `error` message. */
export interface Failure {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** Thrown into a cell that the reader stopped. */
export class Interrupted extends Error {
  override name = "Interrupted";
  constructor() {
    super(say("the cell was stopped; what earlier cells defined is kept"));
  }
}

const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
const dim = (text: string) => `\u001b[2m${text}\u001b[22m`;

/** Control characters in a message would colour, or erase, what follows them. */
function harmless(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (c) =>
    c < " " ? String.fromCharCode(0x2400 + c.charCodeAt(0)) : "\ufffd",
  );
}

/** The lines around a place, with a mark under its column (both counted from 1). */
export function codeFrame(source: string, line: number, column: number, length = 1): string {
  const lines = source.split("\n");
  const first = Math.max(1, line - 2);
  const lastLine = Math.min(lines.length, line + 2);
  const width = String(lastLine).length;
  const out: string[] = [];
  for (let n = first; n <= lastLine; n++) {
    const text = harmless(lines[n - 1] ?? "").slice(0, 160);
    const number = String(n).padStart(width);
    if (n !== line) {
      out.push(dim(`  ${number} | ${text}`));
      continue;
    }
    out.push(`${red(">")} ${number} | ${text}`);
    const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
    if (column <= 160) out.push(`  ${" ".repeat(width)} | ${indent}${red("^".repeat(Math.max(1, length)))}`);
  }
  return out.join("\n");
}

/** What a reader types who takes the cell for a terminal. */
const SHELL_LINE = /^\s*(ip|ping|bridge|arp|ss|nc|curl|tcpdump|traceroute|sysctl)[ \t]+[\w.-]/;

/** What a reader did who meets a name that nobody defined: skipped a cell, or left out quotes. */
function undefinedNames(diagnostics: readonly Diagnostic[]): string[] {
  const named = diagnostics.filter(({ code }) => code === CANNOT_FIND).map((d) => /'(.+?)'/.exec(d.messageText)?.[1]);
  return [...new Set(named)]
    .slice(0, 3)
    .map((name = "") =>
      VERBS.includes(name)
        ? `"${name}" is imported by a cell further up, often the first: run that, or write import { ${name} } from "packetwalk";`
        : `Nothing is called "${harmless(name)}" yet: run the cell that defines it, or put quotes around a text.`,
    )
    .map(say);
}

const CANNOT_FIND = 2304;
/** What chapters import: test/jupyter/verbs.test.ts looks whether a name is missing. */
export const VERBS: readonly string[] = (
  "audit awsVpc backends bars betaCluster bgp check cloud cluster compare curves headersBeside homes keepalived kubectl lab " +
  "moves multiples octetsBeside picks plugins predict proxy reaches rivals rulesBeside serve serviceChains sh show spread " +
  "Table timeline walk whichRule whoSees wirings workload"
).split(" ");

/** A cell the compiler refused. */
export function compileFailure(diagnostics: readonly Diagnostic[], source: string, cell: string): Failure {
  const lines = source.split("\n");
  const parts = diagnostics.slice(0, 10).map((d) => {
    const line = d.start.line + 1;
    const column = d.start.character + 1;
    const ends = d.end.line === d.start.line ? d.end.character : (lines[d.start.line] ?? "").length;
    const where = `${d.fileName ?? cell}:${line}:${column}`;
    const text = `${where} - TS${d.code}: ${harmless(d.messageText)}`;
    // Errors in imported files have no source at hand, and links of a message chain repeat the first one's place.
    return { text, frame: d.fileName ? "" : codeFrame(source, line, column, ends - d.start.character) };
  });
  const traceback = [red(say("TypeScript does not accept this cell; nothing of it ran."))];
  parts.forEach((part, i) => {
    traceback.push(part.text);
    if (part.frame && part.frame !== parts[i + 1]?.frame) traceback.push(part.frame);
  });
  if (diagnostics.length > parts.length) traceback.push(say(`and ${diagnostics.length - parts.length} more`));
  const command = SHELL_LINE.exec(source)?.[1];
  if (command !== undefined)
    traceback.push(say(`"${command}" is a shell command: put %%sh and a place above it, as %%sh node-1`));
  else traceback.push(...undefinedNames(diagnostics));
  return { ename: "CompileError", evalue: parts.map((part) => part.text).join("\n"), traceback };
}

/** Anything a cell can throw. */
export function thrownFailure(thrown: unknown, sources: Sources): Failure {
  try {
    return describe(thrown, sources, 0);
  } catch {
    // Proxies and getters can make even looking at it throw.
    const evalue = "a value that can't be looked at";
    return { ename: "Thrown", evalue, traceback: [red(`Thrown: ${evalue}`)] };
  }
}

/** Is it an Error? Also of what throws when it is looked at. */
function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

/** Did the cell fail because the reader stopped it? */
export function isInterrupt(thrown: unknown): boolean {
  if (!isError(thrown)) return false;
  const code: unknown = (thrown as NodeJS.ErrnoException).code;
  // The second is what Node.js throws at a SIGINT, the third what tslab's executor throws at ours.
  return (
    thrown instanceof Interrupted ||
    code === "ERR_SCRIPT_EXECUTION_INTERRUPTED" ||
    thrown.message === "Interrupted asynchronously"
  );
}

function describe(thrown: unknown, sources: Sources, depth: number): Failure {
  if (!isError(thrown)) {
    const evalue = cut(asText(thrown), 20_000);
    return { ename: "Thrown", evalue, traceback: [`${red("Thrown")}: ${harmless(evalue)}`] };
  }
  const ename = harmless(String(thrown.name || "Error"));
  const evalue = cut(sayError(thrown), 20_000);
  const frames = framesOf(String(thrown.stack), sources);
  const isOurs = frames.every((frame) => frame.cell === undefined) && ename === "BadInput";
  // What a %%sh cell got wrong is said by the message; the way it took through the library is not the reader's.
  const traceback = [`${red(ename)}: ${harmless(evalue)}`, ...(isOurs ? [] : located(frames, sources))];
  const inner = [
    ...("cause" in thrown && thrown.cause !== undefined ? [["caused by", thrown.cause] as const] : []),
    ...(thrown instanceof AggregateError ? thrown.errors.slice(0, 5).map((e: unknown) => ["one of", e] as const) : []),
  ];
  if (depth < 3)
    for (const [how, error] of inner) traceback.push(dim(how), ...describe(error, sources, depth + 1).traceback);
  return { ename, evalue, traceback };
}

function located(frames: readonly Frame[], sources: Sources): string[] {
  const first = frames.find((frame) => frame.cell !== undefined);
  const source = first?.cell === undefined ? undefined : sources.get(first.cell)?.source;
  const lines = frames.map((frame) => dim(`    at ${frame.text}`));
  return first && source !== undefined ? [codeFrame(source, first.line, first.column), ...lines] : lines;
}
