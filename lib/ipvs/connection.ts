// A connection that was given to a real server, or the template of a client's persistence.
// Before you edit: include/net/ip_vs.h (struct ip_vs_conn), include/uapi/linux/ip_vs.h (IP_VS_CONN_F_*),
// net/netfilter/ipvs/ip_vs_conn.c (ip_vs_conn_new, ip_vs_bind_dest).
import type { Ip } from "../wire/address.ts";
import { PROTOCOL } from "../wire/packet.ts";
import type { Destination, Method } from "./destination.ts";
import { SCTP_STATE_NAMES } from "./sctp-states.ts";
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

/** Bits of `flags` (IP_VS_CONN_F_*): a director may hold a million connections. */
const FLAG = {
  template: 1,
  onePacket: 2,
  active: 4,
  oneWay: 8,
  assured: 16,
  tracked: 32,
  hashed: 64,
  synced: 128,
} as const;

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
  state = 0;
  /** The client's packets (in_pkts). */
  packets = 0;
  private flags: number;
  /** The template it belongs to, and how many belong to it. */
  control: Conn | null = null;
  controlled = 0;
  /** How long its timer runs, in seconds. */
  timeout = 3;
  /** The next of its bucket; older ones follow. */
  next: Conn | null = null;
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
    this.flags = kind === "template" ? FLAG.template : kind === "one packet" ? FLAG.onePacket : 0;
    this.isOneWay = dest.method !== "masq";
    this.id = id;
  }

  private has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }
  private set(flag: number, isSet: boolean): void {
    this.flags = isSet ? this.flags | flag : this.flags & ~flag;
  }

  get isTemplate(): boolean {
    return this.has(FLAG.template);
  }
  /** It ends with its packet, and is not in the table. */
  get isOnePacket(): boolean {
    return this.has(FLAG.onePacket);
  }
  /** It counts as active with its server. */
  get isActive(): boolean {
    return this.has(FLAG.active);
  }
  set isActive(isSet: boolean) {
    this.set(FLAG.active, isSet);
  }
  /** Nothing of the server's was seen, nor will be (IP_VS_CONN_F_NOOUTPUT). */
  get isOneWay(): boolean {
    return this.has(FLAG.oneWay);
  }
  set isOneWay(isSet: boolean) {
    this.set(FLAG.oneWay, isSet);
  }
  /** Of a template: a connection of its was answered. */
  get isAssured(): boolean {
    return this.has(FLAG.assured);
  }
  set isAssured(isSet: boolean) {
    this.set(FLAG.assured, isSet);
  }
  /** Connection tracking keeps it too (IP_VS_CONN_F_NFCT). */
  get isTracked(): boolean {
    return this.has(FLAG.tracked);
  }
  set isTracked(isSet: boolean) {
    this.set(FLAG.tracked, isSet);
  }
  /** Another director told of it (IP_VS_CONN_F_SYNC). */
  get isSynced(): boolean {
    return this.has(FLAG.synced);
  }
  set isSynced(isSet: boolean) {
    this.set(FLAG.synced, isSet);
  }
  get isHashed(): boolean {
    return this.has(FLAG.hashed);
  }
  set isHashed(isSet: boolean) {
    this.set(FLAG.hashed, isSet);
  }

  get stateName(): string {
    if (this.isTemplate) return this.isAssured ? "ASSURED" : "NONE";
    if (this.protocol === PROTOCOL.tcp) return TCP_STATE_NAMES[this.state]!;
    return this.protocol === PROTOCOL.sctp ? SCTP_STATE_NAMES[this.state]! : "UDP";
  }

  toString(): string {
    const { client, clientPort, virtual, virtualPort, dest, serverPort } = this;
    return `${client}:${clientPort} ${virtual}:${virtualPort} ${dest.address}:${serverPort}`;
  }
}
