// The network of the machines, which the pods' network stands on: a switch in a room here, a cloud's fabric elsewhere.
// Before you edit: facts 2 (192.168.x.0/24), cni/cloud-fabric.ts.
import type { Lab } from "../lab/lab.ts";
import type { Machine } from "../lab/machine.ts";
import { run } from "./cni/plugin.ts";
import type { Client } from "./controller/client.ts";

export interface Underlay {
  /** All pods' addresses, as `10.244.0.0/16`. */
  readonly clusterCidr: string;
  /** Whether the controller manager gives each node a part of it (--allocate-node-cidrs). */
  readonly allocatesNodeCidrs: boolean;
  /** What a node has room for, where the network sets a limit, as `{ pods: "29" }`. */
  readonly capacity: Readonly<Record<string, string>>;
  /** The router to the internet. */
  readonly exit: Exit;
  /** Connects a machine by eth0 and gives it this address. */
  connect(machine: Machine): string;
  /** The cloud's own controllers, in the cloud controller manager's name. */
  start(client: Client): void;
}

/** A router by its name, and its device that leads out. */
export interface Exit {
  readonly router: string;
  readonly device: string;
  /** The public address that stands for a private one already. */
  publicOf(address: string): string | undefined;
  /** What this address sends may leave. */
  open(address: string): void;
}

/** Where packets go that are for nobody here: a host that answers. */
export const INTERNET = "203.0.113.10";

/** A host beyond `router`, which reaches it by `device` with 203.0.113.1. */
export function buildInternet(lab: Lab, router: string, device: string): void {
  const internet = lab.node("internet").root;
  lab.wire(router, device, "internet", "eth0");
  run(lab, lab.netns(router), `ip addr add 203.0.113.1/24 brd + dev ${device}`);
  run(lab, internet, `ip addr add ${INTERNET}/24 brd + dev eth0`);
}

/** Machines on one switch, 192.168.0.10 and on, and a gateway that translates. */
export class SwitchedLan implements Underlay {
  readonly clusterCidr: string;
  readonly allocatesNodeCidrs = true;
  readonly capacity = {};
  readonly exit: Exit = { router: "gateway", device: "eth1", publicOf: () => undefined, open: () => {} };
  private readonly lab: Lab;
  private readonly length: number;
  private machines = 0;

  constructor(lab: Lab, nodes: number) {
    this.lab = lab;
    this.clusterCidr = nodes < 256 ? "10.244.0.0/16" : "10.244.0.0/14";
    this.length = nodes > 240 ? 16 : 24;
    lab.node("gateway");
    lab.switch("switch", ["gateway"]);
    const gateway = lab.machines.get("gateway")!.forward().root;
    run(lab, gateway, `ip addr add 192.168.0.1/${this.length} brd + dev eth0`);
    buildInternet(lab, "gateway", "eth1");
    run(lab, gateway, "iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE");
  }

  connect({ name, root }: Machine): string {
    const { lab } = this;
    const host = 10 + this.machines++;
    const address = `192.168.${host >> 8}.${host & 255}`;
    const port = `port${this.machines + 1}`;
    lab.wire(name, "eth0", "switch", port);
    run(lab, lab.netns("switch"), `ip link set ${port} master sw0`);
    run(lab, root, `ip addr add ${address}/${this.length} brd + dev eth0`);
    run(lab, root, "ip route add default via 192.168.0.1 dev eth0");
    return address;
  }

  start(): void {}
}
