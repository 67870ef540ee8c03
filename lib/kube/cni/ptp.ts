// The plugin ptp: a cable from each pod to its node, which routes; nobody shares a wire, not even pods of one node.
// Before you edit: github.com/containernetworking/plugins plugins/main/ptp/ptp.go, pkg/ip/{route_linux,link_linux}.go, facts 2.7.
import type { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine.ts";
import { HostLocal } from "./host-local.ts";
import { type Attachment, drawVeth, run, type Sandbox } from "./plugin.ts";
import { PodCables } from "./pod-cables.ts";

export interface PtpConfig {
  readonly mtu: number;
  /** The node's pods, as `10.8.1.0/24`. */
  readonly subnet: string;
}

export class Ptp {
  private readonly lab: Lab;
  private readonly machine: Machine;
  private readonly config: PtpConfig;
  private readonly ipam: HostLocal;
  private readonly cables: PodCables;

  constructor(lab: Lab, machine: Machine, config: PtpConfig) {
    this.lab = lab;
    this.machine = machine;
    this.config = config;
    this.ipam = new HostLocal(config.subnet);
    this.cables = new PodCables(lab, machine);
    run(lab, machine.root, "sysctl -w net.ipv4.ip_forward=1");
  }

  add(sandbox: Sandbox): Attachment {
    const { id, ns } = sandbox;
    const { lab, ipam } = this;
    const { mtu, subnet } = this.config;
    const { root } = this.machine;
    const { gateway, length } = ipam;
    const address = ipam.allocate(id);
    const end = drawVeth(lab);
    try {
      this.cables.lay(sandbox, end, mtu);
      run(lab, ns, "ip link set eth0 up");
      run(lab, ns, `ip addr add ${address}/${length} brd + dev eth0`);
      run(lab, ns, `ip route add default via ${gateway} dev eth0`);
      // Pods of its network are not on its wire, though its address says so.
      run(lab, ns, `ip route del ${subnet} dev eth0`);
      run(lab, ns, `ip route add ${gateway} dev eth0 scope link src ${address}`);
      run(lab, ns, `ip route add ${subnet} via ${gateway} dev eth0 src ${address}`);
      // Every cable's end has the gateway's address.
      run(lab, root, `ip addr add ${gateway}/32 dev ${end}`);
      run(lab, root, `ip route add ${address} dev ${end} scope host`);
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
}
