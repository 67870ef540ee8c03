// Data becomes a lab: `labFrom(data)` makes what `labData` wrote, or throws one BadInput that names the field.
// State is put where it belongs, not configured again: what the kernel would do by itself is in the data already.

import { type InterfaceAddress, isSecondary, type Scope } from "../ip/address.ts";
import type { NeighbourState } from "../ip/neighbour.ts";
import { type LinkAttributes, USUAL_ATTRIBUTES } from "../link/attributes.ts";
import { bridgeState } from "../link/bridge.ts";
import { type Device, validDeviceName } from "../link/device.ts";
import { nicState } from "../link/rss.ts";
import { addDevice } from "../netns/configure.ts";
import { neighbourOf } from "../netns/ipv4/arp.ts";
import { endWithLifetime } from "../netns/ipv4/fib.ts";
import type { Netns } from "../netns/netns.ts";
import { addressWithLength, ipv4 } from "../wire/address.ts";
import { mac } from "../wire/mac.ts";
import type { LabData } from "./data.ts";
import { readBalancing } from "./data-balancing.ts";
import { readBridge, readVlan } from "./data-bridge.ts";
import { deviceNamed, readRoutes, readRules, readSysctls } from "./data-routes.ts";
import { readTables } from "./data-tables.ts";
import { readFou, readTun, readTunnel } from "./data-tunnel.ts";
import { readIpv6 } from "./data6.ts";
import { Place } from "./json.ts";
import { Lab, type LabOptions } from "./lab.ts";
import { TOOLS } from "./machine.ts";

const SCOPES: readonly Scope[] = ["global", "link", "host"];
/** The greatest number of 32 bits: as a lifetime it never ends. */
const FOREVER = 0xffffffff;
const STATES: readonly NeighbourState[] = ["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "PERMANENT"];

/** A namespace and the place its data stands. */
interface Room {
  readonly ns: Netns;
  readonly place: Place;
}

/**
 * The lab that `data` describes; `labData` of it gives the same data again. The clock begins at 0, timers of
 * neighbours begin anew. Throws one BadInput, naming the field, when anything is wrong.
 */
export function labFrom(data: LabData): Lab;
export function labFrom<L extends Lab>(data: LabData, make: (options: LabOptions) => L): L;
export function labFrom(data: LabData, make: (options: LabOptions) => Lab = (options) => new Lab(options)): Lab {
  const top = new Place(data, "lab");
  const version = top.at("packetwalk");
  if (version.value !== 1) throw version.wrong("not a version this Packetwalk reads", "Write 1.");
  const seed = top.at("seed").text();
  // Dice that depend on all there is: devices made later get MACs that are not in the lab yet.
  const ipv6 = top.maybe("ipv6")?.flag() ?? false;
  const lab = make({ seed, dice: `${seed} ${JSON.stringify(data.nodes)}`, ipv6 });
  const rooms = top
    .at("nodes")
    .list()
    .flatMap((node) => readNode(lab, node));
  for (const room of rooms) readDevices(room);
  for (const room of rooms) connect(lab, room);
  for (const room of rooms) connectPorts(room);
  for (const room of rooms) {
    const { ns, place } = room;
    readRoutes(ns, place.at("routes").list());
    readRules(ns, place.maybe("rules"));
    readSettings(room);
    readNeighbours(room);
    readIpv6(ns, place.maybe("ipv6"));
    readFou(ns, place.maybe("fou"));
    readTables(ns, place);
    readBalancing(ns, place);
  }
  for (const room of rooms) checkStates(lab, room);
  return lab;
}

function readNode(lab: Lab, node: Place): Room[] {
  const name = node.at("name");
  const namespaces = node.at("namespaces").list();
  const [own] = namespaces;
  if (own === undefined || own.at("name").value !== name.value)
    throw node.at("namespaces").wrong("a node without its own namespace", "The first has the node's name.");
  const rooms = namespaces.map((place, i) => {
    lab.nextInode = place.at("inode").whole(1, 2 ** 32 - 1);
    const ns = place.at("name").as((text) => (i === 0 ? lab.node(text).root : lab.addNetns(machineOf(), text)));
    return { ns, place };
  });
  for (const module of node.maybe("modules")?.list() ?? []) {
    const name = module.oneOf(["ipip", "br_netfilter", "fou"]);
    // The devices that ipip brings are in the data.
    if (name === "ipip") machineOf().modules.add(name);
    else machineOf().load(name);
  }
  function machineOf() {
    return lab.machines.get(name.text())!;
  }
  for (const { ns, place } of rooms) {
    const containers = place.at("containers").list();
    if (containers.length > 0)
      machineOf().containers.set(
        ns.name,
        containers.map((each) => each.text()),
      );
    const tools = place.maybe("tools")?.oneOf(TOOLS);
    if (tools !== undefined) machineOf().tools.set(ns.name, tools);
    readSysctls(ns, place.at("sysctls"), false);
  }
  return rooms;
}

function readDevices({ ns, place }: Room): void {
  const taken = new Set<number>();
  for (const data of place.at("devices").list()) {
    const name = data.at("name").as(validDeviceName);
    const kind = data.at("kind").oneOf(["loopback", "veth", "bridge", "dummy", "vxlan", "ipip", "vlan", "nic", "tun"]);
    const index = data.at("index").whole(1, 2 ** 31 - 1);
    if ((kind === "loopback") !== (name === "lo")) throw data.wrong("a loopback is lo, and lo a loopback", "Rename.");
    if (kind !== "loopback" && ns.devices.has(name))
      throw data.at("name").wrong("a name twice in one namespace", "Rename one of the devices.");
    if (taken.has(index)) throw data.at("index").wrong("an index twice in one namespace", "Give each its own.");
    taken.add(index);
    const address = data.at("mac").as(mac);
    ns.nextIndex = index;
    const device =
      kind === "loopback"
        ? ns.devices.get("lo")!
        : addDevice(ns, kind, name, address, kind === "bridge" ? bridgeState() : null);
    device.index = index;
    ns.greatestIndex = Math.max(ns.greatestIndex, index);
    device.mac = address;
    device.macIsSet = data.maybe("macIsSet")?.flag() ?? false;
    device.mtu = data.at("mtu").whole(0, 65536);
    device.attributes = readAttributes(data.maybe("attributes"));
    device.up = data.at("up").flag();
    device.everUp = device.up || (data.maybe("wasUp")?.flag() ?? false);
    const addresses: InterfaceAddress[] = [];
    for (const each of data.at("addresses").list()) addresses.push(readAddress(device, addresses, each, ns.cables.now));
    ns.inet.get(device)!.addresses = addresses;
    for (const { lifetime } of addresses) endWithLifetime(ns, device, lifetime);
  }
  if (!taken.has(ns.devices.get("lo")!.index)) throw place.at("devices").wrong("no lo", "Every namespace has one.");
  ns.nextIndex = Math.max(...taken) + 1;
}

function readAttributes(data: Place | null | undefined): LinkAttributes {
  if (data == null) return USUAL_ATTRIBUTES;
  const { promisc, allmulticast, arp, multicast, alias, txqueuelen, group } = USUAL_ATTRIBUTES;
  return {
    promisc: data.maybe("promisc")?.flag() ?? promisc,
    allmulticast: data.maybe("allmulticast")?.flag() ?? allmulticast,
    arp: data.maybe("arp")?.flag() ?? arp,
    multicast: data.maybe("multicast")?.flag() ?? multicast,
    alias: data.maybe("alias")?.text() ?? alias,
    txqueuelen: data.maybe("txqueuelen")?.whole(0, 2 ** 31 - 1) ?? txqueuelen,
    group: data.maybe("group")?.whole(0, 2 ** 31 - 1) ?? group,
  };
}

function readAddress(device: Device, before: readonly InterfaceAddress[], data: Place, now: number): InterfaceAddress {
  const { address, length } = data.at("address").as(addressWithLength);
  const peer = data.maybe("peer")?.as(ipv4) ?? address;
  const valid = data.maybe("validLft")?.whole(0, FOREVER - 1) ?? null;
  const preferred = data.maybe("preferredLft")?.whole(0, FOREVER - 1) ?? null;
  return {
    local: address,
    peer,
    length,
    broadcast: data.maybe("broadcast")?.as(ipv4) ?? null,
    scope: data.at("scope").oneOf(SCOPES),
    label: data.maybe("label")?.text() ?? device.name,
    secondary: isSecondary(before, peer, length),
    noPrefixRoute: data.maybe("noPrefixRoute")?.flag() ?? false,
    metric: data.maybe("metric")?.whole(0, FOREVER) ?? 0,
    lifetime: valid === null && preferred === null ? null : { valid, preferred, since: now },
  };
}

/** Cables, tunnels and VLANs. */
function connect(lab: Lab, { ns, place }: Room): void {
  for (const data of place.at("devices").list()) {
    const device = ns.devices.get(data.at("name").text())!;
    if (device.kind === "veth" || device.kind === "nic") {
      const at = data.at("peer");
      const peer = at
        .at("netns")
        .as((text) => lab.netns(text))
        .devices.get(at.at("device").text());
      if (peer?.kind !== device.kind || peer === device || (peer.peer !== null && peer.peer !== device))
        throw at.wrong("not the other end of this cable", "Name a veth whose peer is this device.");
      device.peer = peer;
      if (device.kind === "nic") device.nic = nicState(data.at("nic").at("queues").whole(1, 1024));
    }
    if (device.kind === "vxlan" || device.kind === "ipip") readTunnel(lab, device, data);
    if (device.kind === "tun") readTun(device, data.at("tun"));
    if (device.kind === "vlan") readVlan(ns, device, data);
  }
}

/** The settings of devices. Who is given IPv6 by one has told of it before the data was written: what is down says nothing. */
function readSettings({ ns, place }: Room): void {
  const up = [...ns.devices.values()].filter((device) => device.up);
  for (const device of up) device.up = false;
  readSysctls(ns, place.at("sysctls"), true);
  for (const device of up) device.up = true;
}

/** Ports into their bridges, in the order in which the bridge has them: what a port costs depends on what it is. */
function connectPorts({ ns, place }: Room): void {
  for (const data of place.at("devices").list()) {
    const device = ns.devices.get(data.at("name").text())!;
    if (device.bridge !== null) readBridge(ns, device, place, data);
  }
}

function readNeighbours({ ns, place }: Room): void {
  for (const data of place.at("neighbours").list()) {
    const device = deviceNamed(ns, data.at("dev"));
    const state = data.at("state").oneOf(STATES);
    const address = data.maybe("mac")?.as(mac) ?? null;
    if (address === null && state !== "INCOMPLETE" && state !== "FAILED")
      throw data.wrong(`a ${state} neighbour without a MAC`, 'Add "mac".');
    neighbourOf(ns, device, data.at("address").as(ipv4)).restore(address, state);
  }
}

/** What follows from the rest must be as the data says; else somebody wrote what cannot be. */
function checkStates(lab: Lab, { ns, place }: Room): void {
  if (ns.speaksIpip !== lab.machines.get(ns.node)!.modules.has("ipip"))
    throw place.at("devices").wrong("tunl0 and the module ipip go together", "Write both or none.");
  for (const data of place.at("devices").list()) {
    const device = ns.devices.get(data.at("name").text())!;
    const { state, peer } = device;
    if (peer !== null && peer.peer !== device)
      throw data.at("peer").wrong("not the other end of this cable", "Name a veth whose peer is this device.");
    const said = data.at("state");
    // The program that had a tun device open is not here, and its carrier neither.
    if (said.value !== state && device.tun?.lost == null)
      throw said.wrong("not the state the device is in", `With its cable it is ${state}.`);
  }
}
