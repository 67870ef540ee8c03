// VLAN filtering: to which VLAN does a frame belong, and with which tag does it leave?
// Before you edit: net/bridge/br_vlan.c (__allowed_ingress, br_allowed_egress, br_handle_vlan), IEEE 802.1Q.
import type { Evidence } from "../trace/step.ts";
import type { Frame } from "../wire/packet.ts";
import type { BridgeState } from "./bridge.ts";
import type { Vlans } from "./bridge-port.ts";
import type { Device } from "./device.ts";

/**
 * The VLAN of a frame that comes in where `vlans` says: its tag's, or the PVID when it has none (a tag of VLAN 0 says
 * only a priority). 0 while the bridge does not filter; null: it is not let in.
 */
export function ingress({ settings }: BridgeState, { pvid, members }: Vlans, { vlan }: Frame): number | null {
  if (!settings.vlanFiltering) return 0;
  const id = vlan === undefined || vlan.id === 0 ? pvid : vlan.id;
  return members.has(id) ? id : null;
}

/** The frame as it leaves where `vlans` says: a member that is "Egress Untagged" gets no tag. */
export function egress({ members }: Vlans, frame: Frame, id: number): Frame {
  const { dst, src, payload, vlan } = frame;
  if (members.get(id)) return vlan === undefined ? frame : { dst, src, payload };
  if (vlan?.id === id) return frame;
  return { dst, src, vlan: { id, priority: vlan?.priority ?? 0, dropEligible: vlan?.dropEligible ?? false }, payload };
}

/** `1 PVID Egress Untagged, 10`. */
export function vlansText({ pvid, members }: Vlans): string {
  const texts = [...members].map(
    ([id, untagged]) => `${id}${id === pvid ? " PVID" : ""}${untagged ? " Egress Untagged" : ""}`,
  );
  return texts.join(", ") || "none";
}

/** What `bridge vlan show` has of a port, or of the bridge itself. */
export function vlanEvidence(device: Device): Evidence {
  const vlans = device.bridge?.vlans ?? device.port!.vlans;
  return { kind: "link", text: `${device.name} ${vlansText(vlans)}`, command: `bridge vlan show dev ${device.name}` };
}
