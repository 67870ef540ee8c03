// Texts for iptables-restore, laid beside each other: kube-proxy visits Services in no order.
import { strict as assert } from "node:assert";
import { addressOf, hostPort } from "../../../lib/kube/proxy/address.ts";
import { restoreText, type Sync } from "../../../lib/kube/proxy/iptables/sync.ts";
import { planIpvs } from "../../../lib/kube/proxy/ipvs/plan.ts";
import { IpvsProxier } from "../../../lib/kube/proxy/ipvs/proxier.ts";
import { ipvsRestoreText } from "../../../lib/kube/proxy/ipvs/rules.ts";
import { setName } from "../../../lib/kube/proxy/ipvs/sets.ts";
import { DEFAULTS } from "../../../lib/kube/proxy/settings.ts";
import type { Place } from "../../../lib/kube/proxy/tool.ts";
import { Tracker } from "../../../lib/kube/proxy/tracker.ts";
import { WalkedNode } from "../../../lib/kube/proxy/walk.ts";
import type { ProxyCase } from "./cases.ts";

/** The texts of a case's syncs, as the model's iptables mode writes them. */
export function textsOf(asked: ProxyCase): string[] {
  let existing = new Set<string>();
  return syncs(asked, (surroundings, changed) => {
    const text = restoreText({ ...surroundings, changed, existing });
    const nat = text.slice(text.indexOf("*nat"));
    existing = new Set([...existing, ...[...nat.matchAll(/^:(\S+)/gm)].map(([, name]) => name!)]);
    for (const [, gone] of nat.matchAll(/^-X (\S+)/gm)) existing.delete(gone!);
    return text;
  });
}

/** What the IPVS mode comes to, as `oracle/ask_ipvs_test.go` tells it. */
export interface IpvsAnswer {
  readonly Text: string;
  readonly Sets: Readonly<Record<string, readonly string[]>>;
  readonly Servers: Readonly<
    Record<string, { readonly Flags: number; readonly Timeout: number; readonly Reals: readonly string[] }>
  >;
  readonly Bound: readonly string[];
}

/** IP_VS_SVC_F_PERSISTENT */
const PERSISTENT = 1;

export function ipvsAnswersOf(asked: ProxyCase): IpvsAnswer[] {
  return syncs(asked, (surroundings) => {
    const nodeAddresses = surroundings.nodeAddresses.filter(({ isLoopback }) => !isLoopback);
    const plan = planIpvs({ ...surroundings, nodeAddresses });
    const { family } = surroundings.settings;
    const servers = [...plan.servers.values()].map(
      ({ protocol, address, port, persistent, endpoints }) =>
        [
          `${hostPort(address.text, port)}/${protocol}`,
          {
            Flags: persistent === null ? 0 : PERSISTENT,
            Timeout: persistent ?? 0,
            Reals: endpoints.map(({ text }) => text),
          },
        ] as const,
    );
    return {
      Text: ipvsRestoreText(plan, surroundings.settings),
      Sets: Object.fromEntries([...plan.sets].map(([name, elements]) => [setName(name, family), [...elements]])),
      Servers: Object.fromEntries(servers),
      Bound: [...plan.sets.get("IPVS-IPS")!],
    };
  });
}

/** What is in no order is sorted. */
export function sortedAnswer({ Text, Sets, Servers, Bound }: IpvsAnswer): Record<string, string[]> {
  const found: Record<string, string[]> = { Text: Text.trim().split("\n"), Bound: [...Bound].sort() };
  const forbidden = (line: string) => line.startsWith("-A KUBE-IPVS-OUT-FILTER");
  found.Forbidden = found.Text!.filter(forbidden).sort();
  found.Text = found.Text!.filter((line) => !forbidden(line));
  for (const [name, elements] of Object.entries(Sets)) found[name] = [...elements].sort();
  for (const [name, { Flags, Timeout, Reals }] of Object.entries(Servers))
    found[name] = [`flags ${Flags}`, `timeout ${Timeout}`, ...[...Reals].sort()];
  return found;
}

export type Surroundings = Omit<Sync, "changed" | "existing">;

/** Lets a tracker live through a case, and syncs after each of its steps. */
export function syncs<Answer>(
  { Settings, Steps }: ProxyCase,
  sync: (surroundings: Surroundings, changed: ReadonlySet<string> | null) => Answer,
): Answer[] {
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
  const surroundings = { tracker, settings, nodeAddresses, at: { node: Settings.Node, zone: Settings.Zone } };
  let before: ProxyCase["Steps"][number] = { Services: [], Slices: [] };
  const keyOf = ({ metadata }: { metadata: { namespace?: string; name: string } }) =>
    `${metadata.namespace}/${metadata.name}`;
  return Steps.map((state, i) => {
    const services = new Set(state.Services.map(keyOf));
    const slices = new Set(state.Slices.map(keyOf));
    for (const each of before.Services) if (!services.has(keyOf(each))) tracker.setService(keyOf(each), null);
    for (const each of before.Slices) if (!slices.has(keyOf(each))) tracker.setSlice(each, true);
    for (const each of state.Services) tracker.setService(keyOf(each), each);
    for (const each of state.Slices) tracker.setSlice(each, false);
    before = state;
    const changes = tracker.takeChanges();
    return sync(surroundings, i === 0 ? null : changes);
  });
}

/** What is asked of a node after each sync of IPVS mode, which has the node to itself. */
export function ipvsNodes<Answer>(asked: ProxyCase, ask: (place: Place) => Answer): Answer[] {
  let made: { readonly place: Place; readonly proxier: IpvsProxier } | null = null;
  return syncs(asked, ({ tracker, settings, at, nodeAddresses }) => {
    if (made === null) {
      const lab = new WalkedNode(settings.family, nodeAddresses);
      const place = { lab, ns: lab.ns };
      made = { place, proxier: new IpvsProxier(place, tracker, settings, at) };
    }
    made.proxier.sync(true);
    return ask(made.place);
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

/** Compares what `comparable` or `sortedAnswer` gave, part by part. */
export function assertSame(ours: Record<string, string[]>, theirs: Record<string, string[]>, where: string): void {
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)]))
    assert.deepEqual(ours[key], theirs[key], `${where}: ${key}`);
}
