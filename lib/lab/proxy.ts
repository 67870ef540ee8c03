// A proxy for HTTP in the manner of nginx: it ends the client's connection, reads the request, picks an upstream by host
// and path, and asks that one over a connection of its own.
// Before you edit: nginx' src/http/ngx_http_upstream.c, ngx_http_proxy_module.c (proxy_http_version 1.0,
// proxy_add_x_forwarded_for).
import type { Netns } from "../netns/netns.ts";
import { TcpSocket } from "../netns/tcp/tcp.ts";
import { SECOND } from "../trace/world.ts";
import { ip } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import type { Program } from "./process.ts";
import { type Asking, connected, type Listening, listen, more } from "./programs.ts";

/** Requests with this host, if one is said, and a path that matches go to this address and port. */
export interface ProxyRoute {
  readonly host?: string;
  readonly path?: RegExp;
  /** As `10.0.0.11:8080`. */
  readonly to: string;
}

/** As proxy_connect_timeout and proxy_read_timeout. */
const PATIENCE = 60 * SECOND;

/**
 * A proxy that hands each request to the first route that fits; without one it answers 404, without an upstream 502. Every
 * connection carries one request without a body; `start` runs a program beside this one. Throws BadInput for an upstream
 * that is no address with a port.
 */
export function httpProxy(
  ns: Netns,
  routes: readonly ProxyRoute[],
  options: Listening,
  start: (program: Program) => void,
): Program {
  const { program = "proxy" } = options;
  const read = routes.map((route) => ({ ...route, ...upstreamOf(route.to) }));
  const listener = listen(ns, { ...options, program });
  if (typeof listener === "string")
    throw new BadInput("the proxy cannot listen", `${options.port}`, `The kernel says ${listener}.`);
  return accept(listener, (client) => start(relay(client, read, program)));
}

interface Upstream {
  readonly address: ReturnType<typeof ip>;
  readonly port: number;
}

function upstreamOf(text: string): Upstream {
  const [, host, port] = /^([\d.]+):(\d+)$/.exec(text) ?? [];
  if (host === undefined) throw new BadInput("not an address with a port", text, "Write it as 10.0.0.11:8080.");
  return { address: ip(host), port: Number(port) };
}

function* accept(listener: TcpSocket, begin: (client: TcpSocket) => void): Program {
  try {
    for (;;) {
      for (let next = listener.accept(); next !== null; next = listener.accept()) begin(next);
      yield { on: [listener] };
    }
  } finally {
    listener.close();
  }
}

const encoder = new TextEncoder();

/** One request: from the client to an upstream, and the answer back. */
function* relay(client: TcpSocket, routes: readonly (ProxyRoute & Upstream)[], program: string): Program {
  const until = client.ns.cables.now + PATIENCE;
  try {
    const request = yield* requestOf(client, until);
    if (request === null) return 0;
    const { head } = request;
    const path = /^\S+ (\S+)/.exec(head)?.[1] ?? "/";
    const host = /^host: *([^\s:]+)/im.exec(head)?.[1];
    const route = routes.find((each) => (each.host ?? host) === host && (each.path?.test(path) ?? true));
    if (route === undefined) return refuse(client, "404 Not Found");
    const upstream = new TcpSocket(client.ns, program, 4);
    try {
      if ((yield* connected(upstream, route.address, route.port, until)) !== null)
        return refuse(client, "502 Bad Gateway");
      upstream.send(encoder.encode(forwarded(head, `${client.remote!.address}`)));
      for (;;) {
        const piece = yield* more(upstream, until);
        if (piece === null || typeof piece === "string" || piece.end) return 0;
        client.send(piece.data, piece.cause);
      }
    } finally {
      upstream.close();
    }
  } finally {
    client.close();
  }
}

/** A request as it came. */
interface Request {
  /** What stands before the empty line. */
  readonly head: string;
  readonly body: string;
  /** The step that brought its end. */
  readonly cause: number;
}

/** A request, when `isWhole` says that its body is there; null when it does not come. */
export function* requestOf(
  client: TcpSocket,
  until: number,
  isWhole: (head: string, body: string) => boolean = () => true,
): Asking<Request | null> {
  // Of its own: a letter that is cut in two waits in it.
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const piece = yield* more(client, until);
    if (piece === null || typeof piece === "string" || piece.end) return null;
    text += decoder.decode(piece.data, { stream: true });
    const end = text.indexOf("\r\n\r\n");
    if (end === -1) continue;
    const [head, body] = [text.slice(0, end), text.slice(end + 4)];
    if (isWhole(head, body)) return { head, body, cause: piece.cause };
  }
}

/** The request as the upstream gets it: it is to close afterwards, and learns who asked. */
function forwarded(head: string, client: string): string {
  const [first = "", ...lines] = head.split("\r\n");
  const kept = lines.filter((line) => !/^(connection|x-forwarded-for):/i.test(line));
  const before = lines.find((line) => /^x-forwarded-for:/i.test(line))?.replace(/^[^:]*: */, "");
  const list = before === undefined ? client : `${before}, ${client}`;
  const words = [first.replace(/HTTP\/[\d.]+$/, "HTTP/1.0"), ...kept, `X-Forwarded-For: ${list}`, "Connection: close"];
  return `${words.join("\r\n")}\r\n\r\n`;
}

function refuse(client: TcpSocket, status: string): number {
  const body = `${status}\n`;
  client.send(
    encoder.encode(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`),
  );
  return 1;
}
