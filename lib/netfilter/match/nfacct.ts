// -m nfacct: counts the packet on an account, and is about it, unless the account's quota has room for it.
// Before you edit: net/netfilter/xt_nfacct.c, extensions/libxt_nfacct.c.
import { ipLength } from "../../wire/bytes.ts";
import { accountName } from "../accounts.ts";
import type { MatchExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { quoted } from "../text/quote.ts";

interface Draft {
  name: string;
}

export const nfacct: MatchExtension<string, Draft> = {
  name: "nfacct",
  families: [4, 6],
  options: [
    {
      name: "nfacct-name",
      takes: "value",
      mandatory: true,
      set(draft, word) {
        if (word === "") throw new Refused("Argument must have a minimum length of 1 characters\n");
        if (word.includes("\n")) throw new Refused("Newlines not allowed in --nfacct-name");
        draft.name = accountName(word);
      },
    },
  ],
  draft: () => ({ name: "" }),
  finish: ({ name }) => name,
  check: (name, { hasAccount }) => (hasAccount(name) ? null : "ENOENT"),
  // Both spaces are the tool's own.
  save: (name) => `--nfacct-name  ${quoted(name)}`,
  list: (name) => `nfacct-name  ${quoted(name)}`,
  compile: (name) => (skb) => skb.net.accounts.count(name, ipLength(skb.packet)),
  miss: (name, { net }) => {
    const { packets, bytes, quota } = net.accounts.get(name)!;
    const [had, unit] = quota?.of === "packet" ? [packets, "packets"] : [bytes, "bytes"];
    return { field: "nfacct", wanted: `more than ${quota?.most} ${unit} on ${name}`, had: `${had}` };
  },
};
