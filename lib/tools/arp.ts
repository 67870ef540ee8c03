// `arp`: the neighbours in the words of net-tools.
// Before you edit: net-tools 2.10 arp.c (arp_disp, arp_disp_2, arp_show, arp_set, arp_del), net/ipv4/arp.c (arp_ioctl).

import type { Device } from "../link/device.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import { neighbourOf } from "../netns/ipv4/arp.ts";
import { decide } from "../netns/ipv4/decide.ts";
import type { Ipv4 } from "../wire/address.ts";
import type { Mac } from "../wire/mac.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { getopt } from "./getopt.ts";
import { etherInput, inetInput } from "./inet-input.ts";
import { noOptions } from "./ip.ts";
import { Context } from "./iproute/context.ts";
import { neighboursOf } from "./iproute/neigh.ts";

const SUPPORTED =
  "-a, -n, -e, -v, -D, -i DEVICE, -H ether, -A inet, -d HOST [priv|dev DEVICE], -s HOST MAC [temp|dev DEVICE] and a host";
const DESCRIPTION = "A:H:adfp:nsei:t:vh?DNV";
const LONG: Readonly<Record<string, string>> = {
  "--verbose": "-v",
  "--all": "-a",
  "--delete": "-d",
  "--numeric": "-n",
  "--set": "-s",
  "--protocol": "-A",
  "--hw-type": "-H",
  "--device": "-i",
  "--use-device": "-D",
};
const FAILED = 255;

interface Flags {
  readonly has: (letter: string) => boolean;
  /** The last of -a, -d and -s. */
  readonly what: string | undefined;
  /** -H was said: only Ethernet's entries are meant. */
  readonly isEther: boolean;
  readonly device: string | null;
  readonly rest: readonly string[];
}

/** Null when it has complained. */
function readFlags({ args, err }: Call): Flags | null {
  const short = args.map((word) => {
    if (!word.startsWith("--") || word === "--") return word;
    const letter = LONG[word];
    if (letter === undefined) throw notModelled("arp", word, SUPPORTED);
    return letter;
  });
  const { options, operands, problem } = getopt(short, DESCRIPTION);
  if (problem !== null) throw notModelled("arp", `its usage (${problem})`, SUPPORTED);
  let device: string | null = null;
  for (const { letter, value } of options) {
    if ("fh?NV".includes(letter)) throw notModelled("arp", `-${letter}`, SUPPORTED);
    if (letter === "i") device = value;
    const isHardware = letter === "H" || letter === "t";
    const unknown = isHardware ? HARDWARE.get(value) : FAMILIES.get(value);
    if ((isHardware && value !== "ether") || ((letter === "A" || letter === "p") && value !== "inet")) {
      err(`arp: ${value}: ${unknown ?? `unknown ${isHardware ? "hardware type" : "address family"}.`}\n`);
      return null;
    }
  }
  const letters = options.map(({ letter }) => letter);
  const has = (letter: string) => letters.includes(letter);
  const what = letters.filter((letter) => "ads".includes(letter)).at(-1);
  return { has, what, isEther: has("H") || has("t"), device, rest: operands };
}

/** What is said of those that exist. */
const HARDWARE = new Map([["loop", "hardware type without ARP support."]]);
const FAMILIES = new Map([["inet6", "kernel only supports 'inet'."]]);

/** `arp` of net-tools 2.10. */
export const arp: Command = (call) => {
  const flags = readFlags(call);
  if (flags === null) return FAILED;
  if (flags.what === "d") return remove(call, flags);
  return flags.what === "s" ? set(call, flags) : show(call, flags);
};

function hostOf(call: Call, { rest: [host] }: Flags): Ipv4 | null {
  if (host !== undefined) return inetInput(call, host);
  call.err("arp: need host name\n");
  return null;
}

/** The device that was named, or the one a host is reached by, as the kernel finds it by route; else why there is none. */
function deviceTo({ lab, ns }: Call, address: Ipv4, name: string | null): Device | Errno {
  if (name !== null) return ns.devices.get(name) ?? "ENODEV";
  const { recorder } = lab;
  const { level } = recorder;
  recorder.level = 0;
  const way = decide(ns, address, null, null, undefined, -1);
  recorder.level = level;
  if (way.type === "error" && address.bits !== 0) return way.errno;
  return way.type === "error" || way.type === "local" ? ns.devices.get("lo")! : way.device;
}

/** The words behind a host: which of those known were said, and the device behind `dev`. */
function modifiers(words: readonly string[], known: readonly string[], device: string | null) {
  const said = new Set<string>();
  const rest = [...words];
  let dev = device;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "dev" && rest.length > 0) dev = rest.shift()!;
    else if (word === "netmask" && rest[0] === "255.255.255.255") rest.shift();
    else if (known.includes(word)) said.add(word);
    else throw notModelled("arp", word, SUPPORTED);
  }
  return { said, dev };
}

function remove(call: Call, flags: Flags): number {
  const address = hostOf(call, flags);
  if (address === null) return FAILED;
  const { said, dev } = modifiers(flags.rest.slice(1), ["pub", "priv", "temp"], flags.device);
  const tell = (text: string) => flags.has("v") && call.err(text);
  for (const word of said) tell(`args=${word}\n`);
  // Proxy entries nobody made here.
  const isPrivate = said.has("priv") || !said.has("pub");
  if (isPrivate) {
    tell("arp: SIOCDARP(dontpub)\n");
    const device = deviceTo(call, address, dev);
    if (typeof device === "string") return failed(call, "SIOCDARP(dontpub)", device);
    const inet = call.ns.inet.get(device)!;
    const neighbour = inet.neighbours.get(address);
    if (neighbour?.state != null) {
      neighbour.delete();
      inet.deleteNeighbour(address);
      return 0;
    }
  }
  if (said.has("pub") || !said.has("priv")) tell("arp: SIOCDARP(pub)\n");
  call.out(`No ARP entry for ${flags.rest[0]}\n`);
  return FAILED;
}

function failed({ err }: Call, what: string, errno: Errno): number {
  err(`${what}: ${errorText(errno)}\n`);
  return FAILED;
}

function set(call: Call, flags: Flags): number {
  const address = hostOf(call, flags);
  if (address === null) return FAILED;
  const [, text, ...words] = flags.rest;
  if (text === undefined) {
    call.err("arp: need hardware address\n");
    return FAILED;
  }
  const mac = flags.has("D") ? macOfDevice(call, text) : etherInput(text);
  if (mac === null) {
    if (!flags.has("D")) call.err("arp: invalid hardware address\n");
    return FAILED;
  }
  const { said, dev } = modifiers(words, ["temp", "trail"], flags.device);
  if (flags.has("v")) call.err("arp: SIOCSARP()\n");
  const device = deviceTo(call, address, dev);
  if (typeof device === "string") return failed(call, "SIOCSARP", device);
  const from = flags.has("D") ? call.ns.devices.get(text)! : device;
  if ([device, from].some((each) => each.kind === "loopback" || each.isBare)) return failed(call, "SIOCSARP", "EINVAL");
  neighbourOf(call.ns, device, address).set(mac, said.has("temp") ? "STALE" : "PERMANENT", -1);
  return 0;
}

/** -D: the MAC of a device of one's own. */
function macOfDevice({ ns, err }: Call, name: string): Mac | null {
  const device = ns.devices.get(name);
  if (device === undefined) err(`arp: cant get HW-Address for \`${name}': ${errorText("ENODEV")}.\n`);
  return device?.mac ?? null;
}

function show(call: Call, flags: Flags): number {
  const { has, isEther, device: only, rest } = flags;
  const host = rest[0] === undefined ? null : hostOf(call, flags);
  if (host === null && rest[0] !== undefined) return FAILED;
  const all = neighboursOf(new Context(call, call.ns, noOptions()));
  const found = all.filter(
    ({ device, neighbour }) => (host === null || neighbour.address === host) && (only === null || device.name === only),
  );
  const isBsd = has("a");
  for (const [i, { device, neighbour }] of found.entries()) {
    const { address, mac, state, isValid } = neighbour;
    const isPermanent = state === "PERMANENT";
    if (isBsd) {
      const known = isValid ? `${mac} [ether]${isPermanent ? " PERM" : ""}` : "<incomplete>";
      call.out(`? (${address}) at ${known} on ${device.name}\n`);
      continue;
    }
    if (i === 0) call.out(row("Address", "HWtype", "HWaddress", "Flags", "Mask", "Iface"));
    if (isValid) call.out(row(address.text, "ether", mac!.text, isPermanent ? "CM" : "C", "", device.name));
    else call.out(row(address.text, "", "(incomplete)", "", "", device.name));
  }
  if (has("v")) call.out(`Entries: ${all.length}\tSkipped: ${all.length - found.length}\tFound: ${found.length}\n`);
  if (found.length === 0) {
    if (host !== null && !isBsd) call.out(`${rest[0]} (${host}) -- no entry\n`);
    else if (host !== null || only !== null || isEther) call.out(`arp: in ${all.length} entries no match found.\n`);
  }
  return 0;
}

function row(address: string, type: string, mac: string, flags: string, mask: string, device: string): string {
  return `${address.padEnd(23)}  ${type.padEnd(8)}${mac.padEnd(20)}${flags.padEnd(6)}${mask.padEnd(15)} ${device}\n`;
}
