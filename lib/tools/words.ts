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
  /** Where its words and its complaints go. */
  readonly stdout: "out" | "nowhere";
  readonly stderr: "err" | "out" | "nowhere";
}

interface Token {
  readonly kind: "word" | "operator";
  readonly text: string;
  readonly at: number;
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
  ";",
  "|",
  "&",
  "\n",
];

/**
 * Reads shell text: words with '…', "…" and \, `;` or newline, `&&`, `||`, `|`, `&`, `2>&1`, `>/dev/null`, `# comment`.
 * Everything else a shell has (variables, loops, files) is refused by name. Throws BadInput.
 */
export function parseShell(text: string): Pipeline[] {
  const pipelines: Pipeline[] = [];
  let commands: SimpleCommand[] = [];
  let words: string[] = [];
  let stdout: SimpleCommand["stdout"] = "out";
  let stderr: SimpleCommand["stderr"] = "err";
  let when: Pipeline["when"] = "always";
  let start = 0;
  const endCommand = (token: string) => {
    if (words.length === 0) throw new BadInput("nothing stands before an operator", token, "Write a command there.");
    commands.push({ words, stdout, stderr });
    words = [];
    stdout = "out";
    stderr = "err";
  };
  const endPipeline = (background: boolean, at: number) => {
    pipelines.push({ commands, when, background, text: text.slice(start, at).trim() });
    commands = [];
    when = "always";
  };
  for (const { kind, text: token, at } of tokens(text)) {
    if (kind === "word") {
      if (words.length === 0 && commands.length === 0) start = at;
      words.push(token);
    } else if (token === "2>&1") stderr = "out";
    else if (token.startsWith("2>")) stderr = "nowhere";
    else if (token.startsWith(">")) stdout = "nowhere";
    else if (token.startsWith("&>")) {
      stdout = "nowhere";
      stderr = "nowhere";
    } else if (token === "|") endCommand(token);
    else if (token === "\n" || token === ";" || token === "end") {
      if (words.length === 0 && commands.length === 0 && when === "always") continue;
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
    const operator = OPERATORS.find((each) => text.startsWith(each, at));
    if (operator !== undefined) {
      yield { kind: "operator", text: operator, at };
      at += operator.length;
      continue;
    }
    const { word, end } = readWord(text, at);
    yield { kind: "word", text: word, at };
    at = end;
  }
  yield { kind: "operator", text: "end", at };
}

function readWord(text: string, start: number): { word: string; end: number } {
  let word = "";
  let at = start;
  while (at < text.length) {
    const char = text[at]!;
    if (/[\s;|&]/.test(char)) break;
    if (char === "'" || char === '"') {
      const close = closing(text, at, char);
      const inside = text.slice(at + 1, close);
      word += char === '"' ? inside.replace(/\\(["\\$`])/g, "$1") : inside;
      at = close + 1;
    } else if (char === "\\") {
      word += text[at + 1] ?? "";
      at += 2;
    } else if ("$`<>(){}".includes(char)) throw refuse(char, text.slice(start).split("\n")[0]!);
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
