// An IPIP device: a packet goes in another packet. Without a remote address of its own (tunl0) it goes to the next hop
// that the route says.
// Before you edit: net/ipv4/ipip.c, ip_tunnel.c (ip_tunnel_lookup, ip_tunnel_bind_dev, __ip_tunnel_change_mtu), RFC 2003.
import type { Ipv4 } from "../wire/address.ts";
import { FOU_OVERHEAD, GUE_OVERHEAD } from "../wire/gue.ts";
import type { Device, Owner } from "./device.ts";
import type { Inherit } from "./vxlan.ts";

const IPV4_HEADER = 20;

/** Octets of the outer headers: IPv4, and what `encap` says. */
export function ipipOverhead(encap: IpipEncap | null): number {
  if (encap === null) return IPV4_HEADER;
  return IPV4_HEADER + (encap.type === "gue" ? GUE_OVERHEAD : FOU_OVERHEAD);
}

/** A datagram around the packet: foo over UDP, with a GUE header or without. */
export interface IpipEncap {
  readonly type: "fou" | "gue";
  /** 0 is auto: by the flow inside. */
  readonly sourcePort: number;
  readonly port: number;
  readonly checksum: boolean;
}

export interface IpipSettings {
  readonly local: Ipv4 | null;
  readonly remote: Ipv4 | null;
  /** 0 is inherit. */
  readonly ttl: number;
  readonly tos: Inherit;
  /** DF on the outer header always; else as inside. */
  readonly pmtudisc: boolean;
  /** `ip tunnel` makes tunnels for IPv4 only (`ip/ip`), `ip link` for whatever comes (`any/ip`). */
  readonly proto: "any" | "ipip";
  readonly encap: IpipEncap | null;
}

/** What an IPIP device is beyond being a device. */
export interface IpipState extends IpipSettings {
  readonly lower: Device | null;
  /** The namespace it was made in. */
  readonly underlay: Owner;
  /** tunl0, which the module makes in every namespace and which takes what no other tunnel takes. */
  readonly fallback: boolean;
  /** Errors about its packets that no sender was told of yet, and when the last one came (err_count, err_time). */
  readonly failures: { count: number; last: number };
}

export const IPIP_DEFAULTS = {
  local: null,
  remote: null,
  ttl: 0,
  tos: 0,
  pmtudisc: true,
  proto: "any",
  encap: null,
} as const satisfies IpipSettings;

/** The MTU it begins with: that of the device its packets leave by, or Ethernet's, less the outer headers. */
export function ipipMtu(lower: Device | null, encap: IpipEncap | null): number {
  return Math.max(68, Math.min(lower?.mtu ?? 1500, 65535) - ipipOverhead(encap));
}

/**
 * The tunnel for a packet from `source` to `destination`: both addresses fit, or the remote, or the local one, or the
 * one that takes everything (ip_tunnel_lookup). Only tunnels that are up are asked.
 */
export function findTunnel(devices: Iterable<Device>, source: Ipv4, destination: Ipv4): Device | undefined {
  let best: Device | undefined;
  let least = 4;
  for (const device of devices) {
    const { ipip } = device;
    if (ipip === null || !device.up) continue;
    const { local, remote, fallback } = ipip;
    if ((remote !== null && remote !== source) || (local !== null && local !== destination)) continue;
    const rank = fallback ? 3 : remote === null ? (local === null ? 3 : 2) : local === null ? 1 : 0;
    if (rank >= least) continue;
    least = rank;
    best = device;
  }
  return best;
}
