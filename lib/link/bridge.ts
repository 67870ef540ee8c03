// A learning bridge: which port does a frame leave by?
// Before you edit: net/bridge/br_input.c (br_handle_frame_finish), br_fdb.c, br_forward.c, br_stp_if.c.
import { SECOND } from "../trace/world.ts";
import { type Mac, ZERO_MAC } from "../wire/mac.ts";
import type { Device } from "./device.ts";

/** How long a learned address is kept unseen: 300 s, the default of `ageing_time`. */
export const AGEING_TIME = 300 * SECOND;

const ETHERNET_MTU = 1500;

export interface FdbEntry {
  readonly mac: Mac;
  /** The port, or the bridge itself for its own address. */
  port: Device;
  /** An address of the bridge or of a port: frames to it go up into the namespace. */
  readonly local: boolean;
  /** Virtual time when a frame with this source last came in. */
  updated: number;
}

/** What a bridge is beyond being a device. */
export interface BridgeState {
  /** Newest first, as the kernel keeps them and floods to them. */
  readonly ports: Device[];
  readonly fdb: Map<Mac, FdbEntry>;
  hadPorts: boolean;
}

export function bridgeState(): BridgeState {
  return { ports: [], fdb: new Map(), hadPorts: false };
}

/** The entry for a MAC, unless it has aged out. */
export function fdbFind(bridge: BridgeState, mac: Mac, now: number): FdbEntry | undefined {
  const entry = bridge.fdb.get(mac);
  if (entry === undefined || entry.local || now - entry.updated < AGEING_TIME) return entry;
  bridge.fdb.delete(mac);
  return undefined;
}

/** What learning did: nothing new, a new entry, or an entry that moved to another port. */
export type Learned = "known" | "new" | "moved" | "own address";

/** Notes that `mac` was seen as a source on `port`. */
export function fdbLearn(bridge: BridgeState, port: Device, mac: Mac, now: number): Learned {
  if (mac.isGroup || mac === ZERO_MAC) return "known";
  const entry = bridge.fdb.get(mac);
  if (entry === undefined) {
    bridge.fdb.set(mac, { mac, port, local: false, updated: now });
    return "new";
  }
  if (entry.local) return "own address";
  const aged = now - entry.updated >= AGEING_TIME;
  entry.updated = now;
  if (entry.port === port) return aged ? "new" : "known";
  entry.port = port;
  return "moved";
}

/** The ports a flooded frame leaves by: all that run, not the one it came in by. */
export function floodPorts(bridge: BridgeState, from: Device | null): Device[] {
  return bridge.ports.filter((port) => port !== from && port.running);
}

/** Makes `port` a port of `bridge`; the bridge takes the lowest MAC of its ports unless one was set by hand. */
export function addPort(bridge: Device, port: Device): void {
  const state = bridge.bridge!;
  const isFirst = !state.hadPorts;
  state.ports.unshift(port);
  state.hadPorts = true;
  port.master = bridge;
  state.fdb.set(port.mac, { mac: port.mac, port, local: true, updated: 0 });
  if (!bridge.macIsSet && (isFirst || port.mac.bits < bridge.mac.bits)) recalculate(bridge);
  if (!bridge.mtuIsSet) bridge.mtu = state.ports.length === 1 ? port.mtu : Math.min(bridge.mtu, port.mtu);
}

/** Takes `port` out of its bridge, with what was learned behind it. */
export function removePort(port: Device): void {
  const bridge = port.master!;
  const state = bridge.bridge!;
  state.ports.splice(state.ports.indexOf(port), 1);
  for (const [mac, entry] of state.fdb) if (entry.port === port) state.fdb.delete(mac);
  port.master = null;
  recalculate(bridge);
  adjustMtu(bridge);
}

/** A bridge has the least MTU of its ports unless one was set by hand (br_mtu_auto_adjust). */
export function adjustMtu(bridge: Device): void {
  if (bridge.mtuIsSet) return;
  const { ports } = bridge.bridge!;
  bridge.mtu = ports.length === 0 ? ETHERNET_MTU : Math.min(...ports.map((port) => port.mtu));
}

/** Forgets what was learned behind a port that went down (br_fdb_delete_by_port). */
export function forgetLearned(port: Device): void {
  const { fdb } = port.master!.bridge!;
  for (const [mac, entry] of fdb) if (entry.port === port && !entry.local) fdb.delete(mac);
}

/** The bridge's own MAC and the local entries of the fdb, after ports or MACs changed. */
export function recalculate(bridge: Device): void {
  const state = bridge.bridge!;
  if (!bridge.macIsSet && state.hadPorts) {
    const macs = state.ports.map((port) => port.mac);
    bridge.mac = macs.reduce((low, mac) => (mac.bits < low.bits ? mac : low), macs[0] ?? ZERO_MAC);
  }
  for (const [mac, entry] of state.fdb) if (entry.local) state.fdb.delete(mac);
  const local = (port: Device) => state.fdb.set(port.mac, { mac: port.mac, port, local: true, updated: 0 });
  local(bridge);
  for (const port of state.ports) local(port);
}
