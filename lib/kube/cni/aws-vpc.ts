// Amazon's VPC as the EC2 API shows it: interfaces of machines, addresses on them, and a subnet that may be full.
// Before you edit: github.com/aws/amazon-vpc-cni-k8s pkg/awsutils/awsutils.go (AllocENI, AllocIPAddresses), facts 2.6.
import type { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine.ts";
import { Ipv4, prefix4 } from "../../wire/address.ts";
import type { Exit, Underlay } from "../underlay.ts";
import { type InstanceLimits, maxPods } from "./aws-instance.ts";
import { CloudFabric, type NetworkInterface } from "./cloud-fabric.ts";
import { run } from "./plugin.ts";

export const VPC = "10.0.0.0/16";
export const SUBNET = prefix4("10.0.96.0/19");
export const GATEWAY = "10.0.96.1";
export const LENGTH = SUBNET.length;

/** An interface with what it has besides its own address. */
export interface Eni extends NetworkInterface {
  /** eth0 is 0. */
  readonly number: number;
  readonly secondary: readonly string[];
}

export class AwsVpc implements Underlay {
  readonly clusterCidr = VPC;
  readonly allocatesNodeCidrs = false;
  readonly capacity: Readonly<Record<string, string>>;
  readonly limits: InstanceLimits;
  readonly fabric: CloudFabric;
  /** Of each machine, in order of their number. */
  readonly enis = new Map<Machine, Eni[]>();
  /** Others have taken what was free: nobody gets an address any more. */
  isFull = false;
  private readonly lab: Lab;
  private readonly taken = new Set<number>();

  constructor(lab: Lab, limits: InstanceLimits, { mtu, natGateway }: { mtu: number; natGateway: boolean }) {
    this.lab = lab;
    this.limits = limits;
    this.capacity = { pods: `${maxPods(limits)}` };
    this.fabric = new CloudFabric(lab, {
      networks: [VPC],
      gateway: GATEWAY,
      mtu,
      prefix: "eni",
      checksSource: true,
      natGateway,
    });
  }

  connect(machine: Machine): string {
    const eni = this.attach(machine)!;
    const { lab } = this;
    run(lab, machine.root, `ip addr add ${eni.address}/${LENGTH} brd + dev eth0`);
    run(lab, machine.root, `ip route add default via ${GATEWAY} dev eth0`);
    this.fabric.publish(eni);
    return eni.address;
  }

  start(): void {}

  get exit(): Exit {
    return this.fabric.exit;
  }

  /** One more interface with all the addresses it may have; null when the machine or the subnet has no room. */
  attach(machine: Machine): Eni | null {
    const { fabric, limits } = this;
    const enis = this.enis.get(machine) ?? [];
    if (this.isFull || enis.length === limits.interfaces) return null;
    const number = enis.length;
    const made = fabric.attach(machine, `eth${number}`, this.draw());
    const secondary = Array.from({ length: limits.addresses - 1 }, () => this.draw());
    for (const each of secondary) fabric.assign(made, each);
    const eni = { ...made, number, secondary };
    this.enis.set(machine, [...enis, eni]);
    return eni;
  }

  /** An address of the subnet that nobody has; the first four and the last are Amazon's. */
  private draw(): string {
    const size = 2 ** (32 - LENGTH) - 5;
    if (this.taken.size >= size) throw new Error("InsufficientFreeAddressesInSubnet");
    for (;;) {
      const bits = SUBNET.address.bits + 4 + Math.floor(this.lab.random() * size);
      if (this.taken.has(bits)) continue;
      this.taken.add(bits);
      return `${Ipv4.of(bits)}`;
    }
  }
}
