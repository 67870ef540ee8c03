// kube-proxy in its iptables mode, in a namespace.
// Before you edit: pkg/proxy/iptables/proxier.go (NewProxier, syncProxyRules).
import { unquotedWords } from "../../../netfilter/text/quote.ts";
import type { Ip } from "../../../wire/address.ts";
import type { Family } from "../address.ts";
import type { Proxier } from "../proxier.ts";
import type { ProxySettings } from "../settings.ts";
import type { Place } from "../tool.ts";
import { run, succeeds } from "../tool.ts";
import type { Standpoint } from "../topology.ts";
import type { Tracker } from "../tracker.ts";
import { JUMPS_1_20, restoreText120 } from "./layout-1.20.ts";
import { JUMPS, restoreText, type Sync, servesLoopback } from "./sync.ts";
import { Writer } from "./writer.ts";

export class IptablesProxier implements Proxier {
  private readonly place: Place;
  private readonly tracker: Tracker;
  private readonly settings: ProxySettings;
  private readonly at: Standpoint;
  private readonly writer = new Writer();
  private isPrepared = false;
  private routesLocalnet = false;

  constructor(place: Place, tracker: Tracker, settings: ProxySettings, at: Standpoint) {
    this.place = place;
    this.tracker = tracker;
    this.settings = settings;
    this.at = at;
  }

  rules(): string {
    const { layout } = this.settings;
    return (layout === "1.20" ? restoreText120 : restoreText)(this.whatFor(null));
  }

  /** The first sync writes everything; later ones leave chains of Services alone that nobody changed. */
  sync(isFull = !this.isPrepared): void {
    const { place, settings } = this;
    const changes = this.tracker.takeChanges();
    this.routeLocalnet();
    if (!this.isPrepared) ensureJumps(place, settings.family, settings.layout === "1.20" ? JUMPS_1_20 : JUMPS);
    const restore = settings.family === 6 ? "ip6tables-restore" : "iptables-restore";
    const what = this.whatFor(isFull ? null : changes);
    const text = settings.layout === "1.20" ? restoreText120(what) : this.writer.text(what, place.lab.now);
    run(place, [restore, "--noflush", "--counters"], text);
    this.isPrepared = true;
  }

  readonly answersHealthChecks = true;

  /** Rules can, except those of a node with connections, whose entries may have to go. */
  get canWait(): boolean {
    const { ns } = this.place;
    return !(ns.hasTracking && ns.tracking.conntrack.count > 0);
  }

  putOff(write: () => void): void {
    this.routeLocalnet();
    this.tables.putOff(["filter", "nat"], write);
  }

  /** Seen by everything, so it cannot wait; after the first sync it is whoever else's. */
  private routeLocalnet(): void {
    if (this.routesLocalnet || !servesLoopback(this.settings)) return;
    this.routesLocalnet = true;
    this.place.ns.sysctls.set("net.ipv4.conf.all.route_localnet", "1");
  }

  private get tables() {
    const { ns } = this.place;
    return this.settings.family === 6 ? ns.xtables6 : ns.xtables;
  }

  private whatFor(changed: ReadonlySet<string> | null): Sync {
    const { tracker, settings, at } = this;
    const existing = this.tables.peek("nat")?.chains.keys() ?? [];
    return { tracker, settings, at, nodeAddresses: this.nodeAddresses(), changed, existing };
  }

  private nodeAddresses(): Ip[] {
    const { ns } = this.place;
    if (this.settings.family === 4)
      return [...ns.inet.values()].flatMap((each) => each.addresses.map(({ local }) => local));
    return [...ns.ipv6.devices.values()].flatMap((each) => each.addresses.map(({ local }) => local));
  }
}

/** Chains and the jumps to them: each is put in front of what is there, unless it is there. */
export function ensureJumps(place: Place, family: Family, jumps: typeof JUMPS): void {
  const tool = family === 6 ? "ip6tables" : "iptables";
  for (const [table, to, from, words] of jumps) {
    const rule = unquotedWords(words);
    const on = [tool, "-t", table];
    succeeds(place, [...on, "-N", to]);
    if (!succeeds(place, [...on, "-C", from, ...rule, "-j", to])) run(place, [...on, "-I", from, ...rule, "-j", to]);
  }
}
