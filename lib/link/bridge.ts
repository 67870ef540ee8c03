// A learning bridge: its ports, its table, its settings. The way of a frame through it is in bridge-path.ts.
// Before you edit: net/bridge/br_fdb.c, br_if.c, br_stp_if.c, br_vlan.c.
import { SECOND } from "../trace/world.ts";
import { type Mac, ZERO_MAC } from "../wire/mac.ts";
import { addVlan, bridgePort, defaultVlans, deleteVlan, hasDefault, type Vlans } from "./bridge-port.ts";
import type { Device } from "./device.ts";

const ETHERNET_MTU = 1500;

export interface FdbEntry {
  readonly mac: Mac;
  /** The port, or the bridge itself for its own address. */
  port: Device;
  /** An address of the bridge or of a port: frames to it go up into the namespace. */
  readonly local: boolean;
  /** Set by hand to stay, `bridge fdb add MAC dev PORT master static`. */
  isStatic?: true;
  /** Virtual time when a frame with this source last came in. */
  updated: number;
}

/** What `ip link set BRIDGE type bridge` sets; a value that bridges share until somebody changes it. */
export interface BridgeSettings {
  /** How long a learned address is kept unseen, in nanoseconds. */
  readonly ageing: number;
  readonly vlanFiltering: boolean;
  /** The VLAN that ports belong to by themselves; 0: none. */
  readonly defaultPvid: number;
  /** Only shown: without a querier a multicast is flooded all the same. */
  readonly snooping: boolean;
}

export const BRIDGE_SETTINGS: BridgeSettings = {
  ageing: 300 * SECOND,
  vlanFiltering: false,
  defaultPvid: 1,
  snooping: true,
};

/** What a bridge is beyond being a device. */
export interface BridgeState {
  /** Newest first, as the kernel keeps them and floods to them. */
  readonly ports: Device[];
  /** What was learned without VLANs, and the addresses of its own. */
  readonly fdb: Map<Mac, FdbEntry>;
  /** What was learned in a VLAN, while the bridge filtered: a table for each. */
  readonly vlanFdb: Map<number, Map<Mac, FdbEntry>>;
  /** It had a port, or was given a MAC, so its carrier is what its ports have (br_port_state_selection). */
  hadPorts: boolean;
  settings: BridgeSettings;
  /** The VLANs of the namespace behind the bridge. */
  vlans: Vlans;
}

export function bridgeState(settings = BRIDGE_SETTINGS): BridgeState {
  const vlans = defaultVlans(settings.defaultPvid);
  return { ports: [], fdb: new Map(), vlanFdb: new Map(), hadPorts: false, settings, vlans };
}

function tableOf(bridge: BridgeState, vlan: number): Map<Mac, FdbEntry> | undefined {
  return vlan === 0 ? bridge.fdb : bridge.vlanFdb.get(vlan);
}

/** The table of a VLAN (0: none), made if there is none yet. */
export function fdbTable(bridge: BridgeState, vlan: number): Map<Mac, FdbEntry> {
  let table = tableOf(bridge, vlan);
  if (table === undefined) {
    table = new Map();
    bridge.vlanFdb.set(vlan, table);
  }
  return table;
}

/** Whether an entry still counts. */
export function isFresh({ settings }: BridgeState, entry: FdbEntry, now: number): boolean {
  return entry.local || entry.isStatic === true || now - entry.updated < settings.ageing;
}

/** The entry for a MAC in a VLAN (0: none), unless it has aged out. */
export function fdbFind(bridge: BridgeState, mac: Mac, now: number, vlan = 0): FdbEntry | undefined {
  const table = tableOf(bridge, vlan);
  const entry = table?.get(mac);
  if (entry === undefined) return vlan === 0 ? undefined : ownIn(bridge, mac, vlan);
  if (isFresh(bridge, entry, now)) return entry;
  table!.delete(mac);
  return undefined;
}

/** An address of its own is there for every VLAN of the port that has it (br_fdb_add_local). */
function ownIn(bridge: BridgeState, mac: Mac, vlan: number): FdbEntry | undefined {
  const entry = bridge.fdb.get(mac);
  if (!entry?.local) return undefined;
  const isMember = ({ mac: own, port }: Device) => own === mac && port!.vlans.members.has(vlan);
  return bridge.vlans.members.has(vlan) || bridge.ports.some(isMember) ? entry : undefined;
}

/** What learning did: nothing new, a new entry, or an entry that moved to another port. */
export type Learned = "known" | "new" | "moved" | "own address";

/** Notes that `mac` was seen as a source on `port` (br_fdb_update). */
export function fdbLearn(bridge: BridgeState, port: Device, mac: Mac, now: number, vlan = 0): Learned {
  if (bridge.settings.ageing === 0) return "known";
  const table = fdbTable(bridge, vlan);
  const entry = table.get(mac) ?? (vlan === 0 ? undefined : ownIn(bridge, mac, vlan));
  if (entry === undefined) {
    table.set(mac, { mac, port, local: false, updated: now });
    return "new";
  }
  if (entry.local) return "own address";
  const aged = !isFresh(bridge, entry, now);
  entry.updated = now;
  if (entry.port === port) return aged ? "new" : "known";
  entry.port = port;
  return "moved";
}

/** Makes `port` a port of `bridge`; the bridge takes the lowest MAC of its ports unless one was set by hand. */
export function addPort(bridge: Device, port: Device): void {
  const state = bridge.bridge!;
  const isFirst = state.ports.length === 0;
  port.port = bridgePort(port, freeNumber(state), state.settings.defaultPvid);
  state.ports.unshift(port);
  state.hadPorts = true;
  port.master = bridge;
  state.fdb.set(port.mac, { mac: port.mac, port, local: true, updated: 0 });
  if (!bridge.macIsSet && (isFirst || port.mac.bits < bridge.mac.bits)) recalculate(bridge);
  if (!bridge.mtuIsSet) bridge.mtu = state.ports.length === 1 ? port.mtu : Math.min(bridge.mtu, port.mtu);
}

/** The lowest number that no port has (find_portno): usually the next. */
function freeNumber({ ports }: BridgeState): number {
  if (ports.every(({ port }) => port!.number <= ports.length)) return ports.length + 1;
  const taken = new Set(ports.map(({ port }) => port!.number));
  let number = 1;
  while (taken.has(number)) number++;
  return number;
}

/** Takes `port` out of its bridge, with what was learned behind it. */
export function removePort(port: Device): void {
  const bridge = port.master!;
  const state = bridge.bridge!;
  state.ports.splice(state.ports.indexOf(port), 1);
  for (const table of [state.fdb, ...state.vlanFdb.values()])
    for (const [mac, entry] of table) if (entry.port === port) table.delete(mac);
  port.master = null;
  port.port = null;
  recalculate(bridge);
  adjustMtu(bridge);
}

/** A bridge has the least MTU of its ports unless one was set by hand (br_mtu_auto_adjust). */
export function adjustMtu(bridge: Device): void {
  if (bridge.mtuIsSet) return;
  const { ports } = bridge.bridge!;
  bridge.mtu = ports.length === 0 ? ETHERNET_MTU : Math.min(...ports.map((port) => port.mtu));
}

/** A port went down, or its bridge: what was learned behind it is forgotten, and its state too (br_stp_disable_port). */
export function disablePort(port: Device): void {
  port.port!.state = "forwarding";
  forgetLearned(port);
}

/** Forgets what was learned behind a port, in one VLAN or in all (br_fdb_delete_by_port). */
export function forgetLearned(port: Device, vlan?: number): void {
  const { fdb, vlanFdb } = port.master!.bridge!;
  const tables = vlan === undefined ? [fdb, ...vlanFdb.values()] : [vlanFdb.get(vlan) ?? new Map<Mac, FdbEntry>()];
  for (const table of tables)
    for (const [mac, entry] of table) if (entry.port === port && !entry.local && !entry.isStatic) table.delete(mac);
}

/** `vlan_default_pvid`: ports and bridge that have the old one as it was given get the new one in its place. */
export function setDefaultPvid(state: BridgeState, pvid: number): void {
  const old = state.settings.defaultPvid;
  const renewed = (vlans: Vlans) =>
    (old !== 0 && !hasDefault(vlans, old)) || vlans.members.has(pvid)
      ? vlans
      : pvid === 0
        ? deleteVlan(vlans, old)
        : addVlan(old === 0 ? vlans : deleteVlan(vlans, old), pvid, true, true);
  state.vlans = renewed(state.vlans);
  for (const port of state.ports) port.port!.vlans = renewed(port.port!.vlans);
  state.settings = { ...state.settings, defaultPvid: pvid };
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
  // Without ports a bridge has lost its MAC, and the table holds no such address (fdb_add_local).
  if (bridge.mac !== ZERO_MAC) local(bridge);
  for (const port of state.ports) local(port);
}
