// The values behind the options of `ipvsadm`.
// Before you edit: ipvsadm 1.31, ipvsadm.c (parse_service, parse_timeout, parse_fwmark, parse_netmask, parse_sched_flags).
import { SCHED_FLAGS } from "../ipvs/service.ts";
import { type Ip, ip, ipv4 } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import { PROTOCOL } from "../wire/packet.ts";
import { servicePort } from "../wire/services.ts";
import { notModelled } from "./command.ts";
import { Complaint } from "./ipvsadm-options.ts";

export const SUPPORTED = "-A -E -D -C -R -S -a -e -d -L -Z --set -v of IPv4 with TCP, UDP and fwmarks";
export const PERSISTENT_TIMEOUT = 360;
const LONGEST_TIMEOUT = 86400 * 31;
export const LARGEST = 2147483647;

export function number(text: string, min: number, max: number, complaint: string): number {
  const value = Number(text);
  if (!/^\s*[+-]?\d+$/.test(text) || value < min || value > max) throw new Complaint(complaint);
  return value;
}

export function timeout(text: string, min: number): number {
  return number(text, min, LONGEST_TIMEOUT, `invalid timeout value \`${text}' specified`);
}

export function markOf(text: string): number {
  return number(text, 1, 0xffffffff, `invalid fwmark value \`${text}' specified`);
}

/** An address, and a port if there is one; null: neither. */
export function endOf(text: string, protocol: number): { readonly address: Ip; readonly port: number | null } | null {
  if (/^\d*$/.test(text)) return null;
  const [, address, port] = /^(.*?)(?::([^:]*))?$/.exec(text) ?? [];
  if (text.startsWith("[") || text.split(":").length > 2) {
    ip(text.replace(/^\[|\].*$/g, ""));
    throw notModelled("ipvsadm", text, SUPPORTED);
  }
  const number = port === undefined ? null : portOf(port, protocol);
  if (number === undefined) return null;
  try {
    return { address: ipv4(address!), port: number };
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}

function portOf(text: string, protocol: number): number | undefined {
  if (/^\d+$/.test(text) && Number(text) <= 65535) return Number(text);
  return servicePort(protocol === PROTOCOL.udp ? "udp" : "tcp", text);
}

export function netmaskOf(text: string): number {
  let bits: number;
  try {
    bits = ipv4(text).bits;
  } catch (error) {
    if (error instanceof BadInput) throw new Complaint("illegal virtual server persistent mask specified");
    throw error;
  }
  const length = Math.clz32(~bits);
  if (bits !== (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0))
    throw notModelled("ipvsadm", `-M ${text}`, "netmasks without holes");
  return length;
}

export function schedFlags(scheduler: string, text: string): number {
  let flags = 0;
  for (const flag of text.split(",").filter((each) => each !== "")) {
    const [, owner] = /^(sh|mh)-(?:fallback|port)$/.exec(flag) ?? [];
    const at = ["flag-1", "flag-2", "flag-3"].indexOf(flag);
    if (owner === undefined && at === -1) throw new Complaint(`invalid scheduler flag \`${flag}'`);
    if (owner !== undefined && owner !== scheduler) throw new Complaint(`incompatible scheduler flag \`${flag}'`);
    flags |= SCHED_FLAGS[at === -1 ? (flag.endsWith("fallback") ? 0 : 1) : at]!;
  }
  return flags;
}
