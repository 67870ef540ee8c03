// -j NETMAP: a whole network becomes another one, host by host.
// Before you edit: net/netfilter/xt_NETMAP.c, extensions/libipt_NETMAP.c, libip6t_NETMAP.c.
import type { Ip } from "../../wire/address.ts";
import type { TargetExtension } from "../extension.ts";
import { manipAt } from "../nat/nat.ts";
import { addressOf, toAddress, wordsOf } from "../nat/range.ts";
import { Refused } from "../refused.ts";
import { networkText, readNetworks } from "../text/address.ts";
import { natBecause, translate } from "./nat.ts";

interface Value {
  readonly address: Ip;
  readonly mask: Ip;
}

export const NETMAP: TargetExtension<Value, { network: Value | null }> = {
  name: "NETMAP",
  families: [4, 6],
  tables: ["nat"],
  hooks: ["PREROUTING", "OUTPUT", "POSTROUTING", "INPUT"],
  options: [
    {
      name: "to",
      takes: "value",
      mandatory: true,
      set(draft, word, _inverted, { family }) {
        const [network, ...others] = readNetworks(word, family);
        if (network === undefined || others.length > 0) throw new Refused(`host/network \`${word}' not found`);
        draft.network = network;
      },
    },
  ],
  draft: () => ({ network: null }),
  // Without --to the common checks complain, after this.
  finish: ({ network }, { family }) => network ?? readNetworks("0/0", family)[0]!,
  save: (value) => `--to ${networkText(value)}`,
  list: (value) => `to:${networkText(value)}`,
  compile({ address, mask }) {
    const [network, bits] = [wordsOf(address), wordsOf(mask)];
    return (skb) => {
      const manip = manipAt(skb.hook);
      const host = wordsOf(manip === "source" ? skb.packet.src : skb.packet.dst);
      const mapped = host.map((word, i) => ((word & ~bits[i]!) | (network[i]! & bits[i]!)) >>> 0);
      return translate(skb, toAddress(addressOf(address.family, mapped)), manip);
    };
  },
  because: (_value, _before, { ct, hook }) => natBecause(ct, manipAt(hook)),
};
