// The plugin bridge: a cable from each pod to the node's bridge, whose address is the pods' gateway.
// Before you edit: github.com/containernetworking/plugins plugins/main/bridge/bridge.go, pkg/ip/link_linux.go, facts 2.1.
import type { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine.ts";
import { Ipv4, Prefix4, prefix4 } from "../../wire/address.ts";
import { HostLocal } from "./host-local.ts";
import { addAddress, addPort, addRoute, setLinkUp } from "./netlink.ts";
import { type Attachment, drawVeth, run, type Sandbox } from "./plugin.ts";
import { PodCables } from "./pod-cables.ts";

export interface BridgeConfig {
  readonly bridge: string;
  readonly mtu: number;
  /** The node's pods, as `10.244.1.0/24`. */
  readonly subnet: string;
  /** Networks the pod reaches by the gateway besides the default route. */
  readonly routes: readonly string[];
  readonly hairpin: boolean;
}

const EVERYWHERE = prefix4("0.0.0.0/0");

export class Bridge {
  private readonly lab: Lab;
  private readonly machine: Machine;
  private readonly config: BridgeConfig;
  private readonly ipam: HostLocal;
  private readonly cables: PodCables;
  private readonly routes: readonly Prefix4[];

  constructor(lab: Lab, machine: Machine, config: BridgeConfig) {
    this.lab = lab;
    this.machine = machine;
    this.config = config;
    this.ipam = new HostLocal(config.subnet);
    this.cables = new PodCables(lab, machine);
    this.routes = config.routes.map(prefix4);
  }

  add(sandbox: Sandbox): Attachment {
    const { id, ns } = sandbox;
    const { bridge, mtu, hairpin } = this.config;
    const { lab, ipam } = this;
    const { root } = this.machine;
    const address = ipam.allocate(id);
    const end = drawVeth(lab);
    try {
      this.ensureBridge();
      addPort(lab, this.cables.lay(sandbox, end, mtu), root.devices.get(bridge)!, hairpin);
      const eth0 = ns.devices.get("eth0")!;
      setLinkUp(lab, eth0);
      const { network, broadcast } = networkOf(address.bits, ipam.length);
      addAddress(eth0, address, ipam.length, broadcast);
      for (const each of this.routes) if (`${each}` !== `${network}`) addRoute(eth0, each, ipam.gateway);
      addRoute(eth0, EVERYWHERE, ipam.gateway);
      return { address: `${address}` };
    } catch (failure) {
      this.del({ id });
      throw failure;
    }
  }

  del({ id }: Pick<Sandbox, "id">): void {
    this.cables.remove(id);
    this.ipam.release(id);
  }

  /** The first pod of the node brings the bridge. */
  private ensureBridge(): void {
    const { bridge, mtu } = this.config;
    const { lab, ipam } = this;
    const { root } = this.machine;
    if (root.devices.has(bridge)) return;
    run(lab, root, `ip link add ${bridge} mtu ${mtu} type bridge`);
    run(lab, root, `ip link set ${bridge} up`);
    const { broadcast } = networkOf(ipam.gateway.bits, ipam.length);
    run(lab, root, `ip addr add ${ipam.gateway}/${ipam.length} brd ${broadcast} dev ${bridge}`);
    run(lab, root, "sysctl -w net.ipv4.ip_forward=1");
  }
}

/** The network an address is in, and its last address. */
function networkOf(bits: number, length: number): { readonly network: Prefix4; readonly broadcast: Ipv4 } {
  const network = Prefix4.of(Ipv4.of(bits), length);
  return { network, broadcast: Ipv4.of(network.address.bits + 2 ** (32 - length) - 1) };
}
