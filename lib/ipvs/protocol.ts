// The protocols that IPVS balances, and what they are called.
// Before you edit: net/netfilter/ipvs/ip_vs_core.c (ip_vs_proto_name), ipvsadm 1.31, ipvsadm.c (option_from_protocol).
import { PROTOCOL } from "../wire/packet.ts";

interface Balanced {
  readonly number: number;
  readonly name: "TCP" | "UDP" | "SCTP";
  /** Its services' word in ipvsadm. */
  readonly option: string;
  /** Its column of /etc/services. */
  readonly ports: "tcp" | "udp" | "sctp";
}

export const BALANCED: readonly Balanced[] = [
  { number: PROTOCOL.tcp, name: "TCP", option: "-t", ports: "tcp" },
  { number: PROTOCOL.udp, name: "UDP", option: "-u", ports: "udp" },
  { number: PROTOCOL.sctp, name: "SCTP", option: "--sctp-service", ports: "sctp" },
];

/** Undefined: a mark's template has no protocol. */
export const balanced = (number: number): Balanced | undefined => BALANCED.find((each) => each.number === number);

export const protocolName = (number: number): string => balanced(number)?.name ?? "IP";
