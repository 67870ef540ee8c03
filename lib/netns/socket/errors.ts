// An ICMP error finds the socket whose packet it quotes.
// Before you edit: net/ipv4/icmp.c (icmp_socket_deliver), raw.c (raw_icmp_error).
import type { Icmp, Ipv4Packet } from "../../wire/packet.ts";
import type { Netns } from "../netns.ts";
import { tcpError } from "../tcp/errors.ts";
import { udpError } from "./udp-input.ts";

/** Hands an ICMP error to the socket whose packet it quotes. False when there is none. */
export function socketError(ns: Netns, quoted: Ipv4Packet, packet: Ipv4Packet, icmp: Icmp, cause: number): boolean {
  const { body } = quoted;
  let isHeard = false;
  for (const socket of ns.sockets.raw) isHeard = socket.error(quoted, packet, cause) || isHeard;
  if (body.kind === "icmp") {
    const readers = ns.sockets.pingReaders(body.rest >>> 16);
    for (const reader of readers) reader.push({ packet, quoted, cause, time: ns.cables.now });
    return isHeard || readers.length > 0;
  }
  if (body.kind === "udp") return udpError(ns, quoted, body, packet, icmp) || isHeard;
  if (body.kind === "tcp") return tcpError(ns, quoted, body, icmp, cause) || isHeard;
  return isHeard;
}
