// Which entries a call of conntrack is about. Before you edit: conntrack-tools 1.4.7, src/conntrack.c (nfct_filter,
// filter_nat), libnetfilter_conntrack src/conntrack/objopt.c (getobjopt_is_snat and its sisters).
import { type Conn, STATUS } from "../netfilter/conntrack/conn.ts";
import type { Ip } from "../wire/address.ts";
import { mask4 } from "../wire/address.ts";
import { Prefix6 } from "../wire/address6.ts";
import type { Asked, Network } from "./conntrack-arguments.ts";

export function isAskedFor(conn: Conn, asked: Asked): boolean {
  const { original, reply, mark, zone, tcp, protocol, family } = conn;
  const { source, destination, replySource, replyDestination, ports, icmp } = asked;
  const [there, back] = [original.tuple, reply.tuple];
  if (asked.family !== null && asked.family !== family) return false;
  if (asked.protocol !== null && asked.protocol !== protocol) return false;
  if (!isIn(there.src, source) || !isIn(there.dst, destination)) return false;
  if (!isIn(back.src, replySource) || !isIn(back.dst, replyDestination)) return false;
  if ((ports.from ?? there.from) !== there.from || (ports.to ?? there.to) !== there.to) return false;
  if ((ports.replyFrom ?? back.from) !== back.from || (ports.replyTo ?? back.to) !== back.to) return false;
  if ((icmp.type ?? there.to >>> 8) !== there.to >>> 8 || (icmp.code ?? there.to & 255) !== (there.to & 255))
    return false;
  if ((icmp.id ?? there.from) !== there.from) return false;
  if (asked.state !== null && tcp?.state !== asked.state) return false;
  if (asked.mark !== null && (mark & asked.mark.mask) >>> 0 !== asked.mark.value) return false;
  if (asked.zone !== null && zone.id !== asked.zone) return false;
  return isTranslated(conn, asked);
}

function isIn(had: Ip, wanted: Network | null): boolean {
  if (wanted === null) return true;
  const { address, length } = wanted;
  if (had.family === 4) return address.family === 4 && ((had.bits ^ address.bits) & mask4(length)) === 0;
  return address.family === 6 && new Prefix6(had, length).address === new Prefix6(address, length).address;
}

/** -n, -g, -j. ICMP's identifiers are compared with its types, as the library does it. */
function isTranslated(conn: Conn, { sourceNat, destinationNat, anyNat }: Asked): boolean {
  const source = sourceNat ?? anyNat;
  const destination = destinationNat ?? anyNat;
  const bySource = source === null || isTranslatedTo(conn, "source", source);
  const byDestination = destination === null || isTranslatedTo(conn, "destination", destination);
  return anyNat === null ? bySource && byDestination : bySource || byDestination;
}

function isTranslatedTo(conn: Conn, end: "source" | "destination", wanted: Ip | "any"): boolean {
  const [there, back] = [conn.original.tuple, conn.reply.tuple];
  const isSource = end === "source";
  if (!conn.has(isSource ? STATUS.srcNatDone : STATUS.dstNatDone)) return false;
  const [before, after] = isSource ? [there.src, back.dst] : [there.dst, back.src];
  if (wanted !== "any") return before !== after && after === wanted;
  const [port, portAfter] = isSource ? [there.from, back.to] : [there.to, back.from];
  return before !== after || port !== portAfter;
}
