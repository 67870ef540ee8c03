// -j DNAT: the connection goes to another address. Before you edit: net/netfilter/xt_nat.c, extensions/libxt_NAT.c.
import { natTarget } from "./nat.ts";

export const DNAT = natTarget({
  name: "DNAT",
  hooks: ["PREROUTING", "OUTPUT"],
  option: "to-destination",
  listed: "to:",
  flags: ["random", "persistent"],
  manip: "destination",
});
