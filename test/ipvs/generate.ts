// Random histories of a virtual service. Times are chosen so that no timer is near its end when somebody looks: the
// kernel's fire up to an eighth late.

import type { Ending, Event, History, Server } from "../../lib/tools/ipvs-histories/history.ts";
import { Dice } from "../conform/dice.ts";

/** Those of a distribution's Linux 6.1. */
export const RECORDED = [
  "rr",
  "wrr",
  "lc",
  "wlc",
  "lblc",
  "lblcr",
  "dh",
  "sh",
  "sed",
  "nq",
  "fo",
  "ovf",
  "mh",
] as const;

const FLAGS: Readonly<Record<string, readonly string[]>> = {
  sh: ["", "sh-port", "sh-fallback", "sh-port,sh-fallback"],
  mh: ["", "mh-port", "mh-fallback", "mh-port,mh-fallback"],
};
/** Switches that change what becomes of connections. */
const SYSCTLS: readonly Readonly<Record<string, number>>[] = [
  { expire_nodest_conn: 1 },
  { conn_reuse_mode: 0 },
  { sloppy_tcp: 1 },
  { secure_tcp: 3 },
  { expire_quiescent_template: 1 },
  { conntrack: 1 },
  { expire_nodest_conn: 1, expire_quiescent_template: 1, secure_tcp: 3 },
];
const BY_DESTINATION = new Set(["dh", "lblc", "lblcr"]);
const ENDINGS: readonly Ending[] = ["fin", "fin", "fin", "sfin", "cfin", "rst", "srst"];
const WEIGHTS = [0, 1, 1, 1, 2, 2, 3, 4, 5, 6, 10];
const LARGE = [100, 1000, 4096, 65535, 70000, 1000000, 8388608, 16777215, 2147483646, 2147483647];
const CLIENTS = ["10.1.", "172.16.", "192.168.", "100.64.", "203.0.113."];
/** Seconds between two events: a hundred of them end before the shortest timer. */
const GAP = 0.05;
/** Seconds after which every connection has ended. */
const FOREVER = 1500;

/** The history of a seed. */
export function generate(seed: string, length = 100): History {
  return new Generator(seed, length).scenario();
}

class Generator {
  private readonly dice: Dice;
  private readonly name: string;
  private readonly length: number;
  private readonly servers = new Map<string, Server>();
  private gone: { readonly server: Server; readonly since: number }[] = [];
  private open: number[] = [];
  private readonly events: Event[] = [];
  private readonly hasLarge: boolean;
  private readonly hasThresholds: boolean;
  private now = 0;
  private nextPort = 2000;
  private shortWaits = 0;
  private longWaits = 0;

  constructor(seed: string, length: number) {
    this.name = seed;
    this.length = length;
    this.dice = new Dice(seed);
    this.hasLarge = this.dice.chance(0.15);
    this.hasThresholds = this.dice.chance(0.3);
  }

  scenario(): History {
    const { dice } = this;
    const scheduler = dice.of(RECORDED);
    const mode = dice.of(["masq", "masq", "masq", "route", "tunnel"] as const);
    const isUdp = dice.chance(0.1);
    const fwmark = dice.chance(BY_DESTINATION.has(scheduler) ? 0.8 : 0.08);
    const dests = Array.from({ length: dice.whole(1, 6) }, (_, i) => this.server(i + 1, mode === "masq"));
    for (const each of dests) this.servers.set(each.ip, each);
    for (let i = 0; i < this.length; i++) this.step(mode === "masq", isUdp, fwmark);
    const flags = dice.of(FLAGS[scheduler] ?? [""]);
    const persistent = dice.chance(0.12) && dice.of([100, 300]);
    const ops = isUdp && dice.chance(0.3);
    const sysctl = dice.chance(0.25) ? dice.of(SYSCTLS) : null;
    return {
      name: this.name,
      scheduler,
      ...(flags !== "" && { flags }),
      mode,
      ...(isUdp && { proto: "udp" as const }),
      ...(persistent && { persistent }),
      ...(ops && { ops }),
      ...(fwmark && { fwmark }),
      ...(sysctl && { sysctl }),
      dests,
      events: sysctl?.sloppy_tcp ? withoutLateClosing(this.events) : this.events,
    };
  }

  private server(number: number, hasPort: boolean): Server {
    const { dice } = this;
    const port = hasPort ? dice.of([80, 8080]) : 80;
    return { ip: `10.2.0.${number}`, port, weight: this.weight(), ...this.thresholds() };
  }

  private thresholds(): { readonly x?: number; readonly y?: number } {
    const { dice } = this;
    if (!this.hasThresholds) return {};
    const x = dice.chance(0.6) ? dice.whole(1, 6) : 0;
    return { x, y: dice.chance(0.5) ? 0 : dice.whole(0, x) };
  }

  private weight(): number {
    return this.dice.of(this.hasLarge && this.dice.chance(0.5) ? LARGE : WEIGHTS);
  }

  private put(event: Event): void {
    this.now = Math.round((this.now + GAP) * 1000) / 1000;
    this.events.push({ t: this.now, ...event });
  }

  private step(hasPort: boolean, isUdp: boolean, fwmark: boolean): void {
    const { dice } = this;
    const draw = dice.whole(0, 99);
    if (draw < 58 || (draw < 80 && isUdp)) return this.connect(isUdp, fwmark);
    if (draw < 82) return this.close();
    if (draw < 88) return this.edit();
    if (draw < 91) return this.add(hasPort);
    if (draw < 94) return this.delete();
    if (draw < 95) return this.swap();
    if (draw < 97) return this.wait();
    if (draw < 98) this.events.push({ t: Math.round((this.now + GAP / 2) * 1000) / 1000, op: "conns" });
    else this.put({ op: "snap" });
  }

  private connect(isUdp: boolean, fwmark: boolean): void {
    const { dice } = this;
    const vip = fwmark ? { vip: `10.9.100.${dice.whole(1, 12)}` } : {};
    const cport = this.nextPort++;
    if (!isUdp && dice.chance(0.08)) {
      this.put({ op: "syn", client: `10.66.${dice.whole(0, 3)}.${dice.whole(1, 200)}`, cport, ...vip });
      return;
    }
    const net = dice.of(CLIENTS);
    const client =
      net.split(".").length > 3 ? `${net}${dice.whole(1, 254)}` : `${net}${dice.whole(0, 2)}.${dice.whole(1, 40)}`;
    if (!isUdp) this.open.push(this.events.length);
    this.put({ op: "connect", client, cport, ...vip });
  }

  /** Not of a server that may be gone: its packets end, are sent again, and get through once it is back. */
  private close(): void {
    const lastDeleted = Math.max(...this.gone.map(({ since }) => since), 0);
    const closable = this.open.filter((event) => event > lastDeleted);
    if (closable.length === 0) return this.put({ op: "snap" });
    const conn = this.dice.of(closable);
    this.open = this.open.filter((event) => event !== conn);
    this.put({ op: "close", conn, how: this.dice.of(ENDINGS) });
  }

  private edit(): void {
    const { dice } = this;
    if (this.servers.size === 0) return this.put({ op: "snap" });
    const server = dice.of([...this.servers.values()]);
    const edited = { ...server, weight: this.weight(), ...(dice.chance(0.5) && this.thresholds()) };
    this.servers.set(edited.ip, edited);
    this.put({ op: "weight", ...edited });
  }

  private add(hasPort: boolean): void {
    const { dice } = this;
    const fresh = this.server(dice.whole(1, 8), hasPort);
    const isBack = this.gone.length > 0 && dice.chance(0.7);
    const { ip, port } = isBack ? dice.of(this.gone).server : fresh;
    const added = { ...fresh, ip, port };
    this.gone = this.gone.filter(({ server }) => server.ip !== ip || server.port !== port);
    this.servers.set(ip, this.servers.get(ip) ?? added);
    this.put({ op: "add", ...added });
  }

  private delete(): void {
    if (this.servers.size < 2) return this.put({ op: "snap" });
    const server = this.dice.of([...this.servers.values()]);
    this.servers.delete(server.ip);
    this.gone.push({ server, since: this.events.length });
    this.put({ op: "del", ip: server.ip, port: server.port });
  }

  private swap(): void {
    const scheduler = this.dice.of(RECORDED);
    const flags = this.dice.of(FLAGS[scheduler] ?? [""]);
    this.put({ op: "sched", scheduler, ...(flags !== "" && { flags }) });
  }

  /** Two waits in which only closed connections end, or one in which nearly all do, or one in which all do. */
  private wait(): void {
    const { dice } = this;
    const sec = this.shortWaits < 2 && dice.chance(0.6) ? 15 : this.longWaits < 3 && dice.chance(0.6) ? 200 : FOREVER;
    this.shortWaits = sec === 15 ? this.shortWaits + 1 : 0;
    this.longWaits = sec === 200 ? this.longWaits + 1 : sec === FOREVER ? 0 : this.longWaits;
    this.put({ op: "wait", sec });
    this.now = Math.round((this.now + sec) * 1000) / 1000;
  }
}

/**
 * With sloppy_tcp the end of a connection that IPVS has forgotten is for any server, or for none: then both ends send it
 * again, and in which order their timers run decides the state of a connection that a server added since takes.
 */
function withoutLateClosing(events: readonly Event[]): Event[] {
  let forgotten = 0;
  return events.map((event, i) => {
    if (event.op === "wait" && event.sec === FOREVER) forgotten = i;
    return event.op === "close" && event.conn < forgotten ? { t: event.t!, op: "snap" } : event;
  });
}
