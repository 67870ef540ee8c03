// Names that the language has for numbers, in the order in which flags are listed.
// Before you edit: nftables src/datatype.c, src/ct.c, src/proto.c, src/fib.c.

/** A name and its number; of two names of one number the first is printed. */
export type Symbols = readonly (readonly [name: string, value: number])[];

export const CT_STATE: Symbols = [
  ["invalid", 1],
  ["established", 2],
  ["related", 4],
  ["new", 8],
  ["untracked", 64],
];
export const CT_STATUS: Symbols = [
  ["expected", 1],
  ["seen-reply", 2],
  ["assured", 4],
  ["confirmed", 8],
  ["snat", 16],
  ["dnat", 32],
  ["dying", 512],
];
export const CT_DIRECTION: Symbols = [
  ["original", 0],
  ["reply", 1],
];
export const TCP_FLAGS: Symbols = [
  ["fin", 1],
  ["syn", 2],
  ["rst", 4],
  ["psh", 8],
  ["ack", 16],
  ["urg", 32],
  ["ecn", 64],
  ["cwr", 128],
];
export const PACKET_TYPES: Symbols = [
  ["host", 0],
  ["unicast", 0],
  ["broadcast", 1],
  ["multicast", 2],
  ["other", 3],
];
export const NFPROTO: Symbols = [
  ["ipv4", 2],
  ["ipv6", 10],
];
/** RTN_* */
export const ADDRESS_TYPES: Symbols = [
  ["unspec", 0],
  ["unicast", 1],
  ["local", 2],
  ["broadcast", 3],
  ["anycast", 4],
  ["multicast", 5],
  ["blackhole", 6],
  ["unreachable", 7],
  ["prohibit", 8],
];
export const ICMP_TYPES: Symbols = [
  ["echo-reply", 0],
  ["destination-unreachable", 3],
  ["source-quench", 4],
  ["redirect", 5],
  ["echo-request", 8],
  ["router-advertisement", 9],
  ["router-solicitation", 10],
  ["time-exceeded", 11],
  ["parameter-problem", 12],
  ["timestamp-request", 13],
  ["timestamp-reply", 14],
  ["info-request", 15],
  ["info-reply", 16],
  ["address-mask-request", 17],
  ["address-mask-reply", 18],
];
export const ICMPV6_TYPES: Symbols = [
  ["destination-unreachable", 1],
  ["packet-too-big", 2],
  ["time-exceeded", 3],
  ["parameter-problem", 4],
  ["echo-request", 128],
  ["echo-reply", 129],
  ["mld-listener-query", 130],
  ["mld-listener-report", 131],
  ["mld-listener-done", 132],
  ["mld-listener-reduction", 132],
  ["nd-router-solicit", 133],
  ["nd-router-advert", 134],
  ["nd-neighbor-solicit", 135],
  ["nd-neighbor-advert", 136],
  ["nd-redirect", 137],
  ["router-renumbering", 138],
  ["ind-neighbor-solicit", 141],
  ["ind-neighbor-advert", 142],
  ["mld2-listener-report", 143],
];
export const ICMP_CODES: Symbols = [
  ["net-unreachable", 0],
  ["host-unreachable", 1],
  ["prot-unreachable", 2],
  ["port-unreachable", 3],
  ["frag-needed", 4],
  ["net-prohibited", 9],
  ["host-prohibited", 10],
  ["admin-prohibited", 13],
];
export const ICMPV6_CODES: Symbols = [
  ["no-route", 0],
  ["admin-prohibited", 1],
  ["addr-unreachable", 3],
  ["port-unreachable", 4],
  ["policy-fail", 5],
  ["reject-route", 6],
];
/** Codes of both families at once (NFT_REJECT_ICMPX_*). */
export const ICMPX_CODES: Symbols = [
  ["no-route", 0],
  ["port-unreachable", 1],
  ["host-unreachable", 2],
  ["admin-prohibited", 3],
];

export function numberOf(symbols: Symbols, name: string): number | undefined {
  return symbols.find(([each]) => each === name)?.[1];
}

export function nameOf(symbols: Symbols, value: number): string | undefined {
  return symbols.find(([, each]) => each === value)?.[0];
}
