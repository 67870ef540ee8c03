// What decides most rules: the addresses, the protocol and the destination port, as numbers under masks. A packet whose
// numbers differ under a rule's masks cannot match it; of all others the rule itself is asked.
// Before you edit: net/ipv4/netfilter/ip_tables.c (ip_packet_match).
import type { Ip } from "../wire/address.ts";
import { comment } from "./match/comment.ts";
import type { AddressMatch, RuleSpec } from "./rule.ts";
import type { CanonicalRule, Network } from "./text/canonical.ts";

/** Protocol * 65536 + port. */
export const PROTOCOL_BITS = 0xff0000;
export const PORT_BITS = 0xffff;

/** Filled anew for each rule; bits beyond a mask are zero, and a mask of zero asks nothing. */
export class Header {
  destination = 0;
  destinationMask = 0;
  source = 0;
  sourceMask = 0;
  ports = 0;
  portsMask = 0;

  ofSpec({ source, destination, protocol, matches }: RuleSpec): void {
    this.destination = bitsOf(destination, "address");
    this.destinationMask = bitsOf(destination, "mask");
    this.source = bitsOf(source, "address");
    this.sourceMask = bitsOf(source, "mask");
    this.setPorts(protocol === null || protocol.inverted ? 0 : protocol.number, portOf(matches));
  }

  ofLine({ source, destination, protocol, destinationPort }: CanonicalRule): void {
    this.destinationMask = maskOf(destination);
    this.destination = destination.bits & this.destinationMask;
    this.sourceMask = maskOf(source);
    this.source = source.bits & this.sourceMask;
    this.setPorts(protocol, destinationPort);
  }

  /** Without a protocol (0) a port asks nothing; -1: no port. */
  private setPorts(protocol: number, port: number): void {
    this.ports = protocol === 0 ? 0 : (protocol << 16) | (port === -1 ? 0 : port);
    this.portsMask = protocol === 0 ? 0 : port === -1 ? PROTOCOL_BITS : PROTOCOL_BITS | PORT_BITS;
  }
}

/** Of an IPv6 address the last 32 bits stand for all. */
export function wordOf(address: Ip): number {
  return (address.family === 4 ? address.bits : address.w3) | 0;
}

function bitsOf(match: AddressMatch | null, part: "address" | "mask"): number {
  return match === null || match.inverted ? 0 : wordOf(match[part]);
}

function maskOf({ mask, inverted }: Network): number {
  return inverted ? 0 : mask;
}

/** The one port it asks for before anything else that could count or throw dice; -1 if there is none. */
function portOf(matches: RuleSpec["matches"]): number {
  const first = matches.find(({ extension }) => extension.name !== comment.name);
  return first?.extension.destinationPort?.(first.value as never) ?? -1;
}
