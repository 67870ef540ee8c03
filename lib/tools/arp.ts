// `arp`: the neighbours in the words of net-tools.
// Before you edit: net-tools 2.10 arp.c (arp_disp, arp_disp_2, arp_show, arp_set, arp_del), net/ipv4/arp.c (arp_ioctl).

import { errorText } from "../netns/errno.ts";
import { neighbourOf } from "../netns/ipv4/arp.ts";
import { decide } from "../netns/ipv4/decide.ts";
import type { Ipv4 } from "../wire/address.ts";
import { ipv4 } from "../wire/address.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { noOptions } from "./ip.ts";
import { Context } from "./iproute/context.ts";
import { neighboursOf } from "./iproute/neigh.ts";
import { linkAddress, macOf } from "./iproute/values.ts";
import { Quit } from "./iproute/words.ts";

const SUPPORTED = "-a, -n, -e, -v, -i DEVICE, -d HOST, -s HOST MAC [temp] and a host";

interface Flags {
  readonly letters: Set<string>;
  readonly device: string | null;
  readonly rest: readonly string[];
}

function readFlags(args: readonly string[]): Flags {
  const letters = new Set<string>();
  const rest: string[] = [];
  let device: string | null = null;
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "-i" || word === "--device") device = args[++i] ?? null;
    else if (/^-[aendsv]+$/.test(word)) for (const letter of word.slice(1)) letters.add(letter);
    else if (word.startsWith("-")) throw notModelled("arp", word, SUPPORTED);
    else rest.push(word);
  }
  return { letters, device, rest };
}

/** `arp` of net-tools 2.10. Names are never looked up: a namespace has no resolver. */
export const arp: Command = (call) => {
  const flags = readFlags(call.args);
  if (flags.letters.has("d")) return remove(call, flags);
  if (flags.letters.has("s")) return set(call, flags);
  return show(call, flags);
};

function hostOf(call: Call, { rest: [host] }: Flags): Ipv4 | null {
  if (host === undefined) {
    call.err("arp: need host name\n");
    return null;
  }
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(host)) throw notModelled("arp", host, "hosts by their IPv4 address");
  return ipv4(host);
}

/** The device a host is reached by, as the kernel finds it by route; null when there is none. */
function deviceTo(call: Call, address: Ipv4, what: string) {
  const { recorder } = call.lab;
  const { level } = recorder;
  recorder.level = 0;
  const way = decide(call.ns, address, null, null, undefined, -1);
  recorder.level = level;
  if (way.type !== "error") return way.device;
  call.err(`${what}: ${errorText(way.errno)}\n`);
  return null;
}

function remove(call: Call, flags: Flags): number {
  const address = hostOf(call, flags);
  if (address === null) return 255;
  const device = deviceTo(call, address, "SIOCDARP(dontpub)");
  if (device === null) return 255;
  const inet = call.ns.inet.get(device)!;
  const neighbour = inet.neighbours.get(address);
  if (neighbour?.state == null) {
    call.out(`No ARP entry for ${address}\n`);
    return 255;
  }
  neighbour.delete();
  inet.deleteNeighbour(address);
  return 0;
}

function set(call: Call, flags: Flags): number {
  const address = hostOf(call, flags);
  if (address === null) return 255;
  const [, text, how, ...more] = flags.rest;
  if (text === undefined) {
    call.err("arp: need hardware address\n");
    return 255;
  }
  if (more.length > 0 || (how !== undefined && how !== "temp"))
    throw notModelled("arp -s", [how, ...more].join(" "), SUPPORTED);
  const octets = hardwareAddress(text);
  if (octets === null) {
    call.err("arp: invalid hardware address\n");
    return 255;
  }
  const device = deviceTo(call, address, "SIOCSARP");
  if (device === null) return 255;
  neighbourOf(call.ns, device, address).set(macOf(octets), how === "temp" ? "STALE" : "PERMANENT", -1);
  return 0;
}

function hardwareAddress(text: string): readonly number[] | null {
  try {
    const octets = linkAddress(text);
    return octets.length === 6 ? octets : null;
  } catch (failure) {
    if (failure instanceof Quit) return null;
    throw failure;
  }
}

function show(call: Call, flags: Flags): number {
  const { letters, device: only, rest } = flags;
  const host = rest[0] === undefined ? null : hostOf(call, flags);
  const all = neighboursOf(new Context(call, call.ns, noOptions()));
  const found = all.filter(
    ({ device, neighbour }) => (host === null || neighbour.address === host) && (only === null || device.name === only),
  );
  const isBsd = letters.has("a");
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
  if (letters.has("v"))
    call.out(`Entries: ${all.length}\tSkipped: ${all.length - found.length}\tFound: ${found.length}\n`);
  if (found.length === 0) {
    if (host !== null && !isBsd) call.out(`${host} (${host}) -- no entry\n`);
    else if (host !== null || only !== null) call.out(`arp: in ${all.length} entries no match found.\n`);
  }
  return 0;
}

function row(address: string, type: string, mac: string, flags: string, mask: string, device: string): string {
  return `${address.padEnd(23)}  ${type.padEnd(8)}${mac.padEnd(20)}${flags.padEnd(6)}${mask.padEnd(15)} ${device}\n`;
}
