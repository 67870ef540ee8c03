// Calls of TCP sockets in the model, as tcp_calls.py makes them on the real kernel. None of them waits.
import type { Lab } from "../../lib/lab/lab.ts";
import { TcpSocket } from "../../lib/netns/tcp/tcp.ts";
import { ipv4 } from "../../lib/wire/address.ts";
import type { TcpTraffic } from "./case.ts";

/** Makes one call. `said` is what it answered; `port` the one the kernel chose for a connection. */
export function tcpCall(
  lab: Lab,
  sockets: Map<string, TcpSocket>,
  call: TcpTraffic,
): { readonly said: string; readonly port?: number } {
  if (call.do === "listen" || call.do === "connect") {
    const socket = new TcpSocket(lab.netns(call.ns), "test");
    socket.reuseAddress = call.reuse === true;
    return call.do === "listen" ? listen(sockets, socket, call) : connect(sockets, socket, call);
  }
  const socket = sockets.get(call.do === "accept" ? call.listener! : call.socket);
  if (socket === undefined) return { said: "no such socket" };
  return { said: callOf(sockets, socket, call) };
}

function listen(sockets: Map<string, TcpSocket>, socket: TcpSocket, call: TcpTraffic): { said: string } {
  const address = call.address == null ? null : ipv4(call.address);
  const failed = socket.bind(address, call.port!) ?? socket.listen(call.backlog);
  if (failed !== null) return { said: failed };
  sockets.set(call.socket, socket);
  return { said: "done" };
}

function connect(sockets: Map<string, TcpSocket>, socket: TcpSocket, call: TcpTraffic): { said: string; port: number } {
  sockets.set(call.socket, socket);
  const bound = socket.bind(call.from === undefined ? null : ipv4(call.from), 0);
  const failed = bound ?? socket.connect(ipv4(call.to!), call.port!);
  return { said: failed ?? "EINPROGRESS", port: socket.local.port };
}

function callOf(sockets: Map<string, TcpSocket>, socket: TcpSocket, call: TcpTraffic): string {
  switch (call.do) {
    case "accept": {
      const child = socket.accept();
      if (child === null) return "EAGAIN";
      sockets.set(call.socket, child);
      return `from ${child.remote!.address}`;
    }
    case "send":
      return socket.send(new Uint8Array(call.bytes!)) ?? `sent ${call.bytes}`;
    case "receive": {
      const got = socket.receive(call.bytes);
      if (got === null) return socket.takeError() ?? (socket.state === "UNCONN" ? "ENOTCONN" : "EAGAIN");
      return got.end ? "end" : `got ${got.data.length}`;
    }
    case "shutdown":
      return socket.shutdown() ?? "done";
    case "abort":
      socket.abort();
      break;
    default:
      socket.close();
  }
  sockets.delete(call.socket);
  return "done";
}
