// The kernel's second thread. It owns the sockets, so that output flows and
// interrupts, shutdowns and heartbeats are answered while the main thread is
// compiling or inside a reader's endless loop.
import { parentPort, workerData } from "node:worker_threads";
import { kernelInfo } from "./info.ts";
import { stopWhenStuck } from "./interrupt.ts";
import { createPhase } from "./phase.ts";
import { type Channel, openSockets } from "./sockets.ts";
import { type Connection, createWire, encode, type Json, type Reply, type Request } from "./wire.ts";

/** What the socket thread gets when it starts. */
export interface WorkerData {
  readonly connection: Connection;
  readonly phase: SharedArrayBuffer;
}

/** From the socket thread to the main thread. */
export type ToMain =
  | { readonly kind: "request"; readonly from: "shell" | "stdin"; readonly request: Request }
  | { readonly kind: "interrupt" };

/** From the main thread to the socket thread. */
export type ToWorker =
  | { readonly kind: "send"; readonly to: Channel | "iopub"; readonly reply: Reply }
  | { readonly kind: "done" };

const { connection, phase: shared } = workerData as WorkerData;
const main = parentPort;
if (!main) throw new Error("worker.js is started by the kernel, not by hand");
const phase = createPhase(shared);
const wire = createWire(connection);
/** Requests the main thread has not finished: while there are none, kernel_info is answered here. */
let outstanding = 0;

const sockets = await openSockets(connection, receive, welcome);
publish("status", { execution_state: "starting" }, {});
main.on("message", (message: ToWorker) => {
  if (message.kind === "send") sockets.send(message.to, wire.write(message.reply));
  else outstanding--;
});
exitWithParent();

function tellMain(message: ToMain): void {
  main?.postMessage(message);
}

function publish(type: string, content: Json, parent: Json): void {
  sockets.send("iopub", wire.write({ identities: [`kernel.${type}`], type, parent, content: encode(content) }));
}

function welcome(topic: Uint8Array): (Uint8Array | string)[] {
  const content = encode({ subscription: Buffer.from(topic).toString("utf8") });
  return wire.write({ identities: [topic], type: "iopub_welcome", parent: {}, content });
}

function receive(from: Channel, frames: Uint8Array[]): void {
  const request = wire.read(frames);
  if (!request) return;
  const type = request.header.msg_type as string;
  if (from === "stdin") tellMain({ kind: "request", from, request });
  else if (from === "control" || type === "shutdown_request" || (type === "kernel_info_request" && outstanding === 0)) {
    answer(from, type, request);
  } else {
    outstanding++;
    tellMain({ kind: "request", from, request });
  }
}

function answer(from: Channel, type: string, request: Request): void {
  const reply = (content: Json) =>
    sockets.send(
      from,
      wire.write({
        identities: request.identities,
        type: type.replace(/_request$/, "_reply"),
        parent: request.header,
        content: encode(content),
      }),
    );
  publish("status", { execution_state: "busy" }, request.header);
  if (type === "kernel_info_request") reply(kernelInfo());
  else if (type === "interrupt_request") {
    const taken = phase.taken();
    tellMain({ kind: "interrupt" });
    void stopWhenStuck(phase, taken);
    reply({ status: "ok" });
  } else if (type === "shutdown_request") {
    const content = { status: "ok", restart: request.content.restart === true };
    reply(content);
    publish("shutdown_reply", content, request.header);
    void end();
  } else if (type.endsWith("_request")) reply(unsupported(type));
  publish("status", { execution_state: "idle" }, request.header);
}

function unsupported(type: string): Json {
  const evalue = `this kernel has no answer to ${type}`;
  return { status: "error", ename: "UnknownMessage", evalue, traceback: [evalue] };
}

async function end(): Promise<void> {
  await sockets.flushed();
  // Time for zeromq's own thread to put the bytes on the wire.
  await new Promise((resolve) => setTimeout(resolve, 50));
  // Not exit(): timers a cell left, zeromq in this thread or an open inspector session would hold or crash it.
  process.kill(process.pid, "SIGKILL");
}

/** A Jupyter that was killed sends no shutdown: the kernel ends when its parent is gone. */
function exitWithParent(): void {
  const parent = Number(process.env.JPY_PARENT_PID);
  if (!(parent > 1)) return;
  setInterval(() => {
    try {
      process.kill(parent, 0);
    } catch {
      process.kill(process.pid, "SIGKILL");
    }
  }, 2000).unref();
}
