// An ICMPv6 error finds the socket whose packet it quotes.
// Before you edit: net/ipv6/icmp.c (icmpv6_notify, icmpv6_err), raw.c (rawv6_err).
import { type Icmp6, type Ipv6Packet, PROTOCOL } from "../../wire/packet.ts";
import { learnMtu6 } from "../ipv6/path-mtu.ts";
import type { Arrival6 } from "../ipv6/skb6.ts";
import type { Netns } from "../netns.ts";
import { tcpError6 } from "../tcp/tcp6.ts";
import { raw6Input } from "./raw6.ts";
import { udpError6 } from "./udp6.ts";

/** Hands an ICMPv6 error to the socket whose packet it quotes. False when there is none. */
export function socketError6(
  ns: Netns,
  arrival: Arrival6,
  quoted: Ipv6Packet,
  packet: Ipv6Packet,
  icmp: Icmp6,
  cause: number,
): boolean {
  const { body } = quoted;
  const { iif } = arrival;
  const isRaw = ns.sockets.raw6.length > 0 && raw6Input(ns, arrival, packet, quoted, cause);
  if (body.kind === "udp") return udpError6(ns, iif, quoted, body, packet, icmp, cause);
  if (body.kind === "tcp") return tcpError6(ns, quoted, body, icmp, cause) || isRaw;
  // The kernel itself may have sent it, whole or cut.
  if ((body.kind === "unknown" ? body.protocol : PROTOCOL[body.kind]) === PROTOCOL.icmp6)
    learnMtu6(ns, quoted, icmp, cause);
  if (body.kind !== "icmp6") return false;
  const readers = ns.sockets.ping6Readers(body.rest >>> 16);
  for (const reader of readers) reader.push({ packet, quoted, iif, cause, time: ns.cables.now });
  return readers.length > 0;
}
