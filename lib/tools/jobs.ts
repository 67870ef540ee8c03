// jobs and kill, as bash has them: what runs in the background of this namespace, and an end to it.
import type { Lab } from "../lab/lab.ts";
import type { Process } from "../lab/process.ts";
import type { Netns } from "../netns/netns.ts";
import { type Call, type Command, notModelled } from "./command.ts";

/** A job keeps its number until it ends; then the number is free when no job has a larger one. */
const numbers = new WeakMap<Process, number>();

/** Background jobs of a namespace, by number. */
function running(lab: Lab, ns: Netns): Process[] {
  const jobs = [...lab.processes].filter((process) => process.surroundings.ns === ns && numbers.has(process));
  return jobs.sort((a, b) => numbers.get(a)! - numbers.get(b)!);
}

/** Gives a process that a shell put into the background its number. */
export function enlist(lab: Lab, ns: Netns, process: Process): void {
  const last = running(lab, ns).at(-1);
  numbers.set(process, last === undefined ? 1 : numbers.get(last)! + 1);
}

export const jobs: Command = ({ lab, ns, args, out }: Call) => {
  if (args.length > 0) throw notModelled("jobs", args.join(" "), "jobs without a word");
  const all = running(lab, ns);
  for (const [i, process] of all.entries()) {
    const mark = i === all.length - 1 ? "+" : i === all.length - 2 ? "-" : " ";
    out(`[${numbers.get(process)}]${mark}  ${"Running".padEnd(22)} ${process.name} &\n`);
  }
  return 0;
};

export const kill: Command = ({ lab, ns, args, err }: Call) => {
  const asked = args.map((word) => /^%(\d+)$/.exec(word)?.[1]);
  if (asked.length === 0 || asked.includes(undefined))
    throw notModelled("kill", args.join(" "), "kill %1, with a number that jobs shows");
  let status = 0;
  for (const [i, number] of asked.entries()) {
    const process = running(lab, ns).find((each) => numbers.get(each) === Number(number));
    if (process === undefined) {
      err(`bash: kill: ${args[i]}: no such job\n`);
      status = 1;
    } else process.kill(143);
  }
  return status;
};
