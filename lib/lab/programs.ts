// Programs that run in pods: servers of HTTP and echoes, and how any program waits for a socket.
//
//     lab.start("web", { ns, out, err }, httpServer(ns, { port: 8080 }));
//
// Before you edit: RFC 9112 (HTTP/1.1), RFC 862 (echo); process.ts says what a program is.
import { type Errno, errorText } from "../netns/errno.ts";
import type { Netns } from "../netns/netns.ts";
import { asShown, atPort, type Remote } from "../netns/socket/family.ts";
import { UdpSocket } from "../netns/socket/udp.ts";
import { type Received, TcpSocket } from "../netns/tcp/tcp.ts";
import { type Ip, ip } from "../wire/address.ts";
import { UNSPECIFIED6 } from "../wire/address6.ts";
import type { Program, Wait } from "./process.ts";

/** What a program asks the kernel and waits for; the generator's value is the answer. */
export type Asking<T> = Generator<Wait, T, void>;

/** Connects and waits: null when it is done, else why not; ETIMEDOUT too when `until` comes first. */
export function* connected(
  socket: TcpSocket,
  address: Ip,
  port: number,
  until?: number,
  cause?: number,
): Asking<Errno | null> {
  const failed = socket.connect(address, port, cause);
  if (failed !== null) return failed;
  while (socket.state === "SYN-SENT" || socket.state === "SYN-RECV") {
    if (until !== undefined && socket.ns.cables.now >= until) return "ETIMEDOUT";
    yield { on: [socket], ...(until !== undefined && { until }) };
  }
  return socket.takeError();
}

/** The next octets, the end, an error, or null when `until` comes first. */
export function* more(socket: TcpSocket, until?: number): Asking<Received | Errno | null> {
  for (;;) {
    const piece = socket.receive() ?? socket.takeError();
    if (piece !== null) return piece;
    if (until !== undefined && socket.ns.cables.now >= until) return null;
    yield { on: [socket], ...(until !== undefined && { until }) };
  }
}

export interface Listening {
  readonly port: number;
  /** Any IPv4 address of the namespace unless one is named; `::` takes both families. */
  readonly address?: string;
  /** Name of the program in `ss` and in the trace. */
  readonly program?: string;
}

/** A socket that listens, or why there is none. Servers set SO_REUSEADDR, so they can be started again at once. */
export function listen(ns: Netns, { port, address, program = "server" }: Listening, backlog = 4096): TcpSocket | Errno {
  const named = address === undefined ? null : ip(address);
  const socket = new TcpSocket(ns, program, named?.family ?? 4);
  socket.reuseAddress = true;
  const failed = socket.bind(named === UNSPECIFIED6 ? null : named, port) ?? socket.listen(backlog);
  if (failed === null) return socket;
  socket.close();
  return failed;
}

/** What a server does when one of its connections has something: false when it is done with it. */
export type Serve = (connection: TcpSocket) => boolean;

/** Accepts for ever, and asks `begin` for what to do with each connection. All sockets close when it is ended. */
export function* serve(listener: TcpSocket, begin: (connection: TcpSocket) => Serve): Program {
  const open = new Map<TcpSocket, Serve>();
  try {
    for (;;) {
      for (let next = listener.accept(); next !== null; next = listener.accept()) open.set(next, begin(next));
      for (const [connection, step] of open) {
        if (step(connection)) continue;
        open.delete(connection);
      }
      yield { on: [listener, ...open.keys()] };
    }
  } finally {
    for (const connection of open.keys()) connection.close();
    listener.close();
  }
}

// biome-ignore lint/correctness/useYield: a program that ends before it waits for anything
function* refused(failed: Errno, program: string, err: ((text: string) => void) | undefined): Program {
  err?.(`${program}: bind: ${errorText(failed)}\n`);
  return 1;
}

export interface Server extends Listening {
  /** Where it says why it cannot start. */
  readonly err?: (text: string) => void;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** As `HTTP/1.1`. */
  readonly version: string;
  /** The other end as the server sees it: an address that was translated on the way is not the client's own. */
  readonly client: Remote;
  readonly headers: ReadonlyMap<string, string>;
}

/** A body, or a body with another status than 200, and with headers besides those of every answer. */
export type HttpAnswer =
  | string
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> };

const REASONS: Readonly<Record<number, string>> = { 200: "OK", 404: "Not Found", 503: "Service Unavailable" };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An HTTP/1.1 server. Unless `reply` says otherwise it answers who it is and whom it saw: `app saw client 10.244.1.2:42576`. */
export function httpServer(
  ns: Netns,
  options: Server & { readonly reply?: (request: HttpRequest) => HttpAnswer },
): Program {
  const { program = "http-server", err } = options;
  const reply = options.reply ?? (({ client }) => `${ns.name} saw client ${atPort(client.address, client.port)}\n`);
  const listener = listen(ns, { ...options, program });
  if (typeof listener === "string") return refused(listener, program, err);
  return serve(listener, (connection) =>
    httpConnection(connection, (request) => {
      const answer = reply(request);
      const { status, body: text, headers = {} } = typeof answer === "string" ? { status: 200, body: answer } : answer;
      const body = encoder.encode(text);
      const all = { "Content-Type": "text/plain", ...headers, "Content-Length": `${body.length}` };
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = `HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}\r\n${lines.join("")}\r\n`;
      const whole = request.method === "HEAD" ? encoder.encode(head) : bytesOf(head, body);
      const keep = request.version === "HTTP/1.1" && request.headers.get("connection")?.toLowerCase() !== "close";
      return { pieces: [whole], close: !keep };
    }),
  );
}

function bytesOf(head: string, body: Uint8Array): Uint8Array {
  const start = encoder.encode(head);
  const out = new Uint8Array(start.length + body.length);
  out.set(start);
  out.set(body, start.length);
  return out;
}

/** The other end as the program sees it: over IPv4 a socket of IPv6 sees a mapped address. */
function clientOf({ remote, family }: TcpSocket): Remote {
  return { address: asShown(remote!.address, family)!, port: remote!.port };
}

/** Reads requests of one connection and sends what `answer` says, each piece with a write of its own. */
export function httpConnection(
  connection: TcpSocket,
  answer: (request: HttpRequest) => { readonly pieces: readonly Uint8Array[]; readonly close: boolean },
): Serve {
  let text = "";
  return () => {
    for (;;) {
      const piece = connection.receive();
      if (piece === null && connection.takeError() === null) return true;
      if (piece === null || piece.end) {
        connection.close(piece?.cause);
        return false;
      }
      text += decoder.decode(piece.data, { stream: true });
      for (let end = text.indexOf("\r\n\r\n"); end !== -1; end = text.indexOf("\r\n\r\n")) {
        const { pieces, close } = answer(requestOf(text.slice(0, end), clientOf(connection)));
        text = text.slice(end + 4);
        for (const each of pieces) connection.send(each, piece.cause);
        if (!close) continue;
        connection.shutdown(piece.cause);
        connection.close(piece.cause);
        return false;
      }
    }
  };
}

function requestOf(head: string, client: HttpRequest["client"]): HttpRequest {
  const [first = "", ...lines] = head.split("\r\n");
  const [method = "", path = "", version = "HTTP/0.9"] = first.split(" ");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { method, path, version, client, headers };
}

/** Sends back what comes, by TCP (RFC 862). */
export function tcpEcho(ns: Netns, options: Server): Program {
  const { program = "tcp-echo", err } = options;
  const listener = listen(ns, { ...options, program });
  if (typeof listener === "string") return refused(listener, program, err);
  return serve(listener, () => (connection) => {
    for (;;) {
      const piece = connection.receive();
      if (piece === null && connection.takeError() === null) return true;
      if (piece === null || piece.end) {
        connection.close(piece?.cause);
        return false;
      }
      connection.send(piece.data, piece.cause);
    }
  });
}

/** Sends back what comes, by UDP (RFC 862). */
export function udpEcho(ns: Netns, options: Server): Program {
  const { program = "udp-echo", err, address, port } = options;
  const named = address === undefined ? null : ip(address);
  const socket = new UdpSocket(ns, program, named?.family ?? 4);
  const failed = socket.bind(named === UNSPECIFIED6 ? null : named, port);
  if (failed !== null) return refused(failed, program, err);
  return echoDatagrams(socket);
}

function* echoDatagrams(socket: UdpSocket): Program {
  try {
    for (;;) {
      for (let next = socket.receive(); next !== null; next = socket.receive())
        socket.send(next.data, next.from, next.cause);
      yield { on: [socket] };
    }
  } finally {
    socket.close();
  }
}
