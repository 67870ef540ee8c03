// The life of connections: begin, change state, end; what their servers count.
// Before you edit: net/netfilter/ipvs/ip_vs_conn.c (ip_vs_conn_new, ip_vs_conn_expire, ip_vs_conn_put,
// ip_vs_check_template), ip_vs_proto_tcp.c (set_tcp_state), ip_vs_proto_udp.c (udp_state_transition).
import { SECOND } from "../trace/world.ts";
import { PROTOCOL, type Tcp } from "../wire/packet.ts";
import { ConnTable } from "./conn-table.ts";
import { Conn, type ConnKey, INVALID_PORT } from "./connection.ts";
import type { Destination } from "./destination.ts";
import type { Net } from "./net.ts";
import type { Settings } from "./settings.ts";
import { DIRECTION, type Direction, isActive, nextTcpState, TCP_STATE, TCP_TIMEOUTS } from "./tcp-states.ts";
import { type Timed, Timers } from "./timers.ts";

/** Seconds that who still controls others lives on, each time it should end. */
const EXTENSION = 60;

/** Seconds that `ipvsadm --set` changes. */
export interface Timeouts {
  tcp: number;
  tcpFin: number;
  udp: number;
}

export class Connections {
  readonly table = new ConnTable();
  readonly timeouts: Timeouts = { tcp: 900, tcpFin: 120, udp: 300 };
  private readonly settings: Settings;
  private readonly timers: Timers;
  private nextId = 1;
  /** Connection tracking shall forget one too. */
  onGone: ((conn: Conn) => void) | null = null;

  constructor(net: Net, settings: Settings) {
    this.settings = settings;
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
  advance(conn: Conn, direction: Direction, tcp: Pick<Tcp, "flags"> | null): void {
    if (conn.protocol === PROTOCOL.tcp && tcp !== null) this.advanceTcp(conn, direction, tcp);
    else {
      conn.timeout = this.timeouts.udp;
      if (direction === DIRECTION.output) assure(conn);
    }
  }

  private advanceTcp(conn: Conn, direction: Direction, tcp: Pick<Tcp, "flags">): void {
    if (direction === DIRECTION.output) conn.isOneWay = false;
    const state = nextTcpState(conn.state, conn.isOneWay ? DIRECTION.inputOnly : direction, tcp);
    if (state !== conn.state) {
      const counts = isActive(state);
      if (counts !== conn.isActive) {
        conn.dest.count(counts);
        conn.isActive = counts;
      }
      if (state === TCP_STATE.established) assure(conn);
      conn.state = state;
    }
    conn.timeout = this.timeoutOf(state);
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
}

/** A connection of a template was answered (ip_vs_control_assure_ct). */
function assure({ control }: Conn): void {
  if (control?.isTemplate) control.isAssured = true;
}
