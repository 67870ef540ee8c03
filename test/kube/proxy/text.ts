// Texts for iptables-restore, laid beside each other: kube-proxy visits Services in no order.
import { strict as assert } from "node:assert";
import { addressOf } from "../../../lib/kube/proxy/address.ts";
import { restoreText } from "../../../lib/kube/proxy/iptables/sync.ts";
import { DEFAULTS } from "../../../lib/kube/proxy/settings.ts";
import { Tracker } from "../../../lib/kube/proxy/tracker.ts";
import type { ProxyCase } from "./cases.ts";

/** The texts of a case's syncs, as the model writes them. */
export function textsOf({ Settings, Steps }: ProxyCase): string[] {
  const tracker = new Tracker(Settings.Family, Settings.Node);
  const settings = {
    ...DEFAULTS,
    family: Settings.Family,
    local: Settings.ClusterCIDR === "" ? null : ({ by: "source", cidr: Settings.ClusterCIDR } as const),
    masqueradeAll: Settings.MasqueradeAll,
    localhostNodePorts: Settings.LocalhostNodePorts,
    nodePortAddresses: Settings.NodePortAddresses,
    nodeIP: addressOf(Settings.NodeIP),
    conntrackLiberal: Settings.ConntrackLiberal,
    randomFully: false,
  };
  const nodeAddresses = Settings.NodeAddresses.map((each) => addressOf(each)!);
  const at = { node: Settings.Node, zone: Settings.Zone };
  let existing = new Set<string>();
  let before: ProxyCase["Steps"][number] = { Services: [], Slices: [] };
  return Steps.map((state, i) => {
    const keyOf = ({ metadata }: { metadata: { namespace?: string; name: string } }) =>
      `${metadata.namespace}/${metadata.name}`;
    const services = new Set(state.Services.map(keyOf));
    const slices = new Set(state.Slices.map(keyOf));
    for (const each of before.Services) if (!services.has(keyOf(each))) tracker.setService(keyOf(each), null);
    for (const each of before.Slices) if (!slices.has(keyOf(each))) tracker.setSlice(each, true);
    for (const each of state.Services) tracker.setService(keyOf(each), each);
    for (const each of state.Slices) tracker.setSlice(each, false);
    before = state;
    const changes = tracker.takeChanges();
    const changed = i === 0 ? null : changes;
    const text = restoreText({ tracker, settings, at, nodeAddresses, changed, existing });
    const nat = text.slice(text.indexOf("*nat"));
    existing = new Set([...existing, ...[...nat.matchAll(/^:(\S+)/gm)].map(([, name]) => name!)]);
    for (const [, gone] of nat.matchAll(/^-X (\S+)/gm)) existing.delete(gone!);
    return text;
  });
}

/** By table: the chains that are made, and each chain's rules in their order, those of one Service by themselves. */
export function comparable(text: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  let table = "";
  for (const line of text.trim().split("\n")) {
    if (line.startsWith("*")) table = line;
    const [word, chain = ""] = line.split(" ");
    const isShared = /^KUBE-(SERVICES|NODEPORTS|EXTERNAL-SERVICES|PROXY-FIREWALL)$/.test(chain);
    const of = isShared ? ` ${/--comment "?([^\s"]+)/.exec(line)?.[1]}` : "";
    const key = word === "-A" ? `${table} ${chain}${of}` : `${table} ${word?.[0]}`;
    found[key] ??= [];
    found[key].push(line);
  }
  for (const [key, lines] of Object.entries(found)) if (/ [:-]$/.test(key)) lines.sort();
  return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Compares what `comparable` gave, chain by chain. */
export function assertSame(ours: Record<string, string[]>, theirs: Record<string, string[]>, where: string): void {
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)]))
    assert.deepEqual(ours[key], theirs[key], `${where}: ${key}`);
}
