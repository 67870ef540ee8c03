// -j REDIRECT: the connection ends here. Before you edit: net/netfilter/xt_REDIRECT.c, nf_nat_redirect.c,
// extensions/libxt_NAT.c.
import { toAddress } from "../nat/range.ts";
import { natTarget } from "./nat.ts";

export const REDIRECT = natTarget({
  name: "REDIRECT",
  hooks: ["PREROUTING", "OUTPUT"],
  option: "to-ports",
  listed: "redir ports ",
  flags: ["random"],
  manip: "destination",
  range(skb, range) {
    const address = skb.net.redirectAddress(skb);
    return address === null ? null : toAddress(address, range);
  },
});
