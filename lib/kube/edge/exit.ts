// Where the cluster's network meets the internet: a router that gives private addresses public ones, one to one, and the
// cables of the load balancers that stand there.
// Before you edit: docs.aws.amazon.com/vpc (internet gateways), kube/underlay.ts, kube/cni/cloud-fabric.ts.
import type { Lab } from "../../lab/lab.ts";
import type { Netns } from "../../netns/netns.ts";
import { Ipv4, ipv4 } from "../../wire/address.ts";
import { run } from "../cni/plugin.ts";
import type { Exit } from "../underlay.ts";

/** Public addresses given here: the upper half of a network for tests of routers, which nobody routes (RFC 2544). */
const PUBLIC = "198.19.0.0/16";
/** As many load balancers may stand there at once. */
const MOST = 100;

/** An address of a load balancer in a zone, as the cluster's network knows it, and as the internet does. */
export interface Front {
  readonly zone: string;
  readonly address: Ipv4;
  readonly public: Ipv4;
}

/** A load balancer's machine, and the number of its cable. */
export interface Balancer {
  readonly name: string;
  readonly number: number;
  readonly ns: Netns;
  readonly fronts: readonly Front[];
}

export class InternetGateway {
  readonly lab: Lab;
  private readonly exit: Exit;
  private readonly ns: Netns;
  private published = 0;
  private readonly taken = new Set<number>();

  constructor(lab: Lab, exit: Exit) {
    this.lab = lab;
    this.exit = exit;
    this.ns = lab.netns(exit.router);
    run(lab, lab.netns("internet"), `ip route replace ${PUBLIC} via 203.0.113.1`);
  }

  /** A public address for a private one, both ways: who is known by one already keeps it. */
  publish(address: string): Ipv4 {
    const known = this.exit.publicOf(address);
    if (known !== undefined) return ipv4(known);
    const given = Ipv4.of(ipv4(PUBLIC.slice(0, PUBLIC.indexOf("/"))).bits + 10 + this.published++);
    this.translate("-I", address, given);
    return given;
  }

  /**
   * A machine on a cable of its own, with an address in each zone. What it forwards in the name of others comes back to it:
   * the router remembers which connections came from there (connmark), as a cloud's network remembers flows.
   * Null when there is no room for another one.
   */
  attach(name: string, zones: readonly string[]): Balancer | null {
    const { lab, exit } = this;
    const number = Array.from({ length: MOST }, (_, i) => i + 1).find((each) => !this.taken.has(each));
    if (number === undefined) return null;
    this.taken.add(number);
    const { root: ns } = lab.node(name).forward();
    const [near, far] = [`10.0.0.${2 * number}`, `10.0.0.${2 * number + 1}`];
    lab.wire(name, "eth0", exit.router, deviceOf(number));
    run(lab, ns, `ip addr add ${far}/31 dev eth0`);
    run(lab, ns, `ip route add default via ${near} dev eth0`);
    this.run(`ip addr add ${near}/31 dev ${deviceOf(number)}`);
    const fronts = zones.map((zone, i) => {
      const address = ipv4(`10.0.${16 + i}.${number}`);
      this.run(`ip route add ${address} via ${far} dev ${deviceOf(number)}`);
      const known = this.publish(`${address}`);
      exit.open(`${address}`);
      return { zone, address, public: known };
    });
    for (const rule of marks(number)) this.run(`iptables -t mangle -A ${rule}`);
    this.run(`ip route add default via ${far} dev ${deviceOf(number)} table ${100 + number}`);
    this.run(`ip rule add fwmark ${number} lookup ${100 + number}`);
    return { name, number, ns, fronts };
  }

  /** Takes the machine away, and what leads to it. */
  detach({ name, number, ns, fronts }: Balancer): void {
    const { lab } = this;
    this.run(`ip rule del fwmark ${number} lookup ${100 + number}`);
    for (const rule of marks(number)) this.run(`iptables -t mangle -D ${rule}`);
    for (const front of fronts) this.translate("-D", `${front.address}`, front.public);
    lab.removeNetns(ns);
    lab.machines.delete(name);
    this.taken.delete(number);
  }

  private translate(command: "-I" | "-D", address: string, known: Ipv4): void {
    this.run(`iptables -t nat ${command} PREROUTING -d ${known} -j DNAT --to-destination ${address}`);
    this.run(
      `iptables -t nat ${command} POSTROUTING -o ${this.exit.device} -s ${address} -j SNAT --to-source ${known}`,
    );
  }

  private run(line: string): void {
    run(this.lab, this.ns, line);
  }
}

const deviceOf = (number: number): string => `lb${number}`;

/** Connections that a load balancer made are marked, and what answers them is routed by that mark. */
function marks(number: number): string[] {
  const device = deviceOf(number);
  return [
    `PREROUTING -i ${device} -j CONNMARK --set-mark ${number}`,
    `PREROUTING ! -i ${device} -m connmark --mark ${number} -j MARK --set-mark ${number}`,
  ];
}
