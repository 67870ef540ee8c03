// curl 7.88 for http://, as it prints on a terminal (no progress meter).
// Before you edit: lib/connect.c (Curl_is_connected), lib/http.c, lib/transfer.c, src/tool_operate.c, tool_writeout.c.

import type { Program } from "../lab/process.ts";
import { type Asking, connected, more } from "../lab/programs.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import { atPort } from "../netns/socket/family.ts";
import { TcpSocket } from "../netns/tcp/tcp.ts";
import { MILLISECOND, SECOND } from "../trace/world.ts";
import type { Ip } from "../wire/address.ts";
import type { Call, Command } from "./command.ts";
import { type CurlOptions, readCurlArguments } from "./curl-arguments.ts";
import { lookUp } from "./host.ts";

export const curl: Command = (call) => {
  const options = readCurlArguments(call);
  return typeof options === "number" ? options : run(call, options);
};

/** What -w can tell. */
interface Told {
  http_code: string;
  remote_ip: string;
  remote_port: string;
  local_ip: string;
  local_port: string;
  size_download: string;
}

function* run(call: Call, options: CurlOptions): Program {
  const told: Told = {
    http_code: "000",
    remote_ip: "",
    remote_port: "0",
    local_ip: "",
    local_port: "0",
    size_download: "0",
  };
  const failed = yield* transfer(call, options, told);
  if (options.writeOut !== null) {
    const text = options.writeOut.replace(/\\n/g, "\n").replace(/\\t/g, "\t").replace(/\\r/g, "\r");
    call.out(text.replace(/%\{(\w+)\}/g, (whole, name: string) => told[name as keyof Told] ?? whole));
  }
  if (failed === null) return 0;
  if (!options.silent || options.showError) call.err(`curl: (${failed.status}) ${failed.text}\n`);
  return failed.status;
}

interface Failure {
  readonly status: number;
  readonly text: string;
}

function* transfer(call: Call, options: CurlOptions, told: Told): Asking<Failure | null> {
  const { lab, ns } = call;
  const { host, port } = options.url;
  const say = (text: string) => {
    if (options.verbose) call.err(`* ${text}\n`);
  };
  const found = yield* lookUp({ ...call, program: "curl" }, host, options.family);
  // It never says what failed, for there was nothing to try.
  if (found === "family") return { status: 7, text: "Couldn't connect to server" };
  if (typeof found === "string") {
    const text = `Could not resolve host: ${host}`;
    say(text);
    say("Closing connection 0");
    return { status: 6, text };
  }
  const { address } = found;
  const begun = lab.now;
  const deadline = options.maxTime === null ? Number.POSITIVE_INFINITY : begun + options.maxTime * SECOND;
  const socket = new TcpSocket(ns, "curl", address.family);
  socket.device = found.scope;
  socket.noDelay = true;
  if (options.keepalive !== null) socket.setKeepalive(true, { idle: options.keepalive, interval: options.keepalive });
  try {
    say(`  Trying ${atPort(address, port)}...`);
    const failed = yield* connect(options, socket, address, begun, deadline, say);
    if (failed !== null) {
      say(failed.text);
      say("Closing connection 0");
      return failed;
    }
    told.remote_ip = `${address}`;
    told.remote_port = `${port}`;
    told.local_ip = `${socket.local.address}`;
    told.local_port = `${socket.local.port}`;
    say(`Connected to ${host} (${address}) port ${port} (#0)`);
    return yield* new Exchange(call, options, socket, told, say).run(begun, deadline);
  } finally {
    socket.close();
  }
}

function* connect(
  { url, connectTimeout }: CurlOptions,
  socket: TcpSocket,
  address: Ip,
  begun: number,
  deadline: number,
  say: (text: string) => void,
): Asking<Failure | null> {
  const { cables } = socket.ns;
  const limit = Math.min(deadline, begun + (connectTimeout ?? 300) * SECOND);
  const errno = yield* connected(socket, address, url.port, limit);
  if (errno === null) return null;
  const spent = Math.floor((cables.now - begun) / MILLISECOND);
  const failedTo = `Failed to connect to ${url.host} port ${url.port} after ${spent} ms`;
  // It looks at its clock before it looks at its socket (Curl_is_connected).
  if (cables.now >= limit) {
    if (limit === deadline) return { status: 28, text: `Connection timed out after ${spent} milliseconds` };
    say(`ipv4 connect timeout after ${spent}ms, move on!`);
    return { status: 28, text: `${failedTo}: Timeout was reached` };
  }
  say(
    cables.now === begun && errno !== "ECONNREFUSED"
      ? `Immediate connect fail for ${address}: ${errorText(errno)}`
      : `connect to ${address} port ${url.port} failed: ${errorText(errno)}`,
  );
  // lib/connect.c: a connection that timed out in the kernel is a timeout for curl too.
  if (errno === "ETIMEDOUT") return { status: 28, text: `${failedTo}: Timeout was reached` };
  return { status: 7, text: `${failedTo}: Couldn't connect to server` };
}

/** A request and its answer. */
class Exchange {
  private readonly call: Call;
  private readonly options: CurlOptions;
  private readonly socket: TcpSocket;
  private readonly told: Told;
  private readonly say: (text: string) => void;
  private readonly decoder = new TextDecoder();
  private head = "";
  private body = 0;
  private length = Number.POSITIVE_INFINITY;
  private inBody = false;
  private keep = true;
  private code = 0;

  constructor(call: Call, options: CurlOptions, socket: TcpSocket, told: Told, say: (text: string) => void) {
    this.call = call;
    this.options = options;
    this.socket = socket;
    this.told = told;
    this.say = say;
  }

  *run(begun: number, deadline: number): Asking<Failure | null> {
    const { socket, options, call } = this;
    const request = this.request();
    if (options.verbose) for (const line of request.split("\r\n").slice(0, -1)) call.err(`> ${line}\r\n`);
    const refused = socket.send(new TextEncoder().encode(request), socket.openedBy);
    if (refused !== null) return this.end({ status: 55, text: `Send failure: ${errorText(refused)}` });
    for (;;) {
      const piece = yield* more(socket, Number.isFinite(deadline) ? deadline : undefined);
      if (piece === null) {
        const spent = Math.floor((call.lab.now - begun) / MILLISECOND);
        const outOf = Number.isFinite(this.length) ? ` out of ${this.length}` : "";
        const text = `Operation timed out after ${spent} milliseconds with ${this.body}${outOf} bytes received`;
        return this.end({ status: 28, text });
      }
      if (typeof piece === "string") return this.end(received(piece));
      if (piece.end) return this.end(this.atEnd());
      const failure = this.take(piece.data);
      if (failure !== undefined) return this.end(failure);
    }
  }

  private request(): string {
    const { url, method, headers } = this.options;
    const own = new Map([
      ["host", `Host: ${url.authority}`],
      ["user-agent", "User-Agent: curl/7.88.1"],
      ["accept", "Accept: */*"],
    ]);
    const added: string[] = [];
    for (const header of headers) {
      const name = header.split(":")[0]!.toLowerCase();
      const isEmpty = /^[^:]*:\s*$/.test(header);
      if (name === "host" && !isEmpty) own.set(name, header);
      else {
        own.delete(name);
        if (!isEmpty) added.push(header);
      }
    }
    return [`${method} ${url.target} HTTP/1.1`, ...own.values(), ...added, "", ""].join("\r\n");
  }

  /** Closing words; the failure's own come behind it, before "Closing connection". */
  private end(failure: Failure | null): Failure | null {
    if (failure !== null) this.say(failure.text);
    this.say(
      this.keep && failure === null
        ? `Connection #0 to host ${this.options.url.host} left intact`
        : "Closing connection 0",
    );
    return failure;
  }

  /** Undefined: go on; null: all is there. */
  private take(data: Uint8Array): Failure | null | undefined {
    if (this.inBody) return this.takeBody(data);
    this.head += String.fromCharCode(...data);
    if (!"HTTP/".startsWith(this.head.slice(0, 5))) {
      this.keep = false;
      return { status: 1, text: "Received HTTP/0.9 when not allowed" };
    }
    const end = this.head.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const rest = Uint8Array.from(this.head.slice(end + 4), (char) => char.charCodeAt(0));
    this.readHead(this.head.slice(0, end).split("\r\n"));
    this.inBody = true;
    if (this.options.fail && this.code >= 400)
      return { status: 22, text: `The requested URL returned error: ${this.code}` };
    if (this.options.head || this.length === 0) return null;
    return rest.length > 0 ? this.takeBody(rest) : undefined;
  }

  private readHead(lines: readonly string[]): void {
    const { options, call, told } = this;
    const [status = ""] = lines;
    told.http_code = /^HTTP\/\S+ (\d{3})/.exec(status)?.[1] ?? "000";
    this.code = Number(told.http_code);
    const headers = new Map(
      lines.slice(1).map((line) => [line.split(":")[0]!.toLowerCase(), line.replace(/^[^:]*:\s*/, "")]),
    );
    const isOld = status.startsWith("HTTP/1.0");
    this.keep = headers.get("connection")?.toLowerCase() !== "close" && !isOld;
    if (isOld) this.say("HTTP 1.0, assume close after body");
    const length = headers.get("content-length");
    if (length !== undefined) this.length = Number(length);
    for (const line of [...lines, ""]) {
      if (line === "" && length === undefined && !isOld && this.keep && !options.head) {
        this.say("no chunk, no close, no size. Assume close to signal end");
        this.keep = false;
      }
      if (options.verbose) call.err(`< ${line}\r\n`);
      if (options.include && !options.discard) call.out(`${line}\r\n`);
    }
  }

  private takeBody(data: Uint8Array): null | undefined {
    const { options, call, told } = this;
    const part = data.subarray(0, this.length - this.body);
    this.body += part.length;
    told.size_download = `${this.body}`;
    if (options.discard) {
      if (options.verbose) call.err(`{ [${part.length} bytes data]\n`);
    } else call.out(this.decoder.decode(part, { stream: true }));
    return this.body >= this.length ? null : undefined;
  }

  private atEnd(): Failure | null {
    if (!this.inBody) {
      this.keep = false;
      return { status: 52, text: "Empty reply from server" };
    }
    this.keep = false;
    if (!Number.isFinite(this.length)) return null;
    return { status: 18, text: `transfer closed with ${this.length - this.body} bytes remaining to read` };
  }
}

function received(errno: Errno): Failure {
  return { status: 56, text: `Recv failure: ${errorText(errno)}` };
}
