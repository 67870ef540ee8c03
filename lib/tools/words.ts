// A line of shell text, taken apart: words with their quotes, pipes, lists, what runs in the background.
import { BadInput } from "../wire/input.ts";

/** Commands joined by pipes. */
export interface Pipeline {
  readonly commands: readonly SimpleCommand[];
  /** How it is joined to the one before: always run, run if that succeeded, run if that failed. */
  readonly when: "always" | "and" | "or";
  /** Followed by `&`. */
  readonly background: boolean;
  /** As it was written, for messages. */
  readonly text: string;
}

export interface SimpleCommand {
  readonly words: readonly string[];
  /** What it reads instead of a pipe: a file, or text that stands here (`<<EOF`, `<<<`). */
  readonly stdin: { readonly file: string } | { readonly text: string } | null;
  /** Where its words and its complaints go. */
  readonly stdout: "out" | "nowhere" | { readonly file: string; readonly appends: boolean };
  readonly stderr: "err" | "out" | "nowhere";
}

interface Token {
  readonly kind: "word" | "operator";
  readonly text: string;
  readonly at: number;
  /** What stands behind `<<EOF` on the next lines; there when these have been read. */
  readonly here?: { text: string };
}

const OPERATORS = [
  "&&",
  "||",
  "2>&1",
  "2>/dev/null",
  "2> /dev/null",
  ">/dev/null",
  "> /dev/null",
  "&>/dev/null",
  "<<<",
  "<",
  ">>",
  ">",
  ";",
  "|",
  "&",
  "\n",
];

/**
 * Reads shell text: words with '…', "…" and \, `;` or newline, `&&`, `||`, `|`, `&`, `2>&1`, `>/dev/null`, `> FILE`,
 * `>> FILE`, `< FILE`, `<<EOF`, `<<< WORD`, `# comment`. Everything else a shell has (variables, loops) is refused by
 * name. Throws BadInput.
 */
export function parseShell(text: string): Pipeline[] {
  const pipelines: Pipeline[] = [];
  let commands: SimpleCommand[] = [];
  let words: string[] = [];
  let stdin: SimpleCommand["stdin"] = null;
  let stdout: SimpleCommand["stdout"] = "out";
  let stderr: SimpleCommand["stderr"] = "err";
  let when: Pipeline["when"] = "always";
  let start = 0;
  /** The operator that waits for the name of its file. */
  let redirection: string | null = null;
  const endCommand = (token: string) => {
    if (redirection !== null)
      throw new BadInput("a file's name is missing", redirection, "Write it behind the operator.");
    if (words.length === 0) throw new BadInput("nothing stands before an operator", token, "Write a command there.");
    commands.push({ words, stdin, stdout, stderr });
    words = [];
    stdin = null;
    stdout = "out";
    stderr = "err";
  };
  const endPipeline = (background: boolean, at: number) => {
    pipelines.push({ commands, when, background, text: text.slice(start, at).trim() });
    commands = [];
    when = "always";
  };
  for (const { kind, text: token, at, here } of tokens(text)) {
    if (here !== undefined) stdin = here;
    else if (kind === "word" && redirection !== null) {
      if (redirection === "<") stdin = { file: token };
      else if (redirection === "<<<") stdin = { text: `${token}\n` };
      else stdout = { file: token, appends: redirection === ">>" };
      redirection = null;
    } else if (kind === "word") {
      if (words.length === 0 && commands.length === 0) start = at;
      words.push(token);
    } else if (token === "2>&1") stderr = "out";
    else if (token.startsWith("2>")) stderr = "nowhere";
    else if (["<", "<<<", ">", ">>"].includes(token)) {
      if (redirection !== null)
        throw new BadInput("a file's name is missing", redirection, "Write it behind the operator.");
      redirection = token;
    } else if (token.startsWith(">")) stdout = "nowhere";
    else if (token.startsWith("&>")) {
      stdout = "nowhere";
      stderr = "nowhere";
    } else if (token === "|") endCommand(token);
    else if (token === "\n" || token === ";" || token === "end") {
      const isBare = stdin === null && stdout === "out" && redirection === null;
      if (words.length === 0 && commands.length === 0 && when === "always" && isBare) continue;
      endCommand(token);
      endPipeline(false, at);
    } else {
      endCommand(token);
      endPipeline(token === "&", at);
      if (token !== "&") when = token === "&&" ? "and" : "or";
    }
  }
  return pipelines;
}

function* tokens(text: string): Generator<Token> {
  let at = 0;
  const open: Here[] = [];
  while (at < text.length) {
    const char = text[at]!;
    if (char === " " || char === "\t" || char === "\r") {
      at++;
      continue;
    }
    if (char === "\\" && text[at + 1] === "\n") {
      at += 2;
      continue;
    }
    if (char === "#") {
      while (at < text.length && text[at] !== "\n") at++;
      continue;
    }
    if (text.startsWith("<<", at) && text[at + 2] !== "<") {
      const here = readHere(text, at);
      open.push(here);
      yield { kind: "operator", text: "<<", at, here };
      at = here.end;
      continue;
    }
    const operator = OPERATORS.find((each) => text.startsWith(each, at));
    if (operator !== undefined) {
      yield { kind: "operator", text: operator, at };
      at += operator.length;
      if (operator === "\n") for (const here of open.splice(0)) at = readBody(text, at, here);
      continue;
    }
    const { word, end } = readWord(text, at);
    yield { kind: "word", text: word, at };
    at = end;
  }
  if (open[0] !== undefined) readBody(text, at, open[0]);
  yield { kind: "operator", text: "end", at };
}

/** A text that stands in the lines below, up to one that says only its end. */
interface Here {
  text: string;
  readonly end: number;
  readonly ends: string;
  /** Quotes about the end's word: nothing in the text means anything else. */
  readonly isQuoted: boolean;
  /** `<<-`: tabs before its lines do not count. */
  readonly dropsTabs: boolean;
}

function readHere(text: string, at: number): Here {
  const dropsTabs = text[at + 2] === "-";
  let start = at + (dropsTabs ? 3 : 2);
  while (text[start] === " ") start++;
  const { word, end } = readWord(text, start);
  if (word === "") throw new BadInput("a here-document without its end", text.slice(at), "Write it as <<EOF.");
  return { text: "", end, ends: word, isQuoted: /['"\\]/.test(text.slice(start, end)), dropsTabs };
}

/** Reads the lines of a here-document, and returns where they end. */
function readBody(text: string, from: number, here: Here): number {
  for (let at = from; at < text.length; ) {
    const newline = text.indexOf("\n", at);
    const end = newline === -1 ? text.length : newline;
    const line = here.dropsTabs ? text.slice(at, end).replace(/^\t+/, "") : text.slice(at, end);
    at = end + 1;
    if (line === here.ends) return Math.min(at, text.length);
    if (!here.isQuoted && /[$`]/.test(line)) throw refuse(/[$`]/.exec(line)![0], line);
    here.text += `${line}\n`;
  }
  throw new BadInput("a here-document that does not end", here.ends, `Write ${here.ends} alone on its last line.`);
}

function readWord(text: string, start: number): { word: string; end: number } {
  let word = "";
  let at = start;
  while (at < text.length) {
    const char = text[at]!;
    if (/[\s;|&<>]/.test(char)) break;
    if (char === "'" || char === '"') {
      const close = closing(text, at, char);
      const inside = text.slice(at + 1, close);
      word += char === '"' ? inside.replace(/\\(["\\$`])/g, "$1") : inside;
      at = close + 1;
    } else if (char === "\\") {
      word += text[at + 1] ?? "";
      at += 2;
    } else if ("$`(){}".includes(char)) throw refuse(char, text.slice(start).split("\n")[0]!);
    else {
      word += char;
      at++;
    }
  }
  return { word, end: at };
}

function closing(text: string, open: number, mark: string): number {
  for (let at = open + 1; at < text.length; at++) {
    if (mark === '"' && text[at] === "\\") at++;
    else if (mark === '"' && (text[at] === "$" || text[at] === "`")) throw refuse(text[at]!, text.slice(open));
    else if (text[at] === mark) return at;
  }
  throw new BadInput("a quote that is not closed", text.slice(open), `Close it with ${mark}.`);
}

function refuse(char: string, text: string): BadInput {
  const what =
    char === "$" ? "shell variables and substitutions" : char === "`" ? "command substitution" : `the shell's ${char}`;
  return new BadInput(
    `${what} are not modelled`,
    text,
    "Use TypeScript for variables and loops, or quote the character.",
  );
}
