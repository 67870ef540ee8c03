// -m multiport: up to fifteen ports, a range counting twice.
// Before you edit: net/netfilter/xt_multiport.c (ports_match_v1), extensions/libxt_multiport.c.
import type { MatchExtension, Reading } from "../extension.ts";
import { Refused } from "../refused.ts";
import { readPort } from "../text/values.ts";
import { destinationPort, NONE, sourcePort } from "../transport.ts";
import { type Protocol, portText } from "./ports.ts";

type Side = "sports" | "dports" | "ports";

interface Value {
  readonly side: Side;
  /** First and last, the same for one port. */
  readonly ranges: readonly (readonly [first: number, last: number])[];
  readonly inverted: boolean;
  readonly protocol: Protocol;
}
type Draft = { value: Value | null };

const PROTOCOLS: Readonly<Record<number, Protocol>> = { 6: "tcp", 17: "udp", 33: "dccp", 132: "sctp", 136: "udplite" };
/** XT_MULTI_PORTS. */
const MOST = 15;
const OPTIONS = ["source-ports", "destination-ports", "ports"];

export const multiport: MatchExtension<Value, Draft> = {
  name: "multiport",
  families: [4, 6],
  protocols: [6, 17, 33, 132, 136],
  options: [option("source-ports", "sports"), option("destination-ports", "dports"), option("ports", "ports")],
  draft: () => ({ value: null }),
  finish({ value }) {
    if (value === null) throw new Refused("multiport expection an option");
    return value;
  },
  save: ({ side, ranges, inverted }) =>
    `${inverted ? "! " : ""}--${side} ${ranges.map(([a, b]) => (a === b ? a : `${a}:${b}`)).join(",")}`,
  list({ side, ranges, inverted, protocol }, numeric) {
    const port = (number: number) => portText(number, protocol, numeric);
    const said = ranges.map(([a, b]) => (a === b ? port(a) : `${port(a)}:${port(b)}`)).join(",");
    return `multiport ${side} ${inverted ? " !" : ""}${said}`;
  },
  compile({ side, ranges, inverted }) {
    const has = (port: number) => ranges.some(([first, last]) => port >= first && port <= last);
    if (side === "ports")
      return ({ packet }) => {
        const source = sourcePort(packet);
        return source !== NONE && (has(source) || has(destinationPort(packet))) !== inverted;
      };
    const portOf = side === "sports" ? sourcePort : destinationPort;
    return ({ packet }) => {
      const port = portOf(packet);
      return port !== NONE && has(port) !== inverted;
    };
  },
  miss(value, { packet }) {
    const [source, destination] = [sourcePort(packet), destinationPort(packet)];
    const had =
      source === NONE ? "none" : { sports: source, dports: destination, ports: `${source},${destination}` }[value.side];
    return { field: value.side, wanted: multiport.save(value, 4).replace(/--\w+ /, ""), had: `${had}` };
  },
};

function option(name: string, side: Side) {
  return {
    name,
    aliases: side === name ? [] : [side],
    takes: "value" as const,
    invertible: true as const,
    excludes: OPTIONS.filter((other) => other !== name),
    set(draft: Draft, word: string, inverted: boolean, reading: Reading) {
      const protocol = protocolOf(reading);
      draft.value = { side, ranges: readPortList(word, protocol), inverted, protocol };
    },
  };
}

function protocolOf({ protocol }: Reading): Protocol {
  const only = "multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP";
  if (protocol?.inverted) throw new Refused(only);
  const name = PROTOCOLS[protocol?.number ?? 0];
  if (name !== undefined) return name;
  if ((protocol?.number ?? 0) !== 0) throw new Refused(only);
  throw new Refused("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
}

function readPortList(word: string, protocol: Protocol): [number, number][] {
  const ranges: [number, number][] = [];
  let room = MOST;
  for (const each of word.split(",")) {
    const colon = each.indexOf(":");
    const isRange = colon !== -1;
    if (room === 0 || (isRange && room === 1)) throw new Refused("too many ports specified");
    const first = readPort(isRange ? each.slice(0, colon) : each, protocol);
    const last = isRange ? readPort(each.slice(colon + 1), protocol) : first;
    if (isRange && first >= last) throw new Refused("invalid portrange specified");
    room -= isRange ? 2 : 1;
    ranges.push([first, last]);
  }
  return ranges;
}
