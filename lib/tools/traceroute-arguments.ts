// The words behind traceroute, read as Butskoy's traceroute 2.1.2 reads them.
// Before you edit: traceroute/traceroute.c (option_list, main), libsupp/clif.c (CLIF_parse).

import type { Family } from "../netns/socket/family.ts";
import { SECOND } from "../trace/world.ts";
import { unmapped } from "../wire/address.ts";
import { UNSPECIFIED6 } from "../wire/address6.ts";
import { type Call, notModelled } from "./command.ts";
import { isName } from "./host.ts";
import { resolve, type Scoped } from "./internet-address.ts";
import { synLength } from "./traceroute-tcp.ts";

/** What one call of traceroute asks for; times in nanoseconds. */
export interface Options {
  readonly name: string;
  readonly dst: Scoped;
  /** "default" asks one UDP port after the other, "udp" always the same, "icmp" echoes, "tcp" SYNs. */
  readonly method: "default" | "udp" | "icmp" | "tcp";
  readonly firstHop: number;
  readonly maxHops: number;
  readonly probesPerHop: number;
  readonly simultaneous: number;
  readonly wait: number;
  /** How many times longer than an answer from the same hop, and than one from a later hop; 0 asks not. */
  readonly hereFactor: number;
  readonly nearFactor: number;
  readonly sendWait: number;
  readonly dontFragment: boolean;
  readonly discoverMtu: boolean;
  readonly numeric: boolean;
  readonly tos: number;
  /** First UDP port, or first sequence number. */
  readonly port: number | null;
  readonly source: Scoped | null;
  readonly device: string | null;
  /** Octets behind the IP and the UDP header; of ICMP its own header counts too. */
  readonly dataLength: number;
  readonly headerLength: number;
}

const SUPPORTED = "-n -4 -6 -I -U -T -F -f -m -q -N -p -s -i -t -w -z --mtu, an address and a packet length";

/** Long names of the options, with the letter each stands for. */
const LONG: Readonly<Record<string, string>> = {
  "dont-fragment": "F",
  first: "f",
  icmp: "I",
  interface: "i",
  "max-hops": "m",
  "sim-queries": "N",
  port: "p",
  tos: "t",
  wait: "w",
  queries: "q",
  source: "s",
  sendwait: "z",
  udp: "U",
  tcp: "T",
  mtu: "mtu",
};
const OTHER_LONG =
  "back debug extensions fwmark gateway help module options protocol sport dccp UL version as-path-lookups flowlabel".split(
    " ",
  );
const FLAGS = "46nIUTF";
const VALUED = "fmqNpsitwz";

/** Letters the real tool knows, and this one does not. */
const OTHER = "dgreAMODPlV";

/** What the real tool calls the arguments. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  f: "first_ttl",
  m: "max_ttl",
  q: "nqueries",
  N: "squeries",
  p: "port",
  s: "src_addr",
  i: "device",
  t: "tos",
  w: "MAX,HERE,NEAR",
  z: "sendwait",
};

/** The options as they are read; a Wrong one ends the reading with the real tool's complaint. */
class Wrong extends Error {}

interface Words {
  readonly flags: ReadonlySet<string>;
  readonly method: Options["method"];
  readonly numbers: ReadonlyMap<string, number>;
  readonly waits: readonly number[];
  readonly device: string | null;
  readonly source: Scoped | null;
  readonly family: Family | null;
  readonly operands: readonly { readonly text: string; readonly at: number }[];
}

function readWords(call: Call, asName: Family | null): Words {
  const { args } = call;
  const flags = new Set<string>();
  const numbers = new Map<string, number>();
  const operands: { text: string; at: number }[] = [];
  let method: Options["method"] = "default";
  let waits: readonly number[] = [5, 3, 10];
  let device: string | null = null;
  let source: Scoped | null = null;
  let family = asName;

  const flag = (letter: string) => {
    if (letter === "I") method = "icmp";
    else if (letter === "U") method = "udp";
    else if (letter === "T") method = "tcp";
    else if (letter === "4") family = 4;
    else if (letter === "6") family = 6;
    else flags.add(letter);
  };
  /** False when the argument is none for this option. */
  const take = (letter: string, value: string): boolean => {
    if (letter === "i") device = value;
    else if (letter === "s") {
      source = addressOf(call, value, family);
      return source !== null;
    } else if (letter === "w") {
      const parts = value.split(",").map(float);
      waits = [parts[0]!, parts[1] ?? 0, parts[2] ?? 0];
      return parts.length <= 3 && !parts.some(Number.isNaN);
    } else {
      const number = letter === "z" ? float(value) : /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : Number.NaN;
      numbers.set(letter, number);
      return !Number.isNaN(number);
    }
    return true;
  };

  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (!word.startsWith("-") || word === "-") {
      operands.push({ text: word, at: i + 1 });
      continue;
    }
    if (word === "-UL") throw notModelled("traceroute", word, SUPPORTED);
    const long = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    if (long !== null) {
      const [, name = "", value] = long;
      const letter = LONG[name];
      if (letter === undefined) {
        if (OTHER_LONG.includes(name)) throw notModelled("traceroute", word, SUPPORTED);
        throw new Wrong(`Bad option \`${word}' (argc ${i + 1})`);
      }
      if (!VALUED.includes(letter)) flag(letter);
      else if (value === undefined)
        throw new Wrong(`Option \`--${name}' (argc ${i + 1}) requires an argument: \`--${name}=${ARGUMENTS[letter]}'`);
      else if (!take(letter, value))
        throw new Wrong(`Cannot handle \`--${name}' option with arg \`${value}' (argc ${i + 1})`);
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      if (FLAGS.includes(letter)) {
        flag(letter);
        continue;
      }
      if (OTHER.includes(letter)) throw notModelled("traceroute", `-${letter}`, SUPPORTED);
      if (!VALUED.includes(letter)) throw new Wrong(`Bad option \`-${letter}' (argc ${i + 1})`);
      const value = word.slice(at + 1) || args[++i];
      if (value === undefined)
        throw new Wrong(`Option \`-${letter}' (argc ${i}) requires an argument: \`-${letter} ${ARGUMENTS[letter]}'`);
      if (!take(letter, value))
        throw new Wrong(`Cannot handle \`-${letter}' option with arg \`${value}' (argc ${i + 1})`);
      break;
    }
  }
  return { flags, method, numbers, waits, device, source, family, operands };
}

function float(text: string): number {
  return /^-?\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** No address of IPv4 in one of IPv6 is believed: it is IPv4, and to who asks for IPv6 none. */
function addressOf(
  { ns, err }: Call,
  text: string,
  family: Family | null,
  found = resolve(ns, text, family),
): Scoped | null {
  if (typeof found === "string") {
    err(`${text}: ${found}\n`);
    return null;
  }
  const address = unmapped(found.address);
  return family === 6 && address.family === 4 ? null : { ...found, address };
}

/**
 * Null when the words are wrong in a way the real traceroute complains of, which is then said. `asName` is the family
 * that the name of the program asks for (traceroute6); `found` is what a resolver said of the host.
 */
export function readArguments(call: Call, asName: Family | null, found?: Scoped | string): Options | null {
  try {
    return optionsOf(call, readWords(call, asName), found);
  } catch (failure) {
    if (!(failure instanceof Wrong)) throw failure;
    call.err(`${failure.message}\n`);
    return null;
  }
}

/** The name among the words that must be looked up first, with the family that is wanted; null when there is none. */
export function nameToLookUp(call: Call, asName: Family | null): { name: string; family: Family | null } | null {
  try {
    const { operands, family } = readWords({ ...call, err: () => {} }, asName);
    const name = operands[0]?.text;
    return name !== undefined && isName(name) && name !== "localhost" ? { name, family } : null;
  } catch (failure) {
    if (!(failure instanceof Wrong)) throw failure;
    return null;
  }
}

function optionsOf(call: Call, words: Words, found?: Scoped | string): Options {
  const { flags, method, numbers, waits, device, source, family, operands } = words;
  const [host, length, tooMany] = operands;
  if (call.args.length === 0) throw notModelled("traceroute", "its help", SUPPORTED);
  if (host === undefined) throw new Wrong('Specify "host" missing argument.');
  if (tooMany !== undefined) throw new Wrong(`Extra arg \`${tooMany.text}' (position 3, argc ${tooMany.at})`);
  const dst = addressOf(call, host.text, family, found);
  if (dst === null) throw new Wrong(`Cannot handle "host" cmdline arg \`${host.text}' on position 1 (argc ${host.at})`);
  if (length !== undefined && !/^-?\d+$/.test(length.text))
    throw new Wrong(`Cannot handle "packetlen" cmdline arg \`${length.text}' on position 2 (argc ${length.at})`);
  const firstHop = numbers.get("f") ?? 1;
  const maxHops = numbers.get("m") ?? 30;
  const probesPerHop = numbers.get("q") ?? 3;
  const discoverMtu = flags.has("mtu");
  const asked = length === undefined ? -1 : Number(length.text);
  const sendWait = numbers.get("z") ?? 0;
  const complaint =
    firstHop === 0 || firstHop > maxHops
      ? "first hop out of range"
      : maxHops > 255
        ? "max hops cannot be more than 255"
        : probesPerHop === 0 || probesPerHop > 10
          ? "no more than 10 probes per hop"
          : waits.some((wait) => wait < 0)
            ? `bad wait specifications \`${waits}' used`
            : asked > LONGEST
              ? `too big packetlen ${asked} specified`
              : source !== null && source.address.family !== dst.address.family
                ? "IP version mismatch in addresses specified"
                : sendWait < 0
                  ? `bad sendtime \`${sendWait}' specified`
                  : null;
  if (complaint !== null) throw new Wrong(complaint);
  if (source?.address.family === 6 && source.address.isLinkLocal)
    throw notModelled("traceroute", "-s with a link-local address", SUPPORTED);
  // Its checksum is made for ::, and so nobody takes the SYN.
  if (method === "tcp" && dst.address === UNSPECIFIED6) throw notModelled("traceroute", "-T to ::", "-T to ::1");
  // Of UDP its header counts too.
  const transport = method === "icmp" || method === "tcp" ? 0 : 8;
  const headerLength = (dst.address.family === 6 ? 40 : 20) + transport;
  const packetLength = asked < 0 && discoverMtu ? LONGEST : asked;
  const dataLength = packetLength < 0 ? USUAL_LENGTH - transport : Math.max(0, packetLength - headerLength);
  return {
    name: host.text,
    dst,
    method,
    firstHop,
    maxHops,
    probesPerHop,
    simultaneous: discoverMtu ? 1 : Math.max(1, numbers.get("N") ?? 16),
    wait: Math.round(waits[0]! * SECOND),
    hereFactor: waits[1]!,
    nearFactor: waits[2]!,
    sendWait: Math.round((sendWait >= 10 ? sendWait / 1000 : sendWait) * SECOND),
    dontFragment: discoverMtu || flags.has("F"),
    discoverMtu,
    numeric: flags.has("n"),
    tos: numbers.get("t") ?? 0,
    port: numbers.get("p") ?? null,
    source,
    device,
    // An echo request has a header at least, and a SYN is as long as it is.
    dataLength: method === "tcp" ? synLength(call.ns) : method === "icmp" ? Math.max(8, dataLength) : dataLength,
    headerLength,
  };
}

const LONGEST = 65000;
/** Octets behind the IP header when nobody asks for more. */
const USUAL_LENGTH = 40;
