// Addresses of a device, and which of them a packet gets as its source.
// Before you edit: net/ipv4/devinet.c (inet_insert_ifa, inet_select_addr), net/ipv4/fib_frontend.c (fib_add_ifaddr).
import { type Ipv4, Prefix4 } from "../wire/address.ts";

/** Scopes as Linux numbers them: the larger, the nearer. */
export const SCOPE = { global: 0, link: 253, host: 254 } as const;
export type Scope = keyof typeof SCOPE;

export interface InterfaceAddress {
  readonly local: Ipv4;
  readonly length: number;
  readonly broadcast: Ipv4 | null;
  readonly scope: Scope;
  readonly label: string;
  /** Not the first of its network on this device: it is no source for routes and goes when the first one goes. */
  readonly secondary: boolean;
}

/** The network an address is in: 10.244.1.0/24 of 10.244.1.5/24. */
export function networkOf(address: InterfaceAddress): Prefix4 {
  return Prefix4.of(address.local, address.length);
}

/** Whether a new address has its network on the device already (then it is secondary). */
export function isSecondary(addresses: readonly InterfaceAddress[], local: Ipv4, length: number): boolean {
  const network = new Prefix4(local, length);
  return addresses.some((a) => !a.secondary && a.length === length && network.contains(a.local));
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
