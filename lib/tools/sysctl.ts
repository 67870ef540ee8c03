// `sysctl`: the switches of a namespace that act here.
// Before you edit: procps-ng 4.0 src/sysctl.c (main, ReadSetting, WriteSetting, Preload).
import { isNeighName } from "../netns/neigh-sysctl.ts";
import { Sysctls } from "../netns/sysctl.ts";
import { BadInput } from "../wire/input.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { fileText } from "./files.ts";
import { getopt } from "./getopt.ts";

const SUPPORTED = "-a, -b, -e, -N, -n, -p FILE, -q, -r PATTERN, -w, --dry-run, -V and NAME or NAME=VALUE";

/** Long names of the options, with the letter each stands for. */
const LONG: Readonly<Record<string, string>> = {
  "--all": "-a",
  "--binary": "-b",
  "--ignore": "-e",
  "--names": "-N",
  "--values": "-n",
  "--load": "-p",
  "--pattern": "-r",
  "--quiet": "-q",
  "--write": "-w",
  "--version": "-V",
  "--dry-run": "-D",
};

/** What is asked for one switch; without a value it is shown. */
interface Setting {
  readonly name: string;
  readonly value: string | null;
}

/** `sysctl [-w] [-n] [-q] NAME[=VALUE] …`, `sysctl -a`, `sysctl -p FILE`; names with slashes are fine too. */
export const sysctl: Command = (call) => {
  const { ns, out, err } = call;
  const { options, operands, problem } = getopt(call.args.flatMap(shortened), "aAbDdefhNnopqr:VwxX");
  if (problem !== null) throw notModelled("sysctl", problem, SUPPORTED);
  const given = new Map(options.map(({ letter, value }) => [letter, value]));
  const has = (letters: string) => [...letters].some((letter) => given.has(letter));
  if (has("dh")) throw notModelled("sysctl", "-h", SUPPORTED);
  if (has("V")) {
    out("sysctl from procps-ng 4.0.2\n");
    return 0;
  }
  const ending = has("b") ? "" : "\n";
  const pattern = given.has("r") ? new RegExp(given.get("r")!) : null;
  const show = (name: string) => {
    if (pattern !== null && !pattern.test(name)) return;
    const value = `${ns.sysctls.get(name)}`;
    out(has("N") ? `${name}\n` : has("nb") ? value + ending : `${name} = ${value}\n`);
  };
  if (has("aAX")) {
    for (const name of ns.sysctls.all()) show(name);
    return 0;
  }
  let status = 0;
  const fail = (text: string, isFailure = true) => {
    err(`sysctl: ${text}\n`);
    if (isFailure) status = 1;
  };
  const settings = has("pf") ? fromFiles(call, operands, fail) : fromWords(operands, has("w"), fail);
  if (operands.length === 0 && !has("pf")) throw notModelled("sysctl", "without a name", SUPPORTED);
  for (const { name } of settings)
    if (!ns.sysctls.has(name) && !isOfDevice(name) && !Sysctls.names().includes(name) && !has("e"))
      throw notModelled("sysctl", name, Sysctls.names().join(", "));
  for (const { name, value } of settings) {
    if (!ns.sysctls.has(name)) {
      if (!has("e")) fail(`cannot stat /proc/sys/${swap(name)}: No such file or directory`);
    } else if (value === null) show(name);
    else if (has("D") || put(call, name, value)) {
      if (!has("q")) out(has("nNb") ? value + ending : `${name} = ${value}\n`);
    } else fail(`setting key "${name}": Invalid argument`);
  }
  return status;
};

/** `--pattern=X` as `-r X`. */
function shortened(word: string): string[] {
  if (!word.startsWith("--") || word === "--") return [word];
  const equals = word.indexOf("=");
  const letter = LONG[equals === -1 ? word : word.slice(0, equals)];
  if (letter === undefined) throw notModelled("sysctl", word, SUPPORTED);
  return equals === -1 ? [letter] : [letter, word.slice(equals + 1)];
}

type Fail = (text: string, isFailure?: boolean) => void;

function fromWords(words: readonly string[], mustSet: boolean, fail: Fail): Setting[] {
  const settings: Setting[] = [];
  for (const word of words) {
    const equals = word.indexOf("=");
    const name = dotted((equals === -1 ? word : word.slice(0, equals)).trim());
    if (equals === -1 && mustSet) fail("command line(0): invalid syntax, continuing...");
    else settings.push({ name, value: equals === -1 ? null : word.slice(equals + 1).trim() });
  }
  return settings;
}

/** Lines `name = value`; `#` and `;` begin a comment. A `-` before the name should let it fail, and does not. */
function fromFiles(call: Call, names: readonly string[], fail: Fail): Setting[] {
  const settings: Setting[] = [];
  for (const file of names.length === 0 ? ["/etc/sysctl.conf"] : names) {
    const text = fileText(call, file);
    if (text === null) {
      fail(`cannot open "${file}": No such file or directory`);
      continue;
    }
    for (const [i, line] of text.split("\n").entries()) {
      const plain = line.trim();
      if (plain === "" || /^[#;]/.test(plain)) continue;
      const [, name, value = ""] = /^-?([^=]*)=(.*)$/.exec(plain) ?? [];
      if (name === undefined) fail(`${file}(${i + 1}): invalid syntax, continuing...`, false);
      else settings.push({ name: dotted(name.trim()), value: value.trim() });
    }
  }
  return settings;
}

/** False when the kernel would not take the value. */
function put({ ns }: Call, name: string, value: string): boolean {
  try {
    ns.sysctls.set(name, value);
    return true;
  } catch (failure) {
    if (!(failure instanceof BadInput)) throw failure;
    // The kernel takes any number for most of them; what it then means is not modelled.
    if (/^-?\d+$/.test(value) && (/^net\.ipv[46]\.conf\./.test(name) || name === "net.ipv4.ip_forward")) throw failure;
    return false;
  }
}

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
