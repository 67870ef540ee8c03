// Elements and options of sets as the words of ipset say them.
// Before you edit: ipset's lib/parse.c (ipset_parse_elem, ipset_parse_ip4_net6, ipset_parse_proto_port), lib/errcode.c.

import type { Ip } from "../../wire/address.ts";
import { Ipv4 } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";
import { mac } from "../../wire/mac.ts";
import { servicePort } from "../../wire/services.ts";
import { icmp, icmp6 } from "../match/icmp.ts";
import { Refused } from "../refused.ts";
import { readHost } from "../text/values.ts";
import { type Item, icmpTypeText, netOf, networksOf } from "./element.ts";
import type { SkbInfo } from "./ip-set.ts";
import type { SetOptions, SetType } from "./type.ts";

/** Seconds. */
export const LONGEST_TIMEOUT = 2147483;

/** What ipset says when it gives up: with status 2 a hint follows. */
export class IpsetError extends Error {
  readonly status: 1 | 2;
  constructor(message: string, status: 1 | 2 = 1) {
    super(message);
    this.status = status;
  }
}

export function syntaxError(problem: string): IpsetError {
  return new IpsetError(`Syntax error: ${problem}`);
}

export function notModelled(word: string, supported: string): BadInput {
  return new BadInput("ipset knows this, Packetwalk does not model it", word, `Supported: ${supported}.`);
}

/** A number with its bounds. */
export function readNumber(word: string, least: number, most: number): number {
  if (!/^(0x[\da-f]+|\d+)$/i.test(word)) throw syntaxError(`'${word}' is invalid as number`);
  const value = Number(word);
  if (value < least || value > most) throw syntaxError(`'${word}' is out of range ${least}-${most}`);
  return value;
}

/** `0x5/0xff`, `1:2`, `3`: what -j SET --map-set writes on packets. */
export function readSkbInfo(option: "skbmark" | "skbprio" | "skbqueue", word: string): Partial<SkbInfo> {
  if (option === "skbqueue") return { queue: readNumber(word, 0, 0xffff) };
  const hex = (digits: string) => Number.parseInt(digits, 16);
  if (option === "skbmark") {
    const found = /^0x([\da-f]+)(?:\/0x([\da-f]+))?/i.exec(word);
    if (found === null) throw syntaxError("Invalid skbmark format, it should be:  MARK/MASK or MARK (see manpage)");
    return { mark: hex(found[1]!) >>> 0, mask: hex(found[2] ?? "ffffffff") >>> 0 };
  }
  const found = /^(?:0x)?([\da-f]+):(?:0x)?([\da-f]+)/i.exec(word);
  if (found === null) throw syntaxError("Invalid skbprio format, it should be:MAJOR:MINOR (see manpage)");
  return { major: hex(found[1]!) & 0xffff, minor: hex(found[2]!) & 0xffff };
}

/** The items an element's word stands for: several where it says a range. */
export function readElement(word: string, type: SetType, options: SetOptions): Item[][] {
  const words = word.split(",");
  const { parts } = type;
  if (words.length > parts.length) {
    const allowed = ["", "none", "one", "two"][parts.length] ?? "";
    if (parts.length === 1) throw syntaxError(`Elem separator in ${word}, but settype ${type.name} supports none.`);
    const had = ["", "", "Two", "Three"][words.length - 1] ?? "Three";
    throw syntaxError(`${had} elem separators in ${word}, but settype ${type.name} supports ${allowed}.`);
  }
  const missing = ["", "Second", "Third"][words.length];
  if (words.length < parts.length) throw syntaxError(`${missing} element is missing from ${word}.`);
  let found: Item[][] = [[]];
  parts.forEach((part, at) => {
    const said = words[at]!;
    const choices = readPart(said, part, type, options);
    found = found.flatMap((before) => choices.map((item) => [...before, item]));
  });
  return found;
}

function readPart(word: string, part: SetType["parts"][number], type: SetType, options: SetOptions): Item[] {
  switch (part) {
    case "set":
      return [{ kind: "set", name: word }];
    case "mac":
      return [{ kind: "mac", mac: readMac(word) }];
    case "port":
      return readPorts(word, type, options);
    default:
      return readAddresses(word, part === "net", type, options);
  }
}

function readMac(word: string) {
  try {
    return mac(word);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    throw syntaxError(`cannot parse '${word}' as ethernet address`);
  }
}

/** `tcp:80`, `udp:53-60`, `icmp:echo-request`, `80`, `sctp:0`. */
function readPorts(word: string, { store }: SetType, { family }: SetOptions): Item[] {
  const colon = word.indexOf(":");
  const protocol = colon === -1 ? 6 : protocolOf(word.slice(0, colon));
  const said = word.slice(colon + 1);
  const item = (port: number): Item => ({ kind: "port", protocol: store === "bitmap" ? 0 : protocol, port });
  if (protocol === 1 || protocol === 58) return [item(readIcmp(said, protocol, family))];
  if (![6, 17, 132, 136].includes(protocol)) {
    if (said !== "0") throw syntaxError(`Protocol ${word.slice(0, colon)} can be used with pseudo port value 0 only.`);
    return [item(0)];
  }
  const [from = "", to] = said.split("-");
  const first = readPort(from, protocol);
  const last = to === undefined ? first : readPort(to, protocol);
  const [low, high] = first <= last ? [first, last] : [last, first];
  return Array.from({ length: high - low + 1 }, (_, i) => item(low + i));
}

const PROTOCOL_NAMES: Readonly<Record<number, string>> = { 6: "tcp", 17: "udp", 132: "sctp", 136: "udplite" };

const PROTOCOLS: Readonly<Record<string, number>> = {
  tcp: 6,
  udp: 17,
  sctp: 132,
  udplite: 136,
  icmp: 1,
  icmpv6: 58,
  "ipv6-icmp": 58,
  gre: 47,
  esp: 50,
  ah: 51,
  igmp: 2,
  vrrp: 112,
  ospf: 89,
};

function protocolOf(word: string): number {
  const number = /^\d+$/.test(word) ? Number(word) : PROTOCOLS[word.toLowerCase()];
  if (number === undefined || number > 255) throw syntaxError(`cannot parse '${word}' as a protocol`);
  return number;
}

function readPort(word: string, protocol: number): number {
  const name = PROTOCOL_NAMES[protocol] ?? "tcp";
  const port = /^\d+$/.test(word) ? Number(word) : servicePort(name === "udp" ? "udp" : "tcp", word);
  if (port !== undefined && port <= 65535) return port;
  const problem = port === undefined ? `'${word}' is invalid as number` : `'${word}' is out of range 0-65535`;
  throw syntaxError(
    `${problem}\nSyntax error: '${name}' is invalid as number\ncannot parse '${word}' as a ${name} port`,
  );
}

/** A type by name, `8/0`, or both in one number. */
function readIcmp(word: string, protocol: number, family: SetOptions["family"]): number {
  const match = protocol === 1 ? icmp : icmp6;
  const numbers = /^(\d+)\/(\d+)$/.exec(word);
  if (numbers !== null) return readNumber(numbers[1]!, 0, 255) * 256 + readNumber(numbers[2]!, 0, 255);
  const draft = match.draft();
  try {
    match.options[0]!.set(draft, word, false, null as never);
    if (icmpTypeText(protocol, draft.value.type, draft.value.first).includes("/")) throw new Refused(word);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw syntaxError(`cannot parse '${word}' as an ICMP${family === 6 ? "v6" : ""} type`);
  }
  const { type, first } = draft.value;
  return type * 256 + first;
}

/** `10.0.0.1`, `10.0.0.0/24`, `10.0.0.1-10.0.0.9`. */
function readAddresses(word: string, isNet: boolean, type: SetType, options: SetOptions): Item[] {
  const family = options.family ?? 4;
  const whole = family === 4 ? 32 : 128;
  const dash = word.indexOf("-");
  const slash = word.indexOf("/");
  const item = (address: Ip) => narrow(address, type, options);
  if (dash !== -1 && family === 4) {
    const [one, other] = [word.slice(0, dash), word.slice(dash + 1)].map((text) => readAddress(text, 4).bits as number);
    const [first, last] = one! <= other! ? [one!, other!] : [other!, one!];
    if (isNet) return networksOf(first, last).map(({ address, length }) => netOf(address, length));
    return each(first, last).map(item);
  }
  const address = readAddress(slash === -1 ? word : word.slice(0, slash), family);
  const length = slash === -1 ? whole : readNumber(word.slice(slash + 1), 0, whole);
  if (isNet) {
    if (length === 0) throw new IpsetError("The value of the CIDR parameter of the IP address is invalid");
    return [netOf(address, length)];
  }
  if (family === 6) {
    if (length !== 128) throw syntaxError(`plain IP address must be supplied: ${word}`);
    return [item(address)];
  }
  const network = netOf(address, length) as Item & { kind: "net" };
  const { bits } = network.address as Ipv4;
  return each(bits, bits + 2 ** (32 - length) - 1).map(item);
}

/** Addresses from one to another, both of IPv4. */
function each(first: number, last: number): Ipv4[] {
  if (last - first > 65535) throw new BadInput("not modelled", `${last - first + 1} addresses at once`, "Up to 65536.");
  return Array.from({ length: last - first + 1 }, (_, i) => Ipv4.of(first + i));
}

/** As the set keeps an address: cut to its netmask, still written whole. */
function narrow(address: Ip, _type: SetType, { netmask }: SetOptions): Item {
  const whole = address.family === 4 ? 32 : 128;
  if (netmask === null) return { kind: "net", address, length: whole };
  const cut = netOf(address, netmask) as Item & { kind: "net" };
  return { ...cut, length: whole };
}

function readAddress(word: string, family: 4 | 6): Ip {
  const address = readHost(word, family);
  if (address === null) throw syntaxError(`cannot parse ${word}: resolving to IPv${family} address failed`);
  return address;
}
