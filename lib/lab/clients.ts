// Clients of a virtual server, without a wire: their packets are handed to a namespace's IPVS in the order in which a
// director sees them, so thousands of connections cost milliseconds. What a scheduler sees and counts is the same.
// Before you edit: netns/ipvs/balancing.ts (who is called when), net/netfilter/ipvs/ip_vs_proto_tcp.c.
import type { Conn } from "../ipvs/connection.ts";
import type { Destination } from "../ipvs/destination.ts";
import type { Ipvs, Segment, Watcher } from "../ipvs/ipvs.ts";
import type { Candidate, Flow } from "../ipvs/scheduler.ts";
import type { Service } from "../ipvs/service.ts";
import { balancingOf } from "../netns/ipvs/balancing.ts";
import type { Netns } from "../netns/netns.ts";
import { type Ip, Ipv4, ip } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import { PROTOCOL, TCP_FLAG } from "../wire/packet.ts";

const { syn, ack, fin } = TCP_FLAG;
const FIRST_PORT = 1024;
const LAST_PORT = 65535;
/** Where packets with a service's mark go, if nobody says otherwise. */
const MARKED = "192.0.2.10";

/** A real server when a connection was given away, in the order of the kernel's list. */
export interface Standing {
  readonly server: string;
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
  /** What the scheduler compared. */
  readonly cost: string;
  /** Null: it got the connection. */
  readonly lost: Candidate["lost"];
}

/** Who got a new connection. */
export interface Picked {
  /** Nanoseconds since the lab began. */
  readonly time: number;
  readonly client: string;
  readonly virtual: string;
  readonly scheduler: string;
  /** Null: nobody, and the client is refused. */
  readonly server: string | null;
  readonly standings: readonly Standing[];
  /** With lblc and lblcr the servers of this virtual address from now on. */
  readonly homes: readonly string[];
}

/** A connection, as its two ends know it. */
export interface Opened {
  readonly pick: Picked;
  readonly dest: Destination;
  readonly client: Ip;
  readonly clientPort: number;
  readonly virtual: Ip;
  /** The server's. */
  readonly port: number;
}

export class Clients {
  readonly ns: Netns;
  readonly ipvs: Ipvs;
  readonly service: Service;
  private nextPort = FIRST_PORT;
  private explained: readonly Candidate[] = [];
  private readonly watcher: Watcher;

  /** `isWatched`: each pick tells of every candidate. Throws BadInput when the namespace has no virtual server. */
  constructor(ns: Netns, isWatched: boolean) {
    this.ns = ns;
    this.ipvs = balancingOf(ns).ipvs;
    const [service, second] = this.ipvs.services.list();
    if (service === undefined)
      throw new BadInput("no virtual server in this namespace", ns.name, "Add one: ipvsadm -A -t 192.0.2.10:80 -s rr");
    if (second !== undefined)
      throw new BadInput("more than one virtual server", `${second}`, "Picks are asked of a namespace that has one.");
    if (service.family !== 4 || (service.key.kind === "address" && service.key.protocol !== PROTOCOL.tcp))
      throw new BadInput("not a virtual server of TCP over IPv4", `${service}`, "Add it with -t, or with -f.");
    this.service = service;
    this.watcher = {
      isFull: isWatched,
      known: () => {},
      given: () => {},
      picked: (_service, _dest, candidates) => {
        this.explained = candidates;
      },
    };
  }

  /** The service's own address; any will do for a mark. */
  get virtual(): Ip {
    const { key } = this.service;
    return key.kind === "address" ? key.address : ip(MARKED);
  }

  /** SYN, SYN-ACK, ACK from a port that is new; a server that is not alive leaves it at the SYN. Null: refused. */
  open(
    client: Ip,
    virtual = this.virtual,
    isAlive: (server: string) => boolean = () => true,
  ): { readonly pick: Picked; readonly opened: Opened | null } {
    const clientPort = this.freePort(client, virtual);
    const segment = this.segment(client, clientPort, virtual, syn);
    this.explained = [];
    const before = this.watcher.isFull ? this.counts() : null;
    const conn = this.ipvs.incoming(segment, this.watcher);
    const isServed = typeof conn !== "string" && !("key" in conn);
    const dest = isServed ? conn.dest : null;
    const pick = this.recorded({ client, clientPort, virtual }, dest, before);
    if (!isServed) return { pick, opened: null };
    this.deliver(conn, segment);
    const opened = { pick, dest: conn.dest, client, clientPort, virtual, port: conn.serverPort };
    if (isAlive(pick.server!)) {
      this.fromServer(opened, syn | ack);
      this.fromClient(opened, ack);
    }
    return { pick, opened };
  }

  /** A port from which the client has no connection that is remembered. */
  private freePort(client: Ip, virtual: Ip): number {
    for (let tries = FIRST_PORT; tries <= LAST_PORT; tries++) {
      const port = this.nextPort;
      this.nextPort = port === LAST_PORT ? FIRST_PORT : port + 1;
      const key = { protocol: PROTOCOL.tcp, client, clientPort: port, virtual, virtualPort: this.virtualPort };
      if (this.ipvs.connections.table.find(key) === null) return port;
    }
    throw new BadInput("a client without a free port", `${client}`, "Let more clients come.");
  }

  private get virtualPort(): number {
    return this.service.port === 0 ? 80 : this.service.port;
  }

  /** FIN of the client, FIN of the server, ACK. */
  close(opened: Opened): void {
    this.fromClient(opened, fin | ack);
    this.fromServer(opened, fin | ack);
    this.fromClient(opened, ack);
  }

  /** How a server is called: by the last number of its address, where that is enough. */
  nameOf(dest: Destination): string {
    const last = lastNumber(dest);
    for (const each of this.service.destinations()) if (each !== dest && lastNumber(each) === last) return `${dest}`;
    return last;
  }

  private counts(): Map<Destination, readonly [active: number, inactive: number]> {
    return new Map([...this.service.destinations()].map((dest) => [dest, [dest.active, dest.inactive]]));
  }

  private recorded({ client, virtual }: Flow, dest: Destination | null, before: ReturnType<Clients["counts"]> | null) {
    const { service } = this;
    const homes = before === null ? [] : (service.picker?.homes?.(virtual) ?? []);
    return {
      time: this.ns.cables.now,
      client: `${client}`,
      virtual: `${virtual}`,
      scheduler: service.scheduler?.name ?? "none",
      server: dest === null ? null : this.nameOf(dest),
      standings: this.explained.map(({ dest: each, cost, lost }) => {
        const [active, inactive] = before!.get(each)!;
        return { server: this.nameOf(each), weight: each.weight, active, inactive, cost, lost };
      }),
      homes: homes.map((each) => this.nameOf(each)),
    };
  }

  private deliver(conn: Conn, segment: Segment): void {
    this.ipvs.received(conn, segment);
    this.ipvs.put(conn);
  }

  private fromClient({ client, clientPort, virtual }: Opened, flags: number): void {
    const segment = this.segment(client, clientPort, virtual, flags);
    const conn = this.ipvs.incoming(segment, null);
    if (typeof conn !== "string" && !("key" in conn)) this.deliver(conn, segment);
  }

  /** Past the director, unless it translates addresses. */
  private fromServer({ client, clientPort, virtual, dest, port }: Opened, flags: number): void {
    if (dest.method !== "masq") return;
    const there = this.segment(client, clientPort, virtual, flags);
    const segment = { ...there, src: dest.address, srcPort: port, dst: client, dstPort: clientPort };
    const conn = this.ipvs.outgoing(segment);
    if (conn !== null) this.ipvs.answered(conn, segment);
  }

  private segment(client: Ip, clientPort: number, virtual: Ip, flags: number): Segment {
    const { key } = this.service;
    return {
      protocol: PROTOCOL.tcp,
      src: client,
      srcPort: clientPort,
      dst: virtual,
      dstPort: this.virtualPort,
      tcp: { flags },
      sctp: null,
      mark: key.kind === "fwmark" ? key.mark : 0,
      length: 60,
      isFromHere: false,
      isConfirmed: false,
    };
  }
}

function lastNumber({ address }: Destination): string {
  return address instanceof Ipv4 ? `${address.bits & 255}` : `${address}`;
}
