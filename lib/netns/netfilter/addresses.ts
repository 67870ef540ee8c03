// Which address of the namespace a rule without one means.
// Before you edit: net/netfilter/nf_nat_masquerade.c, nf_nat_redirect.c, net/ipv4/devinet.c (inet_select_addr).
import { selectSource } from "../../ip/address.ts";
import type { Device } from "../../link/device.ts";
import { type Ip, Ipv4 } from "../../wire/address.ts";
import { LOOPBACK6 } from "../../wire/address6.ts";
import type { HookName } from "../hooks.ts";
import { sourceFor6 } from "../ipv6/decide.ts";
import type { Skb6 } from "../ipv6/skb6.ts";
import type { Netns } from "../netns.ts";
import { type AnySkb, isOf4 } from "./tracking.ts";

const LOOPBACK4 = Ipv4.of(0x7f000001);

/** -j MASQUERADE: the address of the device that the packet leaves by which its next hop would be told. */
export function masqueradeAddress(ns: Netns, skb: AnySkb): Ip | null {
  if (!isOf4(skb)) return sourceFor6(ns, (skb as Skb6).dst!, (skb as Skb6).packet.dst)?.src ?? null;
  const { device, dst, packet } = skb;
  const own = selectSource(
    ns.inet.get(device)?.addresses ?? [],
    // What a bridge passes on has no way (bridge_parent_rtable).
    dst?.via ?? packet.dst,
    "global",
    ns.sysctls.conf.of(device, "route_localnet") !== 0,
  );
  return own ?? elsewhere(ns, device);
}

/** A device without an address borrows the first one of another that is no mere address of a link. */
function elsewhere(ns: Netns, device: Device): Ip | null {
  for (const [other, { addresses }] of ns.inet) {
    if (other === device) continue;
    const found = addresses.find(({ secondary, scope }) => !secondary && scope === "global");
    if (found !== undefined) return found.local;
  }
  return null;
}

/** -j REDIRECT: loopback for what is made here, else the first address of the device it came in by. */
export function redirectAddress(ns: Netns, skb: AnySkb, hook: HookName): Ip | null {
  if (isOf4(skb)) return hook === "OUTPUT" ? LOOPBACK4 : (ns.inet.get(skb.device)?.addresses[0]?.local ?? null);
  if (hook === "OUTPUT") return LOOPBACK6;
  const { dst } = skb.packet;
  const addresses = [...ns.ipv6.of(skb.device).addresses];
  const isUsable = (address: (typeof addresses)[number]) => address.local.isLinkLocal === dst.isLinkLocal;
  return addresses.find(isUsable)?.local ?? null;
}
