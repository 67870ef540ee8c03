// `ip tuntap`: add, del and show, for tun devices. The tool is a program as any: it opens the device, says whether it
// shall stay, and closes it.
// Before you edit: iproute2 6.1 ip/iptuntap.c (parse_args, do_add, do_del, print_tuntap), lib/utils.c (check_ifname).
import { type Errno, errorText } from "../../netns/errno.ts";
import { openTun } from "../../netns/tunnel/tun.ts";
import { notModelled } from "../command.ts";
import type { Context } from "./context.ts";
import { duplicateOrGarbage, matches, Quit, type Words, wrongArgument } from "./words.ts";

const SUPPORTED = "add, del and show, with dev NAME, mode tun";

export function ipTuntap(context: Context, words: Words): void {
  const word = words.isEmpty ? "show" : words.take();
  if (matches(word, "add")) change(context, words, true);
  else if (matches(word, "delete")) change(context, words, false);
  else if (matches(word, "show") || matches(word, "lst") || matches(word, "list")) show(context);
  else if (matches(word, "help")) throw notModelled("ip tuntap", word, SUPPORTED);
  else throw new Quit(`Command "${word}" is unknown, try "ip tuntap help".\n`, 255);
}

/** The device's name; the tool has no default for the mode. */
function read(words: Words): string {
  let name = "";
  let mode = false;
  while (!words.isEmpty) {
    const word = words.take();
    if (word === "mode") {
      const argument = words.argument();
      if (matches(argument, "tun")) mode = true;
      else if (matches(argument, "tap")) throw notModelled("ip tuntap", `mode ${argument}`, SUPPORTED);
      else throw new Quit(`Unknown tunnel mode "${argument}"\n`, 255);
    } else if (["user", "group", "pi", "one_queue", "vnet_hdr", "multi_queue"].includes(word))
      throw notModelled("ip tuntap", word, SUPPORTED);
    else if (word === "dev") name = validName(words.argument(), "dev");
    else {
      const argument = word === "name" ? words.argument() : word;
      if (name !== "") throw duplicateOrGarbage("name", argument);
      name = validName(argument, "name");
    }
  }
  if (!mode) throw new Quit("You failed to specify a tunnel mode\n", 1);
  return name;
}

function validName(name: string, word: "dev" | "name"): string {
  if (name === "" || name.length > 15 || /[/\s]/.test(name)) throw wrongArgument(name, `"${word}" not a valid ifname`);
  return name;
}

function change(context: Context, words: Words, stays: boolean): void {
  const name = read(words);
  // Only who adds wants a device that was not there (IFF_TUN_EXCL).
  const file = stays && context.ns.devices.has(name) ? "EBUSY" : openTun(context.ns, name || "tun%d", "ip");
  if (typeof file === "string") throw failed(file);
  file.persist(stays);
  file.close();
}

function failed(errno: Errno): Quit {
  return new Quit(`ioctl(TUNSETIFF): ${errorText(errno)}\n`, 1);
}

function show(context: Context): void {
  const devices = context.devices().flatMap(({ name, tun }) => (tun === null ? [] : [{ name, tun }]));
  const flags = ({ persist }: { readonly persist: boolean }) => ["tun", ...(persist ? ["persist"] : [])];
  if (context.options.json) return context.json(devices.map(({ name, tun }) => ({ ifname: name, flags: flags(tun) })));
  for (const { name, tun } of devices) context.out(`${name}: ${flags(tun).join(" ")}\n`);
}
