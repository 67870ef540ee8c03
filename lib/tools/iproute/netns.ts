// `ip netns`: list, list-id, add, delete, exec, identify, pids. A machine's own namespace has no name there, as on a real one.
// Before you edit: iproute2 ip/ipnetns.c, lib/namespace.c (netns_switch).
import type { Program } from "../../lab/process.ts";
import type { Netns } from "../../netns/netns.ts";
import { notModelled } from "../command.ts";
import { type Context, netnsIds, openNetns } from "./context.ts";
import { firstMatch, Quit, type Words } from "./words.ts";

const SUPPORTED = "list, list-id, add, delete, exec, identify, pids";
const COMMANDS = [
  "list",
  "show",
  "lst",
  "list-id",
  "help",
  "add",
  "set",
  "delete",
  "identify",
  "pids",
  "exec",
  "monitor",
  "attach",
] as const;

/** The program that `exec` runs; null when there is nothing more to do. */
export function ipNetns(context: Context, words: Words): Program | null {
  const word = words.isEmpty ? "list" : words.take();
  const name = words.peek;
  const isBad = name === "." || name === ".." || name.includes("/") || name.length > 255;
  if (!words.isEmpty && (isBad || name === "")) throw new Quit(`Invalid netns name "${name}"\n`, 255);
  const command = firstMatch(word, COMMANDS);
  if (command === "exec") return exec(context, words);
  if (command === "list" || command === "show" || command === "lst") list(context);
  else if (command === "add") add(context, words);
  else if (command === "delete") remove(context, words);
  else if (command === "identify") identify(context, words);
  else if (command === "pids") pids(context, words);
  else if (command === "list-id") listIds(context, words);
  else if (command === undefined) throw new Quit(`Command "${word}" is unknown, try "ip netns help".\n`, 255);
  else throw notModelled("ip netns", word, SUPPORTED);
  return null;
}

function identify(context: Context, words: Words): void {
  if (!words.isEmpty) throw notModelled("ip netns identify", words.peek, "ip netns identify for the caller itself");
  context.out(`${context.named().includes(context.ns) ? context.ns.name : ""}\n`);
}

/** The newest first, as /run/netns gives them. */
function list(context: Context): void {
  const ids = netnsIds(context);
  const all = context.named().reverse();
  if (context.options.json)
    return context.json(all.map((ns) => ({ name: ns.name, ...(ids.has(ns) && { id: ids.get(ns) }) })));
  for (const ns of all) context.out(`${ns.name}${ids.has(ns) ? ` (id: ${ids.get(ns)})` : ""}\n`);
}

/** The numbers of namespaces that cables lead to. */
function listIds(context: Context, words: Words): void {
  if (!words.isEmpty) throw notModelled("ip netns list-id", words.peek, "ip netns list-id without a filter");
  const all = [...netnsIds(context)].sort(([, a], [, b]) => a - b);
  const named = context.named();
  const nameOf = (ns: Netns) => (named.includes(ns) ? ns.name : null);
  if (context.options.json)
    return context.json(all.map(([ns, nsid]) => ({ nsid, ...(nameOf(ns) !== null && { name: ns.name }) })));
  for (const [ns, id] of all)
    context.out(`nsid ${id} ${nameOf(ns) === null ? "" : `(iproute2 netns name: ${ns.name})`}\n`);
}

/** The programs in a namespace; programs have no numbers here, so only that there are none can be said. */
function pids(context: Context, words: Words): void {
  if (words.isEmpty) throw new Quit("No netns name specified\n", 1);
  const name = words.take();
  if (!words.isEmpty) throw new Quit("extra arguments specified\n", 1);
  const ns = context.named().find((each) => each.name === name);
  if (ns === undefined) throw new Quit("Cannot open network namespace: No such file or directory\n", 1);
  const busy = [...context.call.lab.processes].find(({ surroundings }) => surroundings.ns === ns);
  if (busy !== undefined || ns === context.ns)
    throw notModelled("ip netns pids", name, "namespaces in which nothing runs; see jobs for the others");
}

function add(context: Context, words: Words): void {
  if (words.isEmpty) throw new Quit("No netns name specified\n", 1);
  const name = words.take();
  const { lab, container } = context.call;
  if (container !== null) throw notModelled("ip netns add", "in a container", "ip netns add on a node");
  if (context.named().some((ns) => ns.name === name))
    throw new Quit(`Cannot create namespace file "/run/netns/${name}": File exists\n`, 1);
  lab.addNetns(lab.machines.get(context.ns.node)!, name);
}

function remove(context: Context, words: Words): void {
  if (words.isEmpty) throw new Quit("No netns name specified\n", 1);
  const name = words.take();
  const ns = context.named().find((each) => each.name === name);
  if (ns === undefined)
    throw new Quit(`Cannot remove namespace file "/run/netns/${name}": No such file or directory\n`, 1);
  const { lab } = context.call;
  const busy = [...lab.processes].find(({ surroundings }) => surroundings.ns === ns);
  if (busy !== undefined)
    throw notModelled("ip netns", `del ${name}`, `namespaces without running programs; here ${busy.name} still runs`);
  lab.machines.get(ns.node)!.containers.delete(name);
  lab.removeNetns(ns);
}

function exec(context: Context, words: Words): Program {
  if (words.isEmpty) throw new Quit("No netns name specified\n", 1);
  const name = words.take();
  if (words.isEmpty) throw new Quit("No command specified\n", 1);
  return context.call.run(openNetns(context, name), words.rest());
}
