// The values behind the options of `ipvsadm`.
// Before you edit: ipvsadm 1.31, ipvsadm.c (parse_service, parse_timeout, parse_fwmark, parse_netmask, parse_sched_flags).

import { balanced } from "../ipvs/protocol.ts";
import { SCHED_FLAGS } from "../ipvs/service.ts";
import { readHost } from "../netfilter/text/values.ts";
import { type Ip, type Ipv4, ipv4 } from "../wire/address.ts";
import { type Ipv6, ipv6 } from "../wire/address6.ts";
import { BadInput } from "../wire/input.ts";
import { servicePort } from "../wire/services.ts";
import { notModelled } from "./command.ts";
import { Complaint } from "./ipvsadm-options.ts";

export const SUPPORTED = "-A -E -D -C -R -S -a -e -d -L -Z --set -h -v of TCP, UDP, SCTP and fwmarks";
export const PERSISTENT_TIMEOUT = 360;
const LONGEST_TIMEOUT = 86400 * 31;
export const LARGEST = 2147483647;

/** Who listens to the sync daemons. */
export const SYNC_GROUP = ipv4("224.0.0.81");
export const LONGEST_MESSAGE = 65535 - 20 - 8;

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
  const whole = asked(ipv6, text);
  if (whole !== null) return { address: whole, port: null };
  const [, bracketed, plain, port] = /^(?:\[(.*)\](?=:)|([^[:]*))(?::(.*))?$/.exec(text) ?? [];
  const number = port === undefined ? null : portOf(port, protocol);
  if (number === undefined) return null;
  const address: Ip | null = bracketed === undefined ? asked(ipv4, plain ?? "") : asked(ipv6, bracketed);
  return address === null ? null : { address, port: number };
}

/** Null: it cannot be read so. */
function asked<Address extends Ipv4 | Ipv6>(read: (text: string) => Address, text: string): Address | null {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}

function portOf(text: string, protocol: number): number | undefined {
  if (/^\d+$/.test(text) && Number(text) <= 65535) return Number(text);
  return servicePort(balanced(protocol)!.ports, text);
}

/** Of IPv4 any mask, holes and all, as inet_aton reads one; of IPv6 the length of a prefix. */
export function netmaskOf(text: string, family: 4 | 6): number {
  if (family === 6) return number(text, 1, 128, "illegal ipv6 netmask specified");
  const mask = readHost(text, 4) as Ipv4 | null;
  if (mask === null) throw new Complaint("illegal virtual server persistent mask specified");
  return mask.bits;
}

/** A group of IPv4. */
export function groupOf(text: string): Ipv4 {
  if (text.includes(":")) throw notModelled("ipvsadm", `--mcast-group ${text}`, "groups of IPv4");
  const group = asked(ipv4, text);
  if (group?.isMulticast !== true) throw new Complaint(`invalid IPv4 mcast-group \`${text}'`);
  return group;
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
