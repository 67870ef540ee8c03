// `timeout`: another command, ended when its time is over.
// Before you edit: coreutils 9.1 src/timeout.c.
import type { Program } from "../lab/process.ts";
import { SECOND } from "../trace/world.ts";
import { type Call, type Command, notModelled } from "./command.ts";

/** What `timeout` returns when it ended the command. */
const TIMED_OUT = 124;
const USAGE = "Try 'timeout --help' for more information.\n";
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `timeout DURATION COMMAND...`: DURATION is seconds, or has one of the units s, m, h, d; 0 is for ever. */
export const timeout: Command = (call) => {
  const [duration = "", ...words] = call.args;
  if (duration.startsWith("-")) throw notModelled("timeout", duration, "timeout DURATION COMMAND");
  const [, number, unit = "s"] = /^(\d+(?:\.\d*)?|\.\d+)([smhd]?)$/.exec(duration) ?? [];
  if (words.length === 0) return refused(call, "");
  if (number === undefined) return refused(call, `timeout: invalid time interval ‘${duration}’\n`);
  const time = Number(number) * (UNITS[unit] ?? 1) * SECOND;
  return limited(call, words, time === 0 ? Number.POSITIVE_INFINITY : call.lab.now + time);
};

function refused({ err }: Call, why: string): number {
  err(why + USAGE);
  return 125;
}

function* limited({ lab, ns, run }: Call, words: readonly string[], end: number): Program {
  const program = run(ns, words);
  for (;;) {
    const { done, value } = program.next();
    if (done) return value;
    yield end < (value.until ?? Number.POSITIVE_INFINITY) ? { ...value, until: end, background: false } : value;
    if (lab.now < end) continue;
    program.return(TIMED_OUT);
    return TIMED_OUT;
  }
}
