// Which local port? The bind table with its conflicts, ports for connections, and the lookup of a segment's socket.
// Before you edit: net/ipv4/inet_connection_sock.c (inet_csk_bind_conflict, inet_csk_find_open_port),
// inet_hashtables.c (__inet_hash_connect, __inet_lookup_listener).
import type { Ipv4 } from "../wire/address.ts";
import type { Ipv4Packet, Tcp } from "../wire/packet.ts";
import type { Netns } from "./netns.ts";
import { type Endpoint, EPHEMERAL, overlap } from "./socket.ts";
import type { TcpSocket } from "./tcp.ts";

/** Whether `socket` cannot have this endpoint because of another (inet_csk_bind_conflict). TIME-WAIT counts too. */
export function conflict(socket: TcpSocket, wanted: Endpoint): TcpSocket | undefined {
  return (socket.ns.sockets.tcp.get(wanted.port) ?? []).find(
    (other) =>
      other !== socket &&
      overlap(other.local, wanted) &&
      !(socket.reuseAddress && other.reuseAddress && other.state !== "LISTEN") &&
      !(socket.reusePort && other.reusePort),
  );
}

/** A free port of the ephemeral range for bind, odd ones first: connect takes the even ones. */
export function portToBind(socket: TcpSocket, address: Ipv4 | null): number | null {
  return search(socket.ns, 1, (port) => conflict(socket, { address, port }) === undefined);
}

/** A port for a connection: one that nobody bound, and whose connections lead elsewhere. */
export function portToConnect(
  socket: TcpSocket,
  address: Ipv4,
  remote: { address: Ipv4; port: number },
): number | null {
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

export function hash(socket: TcpSocket): void {
  const { tcp } = socket.ns.sockets;
  const { port } = socket.local;
  const list = tcp.get(port);
  if (list === undefined) tcp.set(port, [socket]);
  else if (!list.includes(socket)) list.push(socket);
}

export function unhash(socket: TcpSocket): void {
  const { tcp } = socket.ns.sockets;
  const list = tcp.get(socket.local.port);
  const at = list?.indexOf(socket) ?? -1;
  if (list === undefined || at === -1) return;
  list.splice(at, 1);
  if (list.length === 0) tcp.delete(socket.local.port);
}

/** The connection a segment belongs to, else the listener that fits best. */
export function lookup(ns: Netns, { src, dst }: Ipv4Packet, { srcPort, dstPort }: Tcp): TcpSocket | undefined {
  let listener: TcpSocket | undefined;
  for (const socket of ns.sockets.tcp.get(dstPort) ?? []) {
    const { local, remote, state } = socket;
    if (remote !== null) {
      if (remote.port === srcPort && remote.address === src && local.address === dst) return socket;
    } else if (state === "LISTEN" && (local.address === dst || (local.address === null && listener === undefined)))
      listener = socket;
  }
  return listener;
}

/** Our own end of a quoted segment. */
export function connectionOf(ns: Netns, quoted: Ipv4Packet, { srcPort, dstPort }: Tcp): TcpSocket | undefined {
  return (ns.sockets.tcp.get(srcPort) ?? []).find(
    ({ local, remote }) =>
      remote !== null && remote.address === quoted.dst && remote.port === dstPort && local.address === quoted.src,
  );
}
