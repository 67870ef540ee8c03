// IPv6 addresses of a device, and which of all a packet gets as its source.
// Before you edit: RFC 6724, net/ipv6/addrconf.c (ipv6_link_dev_addr, ipv6_dev_get_saddr, ipv6_get_saddr_eval),
// addrconf_core.c (__ipv6_addr_type), addrlabel.c (ip6addrlbl_init_table).
import { SECOND } from "../trace/world.ts";
import { type Ipv6, Prefix6, prefix6 } from "../wire/address6.ts";
import type { LifeLeft, Lifetime } from "./address.ts";

/** How far an address reaches, as `ip addr` names it. */
export type Scope6 = "global" | "site" | "link" | "host";

/** An address of a device (struct inet6_ifaddr). */
export interface InterfaceAddress6 {
  readonly local: Ipv6;
  /** The address at the other end of the link, or null. */
  peer: Ipv6 | null;
  readonly length: number;
  /** It may be another's yet: nothing is sent from it, and nothing received for it. */
  tentative: boolean;
  /** Another has it, so it stays tentative. */
  dadFailed: boolean;
  /** `nodad`: taken without asking. */
  noDad: boolean;
  /** `noprefixroute`: it brings no route to its network. */
  noPrefixRoute: boolean;
  /** preferred_lft is over: it answers, and is no source as long as there is another. */
  deprecated: boolean;
  /** The metric of the route it brings; 0 stands for the usual 256. */
  metric: number;
  /** Unlike IPv4's, an address that is there for ever may cease to be preferred. */
  lifetime: Lifetime | null;
}

/** What is left of an address's life, as `ip addr` shows it (inet6_fill_ifaddr). */
export function lifeLeft6({ lifetime, deprecated }: InterfaceAddress6, now: number): LifeLeft {
  if (lifetime === null) return { valid: null, preferred: null, deprecated };
  const age = Math.floor((now - lifetime.since) / SECOND);
  const left = (seconds: number | null) => (seconds === null ? null : Math.max(0, seconds - age));
  return { valid: left(lifetime.valid), preferred: left(lifetime.preferred), deprecated };
}

/** The network of an address: 2001:db8::/64 of 2001:db8::5/64. */
export function network6Of({ local, length }: InterfaceAddress6): Prefix6 {
  return new Prefix6(local, length);
}

/** The scope that is printed (rtm_scope of inet6_fill_ifaddr). */
export function scope6Of(address: Ipv6): Scope6 {
  if (address.isLoopback) return "host";
  if (address.isLinkLocal) return "link";
  return isSiteLocal(address) ? "site" : "global";
}

/** fec0::/10, deprecated by RFC 3879 and known all the same. */
function isSiteLocal(address: Ipv6): boolean {
  return address.w0 >>> 22 === 0xfec0 >>> 6;
}

/** The scope as a number of RFC 4291 §2.7; a loopback address counts as link-local (ipv6_addr_src_scope). */
export function scopeNumber(address: Ipv6): number {
  if (address.isMulticast) return (address.w0 >>> 16) & 15;
  if (address.isUnspecified) return 1;
  if (address.isLinkLocal || address.isLoopback) return 2;
  return isSiteLocal(address) ? 5 : 14;
}

/** Such an address means something only together with a device (rt6_need_strict). */
export function needsScope(address: Ipv6): boolean {
  return address.isMulticast || address.isLinkLocal || address.isLoopback;
}

/** Puts an address where the kernel keeps it: the widest scope first, the newest first among those of one scope. */
export function insertAddress6(addresses: InterfaceAddress6[], address: InterfaceAddress6): void {
  const scope = scopeNumber(address.local);
  const at = addresses.findIndex(({ local }) => scope >= scopeNumber(local));
  addresses.splice(at === -1 ? addresses.length : at, 0, address);
}

/** RFC 6724 §2.1 as Linux has it: addresses of one label go together. The longest prefix counts. */
const LABELS: readonly (readonly [network: Prefix6, label: number])[] = [
  [prefix6("::1/128"), 0],
  [prefix6("::ffff:0:0/96"), 4],
  [prefix6("::/96"), 3],
  [prefix6("2001::/32"), 6],
  [prefix6("2001:10::/28"), 7],
  [prefix6("2002::/16"), 2],
  [prefix6("3ffe::/16"), 12],
  [prefix6("fec0::/10"), 11],
  [prefix6("fc00::/7"), 5],
];
const ORCHID = prefix6("2001:10::/28");

function labelOf(address: Ipv6): number {
  return LABELS.find(([network]) => network.contains(address))?.[1] ?? 1;
}

/** How many leading bits two addresses have in common. */
export function commonBits(a: Ipv6, b: Ipv6): number {
  if (a.w0 !== b.w0) return Math.clz32(a.w0 ^ b.w0);
  if (a.w1 !== b.w1) return 32 + Math.clz32(a.w1 ^ b.w1);
  if (a.w2 !== b.w2) return 64 + Math.clz32(a.w2 ^ b.w2);
  return 96 + Math.clz32(a.w3 ^ b.w3);
}

/** An address that may become the source, with the device that has it. */
export interface Candidate<Device> {
  readonly address: InterfaceAddress6;
  readonly device: Device;
}

/** Why the chosen address won against the one it was compared with last. */
export interface SourceChoice<Device> extends Candidate<Device> {
  readonly rule: string;
}

type Score = (candidate: Candidate<unknown>, target: Ipv6, device: unknown) => number;

/** The rules of RFC 6724 §5 in the order of enum IPV6_SADDR_RULE_*; the greater number wins. */
const RULES: readonly (readonly [name: string, score: Score])[] = [
  ["it is the destination itself", ({ address }, target) => (address.local === target ? 1 : 0)],
  [
    "its scope fits the destination's best",
    ({ address }, target) => {
      const scope = scopeNumber(address.local);
      return scope >= scopeNumber(target) ? -scope : scope - 128;
    },
  ],
  ["it is not deprecated", ({ address }) => (address.deprecated ? 0 : 1)],
  [
    "it is on the device the packet leaves by",
    (each, _, device) => (device === null || each.device === device ? 1 : 0),
  ],
  ["its label is the destination's", ({ address }, target) => (labelOf(address.local) === labelOf(target) ? 1 : 0)],
  [
    "it is an identity as the destination is",
    ({ address }, target) => (ORCHID.contains(address.local) === ORCHID.contains(target) ? 1 : 0),
  ],
  [
    "it has the longest prefix in common with the destination",
    ({ address }, target) => Math.min(address.length, commonBits(address.local, target)),
  ],
];

/**
 * The source for a packet to `target` that leaves by `device` (null: not known). Candidates come in the order of their
 * devices and addresses; of equal ones the first wins. Null when there is none.
 */
export function selectSource6<Device>(
  candidates: readonly Candidate<Device>[],
  target: Ipv6,
  device: Device | null,
): SourceChoice<Device> | null {
  let best: SourceChoice<Device> | null = null;
  for (const candidate of candidates) {
    if (candidate.address.tentative) continue;
    if (best === null) {
      best = { ...candidate, rule: "there is no other" };
      continue;
    }
    for (const [rule, score] of RULES) {
      const difference: number = score(candidate, target, device) - score(best, target, device);
      if (difference === 0) continue;
      best = difference > 0 ? { ...candidate, rule } : { ...best, rule };
      break;
    }
  }
  return best;
}
