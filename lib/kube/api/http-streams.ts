// Logs and exec for a real kubectl: text over HTTP, and a WebSocket whose frames say which stream they are of.
// Before you edit: RFC 6455, staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go (v5.channel.k8s.io),
// staging/src/k8s.io/kubelet/pkg/cri/streaming/remotecommand/websocket.go.
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Process } from "../../lab/process.ts";
import { BadInput } from "../../wire/input.ts";
import { openLog } from "./log.ts";
import type { LogStream } from "./node-proxy.ts";
import type { KubeObject } from "./object.ts";
import type { ApiServer } from "./server.ts";
import { ApiError, failure, notFound } from "./status.ts";

const PART = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/(log|exec)$/;

function podOf(server: ApiServer, path: string): KubeObject | null {
  const [, namespace, name, of] = PART.exec(path) ?? [];
  if (of !== "exec") return null;
  const pods = server.resource("pods", "")!;
  const pod = server.find(pods, namespace!, name!);
  if (pod === undefined) throw notFound(pods, name!);
  return pod;
}

/** Opens the log that `GET …/pods/NAME/log?follow=true` asks for; null for another path. Throws ApiError. */
export function followedLog(
  server: ApiServer,
  path: string,
  query: Readonly<Record<string, string>>,
): LogStream | null {
  const [, namespace, name, of] = PART.exec(path) ?? [];
  return of === "log" && query.follow !== undefined ? openLog(server, namespace!, name!, query) : null;
}

/** Writes a log as it comes, until the container ends or nobody listens any more. */
export function sendLog(response: ServerResponse, { read, isOver, more }: LogStream): void {
  let wakeNoMore = () => {};
  const go = () => {
    response.write(read());
    if (isOver()) response.end();
    else wakeNoMore = more.sleep(go);
  };
  response.on("close", () => wakeNoMore());
  response.writeHead(200, { "content-type": "text/plain" });
  response.flushHeaders();
  go();
}

const PROTOCOL = "v5.channel.k8s.io";
/** What a server adds to a client's key to show that it speaks WebSocket (RFC 6455, 1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const [STDIN, STDOUT, STDERR, ERROR, CLOSE] = [0, 1, 2, 3, 255];
const [CONTINUATION, TEXT, BINARY, CLOSING, PING, PONG] = [0x0, 0x1, 0x2, 0x8, 0x9, 0xa];

/** Answers `GET …/pods/NAME/exec` with a WebSocket, or refuses. */
export function execUpgrade(server: ApiServer, request: IncomingMessage, socket: Duplex): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  socket.on("error", () => socket.destroy());
  try {
    const pod = podOf(server, decodeURIComponent(pathname));
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(/\s*,\s*/);
    const { nodes } = server;
    if (pod === null || nodes === null || !offered.includes(PROTOCOL)) throw failure("unable to upgrade connection");
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${PROTOCOL}\r\n\r\n`,
    );
    const start = (stdin: string, say: Say) =>
      nodes.exec(pod, searchParams.get("container") ?? "", searchParams.getAll("command"), stdin, {
        out: (text) => say(STDOUT!, text),
        err: (text) => say(STDERR!, text),
      });
    converse(socket, start, searchParams.get("stdin") === "true");
  } catch (refused) {
    if (!(refused instanceof ApiError)) throw refused;
    const body = JSON.stringify(refused.status);
    socket.end(
      `HTTP/1.1 ${refused.status.code} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
}

type Say = (channel: number, text: string) => void;

function frame(opcode: number, data: Buffer): Buffer {
  const { length } = data;
  const head =
    length < 126
      ? Buffer.from([0x80 | opcode, length])
      : length < 65536
        ? Buffer.from([0x80 | opcode, 126, length >> 8, length & 255])
        : Buffer.concat([
            Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0]),
            Buffer.from(Uint32Array.of(length).buffer).reverse(),
          ]);
  return Buffer.concat([head, data]);
}

/** Frames of a client as they come whole; its octets are masked. */
function* frames(buffer: { data: Buffer }): Generator<{ opcode: number; data: Buffer }, void, void> {
  for (;;) {
    const { data } = buffer;
    if (data.length < 6) return;
    const short = data[1]! & 127;
    const at = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (data.length < at + 4) return;
    const length = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short;
    if (data.length < at + 4 + length) return;
    const mask = data.subarray(at, at + 4);
    const body = Buffer.from(data.subarray(at + 4, at + 4 + length)).map((octet, i) => octet ^ mask[i & 3]!);
    buffer.data = data.subarray(at + 4 + length);
    yield { opcode: data[0]! & 15, data: Buffer.from(body) };
  }
}

/** How often it is looked whether the command is done, in milliseconds of this machine. */
const LOOK = 10;

function converse(socket: Duplex, start: (stdin: string, say: Say) => Process, hasInput: boolean): void {
  const buffer = { data: Buffer.alloc(0) };
  let stdin = "";
  let process: Process | null = null;
  const say: Say = (channel, text) =>
    socket.write(frame(BINARY!, Buffer.concat([Buffer.from([channel]), Buffer.from(text)])));
  const end = (status: object) => {
    say(ERROR!, JSON.stringify({ metadata: {}, ...status }));
    socket.write(frame(CLOSING!, Buffer.from([0x03, 0xe8])));
    socket.end();
  };
  const begin = () => {
    if (process !== null) return;
    try {
      process = start(stdin, say);
    } catch (refused) {
      if (!(refused instanceof ApiError) && !(refused instanceof BadInput)) throw refused;
      return end({
        status: "Failure",
        reason: "InternalError",
        message: `error executing command in container: ${refused.message}`,
        code: 500,
      });
    }
    const timer = setInterval(() => {
      const status = process!.status;
      if (status === null) return;
      clearInterval(timer);
      if (status === 0) return end({ status: "Success" });
      const message = `command terminated with non-zero exit code: exit status ${status}`;
      const causes = [{ reason: "ExitCode", message: String(status) }];
      end({ status: "Failure", message, reason: "NonZeroExitCode", details: { causes } });
    }, LOOK);
    socket.on("close", () => clearInterval(timer));
  };
  socket.on("data", (chunk: Buffer) => {
    buffer.data = Buffer.concat([buffer.data, chunk]);
    for (const { opcode, data } of frames(buffer)) {
      if (opcode === PING) socket.write(frame(PONG!, data));
      if (opcode === CLOSING) socket.end();
      if (opcode !== BINARY && opcode !== TEXT && opcode !== CONTINUATION) continue;
      if (data[0] === STDIN) stdin += data.subarray(1).toString("utf8");
      if (data[0] === CLOSE && data[1] === STDIN) begin();
    }
  });
  socket.on("close", () => process?.kill(130));
  if (!hasInput) begin();
}
