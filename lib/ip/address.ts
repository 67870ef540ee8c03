// Addresses of a device, and which of them a packet gets as its source.
// Before you edit: net/ipv4/devinet.c (inet_insert_ifa, inet_select_addr), net/ipv4/fib_frontend.c (fib_add_ifaddr).
import { SECOND } from "../trace/world.ts";
import { type Ipv4, Prefix4 } from "../wire/address.ts";

/** Scopes as Linux numbers them: the larger, the nearer. */
export const SCOPE = { global: 0, link: 253, host: 254 } as const;
export type Scope = keyof typeof SCOPE;

/** How long an address is there, and how long it may be chosen as a source. */
export interface Lifetime {
  /** Seconds from `since`; null is for ever, and then nothing else of it counts but a `preferred` of 0. */
  readonly valid: number | null;
  readonly preferred: number | null;
  /** Virtual time in nanoseconds. */
  readonly since: number;
}

export interface InterfaceAddress {
  readonly local: Ipv4;
  /** The address at the other end, whose network this is; without one it is `local` itself (ifa_address). */
  readonly peer: Ipv4;
  readonly length: number;
  readonly broadcast: Ipv4 | null;
  readonly scope: Scope;
  readonly label: string;
  /** Not the first of its network on this device: it is no source for routes and goes when the first one goes. */
  readonly secondary: boolean;
  /** It brings no route to its network. */
  readonly noPrefixRoute: boolean;
  /** The metric of the route it brings. */
  readonly metric: number;
  readonly lifetime: Lifetime | null;
}

/** What is left of an address's life: seconds, null for ever. Deprecated addresses are marked, and used all the same. */
export interface LifeLeft {
  readonly valid: number | null;
  readonly preferred: number | null;
  readonly deprecated: boolean;
}

const FOR_EVER: LifeLeft = { valid: null, preferred: null, deprecated: false };

export function lifeLeft({ lifetime }: InterfaceAddress, now: number): LifeLeft {
  if (lifetime === null) return FOR_EVER;
  const { valid, preferred, since } = lifetime;
  if (valid === null) return preferred === 0 ? { ...FOR_EVER, deprecated: true } : FOR_EVER;
  const age = Math.floor((now - since) / SECOND);
  const left = preferred === null ? null : Math.max(0, preferred - age);
  // What ends with its life goes before anybody marks it (check_lifetime).
  return { valid: Math.max(0, valid - age), preferred: left, deprecated: left === 0 && preferred !== valid };
}

/** A longer list is gone through once for all: the kernel has a hash, too (inet_addr_lst). */
const SHORT = 16;
const sets = new WeakMap<readonly InterfaceAddress[], ReadonlySet<Ipv4>>();

/** Whether one of a device's addresses is this one. */
export function hasLocal(addresses: readonly InterfaceAddress[], local: Ipv4): boolean {
  if (addresses.length > SHORT) {
    let set = sets.get(addresses);
    if (set === undefined) {
      set = new Set(addresses.map((each) => each.local));
      sets.set(addresses, set);
    }
    return set.has(local);
  }
  for (let i = 0; i < addresses.length; i++) if (addresses[i]!.local === local) return true;
  return false;
}

/** The network an address is in: 10.244.1.0/24 of 10.244.1.5/24; with a peer, the network of that. */
export function networkOf(address: InterfaceAddress): Prefix4 {
  return Prefix4.of(address.peer, address.length);
}

/** Whether a new address has its network on the device already (then it is secondary). */
export function isSecondary(addresses: readonly InterfaceAddress[], peer: Ipv4, length: number): boolean {
  const network = new Prefix4(peer, length);
  return addresses.some((a) => !a.secondary && a.length === length && network.contains(a.peer));
}

/** The list with one more where the kernel keeps it: primaries first, the nearest scope first (inet_insert_ifa). */
export function withAddress(addresses: readonly InterfaceAddress[], address: InterfaceAddress): InterfaceAddress[] {
  let at = addresses.length;
  if (!address.secondary) {
    at = 0;
    for (const [i, each] of addresses.entries())
      if (!each.secondary && SCOPE[address.scope] <= SCOPE[each.scope]) at = i + 1;
  }
  return addresses.toSpliced(at, 0, address);
}

/**
 * The source address for a packet that leaves by a device: the first primary one in the target's network, else
 * the first primary one whose scope allows it.
 */
export function selectSource(
  addresses: readonly InterfaceAddress[],
  target: Ipv4 | null,
  scope: Scope,
  routesLocalnet = false,
): Ipv4 | null {
  let first: Ipv4 | null = null;
  for (const address of addresses) {
    // With route_localnet an address of scope host is as good as one of the link.
    const near = routesLocalnet ? Math.min(SCOPE[address.scope], SCOPE.link) : SCOPE[address.scope];
    if (address.secondary || near > SCOPE[scope]) continue;
    if (target === null || networkOf(address).contains(target)) return address.local;
    first ??= address.local;
  }
  return first;
}
