// A random file of iptables-save: all tables, chains of users that call each other, rules with any match and target.
import type { Dice } from "../dice.ts";
import { hostsOf, type Kind } from "./lab.ts";
import { bang, MATCHES, mayStand, network, type Place } from "./matches.ts";
import { mayDo, TARGETS } from "./targets.ts";

const HOOKS: Readonly<Record<string, readonly string[]>> = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
};

/** One table: its chains with their policies, and its rules in their order. */
export interface TableText {
  readonly table: string;
  readonly chains: readonly string[];
  readonly rules: readonly string[];
}

export function fileOf(tables: readonly TableText[]): string {
  return tables
    .map(({ table, chains, rules }) => `${[`*${table}`, ...chains, ...rules, "COMMIT"].join("\n")}\n`)
    .join("");
}

export function randomTables(dice: Dice, kind: Kind, unique: string): TableText[] {
  return Object.keys(HOOKS).map((table) => randomTable(dice, kind, table, unique));
}

function randomTable(dice: Dice, kind: Kind, table: string, unique: string): TableText {
  const chains: string[] = [];
  const rules: string[] = [];
  const share = { raw: 0.35, mangle: 0.6, nat: 0.8, filter: 0.9 }[table]!;
  for (const hook of HOOKS[table]!) {
    const policy = table === "filter" && dice.chance(0.1) ? "DROP" : "ACCEPT";
    chains.push(`:${hook} ${policy} [0:0]`);
    if (!dice.chance(share)) continue;
    const place: Place = { kind, table, hook, hosts: hostsOf(kind), unique };
    const own = Array.from({ length: dice.of([0, 0, 1, 2, 3]) }, (_, i) => `${hook.toLowerCase().slice(0, 4)}-${i}`);
    chains.push(...own.map((name) => `:${name} - [0:0]`));
    for (const [i, chain] of [hook, ...own].entries()) {
      const count = dice.whole(1, i === 0 ? 5 : 3);
      for (let n = 0; n < count; n++) rules.push(`-A ${chain} ${randomRule(dice, place, own.slice(i))}`);
    }
  }
  // iptables-save puts chains of users behind the built-in ones.
  return {
    table,
    chains: [...chains.filter((line) => !line.includes(" - ")), ...chains.filter((line) => line.includes(" - "))],
    rules,
  };
}

const PROTOCOLS = {
  4: ["tcp", "tcp", "udp", "udp", "icmp", "sctp"],
  6: ["tcp", "tcp", "udp", "udp", "ipv6-icmp", "sctp"],
};

/** `calls` are the chains it may call. */
function randomRule(dice: Dice, place: Place, calls: readonly string[]): string {
  const [words, protocol] = header(dice, place);
  const able = Object.keys(MATCHES).filter((name) => mayStand(MATCHES[name]!, place, protocol));
  const own = able.filter((name) => MATCHES[name]!.protocols !== undefined);
  const chosen = new Set<string>();
  if (own.length > 0 && dice.chance(0.5)) chosen.add(dice.of(own));
  for (let n = dice.of([0, 1, 1, 1, 2]); n > 0; n--) chosen.add(dice.of(able));
  for (const name of chosen) words.push(MATCHES[name]!.make(dice, place, protocol));
  const targets = Object.keys(TARGETS).filter((name) => mayDo(TARGETS[name]!, place));
  let target: string | null = null;
  if (calls.length > 0 && dice.chance(0.4)) target = `${dice.of(["-j", "-j", "-g"])} ${dice.of(calls)}`;
  // Much of what could decide only counts, so that packets come far.
  else if (dice.chance(place.table === "nat" ? 0.1 : 0.3)) target = "";
  target ??= TARGETS[dice.of(targets)]!.make(dice, place, protocol);
  if (target?.startsWith("-m tcp ") && chosen.has("tcp")) target = "-j ACCEPT";
  return [...words, target ?? ""]
    .map((word) => word.trim().replace(/ +/g, " "))
    .filter((word) => word !== "")
    .join(" ");
}

/** What of the IP header and the devices a rule asks. */
function header(dice: Dice, place: Place): [words: string[], protocol: string] {
  const { kind, hook } = place;
  const words: string[] = [];
  if (dice.chance(0.25)) words.push(`${bang(dice)}-s ${network(dice, place)}`);
  if (dice.chance(0.25)) words.push(`${bang(dice)}-d ${network(dice, place)}`);
  const devices = kind.bridged ? ["br0", "br+", "lo"] : ["r0", "r1", "r+", "lo"];
  if (dice.chance(0.2) && !["OUTPUT", "POSTROUTING"].includes(hook)) words.push(`${bang(dice)}-i ${dice.of(devices)}`);
  if (dice.chance(0.2) && !["INPUT", "PREROUTING"].includes(hook)) words.push(`${bang(dice)}-o ${dice.of(devices)}`);
  if (dice.chance(0.04) && kind.family === 4) words.push(`${bang(dice)}-f`);
  if (dice.chance(0.4)) return [words, ""];
  const protocol = dice.of(PROTOCOLS[kind.family]);
  if (dice.chance(0.08)) {
    words.push(`! -p ${protocol}`);
    return [words, ""];
  }
  words.push(`-p ${protocol}`);
  return [words, protocol];
}
