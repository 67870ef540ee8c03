// A lab becomes data: `labData(lab)` is plain JSON, and `labFrom` of data-read.ts makes the same lab of it again.

import { type InterfaceAddress, lifeLeft } from "../ip/address.ts";
import type { Neighbour } from "../ip/neighbour.ts";
import type { Route } from "../ip/route.ts";
import { DEFAULT_RULES, type PolicyRule, type RulePrefix, tableName } from "../ip/rule.ts";
import { type LinkAttributes, USUAL_ATTRIBUTES } from "../link/attributes.ts";
import type { Device } from "../link/device.ts";
import type { Netns } from "../netns/netns.ts";
import { BadInput } from "../wire/input.ts";
import type { AddressData, DeviceData, LabData, NeighbourData, NetnsData, RouteData, RuleData } from "./data.ts";
import { balancingData } from "./data-balancing.ts";
import { bridgeData, portData } from "./data-bridge.ts";
import { tablesData } from "./data-tables.ts";
import { fouData, ipipData, tunData, vxlanData } from "./data-tunnel.ts";
import { ipv6Data, switchedOff6 } from "./data6.ts";
import type { Lab } from "./lab.ts";
import type { Machine } from "./machine.ts";

/**
 * The lab as it is now, as plain JSON: devices, addresses, routes, neighbours and what bridges have learned.
 * Throws BadInput for a lab with a datapath of Open vSwitch, of which no lab could be made again.
 */
export function labData(lab: Lab): LabData {
  for (const ns of lab.namespaces.values())
    for (const { kind, name } of ns.devices.values())
      if (kind === "openvswitch")
        throw new BadInput(
          "a datapath of Open vSwitch is not part of a lab's data",
          name,
          "What it does a program decides, flow by flow.",
        );
  return seenData(lab);
}

/** The same for who only looks: pictures draw also what cannot be made again. */
export function seenData(lab: Lab): LabData {
  return {
    packetwalk: 1,
    seed: lab.seed,
    ...(lab.ipv6 && { ipv6: true }),
    nodes: [...lab.machines.values()].map((machine) => ({
      name: machine.name,
      ...(machine.modules.size > 0 && { modules: [...machine.modules] }),
      namespaces: [...machine.namespaces.values()].map((ns) => netnsData(lab, machine, ns)),
    })),
  };
}

function netnsData(lab: Lab, machine: Machine, ns: Netns): NetnsData {
  const devices = [...ns.devices.values()].sort((a, b) => a.index - b.index);
  const tools = machine.tools.get(ns.name);
  return {
    name: ns.name,
    inode: ns.inode,
    containers: [...(machine.containers.get(ns.name) ?? [])],
    ...(tools !== undefined && { tools }),
    sysctls: Object.fromEntries([...(lab.ipv6 ? switchedOff6(ns) : []), ...ns.sysctls.changed()]),
    devices: devices.map((device) => deviceData(ns, device)),
    ...(ns.rules !== DEFAULT_RULES && { rules: ns.rules.map(ruleData) }),
    routes: ns.tables.values().flatMap((table) => table.list().map((route) => routeData(tableName(table.id), route))),
    neighbours: devices.flatMap((device) =>
      [...ns.inet.get(device)!.neighbours.values()]
        .filter((neighbour) => neighbour.state !== null)
        .map((neighbour) => neighbourData(device, neighbour)),
    ),
    ...fouData(ns),
    ...ipv6Data(ns),
    ...tablesData(ns),
    ...balancingData(ns),
  };
}

function deviceData(ns: Netns, device: Device): DeviceData {
  const { peer, master, bridge, kind } = device;
  return {
    index: device.index,
    name: device.name,
    kind,
    mac: device.mac.text,
    ...(device.macIsSet && { macIsSet: true }),
    mtu: device.mtu,
    ...(device.attributes !== USUAL_ATTRIBUTES && { attributes: unusual(device.attributes) }),
    up: device.up,
    ...(!device.up && device.everUp && { wasUp: true }),
    state: device.state,
    ...(peer !== null && { peer: { netns: peer.owner.name, device: peer.name } }),
    ...(master !== null && { master: master.name }),
    addresses: ns.inet.get(device)!.addresses.map((address) => addressData(device, address, ns.cables.now)),
    ...(bridge?.hadPorts && { ports: bridge.ports.map((port) => port.name) }),
    ...(device.vxlan !== null && { vxlan: vxlanData(device) }),
    ...(device.ipip !== null && { ipip: ipipData(device) }),
    ...(device.vlan !== null && { vlan: { dev: device.vlan.lower.name, id: device.vlan.id } }),
    ...(device.tun !== null && { tun: tunData(device) }),
    ...(device.nic !== null && { nic: { queues: device.nic.queues } }),
    ...(device.port !== null && portData(device)),
    ...(bridge !== null && bridgeData(bridge)),
  };
}

/** Only what is not as usual. */
function unusual(attributes: LinkAttributes): Partial<LinkAttributes> {
  const usual = Object.entries(USUAL_ATTRIBUTES);
  return Object.fromEntries(Object.entries(attributes).filter((entry, i) => entry[1] !== usual[i]![1]));
}

function addressData(device: Device, all: InterfaceAddress, now: number): AddressData {
  const { local, peer, length, broadcast, label, scope, noPrefixRoute, metric } = all;
  const { valid, preferred, deprecated } = lifeLeft(all, now);
  return {
    address: `${local}/${length}`,
    ...(broadcast !== null && { broadcast: broadcast.text }),
    ...(peer !== local && { peer: peer.text }),
    ...(noPrefixRoute && { noPrefixRoute }),
    ...(metric !== 0 && { metric }),
    ...(valid !== null && { validLft: valid }),
    ...(preferred !== null ? { preferredLft: preferred } : deprecated && { preferredLft: 0 }),
    ...(label !== device.name && { label }),
    scope,
  };
}

function routeData(table: string, route: Route): RouteData {
  const { type, prefix, via, dev, src, metric, protocol, scope, onlink, mtu, mtuLocked, nexthops } = route;
  return {
    table,
    type,
    prefix: prefix.length === 0 ? "default" : prefix.toString(),
    ...(via !== null && nexthops === undefined && { via: via.text }),
    ...(dev !== null && nexthops === undefined && { dev: dev.name }),
    ...(src !== null && { src: src.text }),
    ...(metric !== 0 && { metric }),
    protocol,
    scope,
    ...(onlink && { onlink }),
    ...(mtu !== undefined && { mtu }),
    ...(mtuLocked && { mtuLocked }),
    ...(nexthops !== undefined && {
      nexthops: nexthops.map((hop) => ({
        ...(hop.via !== null && { via: hop.via.text }),
        dev: hop.dev.name,
        weight: hop.weight,
        ...(hop.onlink && { onlink: true as const }),
      })),
    }),
  };
}

function ruleData({ table, from, to, not, ...rule }: PolicyRule): RuleData {
  const text = ({ address, length }: RulePrefix) => `${address}/${length}`;
  return {
    ...rule,
    ...(table !== 0 && { table: tableName(table) }),
    ...(not && { not }),
    ...(from !== undefined && { from: text(from) }),
    ...(to !== undefined && { to: text(to) }),
  };
}

function neighbourData(device: Device, { address, mac, state }: Neighbour): NeighbourData {
  return { address: address.text, dev: device.name, ...(mac !== null && { mac: mac.text }), state: state! };
}
