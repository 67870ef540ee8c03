// What rules ask of IPVS. Before you edit: net/netfilter/xt_ipvs.c (ipvs_mt).
import type { Method } from "../../ipvs/destination.ts";
import type { VirtualConnection, VirtualMethod } from "../../netfilter/match/ipvs.ts";
import { segmentOf } from "../ipvs/segment.ts";
import type { Netns } from "../netns.ts";
import type { Skb } from "../skb.ts";

const METHODS: Readonly<Record<Method, VirtualMethod>> = { masq: "MASQ", route: "GATE", tunnel: "IPIP" };

/** The connection of a packet that IPVS had: looked for as that of an answer, from the other end. */
export function virtualConnection(ns: Netns, skb: Skb): VirtualConnection | "none" | "unknown" {
  if (!skb.isBalanced) return "none";
  const segment = segmentOf(skb);
  if (segment === null) return "unknown";
  const { protocol, src, srcPort, dst, dstPort } = segment;
  const conn = ns.balancing!.ipvs.connections.table.findReply(protocol, dst, dstPort, src, srcPort);
  if (conn === null) return "unknown";
  const { virtual, virtualPort, method, control } = conn;
  return { address: virtual, port: virtualPort, method: METHODS[method], controlPort: control?.virtualPort ?? null };
}
