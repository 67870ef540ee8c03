// Which local port? The bind table with its conflicts, ports for connections, and the lookup of a segment's socket.
// Before you edit: net/ipv4/inet_connection_sock.c (inet_csk_bind_conflict, inet_csk_find_open_port),
// inet_hashtables.c (__inet_hash_connect, __inet_lookup_listener).
import type { Ip } from "../../wire/address.ts";
import type { Tcp } from "../../wire/packet.ts";
import type { Netns } from "../netns.ts";
import { type Endpoint, type IpPacket, overlap, type Remote, takesFamily } from "../socket/family.ts";
import { EPHEMERAL } from "../socket/socket.ts";
import type { TcpSocket } from "./tcp.ts";

/** Whether `socket` cannot have this endpoint because of another (inet_csk_bind_conflict). TIME-WAIT counts too. */
export function conflict(socket: TcpSocket, wanted: Endpoint): TcpSocket | undefined {
  const { family, v6only } = socket;
  const bound = { family, v6only, local: wanted };
  return (socket.ns.sockets.tcp.get(wanted.port) ?? []).find(
    (other) =>
      other !== socket &&
      overlap(other, bound) &&
      !(socket.reuseAddress && other.reuseAddress && other.state !== "LISTEN") &&
      !(socket.reusePort && other.reusePort),
  );
}

/** A free port of the ephemeral range for bind, odd ones first: connect takes the even ones. */
export function portToBind(socket: TcpSocket, address: Ip | null): number | null {
  return search(socket.ns, 1, (port) => conflict(socket, { address, port }) === undefined);
}

/** A port for a connection: one that nobody bound, and whose connections lead elsewhere. */
export function portToConnect(socket: TcpSocket, address: Ip, remote: Remote): number | null {
  const { tcp } = socket.ns.sockets;
  return search(socket.ns, 0, (port) =>
    (tcp.get(port) ?? []).every(
      (other) =>
        !other.isBound &&
        !(
          other.local.address === address &&
          other.remote?.address === remote.address &&
          other.remote.port === remote.port
        ),
    ),
  );
}

function search(ns: Netns, parity: number, isFree: (port: number) => boolean): number | null {
  const size = EPHEMERAL.last - EPHEMERAL.first + 1;
  const start = Math.floor(ns.cables.random() * (size / 2)) * 2;
  for (const odd of [parity, 1 - parity]) {
    for (let i = 0; i < size; i += 2) {
      const port = EPHEMERAL.first + odd + ((start + i) % size);
      if (isFree(port)) return port;
    }
  }
  return null;
}

/** Both ports and the other end's address as one number; few connections share it (inet_ehashfn). */
const connectionKey = (localPort: number, address: Ip, port: number): number =>
  Math.imul(address.family === 4 ? address.bits : address.w1 ^ address.w3, 0x9e3779b1) ^ ((port << 16) | localPort);

/** Puts a socket into the tables: of bound ports, and, when it has another end, of connections. */
export function hash(socket: TcpSocket): void {
  const { sockets } = socket.ns;
  if (!socket.isHashed) add(sockets.tcp, socket.local.port, socket);
  socket.isHashed = true;
  if (socket.remote !== null)
    add(sockets.tcpConnections, connectionKey(socket.local.port, socket.remote.address, socket.remote.port), socket);
}

export function unhash(socket: TcpSocket): void {
  if (!socket.isHashed) return;
  const { sockets } = socket.ns;
  socket.isHashed = false;
  remove(sockets.tcp, socket.local.port, socket);
  remove(sockets.tcpListeners, socket.local.port, socket);
  if (socket.remote !== null)
    remove(sockets.tcpConnections, connectionKey(socket.local.port, socket.remote.address, socket.remote.port), socket);
}

/** A bound socket begins to listen. */
export function hashListener(socket: TcpSocket): void {
  add(socket.ns.sockets.tcpListeners, socket.local.port, socket);
}

function add(table: Map<number, TcpSocket[]>, key: number, socket: TcpSocket): void {
  const list = table.get(key);
  if (list === undefined) table.set(key, [socket]);
  else list.push(socket);
}

function remove(table: Map<number, TcpSocket[]>, key: number, socket: TcpSocket): void {
  const list = table.get(key);
  const at = list?.indexOf(socket) ?? -1;
  if (list === undefined || at === -1) return;
  list.splice(at, 1);
  if (list.length === 0) table.delete(key);
}

/** The connection with these ends, if there is one (inet_ehash_lookup). */
export function connection(ns: Netns, local: Endpoint, address: Ip, port: number): TcpSocket | undefined {
  for (const socket of ns.sockets.tcpConnections.get(connectionKey(local.port, address, port)) ?? [])
    if (
      socket.local.port === local.port &&
      socket.local.address === local.address &&
      socket.remote!.port === port &&
      socket.remote!.address === address
    )
      return socket;
  return undefined;
}

/** The connection a segment belongs to, else the listener that fits best (__inet_lookup_skb). */
export function lookup(ns: Netns, { src, dst }: IpPacket, { srcPort, dstPort }: Tcp): TcpSocket | undefined {
  return connection(ns, { address: dst, port: dstPort }, src, srcPort) ?? listenerFor(ns, dst, dstPort);
}

/**
 * A listener bound to the address beats one bound to any, and of those one of the packet's family beats one of both;
 * several with SO_REUSEPORT share by chance.
 */
export function listenerFor(ns: Netns, address: Ip, port: number): TcpSocket | undefined {
  const fits = ns.sockets.tcpListeners.get(port) ?? [];
  const exact = fits.filter(({ local }) => local.address === address);
  const any = fits.filter((each) => each.local.address === null && takesFamily(each, address.family));
  const own = any.filter(({ family }) => family === address.family);
  const chosen = exact.length > 0 ? exact : own.length > 0 ? own : any;
  return chosen.length > 1 ? chosen[Math.floor(ns.cables.random() * chosen.length)] : chosen[0];
}

/** Our own end of a quoted segment. */
export function connectionOf(ns: Netns, quoted: IpPacket, { srcPort, dstPort }: Tcp): TcpSocket | undefined {
  return connection(ns, { address: quoted.src, port: srcPort }, quoted.dst, dstPort);
}
