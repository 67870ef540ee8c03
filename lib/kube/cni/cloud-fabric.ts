// A cloud's network as a machine of the lab: a map from addresses to network interfaces (its routes), a check that each
// speaks only in its own name (its sets), and an internet gateway with a public address for each machine (its nat table).
// It is no hop: what passes has its TTL back. Each interface has a cable of its own, so nobody else hears its ARP.
// Before you edit: facts 2.6 and 2.7; docs.aws.amazon.com/vpc (route tables, source/destination check, NAT gateways).
import type { Lab } from "../../lab/lab.ts";
import type { Machine } from "../../lab/machine.ts";
import type { Netns } from "../../netns/netns.ts";
import { Ipv4, ipv4 } from "../../wire/address.ts";
import { buildInternet, type Exit } from "../underlay.ts";
import { run } from "./plugin.ts";

export interface FabricOptions {
  /** All addresses of the virtual network; what nobody has goes nowhere. */
  readonly networks: readonly string[];
  /** What machines know as their router. */
  readonly gateway: string;
  readonly mtu: number;
  /** How interfaces are called: `eni` gives eni-0a1b2c3d. */
  readonly prefix: string;
  /** Packets with another's source are dropped; off for machines that forward others' (canIpForward). */
  readonly checksSource: boolean;
  /** Everybody goes out by one address; otherwise each machine by its own, and who has none does not. */
  readonly natGateway?: boolean;
}

/** A machine's network interface, and the fabric's end of it. */
export interface NetworkInterface {
  readonly id: string;
  readonly machine: Machine;
  readonly device: string;
  readonly address: string;
}

/** Public addresses: a network for tests of routers, which nobody routes (RFC 2544). */
const PUBLIC = "198.18.0.0/15";
const NAT_GATEWAY = "198.18.255.254";

export class CloudFabric {
  readonly ns: Netns;
  readonly interfaces: NetworkInterface[] = [];
  private readonly lab: Lab;
  private readonly options: FabricOptions;
  readonly exit: Exit = {
    router: "vpc",
    device: "igw",
    publicOf: (address) => this.known.get(address),
    open: (address) => {
      if (!this.options.natGateway) this.run(`ipset add public ${address} -exist`);
    },
  };
  /** Public addresses by those they stand for. */
  private readonly known = new Map<string, string>();

  constructor(lab: Lab, options: FabricOptions) {
    this.lab = lab;
    this.options = options;
    const { root } = lab.node("vpc").forward();
    this.ns = root;
    this.run(`ip addr add ${options.gateway}/32 dev lo`);
    for (const network of options.networks) this.run(`ip route add blackhole ${network}`);
    buildInternet(lab, "vpc", "igw");
    run(lab, lab.netns("internet"), `ip route add ${PUBLIC} via 203.0.113.1`);
    this.run("iptables -t mangle -A PREROUTING -j TTL --ttl-inc 1");
    if (options.natGateway) this.run(`iptables -t nat -A POSTROUTING -o igw -j SNAT --to-source ${NAT_GATEWAY}`);
    else {
      this.run("ipset create public hash:ip");
      this.rule('-A FORWARD -o igw -m set ! --match-set public src -m comment --comment "no public address" -j DROP');
    }
  }

  /** Gives the machine a network interface with this address, up; what the machine does with it is its own affair. */
  attach(machine: Machine, device: string, address: string): NetworkInterface {
    const { lab } = this;
    const { mtu, prefix, checksSource } = this.options;
    const digits = Math.floor(lab.random() * 2 ** 32);
    const id = `${prefix}-${digits.toString(16).padStart(8, "0")}`;
    lab.wire(machine.name, device, "vpc", id);
    run(lab, machine.root, `ip link set ${device} mtu ${mtu}`);
    this.run(`ip link set ${id} mtu ${mtu}`);
    // Machines of one network ask for each other's MAC, and the fabric takes the frames.
    this.run(`sysctl -w net.ipv4.conf.${id}.proxy_arp=1`);
    this.run(`ip route add ${address} dev ${id}`);
    if (checksSource) {
      this.run(`ipset create ${id} hash:net`);
      this.run(`ipset add ${id} ${address}`);
      this.rule(
        `-A FORWARD -i ${id} -m set ! --match-set ${id} src -m comment --comment "source check of ${id}" -j DROP`,
      );
    }
    const made = { id, machine, device, address };
    this.interfaces.push(made);
    return made;
  }

  /** The machine is known to the internet by an address of its own from now on. */
  publish({ address }: NetworkInterface): void {
    if (this.options.natGateway) return;
    const known = `${Ipv4.of(ipv4(PUBLIC.slice(0, PUBLIC.indexOf("/"))).bits + 10 + this.known.size)}`;
    this.known.set(address, known);
    this.run(`ipset add public ${address}`);
    this.run(`iptables -t nat -A POSTROUTING -o igw -s ${address} -j SNAT --to-source ${known}`);
    this.run(`iptables -t nat -A PREROUTING -i igw -d ${known} -j DNAT --to-destination ${address}`);
  }

  /** From now on the fabric delivers `prefix` to this interface, and takes packets from there. */
  assign({ id, address }: NetworkInterface, prefix: string): void {
    this.run(`ip route add ${prefix} via ${address} dev ${id}`);
    if (this.options.checksSource) this.run(`ipset add ${id} ${prefix}`);
  }

  unassign({ id, address }: NetworkInterface, prefix: string): void {
    this.run(`ip route del ${prefix} via ${address} dev ${id}`);
    if (this.options.checksSource) this.run(`ipset del ${id} ${prefix}`);
  }

  private run(line: string): void {
    run(this.lab, this.ns, line);
  }

  /** A rule of table filter, which may have quoted words. */
  private rule(line: string): void {
    run(this.lab, this.ns, "iptables-restore --noflush", `*filter\n${line}\nCOMMIT\n`);
  }
}
