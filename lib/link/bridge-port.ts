// A port of a bridge: its switches, its state, and the VLANs it belongs to.
// Before you edit: net/bridge/br_if.c (new_nbp, port_cost, find_portno), br_netlink.c (br_setport, br_set_port_state),
// br_vlan.c (__vlan_add, __br_vlan_set_default_pvid), include/uapi/linux/if_link.h (IFLA_BRPORT_*).
import type { Device } from "./device.ts";

/** What `bridge link set` turns on and off. */
export interface PortFlags {
  /** Frames may leave by the port they came in by. */
  readonly hairpin: boolean;
  /** Sources are noted. */
  readonly learning: boolean;
  /** Frames whose destination is not known leave by this port. */
  readonly flood: boolean;
  readonly mcastFlood: boolean;
  readonly bcastFlood: boolean;
  /** Nothing goes from one isolated port to another. */
  readonly isolated: boolean;
  /** Only sources that the table has behind this port may come in. */
  readonly locked: boolean;
}

export const PORT_FLAGS: PortFlags = {
  hairpin: false,
  learning: true,
  flood: true,
  mcastFlood: true,
  bcastFlood: true,
  isolated: false,
  locked: false,
};

/** By their number, as BR_STATE_*. */
export const PORT_STATES = ["disabled", "listening", "learning", "forwarding", "blocking"] as const;
/** Without STP nothing stays blocking: the bridge makes it forwarding at once (br_port_state_selection). */
export type PortState = Exclude<(typeof PORT_STATES)[number], "blocking">;

export const VLAN_MAX = 4094;

/** The VLANs of a port, or of the bridge itself: a value that is shared until somebody changes it. */
export interface Vlans {
  /** The VLAN of what comes in without a tag; 0: it is not taken. */
  readonly pvid: number;
  /** The VLANs in the order they were added, and whether their frames leave without a tag. */
  readonly members: ReadonlyMap<number, boolean>;
}

const ONE: Vlans = { pvid: 1, members: new Map([[1, true]]) };
const NO_VLANS: Vlans = { pvid: 0, members: new Map() };

/** What a port begins with: the bridge's `vlan_default_pvid`, untagged. */
export function defaultVlans(pvid: number): Vlans {
  return pvid === 1 ? ONE : pvid === 0 ? NO_VLANS : { pvid, members: new Map([[pvid, true]]) };
}

/** Adds a VLAN, or changes how it is a member: what is not said to be the PVID is it no longer. */
export function addVlan({ pvid, members }: Vlans, vlan: number, isPvid: boolean, untagged: boolean): Vlans {
  return { pvid: isPvid ? vlan : pvid === vlan ? 0 : pvid, members: new Map([...members, [vlan, untagged]]) };
}

export function deleteVlan({ pvid, members }: Vlans, vlan: number): Vlans {
  return { pvid: pvid === vlan ? 0 : pvid, members: new Map([...members].filter(([each]) => each !== vlan)) };
}

/** Whether nobody touched what the default PVID gave, so that another one may take its place (vlan_default_pvid). */
export function hasDefault({ pvid, members }: Vlans, vlan: number): boolean {
  return pvid === vlan && members.get(vlan) === true;
}

/** What a device is as a port of a bridge. */
export interface BridgePort {
  /** From 1; the lowest that was free. */
  readonly number: number;
  flags: PortFlags;
  /** As set by hand, or "forwarding"; whether it counts, `portState` says. */
  state: PortState;
  vlans: Vlans;
  /** Of STP, which is off: they are only shown. */
  cost: number;
  priority: number;
}

export function bridgePort(device: Device, number: number, pvid: number): BridgePort {
  const vlans = defaultVlans(pvid);
  return { number, flags: PORT_FLAGS, state: "forwarding", vlans, cost: pathCost(device), priority: 32 };
}

/** What STP thinks of a cable of the device's speed: a veth says it has 10 Gbit/s, a pseudo device says nothing. */
function pathCost({ kind, vxlan }: Device): number {
  const lower = vxlan?.lower ?? null;
  if (lower !== null) return pathCost(lower);
  return kind === "veth" || kind === "nic" ? 2 : 100;
}

/** The state a port is in: without carrier, or while its bridge is down, it is disabled (br_stp_disable_port). */
export function portState({ port, master, running }: Device): PortState {
  return running && master!.up ? port!.state : "disabled";
}

/** `bridge link set`: null, or why not. The switches come first, and stay even when the rest is refused (br_setport). */
export function setPort(
  device: Device,
  change: {
    readonly flags: Partial<PortFlags>;
    readonly cost?: number;
    readonly priority?: number;
    /** One of PORT_STATES. */
    readonly state?: number;
  },
): "ERANGE" | "EINVAL" | "ENETDOWN" | null {
  const port = device.port!;
  const { flags, cost, priority, state } = change;
  port.flags = { ...port.flags, ...flags };
  if (cost !== undefined && (cost < 1 || cost > 65535)) return "ERANGE";
  port.cost = cost ?? port.cost;
  if (priority !== undefined && (priority < 0 || priority > 63)) return "ERANGE";
  port.priority = priority ?? port.priority;
  if (state === undefined) return null;
  const named = PORT_STATES[state];
  if (named === undefined) return "EINVAL";
  if (!device.up || (named !== "disabled" && !device.running)) return "ENETDOWN";
  const bridge = device.master!;
  const { carrier } = bridge;
  port.state = named === "blocking" ? "forwarding" : named;
  if (bridge.carrier !== carrier) bridge.owner.changed(bridge);
  return null;
}
