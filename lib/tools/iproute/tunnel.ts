// `ip tunnel`: show, add, delete, for tunnels of mode ipip.
// Before you edit: iproute2 6.1 ip/iptunnel.c (parse_args, do_add, do_del, print_tunnel), ip/tunnel.c (tnl_strproto).
import type { Device } from "../../link/device.ts";
import { endsInUse } from "../../netns/tunnel/device.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { checkIpip, ipipWord, newIpip } from "./link-tunnel-words.ts";
import { duplicateOrGarbage, matches, Quit, type Words } from "./words.ts";

const SUPPORTED = "show, add NAME mode ipip remote ADDR local ADDR ttl TTL tos TOS dev DEV [no]pmtudisc, del";

export function ipTunnel(context: Context, words: Words): void {
  if (words.isEmpty) return show(context, words);
  const word = words.take();
  if (matches(word, "add")) add(context, words);
  else if (matches(word, "change")) throw notModelled("ip tunnel", word, SUPPORTED);
  else if (matches(word, "delete")) remove(context, words);
  else if (matches(word, "show") || matches(word, "lst") || matches(word, "list")) show(context, words);
  else if (matches(word, "prl") || matches(word, "6rd") || matches(word, "help"))
    throw notModelled("ip tunnel", word, SUPPORTED);
  else throw new Quit(`Command "${word}" is unknown, try "ip tunnel help"\n`, 255);
}

function read(context: Context, words: Words) {
  const made = newIpip();
  let name = "";
  let mode = false;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "mode") {
      const argument = words.argument();
      if (argument === "ipip" || argument === "ip/ip") made.proto = "ipip";
      else if (["gre", "gre/ip", "sit", "ipv6/ip", "isatap", "vti"].includes(argument))
        throw notModelled("ip tunnel", `mode ${argument}`, SUPPORTED);
      else throw new Quit(`Unknown tunnel mode "${argument}"\n`, 255);
      mode = true;
    } else if (/^(key|ikey|okey|seq|iseq|oseq|csum|icsum|ocsum|external|encap.*)$/.test(word))
      throw notModelled("ip tunnel", word, SUPPORTED);
    else if (!ipipWord(context, words, word, made)) {
      const argument = word === "name" ? words.argument() : word;
      if (name !== "") throw duplicateOrGarbage("name", argument);
      name = argument;
    }
  }
  return { made, name, mode };
}

function add(context: Context, words: Words): void {
  const { made, name: given, mode } = read(context, words);
  if (!mode) throw new Quit("cannot determine tunnel mode (ipip, gre, vti or sit)\n", 1);
  checkIpip(made, 1);
  const { lower, ...settings } = made;
  const { lab } = context.call;
  lab.machines.get(context.ns.node)!.load("ipip");
  let name = given;
  for (let i = 0; name === ""; i++) if (!context.ns.devices.has(`ipip${i}`)) name = `ipip${i}`;
  // The tool asks by the module's own device, and complains of it.
  if (context.ns.devices.has(name) || endsInUse(context.ns, settings, lower))
    throw new Quit('add tunnel "tunl0" failed: File exists\n', 1);
  lab.addIpip({ ns: context.ns, name }, settings, lower, context.ns);
}

function remove(context: Context, words: Words): void {
  const { name } = read(context, words);
  const device = context.device(name);
  const failed = (why: string) => new Quit(`delete tunnel "${name}" failed: ${why}\n`, 1);
  if (device === undefined) throw failed("No such device");
  if (device.ipip === null) throw failed("Operation not supported");
  if (device.ipip.fallback) throw failed("Operation not permitted");
  context.call.lab.removeLink(device);
}

/** With a mode, one tunnel by its name, the module's own unless one is named; without, all that the words are true of. */
function show(context: Context, words: Words): void {
  const { made, name, mode } = read(context, words);
  if (context.options.json) throw notModelled("ip tunnel", "-j", "the listing without -j");
  if (mode) {
    const one = name === "" ? "tunl0" : name;
    const device = context.device(one);
    if (device === undefined) throw new Quit(`get tunnel "${one}" failed: No such device\n`, 1);
    if (device.ipip === null) throw new Quit(`get tunnel "${one}" failed: Operation not supported\n`, 1);
    context.out(tunnelText(context, device));
    return;
  }
  for (const device of context.devices()) {
    if (device.ipip === null || (name !== "" && device.name !== name)) continue;
    const { remote, local, lower } = device.ipip;
    if ((made.remote ?? remote) === remote && (made.local ?? local) === local && (made.lower ?? lower) === lower)
      context.out(tunnelText(context, device));
  }
}

function tunnelText(context: Context, device: Device): string {
  const { proto, remote, local, lower, ttl, tos, pmtudisc } = device.ipip!;
  const words = [`${device.name}: ${proto === "any" ? "any" : "ip"}/ip`];
  words.push(`remote ${remote ?? "any"}`, `local ${local ?? "any"}`);
  if (lower !== null) words.push(`dev ${lower.owner === context.ns ? lower.name : `if${lower.index}`}`);
  words.push(`ttl ${ttl === 0 ? "inherit" : ttl}`);
  if (tos !== 0) words.push(`tos ${tos === "inherit" ? tos : `0x${tos.toString(16)}`}`);
  if (!pmtudisc) words.push("nopmtudisc");
  return `${words.join(" ")}\n`;
}
