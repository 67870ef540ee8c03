// Source and destination ports of a rule, as tcp, udp and sctp have them.
// Before you edit: include/uapi/linux/netfilter/xt_tcpudp.h, net/netfilter/xt_tcpudp.c (port_match),
// extensions/libxt_tcp.c, libxt_udp.c, libxt_sctp.c (print_ports).

import { PROTOCOL } from "../../wire/packet.ts";
import { serviceName } from "../../wire/services.ts";
import type { Miss, Option, Reading, Test } from "../extension.ts";
import { Refused } from "../refused.ts";
import type { Skb } from "../skb.ts";
import { readPort } from "../text/values.ts";
import { destinationPort, NONE, sourcePort } from "../transport.ts";

export interface PortRange {
  readonly first: number;
  readonly last: number;
  readonly inverted: boolean;
}

export type Protocol = "tcp" | "udp" | "sctp" | "udplite" | "dccp";

export const ANY_PORT: PortRange = { first: 0, last: 0xffff, inverted: false };

export function isAny({ first, last }: PortRange): boolean {
  return first === 0 && last === 0xffff;
}

/** `80`, `1024:`, `http:https`: names of the protocol's services. Throws Refused. */
export function readPorts(word: string, protocol: Protocol, inverted: boolean): PortRange {
  const colon = word.indexOf(":");
  if (colon === -1) {
    const port = readPort(word, protocol);
    return { first: port, last: port, inverted };
  }
  const [from, to] = [word.slice(0, colon), word.slice(colon + 1)];
  const first = from === "" ? 0 : readPort(from, protocol);
  const last = to === "" ? 0xffff : readPort(to, protocol);
  if (first > last) throw new Refused("invalid portrange (min > max)");
  return { first, last, inverted };
}

interface PortsDraft {
  source?: PortRange | null;
  destination?: PortRange | null;
}

/** `--sport` and `--dport` of tcp and sctp, whose parsers check themselves that each comes once. */
export function portOptions(protocol: Protocol): Option<PortsDraft>[] {
  return (["source", "destination"] as const).map((side) => ({
    name: `${side}-port`,
    aliases: [`${side[0]}port`],
    takes: "value",
    set(draft, word, inverted) {
      if (draft[side] != null) throw new Refused(`Only one \`--${side}-port' allowed`);
      draft[side] = readPorts(word, protocol, inverted);
    },
  }));
}

/**
 * The ranges as the back end keeps them: nftables compares ports, and what is read back from its comparisons is another
 * range (nft.c: expr_gen_range_cmp16, nft-shared.c: port_match_single_to_range). Throws Refused where it takes none.
 */
export function keptPorts(
  source: PortRange,
  destination: PortRange,
  number: number,
  reading: Reading,
): [PortRange, PortRange] {
  const { backEnd, protocol } = reading;
  if (backEnd === "legacy" || [source, destination].every((range) => isAny(range) && !range.inverted))
    return [source, destination];
  if (protocol === null || protocol.number !== number) {
    const name = number === PROTOCOL.tcp ? "tcp" : "udp";
    throw new Refused(`${name.toUpperCase()} match requires '-p ${name}'`);
  }
  return [compared(source), compared(destination)];
}

function compared(range: PortRange): PortRange {
  const { first, last, inverted } = range;
  if (isAny(range)) return ANY_PORT;
  if (first === 0 && last > 0 && inverted) return { first: last + 1, last: 0xffff, inverted: false };
  return range;
}

/** `--dport 80`, `! --sport 1:2`. */
export function savePorts(option: string, { first, last, inverted }: PortRange): string {
  return `${inverted ? "! " : ""}--${option} ${first === last ? first : `${first}:${last}`}`;
}

/** `dpt:http`, `spts:!1:2`; nothing for any port. */
export function listPorts(name: string, range: PortRange, protocol: Protocol, numeric: boolean): string {
  const { first, last, inverted } = range;
  if (isAny(range) && !inverted) return "";
  const not = inverted ? "!" : "";
  const port = (number: number) => portText(number, protocol, numeric);
  return first === last ? `${name}:${not}${port(first)}` : `${name}s:${not}${port(first)}:${port(last)}`;
}

/** The port, or its service's name. */
export function portText(port: number, protocol: Protocol, numeric: boolean): string {
  if (numeric || protocol === "udplite" || protocol === "dccp") return `${port}`;
  return serviceName(protocol, port) ?? `${port}`;
}

/** Whether a packet's ports are in both. One that has no ports is in neither. */
export function testPorts(source: PortRange, destination: PortRange, inPieces: boolean): Test {
  if (isAny(source) && !source.inverted) return testOne(destination, destinationPort, inPieces);
  if (isAny(destination) && !destination.inverted) return testOne(source, sourcePort, inPieces);
  const isFrom = testOne(source, sourcePort, inPieces);
  const isTo = testOne(destination, destinationPort, inPieces);
  return (skb) => isFrom(skb) && isTo(skb);
}

function testOne({ first, last, inverted }: PortRange, portOf: typeof sourcePort, inPieces: boolean): Test {
  if (first === last && !inverted) return ({ packet }) => portOf(packet, inPieces) === first;
  return ({ packet }) => {
    const port = portOf(packet, inPieces);
    return port !== NONE && (port >= first && port <= last) !== inverted;
  };
}

/** Which port was not wanted; null when both were. */
export function missedPorts(source: PortRange, destination: PortRange, { packet }: Skb): Miss | null {
  return (
    missed("source port", source, sourcePort(packet)) ??
    missed("destination port", destination, destinationPort(packet))
  );
}

function missed(field: string, range: PortRange, port: number): Miss | null {
  const { first, last, inverted } = range;
  if (port !== NONE && (port >= first && port <= last) !== inverted) return null;
  const wanted = first === last ? `${first}` : `${first}:${last}`;
  return { field, wanted: inverted ? `! ${wanted}` : wanted, had: port === NONE ? "none" : `${port}` };
}
