// Which MAC has the next hop? The states of a neighbour entry and the timers between them: one machinery for ARP and for
// IPv6's neighbour discovery, which differ in how they ask (NeighbourPort).
// Before you edit: RFC 4861 §7.3.2 (the states' names), net/core/neighbour.c (neigh_event_send, neigh_timer_handler,
// __neigh_update), net/ipv4/arp.c (arp_solicit), net/ipv6/ndisc.c (ndisc_solicit). Default times: include/net/neighbour.h,
// arp_tbl in arp.c and nd_tbl in ndisc.c.
import { SECOND, type Timer } from "../trace/world.ts";
import type { Ipv4 } from "../wire/address.ts";
import type { Ipv6 } from "../wire/address6.ts";
import type { Mac } from "../wire/mac.ts";
import type { NeighbourParms } from "./neighbour-parms.ts";
import { type NeighbourPort, type NeighbourState, type PacketOf, truesize, type Waiting } from "./neighbour-port.ts";
import type { Entry } from "./neighbour-table.ts";

export type { NeighbourPort, NeighbourState };

/** The queue of all for whom nothing waits. */
const NOBODY: never[] = [];

export class Neighbour<Address extends Ipv4 | Ipv6 = Ipv4> implements Entry {
  readonly address: Address;
  mac: Mac | null = null;
  /** It said of itself that it is a router (NTF_ROUTER): only IPv6's neighbours say so. */
  isRouter = false;
  state: NeighbourState | null = null;
  /** Virtual times: last proof that the MAC is right, last use, last change. */
  confirmed: number;
  used: number;
  updated: number;
  /** Where in the order of questions it is: to the MAC itself, to programs, to everybody (struct neighbour, probes). */
  probes = 0;
  private queue: Waiting<Address>[] = NOBODY;
  private queued = 0;
  private timer: Timer | null = null;
  private readonly port: NeighbourPort<Address>;

  /** `exempt` from being collected: it is made to stay. */
  constructor(address: Address, port: NeighbourPort<Address>, exempt = false) {
    this.address = address;
    this.port = port;
    const { now } = port.world;
    this.used = now;
    this.updated = now;
    this.confirmed = now - 2 * port.parms.reachable;
    port.table?.add(this, exempt);
  }

  get parms(): NeighbourParms {
    return this.port.parms;
  }
  get isInUse(): boolean {
    return this.timer !== null || this.queue.length > 0;
  }

  /** Whole seconds since each. */
  ages(): { readonly used: number; readonly confirmed: number; readonly updated: number } {
    const { now } = this.port.world;
    const since = (time: number) => Math.floor((now - time) / SECOND);
    return { used: since(this.used), confirmed: since(this.confirmed), updated: since(this.updated) };
  }

  /** The table has no room for it any more. */
  forget(because: string): void {
    this.port.changed(this, this.state, `${because}: it is forgotten`, -1);
    this.remove();
    this.port.forget(this);
  }

  /** Whether a packet can go to `mac` at once. */
  get isValid(): boolean {
    return this.mac !== null && this.state !== "INCOMPLETE" && this.state !== "FAILED";
  }

  /**
   * A packet for this neighbour (neigh_event_send), by this route. True: send it to `mac` now. False: it waits here for
   * the answer.
   */
  use(packet: PacketOf<Address>, cause: number, route: object | null = null): boolean {
    // While the MAC is proved it is copied from a cache, and nobody notes the use (neigh_output).
    if (this.state === "REACHABLE" || this.state === "PERMANENT") return true;
    this.used = this.port.world.now;
    if (this.state === "DELAY" || this.state === "PROBE") return true;
    if (this.state === "STALE") {
      this.become("DELAY", "a STALE entry is used: its MAC is still tried, and proved within 5 s", cause);
      this.arm(this.parms.delayFirstProbe, true);
      return true;
    }
    this.resolve(cause, { packet, cause, route });
    return false;
  }

  /** Its MAC is asked for, if nobody asks already; a packet may wait for it. */
  resolve(cause: number, waiting: Waiting<Address> | null = null): void {
    if (this.state === "INCOMPLETE") {
      if (waiting !== null) this.wait(waiting);
      return;
    }
    const { unicast, app, multicast } = this.parms.solicits;
    if (app + multicast === 0) {
      this.become("FAILED", "mcast_solicit is 0: nobody is asked", cause);
      return;
    }
    // There is no MAC to be asked itself.
    this.probes = unicast;
    const step = this.become("INCOMPLETE", `nobody has said yet which MAC has ${this.address}`, cause);
    if (waiting !== null) this.wait({ packet: waiting.packet, cause: step, route: waiting.route });
    this.ask(step);
    this.arm(this.parms.retransmit, false);
  }

  /**
   * Somebody said which MAC has this address (neigh_update). `override` lets a new MAC replace a known one;
   * `solicited` means it answered our own question, so it is proof. With `doubts` a MAC that must not replace the known
   * one makes that one doubtful (NEIGH_UPDATE_F_WEAK_OVERRIDE).
   */
  update(mac: Mac, solicited: boolean, override: boolean, because: string, cause: number, doubts = false): void {
    if (this.state === "PERMANENT") return;
    const { world } = this.port;
    if (solicited) this.confirmed = world.now;
    if (this.isValid && mac !== this.mac && !override) {
      if (!doubts || this.state !== "REACHABLE") return;
      this.disarm();
      this.become("STALE", `${mac} was named too, but must not replace ${this.mac}`, cause);
      return;
    }
    const isNews = mac !== this.mac;
    const before = this.state;
    this.mac = mac;
    // What changes nothing does not count as news: the next answer may come at once (__neigh_update).
    if (isNews) this.updated = world.now;
    const wasValid = this.state !== null && this.state !== "INCOMPLETE" && this.state !== "FAILED";
    let step = cause;
    if (solicited) step = this.reachable(because, cause);
    else if (!wasValid || isNews) {
      step = this.become("STALE", because, cause);
      this.disarm();
    }
    if (isNews && this.state === before) this.port.notify?.(this, false);
    if (!wasValid) this.flush(step);
  }

  /** The source of the packet that came last: the question is asked in its name (neigh_probe). */
  lastSource(): Address | null {
    return (this.queue.at(-1)?.packet.src as Address | undefined) ?? null;
  }

  /** Whether such a packet still waits for the MAC. */
  hasWaiting(is: (packet: PacketOf<Address>) => boolean): boolean {
    return this.queue.some(({ packet }) => is(packet));
  }

  /** An upper layer knows that packets get through (MSG_CONFIRM, a TCP acknowledgement). */
  confirm(): void {
    this.confirmed = this.port.world.now;
  }

  /** `ip neigh add|replace`. */
  set(mac: Mac, state: "PERMANENT" | "REACHABLE" | "STALE", cause: number): void {
    const isMoved = this.state === state && this.mac !== mac;
    this.mac = mac;
    this.updated = this.port.world.now;
    if (isMoved) this.port.notify?.(this, false);
    if (state === "PERMANENT") this.confirmed = this.updated;
    if (state === "REACHABLE") this.reachable("set by hand", cause);
    else {
      this.disarm();
      this.become(state, "set by hand", cause);
    }
    this.flush(cause);
  }

  /** Puts the entry into a state it had before, as when a lab is read from data; what waited is not there any more. */
  restore(mac: Mac | null, state: NeighbourState): void {
    this.mac = mac;
    this.state = state;
    if (state === "REACHABLE") this.reachable("read from data", -1);
    else if (state === "DELAY") this.arm(this.parms.delayFirstProbe, true);
    else if (state === "PROBE" || state === "INCOMPLETE") this.arm(this.parms.retransmit, state === "PROBE");
  }

  /** Somebody deletes the entry: who waits for an answer is told that none will come (neigh_delete). */
  delete(): void {
    if (this.state === "INCOMPLETE") this.invalidate("the entry is deleted");
    else if (this.isValid) {
      this.state = "FAILED";
      this.port.notify?.(this, false);
    }
    this.remove();
  }

  /** The entry goes away: its timer stops, what waits is lost. */
  remove(): void {
    this.disarm();
    this.queue = NOBODY;
    this.queued = 0;
    this.port.table?.delete(this);
    if (this.state !== null) this.port.notify?.(this, true);
    this.state = null;
  }

  private reachable(because: string, cause: number): number {
    this.confirmed = this.port.world.now;
    const step = this.become("REACHABLE", because, cause);
    this.arm(this.parms.reachableTime, true);
    return step;
  }

  private wait(waiting: Waiting<Address>): void {
    const size = truesize(waiting.packet);
    // unres_qlen_bytes: the oldest go (__neigh_event_send).
    while (this.queued + size > this.parms.queueOctets) {
      const lost = this.queue.shift();
      if (lost === undefined) break;
      this.queued -= truesize(lost.packet);
      if (this.port.table !== null) this.port.table.stats.unresolvedDiscards++;
    }
    if (this.queue.length === 0) this.queue = [waiting];
    else this.queue.push(waiting);
    this.queued += size;
  }

  private flush(cause: number): void {
    const waiting = this.queue;
    this.queue = NOBODY;
    this.queued = 0;
    for (const { packet, route } of waiting) {
      this.use(packet, cause);
      this.port.send(this, { packet, cause, route });
    }
  }

  /** First the MAC itself, while one is believed; then programs, of which there are none; then everybody (arp_solicit). */
  private ask(cause: number): void {
    const { unicast, app } = this.parms.solicits;
    const number = this.probes++;
    if (number < unicast) this.port.solicit(this, true, cause);
    else if (number >= unicast + app) this.port.solicit(this, false, cause);
  }

  /** neigh_max_probes. */
  private get most(): number {
    const { unicast, app, again, multicast } = this.parms.solicits;
    return unicast + app + (this.state === "PROBE" ? again : multicast);
  }

  private timeout(): void {
    this.timer = null;
    const { now } = this.port.world;
    const none = -1;
    if (this.state === "REACHABLE") {
      if (now < this.confirmed + this.parms.reachableTime)
        this.arm(this.confirmed + this.parms.reachableTime - now, true);
      else if (now <= this.used + this.parms.delayFirstProbe) {
        this.become("DELAY", "not proved for a while, but used just now", none);
        this.arm(this.parms.delayFirstProbe, true);
      } else this.become("STALE", "not proved for a while, and not used", none);
    } else if (this.state === "DELAY") {
      if (now <= this.confirmed + this.parms.delayFirstProbe) this.reachable("an upper layer got an answer", none);
      else {
        this.probes = 0;
        const step = this.become("PROBE", "5 s without proof: ask the MAC itself", none);
        this.ask(step);
        this.arm(this.parms.retransmit, true);
      }
    } else if (this.state === "PROBE" || this.state === "INCOMPLETE") {
      const isProbe = this.state === "PROBE";
      if (this.probes >= this.most) return this.fail();
      this.ask(this.queue[0]?.cause ?? none);
      this.arm(this.parms.retransmit, isProbe);
    }
  }

  private fail(): void {
    const asked = this.state === "PROBE" ? this.most : this.most - this.parms.solicits.unicast;
    this.invalidate(`${asked} requests, a second apart, and nobody answered`);
  }

  /**
   * Who waits is told, one after the other (neigh_invalidate). Should what one is told need this very neighbour, it is
   * asked for anew: then that, and all that waits behind, is lost without a word.
   */
  private invalidate(because: string): void {
    const cause = this.queue[0]?.cause ?? -1;
    const step = this.become("FAILED", because, cause);
    this.mac = null;
    let isTold = true;
    for (let waiting = this.queue.shift(); waiting !== undefined; waiting = this.queue.shift()) {
      this.port.unreachable(this, { ...waiting, cause: step }, isTold);
      isTold &&= this.state === "FAILED";
    }
    this.queued = 0;
  }

  private become(state: NeighbourState, because: string, cause: number): number {
    const from = this.state;
    this.state = state;
    if (from !== state) this.updated = this.port.world.now;
    if (from === "PERMANENT" || state === "PERMANENT") this.port.table?.changed(this);
    return from === state ? cause : this.port.changed(this, from, because, cause);
  }

  private arm(delay: number, background: boolean): void {
    this.disarm();
    this.timer = this.port.world.later(delay, () => this.timeout(), background);
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = null;
  }
}
