// A VXLAN device: frames for a MAC go in datagrams to the address its table says.
// Before you edit: drivers/net/vxlan/vxlan_core.c (vxlan_find_mac, vxlan_fdb_update, vxlan_snoop, vxlan_cleanup,
// vxlan_config_apply), RFC 7348 §4. The kernel looks for aged entries every 10 s; here they are gone at their second.
import { SECOND } from "../trace/world.ts";
import type { Ipv4 } from "../wire/address.ts";
import { type Mac, ZERO_MAC } from "../wire/mac.ts";
import { VXLAN_OVERHEAD } from "../wire/vxlan.ts";
import type { Device, Owner } from "./device.ts";

/** Where a frame goes: an address, and what of the device's own settings holds for it alone. */
export interface VxlanRemote {
  readonly address: Ipv4;
  /** Null: the device's port, network and way. */
  readonly port: number | null;
  readonly vni: number | null;
  readonly via: Device | null;
}

/** NUD_PERMANENT, NUD_NOARP, NUD_REACHABLE: only the last ages, and is learned. */
export type VxlanEntryState = "permanent" | "static" | "reachable";

export interface VxlanEntry {
  readonly mac: Mac;
  state: VxlanEntryState;
  /** More than one only for a frame that is flooded. */
  remotes: VxlanRemote[];
  /** When it was last learned or asked for. */
  used: number;
}

/** How much of a header is taken from the packet inside. */
export type Inherit = number | "inherit";

export interface VxlanSettings {
  readonly vni: number;
  readonly local: Ipv4 | null;
  readonly remote: Ipv4 | null;
  readonly port: number;
  readonly sourcePorts: { readonly low: number; readonly high: number };
  readonly learning: boolean;
  /** 0: as the namespace sends by itself. */
  readonly ttl: Inherit;
  readonly tos: Inherit;
  readonly df: "unset" | "set" | "inherit";
  /** Seconds an entry is kept unused. */
  readonly ageing: number;
  readonly udpChecksum: boolean;
  /** Who sends says to whom and of which network each frame is, and is told it of what comes (IFLA_VXLAN_COLLECT_METADATA). */
  readonly external?: boolean;
}

/** What a VXLAN device is beyond being a device. */
export interface VxlanState extends VxlanSettings {
  /** The device below, by which it goes if the table does not say otherwise. */
  readonly lower: Device | null;
  /** The namespace it was made in: its datagrams go through that one, wherever the device is now. */
  readonly underlay: Owner;
  /** Newest last. */
  readonly fdb: Map<Mac, VxlanEntry>;
}

export const VXLAN_DEFAULTS = {
  local: null,
  remote: null,
  sourcePorts: { low: 0, high: 0 },
  learning: true,
  ttl: 0,
  tos: 0,
  df: "unset",
  ageing: 300,
  udpChecksum: true,
} as const satisfies Partial<VxlanSettings>;

export function vxlanState(settings: VxlanSettings, lower: Device | null, underlay: Owner): VxlanState {
  const fdb = new Map<Mac, VxlanEntry>();
  const { remote } = settings;
  if (remote !== null)
    fdb.set(ZERO_MAC, {
      mac: ZERO_MAC,
      state: "permanent",
      remotes: [{ address: remote, port: null, vni: null, via: lower }],
      used: 0,
    });
  return { ...settings, lower, underlay, fdb };
}

/** The largest MTU: what the device below leaves. */
export function vxlanMtu(lower: Device | null): number {
  return lower === null ? 65535 : Math.max(68, lower.mtu - VXLAN_OVERHEAD);
}

/** The entry of a MAC, unless it has aged out. */
export function vxlanFind(state: VxlanState, mac: Mac, now: number): VxlanEntry | undefined {
  const entry = state.fdb.get(mac);
  if (entry === undefined || entry.state !== "reachable" || now - entry.used < state.ageing * SECOND) return entry;
  state.fdb.delete(mac);
  return undefined;
}

/** Entries as a dump has them: the newest first, aged ones gone. */
export function vxlanEntries(state: VxlanState, now: number): VxlanEntry[] {
  return [...state.fdb.keys()].flatMap((mac) => vxlanFind(state, mac, now) ?? []).reverse();
}

/** What a frame that came in by `address` taught: nothing, a new entry, one that moved, or that it cannot be true. */
export function vxlanLearn(
  state: VxlanState,
  mac: Mac,
  address: Ipv4,
  now: number,
): "known" | "new" | "moved" | "refused" {
  const entry = vxlanFind(state, mac, now);
  const remote = { address, port: null, vni: null, via: null };
  if (entry === undefined) {
    state.fdb.set(mac, { mac, state: "reachable", remotes: [remote], used: now });
    return "new";
  }
  entry.used = now;
  if (entry.remotes[0]?.address === address) return "known";
  if (entry.state !== "reachable") return "refused";
  entry.remotes = [remote];
  return "moved";
}

/** What was learned is forgotten when the device goes down (vxlan_flush). */
export function vxlanForget({ fdb }: VxlanState): void {
  for (const [mac, { state }] of fdb) if (state === "reachable") fdb.delete(mac);
}

/** An entry as `bridge fdb show` prints it, without the device. */
export function remoteText(mac: Mac, { address, port, vni }: VxlanRemote): string {
  return `${mac} dst ${address}${port === null ? "" : ` port ${port}`}${vni === null ? "" : ` vni ${vni}`}`;
}
