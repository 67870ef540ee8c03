// A machine: its own namespace, and the namespaces of the pods it runs.
import { TABLE } from "../ip/route.ts";
import type { Device } from "../link/device.ts";
import { type Flavour, NEWEST } from "../netfilter/text/flavour.ts";
import { addAddress, addRoute, setMaster, setUp } from "../netns/configure.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import type { AskedRoute } from "../netns/ipv4/fib-route.ts";
import { addAddress6 } from "../netns/ipv6/addrconf.ts";
import { type AskedRoute6, addRoute6 } from "../netns/ipv6/fib.ts";
import { Kernel } from "../netns/kernel.ts";
import type { Netns } from "../netns/netns.ts";
import { secretOf } from "../netns/secret.ts";
import { addTunl0 } from "../netns/tunnel/device.ts";
import { addressWithLength, type Ipv4, ipv4, Prefix4 } from "../wire/address.ts";
import {
  type AddressWithLength6,
  addressWithLength6,
  type Ipv6,
  ipv6,
  Prefix6,
  UNSPECIFIED6,
} from "../wire/address6.ts";
import { BadInput } from "../wire/input.ts";
import type { Lab } from "./lab.ts";

/**
 * The tools of a file system: busybox for everything, as Debian builds it or as Alpine does (with musl, whose headers
 * make its `ip` say the state of a device; its 1.28 has the old nslookup), or `ip` of iproute2 4.4. Without
 * any of them, Debian 12's.
 */
export type Tools = "busybox" | "busybox-musl" | "busybox-1.28" | "iproute2-4.4";

export const TOOLS: readonly Tools[] = ["busybox", "busybox-musl", "busybox-1.28", "iproute2-4.4"];

export interface NodeOptions {
  /** Which tools the machine has. */
  readonly tools?: Tools;
}

/** What a pod has: containers, the bridge it is plugged into, addresses. */
export interface PodOptions {
  /** Which tools the image of its containers has. */
  readonly tools?: Tools;

  /** Containers that share the pod's namespace; one named `app` unless said otherwise. */
  readonly containers?: readonly string[];
  /** The node's bridge the pod's cable is plugged into. Without it the pod has only its loopback. */
  readonly bridge?: string;
  /** As `10.244.1.2/24`. */
  readonly address?: string;
  /** Default gateway, usually the bridge's address. */
  readonly gateway?: string;
  /** The same for IPv6, as `fd00:10:244:1::2/64`, in a lab that speaks it. The address is used at once (`nodad`). */
  readonly address6?: string;
  readonly gateway6?: string;
}

/** Modules of a kernel that show when they are loaded. */
export type Module = "ipip" | "br_netfilter" | "fou";

/** A machine with its own namespace and those of its pods, its files and its kernel's modules. */
export class Machine {
  readonly name: string;
  readonly lab: Lab;
  readonly namespaces = new Map<string, Netns>();
  /** Containers by the namespace they share. */
  readonly containers = new Map<string, readonly string[]>();
  /** Which tools a place has, the machine itself or a pod, if not the usual ones. */
  readonly tools = new Map<string, Tools>();
  /** Modules of its kernel that were loaded and that show. */
  readonly modules = new Set<Module>();
  /** What commands wrote, by the name they were told (`tcpdump -w web.pcap`). */
  readonly files = new Map<string, Uint8Array>();
  /** Files that one namespace sees instead of the machine's, by its name: what a runtime mounts into containers. */
  readonly mounts = new Map<string, Map<string, Uint8Array>>();
  /** Which iptables it has: its version, and whether it goes by nf_tables or is the old one (`legacy`). */
  iptables: Flavour = NEWEST;
  readonly kernel: Kernel;
  /** The machine's own namespace. */
  readonly root: Netns;

  constructor(lab: Lab, name: string, { tools }: NodeOptions = {}) {
    validTools(tools);
    this.lab = lab;
    this.name = name;
    this.kernel = new Kernel(lab, secretOf(`${lab.seed} ${name}`));
    this.root = lab.addNetns(this, name);
    if (tools !== undefined) this.tools.set(name, tools);
    setUp(this.root, this.root.devices.get("lo")!);
  }

  /** A bridge in the machine's namespace, up, with an address (`10.244.1.1/24`) if one is given. */
  bridge(name: string, options: { readonly address?: string; readonly address6?: string } = {}): Device {
    const address = options.address === undefined ? null : addressWithLength(options.address);
    const address6 = options.address6 === undefined ? null : this.address6(options.address6);
    const bridge = this.lab.addBridge(this.root, name);
    setUp(this.root, bridge);
    if (address !== null) addAddress(this.root, bridge, address.address, address.length);
    if (address6 !== null) giveAddress6(this.root, bridge, address6);
    return bridge;
  }

  /**
   * A pod: a namespace with its loopback up, shared by its containers. With `bridge` it gets `eth0`, a cable to that
   * bridge, an address and a default route, as the CNI bridge plugin wires it (plugins/main/bridge/bridge.go).
   * Throws BadInput, and makes nothing, when anything of it is wrong.
   */
  pod(name: string, options: PodOptions = {}): Netns {
    const { bridge, gateway, tools } = options;
    validTools(tools);
    const wired = options.address === undefined ? null : addressWithLength(options.address);
    const via = gateway === undefined ? null : ipv4(gateway);
    const wired6 = options.address6 === undefined ? null : this.address6(options.address6);
    const via6 = options.gateway6 === undefined ? null : ipv6(options.gateway6);
    const master = bridge === undefined ? null : this.root.devices.get(bridge);
    if (master === undefined || (master !== null && master.kind !== "bridge"))
      throw new BadInput(
        `${this.name} has no bridge of this name`,
        bridge!,
        `Make it first: node.bridge("${bridge}").`,
      );
    // Linux would take it as /32, and the pod would reach nobody: on a bridge that is nearly always a slip.
    if (options.address !== undefined && !options.address.includes("/"))
      throw new BadInput(
        "an address without the length of its network",
        options.address,
        `Write it as ${options.address}/24.`,
      );
    if (master === null && (wired ?? wired6) !== null)
      throw new BadInput(
        "a pod with an address and no cable",
        `${(wired ?? wired6)!.address}`,
        "Say which bridge it is plugged into.",
      );
    if (via !== null && wired !== null && !new Prefix4(wired.address, wired.length).contains(via))
      throw new BadInput(
        "a gateway that is not on the pod's network",
        `${via}`,
        `It must be in ${new Prefix4(wired.address, wired.length)}.`,
      );
    const containers = options.containers ?? ONE_CONTAINER;
    const ns = this.lab.addNetns(this, name);
    this.containers.set(name, containers);
    if (tools !== undefined) this.tools.set(name, tools);
    setUp(ns, ns.devices.get("lo")!);
    if (master === null) return ns;
    const [end, eth0] = this.lab.addVeth({ ns: this.root, name: this.drawVethName() }, { ns, name: "eth0" });
    setMaster(end, master);
    setUp(this.root, end);
    setUp(ns, eth0);
    if (wired !== null) must(addAddress(ns, eth0, wired.address, wired.length), name);
    if (via !== null) must(addRoute(ns, TABLE.main, defaultRoute(via, eth0)), name);
    if (wired6 !== null) giveAddress6(ns, eth0, wired6);
    if (via6 !== null) must(addRoute6(ns, TABLE.main, defaultRoute6(via6, eth0))?.errno ?? null, name);
    return ns;
  }

  /** An address of IPv6 with its length; refused where the lab does not speak it. */
  private address6(text: string): AddressWithLength6 {
    if (this.lab.ipv6) return addressWithLength6(text);
    throw new BadInput("an IPv6 address in a lab without IPv6", text, "Make the lab with lab({ ipv6: true }).");
  }

  /** Whether packets for others go through the machine (`sysctl net.ipv4.ip_forward`, and IPv6's where it is on). */
  forward(on = true): this {
    this.root.sysctls.set("net.ipv4.ip_forward", on ? "1" : "0");
    if (this.lab.ipv6) this.root.sysctls.set("net.ipv6.conf.all.forwarding", on ? "1" : "0");
    return this;
  }

  /**
   * `modprobe ipip`: from now on every namespace of the machine has tunl0. `modprobe br_netfilter`: every namespace has
   * the switch net.bridge.bridge-nf-call-iptables, and it is on. `modprobe fou`: tunnels may send in datagrams.
   */
  load(module: Module): this {
    if (this.modules.has(module)) return this;
    this.modules.add(module);
    for (const ns of this.namespaces.values())
      if (module === "ipip") addTunl0(ns);
      else if (module === "br_netfilter") ns.sysctls.hasBridge = true;
    return this;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `node ${this.name}: namespaces ${[...this.namespaces.keys()].join(", ")}`;
  }

  /** `veth` and eight hex digits, as plugins/pkg/ip/link_linux.go draws them. */
  private drawVethName(): string {
    const digits = Math.floor(this.lab.random() * 2 ** 32);
    return `veth${digits.toString(16).padStart(8, "0")}`;
  }
}

const ONE_CONTAINER: readonly string[] = ["app"];
const EVERYWHERE = new Prefix4(ipv4("0.0.0.0"), 0);

/** Nobody waits a second in a lab: the address is taken without asking whether another has it. */
function giveAddress6(ns: Netns, device: Device, { address, length }: AddressWithLength6): void {
  const refusal = addAddress6(ns, device, address, length, { noDad: true });
  must(refusal?.errno ?? null, ns.name);
}

function defaultRoute6(via: Ipv6, dev: Device): AskedRoute6 {
  const prefix = new Prefix6(UNSPECIFIED6, 0);
  return { type: "unicast", prefix, via, dev, src: null, metric: 0, protocol: "boot" };
}

/** Written out in the order of the kernel's own routes, so that all have one shape. */
function defaultRoute(via: Ipv4, dev: Device): AskedRoute {
  return {
    type: "unicast",
    prefix: EVERYWHERE,
    via,
    dev,
    src: null,
    metric: 0,
    protocol: "boot",
    scope: "global",
  };
}

function validTools(tools: string | undefined): void {
  if (tools !== undefined && !TOOLS.some((each) => each === tools))
    throw new BadInput("no tools of this name", tools, `There are: ${TOOLS.join(", ")}; without it, Debian 12's.`);
}

function must(errno: Errno | null, name: string): void {
  if (errno !== null) throw new Error(`${name}: ${errorText(errno)}`);
}
