// Bridges, their ports and VLAN devices in a lab's data: what `labData` writes of them and `labFrom` reads.
import { BRIDGE_SETTINGS, type BridgeState, type FdbEntry, recalculate } from "../link/bridge.ts";
import { bridgePort, defaultVlans, PORT_FLAGS, type PortFlags, VLAN_MAX, type Vlans } from "../link/bridge-port.ts";
import type { Device } from "../link/device.ts";
import { joinVlan } from "../link/vlan.ts";
import type { Netns } from "../netns/netns.ts";
import { SECOND } from "../trace/world.ts";
import { mac } from "../wire/mac.ts";
import type { BridgeData, DeviceData, FdbData, PortData, VlansData } from "./data.ts";
import { deviceNamed } from "./data-routes.ts";
import type { Place } from "./json.ts";

/** The switches of a port by the words of `bridge link set`. */
export const FLAG_WORDS: readonly (readonly [word: string, flag: keyof PortFlags])[] = [
  ["hairpin", "hairpin"],
  ["learning", "learning"],
  ["flood", "flood"],
  ["mcast_flood", "mcastFlood"],
  ["bcast_flood", "bcastFlood"],
  ["isolated", "isolated"],
  ["locked", "locked"],
];

/** What a bridge adds to its device's data. */
export function bridgeData(state: BridgeState): Pick<DeviceData, "bridge" | "fdb"> {
  const { ageing, vlanFiltering, defaultPvid, snooping } = state.settings;
  const bridge: BridgeData = {
    ...(ageing !== BRIDGE_SETTINGS.ageing && { ageing: ageing / SECOND }),
    ...(vlanFiltering && { vlanFiltering }),
    ...(defaultPvid !== 1 && { defaultPvid }),
    ...(!snooping && { snooping }),
    ...(!isDefault(state.vlans, defaultPvid) && { vlans: vlansData(state.vlans) }),
  };
  const learned = [...state.vlanFdb].flatMap(([vlan, table]) =>
    [...table.values()].map((entry) => ({ ...fdbData(entry), vlan })),
  );
  return {
    ...(Object.keys(bridge).length > 0 && { bridge }),
    fdb: [...[...state.fdb.values()].map(fdbData), ...learned],
  };
}

function fdbData({ mac: address, port, local, isStatic }: FdbEntry): FdbData {
  return { mac: address.text, port: port.name, permanent: local, ...(isStatic && { static: true }) };
}

function isDefault({ pvid, members }: Vlans, defaultPvid: number): boolean {
  const usual = defaultVlans(defaultPvid);
  return pvid === usual.pvid && members.size === usual.members.size && members.get(pvid) === usual.members.get(pvid);
}

function vlansData({ pvid, members }: Vlans): VlansData {
  return {
    ...(pvid !== 0 && { pvid }),
    members: [...members].map(([id, untagged]) => ({ id, ...(untagged && { untagged: true as const }) })),
  };
}

/** Nothing for a port that is as new and has the number it would get if the ports were added anew. */
export function portData(device: Device): { readonly port?: PortData } {
  const { number, flags, state, vlans, cost, priority } = device.port!;
  const { ports, settings } = device.master!.bridge!;
  const fresh = bridgePort(device, ports.length - ports.indexOf(device), settings.defaultPvid);
  const changed = FLAG_WORDS.filter(([, flag]) => flags[flag] !== PORT_FLAGS[flag]);
  const port = {
    ...(number !== fresh.number && { number }),
    ...(changed.length > 0 && { flags: Object.fromEntries(changed.map(([word, flag]) => [word, flags[flag]])) }),
    ...(state !== "forwarding" && { state }),
    ...(!isDefault(vlans, settings.defaultPvid) && { vlans: vlansData(vlans) }),
    ...(cost !== fresh.cost && { cost }),
    ...(priority !== fresh.priority && { priority }),
  };
  return Object.keys(port).length > 0 ? { port } : {};
}

function readVlans(data: Place | null, defaultPvid: number): Vlans {
  if (data === null) return defaultVlans(defaultPvid);
  const members = data
    .at("members")
    .list()
    .map((each) => [each.at("id").whole(1, VLAN_MAX), each.maybe("untagged")?.flag() ?? false] as const);
  const pvid = data.maybe("pvid")?.whole(1, VLAN_MAX) ?? 0;
  if (pvid !== 0 && !members.some(([id]) => id === pvid))
    throw data.at("pvid").wrong("not one of the members", "The PVID is a VLAN of the port.");
  return { pvid, members: new Map(members) };
}

/** Gives a bridge that is there its settings, ports and table. */
export function readBridge(ns: Netns, bridge: Device, room: Place, data: Place): void {
  const state = bridge.bridge!;
  const settings = data.maybe("bridge");
  const defaultPvid = settings?.maybe("defaultPvid")?.whole(0, VLAN_MAX) ?? 1;
  state.settings = {
    ageing: (settings?.maybe("ageing")?.whole(0, 2 ** 31) ?? 300) * SECOND,
    vlanFiltering: settings?.maybe("vlanFiltering")?.flag() ?? false,
    defaultPvid,
    snooping: settings?.maybe("snooping")?.flag() ?? true,
  };
  state.vlans = readVlans(settings?.maybe("vlans") ?? null, defaultPvid);
  const listed = data.maybe("ports");
  for (const port of listed?.list() ?? []) {
    const device = deviceNamed(ns, port);
    if (["loopback", "bridge", "ipip"].includes(device.kind) || device.master !== null)
      throw port.wrong("not a device that can be a port here", "Name a veth that is in no other bridge.");
    device.master = bridge;
    state.ports.push(device);
  }
  for (const each of room.at("devices").list()) {
    const device = ns.devices.get(each.at("name").text())!;
    const isPort = state.ports.includes(device);
    const master = each.maybe("master");
    if (master !== null) deviceNamed(ns, master);
    if ((master?.value === bridge.name) !== isPort)
      throw each.wrong(`master and the ports of ${bridge.name} say different things`, "Name it in both or in none.");
    if (isPort) readPort(device, each.maybe("port"));
  }
  state.hadPorts = listed !== null;
  const usual = state.ports.length === 0 ? 1500 : Math.min(...state.ports.map((port) => port.mtu));
  bridge.mtuIsSet = bridge.mtu !== usual;
  const { mac: own } = bridge;
  recalculate(bridge);
  if (bridge.mac !== own)
    throw data.at("mac").wrong("not the MAC a bridge has by itself", `It is ${bridge.mac}, or "macIsSet" is true.`);
  for (const entry of data.at("fdb").list()) readEntry(ns, bridge, entry);
}

function readPort(device: Device, data: Place | null): void {
  const { ports, settings } = device.master!.bridge!;
  const number = data?.maybe("number")?.whole(1, 1023) ?? ports.length - ports.indexOf(device);
  const port = bridgePort(device, number, settings.defaultPvid);
  device.port = port;
  if (data === null) return;
  const flags = data.maybe("flags");
  if (flags !== null)
    for (const [word, flag] of FLAG_WORDS)
      port.flags = { ...port.flags, [flag]: flags.maybe(word)?.flag() ?? PORT_FLAGS[flag] };
  port.state = data.maybe("state")?.oneOf(["disabled", "listening", "learning"]) ?? "forwarding";
  port.vlans = readVlans(data.maybe("vlans"), settings.defaultPvid);
  port.cost = data.maybe("cost")?.whole(1, 65535) ?? port.cost;
  port.priority = data.maybe("priority")?.whole(0, 63) ?? port.priority;
}

function readEntry(ns: Netns, bridge: Device, entry: Place): void {
  const state = bridge.bridge!;
  const address = entry.at("mac").as(mac);
  const port = deviceNamed(ns, entry.at("port"));
  if (port !== bridge && port.master !== bridge)
    throw entry.at("port").wrong(`no port of ${bridge.name}`, "Name one of its ports.");
  const vlan = entry.maybe("vlan")?.whole(1, VLAN_MAX) ?? 0;
  const table = vlan === 0 ? state.fdb : (state.vlanFdb.get(vlan) ?? new Map<typeof address, FdbEntry>());
  if (vlan !== 0) state.vlanFdb.set(vlan, table);
  const local = entry.at("permanent").flag();
  // Set anew, so that the entries are in the order of the data.
  table.delete(address);
  table.set(address, {
    mac: address,
    port,
    local,
    ...(entry.maybe("static")?.flag() && { isStatic: true }),
    updated: 0,
  });
}

/** Puts a VLAN device that is there on the one below it. */
export function readVlan(ns: Netns, device: Device, data: Place): void {
  const vlan = data.at("vlan");
  const lower = deviceNamed(ns, vlan.at("dev"));
  const id = vlan.at("id").whole(0, 4095);
  if (lower.vlans?.has(id)) throw vlan.at("id").wrong(`a VLAN twice on ${lower.name}`, "Give each device its own.");
  joinVlan(device, lower, id);
}
