// `sysctl`: the switches of a namespace that act here.
// Before you edit: procps-ng 4.0 sysctl.c.
import { Sysctls } from "../netns/sysctl.ts";
import { BadInput } from "../wire/input.ts";
import { type Command, notModelled } from "./command.ts";

const SUPPORTED = "-w, -n, -q and NAME or NAME=VALUE";

/** `sysctl [-w] [-n] [-q] NAME[=VALUE] …`; names with slashes are fine too. */
export const sysctl: Command = ({ ns, args, out, err }) => {
  const flags = new Set<string>();
  const settings: string[] = [];
  for (const word of args) {
    if (/^-[wnq]+$/.test(word)) for (const letter of word.slice(1)) flags.add(letter);
    else if (word === "--write" || word === "--values" || word === "--quiet")
      flags.add(word === "--values" ? "n" : word[2]!);
    else if (word.startsWith("-")) throw notModelled("sysctl", word, SUPPORTED);
    else settings.push(word);
  }
  if (settings.length === 0) throw notModelled("sysctl", "without a name", SUPPORTED);
  let status = 0;
  const say = (name: string, value: string) => out(flags.has("n") ? `${value}\n` : `${name} = ${value}\n`);
  for (const setting of settings) {
    const equals = setting.indexOf("=");
    const name = (equals === -1 ? setting : setting.slice(0, equals)).trim().replaceAll("/", ".");
    if (equals === -1 && flags.has("w")) {
      err("sysctl: command line(0): invalid syntax, continuing...\n");
      status = 1;
      continue;
    }
    if (!Sysctls.names().includes(name)) throw notModelled("sysctl", name, Sysctls.names().join(", "));
    if (equals === -1) {
      say(name, `${ns.sysctls.get(name)}`);
      continue;
    }
    const value = setting.slice(equals + 1).trim();
    try {
      ns.sysctls.set(name, value);
      if (!flags.has("q")) say(name, value);
    } catch (failure) {
      if (!(failure instanceof BadInput)) throw failure;
      // The kernel takes any number for this one; what it then means is not modelled.
      if (name === "net.ipv4.ip_forward" && /^-?\d+$/.test(value)) throw failure;
      err(`sysctl: setting key "${name}": Invalid argument\n`);
      status = 1;
    }
  }
  return status;
};
