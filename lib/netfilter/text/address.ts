// Addresses, masks and devices as iptables reads and prints them.
// Before you edit: libxtables/xtables.c (xtables_ipparse_multiple, parse_ipmask, xtables_numeric_to_ipaddr,
// xtables_parse_interface), iptables/xshared.c (save_ipv4_addr, mask_to_str).
import { type Ip, Ipv4, mask4 } from "../../wire/address.ts";
import { Ipv6, ipv6, Prefix6 } from "../../wire/address6.ts";
import { BadInput } from "../../wire/input.ts";
import type { Family } from "../extension.ts";
import { masked } from "../mask.ts";
import { Refused } from "../refused.ts";
import type { AddressMatch, DeviceMatch } from "../rule.ts";

export type Network = Omit<AddressMatch, "inverted">;

/** `10.0.0.0/8,192.168.1.1`: each with its mask, the bits beyond it cleared. Throws Refused. */
export function readNetworks(text: string, family: Family): Network[] {
  return text.split(",").map((each) => readNetwork(each.trimStart(), family));
}

function readNetwork(text: string, family: Family): Network {
  const { name, mask } = parted(text, family);
  // With an empty mask the name does not matter, as in any/0.
  const address = isZero(mask) ? mask : readAddress(name, family);
  return { address: masked(address, mask), mask };
}

function parted(text: string, family: Family): { name: string; mask: Ip } {
  const slash = text.lastIndexOf("/");
  if (slash === -1) return { name: text, mask: maskOf(family === 4 ? 32 : 128, family) };
  return { name: text.slice(0, slash), mask: readMask(text.slice(slash + 1), family) };
}

function readAddress(text: string, family: Family): Ip {
  const address = family === 4 ? readIpv4(text, false) : readIpv6(text);
  if (address === null) throw new Refused(`host/network \`${text}' not found`);
  return address;
}

/** An address as numbers (xtables_numeric_to_ipaddr, xtables_numeric_to_ip6addr), or null. */
export function readNumericAddress(text: string, family: Family): Ip | null {
  return family === 4 ? readIpv4(text, false) : readIpv6(text);
}

/** Four numbers, decimal, octal or 0x; a network may leave out those at its end. */
function readIpv4(text: string, isMask: boolean): Ipv4 | null {
  const parts = text.split(".");
  if (parts.length > 4 || (isMask && parts.length < 4)) return null;
  let bits = 0;
  for (let i = 0; i < 4; i++) {
    const part = parts[i] ?? "0";
    if (!/^(0[xX][\da-fA-F]+|0[0-7]*|[1-9]\d*)$/.test(part)) return null;
    const number = /^0[0-7]+$/.test(part) ? Number.parseInt(part, 8) : Number(part);
    if (number > 255) return null;
    bits = bits * 256 + number;
  }
  return Ipv4.of(bits);
}

function readIpv6(text: string): Ip | null {
  try {
    return ipv6(text);
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}

function readMask(text: string, family: Family): Ip {
  const longest = family === 4 ? 32 : 128;
  if (/^\d+$/.test(text) && Number(text) <= longest) return maskOf(Number(text), family);
  const mask = family === 4 ? readIpv4(text, true) : readIpv6(text);
  if (mask === null) throw new Refused(`invalid mask \`${text}' specified`);
  return mask;
}

const ALL_ONES = Ipv6.of(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff);

/** The mask of this length. */
export function maskOf(length: number, family: Family): Ip {
  return family === 4 ? Ipv4.of(mask4(length)) : new Prefix6(ALL_ONES, length).address;
}

function isZero(mask: Ip): boolean {
  return mask.family === 4 ? mask.bits === 0 : mask.isUnspecified;
}

/** `eth0`, or `cali+` for all that begin so; an empty name stands for any. Throws Refused. */
export function readDevice(text: string, inverted: boolean): DeviceMatch {
  if (text === "") throw new Refused("Empty interface is likely to be undesired");
  if (text.length > 15) throw new Refused(`interface name \`${text}' must be shorter than IFNAMSIZ (15)`);
  const isPrefix = text.endsWith("+");
  return { name: isPrefix ? text.slice(0, -1) : text, isPrefix, inverted };
}

/** `10.0.0.0/8`, or with the mask written out when it has holes. */
export function networkText({ address, mask }: Network): string {
  return `${address}/${lengthOf(mask) ?? mask}`;
}

/** The length of a mask without holes, else null. */
export function lengthOf(mask: Ip): number | null {
  const longest = mask.family === 4 ? 32 : 128;
  for (let length = longest; length >= 0; length--) if (maskOf(length, mask.family) === mask) return length;
  return null;
}

export function deviceText({ name, isPrefix }: DeviceMatch): string {
  return isPrefix ? `${name}+` : name;
}
