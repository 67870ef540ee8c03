// -j MASQUERADE: the connection comes from the address of the device it leaves by, as long as that device is up.
// Before you edit: net/netfilter/xt_MASQUERADE.c, nf_nat_masquerade.c, extensions/libxt_NAT.c.
import { type Range, toAddress } from "../nat/range.ts";
import type { Skb } from "../skb.ts";
import { natTarget } from "./nat.ts";

export const MASQUERADE = natTarget({
  name: "MASQUERADE",
  hooks: ["POSTROUTING"],
  option: "to-ports",
  listed: "masq ports: ",
  flags: ["random", "random-fully"],
  manip: "source",
  range: masqueradeRange,
});

/** The range with the address of the device that the packet leaves by; null: it ends; false: nothing is done. */
export function masqueradeRange(skb: Skb, range: Range): Range | null | false {
  const { ct, net, out } = skb;
  if (ct?.kind !== "tracked") return false;
  const { src } = ct.conn.original.tuple;
  // Who has no address yet asks for one, and is not to be masqueraded.
  if (src.family === 4 && src.bits === 0) return false;
  const address = net.masqueradeAddress(skb);
  if (address === null) {
    if (src.family === 4) net.log(`${out?.name} ate my IP address`);
    return null;
  }
  ct.conn.masqueraded = out?.index ?? 0;
  return toAddress(address, range);
}
