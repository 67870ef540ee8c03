// What a ladder says of sizes: the MTU of each link, how large each packet is, and which steps tell of it.
// Before you edit: RFC 1191, net/ipv4/ip_output.c (ip_fragment), net/ipv4/route.c (ip_rt_update_pmtu).
import type { DeviceData, LabData } from "../lab/data.ts";
import type { Step } from "../trace/step.ts";
import { ipLength } from "../wire/bytes.ts";
import { inner, innermost } from "./packet.ts";
import { LINE, MARGIN, type Painter, SMALL, SMALL_CODE } from "./scene.ts";

/** What ends a packet or cuts it, who is told, and what is remembered of the way. */
export function tellsOfSizes({ what, packet, evidence }: Step): boolean {
  if (what === "route")
    return evidence !== undefined && / mtu (lock )?\d+$/.test(evidence.text) && packet === undefined;
  if (what === "send") return packet !== undefined && "kind" in packet;
  return what === "drop" || what === "icmp error" || what === "deliver" || what === "socket";
}

/** How large the packet is, alone and in its tunnel, and whether it may be cut. */
export function sizeOf(on: Step["packet"]): string {
  const outer = on && inner(on);
  const packet = on && innermost(on);
  if (packet === undefined || packet.kind === "arp" || outer === undefined || outer.kind === "arp") return "";
  const tunnel = outer === packet ? "" : ` (${ipLength(outer)} in the tunnel)`;
  const v4 = packet.kind === "ipv4" ? packet : undefined;
  const flags = `${v4?.dontFragment ? ", DF" : ""}${v4?.moreFragments ? ", MF" : ""}`;
  return `: ${ipLength(packet)} octets${tunnel}${flags}`;
}

/** Under the names: the MTU of each link between neighbours, and of the tunnels that begin at a lifeline. */
export function mtuRows(
  painter: Painter,
  lab: LabData,
  names: readonly string[],
  centre: (name: string) => number,
  pitch: number,
  top: number,
): number {
  const devices = new Map<string, readonly DeviceData[]>();
  for (const node of lab.nodes) for (const netns of node.namespaces) devices.set(netns.name, netns.devices);
  const ends = (from: string, to: string): DeviceData[] =>
    (devices.get(from) ?? []).filter(({ peer }) => peer?.netns === to);
  const y = top + 20;
  painter.text(MARGIN, y, "MTU", 44, SMALL, "muted");
  names.slice(1).forEach((name, i) => {
    const before = names[i] as string;
    const mtus = [...new Set([...ends(before, name), ...ends(name, before)].map(({ mtu }) => mtu))];
    const text = mtus.join("|");
    painter.text((centre(before) + centre(name)) / 2, y, text, pitch - 8, SMALL_CODE, "text", { anchor: "middle" });
  });
  const tunnels = names.map((name) =>
    (devices.get(name) ?? []).find(({ kind }) => kind === "vxlan" || kind === "ipip"),
  );
  if (tunnels.every((tunnel) => tunnel === undefined)) return y + 10;
  tunnels.forEach((tunnel, i) => {
    const x = centre(names[i] as string);
    if (tunnel === undefined) return;
    painter.text(x, y + LINE, tunnel.name, pitch - 6, SMALL_CODE, "text", { anchor: "middle" });
    painter.text(x, y + 2 * LINE, `${tunnel.mtu}`, pitch - 6, SMALL_CODE, "text", { anchor: "middle" });
  });
  return y + 2 * LINE + 10;
}
