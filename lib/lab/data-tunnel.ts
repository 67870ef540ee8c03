// Tunnels in a lab's data: what `labData` writes of them and `labFrom` reads.
import type { Device } from "../link/device.ts";
import { IPIP_DEFAULTS, type IpipEncap } from "../link/ipip.ts";
import { tunState } from "../link/tun.ts";
import { VXLAN_DEFAULTS, type VxlanEntry, type VxlanRemote, vxlanState } from "../link/vxlan.ts";
import { errorText } from "../netns/errno.ts";
import type { Netns } from "../netns/netns.ts";
import { addFou, fouPorts } from "../netns/tunnel/fou.ts";
import { openVxlan } from "../netns/tunnel/vxlan.ts";
import { ipv4 } from "../wire/address.ts";
import { mac } from "../wire/mac.ts";
import type { DeviceData, IpipData, NetnsData, VxlanData, VxlanEntryData } from "./data.ts";
import type { Place } from "./json.ts";
import type { Lab } from "./lab.ts";

export function vxlanData({ vxlan }: Device): VxlanData {
  const { vni, port, underlay, lower, local, remote, sourcePorts, learning, ttl, tos, df, ageing, udpChecksum } =
    vxlan!;
  const { low, high } = sourcePorts;
  return {
    vni,
    port,
    underlay: underlay.name,
    ...(lower !== null && { dev: lower.name }),
    ...(local !== null && { local: local.text }),
    ...(remote !== null && { remote: remote.text }),
    ...((low !== 0 || high !== 0) && { sourcePorts: [low, high] as const }),
    ...(!learning && { learning: false as const }),
    ...(ttl !== 0 && { ttl }),
    ...(tos !== 0 && { tos }),
    ...(df !== "unset" && { df }),
    ...(ageing !== VXLAN_DEFAULTS.ageing && { ageing }),
    ...(!udpChecksum && { udpChecksum: false as const }),
    entries: [...vxlan!.fdb.values()].map(entryData),
  };
}

function entryData({ mac: address, state, remotes }: VxlanEntry): VxlanEntryData {
  return {
    mac: address.text,
    state,
    to: remotes.map(({ address: to, port, vni, via }) => ({
      address: to.text,
      ...(port !== null && { port }),
      ...(vni !== null && { vni }),
      ...(via !== null && { dev: via.name }),
    })),
  };
}

export function ipipData({ ipip }: Device): IpipData {
  const { underlay, lower, local, remote, ttl, tos, pmtudisc, proto, fallback, encap } = ipip!;
  return {
    underlay: underlay.name,
    ...(lower !== null && { dev: lower.name }),
    ...(local !== null && { local: local.text }),
    ...(remote !== null && { remote: remote.text }),
    ...(ttl !== 0 && { ttl }),
    ...(tos !== 0 && { tos }),
    ...(!pmtudisc && { pmtudisc: false as const }),
    ...(proto === "ipip" && { proto }),
    ...(encap !== null && { encap }),
    ...(fallback && { fallback: true as const }),
  };
}

export function tunData({ tun }: Device): NonNullable<DeviceData["tun"]> {
  const { persist, reader, lost } = tun!;
  const program = reader?.program ?? lost;
  return { persist, ...(program !== null && { program }) };
}

/** Nobody has it open: programs are not in the data. */
export function readTun(device: Device, tun: Place): void {
  device.tun = {
    ...tunState(),
    persist: tun.at("persist").flag(),
    wasClosed: true,
    lost: tun.maybe("program")?.text() ?? null,
  };
}

/** Gives a device that is there what makes it a tunnel. All other devices are there too; who is up listens. */
export function readTunnel(lab: Lab, device: Device, data: Place): void {
  const tunnel = data.at(device.kind);
  const under = tunnel.at("underlay").as((text) => lab.netns(text));
  const deviceOf = (place: Place | null): Device | null => {
    if (place === null) return null;
    const found = under.devices.get(place.text());
    if (found === undefined) throw place.wrong(`${under.name} has no such device`, "Name a device of the underlay.");
    return found;
  };
  under.tunnels.add(device);
  if (device.kind === "ipip") readIpip(device, tunnel, under, deviceOf(tunnel.maybe("dev")));
  else readVxlan(device, tunnel, under, deviceOf);
  const isTwice = [...under.tunnels].some((other) => {
    if (other === device) return false;
    const [a, b] = [other.vxlan, device.vxlan];
    return a !== null && b !== null && a.vni === b.vni && a.port === b.port;
  });
  if (isTwice) throw tunnel.at("vni").wrong("a network twice on one port", "Give each device its own.");
}

function inherited(place: Place | null): number | "inherit" {
  if (place === null) return 0;
  return place.value === "inherit" ? "inherit" : place.whole(0, 255);
}

function readIpip(device: Device, tunnel: Place, underlay: Netns, lower: Device | null): void {
  device.ipip = {
    ...IPIP_DEFAULTS,
    underlay,
    lower,
    local: tunnel.maybe("local")?.as(ipv4) ?? null,
    remote: tunnel.maybe("remote")?.as(ipv4) ?? null,
    ttl: tunnel.maybe("ttl")?.whole(0, 255) ?? 0,
    tos: inherited(tunnel.maybe("tos")),
    pmtudisc: tunnel.maybe("pmtudisc")?.flag() ?? true,
    proto: tunnel.maybe("proto")?.oneOf(["any", "ipip"]) ?? "any",
    fallback: tunnel.maybe("fallback")?.flag() ?? false,
    encap: encapOf(tunnel.maybe("encap")),
    failures: { count: 0, last: 0 },
  };
}

function encapOf(data: Place | null): IpipEncap | null {
  if (data === null) return null;
  return {
    type: data.at("type").oneOf(["fou", "gue"]),
    sourcePort: data.at("sourcePort").whole(0, 65535),
    port: data.at("port").whole(0, 65535),
    checksum: data.at("checksum").flag(),
  };
}

export function fouData(ns: Netns): Pick<NetnsData, "fou"> {
  const ports = fouPorts(ns).reverse();
  if (ports.length === 0) return {};
  return {
    fou: ports.map(({ port, protocol, local }) => ({
      port,
      ...(protocol !== null && { protocol }),
      ...(local !== null && { local: local.text }),
    })),
  };
}

export function readFou(ns: Netns, data: Place | null): void {
  for (const each of data?.list() ?? []) {
    const port = each.at("port").whole(1, 65535);
    const local = each.maybe("local")?.as(ipv4) ?? null;
    const errno = addFou(ns, { port, protocol: each.maybe("protocol")?.whole(1, 255) ?? null, local });
    if (errno !== null) throw each.at("port").wrong("a port that cannot be had", `${errorText(errno)}.`);
  }
}

function readVxlan(
  device: Device,
  tunnel: Place,
  under: Netns,
  deviceOf: (place: Place | null) => Device | null,
): void {
  const ports = tunnel.maybe("sourcePorts")?.list() ?? [];
  const port = (place: Place | undefined) => place?.whole(0, 65535) ?? 0;
  const state = vxlanState(
    {
      vni: tunnel.at("vni").whole(0, 2 ** 24 - 1),
      port: tunnel.at("port").whole(1, 65535),
      local: tunnel.maybe("local")?.as(ipv4) ?? null,
      remote: tunnel.maybe("remote")?.as(ipv4) ?? null,
      sourcePorts: { low: port(ports[0]), high: port(ports[1]) },
      learning: tunnel.maybe("learning")?.flag() ?? true,
      ttl: inherited(tunnel.maybe("ttl")),
      tos: inherited(tunnel.maybe("tos")),
      df: tunnel.maybe("df")?.oneOf(["unset", "set", "inherit"]) ?? "unset",
      ageing: tunnel.maybe("ageing")?.whole(1, 2 ** 32 - 1) ?? VXLAN_DEFAULTS.ageing,
      udpChecksum: tunnel.maybe("udpChecksum")?.flag() ?? true,
    },
    deviceOf(tunnel.maybe("dev")),
    under,
  );
  state.fdb.clear();
  for (const entry of tunnel.at("entries").list()) {
    const address = entry.at("mac").as(mac);
    const remotes = entry
      .at("to")
      .list()
      .map(
        (to): VxlanRemote => ({
          address: to.at("address").as(ipv4),
          port: to.maybe("port")?.whole(1, 65535) ?? null,
          vni: to.maybe("vni")?.whole(0, 2 ** 24 - 1) ?? null,
          via: deviceOf(to.maybe("dev")),
        }),
      );
    if (remotes.length === 0) throw entry.at("to").wrong("an entry that leads nowhere", "Name an address.");
    const how = entry.at("state").oneOf(["permanent", "static", "reachable"]);
    state.fdb.set(address, { mac: address, state: how, remotes, used: 0 });
  }
  device.vxlan = state;
  const errno = device.up ? openVxlan(device) : null;
  if (errno !== null) throw tunnel.at("port").wrong("a port that is taken", "Choose another.");
}
