// Which socket gets a packet? The tables of bound ports, and the choice of a free one.
// Before you edit: net/ipv4/udp.c (udp4_lib_lookup2, compute_score), inet_connection_sock.c (inet_csk_get_port,
// inet_csk_bind_conflict), inet_hashtables.c.

import type { Device } from "../../link/device.ts";
import type { Ipv4 } from "../../wire/address.ts";
import type { Netns } from "../netns.ts";
import type { TcpSocket } from "../tcp/tcp.ts";
import type { PingSocket } from "./ping.ts";
import type { PingSocket6 } from "./ping6.ts";
import type { RawSocket } from "./raw.ts";
import type { RawSocket6 } from "./raw6.ts";
import type { UdpSocket } from "./udp.ts";

/** ip_local_port_range: where the kernel takes a port from when the program names none. */
export const EPHEMERAL = { first: 32768, last: 60999 } as const;

export class SocketTable {
  readonly udp = new Map<number, UdpSocket[]>();
  /** Every bound socket and connection by local port, then the listeners among them. */
  readonly tcp = new Map<number, TcpSocket[]>();
  readonly tcpListeners = new Map<number, TcpSocket[]>();
  /** Connections by both ends, as `connectionKey` of tcp/bind.ts makes a number of it. */
  readonly tcpConnections = new Map<number, TcpSocket[]>();
  readonly ping: PingSocket[] = [];
  readonly ping6: PingSocket6[] = [];
  readonly raw: RawSocket[] = [];
  readonly raw6: RawSocket6[] = [];
  /** How many sockets listen to each group, by device (ip_mc_list). */
  private readonly groups = new Map<Device, Map<Ipv4, number>>();
  private readonly ns: Netns;

  constructor(ns: Netns) {
    this.ns = ns;
  }

  /** Whether a program listens to a group by a device. */
  listensTo(device: Device, group: Ipv4): boolean {
    return this.groups.get(device)?.has(group) ?? false;
  }

  /** One socket more, or less, listens to a group. */
  listen(device: Device, group: Ipv4, change: 1 | -1): void {
    const counts = this.groups.get(device) ?? new Map<Ipv4, number>();
    this.groups.set(device, counts.set(group, (counts.get(group) ?? 0) + change));
    if (counts.get(group) === 0) counts.delete(group);
  }

  /** The sockets an echo reply with this identifier is for. */
  pingReaders(id: number): PingSocket[] {
    return this.ping.filter((socket) => socket.id === id);
  }

  ping6Readers(id: number): PingSocket6[] {
    return this.ping6.filter((socket) => socket.id === id);
  }

  /** A free port of the ephemeral range, by the lab's dice. Null when all are taken. */
  ephemeralPort(isFree: (port: number) => boolean): number | null {
    const size = EPHEMERAL.last - EPHEMERAL.first + 1;
    const start = Math.floor(this.ns.cables.random() * size);
    for (let i = 0; i < size; i++) {
      const port = EPHEMERAL.first + ((start + i) % size);
      if (isFree(port)) return port;
    }
    return null;
  }
}
