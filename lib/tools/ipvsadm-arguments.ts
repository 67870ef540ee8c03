// The words behind `ipvsadm`. Before you edit: ipvsadm 1.31, ipvsadm.c (parse_options, generic_opt_check,
// commands_v_options, parse_service), popt(3).
import type { Method, TunnelType } from "../ipvs/destination.ts";
import { SCHED_FLAGS, type ServiceKey } from "../ipvs/service.ts";
import { type Ip, ip, ipv4 } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import { PROTOCOL } from "../wire/packet.ts";
import { servicePort } from "../wire/services.ts";
import { notModelled } from "./command.ts";

/** The tool ends with these words and this status. */
export class Complaint extends Error {
  readonly status: number;

  constructor(message: string, status = 2) {
    super(message);
    this.status = status;
  }
}

const PERSISTENT_TIMEOUT = 360;
const LONGEST_TIMEOUT = 86400 * 31;
const LARGEST = 2147483647;

/** What is asked for. */
export interface Asked {
  readonly command: CommandName;
  /** By the names the tool gives its options. */
  readonly options: ReadonlySet<string>;
  service: ServiceKey | null;
  scheduler: string;
  persistent: number | null;
  netmask: number;
  onePacket: boolean;
  flags: number;
  server: { readonly address: Ip; readonly port: number | null } | null;
  method: Method;
  weight: number;
  upper: number;
  lower: number;
  tunnel: TunnelType;
  tunnelPort: number;
  tunnelChecksum: boolean;
  /** Seconds of --set. */
  timeouts: readonly number[];
}

const COMMANDS = {
  A: "add-service",
  E: "edit-service",
  D: "delete-service",
  C: "flush",
  L: "list",
  l: "list",
  a: "add-server",
  d: "delete-server",
  e: "edit-server",
  set: "set",
  R: "restore",
  S: "save",
  Z: "zero",
  v: "version",
} as const;
export type CommandName = (typeof COMMANDS)[keyof typeof COMMANDS];

/** The letter, or the word where there is none, of each long option; a colon: it takes an argument, two: it may. */
const LONG: Readonly<Record<string, string>> = {
  "add-service": "A",
  "edit-service": "E",
  "delete-service": "D",
  clear: "C",
  list: "L",
  zero: "Z",
  "add-server": "a",
  "edit-server": "e",
  "delete-server": "d",
  set: "set",
  help: "h",
  version: "v",
  restore: "R",
  save: "S",
  "start-daemon": "start-daemon:",
  "stop-daemon": "stop-daemon:",
  "tcp-service": "t:",
  "udp-service": "u:",
  "sctp-service": "sctp-service:",
  "fwmark-service": "f:",
  scheduler: "s:",
  persistent: "p::",
  netmask: "M:",
  "real-server": "r:",
  masquerading: "m",
  ipip: "i",
  gatewaying: "g",
  weight: "w:",
  "u-threshold": "x:",
  "l-threshold": "y:",
  numeric: "n",
  connection: "c",
  "mcast-interface": "mcast-interface:",
  syncid: "syncid:",
  timeout: "timeout",
  daemon: "daemon",
  stats: "stats",
  rate: "rate",
  thresholds: "thresholds",
  "persistent-conn": "persistent-conn",
  nosort: "nosort",
  sort: "sort",
  exact: "X",
  ipv6: "6",
  ops: "o",
  pe: "pe:",
  "sched-flags": "b:",
  "mcast-group": "mcast-group:",
  "mcast-port": "mcast-port:",
  "mcast-ttl": "mcast-ttl:",
  "sync-maxlen": "sync-maxlen:",
  "tun-info": "tun-info",
  "tun-type": "tun-type:",
  "tun-port": "tun-port:",
  "tun-nocsum": "tun-nocsum",
  "tun-csum": "tun-csum",
  "tun-remcsum": "tun-remcsum",
};
const SHORT: ReadonlyMap<string, string> = new Map(
  [...Object.values(LONG), "l"].filter((each) => /^.:*$/.test(each)).map((each) => [each[0]!, each]),
);

/** The options in the tool's order, and the letter or word of each. */
const OPTIONS: readonly (readonly [name: string, words: readonly string[]])[] = [
  ["numeric", ["n"]],
  ["connection", ["c"]],
  ["service-address", ["t", "u", "f"]],
  ["scheduler", ["s"]],
  ["persistent", ["p"]],
  ["netmask", ["M"]],
  ["real-server", ["r"]],
  ["forwarding-method", ["m", "i", "g"]],
  ["weight", ["w"]],
  ["u-threshold", ["x"]],
  ["l-threshold", ["y"]],
  ["timeout", ["timeout"]],
  ["daemon", ["daemon"]],
  ["stats", ["stats"]],
  ["rate", ["rate"]],
  ["thresholds", ["thresholds"]],
  ["persistent-conn", ["persistent-conn"]],
  ["nosort", ["nosort"]],
  ["exact", ["X"]],
  ["ops", ["o"]],
  ["sched-flags", ["b"]],
  ["tun-info", ["tun-info"]],
  ["tun-type", ["tun-type"]],
  ["tun-port", ["tun-port"]],
  ["tun-nocsum", ["tun-nocsum"]],
  ["tun-csum", ["tun-csum"]],
];
const OPTION_OF = new Map(OPTIONS.flatMap(([name, words]) => words.map((word) => [word, name])));

const SERVICE_WORDS = "scheduler persistent netmask ops sched-flags";
const SERVER_WORDS = "forwarding-method weight u-threshold l-threshold tun-type tun-port tun-nocsum tun-csum";
const LIST_WORDS = "numeric stats rate thresholds persistent-conn nosort exact tun-info";

/** What each command needs, may have, and of what it may have one. */
const LEGAL: Readonly<Record<CommandName, readonly [needs: string, may: string, one: string]>> = {
  "add-service": ["service-address", SERVICE_WORDS, ""],
  "edit-service": ["service-address", SERVICE_WORDS, ""],
  "delete-service": ["service-address", "", ""],
  flush: ["", "", ""],
  list: ["", LIST_WORDS, "connection service-address timeout daemon"],
  "add-server": ["service-address real-server", SERVER_WORDS, ""],
  "delete-server": ["service-address real-server", "", ""],
  "edit-server": ["service-address real-server", SERVER_WORDS, ""],
  set: ["", "", ""],
  restore: ["", "", ""],
  save: ["", "numeric", ""],
  zero: ["", "service-address", ""],
  version: ["", "", ""],
};

const SUPPORTED = "-A -E -D -C -R -S -a -e -d -L -Z --set -v of IPv4 with TCP, UDP and fwmarks";
export const TRY_HELP = "Try `ipvsadm -h' or 'ipvsadm --help' for more information.";

/** One option as popt hands it out. */
interface Said {
  /** Its letter, or its word where there is none. */
  readonly word: string;
  readonly value: string | null;
  /** As it was written. */
  readonly written: string;
}

/** Reads the words as popt does: what is no option stands anywhere. */
function split(args: readonly string[]): { readonly said: Said[]; readonly rest: string[] } {
  const said: Said[] = [];
  const rest: string[] = [];
  const words = [...args];
  const take = (description: string, written: string, given: string | undefined) => {
    const word = description.replace(/:+$/, "");
    if (!description.endsWith(":")) return said.push({ word, value: null, written });
    const isOptional = description.endsWith("::");
    const value = given ?? (isOptional && (words[0]?.startsWith("-") ?? true) ? null : words.shift());
    if (value === undefined) throw new Complaint(`${written}: missing argument`, 255);
    return said.push({ word, value, written });
  };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (!word.startsWith("-") || word === "-") rest.push(word);
    else if (word.startsWith("--")) {
      const [name, ...value] = word.slice(2).split("=");
      const description = LONG[name!];
      if (description === undefined) throw unknown(said, word);
      take(description, `--${name}`, value.length > 0 ? value.join("=") : undefined);
    } else
      for (let at = 1; at < word.length; at++) {
        const description = SHORT.get(word[at]!);
        if (description === undefined) throw unknown(said, `-${word[at]}`);
        const isLast = !description.endsWith(":");
        const given = word.slice(at + 1).replace(/^=/, "");
        take(description, `-${word[at]}`, isLast || given === "" ? undefined : given);
        if (!isLast) break;
      }
  }
  return { said, rest };
}

function unknown(said: readonly Said[], written: string): Complaint {
  return said.length === 0 ? new Complaint(TRY_HELP, 255) : new Complaint(`${written}: unknown option`, 255);
}

export function readArguments(args: readonly string[]): Asked {
  const { said, rest } = split(args);
  const [first, ...others] = said;
  if (first === undefined) throw new Complaint(TRY_HELP, 255);
  if (first.word === "h" || first.word.endsWith("-daemon")) throw notModelled("ipvsadm", first.written, SUPPORTED);
  const command = (COMMANDS as Readonly<Record<string, CommandName>>)[first.word];
  if (command === undefined) throw new Complaint(TRY_HELP, 255);
  const options = new Set<string>();
  const asked: Asked = {
    ...{ command, options, service: null, scheduler: "wlc", persistent: null, netmask: 32, onePacket: false, flags: 0 },
    ...{ server: null, method: "route", weight: 1, upper: 0, lower: 0 },
    ...{ tunnel: "ipip", tunnelPort: 0, tunnelChecksum: false, timeouts: [] },
  };
  let flags: string | null = null;
  for (const each of others) {
    const { word, value, written } = each;
    const name = OPTION_OF.get(word);
    if (name !== undefined) {
      if (options.has(name)) throw new Complaint(`multiple '${name}' options specified`);
      options.add(name);
    } else if (Object.hasOwn(COMMANDS, word) || word === "h") throw new Complaint(`invalid option \`${written}'`);
    else if (word !== "sort") throw notModelled("ipvsadm", written, SUPPORTED);
    if (word === "b") flags = value;
    else take(asked, word, value ?? "", value === null);
  }
  if (command === "set") {
    if (rest.length < 3) throw new Complaint("--set option requires 3 timeout values");
    asked.timeouts = rest.splice(0, 3).map((text) => timeout(text, 0));
  }
  if (rest.length > 0) throw new Complaint(`unexpected argument ${rest[0]}`);
  if (flags !== null) asked.flags = schedFlags(asked.scheduler, flags);
  check(asked);
  return asked;
}

function take(asked: Asked, word: string, value: string, isMissing: boolean): void {
  switch (word) {
    case "t":
    case "u": {
      const protocol = word === "t" ? PROTOCOL.tcp : PROTOCOL.udp;
      const said = endOf(value, protocol);
      if (said === null) throw new Complaint("illegal virtual server address[:port] specified");
      asked.service = { kind: "address", protocol, address: said.address, port: said.port ?? 0 };
      return;
    }
    case "f":
      asked.service = { kind: "fwmark", family: 4, mark: markOf(value) };
      return;
    case "s":
      asked.scheduler = value.slice(0, 15);
      return;
    case "p":
      asked.persistent = isMissing ? PERSISTENT_TIMEOUT : timeout(value, 1);
      return;
    case "M":
      asked.netmask = netmaskOf(value);
      return;
    case "r": {
      const { service } = asked;
      const protocol = service?.kind === "address" ? service.protocol : PROTOCOL.tcp;
      const said = endOf(value, protocol);
      if (said === null) throw new Complaint("illegal real server address[:port] specified");
      asked.server = said;
      return;
    }
    case "m":
    case "i":
    case "g":
      asked.method = word === "m" ? "masq" : word === "i" ? "tunnel" : "route";
      return;
    case "w":
      asked.weight = number(value, 0, LARGEST, "illegal weight specified");
      return;
    case "x":
      asked.upper = number(value, 0, LARGEST, "illegal u_threshold specified");
      return;
    case "y":
      asked.lower = number(value, 0, LARGEST, "illegal l_threshold specified");
      return;
    case "o":
      asked.onePacket = true;
      return;
    case "tun-type":
      if (value === "gre") throw notModelled("ipvsadm", `--tun-type ${value}`, "ipip, gue");
      if (value !== "ipip" && value !== "gue") throw new Complaint("illegal tunnel type specified");
      asked.tunnel = value;
      return;
    case "tun-port":
      asked.tunnelPort = number(value, 1, 65535, "illegal tunnel port specified");
      return;
    case "tun-csum":
      asked.tunnelChecksum = true;
  }
}

function number(text: string, min: number, max: number, complaint: string): number {
  const value = Number(text);
  if (!/^\s*[+-]?\d+$/.test(text) || value < min || value > max) throw new Complaint(complaint);
  return value;
}

function timeout(text: string, min: number): number {
  return number(text, min, LONGEST_TIMEOUT, `invalid timeout value \`${text}' specified`);
}

function markOf(text: string): number {
  return number(text, 1, 0xffffffff, `invalid fwmark value \`${text}' specified`);
}

/** An address, and a port if there is one; null: neither. */
function endOf(text: string, protocol: number): { readonly address: Ip; readonly port: number | null } | null {
  if (/^\d*$/.test(text)) return null;
  const [, address, port] = /^(.*?)(?::([^:]*))?$/.exec(text) ?? [];
  if (text.startsWith("[") || text.split(":").length > 2) {
    ip(text.replace(/^\[|\].*$/g, ""));
    throw notModelled("ipvsadm", text, SUPPORTED);
  }
  const number = port === undefined ? null : portOf(port, protocol);
  if (number === undefined) return null;
  try {
    return { address: ipv4(address!), port: number };
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}

function portOf(text: string, protocol: number): number | undefined {
  if (/^\d+$/.test(text) && Number(text) <= 65535) return Number(text);
  return servicePort(protocol === PROTOCOL.udp ? "udp" : "tcp", text);
}

function netmaskOf(text: string): number {
  let bits: number;
  try {
    bits = ipv4(text).bits;
  } catch (error) {
    if (error instanceof BadInput) throw new Complaint("illegal virtual server persistent mask specified");
    throw error;
  }
  const length = Math.clz32(~bits);
  if (bits !== (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0))
    throw notModelled("ipvsadm", `-M ${text}`, "netmasks without holes");
  return length;
}

function schedFlags(scheduler: string, text: string): number {
  let flags = 0;
  for (const flag of text.split(",").filter((each) => each !== "")) {
    const [, owner] = /^(sh|mh)-(?:fallback|port)$/.exec(flag) ?? [];
    const at = ["flag-1", "flag-2", "flag-3"].indexOf(flag);
    if (owner === undefined && at === -1) throw new Complaint(`invalid scheduler flag \`${flag}'`);
    if (owner !== undefined && owner !== scheduler) throw new Complaint(`incompatible scheduler flag \`${flag}'`);
    flags |= SCHED_FLAGS[at === -1 ? (flag.endsWith("fallback") ? 0 : 1) : at]!;
  }
  return flags;
}

/** Which options go with the command, and with each other. */
function check(asked: Asked): void {
  const { command, options, service, method, tunnel } = asked;
  const [needs, may, one] = LEGAL[command].map((words) => words.split(" ")) as [string[], string[], string[]];
  let single: string | null = null;
  for (const [name] of OPTIONS) {
    if (!options.has(name)) {
      if (needs.includes(name))
        throw new Complaint(`You need to supply the '${name}' option for the '${command}' command`);
    } else if (one.includes(name)) {
      if (single !== null)
        throw new Complaint(`The option '${name}' conflicts with the '${single}' option in the '${command}' command`);
      single = name;
    } else if (!needs.includes(name) && !may.includes(name))
      throw new Complaint(`Illegal '${name}' option with the '${command}' command`);
  }
  if (command === "add-service" || command === "edit-service") {
    const isOf = (protocol: number) => service!.kind === "address" && service!.protocol === protocol;
    if (service!.kind === "address" && service!.port === 0 && asked.persistent === null)
      throw new Complaint("Zero port specified for non-persistent service");
    if (asked.onePacket && isOf(PROTOCOL.tcp))
      throw new Complaint("One-Packet Scheduling is only for UDP virtual services");
  }
  if (command === "add-server" || command === "edit-server") {
    if (method !== "tunnel" && [...options].some((name) => name.startsWith("tun-")))
      throw new Complaint("Tunnel options conflict with forward method");
    checkTunnel(tunnel, options);
  }
  const lists = ["stats", "rate", "thresholds"].some((name) => options.has(name));
  const isOther = options.has("timeout") || options.has("daemon");
  if (
    command === "list" &&
    (((options.has("connection") || isOther) && lists) || (isOther && options.has("persistent-conn")))
  )
    throw new Complaint("options conflicts in the list command");
}

function checkTunnel(tunnel: TunnelType, options: ReadonlySet<string>): void {
  if (tunnel === "gue" && !options.has("tun-port"))
    throw new Complaint("You need to supply the 'tun-port' option for the 'gue' tunnel type");
  if (tunnel === "gue" && options.has("tun-nocsum") && options.has("tun-csum"))
    throw new Complaint("The option 'tun-csum' conflicts with the 'tun-nocsum' option in the 'gue' tunnel type");
  const illegal = ["tun-port", "tun-nocsum", "tun-csum"].find((name) => options.has(name));
  if (tunnel === "ipip" && illegal !== undefined)
    throw new Complaint(`Illegal '${illegal}' option with the 'ipip' tunnel type`);
}
