// What a socket may ask to be told in full when its packet went wrong: who said so, how, and about which packet.
// Before you edit: net/ipv4/ip_sockglue.c (ip_icmp_error, ip_local_error), icmp.c (icmp_err_convert), ip(7) IP_RECVERR.
import type { Device } from "../../link/device.ts";
import type { Ip } from "../../wire/address.ts";
import { ICMP, ICMP_CODE, type Icmp, type Icmp6 } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import type { IpPacket } from "./family.ts";

/** One entry of a socket's error queue (struct sock_extended_err). */
export interface QueuedError {
  /** Another machine's ICMP message, or this kernel, which did not send at all. */
  readonly origin: "icmp" | "local";
  readonly errno: Errno;
  readonly type: number;
  readonly code: number;
  /** The MTU of "message too long", else 0. */
  readonly info: number;
  /** Who said it; null when it was this kernel. */
  readonly offender: Ip | null;
  /** The device a link-local offender belongs to. */
  readonly scope: Device | null;
  /** TTL or hop limit of the ICMP message, 0 when there was none. */
  readonly ttl: number;
  /** The packet at fault as the message quotes it; null when it was never made. */
  readonly quoted: IpPacket | null;
  readonly time: number;
}

/** An ICMP error as a socket reads it. */
export function queuedError(
  message: IpPacket,
  icmp: Icmp | Icmp6,
  quoted: IpPacket,
  time: number,
  errno = errnoOf(icmp.type, icmp.code),
  iif: Device | null = null,
): QueuedError {
  const { type, code, rest } = icmp;
  const info = errno !== "EMSGSIZE" ? 0 : icmp.kind === "icmp" ? rest & 0xffff : rest;
  const ttl = message.kind === "ipv4" ? message.ttl : message.hopLimit;
  const { src: offender } = message;
  const scope = offender.family === 6 && offender.isLinkLocal ? iif : null;
  return { origin: "icmp", errno, type, code, info, offender, scope, ttl, quoted, time };
}

/** A packet this kernel refused to make, because the way takes no more than `mtu` octets. */
export function tooLong(mtu: number, time: number): QueuedError {
  const errno = "EMSGSIZE";
  const nobody = { offender: null, scope: null, ttl: 0, quoted: null };
  return { origin: "local", errno, type: 0, code: 0, info: mtu, ...nobody, time };
}

function errnoOf(type: number, code: number): Errno {
  if (type === ICMP.parameterProblem) return "EPROTO";
  if (type !== ICMP.unreachable) return "EHOSTUNREACH";
  switch (code) {
    case ICMP_CODE.net:
    case ICMP_CODE.netProhibited:
      return "ENETUNREACH";
    case ICMP_CODE.protocol:
      return "ENOPROTOOPT";
    case ICMP_CODE.port:
      return "ECONNREFUSED";
    case ICMP_CODE.fragmentationNeeded:
      return "EMSGSIZE";
    default:
      return "EHOSTUNREACH";
  }
}
