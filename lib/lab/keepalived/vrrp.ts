// A virtual router as one machine sees it: backup, until no better one is heard; then master, with the virtual addresses.
// Before you edit: keepalived's vrrp.c (vrrp_state_backup, vrrp_state_master_rx, vrrp_restore_interface), vrrp_scheduler.c
// (vrrp_dispatcher_read_timeout), vrrp_arp.c; RFC 3768 §6, RFC 5798 §6.
import type { Device } from "../../link/device.ts";
import { transmit } from "../../link/forward.ts";
import { addAddress, deleteAddress } from "../../netns/configure.ts";
import { inetOf } from "../../netns/ipv4/inet.ts";
import type { Netns } from "../../netns/netns.ts";
import { type RawPacket, RawSocket } from "../../netns/socket/raw.ts";
import { Waitable } from "../../netns/wait.ts";
import { LEVEL, NOT_RECORDED } from "../../trace/step.ts";
import { MILLISECOND, SECOND } from "../../trace/world.ts";
import { Ipv4 } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";
import { BROADCAST_MAC } from "../../wire/mac.ts";
import type { Arp } from "../../wire/packet.ts";
import { type Advertisement, advertisementBody, advertisementOf, VRRP, VRRP_GROUP, VRRP_TTL } from "../../wire/vrrp.ts";
import type { Program } from "../process.ts";
import type { VirtualAddress, VrrpConfig } from "./vrrp-config.ts";

export type VrrpState = "BACKUP" | "MASTER" | "FAULT";

/** RFC 3768 §7.1: packets of routers carry this TOS. */
const INTERNET_CONTROL = 0xc0;
const NEVER = Number.POSITIVE_INFINITY;

export class VrrpInstance extends Waitable {
  readonly config: VrrpConfig;
  readonly device: Device;
  state: VrrpState = "BACKUP";
  private readonly ns: Netns;
  private readonly log: (text: string) => void;
  private readonly socket: RawSocket;
  /** When the next advertisement is due, or the master's is missed (sands). */
  private expires = NEVER;
  /** Between two advertisements of the master; version 3 learns it from him (master_adver_int). */
  private interval: number;
  /** When everybody is told once more, the first time first. */
  private readonly garps: number[] = [];
  private hasAddresses = false;

  /** Throws BadInput when a device is not there. */
  constructor(ns: Netns, config: VrrpConfig, log: (text: string) => void) {
    super();
    this.ns = ns;
    this.config = config;
    this.interval = config.interval;
    this.device = deviceNamed(ns, config.interface);
    for (const { device } of config.addresses) if (device !== null) deviceNamed(ns, device);
    this.log = (text) => log(`(${config.name}) ${text}`);
    this.socket = new RawSocket(ns, "keepalived", VRRP, this.device);
    this.socket.join(VRRP_GROUP);
  }

  *program(): Program {
    const { cables } = this.ns;
    this.begin();
    try {
      for (;;) {
        for (let read = this.socket.receive(); read !== null; read = this.socket.receive()) this.hear(read);
        for (; this.garps[0]! <= cables.now; this.garps.shift()) this.tellNeighbours();
        if (this.expires <= cables.now) this.expire();
        const until = Math.min(this.expires, this.garps[0] ?? NEVER);
        yield { on: [this.socket, this], background: true, ...(until !== NEVER && { until }) };
      }
    } finally {
      this.socket.close();
    }
  }

  /** vrrp_init_state. */
  private begin(): void {
    if (!this.device.running) {
      this.log("Entering FAULT STATE (init)");
      this.state = "FAULT";
    } else if (this.config.priority === 255) {
      this.expires = this.ns.cables.now;
    } else {
      this.log("removing VIPs.");
      this.log("Entering BACKUP STATE (init)");
      this.waitForMaster();
    }
  }

  /** Three advertisements missed, and the longer the worse its priority (Master_Down_Interval, Skew_Time). */
  private waitForMaster(): void {
    this.expires = this.ns.cables.now + 3 * this.interval + this.skew;
  }

  private get skew(): number {
    const { version, priority } = this.config;
    return ((256 - priority) * (version === 2 ? SECOND : this.interval)) / 256;
  }

  private expire(): void {
    if (this.state === "BACKUP") {
      this.log("Receive advertisement timeout");
      this.state = "MASTER";
      this.tellLater();
    }
    this.expires = this.ns.cables.now + this.config.interval;
    this.advertise(this.config.priority);
    if (this.hasAddresses) return;
    this.log("Entering MASTER STATE");
    const { interval } = this.config;
    if (interval !== this.interval)
      this.log(`changing advert interval from ${ms(this.interval)} to locally configured ${ms(interval)}`);
    this.interval = interval;
    this.takeAddresses();
    this.tellNeighbours();
  }

  private advertise(priority: number): void {
    const { version, vrid, interval, addresses, password } = this.config;
    const src = this.ownAddress();
    const said: Advertisement = {
      version,
      vrid,
      priority,
      interval: interval / SECOND,
      addresses: addresses.map(({ address }) => address),
      password,
    };
    const how = { src, dst: VRRP_GROUP, ttl: VRRP_TTL, tos: INTERNET_CONTROL };
    const about = `says that it is the master of virtual router ${vrid}, with priority ${priority}`;
    this.socket.send(
      advertisementBody(said, src ?? Ipv4.of(0)),
      how,
      priority === 0 ? `leaves virtual router ${vrid}` : about,
    );
  }

  /** The first of the device that is not virtual. */
  private ownAddress(): Ipv4 | null {
    const isVirtual = (address: Ipv4) => this.config.addresses.some((each) => each.address === address);
    return inetOf(this.device).addresses.find(({ local }) => !isVirtual(local))?.local ?? null;
  }

  private hear({ packet }: RawPacket): void {
    if (this.state === "FAULT" || packet.body.kind !== "unknown") return;
    const said = advertisementOf(packet.body.data, packet.src);
    if (said === null || said.vrid !== this.config.vrid || !this.isAcceptable(said, packet.ttl)) return;
    if (this.state === "BACKUP") this.hearAsBackup(said, packet.src);
    else this.hearAsMaster(said, packet.src);
  }

  /** vrrp_check_packet. */
  private isAcceptable(said: Advertisement, ttl: number): boolean {
    const { version, addresses, password, interval, vrid } = this.config;
    const refuse = (text: string) => {
      this.log(text);
      return false;
    };
    if (ttl !== VRRP_TTL) return refuse(`invalid TTL/HL. Received ${ttl} and expect ${VRRP_TTL}`);
    if (said.version !== version) return refuse(`wrong version. Received ${said.version} and expect ${version}`);
    const [theirs, ours] = [said.password, password].map((each) => (each === null ? 0 : 1));
    if (theirs !== ours) return refuse(`received a ${theirs} auth, expecting ${ours}!`);
    if (said.password !== password) return refuse("received an invalid passwd!");
    if (version === 2 && said.interval !== interval / SECOND)
      return refuse(`advertisement interval mismatch mine=${interval / SECOND} sec rcv'd=${said.interval} sec`);
    if (said.addresses.length !== addresses.length)
      return refuse(`received an unexpected ip number count ${said.addresses.length}, expected ${addresses.length}!`);
    const missing = addresses.find(({ address }) => !said.addresses.includes(address));
    if (missing === undefined) return true;
    return refuse(`ip address associated with VRID ${vrid} not present in MASTER advert : ${missing.address}`);
  }

  private hearAsBackup(said: Advertisement, from: Ipv4): void {
    if (said.priority === 0) {
      this.log("Backup received priority 0 advertisement");
      this.expires = this.ns.cables.now + this.skew;
    } else if (this.config.nopreempt || said.priority >= this.config.priority) {
      this.learnInterval(said);
      this.waitForMaster();
    } else this.log(`received lower priority (${said.priority}) advert from ${from} - discarding`);
  }

  /** Version 3: who waits, waits as the master says. */
  private learnInterval({ version, interval }: Advertisement): void {
    const theirs = interval * SECOND;
    if (version === 2 || theirs === this.interval) return;
    this.log(`advertisement interval updated from ${ms(this.interval)} to ${ms(theirs)} by master`);
    this.interval = theirs;
  }

  private hearAsMaster(said: Advertisement, from: Ipv4): void {
    const theirs = said.priority;
    const { priority: ours } = this.config;
    this.expires = this.ns.cables.now + this.config.interval;
    if (theirs === 0) {
      this.advertise(ours);
      return this.log("Master received priority 0 message");
    }
    const own = this.ownAddress();
    if (theirs < ours || (theirs === ours && own !== null && from.bits < own.bits)) {
      this.log(`Received advert from ${from} with lower priority ${theirs}, ours ${ours}, forcing new election`);
      this.advertise(ours);
      this.tellNeighbours();
      this.tellLater();
      return;
    }
    const why =
      theirs > ours
        ? `higher priority ${theirs}, ours ${ours}`
        : `same priority ${theirs} but higher IP address than ours`;
    this.log(`Master received advert from ${from} with ${why}`);
    this.learnInterval(said);
    this.log("Entering BACKUP STATE");
    this.state = "BACKUP";
    this.dropAddresses();
    this.waitForMaster();
  }

  /** Its device lost its carrier, or has it again. */
  linkChanged(isUp: boolean): void {
    if (isUp === (this.state !== "FAULT")) return;
    if (isUp) {
      this.log("Entering BACKUP STATE");
      this.state = "BACKUP";
      this.waitForMaster();
    } else {
      this.log("Entering FAULT STATE");
      // Nobody hears it.
      if (this.state === "MASTER") this.leave();
      this.state = "FAULT";
      this.expires = NEVER;
    }
    this.wake();
  }

  /** Who is asked to end says so, and keeps no virtual address. */
  leave(): void {
    if (this.state !== "MASTER") return;
    this.advertise(0);
    this.log("sent 0 priority");
    this.dropAddresses();
  }

  private takeAddresses(): void {
    this.log("setting VIPs.");
    for (const { address, length, device } of this.config.addresses)
      addAddress(this.ns, this.deviceOf(device), address, length);
    this.hasAddresses = true;
  }

  private dropAddresses(): void {
    this.log("removing VIPs.");
    for (const each of this.config.addresses) {
      const device = this.deviceOf(each.device);
      const found = inetOf(device).addresses.find(
        ({ local, length }) => local === each.address && length === each.length,
      );
      if (found !== undefined) deleteAddress(this.ns, device, found);
    }
    this.hasAddresses = false;
  }

  private deviceOf(name: VirtualAddress["device"]): Device {
    return name === null ? this.device : deviceNamed(this.ns, name);
  }

  private tellLater(): void {
    const { garpDelay } = this.config;
    if (garpDelay > 0) this.garps.push(this.ns.cables.now + garpDelay);
  }

  /** vrrp_send_link_update: everybody on the link learns at which MAC the virtual addresses are. */
  private tellNeighbours(): void {
    if (!this.hasAddresses) return;
    for (let i = 0; i < this.config.garpRepeat; i++)
      for (const { address, device } of this.config.addresses) this.gratuitous(address, this.deviceOf(device), i === 0);
  }

  private gratuitous(address: Ipv4, device: Device, isFirst: boolean): void {
    if (isFirst) this.log(`Sending/queueing gratuitous ARPs on ${device.name} for ${address}`);
    const payload: Arp = {
      kind: "arp",
      op: "request",
      senderMac: device.mac,
      senderIp: address,
      targetMac: BROADCAST_MAC,
      targetIp: address,
    };
    const frame = { dst: BROADCAST_MAC, src: device.mac, payload };
    const step = this.ns.step(LEVEL.path, NOT_RECORDED, device, "arp", frame, () => ({
      because: `keepalived tells everybody that ${address} is at ${device.mac}`,
    }));
    transmit(this.ns.cables, device, frame, step);
  }
}

const ms = (time: number) => `${time / MILLISECOND}ms`;

function deviceNamed(ns: Netns, name: string): Device {
  const found = ns.devices.get(name);
  if (found !== undefined) return found;
  throw new BadInput("no such device for keepalived", name, `${ns.name} has ${[...ns.devices.keys()].join(", ")}.`);
}
