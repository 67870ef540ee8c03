// -j REJECT: the packet ends, and its sender is told.
// Before you edit: net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c, extensions/libipt_REJECT.c,
// libip6t_REJECT.c.
import { PROTOCOL } from "../../wire/packet.ts";
import type { TargetExtension } from "../extension.ts";
import { Refused } from "../refused.ts";
import { REJECT_WITH, type RejectWith } from "./reject-names.ts";

interface Draft {
  with: RejectWith | null;
  forTcp: boolean;
}
interface Value {
  readonly with: RejectWith;
  readonly forTcp: boolean;
}

export const REJECT: TargetExtension<Value, Draft> = {
  name: "REJECT",
  families: [4, 6],
  tables: ["filter"],
  hooks: ["INPUT", "FORWARD", "OUTPUT"],
  options: [
    {
      name: "reject-with",
      takes: "value",
      set(draft, word, _inverted, { family }) {
        const wanted = word.toLowerCase();
        const found = REJECT_WITH[family].find(
          ({ name, alias }) => name.startsWith(wanted) || alias.startsWith(wanted),
        );
        if (found === undefined) throw new Refused(`unknown reject type "${word}"`);
        draft.with = found;
      },
    },
  ],
  draft: () => ({ with: null, forTcp: false }),
  finish: (draft, { family, protocol }) => ({
    with: draft.with ?? REJECT_WITH[family][3]!,
    forTcp: protocol !== null && protocol.number === PROTOCOL.tcp && !protocol.inverted,
  }),
  // Only TCP can be reset, so the rule must say so.
  check: (value) => (value.with.code === "reset" && !value.forTcp ? "EINVAL" : null),
  save: ({ with: how }) => `--reject-with ${how.name}`,
  list: ({ with: how }) => `reject-with ${how.name}`,
  compile:
    ({ with: how }) =>
    (skb) => {
      skb.net.reject(skb, how);
      return "DROP";
    },
  because: ({ with: how }) => `rejected with ${how.name}`,
};
