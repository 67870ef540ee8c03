// What traceroute prints behind the time for an ICMP error.
// Before you edit: traceroute/traceroute.c (parse_icmp_res).
import { ICMP, ICMP_CODE, ICMP6, ICMP6_CODE } from "../wire/packet.ts";

/** What stands behind the time for an error; null for the one that every router on the way sends. */
export function mark4Of(type: number, code: number, info: number): string | null {
  if (type === ICMP.timeExceeded && code === 0) return null;
  if (type !== ICMP.unreachable) return `!<${type}-${code}>`;
  switch (code) {
    case ICMP_CODE.net:
      return "!N";
    case ICMP_CODE.host:
      return "!H";
    case ICMP_CODE.filtered:
      return "!X";
    case ICMP_CODE.port:
      return "";
    case ICMP_CODE.protocol:
      return "!P";
    case ICMP_CODE.fragmentationNeeded:
      return `!F-${info}`;
    default:
      return `!<${code}>`;
  }
}

/** The same for ICMPv6. */
export function mark6Of(type: number, code: number, info: number): string | null {
  if (type === ICMP6.timeExceeded && code === 0) return null;
  if (type === ICMP6.packetTooBig) return `!F-${info}`;
  if (type !== ICMP6.unreachable) return `!<${type}-${code}>`;
  switch (code) {
    case ICMP6_CODE.noRoute:
      return "!N";
    case ICMP6_CODE.beyondScope:
    case ICMP6_CODE.address:
      return "!H";
    case ICMP6_CODE.prohibited:
      return "!X";
    case ICMP6_CODE.port:
      return "";
    default:
      return `!<${code}>`;
  }
}
