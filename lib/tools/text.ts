// Small commands for shell lines: echo, grep, head, tail, wc, cat, sleep, true, false.
import { SECOND } from "../trace/world.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { fileText } from "./files.ts";
import { PROC_FILES, procFile } from "./proc.ts";

const lines = (text: string) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));

export const echo: Command = ({ args, out }) => {
  const [first, ...rest] = args;
  out(first === "-n" ? rest.join(" ") : `${args.join(" ")}\n`);
  return 0;
};

export const grep: Command = ({ args, stdin, out }) => {
  const flags = args.filter((word) => word.startsWith("-") && word.length > 1);
  for (const flag of flags)
    if (!/^-[vicEF]+$/.test(flag)) throw notModelled("grep", flag, "-v, -i, -c, -E, -F and a pattern, behind a pipe");
  const [pattern, ...files] = args.filter((word) => !flags.includes(word));
  if (pattern === undefined || files.length > 0)
    throw notModelled("grep", args.join(" "), "one pattern, behind a pipe");
  const has = (letter: string) => flags.some((flag) => flag.includes(letter));
  const escaped = has("F")
    ? pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    : has("E")
      ? pattern
      : pattern.replace(/[+?{}()|]/g, "\\$&");
  const expression = new RegExp(escaped, has("i") ? "i" : "");
  const found = lines(stdin).filter((line) => expression.test(line) !== has("v"));
  out(has("c") ? `${found.length}\n` : found.map((line) => `${line}\n`).join(""));
  return found.length > 0 ? 0 : 1;
};

function count({ args }: Call, tool: string): number {
  const text = args.join(" ").replace(/^-n ?|^-/, "");
  if (args.length === 0) return 10;
  if (!/^\d+$/.test(text)) throw notModelled(tool, args.join(" "), "-n NUMBER, behind a pipe");
  return Number(text);
}

export const head: Command = (call) => {
  call.out(
    lines(call.stdin)
      .slice(0, count(call, "head"))
      .map((line) => `${line}\n`)
      .join(""),
  );
  return 0;
};

export const tail: Command = (call) => {
  const wanted = count(call, "tail");
  call.out(
    lines(call.stdin)
      .slice(wanted === 0 ? Number.POSITIVE_INFINITY : -wanted)
      .map((line) => `${line}\n`)
      .join(""),
  );
  return 0;
};

export const wc: Command = ({ args, stdin, out }) => {
  if (args.join(" ") !== "-l") throw notModelled("wc", args.join(" "), "-l, behind a pipe");
  out(`${lines(stdin).length}\n`);
  return 0;
};

export const cat: Command = ({ lab, ns, args, stdin, out }) => {
  const texts = args.map((path) => {
    const text = procFile(ns, path) ?? fileText({ lab, ns }, path);
    if (text === null) throw notModelled("cat", path, `standard input, a file that was written with >; ${PROC_FILES}`);
    return text;
  });
  out(args.length === 0 ? stdin : texts.join(""));
  return 0;
};

export const sleep: Command = ({ lab, args }) => {
  const [seconds = ""] = args;
  if (!/^\d+(\.\d+)?s?$/.test(seconds) || args.length > 1)
    throw notModelled("sleep", args.join(" "), "a number of seconds");
  return (function* () {
    yield { until: lab.now + Number.parseFloat(seconds) * SECOND };
    return 0;
  })();
};

export const yes: Command = () => 0;
export const no: Command = () => 1;
