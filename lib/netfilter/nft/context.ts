// What a rule has said of its packet's protocols so far: what follows may lean on it, and must not speak against it. What
// another field says anyway is not listed again.
// Before you edit: nftables src/payload.c (payload_gen_dependency, payload_dependency_kill), src/proto.c.
import { PROTOCOL } from "../../wire/packet.ts";
import { protocolName } from "../text/protocol.ts";
import { type Place, Problem } from "./problem.ts";
import type { Table } from "./ruleset.ts";
import { SELECTORS, type Selector } from "./selector.ts";

/** A comparison that names one protocol. */
export interface Named {
  isSaid: boolean;
}

export interface Context {
  readonly table: Table;
  readonly clock: { readonly now: number };
  network: "ip" | "ip6" | null;
  /** The protocol's number, once it is known, or several that it may have. */
  transport: number | readonly number[] | null;
  /** What told them, while no field did. */
  namedNetwork: Named | null;
  namedTransport: Named | null;
}

export function contextOf(table: Table, clock: Context["clock"]): Context {
  const { family } = table;
  const none = { transport: null, namedNetwork: null, namedTransport: null };
  return { table, clock, network: family === "inet" ? null : family, ...none };
}

/** A field is used. Throws Problem when it speaks of another protocol than the rule. */
export function needs(context: Context, selector: Selector, place: Place): Selector {
  const { network, transport } = selector.needs;
  if (network !== undefined) {
    if (context.network !== null && context.network !== network) throw conflict(context.network, network, place);
    context.network = network;
    if (context.namedNetwork !== null) context.namedNetwork.isSaid = true;
  }
  if (transport === undefined) return selector;
  const known = context.transport;
  if (known !== null && transport !== "any") {
    const other = typeof known === "number" ? known : known.find((each) => each !== transport);
    if (other !== undefined && other !== transport) throw conflict(nameOf(other), nameOf(transport), place);
  }
  if (transport === "any") {
    const same = typeof known === "number" ? SELECTORS.get(selector.text.replace("th", nameOf(known))) : undefined;
    if (same === undefined) return selector;
    if (context.namedTransport !== null) context.namedTransport.isSaid = true;
    return same;
  }
  if (context.namedTransport !== null) context.namedTransport.isSaid = true;
  context.transport = transport;
  return selector;
}

const nameOf = (number: number): string => (number === PROTOCOL.icmp6 ? "icmpv6" : (protocolName(number) ?? "unknown"));

function conflict(one: string, other: string, place: Place): Problem {
  return new Problem(`conflicting protocols specified: ${one} vs. ${other}`, place);
}
