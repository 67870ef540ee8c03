// A Jupyter client small enough to read: it starts a kernel and talks to it over
// the five sockets, so that the protocol is tested without Python.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { createServer } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { Dealer, Request as Req, Subscriber } from "zeromq";
import { kernelSpec } from "../../lib/jupyter/spec.ts";
import { type Connection, createWire, encode, type Json, type Request } from "../../lib/jupyter/wire.ts";

export interface Message {
  readonly channel: string;
  readonly type: string;
  readonly header: Json;
  readonly parent: Json;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into contents of every shape.
  readonly content: any;
}

export interface Executed {
  readonly reply: Message;
  readonly iopub: readonly Message[];
  /** The types of what was published, in order. */
  readonly types: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  /** text/plain of the result. */
  readonly result: string | undefined;
}

export type ChannelName = "shell" | "control" | "stdin";

export interface Client {
  readonly process: ChildProcess;
  /** Milliseconds from starting the process to its first answer. */
  readonly readyMs: number;
  readonly connection: Connection;
  /** Everything received so far. */
  readonly received: readonly Message[];
  /** Sends a request and returns its message id. */
  send(channel: ChannelName, type: string, content: object, parent?: Json): string;
  sendFrames(channel: ChannelName, frames: (Uint8Array | string)[]): void;
  /** The first message that fits, come or to come. */
  wait(fits: (message: Message) => boolean, ms?: number): Promise<Message>;
  /** Sends a request and waits for its reply. */
  ask(channel: ChannelName, type: string, content: object): Promise<Message>;
  execute(code: string, options?: object): Promise<Executed>;
  /** Reply and output of an execute_request already sent. */
  finished(id: string): Promise<Executed>;
  interrupt(): Promise<void>;
  heartbeat(): Promise<string>;
  stop(): Promise<void>;
}

/** Ports of loopback that nobody listens on. */
export async function freePorts(n: number): Promise<number[]> {
  const servers = Array.from({ length: n }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Starts a kernel in `cwd` and connects; `argv` for another kernel than ours. */
export async function startClient(
  options: { cwd?: string; argv?: readonly string[]; key?: string } = {},
): Promise<Client> {
  const [shell_port = 0, control_port = 0, iopub_port = 0, stdin_port = 0, hb_port = 0] = await freePorts(5);
  const ports = { shell_port, control_port, iopub_port, stdin_port, hb_port };
  const key = options.key ?? "a key";
  const connection: Connection = { transport: "tcp", ip: "127.0.0.1", ...ports, key, signature_scheme: "hmac-sha256" };
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "packetwalk-")), "connection.json");
  fs.writeFileSync(file, JSON.stringify(connection));
  const [command = "", ...args] = (options.argv ?? kernelSpec().argv).map((arg) =>
    arg.replace("{connection_file}", file),
  );
  const start = performance.now();
  const child = spawn(command, args, { cwd: options.cwd ?? os.tmpdir(), stdio: ["ignore", "ignore", "inherit"] });

  const wire = createWire(connection);
  const address = (port: number) => `tcp://127.0.0.1:${port}`;
  // One identity on shell and stdin, as Jupyter's clients have it: input requests are routed by it.
  const routingId = `client-${child.pid}`;
  const sockets = {
    shell: new Dealer({ routingId }),
    control: new Dealer({ routingId }),
    stdin: new Dealer({ routingId }),
  };
  const iopub = new Subscriber();
  iopub.subscribe();
  sockets.shell.connect(address(connection.shell_port));
  sockets.control.connect(address(connection.control_port));
  sockets.stdin.connect(address(connection.stdin_port));
  iopub.connect(address(connection.iopub_port));

  const received: Message[] = [];
  const waiting = new Set<() => void>();
  const take = (channel: string, request: Request | undefined) => {
    if (!request) return;
    const { header, parent, content } = request;
    received.push({ channel, type: String(header.msg_type), header, parent, content });
    for (const look of waiting) look();
  };
  const listen = async (channel: string, socket: AsyncIterable<Uint8Array[]>) => {
    for await (const frames of socket) take(channel, wire.read(frames));
  };
  for (const channel of ["shell", "control", "stdin"] as const) void listen(channel, sockets[channel]);
  void listen("iopub", iopub);
  const queues = { shell: Promise.resolve(), control: Promise.resolve(), stdin: Promise.resolve() };

  const client: Client & { readyMs: number } = {
    process: child,
    readyMs: 0,
    connection,
    received,
    sendFrames(channel, frames) {
      queues[channel] = queues[channel].then(() => sockets[channel].send(frames)).catch(() => {});
    },
    send(channel, type, content, parent = {}) {
      const frames = wire.write({ identities: [], type, parent, content: encode(content) });
      client.sendFrames(channel, frames);
      return String(JSON.parse(String(frames[2])).msg_id);
    },
    wait(fits, ms = 15000) {
      return new Promise((resolve, reject) => {
        let seen = 0;
        const look = () => {
          for (; seen < received.length; seen++) {
            const message = received[seen];
            if (!message || !fits(message)) continue;
            clearTimeout(timer);
            waiting.delete(look);
            resolve(message);
            return;
          }
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          const last = received
            .slice(-5)
            .map((m) => `${m.channel} ${m.type} ${JSON.stringify(m.content).slice(0, 120)}`);
          reject(new Error(`no such message in ${ms} ms; the last were:\n${last.join("\n")}`));
        }, ms);
        waiting.add(look);
        look();
      });
    },
    ask(channel, type, content) {
      const id = client.send(channel, type, content);
      return client.wait((m) => m.channel === channel && m.parent.msg_id === id);
    },
    async finished(id) {
      const reply = await client.wait((m) => m.channel === "shell" && m.parent.msg_id === id);
      await client.wait((m) => m.parent.msg_id === id && m.content.execution_state === "idle");
      const mine = received.filter((m) => m.channel === "iopub" && m.parent.msg_id === id);
      const text = (name: string) =>
        mine.map((m) => (m.type === "stream" && m.content.name === name ? String(m.content.text) : "")).join("");
      const result = mine.find((m) => m.type === "execute_result")?.content.data["text/plain"];
      const types = mine.map((m) => m.type);
      return { reply, iopub: mine, types, stdout: text("stdout"), stderr: text("stderr"), result };
    },
    execute(code, more = {}) {
      const defaults = {
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      };
      return client.finished(client.send("shell", "execute_request", { code, ...defaults, ...more }));
    },
    async interrupt() {
      await client.ask("control", "interrupt_request", {});
    },
    async heartbeat() {
      const socket = new Req();
      socket.connect(address(connection.hb_port));
      await socket.send("beat");
      const [echo] = await socket.receive();
      socket.close();
      return String(echo);
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      }
      for (const socket of [...Object.values(sockets), iopub]) socket.close();
      fs.rmSync(path.dirname(file), { recursive: true, force: true });
    },
  };
  await client.ask("shell", "kernel_info_request", {});
  client.readyMs = performance.now() - start;
  // Subscribing takes a moment; the kernel's welcome says that it happened.
  await client.wait((m) => m.type === "iopub_welcome", options.argv ? 300 : 5000).catch(() => {});
  return client;
}
