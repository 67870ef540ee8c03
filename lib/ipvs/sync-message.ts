// What one director tells others of its connections: messages of version 1.
// Before you edit: net/netfilter/ipvs/ip_vs_sync.c (struct ip_vs_sync_mesg, ip_vs_sync_v4, ip_vs_sync_v6,
// ip_vs_process_message, ip_vs_proc_sync_conn), include/uapi/linux/ip_vs.h (IP_VS_CONN_F_*).
import { type Ip, Ipv4 } from "../wire/address.ts";
import { writeAddress6 } from "../wire/bytes6.ts";
import { readAddress6 } from "../wire/parse6.ts";
import { ANY_PROTOCOL } from "./connection.ts";
import type { Method } from "./destination.ts";

/** A connection, or a template, as a message has it. */
export interface Told {
  readonly protocol: number;
  readonly client: Ip;
  readonly clientPort: number;
  /** A number: the mark of a template of all ports. */
  readonly virtual: Ip | number;
  readonly virtualPort: number;
  readonly server: Ip;
  readonly serverPort: number;
  readonly method: Method;
  readonly isTemplate: boolean;
  readonly isActive: boolean;
  readonly isOneWay: boolean;
  readonly isTracked: boolean;
  /** Of a template: 1 if a connection of its was answered. */
  readonly state: number;
  readonly mark: number;
  /** Seconds. */
  readonly timeout: number;
}

export const HEADER = 8;
const VERSION = 1;
/** Octets of a connection by family; all of it but three addresses. */
const SIZE = { 4: 36, 6: 72 } as const;
const FIXED = 24;
const TYPE_IPV6 = 1;

const FLAG = { oneWay: 0x80, inactive: 0x100, template: 0x1000, onePacket: 0x2000, tracked: 0x10000 } as const;
/** Its client's port is not known yet, which no template is. */
const NO_CLIENT_PORT = 0x800;
const METHODS: readonly (Method | null)[] = ["masq", "masq", "tunnel", "route"];
const METHOD = { masq: 0, tunnel: 2, route: 3 } as const;

export const sizeOf = ({ client }: Pick<Told, "client">): number => SIZE[client.family];

/** The octets of a message. */
export function syncMessage(syncId: number, told: readonly Told[]): Uint8Array {
  const size = told.reduce((sum, each) => sum + sizeOf(each), HEADER);
  const octets = new Uint8Array(size);
  const view = new DataView(octets.buffer);
  view.setUint8(1, syncId);
  view.setUint16(2, size);
  view.setUint8(4, told.length);
  view.setUint8(5, VERSION);
  let at = HEADER;
  for (const each of told) {
    write(view, at, each);
    at += sizeOf(each);
  }
  return octets;
}

function write(view: DataView, at: number, told: Told): void {
  const { family } = told.client;
  view.setUint8(at, family === 6 ? TYPE_IPV6 : 0);
  view.setUint8(at + 1, told.protocol);
  view.setUint16(at + 2, SIZE[family]);
  view.setUint32(at + 4, flagsOf(told));
  view.setUint16(at + 8, told.state);
  view.setUint16(at + 10, told.clientPort);
  view.setUint16(at + 12, told.virtualPort);
  view.setUint16(at + 14, told.serverPort);
  view.setUint32(at + 16, told.mark);
  view.setUint32(at + 20, told.timeout);
  const length = family === 4 ? 4 : 16;
  [told.client, told.virtual, told.server].forEach((address, i) => {
    const place = at + FIXED + i * length;
    if (typeof address === "number") view.setUint32(place, address);
    else if (address.family === 4) view.setUint32(place, address.bits);
    else writeAddress6(view, place, address);
  });
}

function flagsOf({ method, isTemplate, isActive, isOneWay, isTracked }: Told): number {
  return (
    METHOD[method] |
    (isOneWay ? FLAG.oneWay : 0) |
    (isActive ? 0 : FLAG.inactive) |
    (isTemplate ? FLAG.template : 0) |
    (isTracked ? FLAG.tracked : 0)
  );
}

/** Whom a message is from (its syncid), and what it tells up to the first connection that is cut; null: it is none. */
export function readSyncMessage(
  octets: Uint8Array,
): { readonly syncId: number; readonly told: readonly Told[] } | null {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  if (octets.length < HEADER || view.getUint16(2) !== octets.length) return null;
  if (octets[0] !== 0 || octets[5] !== VERSION || view.getUint16(6) !== 0) return null;
  const told: Told[] = [];
  let at = HEADER;
  for (let i = 0; i < octets[4]!; i++) {
    if (at + SIZE[4] > octets.length) break;
    const family = octets[at]! & TYPE_IPV6 ? 6 : 4;
    const size = view.getUint16(at + 2);
    if (size < SIZE[family] || at + size > octets.length) break;
    const flags = view.getUint32(at + 4);
    if ((flags & FLAG.onePacket) === 0 && (flags & FLAG.template && flags & NO_CLIENT_PORT) === 0)
      told.push(read(view, at, family, flags));
    at += (size + 3) & ~3;
  }
  return { syncId: octets[1]!, told };
}

function read(view: DataView, at: number, family: 4 | 6, flags: number): Told {
  const length = family === 4 ? 4 : 16;
  const address = (i: number): Ip => {
    const place = at + FIXED + i * length;
    return family === 4 ? Ipv4.of(view.getUint32(place)) : readAddress6(view, place);
  };
  const protocol = view.getUint8(at + 1);
  const isTemplate = (flags & FLAG.template) !== 0;
  return {
    protocol,
    client: address(0),
    clientPort: view.getUint16(at + 10),
    virtual: isTemplate && protocol === ANY_PROTOCOL ? view.getUint32(at + FIXED + length) : address(1),
    virtualPort: view.getUint16(at + 12),
    server: address(2),
    serverPort: view.getUint16(at + 14),
    method: METHODS[flags & 7] ?? "masq",
    isTemplate,
    isActive: (flags & FLAG.inactive) === 0,
    isOneWay: (flags & FLAG.oneWay) !== 0,
    isTracked: (flags & FLAG.tracked) !== 0,
    state: view.getUint16(at + 8),
    mark: view.getUint32(at + 16),
    timeout: view.getUint32(at + 20),
  };
}
