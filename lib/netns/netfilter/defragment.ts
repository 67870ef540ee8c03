// Fragments are joined before anybody looks at them; where the packet leaves it is cut again.
// Before you edit: net/ipv4/netfilter/nf_defrag_ipv4.c, net/ipv4/ip_fragment.c (ip_defrag, ip_expire), net/ipv6/netfilter/
// nf_defrag_ipv6_hooks.c, nf_conntrack_reasm.c (nf_ct_frag6_gather).
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4Packet } from "../../wire/packet.ts";
import type { Verdict } from "../hooks.ts";
import { routeInput } from "../ipv4/input-route.ts";
import { countExpired, reassemblyExpired } from "../ipv4/receive.ts";
import { quietly } from "../ipv6/fib.ts";
import { reassemblyExpired6 } from "../ipv6/receive.ts";
import type { Skb6 } from "../ipv6/skb6.ts";
import type { Netns } from "../netns.ts";
import type { Skb } from "../skb.ts";

export function defragment(ns: Netns, skb: Skb): Verdict {
  const { packet } = skb;
  if (!packet.moreFragments && packet.fragmentOffset === 0) return "accept";
  ns.mib.IpReasmReqds++;
  const joined = ns.reassembly.add(packet, (pieces) => expired(ns, skb, pieces));
  if (joined === null) {
    ns.step(LEVEL.full, skb.cause, skb.device, "receive", packet, () => ({
      because: `a fragment from octet ${packet.fragmentOffset} on: it waits for the rest, 30 s at most`,
    }));
    return "stolen";
  }
  ns.mib.IpReasmOKs++;
  skb.packet = joined;
  skb.longestFragment = ns.reassembly.longest;
  return "accept";
}

/** Only who a packet is for tells of pieces that are missing. */
function expired(ns: Netns, skb: Skb, pieces: readonly Ipv4Packet[]): void {
  const { src, dst } = pieces[0]!;
  const way = quietly(ns, () => routeInput(ns, skb.device, src, dst, undefined, skb.cause, skb.mark));
  if (way.type === "local") reassemblyExpired(ns, skb, pieces, skb.cause);
  else countExpired(ns, skb.device, pieces, skb.cause);
}

export function defragment6(ns: Netns, skb: Skb6): Verdict {
  const { packet, cause, device } = skb;
  const { fragment } = packet;
  if (fragment === undefined) return "accept";
  const { reassembly } = ns.ipv6;
  const joined = reassembly.add(packet, (pieces) => reassemblyExpired6(ns, skb, pieces, cause));
  if (joined === "overlaps") {
    ns.step(LEVEL.path, cause, device, "drop", packet, () => ({
      because: "fragments that overlap are an attack: all of the packet is thrown away (RFC 5722)",
    }));
    return "drop";
  }
  if (joined === "waits") {
    ns.step(LEVEL.full, cause, device, "receive", packet, () => ({
      because: `a fragment from octet ${fragment.offset} on: it waits for the rest, 60 s at most`,
    }));
    return "stolen";
  }
  skb.packet = joined;
  skb.longestFragment = reassembly.longest;
  return "accept";
}
