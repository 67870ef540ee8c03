// `sysctl`: the switches of a namespace that act here.
// Before you edit: procps-ng 4.0 sysctl.c.
import { isNeighName } from "../netns/neigh-sysctl.ts";
import { Sysctls } from "../netns/sysctl.ts";
import { BadInput } from "../wire/input.ts";
import { type Command, notModelled } from "./command.ts";

const SUPPORTED = "-a, -w, -n, -q and NAME or NAME=VALUE";

/** `sysctl [-w] [-n] [-q] NAME[=VALUE] …`, `sysctl -a`; names with slashes are fine too. */
export const sysctl: Command = ({ ns, args, out, err }) => {
  const flags = new Set<string>();
  const settings: string[] = [];
  for (const word of args) {
    if (/^-[awnq]+$/.test(word)) for (const letter of word.slice(1)) flags.add(letter);
    else if (/^--(all|write|values|quiet)$/.test(word)) flags.add(word === "--values" ? "n" : word[2]!);
    else if (word.startsWith("-")) throw notModelled("sysctl", word, SUPPORTED);
    else settings.push(word);
  }
  if (settings.length === 0 && !flags.has("a")) throw notModelled("sysctl", "without a name", SUPPORTED);
  let status = 0;
  const say = (name: string, value: string) => out(flags.has("n") ? `${value}\n` : `${name} = ${value}\n`);
  if (flags.has("a")) for (const name of ns.sysctls.all()) say(name, `${ns.sysctls.get(name)}`);
  for (const setting of flags.has("a") ? [] : settings) {
    const equals = setting.indexOf("=");
    const name = dotted((equals === -1 ? setting : setting.slice(0, equals)).trim());
    if (equals === -1 && flags.has("w")) {
      err("sysctl: command line(0): invalid syntax, continuing...\n");
      status = 1;
      continue;
    }
    if (!ns.sysctls.has(name)) {
      if (!isOfDevice(name) && !Sysctls.names().includes(name))
        throw notModelled("sysctl", name, Sysctls.names().join(", "));
      err(`sysctl: cannot stat /proc/sys/${swap(name)}: No such file or directory\n`);
      status = 1;
      continue;
    }
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
      // The kernel takes any number for most of them; what it then means is not modelled.
      if (/^-?\d+$/.test(value) && (/^net\.ipv[46]\.conf\./.test(name) || name === "net.ipv4.ip_forward"))
        throw failure;
      err(`sysctl: setting key "${name}": Invalid argument\n`);
      status = 1;
    }
  }
  return status;
};

/** A name with dots, whichever came first in it: `net/ipv4/conf/eth0.5/rp_filter` is `net.ipv4.conf.eth0/5.rp_filter`. */
function dotted(name: string): string {
  return /[./]/.exec(name)?.[0] === "/" ? swap(name) : name;
}

function swap(name: string): string {
  return name.replace(/[./]/g, (sign) => (sign === "." ? "/" : "."));
}

/** A switch that is modelled, of a device that is not there. */
function isOfDevice(name: string): boolean {
  if (isNeighName(name)) return true;
  const [, family, key] = /^net\.(ipv[46])\.conf\.[^.]+\.(\w+)$/.exec(name) ?? [];
  return key !== undefined && Sysctls.names().includes(`net.${family}.conf.DEV.${key}`);
}
