// The ruleset of nf_tables in one namespace: its base chains stand at the hooks beside the tables of iptables.
// Before you edit: net/netfilter/nf_tables_api.c (nf_tables_register_hook), nft_chain_filter.c, nft_chain_nat.c,
// nft_chain_route.c.

import type { Family } from "../../netfilter/extension.ts";
import { type Chain, type NftFamily, Ruleset } from "../../netfilter/nft/ruleset.ts";
import { traverseNft } from "../../netfilter/nft/traverse.ts";
import { LEVEL } from "../../trace/step.ts";
import type { HookState, Verdict } from "../hooks.ts";
import type { Netns } from "../netns.ts";
import { NftWitness } from "./nft-witness.ts";
import { changesWay, routeAgain, takeBack } from "./tables.ts";
import type { AnySkb } from "./tracking.ts";

const FAMILIES: Readonly<Record<NftFamily, readonly Family[]>> = { ip: [4], ip6: [6], inet: [4, 6] };

export class Nftables {
  readonly ruleset: Ruleset;
  private readonly ns: Netns;
  private readonly registered = new Map<Chain, readonly (() => void)[]>();

  constructor(ns: Netns) {
    this.ns = ns;
    this.ruleset = new Ruleset(ns.cables);
    this.ruleset.onTracking = (family) => {
      for (const each of FAMILIES[family]) ns.tracking.track(each);
    };
    this.ruleset.onChains = (came, gone) => {
      for (const each of gone) {
        for (const leave of this.registered.get(each) ?? []) leave();
        this.registered.delete(each);
      }
      for (const each of came)
        this.registered.set(
          each,
          FAMILIES[each.table.family].map((of) => this.register(each, of)),
        );
    };
  }

  private register(chain: Chain, family: Family): () => void {
    const { ns } = this;
    const { type, hook, priority } = chain.base!;
    const run = (_: Netns, skb: AnySkb, state: HookState<never>) => this.pass(chain, family, skb, state);
    if (type === "nat") return ns.tracking.translate(family, hook, { priority, ask: run });
    const named = { name: `table ${chain.table.family} ${chain.table.name} chain ${chain.name}`, priority, run };
    return family === 6 ? ns.hooks6.register(hook, named as never) : ns.hooks.register(hook, named as never);
  }

  private pass(chain: Chain, family: Family, skb: AnySkb, state: HookState<never>): Verdict {
    const { ns } = this;
    const before = skb.packet;
    const view = (family === 4 ? ns.xtables : ns.xtables6).viewOf(skb, state);
    const witness = ns.cables.recorder.level === LEVEL.off ? null : new NftWitness(ns, chain, skb.cause);
    const verdict = traverseNft(chain, view, witness);
    if (witness !== null) skb.cause = witness.cause;
    const isRouted = chain.base!.type === "route" && verdict === "ACCEPT";
    const isChanged = isRouted && (view.mark !== skb.mark || changesWay(before, view.packet));
    takeBack(skb, view);
    if (isChanged && !routeAgain(ns, skb)) return "drop";
    return verdict === "ACCEPT" ? "accept" : verdict === "DROP" ? "drop" : "stolen";
  }
}
