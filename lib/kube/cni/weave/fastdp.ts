// Fast datapath: weave's router tells the kernel's datapath what to do with frames, flow by flow; those that a flow is about
// never leave the kernel. The network of VXLAN names two peers: `destination << 12 | source`.
// Before you edit: github.com/weaveworks/weave router/fastdp.go (bridge, makeBridgeVport, extractPeers, tunnelIDFor).
import type { Program } from "../../../lab/process.ts";
import type { Datapath, Output, Upcall } from "../../../netns/tunnel/datapath.ts";
import type { World } from "../../../trace/world.ts";
import type { Ipv4 } from "../../../wire/address.ts";
import type { Mac } from "../../../wire/mac.ts";
import { MacCache } from "./router.ts";

export interface FastPeer {
  readonly name: Mac;
  /** A number of twelve bits that no other peer has. */
  readonly shortId: number;
  readonly address: Ipv4;
}

export interface FastdpOptions {
  readonly world: World;
  readonly datapath: Datapath;
  /** The port of the cable to the bridge, and that of VXLAN. */
  readonly ports: { readonly bridge: number; readonly vxlan: number };
  readonly self: FastPeer;
  /** The other peers; the list may change meanwhile. */
  readonly peers: readonly FastPeer[];
}

/** The router of one node. */
export function* fastdpRouter({ world, datapath, ports, self, peers }: FastdpOptions): Program {
  const macs = new MacCache();
  const to = ({ shortId, address }: FastPeer): Output => ({
    port: ports.vxlan,
    tunnel: { id: (shortId << 12) | self.shortId, src: self.address, dst: address },
  });

  const learn = (address: Mac, peer: Mac): void => {
    const before = macs.find(address, world.now);
    macs.learn(address, peer, world.now);
    if (before !== undefined && before !== peer) datapath.flush();
  };

  const captured = (upcall: Upcall): void => {
    const { src, dst } = upcall.frame;
    learn(src, self.name);
    const known = dst.isGroup ? undefined : macs.find(dst, world.now);
    const chosen = known === undefined ? peers : peers.filter(({ name }) => name === known);
    // Of what nobody was taught no flow is made: the next frame may know better.
    datapath.answer(upcall, chosen.map(to), dst.isGroup || known !== undefined);
  };

  const received = (upcall: Upcall): void => {
    const peer = peers.find(({ shortId }) => shortId === (upcall.tunnel!.id & 0xfff));
    const isOurs = upcall.tunnel!.id >> 12 === self.shortId;
    if (peer === undefined || !isOurs) return datapath.answer(upcall, [], false);
    learn(upcall.frame.src, peer.name);
    datapath.answer(upcall, [{ port: ports.bridge, tunnel: null }], true);
  };

  for (;;) {
    for (let next = datapath.upcall(); next !== undefined; next = datapath.upcall())
      if (next.port === ports.bridge) captured(next);
      else if (next.tunnel !== null) received(next);
      else datapath.answer(next, [], true);
    yield { on: [datapath] };
  }
}
