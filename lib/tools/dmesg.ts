// `dmesg`: the log of the machine's kernel, the same for all its namespaces.
// Before you edit: util-linux sys-utils/dmesg.c, kernel/printk/printk.c (print_time).
import { MICROSECOND, SECOND } from "../trace/world.ts";
import { type Command, notModelled } from "./command.ts";

const SUPPORTED = "-t, -C, -c and no words";

/** The lines with the seconds since the machine began; -t without them, -C and -c empty the log. */
export const dmesg: Command = ({ ns, args, out }) => {
  const flags = new Set<string>();
  for (const word of args) {
    if (!/^-[tCc]+$/.test(word)) throw notModelled("dmesg", word, SUPPORTED);
    for (const letter of word.slice(1)) flags.add(letter);
  }
  const { log } = ns.kernel;
  if (!flags.has("C"))
    for (const { time, line } of log) {
      const seconds = `${Math.floor(time / SECOND)}`.padStart(5);
      const rest = `${Math.floor((time % SECOND) / MICROSECOND)}`.padStart(6, "0");
      out(flags.has("t") ? `${line}\n` : `[${seconds}.${rest}] ${line}\n`);
    }
  if (flags.has("C") || flags.has("c")) log.length = 0;
  return 0;
};
