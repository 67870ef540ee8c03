// `ip route show table all`, `ip rule` and `ip neigh` of a real machine: each line is nearly the command that makes it.
// Before you edit: iproute2 ip/iproute.c (print_route), iprule.c (print_rule), ipneigh.c (print_neigh).
import { RouteTable, TABLE } from "../../ip/route.ts";
import { attempt, broken, type Dump, type Line, linesOf, must, type Place, wordsOf } from "./dump.ts";

/** Words that tell how a route is at the moment, not what it is. */
const STATE = new Set(["linkdown", "dead", "cache", "offload", "trap", "rt_offload"]);

/** Where so many routes are refused, it is not for others that would have to be there before. */
const MOST_WAITING = 1000;

/**
 * Routes of the packet's family. They stand instead of those that the addresses brought; the local table, which plain
 * `ip route` does not show, stays when the file has nothing of it.
 */
export function readRoutes(place: Place, dump: Dump): void {
  const { ns, family } = place;
  const routes = joined(dump).filter(({ text }) => (isOf6(text) ? 6 : 4) === family);
  const hasLocal = routes.some(({ text }) => / table local( |$)/.test(text));
  if (family === 4) {
    ns.tables.set(TABLE.main, new RouteTable(TABLE.main));
    if (hasLocal) ns.tables.set(TABLE.local, new RouteTable(TABLE.local));
  } else
    for (const table of hasLocal ? ["main", "local"] : ["main"])
      attempt(place, ["ip", "-6", "route", "flush", "table", table]);
  // The kernel asks its tables for sources and gateways when a route is added: what others need comes first.
  const isLocal = ({ text }: Line) => / table local( |$)/.test(text);
  let waiting = [...routes.filter(isLocal), ...routes.filter((line) => !isLocal(line))];
  for (;;) {
    const left: Line[] = [];
    let complaint = "";
    for (const line of waiting) {
      const said = attempt(place, ["ip", `-${family}`, "route", "append", ...routeWords(line)]);
      if (said === null) continue;
      if (left.length === 0) complaint = said;
      left.push(line);
      if (left.length > MOST_WAITING) throw broken(left[0]!, complaint);
    }
    if (left.length === 0) return;
    if (left.length === waiting.length) throw broken(left[0]!, complaint);
    waiting = left;
  }
}

/** The nexthops of a multipath route stand on lines of their own. */
function joined(dump: Dump): Line[] {
  const routes: Line[] = [];
  let nexthops: string[] = [];
  const join = () => {
    const last = routes.at(-1);
    if (nexthops.length > 0)
      routes[routes.length - 1] = { ...last!, text: [last!.text.trimEnd(), ...nexthops].join(" ") };
    nexthops = [];
  };
  for (const line of linesOf(dump))
    if (!/^\s/.test(line.text)) {
      if (!/\S\s+\S/.test(line.text)) throw broken(line, "this is not what ip route prints");
      join();
      routes.push(line);
    } else if (routes.length === 0) throw broken(line, "a nexthop without its route");
    else nexthops.push(line.text.trim());
  join();
  return routes;
}

/** Only IPv6 has a preference (RFC 4191), and prints it of every route. */
function isOf6(text: string): boolean {
  return / pref (low|medium|high)/.test(text) || /^(\S+ )?[\da-f]*:[\da-f:]*/.test(text);
}

function routeWords({ text }: Line): string[] {
  const words = wordsOf(text).filter((word) => !STATE.has(word));
  const without = (name: string, count: number) => {
    const at = words.indexOf(name);
    if (at !== -1) words.splice(at, count);
  };
  without("pref", 2);
  without("error", 2);
  return words;
}

/** Rules of the packet's family: they stand instead of the kernel's own three. */
export function readRules(place: Place, dump: Dump): void {
  if (place.family === 4) place.ns.rules = [];
  else place.ns.ipv6.rules = [];
  for (const line of linesOf(dump)) {
    const [, priority, rest] = /^(\d+):\s+(.*)$/.exec(line.text) ?? [];
    if (priority === undefined) throw broken(line, "this is not what ip rule prints");
    const words = wordsOf(rest!).filter((word) => !/^\[\S+\]$/.test(word));
    must(place, line, ["ip", `-${place.family}`, "rule", "add", "pref", priority, ...words]);
  }
}

const NUD: Readonly<Record<string, string>> = {
  REACHABLE: "reachable",
  STALE: "stale",
  DELAY: "stale",
  PROBE: "stale",
  PERMANENT: "permanent",
};
/** Nothing is known of these: whoever needs the neighbour asks anew. */
const UNKNOWN = new Set(["FAILED", "INCOMPLETE", "NOARP", "NONE"]);

/** `10.0.0.1 dev eth0 lladdr 02:00:00:00:00:01 router REACHABLE` */
export function readNeighbours(place: Place, dump: Dump): void {
  for (const line of linesOf(dump)) {
    const [address = "", ...words] = wordsOf(line.text);
    const made = [address];
    let state: string | null = null;
    for (let word = words.shift(); word !== undefined; word = words.shift()) {
      if (word === "dev" || word === "lladdr") made.push(word, words.shift() ?? "");
      else if (word === "router") made.push(word);
      else if (word === "proto" || word === "probes" || word === "used" || word === "ref") words.shift();
      else if (NUD[word] !== undefined || UNKNOWN.has(word)) state = word;
      else if (word !== "extern_learn" && word !== "offload" && word !== "managed")
        throw broken(line, `"${word}" is not understood of a neighbour`);
    }
    if (state === null) throw broken(line, "a neighbour without its state");
    const isOurs = address.includes(":") === (place.family === 6);
    if (isOurs && !UNKNOWN.has(state)) must(place, line, ["ip", "neigh", "replace", ...made, "nud", NUD[state]!]);
  }
}
