// What IPVS decides about a packet: whose connection it is, or which real server gets a new one. Who forwards it, and
// how, is the namespace's work.
// Before you edit: net/netfilter/ipvs/ip_vs_core.c (ip_vs_in_hook, ip_vs_schedule, ip_vs_sched_persist, ip_vs_leave),
// ip_vs_proto_tcp.c (tcp_conn_schedule).
import { type Ip, Ipv4 } from "../wire/address.ts";
import { Prefix6 } from "../wire/address6.ts";
import { PROTOCOL, TCP_FLAG, type Tcp } from "../wire/packet.ts";
import { ANY_PROTOCOL, type Conn, type ConnKey } from "./connection.ts";
import { Connections } from "./connections.ts";
import { Defense } from "./defense.ts";
import type { Destination } from "./destination.ts";
import type { Net } from "./net.ts";
import type { Candidate, Flow } from "./scheduler.ts";
import { CHUNK, firstChunk, SCTP_STATE } from "./sctp-states.ts";
import { EVERY_CLIENT, type Service } from "./service.ts";
import { FTP, Services } from "./services.ts";
import { Settings } from "./settings.ts";
import { Sync, THRESHOLD } from "./sync.ts";
import { DIRECTION, TCP_STATE } from "./tcp-states.ts";

/** Of a packet what IPVS looks at. */
export interface Segment {
  readonly protocol: number;
  readonly src: Ip;
  readonly srcPort: number;
  readonly dst: Ip;
  readonly dstPort: number;
  readonly tcp: Pick<Tcp, "flags"> | null;
  /** The octets of a packet of SCTP, behind the IP header. */
  readonly sctp: Uint8Array | null;
  /** skb->mark. */
  readonly mark: number;
  /** Octets with the IP header. */
  readonly length: number;
  /** It was made in this namespace. */
  readonly isFromHere: boolean;
  /** Connection tracking knew it before this packet (ip_vs_conn_uses_old_conntrack). */
  readonly isConfirmed: boolean;
}

/** Somebody who wants to know how it was decided. */
export interface Watcher {
  /** Whether to hear of every candidate. */
  readonly isFull: boolean;
  /** The connection is known. */
  known(conn: Conn): void;
  /** A new connection: by the service's scheduler, or by the client's template. */
  picked(service: Service, dest: Destination | null, candidates: readonly Candidate[], template: Conn | null): void;
  /** A known connection is of no use any more. */
  given(conn: Conn, why: "reuse" | "quiesced" | "gone"): void;
}

/** Why a client's packet ends here. */
export type Dropped =
  /** Its connection's server is gone, and nobody said that its connections shall end. */
  | "homeless"
  /** Connection tracking would take it for one of an old connection: the client has to try again. */
  | "tracked"
  /** The director has too little memory, or is told so. */
  | "loaded"
  /** Of SCTP, without a chunk. */
  | "empty";

/** What becomes of a client's packet: it is the connection's; it is none of IPVS'; it ends; or nobody can serve it. */
export type Incoming = Conn | "accept" | Dropped | Service;

export class Ipvs {
  readonly settings = new Settings();
  readonly defense: Defense;
  readonly services: Services;
  readonly connections: Connections;
  readonly sync: Sync;

  constructor(net: Net) {
    this.services = new Services(net, this.settings);
    this.defense = new Defense(net, this.settings);
    this.connections = new Connections(net, this.settings, this.defense);
    this.sync = new Sync(net, this.settings, this.connections, this.services);
    this.connections.onExtended = (conn) => this.sync.master !== null && this.sync.note(conn, THRESHOLD);
    this.services.onHomeless = () => this.connections.removeHomeless();
    this.defense.onPressure = () => this.connections.dropAtRandom();
  }

  /** ip_vs_in_hook: a packet to a virtual address. */
  incoming(segment: Segment, watcher: Watcher | null): Incoming {
    const { connections } = this;
    const known = connections.table.find(keyOf(segment));
    if (known === null) return this.schedule(segment, watcher);
    const why = this.uselessness(known, segment);
    if (why === null) {
      if (!known.dest.isAvailable) return "homeless";
      watcher?.known(known);
      return known;
    }
    watcher?.given(known, why);
    const isOld = known.isTracked && segment.isConfirmed;
    if (!isOld) known.isTracked = false;
    if (why === "gone" || known.controlled === 0) connections.expireSoon(known);
    return isOld ? "tracked" : this.schedule(segment, watcher);
  }

  /** Why a known connection is not taken for a packet, and the packet is scheduled anew. */
  private uselessness(conn: Conn, segment: Segment): "reuse" | "quiesced" | "gone" | null {
    const { settings } = this;
    const isNew = begins(segment);
    if (isNew && settings.expire_nodest_conn !== 0 && conn.dest.weight === 0) return "quiesced";
    if (isNew && settings.conn_reuse_mode !== 0 && isOver(conn, settings.conn_reuse_mode)) return "reuse";
    return !conn.dest.isAvailable && settings.expire_nodest_conn !== 0 ? "gone" : null;
  }

  /** Which service, which server? */
  private schedule(segment: Segment, watcher: Watcher | null): Incoming {
    const { protocol, sctp, src, srcPort, dst, dstPort, mark } = segment;
    if (sctp !== null && firstChunk(sctp) === null) return "empty";
    if (aborts(segment) || !(this.isSloppy(segment) || begins(segment))) return "accept";
    const service = this.services.find(mark, protocol, dst, dstPort);
    if (service === null) return "accept";
    if (this.defense.dropsPacket()) return "loaded";
    if (srcPort === FTP - 1) return "accept";
    const { table } = this.connections;
    // An answer of a server on this machine is no request.
    const answered = { protocol, client: dst, clientPort: dstPort, virtual: src, virtualPort: srcPort };
    if (segment.isFromHere && table.find(answered) !== null) return "accept";
    const conn =
      service.persistent === null
        ? this.begin(service, segment, watcher)
        : this.beginPersistent(service, service.persistent, segment, watcher);
    if (conn === null) return service.port === FTP && dstPort !== FTP ? "accept" : service;
    conn.dest.stats.connection();
    service.stats.connection();
    this.services.total.connection();
    return conn;
  }

  /** A connection of the packet's protocol may begin with any packet. */
  private isSloppy({ tcp, sctp }: Segment): boolean {
    if (tcp !== null) return this.settings.sloppy_tcp !== 0;
    return sctp === null || this.settings.sloppy_sctp !== 0;
  }

  private begin(service: Service, segment: Segment, watcher: Watcher | null): Conn | null {
    const { dstPort } = segment;
    if (service.key.kind === "address" && dstPort !== service.port) return null;
    const dest = pick(service, flowOf(segment), watcher);
    if (dest === null) return null;
    const port = dest.port === 0 ? dstPort : dest.port;
    return this.connections.begin(keyOf(segment), dest, port, kindOf(service, segment));
  }

  /** The client's template says which server, or a new one will. */
  private beginPersistent(service: Service, seconds: number, segment: Segment, watcher: Watcher | null): Conn | null {
    const { connections } = this;
    const { dstPort } = segment;
    const isOwnPort = dstPort === service.port;
    const key = templateKey(service, segment);
    let template = connections.table.findTemplate(key);
    if (template !== null && !connections.checkTemplate(template)) template = null;
    if (template === null) {
      const dest = pick(service, flowOf(segment), watcher);
      if (dest === null) return null;
      const port = isOwnPort && service.port !== FTP ? dest.port : 0;
      template = connections.begin(key, dest, port, "template");
      template.timeout = seconds;
    } else watcher?.picked(service, template.dest, [], template);
    const { dest } = template;
    const port = isOwnPort && dest.port !== 0 ? dest.port : dstPort;
    const conn = connections.begin(keyOf(segment), dest, port, kindOf(service, segment));
    connections.control(conn, template);
    connections.put(template);
    return conn;
  }

  /** A client's packet is its connection's: counted, and the state follows. Behind it, `put` starts the timer. */
  received(conn: Conn, segment: Segment): void {
    this.countIn(conn, segment.length);
    this.connections.advance(conn, DIRECTION.input, segment);
  }

  /** Its packet is on its way. */
  put(conn: Conn): void {
    const packets = conn.isOnePacket ? THRESHOLD : ++conn.packets;
    if (this.sync.master !== null) this.sync.note(conn, packets);
    else if (conn.isOnePacket && conn.control !== null) conn.control.packets++;
    this.connections.put(conn);
  }

  /** ip_vs_out_hook: the connection of which a real server's packet is a part; null: of none. */
  outgoing({ protocol, src, srcPort, dst, dstPort }: Segment): Conn | null {
    return this.connections.table.findReply(protocol, src, srcPort, dst, dstPort);
  }

  /** A server's packet went by. */
  answered(conn: Conn, segment: Segment): void {
    this.countOut(conn, segment.length);
    this.connections.advance(conn, DIRECTION.output, segment);
    this.connections.put(conn);
  }

  /** Octets towards the client. */
  countOut({ dest }: Conn, length: number): void {
    if (!dest.isAvailable) return;
    dest.stats.packetOut(length);
    dest.service.stats.packetOut(length);
    this.services.total.packetOut(length);
  }

  /** An ICMP error about a connection went towards its server. */
  countIn({ dest }: Conn, length: number): void {
    if (!dest.isAvailable) return;
    dest.stats.packetIn(length);
    dest.service.stats.packetIn(length);
    this.services.total.packetIn(length);
  }
}

/** The service's scheduler chooses; explained before it is done. */
function pick(service: Service, flow: Flow, watcher: Watcher | null): Destination | null {
  const { picker } = service;
  if (watcher === null) return picker?.pick(flow) ?? null;
  const candidates = watcher.isFull ? (picker?.explain(flow) ?? []) : [];
  const dest = picker?.pick(flow) ?? null;
  watcher.picked(service, dest, candidates, null);
  return dest;
}

function keyOf({ protocol, src, srcPort, dst, dstPort }: Segment): ConnKey {
  return { protocol, client: src, clientPort: srcPort, virtual: dst, virtualPort: dstPort };
}

function flowOf({ src, srcPort, dst }: Segment): Flow {
  return { client: src, clientPort: srcPort, virtual: dst };
}

function kindOf({ onePacket }: Service, { protocol }: Segment): "one packet" | "plain" {
  return onePacket && protocol === PROTOCOL.udp ? "one packet" : "plain";
}

/** A mark's template holds for every port; one of another service for its port, but FTP's and that of all ports. */
function templateKey(service: Service, { protocol, src, dst, dstPort }: Segment): ConnKey {
  const { key, netmask, port } = service;
  const client = masked(src, netmask);
  const plain = { protocol, client, clientPort: 0, virtual: dst, virtualPort: 0 };
  if (dstPort === port) return port === FTP ? plain : { ...plain, virtualPort: dstPort };
  return key.kind === "fwmark" ? { ...plain, protocol: ANY_PROTOCOL, virtual: key.mark } : plain;
}

function masked(address: Ip, netmask: number): Ip {
  if (netmask === EVERY_CLIENT[address.family]) return address;
  return address.family === 4 ? Ipv4.of((address.bits & netmask) >>> 0) : new Prefix6(address, netmask).address;
}

/** A packet with which a connection begins: SYN, or INIT (is_new_conn). */
function begins({ tcp, sctp }: Segment): boolean {
  if (tcp !== null) return (tcp.flags & TCP_FLAG.syn) !== 0;
  return sctp !== null && firstChunk(sctp) === CHUNK.init;
}

/** A packet with which one ends at once: RST, or ABORT (is_tcp_reset, is_sctp_abort). */
export function aborts({ tcp, sctp }: Segment): boolean {
  if (tcp !== null) return (tcp.flags & TCP_FLAG.rst) !== 0;
  return sctp !== null && firstChunk(sctp) === CHUNK.abort;
}

/** Its beginning anew means a new connection: nobody waits for the old one (is_new_conn_expected). */
function isOver({ control, protocol, state, isOneWay }: Conn, mode: number): boolean {
  if (control !== null) return false;
  if (protocol === PROTOCOL.sctp) return state === SCTP_STATE.closed;
  if (protocol !== PROTOCOL.tcp) return false;
  if (state === TCP_STATE.timeWait || state === TCP_STATE.close) return true;
  return (mode & 2) !== 0 && state === TCP_STATE.finWait && isOneWay;
}
