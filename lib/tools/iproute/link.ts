// `ip link`: show, add, set, delete.
// Before you edit: iproute2 ip/iplink.c (do_iplink, iplink_modify), ip/link_veth.c; net/core/rtnetlink.c (rtnl_newlink,
// do_setlink), drivers/net/veth.c (veth_newlink), net/core/dev.c (dev_change_name, __dev_change_net_namespace).
import type { Device, DeviceKind } from "../../link/device.ts";
import {
  moveDevice,
  renameDevice,
  setAttributes,
  setDown,
  setMac,
  setMaster,
  setMtu,
  setUp,
  takeIndex,
} from "../../netns/configure.ts";
import type { Netns } from "../../netns/netns.ts";
import { notModelled } from "../command.ts";
import { show } from "./addr-show.ts";
import { type BridgeChange, changeBridge, changePort, readBridgeWords, readSlaveWords } from "./bridge-words.ts";
import { type Context, noteLink, noteNetns } from "./context.ts";
import { addKind } from "./link-kinds.ts";
import { deviceOf, type LinkRequest, readLink, stationMac } from "./link-words.ts";
import { answers, duplicate, firstMatch, Quit, refused, type Words } from "./words.ts";

const SUPPORTED = "show, add, set, delete";
const COMMANDS = [
  "add",
  "set",
  "change",
  "replace",
  "delete",
  "show",
  "lst",
  "list",
  "xstats",
  "afstats",
  "property",
  "help",
] as const;

export function ipLink(context: Context, words: Words): void {
  if (words.isEmpty) return show(context, words, "link");
  const word = words.take();
  const command = firstMatch(word, COMMANDS);
  switch (command) {
    case "add":
      return add(context, words);
    case "set":
    case "change":
      return set(context, words);
    case "delete":
      return remove(context, words);
    case "show":
    case "lst":
    case "list":
      return show(context, words, "link");
    case undefined:
      throw new Quit(`Command "${word}" is unknown, try "ip link help".\n`, 255);
    default:
      throw notModelled("ip link", word, SUPPORTED);
  }
}

function garbage(words: Words): Quit {
  return new Quit(`Garbage instead of arguments "${words.peek} ...". Try "ip link help".\n`, 1);
}

function add(context: Context, words: Words): void {
  const request = readLink(context, words, true);
  const { type } = request;
  if (type === undefined) throw new Quit('Not enough information: "type" argument is required\n', 1);
  if (type === "bridge") {
    return addBridge(context, request, readBridgeWords(words));
  }
  if (type === "veth") {
    // Without a word about it the other end is as this one.
    const { mtu, attributes } = request;
    if (words.isEmpty)
      return addVeth(context, request, {
        ...(mtu !== undefined && { mtu }),
        ...(attributes !== undefined && { attributes }),
      });
    if (words.take() !== "peer") {
      context.out("Usage: ip link <options> type veth [peer <options>]\nTo get <options> type 'ip link add help'\n");
      throw new Quit("", 1);
    }
    const peer = readLink(context, words, true);
    if (peer.type !== undefined) throw duplicate("type", peer.type);
    return addVeth(context, request, peer);
  }
  if (type === "dummy" || type === "vxlan" || type === "ipip" || type === "vlan") {
    const device = addKind(context, words, type, request, {
      check,
      name: freeName,
      mac: ({ address }) => (address === undefined ? undefined : stationMac(address)!),
    });
    // Its MTU was looked at when it was made.
    const { mtu: _, ...rest } = request;
    return finish(device, type === "dummy" ? request : rest);
  }
  if (/^(gre|gretap|macvlan|macvtap|ipvlan|bond|ifb|tap|vrf|wireguard|geneve|sit|vti|nlmon|can|vcan|team)$/.test(type))
    throw notModelled("ip link", `type ${type}`, "type veth, bridge, dummy, vxlan, ipip, vlan");
  if (type === "tun")
    throw refused({ errno: "EOPNOTSUPP", message: "tun/tap creation via rtnetlink is not supported" });
  if (!words.isEmpty) throw garbage(words);
  if (request.name !== undefined && (request.netns ?? context.ns).devices.has(request.name)) throw answers("EEXIST");
  throw refused({ errno: "EOPNOTSUPP", message: "Unknown device type" });
}

/** Everything that can be refused is, before anything is made. */
function check(ns: Netns, { name, index, mtu, address, master }: LinkRequest, kind: DeviceKind = "veth"): void {
  if (name !== undefined && name.length > 15)
    throw refused({ errno: "EINVAL", message: "Attribute failed policy validation" });
  // A tunnel has the addresses of its ends, and what is said of a MAC is not looked at.
  if (address !== undefined && kind !== "ipip" && stationMac(address) === null) {
    const errno = address.length === 6 ? "EADDRNOTAVAIL" : "EINVAL";
    if (kind !== "vxlan") throw answers(errno);
    const message = address.length === 6 ? "Ethernet address is not unicast" : "link layer address is not Ethernet";
    throw refused({ errno, message: `Provided ${message}` });
  }
  // The kind has its say before the name is looked for (veth_validate, vxlan_validate).
  if (mtu !== undefined && (mtu < 68 || mtu > 65535)) {
    if (kind === "veth") throw answers("EINVAL");
    if (kind === "vxlan") throw refused({ errno: "EINVAL", message: "MTU must be between 68 and 65535" });
  }
  if (name !== undefined && (name.includes(":") || name === "." || name === "..")) throw answers("EINVAL");
  if (name !== undefined && ns.devices.has(name)) throw answers("EEXIST");
  if (index !== undefined && ns.deviceOfIndex(index) !== undefined) throw answers("EEXIST");
  checkMtu(mtu, kind);
  if (master !== undefined && master !== null && master.kind !== "bridge") throw answers("EOPNOTSUPP");
}

/** What rtnetlink itself looks at (dev_validate_mtu); a device may be choosier. */
function checkMtu(mtu: number | undefined, kind: DeviceKind): void {
  if (mtu === undefined) return;
  const hasLimits = kind === "veth" || kind === "bridge" || kind === "vxlan" || kind === "nic" || kind === "tun";
  if (mtu < (hasLimits ? 68 : 0)) throw refused({ errno: "EINVAL", message: "mtu less than device minimum" });
  if (hasLimits && mtu > 65535) throw refused({ errno: "EINVAL", message: "mtu greater than device maximum" });
}

/** `veth%d`: the first free number. */
function freeName(ns: Netns, stem: string, taken?: string): string {
  let i = 0;
  while (ns.devices.has(`${stem}${i}`) || taken === `${stem}${i}`) i++;
  return `${stem}${i}`;
}

function addBridge(context: Context, request: LinkRequest, change: BridgeChange): void {
  const ns = request.netns ?? context.ns;
  check(ns, request, "bridge");
  if (request.master !== undefined)
    throw notModelled("ip link", "add ... master ... type bridge", "a bridge of its own");
  const name = request.name ?? freeName(ns, "bridge");
  const mac = request.address === undefined ? undefined : stationMac(request.address)!;
  const device = context.call.lab.addBridge(ns, name, mac, request.index);
  if (mac !== undefined) device.bridge!.hadPorts = true;
  changeBridge(device.bridge!, change);
  finish(device, request);
}

function addVeth(context: Context, request: LinkRequest, peer: LinkRequest): void {
  const { lab } = context.call;
  const ns = request.netns ?? context.ns;
  const peerNs = peer.netns ?? ns;
  check(ns, request);
  check(peerNs, peer);
  // The peer is made first: what fails after that has cost an index.
  const peerName = peer.name ?? freeName(peerNs, "veth");
  const name = request.name ?? freeName(ns, "veth", ns === peerNs ? peerName : undefined);
  const isTwice = ns === peerNs && (name === peerName || (peer.index !== undefined && request.index === peer.index));
  if (peer.up === true || isTwice) {
    if (peer.index === undefined) takeIndex(peerNs);
    throw answers(peer.up === true ? "ENOTCONN" : "EEXIST");
  }
  const mac = (each: LinkRequest) => (each.address === undefined ? {} : { mac: stationMac(each.address)! });
  const [end, other] = lab.addVeth(
    { ns, name, ...mac(request), ...(request.index !== undefined && { index: request.index }) },
    { ns: peerNs, name: peerName, ...mac(peer), ...(peer.index !== undefined && { index: peer.index }) },
  );
  if (peerNs !== ns) noteNetns(lab, ns, peerNs);
  finish(other, peer);
  finish(end, request);
}

function finish(device: Device, { mtu, up, master, attributes }: LinkRequest): void {
  if (mtu !== undefined) device.mtu = mtu;
  if (attributes !== undefined) device.attributes = { ...device.attributes, ...attributes };
  if (master !== undefined && master !== null) setMaster(device, master);
  const errno = up === true ? setUp(device.owner as Netns, device) : null;
  if (errno !== null) throw answers(errno);
}

function set(context: Context, words: Words): void {
  const request = readLink(context, words, false);
  if (request.dev === undefined && request.attributes?.group !== undefined)
    throw notModelled("ip link set", "group without a device", "ip link set dev NAME group GROUP");
  const device = deviceOf(context, request);
  if (request.type !== undefined) setKind(device, request.type, words);
  const { netns, mtu, address, master, up, attributes } = request;
  const name = request.name === device.name || request.name === request.dev ? undefined : request.name;
  let { ns } = context;
  // do_setlink: first the namespace, then MAC, MTU, name, flags, master; what failed leaves the rest undone.
  if (netns !== undefined && netns !== ns) {
    if (device.kind === "bridge" || device.kind === "loopback" || device.ipip?.fallback)
      throw refused({ errno: "EINVAL", message: "The interface netns is immutable" });
    if (netns.devices.has(name ?? device.name)) throw sameThere("name");
    if (request.index !== undefined && netns.deviceOfIndex(request.index) !== undefined) throw sameThere("ifindex");
    noteNetns(context.call.lab, ns, netns);
    moveDevice(ns, netns, device, name ?? device.name, request.index);
    ns = netns;
  }
  if (address !== undefined) {
    if (device.kind === "tun") throw answers("EOPNOTSUPP");
    if (device.kind === "loopback" || device.kind === "ipip")
      throw notModelled("ip link set", `${device.name} address`, "the address of a device of Ethernet");
    const mac = stationMac(address);
    if (mac === null) throw answers("EADDRNOTAVAIL");
    setMac(device, mac);
  }
  if (mtu !== undefined) {
    checkMtu(mtu, device.kind);
    const errno = setMtu(device, mtu);
    if (errno !== null) throw answers(errno);
  }
  if (name !== undefined && name !== device.name) rename(ns, device, name);
  if (attributes !== undefined) setAttributes(device, attributes);
  if (master !== undefined) enslave(device, master);
  const errno = up === true ? setUp(ns, device) : null;
  if (errno !== null) throw answers(errno);
  if (up === false) setDown(ns, device);
  noteLink(context.call.lab, device);
  // The other end tells of its carrier.
  if (up !== undefined && device.peer?.up) noteLink(context.call.lab, device.peer);
}

/** What belongs to the kind of device, or to what it is a port of, comes before all else (rtnl_changelink). */
function setKind(device: Device, type: string, words: Words): void {
  if (type === "bridge_slave") return changePort(device, readSlaveWords(words));
  if (type !== "bridge") throw notModelled("ip link set", `type ${type}`, "type bridge, type bridge_slave");
  const change = readBridgeWords(words);
  if (device.bridge === null) throw answers("EOPNOTSUPP");
  changeBridge(device.bridge, change);
}

function sameThere(what: string): Quit {
  return refused({ errno: "EEXIST", message: `An interface with the same ${what} exists in the target netns` });
}

function rename(ns: Netns, device: Device, name: string): void {
  if (device.kind === "loopback") throw notModelled("ip link set", `lo name ${name}`, "names of veths and bridges");
  if (ns.devices.has(name)) throw answers("EEXIST");
  if (name.includes(":") || name === "." || name === "..") throw answers("EINVAL");
  const inet = ns.inet.get(device)!;
  inet.addresses = inet.addresses.map((each) => (each.label === device.name ? { ...each, label: name } : each));
  renameDevice(ns, device, name);
}

function enslave(device: Device, master: Device | null): void {
  if (master !== null && master.kind !== "bridge") throw answers("EOPNOTSUPP");
  if (master !== null && device.kind === "bridge")
    throw refused({ errno: "EINVAL", message: "Can not enslave a bridge to a bridge" });
  const errno = setMaster(device, master);
  if (errno !== null) throw answers(errno);
}

function remove(context: Context, words: Words): void {
  const request = readLink(context, words, false);
  const device = deviceOf(context, request);
  if (device.kind === "loopback") throw answers("EOPNOTSUPP");
  // The module keeps its own, and says nothing (ip_tunnel_dellink).
  if (device.ipip?.fallback) return;
  context.call.lab.removeLink(device);
}
