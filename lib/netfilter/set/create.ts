// `ipset create`: what a set is made with, and how that is printed.
// Before you edit: ipset's lib/ipset_hash_ip.c and its sisters (create arguments), net/netfilter/ipset/ip_set_hash_gen.h
// (mtype_head, IPSET_TOKEN(HTYPE, _create)).

import { Ipv4 } from "../../wire/address.ts";
import { readHost } from "../text/values.ts";
import type { IpSet } from "./ip-set.ts";
import { SET_TYPES, type SetOptions, type SetType, TYPES_NOT_MODELLED } from "./type.ts";
import { IpsetError, LONGEST_TIMEOUT, notModelled, readNumber, syntaxError } from "./words.ts";

const MOST_BITMAP = 65536;
const NOT_MODELLED = new Set(["forceadd", "bitmask", "markmask"]);

export function typeNamed(name: string): SetType {
  const old: Readonly<Record<string, string>> = { iphash: "hash:ip", nethash: "hash:net", setlist: "list:set" };
  const type = SET_TYPES.find((each) => each.name === (old[name] ?? name));
  if (type !== undefined) return type;
  if (TYPES_NOT_MODELLED.has(name))
    throw notModelled(`a set of type ${name}`, SET_TYPES.map((each) => each.name).join(", "));
  throw syntaxError(`typename '${name}' is unknown`);
}

/** Reads what follows the type. `initval` is the seed of the kernel's hash. */
export function readOptions(words: readonly string[], type: SetType, initval: number): SetOptions {
  const hasFamily = type.parts.some((part) => part === "ip" || part === "net");
  const options: { -readonly [K in keyof SetOptions]: SetOptions[K] } = {
    family: hasFamily ? 4 : null,
    hashsize: 1024,
    maxelem: 65536,
    bucketsize: 12,
    initval,
    netmask: null,
    range: null,
    size: 8,
    timeout: null,
    counters: false,
    comment: false,
    skbinfo: false,
  };
  let netmask: string | null = null;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "counters" || word === "comment" || word === "skbinfo") {
      options[word] = true;
      continue;
    }
    if (NOT_MODELLED.has(word))
      throw notModelled(`create ${word}`, `${type.options}, timeout, counters, comment, skbinfo`);
    if (word !== "timeout" && !type.options.includes(word)) throw new IpsetError(`Unknown argument: \`${word}'`, 2);
    const value = words[++at];
    if (value === undefined) throw new IpsetError(`Missing mandatory argument of option \`${word}'`, 2);
    switch (word) {
      case "timeout":
        options.timeout = readNumber(value, 0, LONGEST_TIMEOUT);
        break;
      case "family":
        options.family = familyOf(value);
        break;
      case "hashsize":
        options.hashsize = Math.max(64, 2 ** Math.ceil(Math.log2(readNumber(value, 0, 0xffffffff))));
        break;
      case "maxelem":
        options.maxelem = readNumber(value, 0, 0xffffffff);
        break;
      case "bucketsize":
        options.bucketsize = Math.min(Math.max(readNumber(value, 0, 255) & ~1, 2), 14);
        break;
      case "initval":
        options.initval = readNumber(value, 0, 0xffffffff);
        break;
      case "size":
        options.size = Math.max(readNumber(value, 0, 0xffffffff), 4);
        break;
      case "netmask":
        netmask = value;
        break;
      case "range":
        options.range = type.parts[0] === "port" ? portRange(value) : addressRange(value);
    }
  }
  if (type.store === "bitmap" && options.range === null) throw new IpsetError("Mandatory option `range' is missing", 2);
  if (netmask !== null) options.netmask = readNetmask(netmask, options.family ?? 4);
  if (type.name === "bitmap:ip") checkBitmap(options);
  return options;
}

function familyOf(word: string): 4 | 6 {
  if (word === "inet" || word === "ipv4" || word === "-4") return 4;
  if (word === "inet6" || word === "ipv6" || word === "-6") return 6;
  throw syntaxError(`unknown INET family ${word}`);
}

function readNetmask(word: string, family: 4 | 6): number {
  const longest = family === 4 ? 32 : 128;
  try {
    return readNumber(word, 1, longest);
  } catch (error) {
    if (!(error instanceof IpsetError)) throw error;
    throw new IpsetError(`${error.message}\nSyntax error: netmask is out of the inclusive range of 1-${longest}`);
  }
}

function portRange(word: string): [number, number] {
  const [from = "", to = from] = word.split("-");
  const [first, last] = [readNumber(from, 0, 65535), readNumber(to, 0, 65535)];
  return first <= last ? [first, last] : [last, first];
}

function addressRange(word: string): [number, number] {
  const bits = (text: string) => {
    const address = readHost(text, 4);
    if (address?.family !== 4) throw syntaxError(`cannot parse ${text}: resolving to IPv4 address failed`);
    return address.bits;
  };
  const [network = "", length] = word.split("/");
  if (length !== undefined) {
    const size = 2 ** (32 - readNumber(length, 0, 32));
    const first = bits(network) - (bits(network) % size);
    return [first, first + size - 1];
  }
  const [from = "", to] = word.split("-");
  if (to === undefined) throw syntaxError(`plain IP address cannot be supplied: ${word}`);
  const [one, other] = [bits(from), bits(to)];
  return one <= other ? [one, other] : [other, one];
}

function checkBitmap({ range, netmask }: SetOptions): void {
  const [first, last] = range!;
  if ((last - first + 1) / 2 ** (32 - (netmask ?? 32)) > MOST_BITMAP)
    throw new IpsetError("The range you specified exceeds the size limit of the set type");
}

/** `family inet hashsize 1024 maxelem 65536`, as list and save print it. */
export function headerText({ type, options }: IpSet): string {
  const words: string[] = [];
  const { family, hashsize, maxelem, netmask, range, size, timeout } = options;
  if (type.store === "list") words.push(`size ${size}`);
  if (range !== null) {
    const [first, last] = type.parts[0] === "ip" ? [Ipv4.of(range[0]), Ipv4.of(range[1])] : range;
    words.push(`range ${first}-${last}`);
  }
  if (type.store === "hash") {
    if (family !== null) words.push(`family ${family === 4 ? "inet" : "inet6"}`);
    words.push(`hashsize ${hashsize} maxelem ${maxelem}`);
  }
  if (netmask !== null) words.push(`netmask ${netmask}`);
  if (timeout !== null) words.push(`timeout ${timeout}`);
  if (options.counters) words.push("counters");
  if (options.comment) words.push("comment");
  if (options.skbinfo) words.push("skbinfo");
  if (type.store === "hash")
    words.push(`bucketsize ${options.bucketsize} initval 0x${options.initval.toString(16).padStart(8, "0")}`);
  return words.join(" ");
}
