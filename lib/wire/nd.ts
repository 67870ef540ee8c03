// Messages of neighbour discovery: values, and the ICMPv6 message with its options as octets.
// Before you edit: RFC 4861 §4, RFC 7527 (nonce), include/net/ndisc.h, net/ipv6/ndisc.c (ndisc_parse_options).
import type { Ipv6 } from "./address6.ts";
import { writeAddress6 } from "./bytes6.ts";
import { Mac } from "./mac.ts";
import { get48, viewOf } from "./octets.ts";
import { ICMP6, type Icmp6 } from "./packet.ts";
import { readAddress6 } from "./parse6.ts";

/** "Who has this address?" `nonce` (six octets) tells one's own question of duplicate address detection from another's. */
export interface NeighbourSolicitation {
  readonly kind: "neighbour solicitation";
  readonly target: Ipv6;
  readonly sourceMac?: Mac;
  readonly nonce?: Uint8Array;
}

export interface NeighbourAdvertisement {
  readonly kind: "neighbour advertisement";
  readonly target: Ipv6;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly targetMac?: Mac;
}

export interface RouterSolicitation {
  readonly kind: "router solicitation";
  readonly sourceMac?: Mac;
}

/** RFC 4861 §4.2. Lifetimes are seconds, the two timers milliseconds; 0 leaves a value to the host. */
export interface RouterAdvertisement {
  readonly kind: "router advertisement";
  readonly hopLimit: number;
  /** M: addresses by DHCPv6; O: other things by DHCPv6. */
  readonly managed: boolean;
  readonly other: boolean;
  readonly lifetime: number;
  readonly reachableTime: number;
  readonly retransTimer: number;
  readonly sourceMac?: Mac;
  readonly mtu?: number;
  readonly prefixes: readonly PrefixInformation[];
}

/** RFC 4861 §4.6.2; lifetimes in seconds, 0xffffffff is for ever. */
export interface PrefixInformation {
  readonly prefix: Ipv6;
  readonly length: number;
  readonly onLink: boolean;
  readonly autonomous: boolean;
  readonly valid: number;
  readonly preferred: number;
}

/** "Reach the destination by the target"; the two are the same when the destination is on the link. */
export interface NeighbourRedirect {
  readonly kind: "redirect";
  readonly target: Ipv6;
  readonly destination: Ipv6;
  readonly targetMac?: Mac;
  /** The packet that was sent the long way, cut to whole units of eight octets. */
  readonly quoted?: Uint8Array;
}

export type NdMessage =
  | NeighbourSolicitation
  | NeighbourAdvertisement
  | RouterSolicitation
  | RouterAdvertisement
  | NeighbourRedirect;

/** Types of options; others are passed over, as RFC 4861 §4.6 wants it. */
export const ND_OPTION = { sourceMac: 1, targetMac: 2, prefix: 3, redirected: 4, mtu: 5, nonce: 14 } as const;

const TYPE = {
  "neighbour solicitation": ICMP6.neighbourSolicitation,
  "neighbour advertisement": ICMP6.neighbourAdvertisement,
  "router solicitation": ICMP6.routerSolicitation,
  "router advertisement": ICMP6.routerAdvertisement,
  redirect: ICMP6.redirect,
} as const;

/** Octets before the options, behind the first eight of the message. */
const FIXED: Readonly<Record<number, number>> = {
  [ICMP6.neighbourSolicitation]: 16,
  [ICMP6.neighbourAdvertisement]: 16,
  [ICMP6.routerSolicitation]: 0,
  [ICMP6.routerAdvertisement]: 8,
  [ICMP6.redirect]: 32,
};

/** A message as ICMPv6 carries it. */
export function ndIcmp(message: NdMessage): Icmp6 {
  const type = TYPE[message.kind];
  const fixed = FIXED[type]!;
  const options = optionsOf(message);
  const data = new Uint8Array(fixed + options.reduce((length, option) => length + option.length, 0));
  const view = viewOf(data);
  let rest = 0;
  if (message.kind === "router advertisement") {
    const flags = (message.managed ? 0x80 : 0) | (message.other ? 0x40 : 0);
    rest = ((message.hopLimit << 24) | (flags << 16) | message.lifetime) >>> 0;
    view.setUint32(0, message.reachableTime);
    view.setUint32(4, message.retransTimer);
  } else if (message.kind !== "router solicitation") {
    writeAddress6(view, 0, message.target);
    if (message.kind === "redirect") writeAddress6(view, 16, message.destination);
    if (message.kind === "neighbour advertisement")
      rest = (message.router ? 2 ** 31 : 0) + (message.solicited ? 2 ** 30 : 0) + (message.override ? 2 ** 29 : 0);
  }
  let at = fixed;
  for (const option of options) {
    data.set(option, at);
    at += option.length;
  }
  return { kind: "icmp6", type, code: 0, rest, data };
}

function optionsOf(message: NdMessage): Uint8Array[] {
  const options: Uint8Array[] = [];
  if ("sourceMac" in message && message.sourceMac) options.push(macOption(ND_OPTION.sourceMac, message.sourceMac));
  if ("targetMac" in message && message.targetMac) options.push(macOption(ND_OPTION.targetMac, message.targetMac));
  if ("nonce" in message && message.nonce)
    options.push(option(ND_OPTION.nonce, 2 + message.nonce.length, message.nonce));
  if (message.kind === "redirect" && message.quoted)
    options.push(option(ND_OPTION.redirected, 8 + message.quoted.length, message.quoted, 8));
  if (message.kind !== "router advertisement") return options;
  if (message.mtu !== undefined) {
    const mtu = option(ND_OPTION.mtu, 8);
    viewOf(mtu).setUint32(4, message.mtu);
    options.push(mtu);
  }
  return [...options, ...message.prefixes.map(prefixOption)];
}

/** An option of `length` octets rounded up to whole units of eight. */
function option(type: number, length: number, data?: Uint8Array, at = 2): Uint8Array {
  const units = Math.ceil(length / 8);
  const out = new Uint8Array(8 * units);
  out[0] = type;
  out[1] = units;
  if (data !== undefined) out.set(data, at);
  return out;
}

function macOption(type: number, { bits }: Mac): Uint8Array {
  const out = option(type, 8);
  viewOf(out).setUint16(2, Math.floor(bits / 2 ** 32));
  viewOf(out).setUint32(4, bits % 2 ** 32);
  return out;
}

function prefixOption({ prefix, length, onLink, autonomous, valid, preferred }: PrefixInformation): Uint8Array {
  const out = option(ND_OPTION.prefix, 32);
  const view = viewOf(out);
  out[2] = length;
  out[3] = (onLink ? 0x80 : 0) | (autonomous ? 0x40 : 0);
  view.setUint32(4, valid);
  view.setUint32(8, preferred);
  writeAddress6(view, 16, prefix);
  return out;
}

/** One option: its type and all its octets, the two of type and length too. */
export interface NdOption {
  readonly type: number;
  readonly octets: Uint8Array;
}

/** The options of a message; null when one has no length or is cut short: then the message is to be dropped. */
export function ndOptions(icmp: Icmp6): NdOption[] | null {
  const options: NdOption[] = [];
  const { data } = icmp;
  for (let at = FIXED[icmp.type] ?? 0; at < data.length; ) {
    const length = (data[at + 1] ?? 0) * 8;
    if (length === 0 || at + length > data.length) return null;
    options.push({ type: data[at]!, octets: data.subarray(at, at + length) });
    at += length;
  }
  return options;
}

/** Reads a message of neighbour discovery; null when it is none, or malformed. */
export function ndMessage(icmp: Icmp6): NdMessage | null {
  const { type, code, rest, data } = icmp;
  const fixed = FIXED[type];
  if (fixed === undefined || code !== 0 || data.length < fixed) return null;
  const options = ndOptions(icmp);
  if (options === null) return null;
  const view = viewOf(data);
  const sourceMac = macIn(options, ND_OPTION.sourceMac);
  const targetMac = macIn(options, ND_OPTION.targetMac);
  const source = sourceMac && { sourceMac };
  if (type === ICMP6.routerSolicitation) return { kind: "router solicitation", ...source };
  if (type === ICMP6.routerAdvertisement) return routerAdvertisement(rest, view, options, sourceMac);
  const target = readAddress6(view, 0);
  if (type === ICMP6.redirect) {
    const quoted = find(options, ND_OPTION.redirected)?.slice(8);
    const destination = readAddress6(view, 16);
    return { kind: "redirect", target, destination, ...(targetMac && { targetMac }), ...(quoted && { quoted }) };
  }
  if (type === ICMP6.neighbourSolicitation) {
    const nonce = find(options, ND_OPTION.nonce)?.slice(2);
    return { kind: "neighbour solicitation", target, ...source, ...(nonce && { nonce }) };
  }
  const flag = (bit: number) => (rest & (1 << bit)) !== 0;
  const flags = { router: flag(31), solicited: flag(30), override: flag(29) };
  return { kind: "neighbour advertisement", target, ...flags, ...(targetMac && { targetMac }) };
}

function routerAdvertisement(
  rest: number,
  view: DataView,
  options: readonly NdOption[],
  sourceMac: Mac | undefined,
): RouterAdvertisement {
  const mtu = find(options, ND_OPTION.mtu);
  return {
    kind: "router advertisement",
    hopLimit: rest >>> 24,
    managed: (rest & 0x800000) !== 0,
    other: (rest & 0x400000) !== 0,
    lifetime: rest & 0xffff,
    reachableTime: view.getUint32(0),
    retransTimer: view.getUint32(4),
    ...(sourceMac && { sourceMac }),
    ...(mtu && { mtu: viewOf(mtu).getUint32(4) }),
    prefixes: options.flatMap(({ type, octets }) =>
      type === ND_OPTION.prefix && octets.length === 32 ? [prefixInformation(octets)] : [],
    ),
  };
}

/** Reads the octets of a prefix option. */
export function prefixInformation(octets: Uint8Array): PrefixInformation {
  const view = viewOf(octets);
  return {
    prefix: readAddress6(view, 16),
    length: octets[2]!,
    onLink: (octets[3]! & 0x80) !== 0,
    autonomous: (octets[3]! & 0x40) !== 0,
    valid: view.getUint32(4),
    preferred: view.getUint32(8),
  };
}

/** The first option of a type. */
function find(options: readonly NdOption[], type: number): Uint8Array | undefined {
  return options.find((each) => each.type === type)?.octets;
}

function macIn(options: readonly NdOption[], type: number): Mac | undefined {
  const octets = find(options, type);
  return octets?.length === 8 ? Mac.of(get48(viewOf(octets), 2)) : undefined;
}
