// Runs shell text in a namespace of a lab.
import type { Lab } from "../lab/lab.ts";
import type { Tools } from "../lab/machine.ts";
import type { Process, Program } from "../lab/process.ts";
import type { Netns } from "../netns/netns.ts";
import { BadInput, didYouMean } from "../wire/input.ts";
import { busyboxCommand } from "./busybox/applets.ts";
import type { Call, Command } from "./command.ts";
import { fileText, writeFile } from "./files.ts";
import { installedIn } from "./installed.ts";
import { enlist } from "./jobs.ts";
import { writeProc } from "./proc-write.ts";
import { COMMANDS } from "./registry.ts";
import { type Pipeline, parseShell, type SimpleCommand } from "./words.ts";

/** What a command printed and how it ended. */
export interface ShellResult {
  /** Standard output and error as they came. */
  readonly text: string;
  /** Standard output alone. */
  readonly out: string;
  /** Exit status of the last command: 0 is success, 127 a command nobody knows, 130 one that was interrupted. */
  readonly status: number;
}

/** A place to run commands: a namespace, and the container if it is a pod's. */
export interface Place {
  readonly ns: Netns;
  readonly container: string | null;
  /** The tools of the file system there, if not the usual ones. */
  readonly tools?: Tools | undefined;
}

/** Reads `node-1`, `pod` or `pod/container`. Throws BadInput naming what there is. */
export function place(lab: Lab, where: string): Place {
  const [name = "", container, ...rest] = where.split("/");
  const ns = lab.netns(name);
  const machine = lab.machines.get(ns.node);
  const containers = machine?.containers.get(name) ?? [];
  const tools = machine?.tools.get(name);
  if (container === undefined) return { ns, container: containers[0] ?? null, tools };
  if (rest.length > 0 || !containers.includes(container))
    throw new BadInput(`no container of ${name} has this name`, where, `It has: ${containers.join(", ") || "none"}.`);
  return { ns, container, tools };
}

/**
 * Runs shell text and lets virtual time pass until it is done; what it leaves running in the background goes on,
 * except tcpdump and ip monitor: they end with the text, as when their terminal closes. What other background jobs say later
 * stands first in what the next shell of that namespace prints.
 * Throws BadInput for unknown commands before anything runs, and for flags that are not modelled.
 */
export function runShell(lab: Lab, where: Place, text: string): ShellResult {
  const pipelines = parseShell(text);
  for (const { commands } of pipelines) for (const { words } of commands) commandNamed(lab, words[0]!, where);
  const said: Said[] = unheard.get(where.ns) ?? [];
  unheard.delete(where.ns);
  let listens = true;
  const hear = (piece: Said) => {
    if (listens) said.push(piece);
    else unheard.set(where.ns, [...(unheard.get(where.ns) ?? []), piece]);
  };
  const surroundings = {
    ns: where.ns,
    out: (text: string) => hear({ text, out: true }),
    err: (text: string) => hear({ text, out: false }),
  };
  const captures: Process[] = [];
  const shell = lab.start("sh", surroundings, list(lab, where, pipelines, surroundings, captures));
  try {
    if (!lab.runUntilDone(shell))
      surroundings.err(
        `(interrupted: nothing more can happen here, and ${lastWords(pipelines)} still waits. Put & behind it to leave it running.)\n`,
      );
  } finally {
    // Also when something else is refused meanwhile: nobody waits for this text any more.
    shell.kill(INTERRUPTED);
  }
  for (const capture of captures) capture.kill(0);
  listens = false;
  const join = (pieces: readonly Said[]) => pieces.map((piece) => piece.text).join("");
  return { text: join(said), out: join(said.filter((piece) => piece.out)), status: shell.status ?? INTERRUPTED };
}

/** The program that runs shell text, for who starts it: it ends with the status of the last command. Throws BadInput. */
export function shellProgram(lab: Lab, where: Place, text: string, voice: Voice, stdin = ""): Program {
  const pipelines = parseShell(text);
  for (const { commands } of pipelines) for (const { words } of commands) commandNamed(lab, words[0]!, where);
  return list(lab, where, pipelines, voice, [], stdin);
}

/**
 * Starts one command without a shell, as `exec` does: its words are taken as they are, but for `sh -c TEXT`.
 * Throws BadInput for a command that is not modelled.
 */
export function runIn(lab: Lab, where: Place, words: readonly string[], stdin: string, voice: Voice): Process {
  const [name = "", flag, text] = words;
  const isShell = /^(\/bin\/)?(ba|a)?sh$/.test(name);
  if (isShell && flag === "-c" && text !== undefined)
    return lab.start(name, { ns: where.ns, ...voice }, shellProgram(lab, where, text, voice, stdin));
  if (isShell && flag === undefined)
    return lab.start(name, { ns: where.ns, ...voice }, shellProgram(lab, where, stdin, voice));
  commandNamed(lab, name, where);
  return lab.start(name, { ns: where.ns, ...voice }, simple(lab, where, words, voice, stdin));
}

const INTERRUPTED = 130;

interface Said {
  readonly text: string;
  /** On standard output, not standard error. */
  readonly out: boolean;
}

/** What background jobs of a namespace said after their shell had ended: the next shell there shows it first. */
const unheard = new WeakMap<Netns, Said[]>();

function lastWords(pipelines: readonly Pipeline[]): string {
  return JSON.stringify(pipelines.at(-1)?.text ?? "");
}

function commandNamed(lab: Lab, name: string, { tools }: Pick<Place, "tools">): Command {
  const installed = installedIn(lab).get(name);
  if (installed !== undefined) return installed;
  if (tools?.startsWith("busybox")) return busyboxCommand(name);
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]!;
  const names = Object.keys(COMMANDS).sort();
  const root = name === "sudo" ? "You are root here: leave it out. " : "";
  // The list is long: the word that was meant stands before it.
  const hint = `${didYouMean(name, names)} There are: ${names.join(", ")}.`.trim();
  throw new BadInput("a command that is not modelled", name, `${root}${hint}`);
}

type Voice = Pick<Call, "out" | "err">;

function* list(
  lab: Lab,
  where: Place,
  pipelines: readonly Pipeline[],
  voice: Voice,
  captures: Process[],
  stdin = "",
): Program {
  let status = 0;
  let input = stdin;
  for (const pipeline of pipelines) {
    if (pipeline.when === "and" && status !== 0) continue;
    if (pipeline.when === "or" && status === 0) continue;
    const body = pipe(lab, where, pipeline.commands, voice, input);
    // Who reads first reads it all.
    input = "";
    if (pipeline.background) {
      const process = lab.start(pipeline.text, { ns: where.ns, ...voice }, body);
      enlist(lab, where.ns, process);
      if (pipeline.commands.some(isCapture)) captures.push(process);
      // It gets the chance to start: a server in the background listens before the next command asks it.
      yield { until: lab.now };
      status = 0;
    } else status = yield* body;
  }
  return status;
}

/** `tcpdump` and `ip monitor` tell what happens while the rest of the text runs. */
function isCapture({ words }: SimpleCommand): boolean {
  return words.includes("tcpdump") || (words.includes("ip") && words.some((word) => /^mon(i(t(or?)?)?)?$/.test(word)));
}

function* pipe(lab: Lab, where: Place, commands: readonly SimpleCommand[], voice: Voice, input: string): Program {
  let stdin = input;
  let status = 0;
  for (const [i, command] of commands.entries()) {
    const isLast = i === commands.length - 1;
    let piped = "";
    const nowhere = () => {};
    const intoPipe = (text: string) => {
      piped += text;
    };
    const { stdout } = command;
    let written = "";
    const intoFile = (text: string) => {
      written += text;
    };
    const out = stdout === "nowhere" ? nowhere : stdout !== "out" ? intoFile : isLast ? voice.out : intoPipe;
    const err = command.stderr === "nowhere" ? nowhere : command.stderr === "out" ? out : voice.err;
    const place = { lab, ns: where.ns };
    const read =
      command.stdin === null
        ? stdin
        : "text" in command.stdin
          ? command.stdin.text
          : fileText(place, command.stdin.file);
    if (read === null) {
      voice.err(`bash: ${(command.stdin as { file: string }).file}: No such file or directory\n`);
      status = 1;
    } else status = yield* simple(lab, where, command.words, { out, err }, read);
    if (typeof stdout === "object") {
      const problem = writeTo(place, stdout, written, command.words[0]!);
      if (problem !== null) {
        err(`${problem}\n`);
        status = 1;
      }
    }
    stdin = piped;
  }
  return status;
}

function writeTo(
  place: { readonly lab: Lab; readonly ns: Netns },
  { file, appends }: { readonly file: string; readonly appends: boolean },
  text: string,
  command: string,
): string | null {
  if (file.startsWith("/proc/")) return writeProc(place.ns, file, text, command);
  writeFile(place, file, text, appends);
  return null;
}

function* simple(lab: Lab, where: Place, words: readonly string[], voice: Voice, stdin: string): Program {
  const [name = "", ...args] = words;
  const command = commandNamed(lab, name, where);
  // Another namespace, the same file system.
  const run = (other: Netns, line: readonly string[]) =>
    simple(lab, other === where.ns ? where : { ...where, ns: other, container: null }, line, voice, stdin);
  const result = command({ lab, ...where, args, stdin, ...voice, run });
  return typeof result === "number" ? result : yield* result;
}
