// The lines of a lab's script that make bridges what they are: settings, switches of ports, VLANs, entries set by hand.
// Before you edit: ip-link(8) (BRIDGE Type Support), bridge(8) (bridge link set, bridge vlan add, bridge fdb add).
import { BRIDGE_SETTINGS, type FdbEntry } from "../link/bridge.ts";
import { bridgePort, defaultVlans, type Vlans } from "../link/bridge-port.ts";
import type { Device } from "../link/device.ts";
import { MILLISECOND } from "../trace/world.ts";
import { FLAG_WORDS } from "./data-bridge.ts";
import { quoted } from "./script-words.ts";

/** What follows `type bridge`. With snooping the bridge itself would join a multicast group, and say so to everybody. */
export function bridgeWords({ bridge }: Device): string {
  const { ageing, vlanFiltering, defaultPvid } = bridge!.settings;
  const words = ["mcast_snooping 0"];
  if (ageing !== BRIDGE_SETTINGS.ageing) words.push(`ageing_time ${Math.round(ageing / (10 * MILLISECOND))}`);
  if (vlanFiltering) words.push("vlan_filtering 1");
  if (defaultPvid !== 1) words.push(`vlan_default_pvid ${defaultPvid}`);
  return words.join(" ");
}

/** `bridge` in a namespace. */
function bridgeIn(device: Device): string {
  return `bridge -n "$PREFIX"${device.owner.name}`;
}

/** The VLANs of a bridge itself, and what its ports are that a new port is not. */
export function memberLines(bridge: Device): string[] {
  const state = bridge.bridge!;
  const { defaultPvid } = state.settings;
  return [
    ...vlanLines(bridge, state.vlans, defaultPvid, " self"),
    ...[...state.ports].reverse().flatMap((port) => {
      const { flags, vlans, cost, priority } = port.port!;
      const fresh = bridgePort(port, 1, defaultPvid);
      const words = FLAG_WORDS.filter(([, flag]) => flags[flag] !== fresh.flags[flag]).map(
        ([word, flag]) => `${word} ${flags[flag] ? "on" : "off"}`,
      );
      if (cost !== fresh.cost) words.push(`cost ${cost}`);
      if (priority !== fresh.priority) words.push(`priority ${priority}`);
      const set = words.length === 0 ? [] : [`${bridgeIn(port)} link set dev ${quoted(port.name)} ${words.join(" ")}`];
      return [...set, ...vlanLines(port, vlans, defaultPvid, "")];
    }),
  ];
}

function vlanLines(device: Device, { pvid, members }: Vlans, defaultPvid: number, self: string): string[] {
  const usual = defaultVlans(defaultPvid);
  const line = (verb: string, id: number, more = "") =>
    `${bridgeIn(device)} vlan ${verb} dev ${quoted(device.name)} vid ${id}${more}${self}`;
  const gone = [...usual.members.keys()].filter((id) => !members.has(id)).map((id) => line("del", id));
  const added = [...members]
    .filter(([id, untagged]) => usual.members.get(id) !== untagged || (id === pvid) !== (id === usual.pvid))
    .map(([id, untagged]) => line("add", id, `${id === pvid ? " pvid" : ""}${untagged ? " untagged" : ""}`));
  return [...gone, ...added];
}

/** Entries of its table that somebody set, and states of ports: once they are up. */
export function settledLines(bridge: Device): string[] {
  const state = bridge.bridge!;
  const states = state.ports
    .filter(({ port }) => port!.state !== "forwarding")
    .map((port) => {
      const set = `${bridgeIn(port)} link set dev ${quoted(port.name)} state ${port.port!.state}`;
      // A port whose other end has just come up is not ready yet.
      return port.port!.state === "disabled" ? `sleep 0.1; ${set}` : `until ${set} 2> /dev/null; do sleep 0.1; done`;
    });
  return [...staticLines(bridge), ...states];
}

/** Said without a VLAN, an entry is there for every VLAN of the port: where it is not, it goes again. */
function staticLines(bridge: Device): string[] {
  const { fdb, vlanFdb } = bridge.bridge!;
  const change = (verb: string, { mac, port }: FdbEntry, words: string) =>
    `${bridgeIn(bridge)} fdb ${verb} ${mac} dev ${quoted(port.name)} master ${words}`;
  const lines = [...fdb.values()]
    .filter(({ isStatic }) => isStatic)
    .flatMap((entry) => [
      change("replace", entry, "static"),
      ...[...entry.port.port!.vlans.members.keys()]
        .filter((vlan) => !vlanFdb.get(vlan)?.get(entry.mac)?.isStatic)
        .map((vlan) => change("del", entry, `vlan ${vlan}`)),
    ]);
  for (const [vlan, table] of vlanFdb)
    for (const entry of table.values())
      if (entry.isStatic && !fdb.get(entry.mac)?.isStatic) lines.push(change("replace", entry, `static vlan ${vlan}`));
  return lines;
}

/** The line that makes a VLAN device, and, if it lives elsewhere, the one that moves it. */
export function vlanDeviceLines({ name, index, mac, macIsSet, vlan, owner }: Device): string[] {
  const { lower, id } = vlan!;
  const under = `ip -n "$PREFIX"${lower.owner.name}`;
  const own = `${under} link add link ${quoted(lower.name)} name ${quoted(name)} index ${index}`;
  const lines = [`${own}${macIsSet ? ` address ${mac}` : ""} type vlan id ${id}`];
  if (lower.owner !== owner) lines.push(`${under} link set dev ${quoted(name)} netns "$PREFIX"${owner.name}`);
  return lines;
}
