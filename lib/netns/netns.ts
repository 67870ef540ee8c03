// One network namespace: its devices, addresses, routes, neighbours, sockets and hooks. The verbs are beside it:
// receive.ts and send.ts (the order of things for a packet), arp.ts, icmp.ts, udp.ts, tcp.ts, configure.ts.
// Before you edit: include/net/net_namespace.h, include/net/netns/ipv4.h.
import type { InterfaceAddress } from "../ip/address.ts";
import type { Neighbour } from "../ip/neighbour.ts";
import { RouteTable, TABLE } from "../ip/route.ts";
import { DEFAULT_RULES, type PolicyRule } from "../ip/rule.ts";
import type { Cables, Device, Owner } from "../link/device.ts";
import { causeOf, LEVEL, type NewStep, type Where } from "../trace/step.ts";
import type { Ipv4 } from "../wire/address.ts";
import type { Frame } from "../wire/packet.ts";
import { arpInput } from "./arp.ts";
import { carrierChanged } from "./configure.ts";
import { Reassembly } from "./fragment.ts";
import { type HookName, Hooks } from "./hooks.ts";
import { IcmpLimit } from "./icmp.ts";
import { PathMtus } from "./path-mtu.ts";
import { ipReceive } from "./receive.ts";
import { SocketTable } from "./socket.ts";
import { Sysctls } from "./sysctl.ts";

/** What IPv4 keeps for each device (struct in_device). */
export interface Inet {
  readonly addresses: InterfaceAddress[];
  readonly neighbours: Map<Ipv4, Neighbour>;
  /** reachable_time, drawn once for each device. */
  readonly reachableTime: number;
}

export class Netns implements Owner {
  readonly name: string;
  /** The machine it is on. */
  readonly node: string;
  /** Number of the namespace, as `readlink /proc/self/ns/net` shows it. */
  readonly inode: number;
  readonly cables: Cables;
  /** By name, in the order of their index. */
  readonly devices = new Map<string, Device>();
  readonly inet = new Map<Device, Inet>();
  readonly rules: readonly PolicyRule[] = DEFAULT_RULES;
  readonly tables = new Map<number, RouteTable>([
    [TABLE.local, new RouteTable(TABLE.local)],
    [TABLE.main, new RouteTable(TABLE.main)],
    [TABLE.default, new RouteTable(TABLE.default)],
  ]);
  readonly sysctls = new Sysctls();
  readonly hooks = new Hooks();
  readonly sockets: SocketTable;
  readonly reassembly: Reassembly;
  readonly icmpLimit = new IcmpLimit();
  readonly pathMtus = new PathMtus();
  /** The next index a device gets, if it does not bring one. */
  nextIndex = 1;
  /** Identification of the next packet that may be fragmented. */
  nextId: number;
  /** net.ipv4.ip_forward */
  get forwarding(): boolean {
    return this.sysctls.get("net.ipv4.ip_forward") === 1;
  }

  constructor(node: string, name: string, inode: number, cables: Cables) {
    this.node = node;
    this.name = name;
    this.inode = inode;
    this.cables = cables;
    this.sockets = new SocketTable(this);
    this.reassembly = new Reassembly(cables);
    this.nextId = Math.floor(cables.random() * 65536);
  }

  toString(): string {
    return this.name;
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `namespace ${this.name} on ${this.node}: ${[...this.devices.keys()].join(", ")}`;
  }

  /** A frame came up from one of the devices (netif_receive_skb). */
  input(device: Device, frame: Frame, forUs: boolean, cause: number): void {
    const { payload } = frame;
    if (payload.kind === "ipv4") ipReceive(this, device, frame, payload, forUs, cause);
    else if (payload.kind === "arp") arpInput(this, device, frame, payload, forUs, cause);
    else {
      const ethertype = `0x${payload.ethertype.toString(16).padStart(4, "0")}`;
      this.step(LEVEL.path, cause, device, "drop", frame, () => ({
        because: `nobody here speaks ethertype ${ethertype}`,
      }));
    }
  }

  changed(device: Device): void {
    carrierChanged(this, device);
  }

  deviceOfIndex(index: number): Device | undefined {
    for (const device of this.devices.values()) if (device.index === index) return device;
    return undefined;
  }

  /** The local address's device, or undefined (inet_lookup_ifaddr). */
  deviceOfAddress(address: Ipv4): Device | undefined {
    for (const [device, { addresses }] of this.inet)
      for (const each of addresses) if (each.local === address) return device;
    return undefined;
  }

  where(device: Device | null, hook?: HookName): Where {
    return {
      node: this.node,
      netns: this.name,
      ...(device !== null && { device: device.name }),
      ...(hook !== undefined && { hook }),
    };
  }

  /**
   * Records a step if the lab's level is at least `level`, and returns its id (or `cause` when nobody watches).
   * What costs something to say is said by `tell`, which runs only then.
   */
  step(
    level: number,
    cause: number,
    device: Device | null,
    what: NewStep["what"],
    packet: NewStep["packet"] | undefined,
    tell: () => Pick<NewStep, "because" | "evidence" | "tried"> & { readonly hook?: HookName },
  ): number {
    const { recorder } = this.cables;
    if (recorder.level < level) return cause;
    const { hook, ...said } = tell();
    return recorder.add({
      cause: causeOf(cause),
      time: this.cables.now,
      where: this.where(device, hook),
      what,
      ...(packet !== undefined && { packet }),
      ...said,
    });
  }
}
