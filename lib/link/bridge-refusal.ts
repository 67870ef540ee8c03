// Why a frame does not leave by a port of a bridge, and the entries that say so.
// Before you edit: net/bridge/br_forward.c (should_deliver, br_flood).
import type { Evidence, Tried } from "../trace/step.ts";
import type { Mac } from "../wire/mac.ts";
import { portState } from "./bridge-port.ts";
import { vlansText } from "./bridge-vlan.ts";
import type { Device } from "./device.ts";

export type FloodFlag = "flood" | "mcastFlood" | "bcastFlood";
type Refusal = "source" | "state" | "vlan" | "isolated" | FloodFlag;

/** Why a frame does not leave by a port, or null: it does (should_deliver, br_flood). */
export function refusal(to: Device, from: Device | null, vlan: number, flag: FloodFlag | null): Refusal | null {
  const { flags, state, vlans } = to.port!;
  if (to === from && !flags.hairpin) return "source";
  if (state !== "forwarding" || !to.running) return "state";
  if (vlan !== 0 && !vlans.members.has(vlan)) return "vlan";
  if (flag !== null && !flags[flag]) return flag;
  return from !== null && flags.isolated && from.port!.flags.isolated ? "isolated" : null;
}

/** What would have to be otherwise for a frame to leave by the port, in the words of `bridge -d link`. */
const WANTED: Readonly<Record<Refusal, readonly [field: string, wanted: string]>> = {
  source: ["hairpin", "on"],
  state: ["state", "forwarding"],
  vlan: ["vlan", "member"],
  isolated: ["isolated", "off"],
  flood: ["flood", "on"],
  mcastFlood: ["mcast_flood", "on"],
  bcastFlood: ["bcast_flood", "on"],
};

/** The same for the trace: the switch, what it would have to be, what it is. */
export function tried(why: Refusal, port: Device, vlan: number): Tried {
  const [field, wanted] = WANTED[why];
  if (why === "vlan") return { text: port.name, field, wanted: `${vlan}`, had: vlansText(port.port!.vlans) };
  const had = why === "state" ? portState(port) : wanted === "on" ? "off" : "on";
  return { text: port.name, field, wanted, had };
}

/** What the bridge learned, as `bridge fdb` prints it. */
export function fdbEvidence(mac: Mac, port: string, bridge: string, vlan: number): Evidence {
  const text = `${mac} dev ${port}${vlan === 0 ? "" : ` vlan ${vlan}`} master ${bridge}`;
  return { kind: "fdb", text, command: `bridge fdb show br ${bridge}` };
}

/** The port with its state, as `bridge -d link` prints it. */
export function portEvidence(port: Device): Evidence {
  const { flags } = port.port!;
  const text = `${port.name} master ${port.master!.name} state ${portState(port)}${flags.locked ? " locked on" : ""}`;
  return { kind: "link", text, command: `bridge -d link show dev ${port.name}` };
}
