// Node IPAM: each node gets a part of the cluster's network for its pods, the lowest that is free.
// Before you edit: pkg/controller/nodeipam/ipam/{range_allocator.go,cidrset/cidr_set.go}.
import { Ipv4, prefix4 } from "../../wire/address.ts";
import type { Node } from "../shapes.ts";
import { type Client, unlessGone } from "./client.ts";
import { EventRecorder } from "./events.ts";
import type { Informers } from "./informers.ts";
import { WorkQueue } from "./work-queue.ts";

/** --node-cidr-mask-size. */
const LENGTH = 24;

export function nodeIpamController(informers: Informers, client: Client, clusterCidr: string): void {
  const recorder = new EventRecorder(client, "cidrAllocator");
  const nodes = informers.of<Node>("nodes");
  const { address, length } = prefix4(clusterCidr);
  const count = 2 ** (LENGTH - length);
  const owners = new Map<number, string>();
  const parts = new Map<string, number>();
  // Who looks for a free part begins after the one given last.
  let next = 0;

  const queue = new WorkQueue(client, (name) => {
    const node = nodes.get(name);
    if (node === undefined || node.spec.podCIDR !== undefined) return;
    const part = parts.get(name) ?? free();
    if (part === null)
      return recorder.event(node, "Normal", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`);
    occupy(name, part);
    const podCIDR = `${Ipv4.of(address.bits + part * 2 ** (32 - LENGTH))}/${LENGTH}`;
    unlessGone(() => client.patch("nodes", node, { spec: { podCIDR, podCIDRs: [podCIDR] } }));
  });

  function free(): number | null {
    for (let i = 0; i < count; i++) {
      const part = (next + i) % count;
      if (owners.has(part)) continue;
      next = (part + 1) % count;
      return part;
    }
    return null;
  }

  function occupy(name: string, part: number): void {
    owners.set(part, name);
    parts.set(name, part);
  }

  nodes.on((now, before) => {
    const { name } = (now ?? before)!.metadata;
    if (now === null) {
      const part = parts.get(name);
      parts.delete(name);
      if (part !== undefined) owners.delete(part);
    } else if (now.spec.podCIDR === undefined) queue.add(name);
    else occupy(name, (prefix4(now.spec.podCIDR).address.bits - address.bits) / 2 ** (32 - LENGTH));
  });
}
