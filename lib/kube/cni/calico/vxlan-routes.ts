// Ways to other nodes' blocks as Felix makes them with VXLAN: for each node one neighbour and one entry of the FDB, for each
// of its blocks one route. Nothing is asked or learned: the API server tells it all.
// Before you edit: github.com/projectcalico/calico felix/dataplane/linux/{vxlan_mgr,route_mgr}.go, felix/vxlanfdb,
// felix/calc/vxlan_resolver.go (vtepMACForHost).
import { createHash } from "node:crypto";
import { run } from "../plugin.ts";
import { VXLAN_PORT } from "./rules.ts";
import { isTunnelled, type Reach, type Ways, type WaysOf } from "./ways.ts";

const DEVICE = "vxlan.calico";
const VNI = 4096;
/** The protocol of routes that Felix calls its own. */
const PROTOCOL = 80;

/** A node's MAC in the tunnel, which everybody can calculate: "f" and five octets of a hash of its name. */
export function vtepMac(node: string): string {
  const digest = createHash("sha1").update(node).digest("hex");
  return `66${digest.slice(0, 10)}`.replaceAll(/..(?=.)/g, "$&:");
}

export class VxlanRoutes implements Ways {
  private readonly of: WaysOf;
  private readonly reaches = new Map<string, Reach>();
  /** Blocks by node, and the route that is there for a block. */
  private readonly blocks = new Map<string, Set<string>>();
  private readonly routes = new Map<string, string>();

  constructor(of: WaysOf) {
    this.of = of;
    const { node, mtu, tunnelAddress } = of;
    const { machine, address, device } = node;
    this.ip(
      `link add ${DEVICE} address ${vtepMac(machine.name)} mtu ${mtu} type vxlan id ${VNI} local ${address} dev ${device} dstport ${VXLAN_PORT} nolearning`,
    );
    this.ip(`addr add ${tunnelAddress}/32 dev ${DEVICE}`);
    this.ip(`link set ${DEVICE} up`);
  }

  nodeChanged(name: string, reach: Reach | null): void {
    const was = this.reaches.get(name);
    const isThere = reach?.tunnelAddress !== undefined;
    if (was?.address === reach?.address && was?.tunnelAddress === reach?.tunnelAddress) return;
    if (was !== undefined) this.forget(name, was);
    if (!isThere) return;
    this.reaches.set(name, reach);
    const far = vtepMac(name);
    this.ip(`neigh replace ${reach.tunnelAddress} lladdr ${far} dev ${DEVICE} nud permanent`);
    this.run(`bridge fdb replace ${far} dev ${DEVICE} dst ${reach.address} self permanent`);
    for (const each of this.blocks.get(name) ?? []) this.setRoute(each, name);
  }

  blockChanged(cidr: string, owner: string, isThere: boolean): void {
    const of = this.blocks.get(owner) ?? new Set();
    if (isThere) this.blocks.set(owner, of.add(cidr));
    else of.delete(cidr);
    this.setRoute(cidr, isThere ? owner : null);
  }

  stop(): void {}

  private forget(name: string, { address, tunnelAddress }: Reach): void {
    this.reaches.delete(name);
    for (const each of this.blocks.get(name) ?? []) this.setRoute(each, null);
    this.run(`bridge fdb del ${vtepMac(name)} dev ${DEVICE} dst ${address} self`);
    this.ip(`neigh del ${tunnelAddress} dev ${DEVICE}`);
  }

  private setRoute(cidr: string, owner: string | null): void {
    const way = owner === null ? undefined : this.wayTo(cidr, owner);
    const was = this.routes.get(cidr);
    if (way === was) return;
    if (was !== undefined) this.ip(`route del ${was}`);
    if (way !== undefined) this.ip(`route add ${way}`);
    if (way === undefined) this.routes.delete(cidr);
    else this.routes.set(cidr, way);
  }

  private wayTo(cidr: string, owner: string): string | undefined {
    const { node, mode, subnet } = this.of;
    if (owner === node.machine.name) return `blackhole ${cidr} proto ${PROTOCOL}`;
    const reach = this.reaches.get(owner);
    if (reach === undefined) return undefined;
    return isTunnelled(mode, subnet, reach.address)
      ? `${cidr} via ${reach.tunnelAddress} dev ${DEVICE} onlink`
      : `${cidr} via ${reach.address} dev ${node.device} proto ${PROTOCOL} onlink`;
  }

  private ip(words: string): void {
    this.run(`ip ${words}`);
  }

  private run(line: string): void {
    const { lab, machine } = this.of.node;
    run(lab, machine.root, line);
  }
}
