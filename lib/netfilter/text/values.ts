// Words behind an extension's options as xtables reads each kind of them, with its words when it will not.
// Before you edit: libxtables/xtoptions.c (xtopt_parse_int, xtopt_parse_mint, xtopt_parse_mport, xtopt_parse_plen,
// xtopt_parse_ethermac), xtables.c (xtables_strtoul, xtables_parse_port, xtables_param_act).
import { type Ip, Ipv4 } from "../../wire/address.ts";
import { Mac } from "../../wire/mac.ts";
import { servicePort } from "../../wire/services.ts";
import type { Family } from "../extension.ts";
import { Refused } from "../refused.ts";
import { lengthOf, maskOf, type Network, readNumericAddress } from "./address.ts";

/** The number at the beginning of a text as strtoumax reads it with base 0, and what follows; null when there is none. */
export function leadingNumber(text: string): { value: number; rest: string } | null {
  const found = /^\s*\+?(0[xX][\da-fA-F]+|0[0-7]*|[1-9]\d*)/.exec(text);
  if (found === null) return null;
  const digits = found[1]!;
  const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
  return { value, rest: text.slice(found[0].length) };
}

/** The number that is the whole word, when it is not beyond `most`; else null. */
export function wholeNumber(word: string, most: number, least = 0): number | null {
  const found = leadingNumber(word);
  return found !== null && found.rest === "" && found.value >= least && found.value <= most ? found.value : null;
}

/** The number at the beginning of a word as atoi reads it: 0 when there is none. */
export function decimal(word: string): number {
  const found = /^\s*([+-]?\d+)/.exec(word);
  return found === null ? 0 : Number(found[1]);
}

/** A number of an option. Throws Refused with its bounds. */
export function readNumber(word: string, extension: string, option: string, most: number, least = 0): number {
  const value = wholeNumber(word, most, least);
  if (value === null)
    throw new Refused(`${extension}: bad value for option "--${option}", or out of range (${least}-${most}).\n`);
  return value;
}

/** `40:100`, `40:`, `:100` or one number; what is left out is 0 or `most`. Throws Refused. */
export function readRange(word: string, extension: string, option: string, most: number): [number, number] {
  const values: number[] = [];
  let rest = word;
  for (;;) {
    if (values.length === 2) throw new Refused(`${extension}: Too many components for option "--${option}" (max: 2)\n`);
    if (rest === "" || rest.startsWith(":")) values.push(values.length === 1 ? most : 0);
    else {
      const found = leadingNumber(rest);
      if (found === null || found.value > most)
        throw new Refused(
          `${extension}: bad value for option "--${option}" near "${rest}", or out of range (0-${most}).\n`,
        );
      if (found.rest !== "" && !found.rest.startsWith(":"))
        throw new Refused(`${extension}: Argument to "--${option}" has unexpected characters near "${found.rest}".\n`);
      values.push(found.value);
      rest = found.rest;
    }
    if (rest === "") break;
    rest = rest.slice(1);
  }
  return [values[0]!, values[1] ?? values[0]!];
}

/** A port by number or by its service's name, of the protocol. Throws Refused. */
export function readPort(word: string, protocol: string): number {
  const port = wholeNumber(word, 0xffff) ?? serviceOf(word, protocol);
  if (port === undefined) throw new Refused(`invalid port/service \`${word}' specified`);
  return port;
}

function serviceOf(word: string, protocol: string): number | undefined {
  return protocol === "tcp" || protocol === "udp" || protocol === "sctp" ? servicePort(protocol, word) : undefined;
}

/** As getaddrinfo reads a port: decimal, cut to 16 bit; or a service's name of any protocol. Throws Refused. */
export function lookUpPort(word: string): number {
  const port = /^\s*\+?\d+$/.test(word)
    ? Number(word) & 0xffff
    : (servicePort("tcp", word) ?? servicePort("udp", word));
  if (port === undefined) throw new Refused(`Port "${word}" does not resolve to anything.\n`);
  return port;
}

/** What a mask with holes has for a length. */
const NO_LENGTH = 255;

/** A prefix length, or a mask that has one. Throws Refused. */
export function readPrefixLength(word: string, extension: string, option: string, family: Family): number {
  const longest = family === 4 ? 32 : 128;
  const length = wholeNumber(word, longest);
  if (length !== null) return length;
  const mask = readHost(word, family);
  if (mask !== null) return lengthOf(mask) ?? NO_LENGTH;
  const what = "neither a valid network mask nor valid CIDR";
  throw new Refused(`${extension}: bad value for option "--${option}", ${what} (0-${longest}).\n`);
}

/** An address as getaddrinfo reads numbers: of IPv4's, the last part fills what is left (inet_aton). Null when it is none. */
export function readHost(word: string, family: Family): Ip | null {
  if (family === 6) return readNumericAddress(word, family);
  const parts = word.split(".").map((part) => wholeNumber(part, 0xffffffff));
  const last = parts.pop();
  if (last === undefined || last === null || parts.length > 3 || last >= 256 ** (4 - parts.length)) return null;
  let bits = 0;
  for (const part of parts) {
    if (part === null || part > 255) return null;
    bits = bits * 256 + part;
  }
  return Ipv4.of(bits * 256 ** (4 - parts.length) + last);
}

/**
 * `10.0.0.1/8` of an extension's option: bits beyond the mask stay as they are said, and of a mask with holes nothing is
 * left (xtopt_parse_hostmask). Throws Refused.
 */
export function readHostMask(word: string, extension: string, option: string, family: Family): Network {
  const [name = "", ...rest] = word.split("/");
  const address = readHost(name, family);
  if (address === null) {
    const isOfOther = readHost(name, family === 4 ? 6 : 4) !== null;
    const why = isOfOther ? "Address family for hostname not supported" : "Name or service not known";
    throw new Refused(`getaddrinfo: ${why}\n`);
  }
  const longest = family === 4 ? 32 : 128;
  const length = rest.length === 0 ? longest : readPrefixLength(rest.join("/"), extension, option, family);
  return { address, mask: maskOf(Math.min(length, longest), family) };
}

/** Six numbers in hex. Throws Refused. */
export function readMac(word: string): Mac {
  const parts = word.split(":");
  if (parts.length !== 6 || !parts.every((part) => /^[\da-fA-F]{0,2}$/.test(part)))
    throw new Refused("Invalid MAC address specified.");
  return Mac.of(parts.reduce((bits, part) => bits * 256 + Number.parseInt(part || "0", 16), 0));
}

/** `xtables_param_act(XTF_BAD_VALUE)`. */
export function badValue(extension: string, option: string, word: string): Refused {
  return new Refused(`${extension}: Bad value for "${option}" option: "${word}"`);
}

/** The first of an option's names that begins so, in any case, as strncasecmp with the word's length finds it. */
export function beginsWith(name: string, word: string): boolean {
  return name.toLowerCase().startsWith(word.toLowerCase());
}

/** Text of at least `least` characters. Throws Refused. */
export function readText(word: string, least: number): string {
  if (word.length < least) throw new Refused(`Argument must have a minimum length of ${least} characters\n`);
  return word;
}
