// `dnat to`, `snat to`, `masquerade`, `redirect`: what one end of a connection becomes.
// Before you edit: net/netfilter/nft_nat.c, nft_masq.c, nft_redir.c; nftables src/statement.c (nat_stmt_print).
import { type Ip, Ipv4 } from "../../../wire/address.ts";
import { NO_RANGE, type Range } from "../../nat/range.ts";
import type { Skb } from "../../skb.ts";
import { masqueradeRange } from "../../target/masquerade.ts";
import { natBecause, translate } from "../../target/nat.ts";
import { redirectRange } from "../../target/redirect.ts";
import type { Context } from "../context.ts";
import { addressOf6, type Datum, IPV4, IPV6, SERVICE, type Span, spanText } from "../data.ts";
import { isOperand, type Operand, readOperand } from "../operand.ts";
import { Problem } from "../problem.ts";
import { readSpan } from "../read-value.ts";
import type { Reader } from "../reader.ts";
import type { Said, Statement, Style } from "../ruleset.ts";

type Flags = Pick<Range, "random" | "randomFully" | "persistent">;
type Kind = "dnat" | "snat" | "masquerade" | "redirect";

const DONE: Said = { kind: "accept", chain: null };
const ENDED: Said = { kind: "drop", chain: null };

export function readNat(reader: Reader, context: Context): Statement {
  const first = reader.peek;
  const kind = reader.oneOf("dnat", "snat", "masquerade", "redirect");
  const isAddressed = kind === "dnat" || kind === "snat";
  const said = isAddressed && (reader.is("ip") || reader.is("ip6")) ? reader.oneOf("ip", "ip6") : null;
  const family = said ?? context.network;
  if (isAddressed && family === null)
    throw new Problem("ip or ip6 must be specified with address for inet tables.", first);
  const type = family === "ip6" ? IPV6 : IPV4;
  for (const word of ["prefix", "interval"])
    if (reader.is(word))
      throw reader.refuse(reader.peek, `"${kind} ${family} ${word}"`, "addresses of a map one by one");
  const hasPorts = reader.accept("addr");
  if (hasPorts) {
    reader.expect(".");
    reader.expect("port");
  }
  let operand: Operand | null = null;
  let address: Span | null = null;
  let ports: Span | null = null;
  let portOperand: Operand | null = null;
  const readPorts = () => {
    const at = reader.peek;
    const { transport, namedTransport } = context;
    if (isOperand(reader)) {
      // Behind the colon `tcp dport` does not make a match of the protocol superfluous in the listing.
      context.namedTransport = null;
      portOperand = readOperand(reader, context, [SERVICE]);
      context.namedTransport = namedTransport;
    } else ports = readSpan(reader, SERVICE);
    if (transport === null)
      throw new Problem(
        "transport protocol mapping is only valid after transport protocol match",
        reader.since(at),
        first,
      );
  };
  if (isAddressed ? reader.expect("to") : reader.accept("to")) {
    if (isAddressed && isOperand(reader)) {
      // Pairs of address and port need not be called so.
      const isPair = hasPorts || isMapToPairs(reader);
      operand = readOperand(reader, context, isPair ? [type, SERVICE] : [type]);
    } else if (isAddressed && !reader.is(":")) {
      const isBracketed = reader.accept("[");
      address = readSpan(reader, type);
      if (isBracketed) reader.expect("]");
    }
    if (reader.accept(":") || !isAddressed) readPorts();
  }
  const flags = readFlags(reader);
  const isShown = (said !== null && context.table.family === "inet") || operand?.types.length === 2;
  return natStatement(kind, isShown ? `${family} ` : "", type, { operand, address, ports, portOperand }, flags);
}

function isMapToPairs(reader: Reader): boolean {
  let at = 0;
  while (!["{", ";", "\n", ""].includes(reader.ahead(at).text)) at++;
  while (![":", ";", "}", "\n", ""].includes(reader.ahead(at).text)) at++;
  return reader.ahead(at).text === ":" && reader.ahead(at + 2).text === ".";
}

function readFlags(reader: Reader): Flags {
  const found = { random: false, randomFully: false, persistent: false };
  if (!["random", "fully-random", "persistent"].some((each) => reader.is(each))) return found;
  do {
    const flag = reader.oneOf("random", "fully-random", "persistent");
    found[flag === "fully-random" ? "randomFully" : flag] = true;
  } while (reader.accept(","));
  return found;
}

interface To {
  readonly operand: Operand | null;
  readonly address: Span | null;
  readonly ports: Span | null;
  readonly portOperand: Operand | null;
}

function natStatement(kind: Kind, family: string, type: typeof IPV4, to: To, flags: Flags): Statement {
  const manip = kind === "dnat" || kind === "redirect" ? "destination" : "source";
  const { operand, address, ports, portOperand } = to;
  const operands = [operand, portOperand].filter((each) => each !== null);
  const plain: Range = {
    ...NO_RANGE,
    ...flags,
    addresses: address === null ? null : [addressOf(address.from), addressOf(address.to)],
    ports: ports === null ? null : [ports.from as number, ports.to as number],
  };
  const range = (skb: Skb): Range | null | false => {
    if (kind === "masquerade") return masqueradeRange(skb, plain);
    let found: Range = plain;
    for (const each of operands) {
      const values = each.read(skb);
      if (values === undefined) return false;
      found = each === operand ? withAddress(found, values) : withPort(found, values[0]!);
    }
    return kind === "redirect" ? redirectRange(skb, found) : found;
  };
  return {
    text: (style) => `${kind}${toText(kind, family, type, to, style)}${flagsText(flags)}`,
    run(skb): Said {
      if (skb.ct?.kind !== "tracked") return "break";
      const found = range(skb);
      if (found === null) return ENDED;
      if (found === false) return operands.length === 0 ? DONE : "break";
      return translate(skb, found, manip) === "ACCEPT" ? DONE : ENDED;
    },
    miss: () => ({ field: kind, wanted: "an element of the map, and a connection", had: "none" }),
    because: (_before, { ct }) => natBecause(ct, manip),
    tracks: true,
    isLast: true,
    ...(operands.length > 0 && { sets: operands.flatMap(({ sets }) => sets) }),
  };
}

function toText(kind: Kind, family: string, type: typeof IPV4, to: To, style: Style): string {
  const { operand, address, ports, portOperand } = to;
  const port = portOperand?.text(style) ?? (ports === null ? null : spanText(SERVICE, ports, style.numeric, false));
  const plain = operand?.text(style) ?? (address === null ? "" : spanText(type, address, style.numeric, false));
  if (plain === "" && port === null) return "";
  const bracketed = type === IPV6 && address !== null && port !== null ? `[${plain}]` : plain;
  const said = kind === "dnat" || kind === "snat" ? family : "";
  return ` ${said}to ${bracketed}${port === null ? "" : `:${port}`}`;
}

function flagsText({ random, randomFully, persistent }: Flags): string {
  const words = [random && "random", randomFully && "fully-random", persistent && "persistent"].filter(Boolean);
  return words.length === 0 ? "" : ` ${words.join(",")}`;
}

function withAddress(range: Range, [address, port]: readonly Datum[]): Range {
  const found = addressOf(address!);
  const chosen = { ...range, addresses: [found, found] as const };
  return port === undefined ? chosen : withPort(chosen, port);
}

const withPort = (range: Range, port: Datum): Range => ({ ...range, ports: [port as number, port as number] });

const addressOf = (value: Datum): Ip => (typeof value === "bigint" ? addressOf6(value) : Ipv4.of(value as number));
