// Ways to other nodes' blocks as BIRD makes them: told by BGP, put into the kernel's table, into tunl0 where the pool says so.
// Before you edit: github.com/projectcalico/calico confd bird_ipam.cfg (krt_tunnel), bird_aggr.cfg (blackhole of own blocks).
import { run } from "../plugin.ts";
import { Speaker } from "./speaker.ts";
import { isTunnelled, type Reach, type Ways, type WaysOf } from "./ways.ts";

export class BgpRoutes implements Ways {
  readonly speaker: Speaker;
  private readonly of: WaysOf;
  private readonly peers = new Map<string, string>();

  constructor(of: WaysOf) {
    this.of = of;
    const { node, tunnelAddress, mtu } = of;
    const { lab, machine, address } = node;
    const { root } = machine;
    if (tunnelAddress !== null) {
      machine.load("ipip");
      run(lab, root, `ip link set tunl0 mtu ${mtu}`);
      run(lab, root, `ip addr add ${tunnelAddress}/32 dev tunl0`);
      run(lab, root, "ip link set tunl0 up");
    }
    this.speaker = new Speaker(lab, root, address, (prefix, via) => this.learned(prefix, via && `${via}`));
  }

  nodeChanged(name: string, reach: Reach | null): void {
    const was = this.peers.get(name);
    if (was === reach?.address) return;
    if (was !== undefined) this.speaker.removePeer(was);
    this.peers.delete(name);
    if (reach === null) return;
    this.peers.set(name, reach.address);
    this.speaker.addPeer(reach.address);
  }

  blockChanged(cidr: string, owner: string, isThere: boolean): void {
    const { lab, machine } = this.of.node;
    if (owner !== machine.name) return;
    if (isThere) {
      run(lab, machine.root, `ip route replace blackhole ${cidr} proto bird`);
      this.speaker.announce(cidr);
    } else if (this.speaker.own.has(cidr)) {
      this.speaker.withdraw(cidr);
      run(lab, machine.root, `ip route del blackhole ${cidr} proto bird`);
    }
  }

  stop(): void {
    this.speaker.stop();
  }

  private learned(prefix: string, via: string | null): void {
    const { node, mode, subnet } = this.of;
    const { lab, machine, device } = node;
    if (via === null) return run(lab, machine.root, `ip route del ${prefix} proto bird`);
    const by = isTunnelled(mode, subnet, via) ? "dev tunl0 proto bird onlink" : `dev ${device} proto bird`;
    run(lab, machine.root, `ip route replace ${prefix} via ${via} ${by}`);
  }
}
