// A history played on the engine alone: each connection's packets as a client, a server and their kernels send them,
// as far as a director sees them in its mode.
import type { Destination } from "../../lib/ipvs/destination.ts";
import { Ipvs, type Segment, type Watcher } from "../../lib/ipvs/ipvs.ts";
import { SCHEDULERS } from "../../lib/ipvs/schedulers/registry.ts";
import { SCHED_FLAGS, type Service, type ServiceKey, type ServiceSpec } from "../../lib/ipvs/service.ts";
import { SECOND } from "../../lib/trace/world.ts";
import { ip } from "../../lib/wire/address.ts";
import { PROTOCOL, TCP_FLAG } from "../../lib/wire/packet.ts";
import { Dice } from "../conform/dice.ts";
import type { Ending, Event, Outcome, Result, Row, Scenario, Server } from "./scenario.ts";

const VIP = "10.9.0.1";
const FORWARD = { masq: "Masq", route: "Route", tunnel: "Tunnel" } as const;
const { syn, ack, fin, rst } = TCP_FLAG;

/** Timers of a test: the earliest first, and of equals the one that was set first. */
class Clock {
  now = 0;
  private readonly timers: { at: number; action: () => void }[] = [];
  private readonly dice: Dice;

  constructor(seed: string) {
    this.dice = new Dice(seed);
  }
  random(): number {
    return this.dice.whole(0, 2 ** 30 - 1) / 2 ** 30;
  }
  later(delay: number, action: () => void): void {
    const at = this.now + delay;
    const place = this.timers.findIndex((each) => each.at > at);
    this.timers.splice(place === -1 ? this.timers.length : place, 0, { at, action });
  }
  /** Lets time pass. */
  advance(to: number): void {
    while (this.timers.length > 0 && this.timers[0]!.at <= to) {
      const { at, action } = this.timers.shift()!;
      this.now = at;
      action();
    }
    this.now = to;
  }
}

interface Open {
  readonly client: string;
  readonly cport: number;
  readonly vip: string;
  readonly server: Destination;
  readonly port: number;
}

export class Replay {
  readonly ipvs: Ipvs;
  private readonly scenario: Scenario;
  private readonly clock: Clock;
  private readonly key: ServiceKey;
  private readonly watcher: Watcher | null;
  private readonly open = new Map<number, Open>();
  private readonly said = new Map<string, Server>();

  constructor(scenario: Scenario, watcher: Watcher | null = null) {
    this.scenario = scenario;
    this.watcher = watcher;
    this.clock = new Clock(scenario.name);
    this.ipvs = new Ipvs(this.clock);
    const protocol = scenario.proto === "udp" ? PROTOCOL.udp : PROTOCOL.tcp;
    this.key = scenario.fwmark
      ? { kind: "fwmark", family: 4, mark: 1 }
      : { kind: "address", protocol, address: ip(VIP), port: 80 };
    for (const [name, value] of Object.entries(scenario.sysctl ?? {})) this.ipvs.settings[name as "conntrack"] = value;
    const { scheduler, flags = "", persistent, ops } = scenario;
    this.ipvs.services.add(this.key, {
      ...specOf(scheduler, flags),
      persistent: persistent ?? null,
      onePacket: ops ?? false,
    });
    for (const server of scenario.dests) this.add(server);
  }

  run(): Outcome {
    const { name, events } = this.scenario;
    const results = events.map((event, i) => this.play(event, i));
    return { name, results, final: this.table() };
  }

  get service(): Service {
    return this.ipvs.services.named(this.key)!;
  }

  private play(event: Event, i: number): Result {
    const { t = this.clock.now / SECOND + 0.1 } = event;
    this.clock.advance((t + (event.op === "wait" ? event.sec - 0.1 : 0)) * SECOND);
    switch (event.op) {
      case "connect":
      case "syn":
        return this.connect(event, i, event.op === "syn");
      case "close":
        this.close(event.conn, event.how);
        return null;
      case "add":
        return this.add(event) === null ? null : ["Destination already exists"];
      case "weight": {
        const spec = this.remember(event);
        return this.ipvs.services.editServer(this.key, spec) === null ? null : ["No such destination"];
      }
      case "del":
        return this.ipvs.services.deleteServer(this.key, ip(event.ip), event.port) === null
          ? null
          : ["No such destination"];
      case "sched":
        this.ipvs.services.edit(this.key, specOf(event.scheduler, event.flags ?? ""));
        return null;
      case "snap":
        return this.table();
      case "wait":
        return null;
      case "send":
        return this.client(this.open.get(event.conn)!, ack) ? "ok" : "lost";
    }
  }

  private add(server: Server) {
    this.said.delete(`${server.ip}:${server.port}`);
    return this.ipvs.services.addServer(this.key, this.remember(server));
  }

  /** What is not said of a server again stays as it was. */
  private remember(server: Server) {
    const name = `${server.ip}:${server.port}`;
    const { ip: address, port, weight, x = 0, y = 0 } = { ...this.said.get(name), ...server };
    this.said.set(name, { ...this.said.get(name), ...server });
    const tunnel = { tunnel: "ipip", tunnelPort: 0, tunnelChecksum: false } as const;
    return { address: ip(address), port, weight, method: this.scenario.mode, upper: x, lower: y, ...tunnel };
  }

  private connect(event: Extract<Event, { op: "connect" | "syn" }>, i: number, isHalf: boolean): Result {
    const { client, cport } = event;
    const vip = event.vip ?? (this.scenario.fwmark ? "10.9.100.1" : VIP);
    const isUdp = this.scenario.proto === "udp";
    const segment = this.segment(client, cport, vip, isUdp ? null : syn);
    const conn = this.ipvs.incoming(segment, this.watcher);
    if (conn === "drop") return "timeout";
    if (conn === "accept" || "key" in conn) return "refused";
    this.ipvs.received(conn, segment);
    const { dest, serverPort } = conn;
    this.ipvs.put(conn);
    const open = { client, cport, vip, server: dest, port: serverPort };
    // Where its packets come to: a mark with persistence keeps the client's port.
    const named = `${dest.address}:${this.scenario.mode === "masq" ? serverPort : dest.port}`;
    if (isUdp) {
      const reply = this.server(open, null);
      // A server that answers by itself answers from its own address, and the client does not know it.
      return `${named} reply=${reply ? "yes" : "no"}`;
    }
    this.server(open, syn | ack);
    if (isHalf) return `${dest.address}:${serverPort}`;
    this.client(open, ack);
    this.open.set(i, open);
    return named;
  }

  private close(conn: number, how: Ending): void {
    const open = this.open.get(conn);
    if (open === undefined) return;
    if (how === "rst") this.client(open, rst | ack);
    else if (how === "srst") this.server(open, rst | ack);
    else if (how === "cfin") {
      this.client(open, fin | ack);
      this.server(open, ack);
    } else {
      const [first, second] =
        how === "fin" ? ([this.client, this.server] as const) : ([this.server, this.client] as const);
      first.call(this, open, fin | ack);
      second.call(this, open, fin | ack);
      first.call(this, open, ack);
    }
  }

  private client({ client, cport, vip }: Open, flags: number): boolean {
    const segment = this.segment(client, cport, vip, flags);
    const conn = this.ipvs.incoming(segment, this.watcher);
    if (typeof conn === "string" || "key" in conn) return false;
    this.ipvs.received(conn, segment);
    this.ipvs.put(conn);
    return true;
  }

  /** Past the director unless it translates addresses. */
  private server({ client, cport, server, port }: Open, flags: number | null): boolean {
    if (this.scenario.mode !== "masq") return false;
    const { address } = server;
    const there = this.segment(client, cport, VIP, flags);
    const segment = { ...there, src: address, srcPort: port, dst: ip(client), dstPort: cport };
    const conn = this.ipvs.outgoing(segment);
    if (conn === null) return false;
    this.ipvs.answered(conn, segment);
    return true;
  }

  private segment(client: string, cport: number, vip: string, flags: number | null): Segment {
    return {
      protocol: flags === null ? PROTOCOL.udp : PROTOCOL.tcp,
      src: ip(client),
      srcPort: cport,
      dst: ip(vip),
      dstPort: 80,
      tcp: flags === null ? null : { flags },
      mark: this.scenario.fwmark ? 1 : 0,
      length: 40,
      isFromHere: false,
      isConfirmed: false,
    };
  }

  private table(): Row[] {
    return [...this.service.destinations()].map((dest) => {
      const { address, port, method, weight, active, inactive } = dest;
      return [`${address}:${port}`, FORWARD[method], weight, active, inactive];
    });
  }
}

function specOf(scheduler: string, flags: string): ServiceSpec {
  const found = SCHEDULERS.get(scheduler)!;
  const bits = flags.split(",").map((flag) => SCHED_FLAGS[found.flags.indexOf(flag)] ?? 0);
  const set = bits.reduce<number>((all, bit) => all | bit, 0);
  return { scheduler: found, flags: set, persistent: null, netmask: 32, onePacket: false };
}
