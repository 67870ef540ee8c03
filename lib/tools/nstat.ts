// `nstat` of iproute2 6.1: what a namespace counted, since the last time or since the beginning.
// Before you edit: iproute2 misc/nstat.c (load_ugly_table, dump_kern_db, dump_incr_db). The real one keeps its history in
// a file that all namespaces of a machine share; here each has its own.
import { type MibTable, netstatTables } from "../netns/mib.ts";
import type { Netns } from "../netns/netns.ts";
import { type Command, notModelled } from "./command.ts";
import { snmp6Of, snmpOf } from "./proc.ts";

const SUPPORTED = "-a, -j, -n, -r, -s, -z and patterns";
const LONG: Readonly<Record<string, string>> = {
  "--ignore": "a",
  "--json": "j",
  "--nooutput": "n",
  "--reset": "r",
  "--noupdate": "s",
  "--zeros": "z",
};

/** Settings and gauges, which are no counters. */
const USELESS = new Set([
  "IpForwarding",
  "IpDefaultTTL",
  "TcpRtoAlgorithm",
  "TcpRtoMin",
  "TcpRtoMax",
  "TcpMaxConn",
  "TcpCurrEstab",
]);

const histories = new WeakMap<Netns, ReadonlyMap<string, number>>();

export const nstat: Command = ({ ns, args, out }) => {
  const flags = new Set<string>();
  const patterns: RegExp[] = [];
  for (const word of args) {
    const long = LONG[word];
    if (long !== undefined) flags.add(long);
    else if (/^-[ajnrsz]+$/.test(word)) for (const letter of word.slice(1)) flags.add(letter);
    else if (word.startsWith("-")) throw notModelled("nstat", word, SUPPORTED);
    else patterns.push(glob(word));
  }
  if (flags.has("r")) histories.delete(ns);
  const counted = countersOf(ns);
  const history = flags.has("a") ? undefined : histories.get(ns);
  const shown = [...counted]
    .map(([name, value]): [string, number] => [name, value - (history?.get(name) ?? 0)])
    .filter(([, value]) => value !== 0 || flags.has("z"))
    .filter(([name]) => patterns.length === 0 || patterns.some((pattern) => pattern.test(name)));
  if (!flags.has("n"))
    if (flags.has("j")) out(`${JSON.stringify({ kernel: Object.fromEntries(shown) })}\n`);
    else out(`#kernel\n${shown.map(([name, value]) => `${name.padEnd(32)}${`${value}`.padEnd(16)}   0.0\n`).join("")}`);
  if (!flags.has("s")) histories.set(ns, counted);
  return 0;
};

function countersOf(ns: Netns): Map<string, number> {
  const counters = new Map<string, number>();
  const take = ({ name, values }: MibTable) => {
    for (const [column, value] of values) if (!USELESS.has(name + column)) counters.set(name + column, value);
  };
  for (const table of snmpOf(ns)) take(table);
  take({ name: "", values: snmp6Of(ns) });
  for (const table of netstatTables(ns.mib)) take(table);
  return counters;
}

/** fnmatch without regard to case. */
function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i");
}
