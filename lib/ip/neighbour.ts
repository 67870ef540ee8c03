// Which MAC has the next hop? The states of a neighbour entry and the timers between them: one machinery for ARP and for
// IPv6's neighbour discovery, which differ in how they ask (NeighbourPort).
// Before you edit: RFC 4861 §7.3.2 (the states' names), net/core/neighbour.c (neigh_event_send, neigh_timer_handler,
// __neigh_update), net/ipv4/arp.c (arp_solicit), net/ipv6/ndisc.c (ndisc_solicit). Default times: include/net/neighbour.h,
// arp_tbl in arp.c and nd_tbl in ndisc.c.
import { SECOND, type Timer, type World } from "../trace/world.ts";
import type { Ipv4 } from "../wire/address.ts";
import type { Ipv6 } from "../wire/address6.ts";
import type { Mac } from "../wire/mac.ts";
import type { Ipv4Packet, Ipv6Packet } from "../wire/packet.ts";

export type NeighbourState = "INCOMPLETE" | "REACHABLE" | "STALE" | "DELAY" | "PROBE" | "FAILED" | "PERMANENT";

export const NEIGHBOUR_TIMES = {
  /** Between two requests for the same address. */
  retransmit: 1 * SECOND,
  /** A base; every device draws its own from half to one and a half of it. */
  reachable: 30 * SECOND,
  /** How long a STALE entry is used before it is asked again. */
  delayFirstProbe: 5 * SECOND,
  /** An answer that comes sooner than this after the last one does not overwrite it (proxies race). */
  lock: 1 * SECOND,
} as const;

/** mcast_solicit and ucast_solicit. */
const BROADCASTS = 3;
const UNICASTS = 3;
/** unres_qlen_bytes of 212992 holds this many small packets (one counts 2304 bytes with its overhead). */
const QUEUE_PACKETS = 92;

/** What waits for an address of a family. */
type PacketOf<Address> = Address extends Ipv6 ? Ipv6Packet : Ipv4Packet;

/** A packet that waits for its next hop's MAC, with the step that led here. */
export interface Waiting<Address extends Ipv4 | Ipv6 = Ipv4> {
  readonly packet: PacketOf<Address>;
  readonly cause: number;
}

/** What a neighbour entry asks of its namespace. */
export interface NeighbourPort<Address extends Ipv4 | Ipv6 = Ipv4> {
  readonly world: World;
  /** reachable_time of the device in nanoseconds. */
  readonly reachableTime: number;
  /** Asks: everybody, or the MAC the entry has. */
  solicit(neighbour: Neighbour<Address>, unicast: boolean, cause: number): void;
  /** The MAC is known: these go out now. */
  send(neighbour: Neighbour<Address>, waiting: Waiting<Address>): void;
  /** Nobody answered: these will never go out. */
  unreachable(neighbour: Neighbour<Address>, waiting: readonly Waiting<Address>[]): void;
  /** The state changed, for the trace. Returns the step to be the cause of what follows. */
  changed(neighbour: Neighbour<Address>, from: NeighbourState | null, because: string, cause: number): number;
}

export class Neighbour<Address extends Ipv4 | Ipv6 = Ipv4> {
  readonly address: Address;
  mac: Mac | null = null;
  /** It said of itself that it is a router (NTF_ROUTER): only IPv6's neighbours say so. */
  isRouter = false;
  state: NeighbourState | null = null;
  /** Virtual times: last proof that the MAC is right, last use, last change. */
  confirmed = Number.NEGATIVE_INFINITY;
  used = Number.NEGATIVE_INFINITY;
  updated = Number.NEGATIVE_INFINITY;
  private probes = 0;
  private queue: Waiting<Address>[] = [];
  private timer: Timer | null = null;
  private readonly port: NeighbourPort<Address>;

  constructor(address: Address, port: NeighbourPort<Address>) {
    this.address = address;
    this.port = port;
  }

  /** Whether a packet can go to `mac` at once. */
  get isValid(): boolean {
    return this.mac !== null && this.state !== "INCOMPLETE" && this.state !== "FAILED";
  }

  /**
   * A packet for this neighbour (neigh_event_send). True: send it to `mac` now. False: it waits here for the answer.
   */
  use(packet: PacketOf<Address>, cause: number): boolean {
    // While the MAC is proved it is copied from a cache, and nobody notes the use (neigh_output).
    if (this.state === "REACHABLE" || this.state === "PERMANENT") return true;
    this.used = this.port.world.now;
    if (this.state === "DELAY" || this.state === "PROBE") return true;
    if (this.state === "STALE") {
      this.become("DELAY", "a STALE entry is used: its MAC is still tried, and proved within 5 s", cause);
      this.arm(NEIGHBOUR_TIMES.delayFirstProbe, true);
      return true;
    }
    this.resolve(cause, packet);
    return false;
  }

  /** Its MAC is asked for, if nobody asks already; a packet may wait for it. */
  resolve(cause: number, packet: PacketOf<Address> | null = null): void {
    if (this.state === "INCOMPLETE") {
      if (packet !== null) this.wait(packet, cause);
      return;
    }
    this.probes = 0;
    const step = this.become("INCOMPLETE", `nobody has said yet which MAC has ${this.address}`, cause);
    if (packet !== null) this.wait(packet, step);
    this.ask(false, step);
    this.arm(NEIGHBOUR_TIMES.retransmit, false);
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

  /** Somebody else asks for it once: until an answer comes or not, it is not FAILED (__neigh_set_probe_once). */
  probeOnce(): void {
    this.updated = this.port.world.now;
    if (this.state !== "FAILED") return;
    this.probes = BROADCASTS;
    this.become("INCOMPLETE", "a route by it is looked at, so it is asked once more", -1);
    this.arm(NEIGHBOUR_TIMES.retransmit, true);
  }

  /** An upper layer knows that packets get through (MSG_CONFIRM, a TCP acknowledgement). */
  confirm(): void {
    this.confirmed = this.port.world.now;
  }

  /** `ip neigh add|replace`. */
  set(mac: Mac, state: "PERMANENT" | "REACHABLE" | "STALE", cause: number): void {
    this.mac = mac;
    this.updated = this.port.world.now;
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
    else if (state === "DELAY") this.arm(NEIGHBOUR_TIMES.delayFirstProbe, true);
    else if (state === "PROBE" || state === "INCOMPLETE") this.arm(NEIGHBOUR_TIMES.retransmit, state === "PROBE");
  }

  /** The entry goes away: its timer stops, what waits is lost. */
  remove(): void {
    this.disarm();
    this.queue = [];
    this.state = null;
  }

  private reachable(because: string, cause: number): number {
    this.confirmed = this.port.world.now;
    const step = this.become("REACHABLE", because, cause);
    this.arm(this.port.reachableTime, true);
    return step;
  }

  private wait(packet: PacketOf<Address>, cause: number): void {
    if (this.queue.length >= QUEUE_PACKETS) this.queue.shift();
    this.queue.push({ packet, cause });
  }

  private flush(cause: number): void {
    const waiting = this.queue;
    this.queue = [];
    for (const { packet } of waiting) {
      this.use(packet, cause);
      this.port.send(this, { packet, cause });
    }
  }

  private ask(unicast: boolean, cause: number): void {
    this.probes++;
    this.port.solicit(this, unicast, cause);
  }

  private timeout(): void {
    this.timer = null;
    const { now } = this.port.world;
    const none = -1;
    if (this.state === "REACHABLE") {
      if (now < this.confirmed + this.port.reachableTime)
        this.arm(this.confirmed + this.port.reachableTime - now, true);
      else if (now <= this.used + NEIGHBOUR_TIMES.delayFirstProbe) {
        this.become("DELAY", "not proved for a while, but used just now", none);
        this.arm(NEIGHBOUR_TIMES.delayFirstProbe, true);
      } else this.become("STALE", "not proved for a while, and not used", none);
    } else if (this.state === "DELAY") {
      if (now <= this.confirmed + NEIGHBOUR_TIMES.delayFirstProbe) this.reachable("an upper layer got an answer", none);
      else {
        this.probes = 0;
        const step = this.become("PROBE", "5 s without proof: ask the MAC itself", none);
        this.ask(true, step);
        this.arm(NEIGHBOUR_TIMES.retransmit, true);
      }
    } else if (this.state === "PROBE" || this.state === "INCOMPLETE") {
      const isProbe = this.state === "PROBE";
      if (this.probes >= (isProbe ? UNICASTS : BROADCASTS)) return this.fail();
      this.ask(isProbe, this.queue[0]?.cause ?? none);
      this.arm(NEIGHBOUR_TIMES.retransmit, isProbe);
    }
  }

  private fail(): void {
    const asked = this.state === "PROBE" ? UNICASTS : BROADCASTS;
    const cause = this.queue[0]?.cause ?? -1;
    const step = this.become("FAILED", `${asked} requests, a second apart, and nobody answered`, cause);
    this.mac = null;
    const waiting = this.queue.map(({ packet }) => ({ packet, cause: step }));
    this.queue = [];
    this.port.unreachable(this, waiting);
  }

  private become(state: NeighbourState, because: string, cause: number): number {
    const from = this.state;
    this.state = state;
    if (from !== state) this.updated = this.port.world.now;
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
