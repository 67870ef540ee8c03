// An IPv6 packet in the words of tcpdump 4.99 with -n. Before you edit: tcpdump's print-ip6.c (ip6_print), print-frag6.c,
// print-hopopts in print-ip6opts.c.
import { ipv6Length } from "./bytes6.ts";
import type { DescribeOptions } from "./describe.ts";
import { type Ipv6Packet, protocolOf } from "./packet.ts";

/** An IPv6 packet without the word IP6: `2001:db8::1 > 2001:db8::2: ICMP6, echo request, id 1, seq 1, length 64`. */
export function describeIpv6(packet: Ipv6Packet, _options: DescribeOptions = {}): string {
  return `${packet.src} > ${packet.dst}:  ip-proto-${protocolOf(packet)} ${ipv6Length(packet) - 40}`;
}
