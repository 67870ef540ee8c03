// The first packets of many connections, each taken away where it would leave its node: where its rules send it is
// known then, no connection is remembered, and thousands cost less than a second.
// Before you edit: netns/hooks.ts, net/netfilter/nf_conntrack_core.c (nf_conntrack_confirm).
import { PRIORITY } from "../netns/hooks.ts";
import { ipSend } from "../netns/ipv4/send.ts";
import type { Netns } from "../netns/netns.ts";
import type { Skb } from "../netns/skb.ts";
import { NOT_RECORDED } from "../trace/step.ts";
import { MILLISECOND } from "../trace/world.ts";
import type { Ipv4 } from "../wire/address.ts";
import { TCP_FLAG } from "../wire/packet.ts";
import type { Lab } from "./lab.ts";

const FIRST_PORT = 1024;
const PORTS = 65536 - FIRST_PORT;
const NOTHING = new Uint8Array();

/** Who asks, and where. */
export interface Asked {
  readonly from: Netns;
  readonly to: Ipv4;
  readonly port: number;
}

/**
 * Sends `count` SYNs, each from a port of its own, and gives the destination that each had when it was to leave the
 * node, as `10.244.1.3:8080`; null when it did not come so far. Counters of rules count them.
 */
export function firstPackets(lab: Lab, { from, to, port }: Asked, count: number): (string | null)[] {
  const { root } = lab.machines.get(from.node)!;
  let found: string | null = null;
  let sent = 0;
  // At the end of all hooks, before a connection is confirmed: kernels forget those that never are.
  const stop = root.hooks.register("POSTROUTING", {
    name: "first packets",
    priority: PRIORITY.confirm - 1,
    run: (_: Netns, { packet: { dst, body } }: Skb) => {
      if (body.kind !== "tcp" || body.srcPort !== sent) return "accept";
      found = `${dst}:${body.dstPort}`;
      return "stolen";
    },
  });
  try {
    return Array.from({ length: count }, (_, i) => {
      found = null;
      sent = FIRST_PORT + (i % PORTS);
      const syn = { seq: 1, ack: 0, flags: TCP_FLAG.syn, window: 64240, options: { mss: 1460 }, data: NOTHING };
      const body = { kind: "tcp", srcPort: sent, dstPort: port, ...syn } as const;
      ipSend(from, { src: null, dst: to, body }, NOT_RECORDED);
      lab.runFor(MILLISECOND);
      return found;
    });
  } finally {
    stop();
  }
}
