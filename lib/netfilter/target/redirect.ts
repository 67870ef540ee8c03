// -j REDIRECT: the connection ends here. Before you edit: net/netfilter/xt_REDIRECT.c, nf_nat_redirect.c,
// extensions/libxt_NAT.c.
import { type Range, toAddress } from "../nat/range.ts";
import type { Skb } from "../skb.ts";
import { natTarget } from "./nat.ts";

export const REDIRECT = natTarget({
  name: "REDIRECT",
  hooks: ["PREROUTING", "OUTPUT"],
  option: "to-ports",
  listed: "redir ports ",
  flags: ["random"],
  manip: "destination",
  range: redirectRange,
});

/** The range with the address that packets from there are for; null: there is none, and the packet ends. */
export function redirectRange(skb: Skb, range: Range): Range | null {
  const address = skb.net.redirectAddress(skb);
  return address === null ? null : toAddress(address, range);
}
