// A lab as data: what `lab.data()` gives, `lab.from(data)` reads, pictures draw and `script()` writes as commands.
// Plain JSON: addresses, prefixes and MACs are text as people write it.

import type { LinkAttributes } from "../link/attributes.ts";
import type { BalancingData } from "./data-balancing.ts";
import type { TablesData } from "./data-tables.ts";
import type { Tools } from "./machine.ts";

/** A lab as plain JSON: all that `lab(data)` needs to make it again. */
export interface LabData {
  readonly packetwalk: 1;
  readonly seed: string;
  /** Machines that are made later speak IPv6 too. */
  readonly ipv6?: true;
  readonly nodes: readonly NodeData[];
}

/** A machine. Its first namespace is the machine's own and has its name; the others are its pods. */
export interface NodeData {
  readonly name: string;
  /** Modules of its kernel that somebody loaded and that show: `ipip` brings tunl0 to every namespace, `br_netfilter` switches, `fou` tunnels in datagrams. */
  readonly modules?: readonly ("ipip" | "br_netfilter" | "fou")[];
  readonly namespaces: readonly NetnsData[];
}

export interface NetnsData extends TablesData, BalancingData {
  /** Unique in the lab. */
  readonly name: string;
  /** Number of the namespace as `readlink /proc/self/ns/net` shows it. */
  readonly inode: number;
  /** Containers that share the namespace: empty for a node's own. */
  readonly containers: readonly string[];
  /** Tools of the file system there; absent if they are the usual ones. */
  readonly tools?: Tools;
  /** Sysctls that are not at the lab's default, as `net.ipv4.ip_forward`. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** In the order of their index. */
  readonly devices: readonly DeviceData[];
  /** Policy rules in their order; absent as long as nobody changed those every namespace has. */
  readonly rules?: readonly RuleData[];
  /** Every route of every table, kernel's own included. */
  readonly routes: readonly RouteData[];
  readonly neighbours: readonly NeighbourData[];
  /** Ports of foo over UDP, the oldest first; without `protocol` a GUE header says what follows. */
  readonly fou?: readonly { readonly port: number; readonly protocol?: number; readonly local?: string }[];
  /** All that IPv6 has; absent where it is switched off. */
  readonly ipv6?: Ipv6Data;
}

export interface Ipv6Data {
  /** Devices that IPv6 runs on: they were up and had a carrier since. */
  readonly ready: readonly string[];
  /** Of each device the newest first, the wider scope before the nearer one. */
  readonly addresses: readonly Address6Data[];
  readonly routes: readonly Route6Data[];
  readonly rules?: readonly RuleData[];
  readonly neighbours: readonly Neighbour6Data[];
  /** Addresses that are answered for in another's name. */
  readonly proxies?: readonly { readonly dev: string; readonly address: string }[];
}

export interface Address6Data {
  readonly dev: string;
  /** As `2001:db8::5/64`. */
  readonly address: string;
  readonly tentative?: true;
  readonly dadFailed?: true;
  readonly noDad?: true;
  readonly noPrefixRoute?: true;
  readonly deprecated?: true;
  readonly metric?: number;
  readonly peer?: string;
  /** Seconds that are left; absent for ever. */
  readonly validLft?: number;
  readonly preferredLft?: number;
}

/** As RouteData; every route has a metric and no scope, and a device, or several ways. */
export interface Route6Data {
  readonly table: string;
  readonly type: "unicast" | "local" | "anycast" | "multicast" | "blackhole" | "unreachable" | "prohibit" | "throw";
  readonly prefix: string;
  readonly via?: string;
  readonly dev?: string;
  readonly src?: string;
  readonly metric: number;
  readonly protocol: string;
  readonly onlink?: true;
  readonly mtu?: number;
  readonly mtuLocked?: true;
  /** Seconds until it goes. */
  readonly expires?: number;
  readonly nexthops?: readonly NexthopData[];
}

export interface Neighbour6Data extends NeighbourData {
  /** It says of itself that it is a router. */
  readonly router?: true;
}

export interface DeviceData {
  readonly index: number;
  readonly name: string;
  /** A datapath, `openvswitch`, is only seen: what it does a program decides, so no lab is made of such data. */
  readonly kind: "loopback" | "veth" | "bridge" | "dummy" | "vxlan" | "ipip" | "vlan" | "nic" | "tun" | "openvswitch";
  readonly mac: string;
  /** The MAC was chosen by hand, so a bridge keeps it when ports come and go. */
  readonly macIsSet?: true;
  readonly mtu: number;
  /** What `ip link set` said of it besides, where it is not as usual. */
  readonly attributes?: Partial<LinkAttributes>;
  readonly up: boolean;
  /** Down now, but it was up once: `ip link` says noqueue instead of noop. */
  readonly wasUp?: true;
  /** Operational state as `ip link` prints it: UP, DOWN, LOWERLAYERDOWN, UNKNOWN. */
  readonly state: string;
  /** The other end of a veth pair. */
  readonly peer?: { readonly netns: string; readonly device: string };
  /** The bridge this device is a port of. */
  readonly master?: string;
  readonly addresses: readonly AddressData[];
  /** A bridge's ports, newest first: the order it floods in. Absent if it never had one. */
  readonly ports?: readonly string[];
  /** Settings of a bridge; absent as long as nobody changed one. */
  readonly bridge?: BridgeData;
  /** What it is as a port of its master. */
  readonly port?: PortData;
  readonly vlan?: { readonly dev: string; readonly id: number };
  /** A network card; its `peer` is at the other end of its cable. */
  readonly nic?: { readonly queues: number };
  readonly vxlan?: VxlanData;
  /**
   * A tun device. Programs are no data: the one that had it open is only named, and the device that is made again has no
   * carrier until some program opens it.
   */
  readonly tun?: { readonly persist: boolean; readonly program?: string };
  readonly ipip?: IpipData;
  /** What a bridge has learned: MAC to port. */
  readonly fdb?: readonly FdbData[];
}

export interface FdbData {
  readonly mac: string;
  readonly port: string;
  readonly permanent: boolean;
  /** The VLAN it was learned in, if the bridge filters. */
  readonly vlan?: number;
  readonly static?: true;
}

/** What is absent is as `ip link add` has it by itself. */
export interface BridgeData {
  /** Seconds. */
  readonly ageing?: number;
  readonly vlanFiltering?: true;
  readonly defaultPvid?: number;
  readonly snooping?: false;
  readonly vlans?: VlansData;
}

export interface VlansData {
  readonly pvid?: number;
  /** As `bridge vlan` has them, with `untagged` for "Egress Untagged". */
  readonly members: readonly { readonly id: number; readonly untagged?: true }[];
}

/** What is absent is as a new port has it. */
export interface PortData {
  /** If it is not the one it would get were the ports added anew. */
  readonly number?: number;
  /** Switches that are not as at first, by the words of `bridge link set`. */
  readonly flags?: Readonly<Record<string, boolean>>;
  readonly state?: "disabled" | "listening" | "learning";
  readonly vlans?: VlansData;
  readonly cost?: number;
  readonly priority?: number;
}

/** Settings of a VXLAN device; what is absent is as `ip link add` has it by itself. */
export interface VxlanData {
  readonly vni: number;
  readonly port: number;
  /** The namespace it was made in, through which its datagrams go. */
  readonly underlay: string;
  /** The device below, in that namespace. */
  readonly dev?: string;
  readonly local?: string;
  readonly remote?: string;
  readonly sourcePorts?: readonly [low: number, high: number];
  readonly learning?: false;
  readonly ttl?: number | "inherit";
  readonly tos?: number | "inherit";
  readonly df?: "set" | "inherit";
  readonly ageing?: number;
  readonly udpChecksum?: false;
  /** Oldest first. */
  readonly entries: readonly VxlanEntryData[];
}

export interface VxlanEntryData {
  readonly mac: string;
  readonly state: "permanent" | "static" | "reachable";
  readonly to: readonly {
    readonly address: string;
    readonly port?: number;
    readonly vni?: number;
    readonly dev?: string;
  }[];
}

/** Settings of an IPIP device; what is absent is as `ip link add` has it by itself. */
export interface IpipData {
  readonly underlay: string;
  readonly dev?: string;
  readonly local?: string;
  readonly remote?: string;
  readonly ttl?: number;
  readonly tos?: number | "inherit";
  readonly pmtudisc?: false;
  readonly proto?: "ipip";
  /** The source port is that of each flow if it is 0. */
  readonly encap?: {
    readonly type: "fou" | "gue";
    readonly sourcePort: number;
    readonly port: number;
    readonly checksum: boolean;
  };
  /** The module's own tunl0. */
  readonly fallback?: true;
}

export interface AddressData {
  /** As `10.244.1.5/24`. */
  readonly address: string;
  readonly broadcast?: string;
  /** The other end's address, if it has one: the length above is of its network. */
  readonly peer?: string;
  readonly noPrefixRoute?: true;
  readonly metric?: number;
  /** Seconds that are left; absent for ever. */
  readonly validLft?: number;
  readonly preferredLft?: number;
  /** `ip addr add ... label`, if it is not the device's name. */
  readonly label?: string;
  readonly scope: "global" | "link" | "host";
}

export interface RouteData {
  /** `local`, `main` or a number. */
  readonly table: string;
  readonly type: "unicast" | "local" | "broadcast" | "blackhole" | "unreachable" | "prohibit" | "throw";
  /** As `10.244.1.0/24` or `default`. */
  readonly prefix: string;
  readonly via?: string;
  readonly dev?: string;
  readonly src?: string;
  readonly metric?: number;
  /** A name of rt_protos, or a number. */
  readonly protocol: string;
  readonly scope: "global" | "link" | "host";
  readonly onlink?: true;
  readonly mtu?: number;
  readonly mtuLocked?: true;
  /** Two or more ways; then there is neither `via` nor `dev`. */
  readonly nexthops?: readonly NexthopData[];
}

export interface NexthopData {
  readonly via?: string;
  readonly dev: string;
  readonly weight: number;
  readonly onlink?: true;
}

/** A policy rule; what it leaves open is absent. */
export interface RuleData {
  readonly priority: number;
  readonly action: "lookup" | "blackhole" | "unreachable" | "prohibit";
  /** `main` or a number; absent if the rule names none. */
  readonly table?: string;
  readonly not?: true;
  /** As `10.0.97.30/32`. */
  readonly from?: string;
  readonly to?: string;
  readonly mark?: number;
  readonly mask?: number;
  readonly iif?: string;
  readonly oif?: string;
  readonly suppress?: number;
  readonly protocol?: string;
}

export interface NeighbourData {
  readonly address: string;
  readonly dev: string;
  readonly mac?: string;
  /** As `ip neigh` prints it: REACHABLE, STALE, PERMANENT, FAILED, ... */
  readonly state: string;
}
