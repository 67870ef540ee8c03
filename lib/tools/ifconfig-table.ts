// What net-tools know of an interface: flags as numbers and letters, counters, addresses by their label.
// Before you edit: net-tools 2.10 lib/interface.c (if_readlist_proc, if_fetch, ife_print_short), net/core/dev_ioctl.c.
import type { InterfaceAddress } from "../ip/address.ts";
import type { Device } from "../link/device.ts";
import type { Netns } from "../netns/netns.ts";
import { notModelled } from "./command.ts";

/** A device, or an address of it with a label of its own (an alias, as eth0:1). */
export interface Interface {
  readonly name: string;
  readonly device: Device;
  readonly isAlias: boolean;
  readonly address: InterfaceAddress | null;
}

/** Devices and aliases by name, numbers in them counted as numbers (nstrcmp). */
export function interfaces(ns: Netns): Interface[] {
  const all = [...ns.devices.values()].flatMap((device): Interface[] => {
    const addresses = ns.inet.get(device)?.addresses ?? [];
    const labels = [...new Set(addresses.map(({ label }) => label))].filter((label) => label !== device.name);
    const of = (label: string) => addresses.find((address) => address.label === label) ?? null;
    return [
      { name: device.name, device, isAlias: false, address: of(device.name) },
      ...labels.map((name) => ({ name, device, isAlias: true, address: of(name) })),
    ];
  });
  return all.sort((a, b) => natural(a.name, b.name));
}

function natural(a: string, b: string): number {
  const [, headA = "", numberA = ""] = /^(.*?)(\d*)$/.exec(a)!;
  const [, headB = "", numberB = ""] = /^(.*?)(\d*)$/.exec(b)!;
  if (headA === headB) return Number(numberA) - Number(numberB);
  return a < b ? -1 : 1;
}

export interface Flags {
  readonly number: number;
  readonly words: readonly string[];
  readonly letters: string;
}

/** IFF_* in the order ifconfig prints them. */
const FLAGS = [
  ["UP", 1, "U"],
  ["BROADCAST", 2, "B"],
  ["LOOPBACK", 8, "L"],
  ["RUNNING", 0x40, "R"],
  ["NOARP", 0x80, "O"],
  ["PROMISC", 0x100, "P"],
  ["ALLMULTI", 0x200, "A"],
  ["MULTICAST", 0x1000, "M"],
] as const;

/** In the order of the short lines (ife_print_short). */
const LETTERS = "ABLMPORU";

export function flagsOf(device: Device): Flags {
  const { kind, attributes } = device;
  const has = new Set<string>();
  if (device.up) has.add("UP");
  if (device.running) has.add("RUNNING");
  const isOnWire = kind === "veth" || kind === "bridge" || kind === "vxlan" || kind === "nic";
  if (!isOnWire && kind !== "loopback" && kind !== "dummy")
    throw notModelled("ifconfig", device.name, "interfaces that are loopback, veth, bridge, vxlan or dummy");
  has.add(kind === "loopback" ? "LOOPBACK" : "BROADCAST");
  if (attributes.multicast ?? isOnWire) has.add("MULTICAST");
  if (device.isNoArp) has.add("NOARP");
  if (attributes.promisc) has.add("PROMISC");
  if (attributes.allmulticast) has.add("ALLMULTI");
  const set = FLAGS.filter(([word]) => has.has(word));
  const letters = [...LETTERS].filter((letter) => set.some(([, , each]) => each === letter));
  return {
    number: set.reduce((sum, [, bit]) => sum + bit, 0),
    words: set.map(([word]) => word),
    letters: letters.join(""),
  };
}

/** The lines of `netstat -i` and `ifconfig -s` below their headers; without `all` only interfaces that are up. */
export function shortRows(ns: Netns, all: boolean): string {
  return interfaces(ns)
    .filter(({ device }) => all || device.up)
    .map(shortRow)
    .join("");
}

export function shortRow({ name, device, isAlias }: Interface): string {
  const { rxPackets, rxDropped, txPackets, txDropped } = device.stats;
  const start = `${name.slice(0, 15).padEnd(15)} ${`${device.mtu}`.padStart(5)}`;
  const { letters } = flagsOf(device);
  if (isAlias) return `${start}      - no statistics available -                        ${letters}\n`;
  const number = (value: number, width: number) => `${value}`.padStart(width);
  const rx = `${number(rxPackets, 8)} ${number(0, 6)} ${number(rxDropped, 6)} ${"0".padEnd(6)}`;
  const tx = `${number(txPackets, 8)} ${number(0, 6)} ${number(txDropped, 6)} ${number(0, 6)}`;
  return `${start} ${rx} ${tx} ${letters}\n`;
}
