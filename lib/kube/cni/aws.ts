// Amazon's VPC CNI: a pod has an address of one of the node's own network interfaces, which the VPC delivers; the node
// routes it by rules and by a table for each interface. ipamd keeps addresses ready, one whole interface more than used.
// Before you edit: github.com/aws/amazon-vpc-cni-k8s cmd/routed-eni-cni-plugin/driver/driver.go,
// pkg/networkutils/{network,names}.go, pkg/ipamd/{ipamd.go,datastore/data_store.go}, facts 2.6, samples/20.
import { createHash } from "node:crypto";
import { SECOND } from "../../trace/world.ts";
import { limitsOf } from "./aws-instance.ts";
import { awsTables, awsTablesOf2017, MARK } from "./aws-rules.ts";
import { AwsVpc, type Eni, GATEWAY, LENGTH, SUBNET, VPC } from "./aws-vpc.ts";
import { type Attachment, type CniNode, type CniPlugin, type NodePlugin, run, type Sandbox } from "./plugin.ts";

/** How Amazon's VPC plugin is set. */
export interface AwsOptions {
  /** `m5.large` unless said otherwise: it decides how many interfaces and addresses a node may have. */
  readonly instanceType?: string;
  /** `notes` is the wiring of 2017: rule 1025, one SNAT rule, no marks, MTU 1500, devices called aws…. */
  readonly layout?: "current" | "notes";
  /** AWS_VPC_K8S_CNI_EXTERNALSNAT: a NAT gateway of the VPC translates, and no node. */
  readonly externalSnat?: boolean;
}

/** A gateway that nobody has; its MAC is told, so nobody need answer for it. */
const POD_GATEWAY = "169.254.1.1";
/** How long EC2 takes for an interface, and how long an address rests that a pod gave back. */
const ATTACHING = 2 * SECOND;
const COOLDOWN = 30 * SECOND;
/** WARM_ENI_TARGET. */
const WARM_INTERFACES = 1;

/** How the host's end of a pod's cable is called: `eni`, and the beginning of a hash of the pod's name. */
export function hostVethName(prefix: string, { namespace, name }: Pick<Sandbox, "namespace" | "name">): string {
  return prefix + createHash("sha1").update(`${namespace}.${name}`).digest("hex").slice(0, 11);
}

/** An address that pods may have, and since when nobody has had it. */
interface Slot {
  readonly address: string;
  readonly eni: Eni;
  owner: string | null;
  free: number;
}

class Ipamd implements NodePlugin {
  readonly isReady = true;
  private readonly node: CniNode;
  private readonly vpc: AwsVpc;
  private readonly layout: Required<AwsOptions>["layout"];
  private readonly slots: Slot[] = [];
  private readonly ends = new Map<string, string>();
  private attaching = false;

  constructor(node: CniNode, vpc: AwsVpc, { layout = "current", externalSnat = false }: AwsOptions) {
    this.node = node;
    this.vpc = vpc;
    this.layout = layout;
    const { machine, address } = node;
    const tables = layout === "notes" ? awsTablesOf2017(address) : awsTables(address, this.prefix, externalSnat);
    if (layout !== "notes" || !externalSnat) run(node.lab, machine.root, "iptables-restore --noflush", tables);
    this.host("sysctl -w net.ipv4.ip_forward=1");
    this.host("sysctl -w net.ipv4.conf.eth0.rp_filter=2");
    if (layout === "notes") this.host(`ip rule add not to ${VPC} lookup main prio 1025`);
    else this.host(`ip rule add fwmark ${MARK} lookup main prio 1024`);
    for (const eni of vpc.enis.get(machine)!) this.offer(eni);
  }

  add(sandbox: Sandbox): Attachment {
    const slot = this.take(sandbox.id);
    try {
      this.wire(sandbox, slot);
    } catch (failure) {
      this.del(sandbox);
      throw failure;
    }
    return { address: slot.address };
  }

  del({ id }: Pick<Sandbox, "id">): void {
    const { machine, lab } = this.node;
    const end = this.ends.get(id);
    const slot = this.slots.find(({ owner }) => owner === id);
    this.ends.delete(id);
    if (end !== undefined && machine.root.devices.has(end)) this.host(`ip link del ${end}`);
    if (slot === undefined) return;
    if (end !== undefined) {
      this.host(`ip rule del to ${slot.address} lookup main prio 512`);
      if (slot.eni.number > 0) this.host(`ip rule del from ${slot.address} lookup ${tableOf(slot.eni)} prio 1536`);
    }
    slot.owner = null;
    slot.free = lab.now + COOLDOWN;
  }

  stop(): void {}

  private get prefix(): string {
    return this.layout === "notes" ? "aws" : "eni";
  }

  private host(line: string): void {
    run(this.node.lab, this.node.machine.root, line);
  }

  /** An address of the first interface that has one. */
  private take(id: string): Slot {
    const { lab } = this.node;
    const slot = this.vpc.isFull ? undefined : this.slots.find(({ owner, free }) => owner === null && free <= lab.now);
    if (slot === undefined) throw new Error("add cmd: failed to assign an IP address to container");
    slot.owner = id;
    this.keepWarm();
    return slot;
  }

  /** As many addresses are kept ready as a whole interface has. */
  private keepWarm(): void {
    const { node, vpc, slots } = this;
    const ready = slots.filter(({ owner }) => owner === null).length;
    if (this.attaching || ready >= WARM_INTERFACES * (vpc.limits.addresses - 1)) return;
    if (vpc.enis.get(node.machine)!.length === vpc.limits.interfaces) return;
    this.attaching = true;
    node.lab.later(ATTACHING, () => {
      this.attaching = false;
      const eni = vpc.attach(node.machine);
      if (eni === null) return;
      this.setUp(eni);
      this.offer(eni);
      this.keepWarm();
    });
  }

  private offer(eni: Eni): void {
    for (const address of eni.secondary) this.slots.push({ address, eni, owner: null, free: 0 });
  }

  /** A secondary interface has a table of its own, and no route in main. */
  private setUp(eni: Eni): void {
    const { device, address } = eni;
    const table = tableOf(eni);
    this.host(`ip addr add ${address}/${LENGTH} brd + dev ${device}`);
    this.host(`ip route del ${SUBNET} dev ${device}`);
    this.host(`ip route add ${GATEWAY} dev ${device} scope link table ${table}`);
    this.host(`ip route add default via ${GATEWAY} dev ${device} table ${table}`);
    this.host(`ip rule add from ${address} lookup ${table} prio 32765`);
  }

  private wire({ id, ns, namespace, name }: Sandbox, { address, eni }: Slot): void {
    const { lab, machine } = this.node;
    const { mtu } = machine.root.devices.get("eth0")!;
    const end = hostVethName(this.prefix, { namespace, name });
    // What is left of a pod of the same name would be in the way.
    if (machine.root.devices.has(end)) this.host(`ip link del ${end}`);
    this.host(`ip link add ${end} mtu ${mtu} type veth peer name eth0 mtu ${mtu} netns ${ns.name}`);
    this.host(`ip link set ${end} up`);
    run(lab, ns, "ip link set eth0 up");
    run(lab, ns, `ip route add ${POD_GATEWAY} dev eth0 scope link`);
    run(lab, ns, `ip route add default via ${POD_GATEWAY} dev eth0`);
    run(lab, ns, `ip addr add ${address}/32 dev eth0`);
    const { mac } = machine.root.devices.get(end)!;
    run(lab, ns, `ip neigh add ${POD_GATEWAY} lladdr ${mac} dev eth0 nud permanent`);
    this.host(`ip route add ${address} dev ${end} scope link`);
    this.host(`ip rule add to ${address} lookup main prio 512`);
    if (eni.number > 0) this.host(`ip rule add from ${address} lookup ${tableOf(eni)} prio 1536`);
    this.ends.set(id, end);
  }
}

/** eth1 has table 2. */
function tableOf({ number }: Eni): number {
  return number + 1;
}

/**
 * The plugin with settings: `cluster({ cni: awsVpc({ instanceType: "t3.medium" }) })`.
 * Throws BadInput for an instance type that is not known.
 */
export function awsVpc(options: AwsOptions = {}): CniPlugin {
  const limits = limitsOf(options.instanceType ?? "m5.large");
  const mtu = options.layout === "notes" ? 1500 : 9001;
  return {
    name: "aws-vpc",
    conf: 'type="aws-cni" name="aws-cni"',
    underlay: (lab) => new AwsVpc(lab, limits, { mtu, natGateway: options.externalSnat ?? false }),
    start(node, ready) {
      const ipamd = new Ipamd(node, node.underlay as AwsVpc, options);
      ready();
      return ipamd;
    },
  };
}
