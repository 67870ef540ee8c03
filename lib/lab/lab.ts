// Many namespaces, the cables between them, one virtual clock, seeded dice.
import alea from "seedrandom/lib/alea.js";
import { bridgeState } from "../link/bridge.ts";
import { type Cables, type Device, validDeviceName } from "../link/device.ts";
import { receive } from "../link/forward.ts";
import type { IpipSettings } from "../link/ipip.ts";
import { nicState } from "../link/rss.ts";
import { joinVlan, leaveLower } from "../link/vlan.ts";
import type { VxlanSettings } from "../link/vxlan.ts";
import { addDevice, removeDevice, setMaster, setUp } from "../netns/configure.ts";
import { Netns } from "../netns/netns.ts";
import { STACK } from "../netns/stack.ts";
import { addIpipDevice, addTunl0, addVxlanDevice, type NewDevice } from "../netns/tunnel/device.ts";
import { Recorder } from "../trace/recorder.ts";
import { type DueTimer, MICROSECOND } from "../trace/world.ts";
import { BadInput, didYouMean } from "../wire/input.ts";
import { Mac } from "../wire/mac.ts";
import type { Frame } from "../wire/packet.ts";
import { Alarms, Cableway } from "./events.ts";
import { Machine, type NodeOptions } from "./machine.ts";
import { freeDeviceName, validNodeName } from "./names.ts";
import { Process, type Program, type Surroundings } from "./process.ts";
import { type EachPacket, tunProgram } from "./tun-programs.ts";

/** What the virtual clock calls zero, in nanoseconds since 1970: 2025-01-01, midnight UTC. */
export const EPOCH = 1_735_689_600_000_000_000n;

/** How long a frame is under way on any cable: about what a veth pair takes. */
export const CABLE_TIME = 5 * MICROSECOND;

/** The inode of the first namespace made; real ones look like this too. */
const FIRST_INODE = 4026532000;

/** What a lab is made from. */
export interface LabOptions {
  /** Same seed, same bytes: MACs, ports, identifiers, every draw. */
  readonly seed?: string;
  /** Where the dice begin, if not at the seed: a lab read from data must not draw the MACs again that it has. */
  readonly dice?: string;
  /** Whether its machines speak IPv6, as real ones do; else it is switched off in every namespace. */
  readonly ipv6?: boolean;
}

/** Machines, their namespaces and the cables between them, with one virtual clock and one seed for all dice. */
export class Lab implements Cables {
  readonly seed: string;
  readonly ipv6: boolean;
  readonly recorder = new Recorder();
  readonly machines = new Map<string, Machine>();
  /** Every namespace of every machine by name; names are unique in a lab. */
  readonly namespaces = new Map<string, Netns>();
  readonly processes = new Set<Process>();
  private readonly dice: () => number;
  private readonly cableway = new Cableway();
  private readonly alarms = new Alarms();
  private clock = 0;
  private order = 0;
  /** The inode the next namespace gets. */
  nextInode = FIRST_INODE;

  constructor({ seed = "packetwalk", dice = seed, ipv6 = false }: LabOptions = {}) {
    this.seed = seed;
    this.ipv6 = ipv6;
    this.dice = alea(dice);
  }

  get now(): number {
    return this.clock;
  }

  random(): number {
    return this.dice();
  }

  below(n: number): number {
    return Math.floor(this.random() * n);
  }

  later(delay: number, action: () => void, background = false): DueTimer {
    return this.alarms.set(this.clock + delay, this.order++, action, background);
  }

  carry(device: Device, frame: Frame, cause: number): void {
    this.cableway.push(this.clock + CABLE_TIME, this.order++, device, frame, cause);
  }

  /** A machine with its own namespace, loopback up. Throws BadInput when the name is taken. */
  node(name: string, options: NodeOptions = {}): Machine {
    const machine = new Machine(this, name, options);
    this.machines.set(name, machine);
    return machine;
  }

  /** A new namespace on a machine, with a loopback that is down, as `ip netns add` makes it. */
  addNetns(machine: Machine, name: string): Netns {
    validNodeName(name);
    if (this.namespaces.has(name))
      throw new BadInput(
        "a name that is taken in this lab",
        name,
        "Nodes, pods and namespaces need names of their own.",
      );
    const ns = new Netns(machine.name, name, this.nextInode++, this, STACK, machine.kernel);
    if (this.ipv6) ns.set6("all", "disable_ipv6", 0);
    addDevice(ns, "loopback", "lo", Mac.of(0));
    if (machine.modules.has("ipip")) addTunl0(ns);
    ns.sysctls.hasBridge = machine.modules.has("br_netfilter");
    this.namespaces.set(name, ns);
    machine.namespaces.set(name, ns);
    return ns;
  }

  /** `ip netns del`: its devices go, and with a veth its other end. */
  removeNetns(ns: Netns): void {
    // A veth may take another of these along; tunnels made here end, wherever they are now.
    for (const device of [...ns.devices.values()]) if (ns.devices.has(device.name)) this.removeLink(device);
    for (const device of [...ns.tunnels]) this.removeLink(device);
    this.namespaces.delete(ns.name);
    const machine = this.machines.get(ns.node)!;
    machine.namespaces.delete(ns.name);
    machine.tools.delete(ns.name);
    machine.mounts.delete(ns.name);
  }

  /** The namespace of this name. Throws BadInput, naming those there are. */
  netns(name: string): Netns {
    const ns = this.namespaces.get(name);
    if (ns === undefined)
      throw new BadInput(
        "no node, pod or namespace of this name",
        name,
        `There are: ${[...this.namespaces.keys()].join(", ") || "none yet"}.${didYouMean(name, this.namespaces.keys())}`,
      );
    return ns;
  }

  /** A MAC nobody has: locally administered, drawn by the dice, as the kernel draws one for a veth or a bridge. */
  drawMac(): Mac {
    const high = Math.floor(this.random() * 2 ** 24);
    const low = Math.floor(this.random() * 2 ** 24);
    // eth_random_addr: not a group address, locally administered.
    return Mac.of(((high & 0xfeffff) | 0x020000) * 2 ** 24 + low);
  }

  /** A veth pair. As in the kernel the other end is made first, so on one namespace it has the lower index. */
  addVeth(
    end: { readonly ns: Netns; readonly name: string; readonly mac?: Mac; readonly index?: number },
    peer: { readonly ns: Netns; readonly name: string; readonly mac?: Mac; readonly index?: number },
  ): [Device, Device] {
    for (const { ns, name } of [end, peer]) freeDeviceName(ns, name);
    if (end.ns === peer.ns && end.name === peer.name)
      throw new BadInput("both ends of a cable with one name", end.name, "Give each end a name of its own.");
    const second = addDevice(peer.ns, "veth", peer.name, peer.mac ?? this.drawMac(), null, peer.index);
    const first = addDevice(end.ns, "veth", end.name, end.mac ?? this.drawMac(), null, end.index);
    first.peer = second;
    second.peer = first;
    first.macIsSet = end.mac !== undefined;
    second.macIsSet = peer.mac !== undefined;
    return [first, second];
  }

  /** `ip link add NAME type bridge`. Throws BadInput when the name is taken. */
  addBridge(ns: Netns, name: string, mac?: Mac, index?: number): Device {
    freeDeviceName(ns, name);
    const device = addDevice(ns, "bridge", name, mac ?? this.drawMac(), bridgeState(), index);
    device.macIsSet = mac !== undefined;
    return device;
  }

  /** `ip link del`: a veth takes its other end along. */
  removeLink(device: Device): void {
    for (const end of device.peer === null ? [device] : [device, device.peer]) {
      const owner = end.owner as Netns;
      // A VXLAN device goes with the device below it (vxlan_handle_lowerdev_unregister).
      for (const tunnel of [...owner.tunnels]) if (tunnel.vxlan?.lower === end) this.removeLink(tunnel);
      for (const vlan of [...(end.vlans?.values() ?? [])]) this.removeLink(vlan);
      if (end.vlan !== null) leaveLower(end);
      removeDevice(owner, end);
    }
  }

  /** `ip link add NAME type dummy`. Throws BadInput when the name is taken. */
  addDummy({ ns, name, index }: NewDevice, mac?: Mac): Device {
    freeDeviceName(ns, name);
    const device = addDevice(ns, "dummy", name, mac ?? this.drawMac(), null, index);
    device.macIsSet = mac !== undefined;
    return device;
  }

  /** A VLAN device on top of `lower`; it has that one's MAC and MTU. */
  addVlan({ ns, name, index }: NewDevice, lower: Device, id: number, mac?: Mac): Device {
    freeDeviceName(ns, name);
    const device = addDevice(ns, "vlan", name, mac ?? lower.mac, null, index);
    device.macIsSet = mac !== undefined;
    device.mtu = lower.mtu;
    joinVlan(device, lower, id);
    return device;
  }

  /** A VXLAN device in `made.ns` whose datagrams go through `under`. */
  addVxlan(made: NewDevice, settings: VxlanSettings, lower: Device | null, under: Netns, mac?: Mac): Device {
    freeDeviceName(made.ns, made.name);
    const device = addVxlanDevice(made, mac ?? this.drawMac(), settings, lower, under);
    device.macIsSet = mac !== undefined;
    return device;
  }

  /** An IPIP device; the machine's module is loaded by it. */
  addIpip(made: NewDevice, settings: IpipSettings, lower: Device | null, under: Netns): Device {
    this.machines.get(made.ns.node)!.load("ipip");
    freeDeviceName(made.ns, made.name);
    return addIpipDevice(made, settings, lower, under);
  }

  /** A cable between network cards of two machines, both up; each card has as many queues as are said. */
  wire(from: string, device: string, to: string, peer: string, queues: number | readonly [number, number] = 1): void {
    const each = typeof queues === "number" ? [queues, queues] : queues;
    if (each.some((count) => !Number.isInteger(count) || count < 1 || count > 1024))
      throw new BadInput("not a number of queues", `${queues}`, "A card has from 1 to 1024.");
    const ends = [this.netns(from), this.netns(to)] as const;
    for (const [i, name] of [device, peer].entries()) freeDeviceName(ends[i]!, name);
    if (ends[0] === ends[1]) throw new BadInput("a cable from a machine to itself", from, "Name two machines.");
    const cards = [device, peer].map((name, i) => {
      const card = addDevice(ends[i]!, "nic", name, this.drawMac());
      card.nic = nicState(each[i]!);
      card.macIsSet = true;
      return card;
    });
    const [first, second] = cards as [Device, Device];
    first.peer = second;
    second.peer = first;
    for (const card of cards) setUp(card.owner as Netns, card);
  }

  /** A switch, and a cable from it to the first card, eth0, of each machine. */
  switch(name: string, machines: readonly string[], queues = 1): Machine {
    for (const each of machines) this.netns(each);
    const machine = this.node(name);
    const bridge = machine.bridge("sw0");
    machines.forEach((each, i) => {
      this.wire(each, "eth0", name, `port${i + 1}`, [queues, 1]);
      setMaster(machine.root.devices.get(`port${i + 1}`)!, bridge);
    });
    return machine;
  }

  /** A cable between two machines or pods: a veth pair, both ends up. */
  cable(from: string, device: string, to: string, peer: string): [Device, Device] {
    const pair = this.addVeth({ ns: this.netns(from), name: device }, { ns: this.netns(to), name: peer });
    for (const end of pair) setUp(end.owner as Netns, end);
    return pair;
  }

  /** Starts a program; it runs when the lab does. */
  start(name: string, surroundings: Surroundings, program: Program): Process {
    const process: Process = new Process(this, name, surroundings, program, () => this.processes.delete(process));
    this.processes.add(process);
    this.later(0, () => process.resume());
    return process;
  }

  /**
   * Starts a program that has a tun device open; the device is made if it is not there. What the kernel of `where` sends
   * into the device is handed to `each`, and what that writes to `tun` has come in by it:
   * `net.tun("node-1", "tun0", ({ packet, cause }, tun) => tun.write(packet, cause))`.
   */
  tun(where: string, device: string, each: EachPacket, program = "program"): Process {
    const ns = this.netns(where);
    const says = { ns, out: () => {}, err: () => {} };
    return this.start(program, says, tunProgram(ns, validDeviceName(device), program, each));
  }

  /** Runs until nothing is under way: no frame, no program with something to do, no question without an answer. */
  run(): void {
    while (!this.cableway.isEmpty || this.alarms.foreground > 0) this.next();
  }

  /** Runs until the process ends. False when nothing more can happen and it still waits. */
  runUntilDone(process: Process): boolean {
    while (process.status === null) {
      if (this.cableway.isEmpty && this.alarms.foreground === 0) return false;
      this.next();
    }
    return true;
  }

  /** Lets this much virtual time pass, and everything happen that falls into it. */
  runFor(nanoseconds: number): void {
    const until = this.clock + nanoseconds;
    while (Math.min(this.cableway.nextTime, this.alarms.nextTime) <= until) this.next();
    this.clock = until;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `lab ${JSON.stringify(this.seed)}: ${[...this.namespaces.keys()].join(", ") || "empty"}`;
  }

  private next(): void {
    const frames = this.cableway.nextTime;
    const alarms = this.alarms.nextTime;
    if (frames < alarms || (frames === alarms && this.cableway.nextOrder < this.alarms.nextOrder)) {
      this.clock = frames;
      this.cableway.take(this.arrive);
    } else {
      this.clock = alarms;
      this.alarms.take();
    }
  }

  private readonly arrive = (device: Device, frame: Frame, cause: number): void => receive(this, device, frame, cause);
}
