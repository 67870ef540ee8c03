// `bridge link`, `bridge fdb` and `bridge vlan`, as on a kernel with VLAN filtering (every distribution's has it).
// Before you edit: iproute2 6.1 bridge/bridge.c.
import { changeFdb } from "./bridge-fdb.ts";
import { showFdb } from "./bridge-fdb-show.ts";
import { bridgeLink } from "./bridge-link.ts";
import { bridgeVlan } from "./bridge-vlan.ts";
import { type Command, notModelled } from "./command.ts";
import { noOptions } from "./ip.ts";
import { Context, openNetns } from "./iproute/context.ts";
import { firstMatch, matches, Quit, Words } from "./iproute/words.ts";

const SUPPORTED = "link show|set, vlan show|add|del, fdb show|add|append|replace|del, with the options -j, -d, -n NAME";

/** `bridge` of iproute2 6.1. */
export const bridge: Command = (call) => {
  try {
    const words = new Words(call.args);
    const context = readOptions(new Context(call, call.ns, noOptions()), words);
    if (words.isEmpty) throw notModelled("bridge", "without an object", SUPPORTED);
    const object = words.take();
    const command = firstMatch(object, ["link", "fdb", "mdb", "vlan", "vni", "monitor", "help"]);
    if (command === "link") bridgeLink(context, words);
    else if (command === "vlan") bridgeVlan(context, words);
    else if (command === "fdb") bridgeFdb(context, words);
    else if (command === undefined) throw new Quit(`Object "${object}" is unknown, try "bridge help".\n`, 255);
    else throw notModelled("bridge", object, SUPPORTED);
    return 0;
  } catch (failure) {
    if (!(failure instanceof Quit)) throw failure;
    call.err(failure.message);
    return failure.status;
  }
};

function readOptions(start: Context, words: Words): Context {
  let context = start;
  while (words.peek.startsWith("-")) {
    const word = words.take();
    const option = word.startsWith("--") ? word.slice(1) : word;
    if (matches(option, "-help") || matches(option, "-stats") || matches(option, "-statistics"))
      throw notModelled("bridge", word, SUPPORTED);
    else if (matches(option, "-Version")) {
      start.out("bridge utility, 6.1.0\n");
      throw new Quit("", 0);
    } else if (matches(option, "-netns"))
      context = new Context(start.call, openNetns(start, words.argument()), start.options);
    else if (matches(option, "-details")) start.options.details = true;
    else if (matches(option, "-json")) start.options.json = true;
    else if (!/^-(o|oneline)$/.test(option)) {
      if (/^-(t|f|4|6|c|p|b)/.test(option)) throw notModelled("bridge", word, SUPPORTED);
      throw new Quit(`Option "${word}" is unknown, try "bridge help".\n`, 255);
    }
  }
  return context;
}

function bridgeFdb(context: Context, words: Words): void {
  if (words.isEmpty) return showFdb(context, words);
  const word = words.take();
  const command = firstMatch(word, [
    "add",
    "append",
    "replace",
    "delete",
    "get",
    "show",
    "lst",
    "list",
    "flush",
    "help",
  ]);
  if (command === "show" || command === "lst" || command === "list") return showFdb(context, words);
  if (command === "add" || command === "append" || command === "replace" || command === "delete")
    return changeFdb(context, words, command);
  if (command === undefined) throw new Quit(`Command "${word}" is unknown, try "bridge fdb help".\n`, 255);
  throw notModelled("bridge fdb", word, "show, add, append, replace, del");
}
