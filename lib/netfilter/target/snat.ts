// -j SNAT: the connection comes from another address. Before you edit: net/netfilter/xt_nat.c, extensions/libxt_NAT.c.
import { natTarget } from "./nat.ts";

export const SNAT = natTarget({
  name: "SNAT",
  hooks: ["POSTROUTING", "INPUT"],
  option: "to-source",
  listed: "to:",
  flags: ["random", "random-fully", "persistent"],
  manip: "source",
});
