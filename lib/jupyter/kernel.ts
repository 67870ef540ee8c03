// Starts the kernel: the socket thread first, so that Jupyter gets its first
// answer while the compiler is still loading here.
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { guardProcess } from "./guards.ts";
import { createHandler } from "./handler.ts";
import { createPhase } from "./phase.ts";
import { createSession, type Session } from "./session.ts";
import type { Connection } from "./wire.ts";
import type { ToMain, ToWorker, WorkerData } from "./worker.ts";

/** A client that has a cell ready sends it within this time. */
const WARM_AFTER_MS = 100;

/** Runs the kernel that Jupyter describes in this connection file. */
export function startKernel(connectionFile: string): void {
  const connection = JSON.parse(readFileSync(connectionFile, "utf8")) as Connection;
  const phase = createPhase();
  const workerData: WorkerData = { connection, phase: phase.shared };
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData });
  const post = (message: ToWorker) => worker.postMessage(message);
  worker.on("error", (error) => {
    console.error(error);
    process.kill(process.pid, "SIGKILL");
  });

  let session: Session | undefined;
  const load = (): Session => {
    session ??= createSession({ emit: handler.publish, ask: handler.ask, phase });
    return session;
  };
  const handler = createHandler({
    send: (to, reply) => post({ kind: "send", to, reply }),
    done: () => post({ kind: "done" }),
    session: load,
  });
  worker.on("message", (message: ToMain) => {
    if (message.kind === "interrupt") {
      phase.take();
      handler.interrupt();
    } else if (message.from === "stdin") handler.answered(message.request);
    else handler.request(message.request);
  });
  // Jupyter interrupts by message; a SIGINT from a terminal means the same.
  process.on("SIGINT", () => handler.interrupt());

  const ready = load();
  guardProcess(ready.complain);
  setTimeout(() => handler.idle() && void ready.warm().catch(() => {}), WARM_AFTER_MS);
}
