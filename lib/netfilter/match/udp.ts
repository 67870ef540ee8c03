// -m udp: ports of UDP. Before you edit: net/netfilter/xt_tcpudp.c (udp_mt), extensions/libxt_udp.c.
import { PROTOCOL } from "../../wire/packet.ts";
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { lookUpPort } from "../text/values.ts";
import { destinationPort, NONE } from "../transport.ts";
import { ANY_PORT, isAny, keptPorts, listPorts, missedPorts, type PortRange, savePorts, testPorts } from "./ports.ts";

interface Value {
  readonly source: PortRange;
  readonly destination: PortRange;
}
type Draft = { source: PortRange; destination: PortRange };

export const udp: MatchExtension<Value, Draft> = {
  name: "udp",
  families: [4, 6],
  protocols: [PROTOCOL.udp],
  options: [
    {
      name: "source-port",
      aliases: ["sport"],
      takes: "value",
      invertible: true,
      set(draft, word, inverted) {
        draft.source = readPorts(word, "source-port", inverted);
      },
    },
    {
      name: "destination-port",
      aliases: ["dport"],
      takes: "value",
      invertible: true,
      set(draft, word, inverted) {
        draft.destination = readPorts(word, "destination-port", inverted);
      },
    },
  ],
  draft: () => ({ source: ANY_PORT, destination: ANY_PORT }),
  finish(draft, reading) {
    const [source, destination] = keptPorts(draft.source, draft.destination, PROTOCOL.udp, reading);
    return { source, destination };
  },
  save({ source, destination }) {
    const words: string[] = [];
    if (!isAny(source)) words.push(savePorts("sport", source));
    if (!isAny(destination)) words.push(savePorts("dport", destination));
    return words.join(" ");
  },
  list: ({ source, destination }, numeric) =>
    ["udp", listPorts("spt", source, "udp", numeric), listPorts("dpt", destination, "udp", numeric)]
      .filter((word) => word !== "")
      .join(" "),
  compile({ source, destination }) {
    if (isAny(source) && isAny(destination) && !source.inverted && !destination.inverted)
      return ({ packet }) => destinationPort(packet) !== NONE;
    return testPorts(source, destination, true);
  },
  destinationPort: ({ destination: { first, last, inverted } }) => (first === last && !inverted ? first : null),
  miss: ({ source, destination }, skb) =>
    missedPorts(source, destination, skb) ?? { field: "udp", wanted: "a UDP header", had: "none" },
};

/** Unlike tcp's: no order of first and last is asked for. */
function readPorts(word: string, option: string, inverted: boolean): PortRange {
  const parts = word.split(":");
  if (parts.length > 2) throw new Refused(`udp: Too many components for option "--${option}" (max: 2)\n`);
  const [from = "", to] = parts;
  const first = from === "" ? 0 : lookUpPort(from);
  const last = to === undefined ? first : to === "" ? 0xffff : lookUpPort(to);
  return { first, last, inverted };
}
