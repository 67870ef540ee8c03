// Directors tell each other of their connections: when the master tells of one, in which message, and what a backup makes
// of it. Sockets are the namespace's work. The sysctls sync_threshold and the like stand at their defaults.
// Before you edit: net/netfilter/ipvs/ip_vs_sync.c (ip_vs_sync_conn_needed, ip_vs_sync_conn, sync_thread_master,
// ip_vs_proc_conn), ip_vs_ctl.c (ip_vs_find_dest).
import { MILLISECOND, SECOND } from "../trace/world.ts";
import type { Ipv4 } from "../wire/address.ts";
import { PROTOCOL } from "../wire/packet.ts";
import type { Conn } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Destination } from "./destination.ts";
import type { Net } from "./net.ts";
import { SCTP_STATE } from "./sctp-states.ts";
import type { Services } from "./services.ts";
import type { Settings } from "./settings.ts";
import { HEADER, readSyncMessage, sizeOf, syncMessage, type Told } from "./sync-message.ts";
import { TCP_STATE } from "./tcp-states.ts";

/** What a daemon was told when it was started. */
export interface DaemonSpec {
  readonly interface: string;
  /** Whose messages it sends, or takes; a backup with 0 takes all. */
  readonly syncId: number;
  /** Octets of a message. */
  readonly maxLength: number;
  readonly group: Ipv4;
  readonly port: number;
  readonly ttl: number;
}

/** The packet of a connection with which the backup is told of it (sync_threshold), and after how many it is again. */
export const THRESHOLD = 3;
const PERIOD = 50;
/** How old a message may become before it is sent, how often that is looked at, and when a full one is sent. */
const FLUSH = 2 * SECOND;
const CHECK = SECOND;
const SEND_DELAY = 20 * MILLISECOND;

/** States worth telling of. */
const TCP_TOLD: readonly number[] = [
  TCP_STATE.established,
  TCP_STATE.finWait,
  TCP_STATE.close,
  TCP_STATE.closeWait,
  TCP_STATE.timeWait,
];
const SCTP_TOLD: readonly number[] = [
  SCTP_STATE.established,
  SCTP_STATE.shutdownSent,
  SCTP_STATE.shutdownReceived,
  SCTP_STATE.shutdownAckSent,
  SCTP_STATE.closed,
];

export class Sync {
  master: DaemonSpec | null = null;
  backup: DaemonSpec | null = null;
  /** Sends a message of the master. */
  onMessage: ((octets: Uint8Array) => void) | null = null;
  private readonly net: Net;
  private readonly connections: Connections;
  private readonly services: Services;
  private readonly settings: Settings;
  /** In which state a connection was when it was told of. */
  private readonly states = new WeakMap<Conn, number>();
  private pending: Told[] = [];
  private pendingSize = HEADER;
  private pendingSince = 0;

  constructor(net: Net, settings: Settings, connections: Connections, services: Services) {
    this.net = net;
    this.settings = settings;
    this.connections = connections;
    this.services = services;
  }

  /** A backup that shall not balance itself, lest two directors hand a packet to and fro (sysctl_backup_only). */
  get isIdle(): boolean {
    return this.backup !== null && this.settings.backup_only !== 0;
  }

  startMaster(spec: DaemonSpec): void {
    this.master = spec;
    this.check(spec);
  }

  /** What was not sent yet is lost. */
  stopMaster(): void {
    this.master = null;
    this.forget();
  }

  private check(spec: DaemonSpec): void {
    this.net.later(CHECK, () => {
      if (this.master !== spec) return;
      if (this.pending.length > 0 && this.net.now - this.pendingSince >= FLUSH) this.onMessage?.(this.take());
      this.check(spec);
    });
  }

  /** A packet of a connection was forwarded, the so manieth; its template is told of, too. */
  note(conn: Conn, packets: number): void {
    let count = packets;
    for (let each: Conn | null = conn; each !== null; each = each.control) {
      if (each !== conn) count = each.isTemplate ? ++each.packets : THRESHOLD;
      if (!each.isOnePacket && this.isWorthTelling(each, count)) this.add(toldOf(each));
    }
  }

  /** ip_vs_sync_conn_needed. */
  private isWorthTelling(conn: Conn, packets: number): boolean {
    if (conn.isTemplate) return true;
    const isDue = packets % PERIOD === THRESHOLD;
    const { protocol, state } = conn;
    if (protocol === PROTOCOL.udp) return isDue;
    const [told, established] =
      protocol === PROTOCOL.tcp ? [TCP_TOLD, TCP_STATE.established] : [SCTP_TOLD, SCTP_STATE.established];
    const isNews = state !== established && state !== (this.states.get(conn) ?? 0);
    if (!told.includes(state) || !(isNews || isDue)) return false;
    this.states.set(conn, state);
    return true;
  }

  private add(told: Told): void {
    const size = sizeOf(told);
    if (this.pending.length > 0 && this.pendingSize + size > this.master!.maxLength) {
      const full = this.take();
      this.net.later(SEND_DELAY, () => this.master !== null && this.onMessage?.(full));
    }
    if (this.pending.length === 0) this.pendingSince = this.net.now;
    this.pending.push(told);
    this.pendingSize += size;
  }

  private take(): Uint8Array {
    const message = syncMessage(this.master!.syncId, this.pending);
    this.forget();
    return message;
  }

  private forget(): void {
    this.pending = [];
    this.pendingSize = HEADER;
  }

  /** A backup got a message. Of servers that it does not have it keeps nothing. */
  receive(octets: Uint8Array): void {
    const { backup } = this;
    const message = readSyncMessage(octets);
    if (message === null || backup === null || (backup.syncId !== 0 && message.syncId !== backup.syncId)) return;
    for (const told of message.told) this.adopt(told);
  }

  private adopt(told: Told): void {
    const { connections } = this;
    const { isTemplate, isActive, serverPort } = told;
    let conn = isTemplate ? connections.table.findTemplate(told) : connections.table.find(told);
    if (conn !== null && !isTemplate && (conn.serverPort !== serverPort || conn.dest.address !== told.server)) {
      // The end of one that was replaced meanwhile.
      if (!isActive) return;
      connections.expireSoon(conn);
      conn = null;
    }
    if (conn === null) {
      const dest = this.destinationOf(told);
      if (dest === null) return;
      conn = connections.begin(told, dest, serverPort, isTemplate ? "template" : "plain");
      conn.isSynced = true;
    }
    if (!isTemplate && conn.isActive !== isActive) {
      conn.dest.count(isActive);
      conn.isActive = isActive;
    }
    if (isTemplate) conn.isAssured = (told.state & 1) !== 0;
    else conn.state = told.state;
    conn.packets = THRESHOLD;
    conn.timeout = told.timeout;
    connections.put(conn);
  }

  private destinationOf({
    mark,
    protocol,
    virtual,
    virtualPort,
    server,
    serverPort,
    method,
  }: Told): Destination | null {
    const address = typeof virtual === "number" ? server : virtual;
    const service = this.services.find(mark, protocol, address, virtualPort);
    if (service === null) return null;
    const port = mark !== 0 && method !== "masq" ? 0 : serverPort;
    return service.find(server, port) ?? service.find(server, port ^ serverPort);
  }
}

function toldOf(conn: Conn): Told {
  const { protocol, client, clientPort, virtual, virtualPort, dest, serverPort, method, isTemplate, timeout } = conn;
  const { isActive, isOneWay, isTracked } = conn;
  const { key } = dest.service;
  return {
    ...{ protocol, client, clientPort, virtual, virtualPort, server: dest.address, serverPort, method, isTemplate },
    ...{ isActive, isOneWay, isTracked, timeout },
    state: isTemplate ? Number(conn.isAssured) : conn.state,
    mark: key.kind === "fwmark" ? key.mark : 0,
  };
}
