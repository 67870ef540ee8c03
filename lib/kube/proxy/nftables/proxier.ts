// kube-proxy in its nftables mode, in a namespace.
// Before you edit: pkg/proxy/nftables/proxier.go (NewProxier, syncProxyRules).

import { SECOND } from "../../../trace/world.ts";
import type { Ip } from "../../../wire/address.ts";
import type { Proxier } from "../proxier.ts";
import type { ProxySettings } from "../settings.ts";
import { type Place, run } from "../tool.ts";
import { type Standpoint, usableEndpoints } from "../topology.ts";
import type { Tracker } from "../tracker.ts";
import { Containers, writeService } from "./service.ts";
import { writeTable } from "./table.ts";
import { Transaction, Written } from "./transaction.ts";

export class NftablesProxier implements Proxier {
  /** Connections are looked up in the same table that is written. */
  readonly canWait = false;
  readonly answersHealthChecks = true;
  private readonly place: Place;
  private readonly tracker: Tracker;
  private readonly settings: ProxySettings;
  private readonly at: Standpoint;
  private readonly containers = new Containers();
  private readonly written = new Map<string, Written>();
  /** Chains nothing leads to any more, and since when: kernels before 6.2 bear their end only a moment later. */
  private readonly stale = new Map<string, number>();
  private isPrepared = false;

  constructor(place: Place, tracker: Tracker, settings: ProxySettings, at: Standpoint) {
    this.place = place;
    this.tracker = tracker;
    this.settings = settings;
    this.at = at;
  }

  rules(): string {
    const { place, tracker, settings, at } = this;
    return new NftablesProxier(place, tracker, settings, at).write(null);
  }

  /** The first sync writes everything; later ones leave chains of Services alone that nobody changed. */
  sync(isFull = !this.isPrepared): void {
    const changes = this.tracker.takeChanges();
    this.dropStale();
    run(this.place, ["nft", "-f", "-"], this.write(isFull ? null : changes));
  }

  putOff(write: () => void): void {
    write();
  }

  private dropStale(): void {
    const tx = new Transaction(this.settings.family);
    for (const [chain, since] of this.stale)
      if (since < this.place.lab.now - SECOND) {
        tx.say("delete", "chain", chain);
        this.stale.delete(chain);
      }
    if (tx.lines.length > 0) run(this.place, ["nft", "-f", "-"], tx.text);
  }

  /**
   * What the next sync hands to nft: it is as good as done. `changed`: the Services whose chains are written anew; null:
   * everything is.
   */
  write(changed: ReadonlySet<string> | null): string {
    const { tracker, settings, at, containers, written } = this;
    const tx = new Transaction(settings.family);
    if (changed === null) writeTable(tx, settings, this.nodeAddresses(), !this.isPrepared);
    const isWhole = changed === null || containers.all.some(({ isContested }) => isContested);
    const keys = isWhole ? new Set([...written.keys(), ...tracker.services.keys()]) : changed;
    // Who goes first makes room.
    for (const key of keys) if (!tracker.services.has(key)) this.replace(tx, key, null);
    for (const key of keys) {
      const ports = tracker.services.get(key);
      if (ports === undefined) continue;
      const now = new Written(written.get(key) ?? null);
      for (const service of ports) {
        const usable = usableEndpoints(tracker.endpointsOfPort(service), service, at);
        const isChanged = changed === null || changed.has(key);
        writeService(tx, service, usable, settings, containers, now, isChanged);
      }
      this.replace(tx, key, now);
    }
    this.isPrepared = true;
    return tx.text;
  }

  /** A Service has this of the table from now on; null: it is gone. */
  private replace(tx: Transaction, key: string, now: Written | null): void {
    const before = this.written.get(key);
    for (const each of now?.chains ?? []) this.stale.delete(each);
    if (before !== undefined) {
      for (const each of before.chains)
        if (now?.chains.has(each) !== true) {
          tx.say("flush", "chain", each);
          this.stale.set(each, this.place.lab.now);
        }
      for (const each of before.affinities) if (now?.affinities.has(each) !== true) tx.say("delete", "set", each);
      before.release(tx, now);
    }
    if (now === null) this.written.delete(key);
    else this.written.set(key, now);
  }

  private nodeAddresses(): Ip[] {
    const { ns } = this.place;
    if (this.settings.family === 4)
      return [...ns.inet.values()].flatMap((each) => each.addresses.map(({ local }) => local));
    return [...ns.ipv6.devices.values()].flatMap((each) => each.addresses.map(({ local }) => local));
  }
}
