// BIRD on a node: a session of BGP over TCP with every other node (the mesh), what is heard there, and what is told.
// Before you edit: RFC 4271 §8 (states), §6 (errors); github.com/projectcalico/bird proto/bgp/{bgp,packets}.c, calico
// confd (bird.cfg: AS 64512, "passive on" where the other end has the higher address, connect retry time 5).
import type { Lab } from "../../../lab/lab.ts";
import type { Program } from "../../../lab/process.ts";
import { type Asking, connected, listen } from "../../../lab/programs.ts";
import type { Netns } from "../../../netns/netns.ts";
import { TcpSocket } from "../../../netns/tcp/tcp.ts";
import { SECOND, type Timer } from "../../../trace/world.ts";
import { type Ipv4, ipv4, prefix4 } from "../../../wire/address.ts";
import { type BgpMessage, bgpBytes, readBgp } from "./bgp-message.ts";

const PORT = 179;
const AS = 64512;
const HOLD_TIME = 240;
/** "connect delay time", before the first attempt, and "connect retry time". */
const DELAY = 2 * SECOND;
const RETRY = 5 * SECOND;
/** All speakers try again together, at times that divide by this: BIRD's timers are jittered, and a lab would never be quiet. */
const ROUND = 2 * RETRY;
/** Codes of NOTIFICATION: who was silent too long, and who ends a session or wants a second one. */
const HOLD_EXPIRED = { code: 4, subcode: 0 };
const DECONFIGURED = { code: 6, subcode: 3 };
const REJECTED = { code: 6, subcode: 5 };

export type SessionState = "Idle" | "Connect" | "OpenSent" | "OpenConfirm" | "Established";

/** A message of a session as a log would have it. KEEPALIVEs of a session that is established are left out. */
export interface Heard {
  readonly time: number;
  readonly peer: string;
  readonly direction: "sent" | "received";
  readonly message: BgpMessage;
}

/** The routes a speaker chose: `via` null when there is none any more. */
type RouteChanged = (prefix: string, via: Ipv4 | null) => void;

export class Speaker {
  readonly lab: Lab;
  readonly ns: Netns;
  readonly address: Ipv4;
  readonly log: Heard[] = [];
  readonly sessions = new Map<string, Session>();
  readonly own = new Set<string>();
  readonly changed: RouteChanged;
  private readonly listener: TcpSocket;
  private readonly process;

  /** Listens on the node's port 179 and waits to be told of peers. */
  constructor(lab: Lab, ns: Netns, address: string, changed: RouteChanged) {
    this.lab = lab;
    this.ns = ns;
    this.address = ipv4(address);
    this.changed = changed;
    const listener = listen(ns, { port: PORT, program: "bird" });
    if (typeof listener === "string") throw new Error(`bird: cannot listen on port ${PORT}: ${listener}`);
    this.listener = listener;
    this.process = lab.start("bird", { ns, out: () => {}, err: () => {} }, this.accept());
  }

  /** Another node is there. The one with the higher address connects. */
  addPeer(address: string): void {
    if (!this.sessions.has(address)) this.sessions.set(address, new Session(this, ipv4(address)));
  }

  removePeer(address: string): void {
    this.sessions.get(address)?.end();
    this.sessions.delete(address);
  }

  /** A block of the node is told to everybody. */
  announce(prefix: string): void {
    if (this.own.has(prefix)) return;
    this.own.add(prefix);
    for (const each of this.sessions.values()) each.tell([], [prefix]);
  }

  withdraw(prefix: string): void {
    if (!this.own.delete(prefix)) return;
    for (const each of this.sessions.values()) each.tell([prefix], []);
  }

  /** BIRD ends; the routes it made stay in the kernel ("persist"). */
  stop(): void {
    for (const each of this.sessions.values()) each.abandon();
    this.sessions.clear();
    this.process.kill(0);
  }

  private *accept(): Program {
    try {
      for (;;) {
        for (let next = this.listener.accept(); next !== null; next = this.listener.accept()) {
          const session = this.sessions.get(`${next.remote!.address}`);
          if (session === undefined) next.abort();
          else session.incoming(next);
        }
        yield { on: [this.listener] };
      }
    } finally {
      this.listener.close();
    }
  }
}

export class Session {
  readonly peer: Ipv4;
  state: SessionState = "Idle";
  /** What the peer told of, by prefix. */
  readonly routes = new Map<string, Ipv4>();
  private readonly speaker: Speaker;
  private socket: TcpSocket | null = null;
  private readonly timers = new Map<"hold" | "keepalive" | "retry", Timer>();
  private isOver = false;

  constructor(speaker: Speaker, peer: Ipv4) {
    this.speaker = speaker;
    this.peer = peer;
    if (!this.isPassive) speaker.lab.later(DELAY, () => this.connect());
  }

  private get isPassive(): boolean {
    return `${this.peer}` > `${this.speaker.address}`;
  }

  /** The peer connected. A session that is there already is kept. */
  incoming(socket: TcpSocket): void {
    if (this.socket === null && this.isPassive) return this.run(this.converse(socket));
    socket.send(bgpBytes({ type: "notification", ...REJECTED }));
    socket.close();
  }

  tell(withdrawn: readonly string[], reachable: readonly string[]): void {
    if (this.state !== "Established" || withdrawn.length + reachable.length === 0) return;
    const nextHop = reachable.length > 0 ? this.speaker.address : null;
    this.send({ type: "update", withdrawn: withdrawn.map(prefix4), nextHop, reachable: reachable.map(prefix4) });
  }

  /** The peer is none any more. */
  end(): void {
    this.isOver = true;
    if (this.socket !== null && this.state !== "Connect") this.send({ type: "notification", ...DECONFIGURED });
    this.down("close");
  }

  /** The machine, or BIRD, is gone: nobody hears of it. */
  abandon(): void {
    this.isOver = true;
    this.cancelTimers();
    this.socket?.abort();
    this.socket = null;
  }

  private run(program: Program): void {
    const { lab, ns } = this.speaker;
    lab.start("bird", { ns, out: () => {}, err: () => {} }, program);
  }

  private connect(): void {
    if (!this.isOver) this.run(this.active());
  }

  private *active(): Program {
    const { ns, address, lab } = this.speaker;
    const socket = new TcpSocket(ns, "bird");
    socket.bind(address, 0);
    this.socket = socket;
    this.state = "Connect";
    const failed = yield* connected(socket, this.peer, PORT, lab.now + RETRY);
    if (this.isOver || this.socket !== socket) return 0;
    if (failed === null) return yield* this.converse(socket);
    this.down("abort");
    return 1;
  }

  private *converse(socket: TcpSocket): Asking<number> {
    this.socket = socket;
    this.state = "OpenSent";
    this.send({ type: "open", as: AS, holdTime: HOLD_TIME, id: this.speaker.address });
    let rest: Uint8Array = new Uint8Array();
    while (this.socket === socket) {
      const piece = socket.receive() ?? socket.takeError();
      if (piece === null) yield { on: [socket] };
      else if (typeof piece === "string" || piece.end) this.down("close");
      else {
        const read = readBgp(joined(rest, piece.data));
        if (read === null) this.down("abort");
        else for (const message of read.messages) this.hear(message);
        rest = read?.rest ?? rest;
      }
    }
    return 0;
  }

  private hear(message: BgpMessage): void {
    this.note("received", message);
    this.arm("hold", HOLD_TIME * SECOND, () => this.expired());
    switch (message.type) {
      case "open":
        this.state = "OpenConfirm";
        return this.send({ type: "keepalive" });
      case "keepalive":
        if (this.state === "OpenConfirm") this.established();
        return;
      case "notification":
        return this.down("close");
      case "update":
        for (const prefix of message.withdrawn.map(String))
          if (this.routes.delete(prefix)) this.speaker.changed(prefix, null);
        for (const prefix of message.reachable.map(String)) {
          this.routes.set(prefix, message.nextHop!);
          this.speaker.changed(prefix, message.nextHop);
        }
    }
  }

  private established(): void {
    this.state = "Established";
    this.keepAlive();
    this.tell([], [...this.speaker.own]);
  }

  private keepAlive(): void {
    this.arm("keepalive", (HOLD_TIME / 3) * SECOND, () => {
      this.send({ type: "keepalive" });
      this.keepAlive();
    });
  }

  private expired(): void {
    this.send({ type: "notification", ...HOLD_EXPIRED });
    this.down("abort");
  }

  private send(message: BgpMessage): void {
    this.note("sent", message);
    this.socket?.send(bgpBytes(message));
  }

  private note(direction: "sent" | "received", message: BgpMessage): void {
    if (message.type === "keepalive" && this.state === "Established") return;
    const { log, lab } = this.speaker;
    log.push({ time: lab.now, peer: `${this.peer}`, direction, message });
  }

  /** The session ends, and with it what was heard in it; the side that connects tries again. */
  private down(how: "close" | "abort"): void {
    const { socket } = this;
    this.socket = null;
    this.state = "Idle";
    this.cancelTimers();
    socket?.[how]();
    for (const prefix of this.routes.keys()) this.speaker.changed(prefix, null);
    this.routes.clear();
    const { now } = this.speaker.lab;
    const again = Math.ceil((now + RETRY) / ROUND) * ROUND;
    if (!this.isOver && !this.isPassive) this.arm("retry", again - now, () => this.connect());
  }

  /** Nobody waits for these: a lab is quiet while a session only keeps itself alive. */
  private arm(which: "hold" | "keepalive" | "retry", delay: number, action: () => void): void {
    this.timers.get(which)?.cancel();
    this.timers.set(which, this.speaker.lab.later(delay, action, true));
  }

  private cancelTimers(): void {
    for (const each of this.timers.values()) each.cancel();
    this.timers.clear();
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
