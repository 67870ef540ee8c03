// What kube-proxy's nftables mode comes to: the ruleset as nft lists it, chain by chain and set by set, for kube-proxy
// visits Services in no order.
import { NftablesProxier } from "../../../lib/kube/proxy/nftables/proxier.ts";
import { WalkedNode } from "../../../lib/kube/proxy/walk.ts";
import { ours } from "../../netfilter/nft/ask.ts";
import type { ProxyCase } from "./cases.ts";
import { syncs } from "./text.ts";

type Blocks = Record<string, string[]>;

/** Commands of nft, carried out and listed. */
export function blocksOf(text: string): Blocks {
  const nft = ours();
  const { status, err } = nft(["-f", "-"], text);
  if (status !== 0) throw new Error(err);
  return blocksIn(nft(["list", "ruleset"]).out);
}

/** The rulesets of a case's syncs, as the model's nftables mode writes them. */
export function rulesetsOf(asked: ProxyCase): Blocks[] {
  return textsOfNftables(asked).rulesets.map(blocksIn);
}

/** What is handed to nft, and what is listed behind each. */
export function textsOfNftables(asked: ProxyCase): { readonly texts: string[]; readonly rulesets: string[] } {
  let made: { readonly proxier: NftablesProxier; readonly nft: ReturnType<typeof ours> } | null = null;
  const texts: string[] = [];
  const rulesets = syncs(asked, ({ tracker, settings, at, nodeAddresses }, changed) => {
    if (made === null) {
      const node = new WalkedNode(settings.family, nodeAddresses);
      const proxier = new NftablesProxier({ lab: node, ns: node.ns }, tracker, settings, at);
      made = { proxier, nft: ours(node.ns) };
    }
    const text = made.proxier.write(changed);
    texts.push(text);
    const { status, err } = made.nft(["-f", "-"], text);
    if (status !== 0) throw new Error(err);
    return made.nft(["list", "ruleset"]).out;
  });
  return { texts, rulesets };
}

function blocksIn(listed: string): Blocks {
  const found: Blocks = {};
  let lines: string[] = [];
  for (const line of listed.split("\n")) {
    if (/^\t(set|map|chain) /.test(line)) {
      lines = [];
      found[line.trim()] = lines;
    } else if (line.startsWith("\t\t")) lines.push(line.trim());
  }
  return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)));
}
