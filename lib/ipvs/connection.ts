// A connection that was given to a real server, or the template of a client's persistence.
// Before you edit: include/net/ip_vs.h (struct ip_vs_conn), include/uapi/linux/ip_vs.h (IP_VS_CONN_F_*),
// net/netfilter/ipvs/ip_vs_conn.c (ip_vs_conn_new, ip_vs_bind_dest).
import { SECOND } from "../trace/world.ts";
import type { Ip } from "../wire/address.ts";
import { PROTOCOL } from "../wire/packet.ts";
import type { Destination, Method } from "./destination.ts";
import { TCP_STATE_NAMES } from "./tcp-states.ts";
import type { Timed } from "./timers.ts";

/** A template that a mark's service made has no protocol, and the mark for its virtual address. */
export const ANY_PROTOCOL = 0;
/** The port of a template that no longer holds. */
export const INVALID_PORT = 0xffff;

/** What a connection is found by. */
export interface ConnKey {
  readonly protocol: number;
  readonly client: Ip;
  readonly clientPort: number;
  /** A number: a mark. */
  readonly virtual: Ip | number;
  readonly virtualPort: number;
}

export class Conn implements Timed {
  readonly protocol: number;
  readonly client: Ip;
  readonly clientPort: number;
  readonly virtual: Ip | number;
  virtualPort: number;
  readonly dest: Destination;
  serverPort: number;
  /** As its server's was when it began. */
  readonly method: Method;
  readonly isTemplate: boolean;
  /** It ends with its packet, and is not in the table. */
  readonly isOnePacket: boolean;
  state = 0;
  /** It counts as active with its server. */
  isActive = false;
  /** Nothing of the server's was seen, nor will be (IP_VS_CONN_F_NOOUTPUT). */
  isOneWay: boolean;
  /** Of a template: a connection of its was answered. */
  isAssured = false;
  /** connection tracking keeps it too (IP_VS_CONN_F_NFCT). */
  isTracked = false;
  /** The template it belongs to, and how many belong to it. */
  control: Conn | null = null;
  controlled = 0;
  packetsIn = 0;
  /** How long its timer runs, in nanoseconds. */
  timeout = 3 * SECOND;
  /** The next of its bucket; older ones follow. */
  next: Conn | null = null;
  isHashed = false;
  readonly id: number;

  expires = 0;
  queue: Timed["queue"] = null;
  after: Timed | null = null;
  before: Timed | null = null;

  constructor(
    key: ConnKey,
    dest: Destination,
    serverPort: number,
    kind: "template" | "one packet" | "plain",
    id: number,
  ) {
    this.protocol = key.protocol;
    this.client = key.client;
    this.clientPort = key.clientPort;
    this.virtual = key.virtual;
    this.virtualPort = key.virtualPort;
    this.dest = dest;
    this.serverPort = serverPort;
    this.method = dest.method;
    this.isTemplate = kind === "template";
    this.isOnePacket = kind === "one packet";
    this.isOneWay = dest.method !== "masq";
    this.id = id;
  }

  get stateName(): string {
    if (this.isTemplate) return this.isAssured ? "ASSURED" : "NONE";
    return this.protocol === PROTOCOL.tcp ? TCP_STATE_NAMES[this.state]! : "UDP";
  }

  toString(): string {
    const { client, clientPort, virtual, virtualPort, dest, serverPort } = this;
    return `${client}:${clientPort} ${virtual}:${virtualPort} ${dest.address}:${serverPort}`;
  }
}
