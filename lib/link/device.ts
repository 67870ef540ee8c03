// A network device: a name, a MAC, flags, counters, and a cable or a bridge behind it.
// Before you edit: net/core/dev.c, net/core/link_watch.c (operstate), drivers/net/veth.c, net/bridge/br_if.c.
import type { DueTimer, World } from "../trace/world.ts";
import { BadInput } from "../wire/input.ts";
import type { Mac } from "../wire/mac.ts";
import type { Frame } from "../wire/packet.ts";
import { type LinkAttributes, USUAL_ATTRIBUTES } from "./attributes.ts";
import type { BridgeState } from "./bridge.ts";
import type { BridgePort } from "./bridge-port.ts";
import type { Vport } from "./datapath.ts";
import type { IpipState } from "./ipip.ts";
import type { NicState } from "./rss.ts";
import type { TunState } from "./tun.ts";
import type { VlanState } from "./vlan.ts";
import type { VxlanState } from "./vxlan.ts";

export type DeviceKind =
  | "loopback"
  | "veth"
  | "bridge"
  | "dummy"
  | "vxlan"
  | "ipip"
  | "vlan"
  | "nic"
  | "tun"
  | "openvswitch";

/** The lab as devices see it: besides time, dice and recorder, the cables. */
export interface Cables extends World {
  later(delay: number, action: () => void, background?: boolean): DueTimer;
  /** Lets the frame arrive at `device` after the time a cable takes, in the order of calling. */
  carry(device: Device, frame: Frame, cause: number): void;
}

/** A frame with a packet that passes the hooks of IP on its way through a bridge (struct nf_bridge_info). */
export interface Bridged {
  readonly bridge: Device;
  /** The ports; `output` is null before it is known. */
  readonly input: Device;
  readonly output: Device | null;
  /** Who changes the packet puts another frame here. */
  frame: Frame;
  cause: number;
  /** What the namespace keeps of the packet from hook to hook. */
  skb: object | null;
}

/** Whose device it is: the namespace that takes what the device receives. */
export interface Owner {
  readonly name: string;
  readonly node: string;
  /**
   * The frame came up from the device. `forUs` is false for a unicast to another MAC. What passed PREROUTING in a bridge
   * brings `bridged`, and does not pass it again.
   */
  input(device: Device, frame: Frame, forUs: boolean, cause: number, bridged?: Bridged | null): void;
  /** net.bridge.bridge-nf-call-iptables: packets that are bridged pass the hooks of IP. */
  readonly filtersBridged: boolean;
  /** A bridged packet passes a hook; `okay` follows if it is not dropped there. */
  bridged(hook: "PREROUTING" | "FORWARD" | "POSTROUTING", bridged: Bridged, okay: () => void): void;
  /** Flags, carrier or master of one of its devices changed. */
  changed(device: Device): void;
  deviceOfIndex(index: number): Device | undefined;
  /** A frame leaves by a device that puts it into a packet. */
  encapsulate(device: Device, frame: Frame, cause: number): void;
}

/** Sees every frame of a device as tcpdump would, and the step that brought it; present only while somebody watches. */
export type Tap = (frame: Frame, direction: "in" | "out", cause: number) => void;

export interface Stats {
  rxPackets: number;
  rxBytes: number;
  rxDropped: number;
  txPackets: number;
  txBytes: number;
  txDropped: number;
}

/** What few devices have. */
class Extras {
  bridge: BridgeState | null = null;
  attributes: LinkAttributes = USUAL_ATTRIBUTES;
  /** The MAC was chosen by hand, so a bridge keeps it when ports come and go. */
  macIsSet = false;
  /** The MTU was chosen by hand, so a bridge keeps it whatever its ports have. */
  mtuIsSet = false;
  /** What went wrong, beyond what is dropped; null as long as nothing did. */
  errors: { rx: number; tx: number; carrier: number; collisions: number } | null = null;
  vxlan: VxlanState | null = null;
  ipip: IpipState | null = null;
  vlan: VlanState | null = null;
  /** What it is as a port of a datapath. */
  vport: Vport | null = null;
  nic: NicState | null = null;
  tun: TunState | null = null;
  /** The VLAN devices on top of it, by their VLAN. */
  vlans: Map<number, Device> | null = null;
  taps: Tap[] | null = null;
}

/** What the others have of it; nobody writes here. */
const NO_EXTRAS: Readonly<Extras> = new Extras();

export class Device {
  readonly kind: DeviceKind;
  owner: Owner;
  index: number;
  name: string;
  mac: Mac;
  mtu: number;
  /** Administratively up. */
  up = false;
  /** Once up, a device has a queue discipline (noqueue); before that `ip link` says noop. */
  everUp = false;
  peer: Device | null = null;
  master: Device | null = null;
  /** What it is as a port of its master. */
  port: BridgePort | null = null;
  /** What IPv4 keeps for it (ip_ptr); only its namespace knows what that is. */
  inet: object | null = null;
  private counted: Stats | null = null;
  private extras: Readonly<Extras> = NO_EXTRAS;

  constructor(
    owner: Owner,
    kind: DeviceKind,
    index: number,
    name: string,
    mac: Mac,
    bridge: BridgeState | null = null,
  ) {
    this.owner = owner;
    this.kind = kind;
    this.index = index;
    this.name = name;
    this.mac = mac;
    this.mtu = kind === "loopback" ? 65536 : 1500;
    if (bridge !== null) this.own.bridge = bridge;
  }

  // A large lab has three devices for each pod, and what a frame meets on its way should lie close together.
  get bridge(): Extras["bridge"] {
    return this.extras.bridge;
  }
  get attributes(): Extras["attributes"] {
    return this.extras.attributes;
  }
  set attributes(value: Extras["attributes"]) {
    if (this.extras.attributes !== value) this.own.attributes = value;
  }
  get macIsSet(): Extras["macIsSet"] {
    return this.extras.macIsSet;
  }
  set macIsSet(value: Extras["macIsSet"]) {
    if (this.extras.macIsSet !== value) this.own.macIsSet = value;
  }
  get mtuIsSet(): Extras["mtuIsSet"] {
    return this.extras.mtuIsSet;
  }
  set mtuIsSet(value: Extras["mtuIsSet"]) {
    if (this.extras.mtuIsSet !== value) this.own.mtuIsSet = value;
  }
  get errors(): Extras["errors"] {
    return this.extras.errors;
  }
  set errors(value: Extras["errors"]) {
    if (this.extras.errors !== value) this.own.errors = value;
  }
  get vxlan(): Extras["vxlan"] {
    return this.extras.vxlan;
  }
  set vxlan(value: Extras["vxlan"]) {
    if (this.extras.vxlan !== value) this.own.vxlan = value;
  }
  get ipip(): Extras["ipip"] {
    return this.extras.ipip;
  }
  set ipip(value: Extras["ipip"]) {
    if (this.extras.ipip !== value) this.own.ipip = value;
  }
  get vlan(): Extras["vlan"] {
    return this.extras.vlan;
  }
  set vlan(value: Extras["vlan"]) {
    if (this.extras.vlan !== value) this.own.vlan = value;
  }
  get vport(): Extras["vport"] {
    return this.extras.vport;
  }
  set vport(value: Extras["vport"]) {
    if (this.extras.vport !== value) this.own.vport = value;
  }
  get nic(): Extras["nic"] {
    return this.extras.nic;
  }
  set nic(value: Extras["nic"]) {
    if (this.extras.nic !== value) this.own.nic = value;
  }
  get tun(): Extras["tun"] {
    return this.extras.tun;
  }
  set tun(value: Extras["tun"]) {
    if (this.extras.tun !== value) this.own.tun = value;
  }
  get vlans(): Extras["vlans"] {
    return this.extras.vlans;
  }
  set vlans(value: Extras["vlans"]) {
    if (this.extras.vlans !== value) this.own.vlans = value;
  }
  get taps(): Extras["taps"] {
    return this.extras.taps;
  }
  set taps(value: Extras["taps"]) {
    if (this.extras.taps !== value) this.own.taps = value;
  }
  private get own(): Extras {
    if (this.extras === NO_EXTRAS) this.extras = new Extras();
    return this.extras;
  }

  /** What passed; made when the first frame does, for most devices of a large lab never see one. */
  get stats(): Stats {
    this.counted ??= { rxPackets: 0, rxBytes: 0, rxDropped: 0, txPackets: 0, txBytes: 0, txDropped: 0 };
    return this.counted;
  }

  /** Whether anything is at the other end: the peer of a veth is up, a bridge has a port that runs. */
  get carrier(): boolean {
    if (this.kind === "veth" || this.kind === "nic") return this.peer?.up === true && this.up;
    if (this.vlan !== null) return this.vlan.lower.carrier;
    if (this.tun !== null) return this.tun.reader !== null;
    // A pseudo device has nothing that could be unplugged.
    if (this.bridge === null) return true;
    const { ports, hadPorts } = this.bridge;
    // A bridge that never had a port has not been told yet that it has no carrier (br_port_state_selection).
    return hadPorts ? ports.some((port) => port.running && port.port!.state === "forwarding") : true;
  }

  /** IFF_NOARP: nobody is asked for a MAC. */
  get isNoArp(): boolean {
    const { arp } = this.attributes;
    return arp === null ? this.kind === "dummy" || this.isBare : !arp;
  }

  /** It carries packets of IP without frames around them. */
  get isBare(): boolean {
    return this.kind === "ipip" || this.kind === "tun";
  }

  /** IFF_RUNNING: up and with carrier. */
  get running(): boolean {
    return this.up && this.carrier;
  }

  /**
   * Operational state, RFC 2863, as `ip link` prints it. The kernel takes the peer's index for one of this namespace
   * (net/core/link_watch.c, default_operstate), so across namespaces LOWERLAYERDOWN depends on a stranger.
   */
  get state(): "UP" | "DOWN" | "LOWERLAYERDOWN" | "UNKNOWN" {
    if (!this.up) return "DOWN";
    if (this.vlan !== null) return this.carrier ? "UP" : "LOWERLAYERDOWN";
    if (this.kind === "nic") return this.carrier ? "UP" : "DOWN";
    if (this.tun?.wasClosed) return this.carrier ? "UP" : "DOWN";
    if (this.kind !== "veth" && this.kind !== "bridge") return "UNKNOWN";
    if (this.kind === "bridge" && !this.bridge!.hadPorts) return "UNKNOWN";
    if (this.carrier) return "UP";
    if (this.kind === "bridge" || this.peer!.index === this.index) return "DOWN";
    return this.owner.deviceOfIndex(this.peer!.index)?.carrier === false ? "LOWERLAYERDOWN" : "DOWN";
  }

  toString(): string {
    return `${this.owner.name}/${this.name}`;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const on = this.master === null ? "" : `, a port of ${this.master.name}`;
    return `${this.kind} ${this.name} in ${this.owner.name}: ${this.mac}, ${this.state}${on}`;
  }
}

/** Throws BadInput unless the kernel would take the text as a device's name (dev_valid_name). */
export function validDeviceName(name: string): string {
  if (name.length === 0 || name.length > 15 || name === "." || name === ".." || /[/:\s]/.test(name))
    throw new BadInput("not a device name", name, "Use 1 to 15 characters without space, slash and colon.");
  return name;
}
