// `ip addr` of a real machine: its devices with their addresses. Each device is a stub: one end of a cable into a network
// of which nothing is known.
// Before you edit: iproute2 ip/ipaddress.c (print_linkinfo, print_addrinfo, print_ifa_flags).
import type { Machine } from "../../lab/machine.ts";
import { setAttributes, setDown, setUp } from "../../netns/configure.ts";
import { type Mac, mac } from "../../wire/mac.ts";
import { attempt, broken, type Dump, type Line, linesOf, must, type Place, wordsOf } from "./dump.ts";

/** A device as `ip addr` has it. */
interface Header {
  readonly index: number;
  readonly name: string;
  readonly flags: ReadonlySet<string>;
  readonly mtu: number;
  readonly master: string | null;
  /** As `ether`. */
  readonly link: string;
  readonly mac: Mac | null;
}

const FLAGS = new Set(
  "secondary temporary dynamic deprecated tentative dadfailed permanent mngtmpaddr nodad optimistic home autojoin stable-privacy".split(
    " ",
  ),
);

/** Makes the devices and gives them their addresses. Returns who is whose master. */
export function readAddr(place: Place, dump: Dump, network: Machine): Map<string, string> {
  const masters = new Map<string, string>();
  let first: Line | null = null;
  let at: Header | null = null;
  for (const line of linesOf(dump)) {
    const { text } = line;
    if (first !== null) {
      at = readHeader(first, line);
      if (at.master !== null) masters.set(at.name, at.master);
      make(place, first, at, network);
      first = null;
    } else if (/^\d+: /.test(text)) first = line;
    else if (at === null) throw broken(line, "this is not what ip addr prints");
    else if (/^\s+inet6? /.test(text)) address(place, line, at.name);
    else if (!/^\s+(link\/|valid_lft |altname |alias |RX:|TX:|vf \d)/.test(text))
      throw broken(line, "not a line that ip addr prints of a device");
  }
  if (first !== null) throw broken(first, NO_LINK);
  return masters;
}

const NO_LINK = "behind the first line of a device comes link/...";

function readHeader(line: Line, next: Line): Header {
  const [, index, name, flags, rest] = /^(\d+): ([^:@\s]+)(?:@[^:\s]+)?: <([^>]*)> (.*)$/.exec(line.text) ?? [];
  const words = wordsOf(rest ?? "");
  const after = (word: string) => (words.includes(word) ? (words[words.indexOf(word) + 1] ?? null) : null);
  const mtu = Number(after("mtu") ?? Number.NaN);
  const [, link, octets] = /^\s+link\/(\S+)(?: (\S+))?/.exec(next.text) ?? [];
  if (index === undefined || name === undefined || Number.isNaN(mtu))
    throw broken(line, "not the first line of a device (ip addr)");
  if (link === undefined) throw broken(next, NO_LINK);
  const isEthernet = link === "ether";
  if (isEthernet && !/^([\da-f]{2}:){5}[\da-f]{2}$/.test(octets ?? "")) throw broken(next, "a device without its MAC");
  return {
    index: Number(index),
    name,
    flags: new Set(flags!.split(",")),
    mtu,
    master: after("master"),
    link,
    mac: isEthernet ? mac(octets!) : null,
  };
}

function make(place: Place, line: Line, header: Header, network: Machine): void {
  const { ns, lab } = place;
  const { index, name, flags, mtu, link, mac } = header;
  if (link === "loopback") {
    const lo = ns.devices.get("lo")!;
    if (name !== "lo" || index !== 1) throw broken(line, "a loopback that is not 1: lo");
    attempt(place, ["ip", "addr", "flush", "dev", "lo"]);
    if (!flags.has("UP")) setDown(ns, lo);
    return;
  }
  if (ns.devices.has(name) || ns.deviceOfIndex(index) !== undefined)
    throw broken(line, "a name or an index that another device has");
  const [device, far] = lab.addVeth(
    { ns, name, index, ...(mac !== null && { mac }) },
    { ns: network.root, name: `${name}-far`.slice(0, 15) },
  );
  device.mtu = mtu;
  far.mtu = mtu;
  if (flags.has("NOARP") || link !== "ether") setAttributes(device, { arp: false });
  if (flags.has("LOWER_UP")) setUp(network.root, far);
  if (flags.has("UP")) setUp(ns, device);
  // The address that the kernel gives by itself: the file has it too, if it is still there.
  if (place.family === 6) attempt(place, ["ip", "-6", "addr", "flush", "dev", name]);
}

/** `inet 10.0.0.2/24 brd 10.0.0.255 scope global dynamic eth0`: the label stands last, of IPv6 there is none. */
function address(place: Place, line: Line, device: string): void {
  const [kind, local = "", ...words] = wordsOf(line.text);
  const isOurs = (kind === "inet") === (place.family === 4);
  const asked = ["ip", kind === "inet" ? "-4" : "-6", "addr", "add", local];
  const more: string[] = [];
  let label: string | null = null;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "peer") asked.push(word, words.shift() ?? "");
    else if (word === "brd" || word === "scope" || word === "metric") more.push(word, words.shift() ?? "");
    else if (word === "proto") words.shift();
    else if (word === "noprefixroute") more.push(word);
    else if (kind === "inet" && words.length === 0 && !FLAGS.has(word)) label = word;
    else if (!FLAGS.has(word)) throw broken(line, `"${word}" is not understood of an address`);
  }
  if (kind === "inet" && label === null) throw broken(line, "an address without its label");
  if (!isOurs) return;
  if (label !== null) more.push("label", label);
  if (kind === "inet6") more.push("nodad");
  must(place, line, [...asked, "dev", device, ...more]);
}
