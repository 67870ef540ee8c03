// The words behind `conntrack`. Before you edit: conntrack-tools 1.4.7, src/conntrack.c (original_opts, getopt_str,
// commands_v_options), extensions/libct_proto_*.c.
import { TCP_STATES } from "../netfilter/conntrack/tcp-states.ts";
import { type Ip, ip } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import { notModelled } from "./command.ts";

/** The tool gives up with these words; status 2 adds the hint. */
export class Complaint extends Error {
  readonly status: number;

  constructor(message: string, status = 2) {
    super(message);
    this.status = status;
  }
}

export interface Network {
  readonly address: Ip;
  readonly length: number;
}

/** What is asked for. Null: it was not said. */
export interface Asked {
  command: string | null;
  table: string;
  source: Network | null;
  destination: Network | null;
  replySource: Network | null;
  replyDestination: Network | null;
  family: 4 | 6 | null;
  protocol: number | null;
  /** Of the original direction, then of the reply. */
  ports: { from?: number; to?: number; replyFrom?: number; replyTo?: number };
  icmp: { type?: number; code?: number; id?: number };
  state: number | null;
  mark: { readonly value: number; readonly mask: number } | null;
  zone: number | null;
  timeout: number | null;
  status: readonly string[] | null;
  /** With an address: only those translated to it. */
  sourceNat: Ip | "any" | null;
  destinationNat: Ip | "any" | null;
  anyNat: Ip | "any" | null;
  events: readonly string[] | null;
  output: Set<string>;
  zero: boolean;
}

const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58 };
const OTHER_PROTOCOLS = new Set(["sctp", "udplite", "dccp", "gre"]);
const COMMANDS: Readonly<Record<string, string>> = {
  dump: "L",
  get: "G",
  delete: "D",
  create: "I",
  insert: "I",
  update: "U",
  event: "E",
  flush: "F",
  count: "C",
  stats: "S",
  version: "V",
};

type Setter = (asked: Asked, word: string) => void;

function whole(option: string, word: string, most: number): number {
  if (!/^(0[xX][\da-fA-F]+|\d+)$/.test(word) || Number(word) > most)
    throw new Complaint(`Invalid argument for \`${option}': ${word}`);
  return Number(word);
}

function network(word: string): Network {
  const [address = "", length] = word.split("/");
  let parsed: Ip;
  try {
    parsed = ip(address);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    throw new Complaint(`Invalid IP address \`${address}'`);
  }
  const most = parsed.family === 4 ? 32 : 128;
  if (length !== undefined && (!/^\d+$/.test(length) || Number(length) > most)) throw new Complaint("Invalid netmask");
  return { address: parsed, length: length === undefined ? most : Number(length) };
}

function port(name: keyof Asked["ports"]): Setter {
  return (asked, word) => {
    asked.ports[name] = whole(`--${name}`, word, 65535);
  };
}

function field<Name extends keyof Asked>(name: Name, read: (word: string) => Asked[Name]): Setter {
  return (asked, word) => {
    asked[name] = read(word);
  };
}

function icmp(name: keyof Asked["icmp"], most: number): Setter {
  return (asked, word) => {
    asked.icmp[name] = whole(`--icmp-${name}`, word, most);
  };
}

function addOutputs({ output }: Asked, word: string): void {
  for (const each of word.split(",")) output.add(each);
}

function nat(name: "sourceNat" | "destinationNat" | "anyNat"): Setter {
  return (asked, word) => {
    asked[name] = word === "" ? "any" : network(word).address;
  };
}

const OPTIONS: readonly (readonly [names: readonly string[], set: Setter])[] = [
  [["s", "src", "orig-src"], field("source", (word) => network(word))],
  [["d", "dst", "orig-dst"], field("destination", (word) => network(word))],
  [["r", "reply-src"], field("replySource", (word) => network(word))],
  [["q", "reply-dst"], field("replyDestination", (word) => network(word))],
  [["p", "proto", "protonum"], setProtocol],
  [["f", "family"], setFamily],
  [["m", "mark"], setMark],
  [["w", "zone"], field("zone", (word) => whole("--zone", word, 65535))],
  [["t", "timeout"], field("timeout", (word) => whole("--timeout", word, 0xffffffff))],
  [["u", "status"], field("status", (word) => word.split(","))],
  [["e", "event-mask"], field("events", (word) => word.toUpperCase().split(","))],
  [["o", "output"], addOutputs],
];
const NATS: readonly (readonly [names: readonly string[], set: Setter])[] = [
  [["n", "src-nat"], nat("sourceNat")],
  [["g", "dst-nat"], nat("destinationNat")],
  [["j", "any-nat"], nat("anyNat")],
];
const OF_PORTS: Readonly<Record<string, Setter>> = {
  sport: port("from"),
  "orig-port-src": port("from"),
  dport: port("to"),
  "orig-port-dst": port("to"),
  "reply-port-src": port("replyFrom"),
  "reply-port-dst": port("replyTo"),
};
const OF_ICMP: Readonly<Record<string, Setter>> = {
  "icmp-type": icmp("type", 255),
  "icmp-code": icmp("code", 255),
  "icmp-id": icmp("id", 65535),
};
const SUPPORTED =
  "-L -G -D -I -U -E -F -C -S -V with -s -d -r -q -p -f -m -w -t -u -e -n -g -j -z -o extended,id, ports, --state, --icmp-*";

function setProtocol(asked: Asked, word: string): void {
  const protocol = PROTOCOLS[word];
  if (protocol !== undefined) asked.protocol = protocol;
  else if (OTHER_PROTOCOLS.has(word)) throw notModelled("conntrack", `-p ${word}`, "tcp, udp, icmp, icmpv6");
  else if (/^\d+$/.test(word) && Number(word) < 256) asked.protocol = Number(word);
  else throw new Complaint(`\`${word}' unsupported protocol`);
}

function setFamily(asked: Asked, word: string): void {
  if (word !== "ipv4" && word !== "ipv6") throw new Complaint(`\`${word}' unsupported protocol`);
  asked.family = word === "ipv4" ? 4 : 6;
}

function setMark(asked: Asked, word: string): void {
  const [value = "", mask] = word.split("/");
  asked.mark = {
    value: whole("--mark", value, 0xffffffff),
    mask: mask === undefined ? 0xffffffff : whole("--mark", mask, 0xffffffff),
  };
}

function setState(asked: Asked, word: string): void {
  const state = TCP_STATES.indexOf(word as (typeof TCP_STATES)[number]);
  if (state === -1) throw new Complaint(`unknown TCP state \`${word}'`);
  asked.state = state;
}

/** Throws Complaint in the tool's words. */
export function readArguments(args: readonly string[]): Asked {
  const asked: Asked = {
    command: null,
    table: "conntrack",
    source: null,
    destination: null,
    replySource: null,
    replyDestination: null,
    family: null,
    protocol: null,
    ports: {},
    icmp: {},
    state: null,
    mark: null,
    zone: null,
    timeout: null,
    status: null,
    sourceNat: null,
    destinationNat: null,
    anyNat: null,
    events: null,
    output: new Set(),
    zero: false,
  };
  // Options of a protocol are known only when the protocol is.
  const words = [...args];
  const protocol = words.findIndex((word) => word === "-p" || word === "--proto" || word === "--protonum");
  if (protocol !== -1 && words[protocol + 1] !== undefined) setProtocol(asked, words[protocol + 1]!);
  while (words.length > 0) readOne(asked, words);
  if (asked.table !== "conntrack") throw notModelled("conntrack", asked.table, "the table conntrack");
  return asked;
}

function readOne(asked: Asked, words: string[]): void {
  const word = words.shift()!;
  if (!word.startsWith("-")) {
    if (asked.command === null || !["conntrack", "expect", "dying", "unconfirmed"].includes(word))
      throw new Complaint(`Bad parameter \`${word}'`);
    asked.table = word;
    return;
  }
  const isLong = word.startsWith("--");
  const [name = "", said] = isLong ? word.slice(2).split("=") : [word.slice(1, 2), word.slice(2) || undefined];
  const command = isLong ? COMMANDS[name] : "LGDIUEFCSVh".includes(name) ? name : undefined;
  if (command !== undefined) {
    if (command === "h") throw notModelled("conntrack", word, SUPPORTED);
    if (asked.command !== null) throw new Complaint("Invalid commands combination");
    asked.command = command;
    if (!isLong && said !== undefined) words.unshift(`-${said}`);
    return;
  }
  if (name === "z" || name === "zero") {
    asked.zero = true;
    return;
  }
  const translated = NATS.find(([names]) => names.includes(name));
  if (translated !== undefined) {
    const next = said ?? (words[0] !== undefined && !words[0].startsWith("-") ? words.shift() : "");
    return translated[1](asked, next ?? "");
  }
  const set = OPTIONS.find(([names]) => names.includes(name))?.[1] ?? ofProtocol(asked, name);
  if (set === undefined) {
    if (isNotModelled(name)) throw notModelled("conntrack", word, SUPPORTED);
    throw new Complaint(`unknown option \`${word}'`);
  }
  const value = said ?? words.shift();
  if (value === undefined) throw new Complaint(`option \`${word}' requires an argument`);
  set(asked, value);
}

function ofProtocol({ protocol }: Asked, name: string): Setter | undefined {
  if (protocol === 6 && name === "state") return setState;
  if (protocol === 6 || protocol === 17) return OF_PORTS[name];
  if (protocol === 1 || protocol === 58) return OF_ICMP[name.replace("icmpv6", "icmp")];
  return undefined;
}

const NOT_MODELLED = new Set(
  "l label label-add label-del c secmark b buffer-size orig-zone reply-zone mask-src mask-dst tuple-src tuple-dst a R A load-file add".split(
    " ",
  ),
);

function isNotModelled(name: string): boolean {
  return NOT_MODELLED.has(name);
}
