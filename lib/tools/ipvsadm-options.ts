// The options of `ipvsadm`: what they are called, which go with which command, and how popt reads them.
// Before you edit: ipvsadm 1.31, ipvsadm.c (parse_options, commands_v_options, optnames), popt(3).

/** The tool ends with these words and this status. */
export class Complaint extends Error {
  readonly status: number;

  constructor(message: string, status = 2) {
    super(message);
    this.status = status;
  }
}

export const COMMANDS = {
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
  h: "help",
  "start-daemon": "start-daemon",
  "stop-daemon": "stop-daemon",
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
export const OPTIONS: readonly (readonly [name: string, words: readonly string[]])[] = [
  ["numeric", ["n"]],
  ["connection", ["c"]],
  ["service-address", ["t", "u", "sctp-service", "f"]],
  ["scheduler", ["s"]],
  ["persistent", ["p"]],
  ["netmask", ["M"]],
  ["real-server", ["r"]],
  ["forwarding-method", ["m", "i", "g"]],
  ["weight", ["w"]],
  ["u-threshold", ["x"]],
  ["l-threshold", ["y"]],
  ["mcast-interface", ["mcast-interface"]],
  ["timeout", ["timeout"]],
  ["daemon", ["daemon"]],
  ["stats", ["stats"]],
  ["rate", ["rate"]],
  ["thresholds", ["thresholds"]],
  ["persistent-conn", ["persistent-conn"]],
  ["nosort", ["nosort"]],
  ["syncid", ["syncid"]],
  ["exact", ["X"]],
  ["ops", ["o"]],
  ["pe", ["pe"]],
  ["sched-flags", ["b"]],
  ["mcast-group", ["mcast-group"]],
  ["mcast-port", ["mcast-port"]],
  ["mcast-ttl", ["mcast-ttl"]],
  ["sync-maxlen", ["sync-maxlen"]],
  ["tun-info", ["tun-info"]],
  ["tun-type", ["tun-type"]],
  ["tun-port", ["tun-port"]],
  ["tun-nocsum", ["tun-nocsum"]],
  ["tun-csum", ["tun-csum"]],
];
export const OPTION_OF = new Map(OPTIONS.flatMap(([name, words]) => words.map((word) => [word, name])));

const SERVICE_WORDS = "scheduler persistent netmask ops sched-flags pe";
const SERVER_WORDS = "forwarding-method weight u-threshold l-threshold tun-type tun-port tun-nocsum tun-csum";
const DAEMON_WORDS = "mcast-interface syncid mcast-group mcast-port mcast-ttl sync-maxlen";
const LIST_WORDS = "numeric stats rate thresholds persistent-conn nosort exact tun-info";

/** What each command needs, may have, and of what it may have one. */
export const LEGAL: Readonly<Record<CommandName, readonly [needs: string, may: string, one: string]>> = {
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
  help: ["", "", ""],
  "start-daemon": ["", DAEMON_WORDS, ""],
  "stop-daemon": ["", "", ""],
};

export const TRY_HELP = "Try `ipvsadm -h' or 'ipvsadm --help' for more information.";

/** One option as popt hands it out. */
export interface Said {
  /** Its letter, or its word where there is none. */
  readonly word: string;
  readonly value: string | null;
  /** As it was written. */
  readonly written: string;
}

/** Reads the words as popt does: what is no option stands anywhere. */
export function split(args: readonly string[]): { readonly said: Said[]; readonly rest: string[] } {
  const said: Said[] = [];
  const rest: string[] = [];
  const words = [...args];
  const take = (description: string, written: string, given: string | undefined) => {
    const word = description.replace(/:+$/, "");
    if (!description.endsWith(":")) return said.push({ word, value: null, written });
    const isOptional = description.endsWith("::");
    const value = given ?? (isOptional && (words[0]?.startsWith("-") ?? true) ? null : words.shift());
    if (value === undefined) throw new Complaint(said.length === 0 ? TRY_HELP : `${written}: missing argument`, 255);
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
