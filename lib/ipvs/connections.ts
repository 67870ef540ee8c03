// The life of connections: begin, change state, end; what their servers count.
// Before you edit: net/netfilter/ipvs/ip_vs_conn.c (ip_vs_conn_new, ip_vs_conn_expire, ip_vs_conn_put,
// ip_vs_check_template, ip_vs_random_dropentry), ip_vs_proto_tcp.c (set_tcp_state), ip_vs_proto_sctp.c (set_sctp_state),
// ip_vs_proto_udp.c (udp_state_transition).
import { SECOND } from "../trace/world.ts";
import { PROTOCOL } from "../wire/packet.ts";
import { ConnTable } from "./conn-table.ts";
import { Conn, type ConnKey, INVALID_PORT } from "./connection.ts";
import type { Defense } from "./defense.ts";
import type { Destination } from "./destination.ts";
import type { Segment } from "./ipvs.ts";
import type { Net } from "./net.ts";
import { decidingChunk, nextSctpState, SCTP_STATE, SCTP_TIMEOUTS } from "./sctp-states.ts";
import type { Settings } from "./settings.ts";
import { DIRECTION, type Direction, isActive, nextTcpState, TCP_STATE, TCP_TIMEOUTS } from "./tcp-states.ts";
import { type Timed, Timers } from "./timers.ts";

/** Seconds that who still controls others lives on, each time it should end. */
const EXTENSION = 60;
/** Who was idle for less, or had more packets, is not dropped by drop_entry. */
const LEAST_IDLE = 60 * SECOND;
const MOST_PACKETS = 8;

/** Seconds that `ipvsadm --set` changes. */
export interface Timeouts {
  tcp: number;
  tcpFin: number;
  udp: number;
}

export class Connections {
  readonly table = new ConnTable();
  readonly timeouts: Timeouts = { tcp: 900, tcpFin: 120, udp: 300 };
  private readonly net: Net;
  private readonly settings: Settings;
  private readonly defense: Defense;
  private readonly timers: Timers;
  private nextId = 1;
  /** How many are spared until one is dropped, by the number of their packets. */
  private readonly spared: number[] = new Array(MOST_PACKETS + 1).fill(0);
  /** Connection tracking shall forget one too. */
  onGone: ((conn: Conn) => void) | null = null;
  /** Other directors shall hear that one lives on. */
  onExtended: ((conn: Conn) => void) | null = null;

  constructor(net: Net, settings: Settings, defense: Defense) {
    this.net = net;
    this.settings = settings;
    this.defense = defense;
    this.timers = new Timers(net, (timed: Timed) => this.expire(timed as Conn));
  }

  /** A connection, or a template, bound to a server. */
  begin(key: ConnKey, dest: Destination, serverPort: number, kind: "template" | "one packet" | "plain"): Conn {
    const conn = new Conn(key, dest, serverPort, kind, this.nextId++);
    if (conn.isTemplate) {
      dest.references++;
      dest.persistent++;
    } else dest.bind(false);
    conn.isTracked = this.settings.conntrack !== 0;
    if (!conn.isOnePacket) this.table.add(conn);
    return conn;
  }

  /** Starts its timer anew, once its packet was dealt with. */
  put(conn: Conn): void {
    if (conn.isOnePacket) this.expire(conn);
    else this.timers.start(conn, conn.timeout * SECOND);
  }

  /** A packet changes its state. */
  advance(conn: Conn, direction: Direction, { tcp, sctp }: Pick<Segment, "tcp" | "sctp">): void {
    const chunk = sctp === null ? null : decidingChunk(sctp);
    if (tcp === null && chunk === null) {
      if (sctp !== null) return;
      conn.timeout = this.timeouts.udp;
      if (direction === DIRECTION.output) assure(conn);
      return;
    }
    if (direction === DIRECTION.output) conn.isOneWay = false;
    const seen = conn.isOneWay ? DIRECTION.inputOnly : direction;
    if (tcp !== null) {
      const state = nextTcpState(conn.state, seen, tcp, this.defense.isStrict);
      this.enter(conn, state, isActive(state), state === TCP_STATE.established);
      conn.timeout = this.timeoutOf(state);
    } else {
      const state = nextSctpState(conn.state, seen, chunk!);
      const isEstablished = state === SCTP_STATE.established;
      this.enter(conn, state, isEstablished, isEstablished);
      conn.timeout = SCTP_TIMEOUTS[state]!;
    }
  }

  private enter(conn: Conn, state: number, counts: boolean, isEstablished: boolean): void {
    if (state === conn.state) return;
    if (counts !== conn.isActive) {
      conn.dest.count(counts);
      conn.isActive = counts;
    }
    if (isEstablished) assure(conn);
    conn.state = state;
  }

  private timeoutOf(state: number): number {
    if (state === TCP_STATE.established) return this.timeouts.tcp;
    if (state === TCP_STATE.finWait) return this.timeouts.tcpFin;
    return TCP_TIMEOUTS[state]!;
  }

  /** A connection belongs to a template. */
  control(conn: Conn, template: Conn): void {
    conn.control = template;
    template.controlled++;
  }

  /** Whether a template's server may still be used; if not, it is never found again. */
  checkTemplate(template: Conn): boolean {
    const { dest } = template;
    const isQuiescent = this.settings.expire_quiescent_template !== 0 && dest.weight === 0;
    if (dest.isAvailable && !isQuiescent) return true;
    if (template.virtualPort !== INVALID_PORT) {
      this.table.delete(template);
      template.virtualPort = INVALID_PORT;
      template.serverPort = INVALID_PORT;
      this.table.add(template);
    }
    return false;
  }

  /** As soon as its packet is dealt with. */
  expireSoon(conn: Conn): void {
    this.timers.start(conn, 0);
  }

  /** Its time is up. Who controls others waits for them. */
  private expire(conn: Conn): void {
    if (conn.controlled > 0) {
      conn.timeout = EXTENSION;
      this.onExtended?.(conn);
      this.timers.start(conn, EXTENSION * SECOND);
      return;
    }
    if (conn.isHashed) this.table.delete(conn);
    const { control, dest } = conn;
    if (control !== null) {
      conn.control = null;
      control.controlled--;
      // Without a time of its own it was taken away, and a template that never led to an answer goes with it.
      if (conn.timeout === 0 && control.controlled === 0 && !(control.isTemplate && control.isAssured))
        this.remove(control);
    }
    if (conn.isTracked && !conn.isOnePacket) this.onGone?.(conn);
    if (conn.isTemplate) {
      dest.persistent--;
      dest.references--;
    } else dest.unbind(conn.isActive);
  }

  private remove(conn: Conn): void {
    this.timers.stop(conn);
    if (conn.control !== null) conn.timeout = 0;
    this.expire(conn);
  }

  /** Takes away the connections of servers that are gone (ip_vs_expire_nodest_conn_flush). */
  removeHomeless(): void {
    for (const conn of this.table.list()) {
      const { control } = conn;
      if (!conn.isHashed || conn.dest.isAvailable || conn.controlled > 0) continue;
      this.remove(conn);
      if (control?.isHashed && control.controlled === 0) this.remove(control);
    }
  }

  /** A part of the table is looked through, and who hardly lives is dropped (ip_vs_random_dropentry). */
  dropAtRandom(): void {
    for (const conn of this.table.sample(() => this.net.random()))
      if (conn.isHashed && conn.controlled === 0 && this.mayDrop(conn)) this.remove(conn);
  }

  private mayDrop(conn: Conn): boolean {
    if (conn.isTemplate) return conn.dest.service.onePacket ? this.isIdle(conn) : !conn.isAssured;
    if (conn.protocol === PROTOCOL.udp) return this.isIdle(conn);
    const [begins, established] = conn.protocol === PROTOCOL.tcp ? TCP_DROPPED : SCTP_DROPPED;
    return begins.includes(conn.state) || (conn.state === established && this.isIdle(conn));
  }

  /** Quiet for a while and with few packets: of those with n packets each nth (todrop_entry). */
  private isIdle({ expires, timeout, packets }: Conn): boolean {
    const idle = this.net.now + timeout * SECOND - expires;
    if (idle < LEAST_IDLE || packets === 0 || packets > MOST_PACKETS) return false;
    if (--this.spared[packets]! > 0) return false;
    this.spared[packets] = packets;
    return true;
  }
}

/** States that are dropped whenever they are met, and the one that is dropped where nothing happens in it. */
const TCP_DROPPED = [[TCP_STATE.synRecv, TCP_STATE.synAck] as readonly number[], TCP_STATE.established] as const;
const SCTP_DROPPED = [[SCTP_STATE.init1, SCTP_STATE.init] as readonly number[], SCTP_STATE.established] as const;

/** A connection of a template was answered (ip_vs_control_assure_ct). */
function assure({ control }: Conn): void {
  if (control?.isTemplate) control.isAssured = true;
}
