// The cables of a node's pods: a veth pair each, whose other end is the pod's eth0.
// Before you edit: github.com/containernetworking/plugins pkg/ip/link_linux.go (SetupVeth, DelLinkByNameAddr).
import type { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine.ts";
import type { Device } from "../../link/device.ts";
import { addPodVeth, setLinkUp } from "./netlink.ts";
import { run, type Sandbox } from "./plugin.ts";

export class PodCables {
  private readonly lab: Lab;
  private readonly machine: Machine;
  private readonly ends = new Map<string, string>();

  constructor(lab: Lab, machine: Machine) {
    this.lab = lab;
    this.machine = machine;
  }

  /** Lays a cable; the node's end has that name, and is up. Throws Error with the kernel's words. */
  lay({ id, ns }: Sandbox, end: string, mtu: number): Device {
    const { lab, machine } = this;
    const device = addPodVeth(lab, machine.root, end, ns, mtu);
    this.ends.set(id, end);
    setLinkUp(lab, device);
    return device;
  }

  /** Takes it away, if it is there still. */
  remove(id: string): void {
    const end = this.ends.get(id);
    if (end !== undefined && this.machine.root.devices.has(end)) run(this.lab, this.machine.root, `ip link del ${end}`);
    this.ends.delete(id);
  }
}
