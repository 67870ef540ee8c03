// The five sockets of a kernel, with one queue for each that sends: a zeromq
// socket refuses a second send while the first is under way, and what is refused
// is lost.
import { Reply as Rep, Router, XPublisher } from "zeromq";
import type { Connection } from "./wire.ts";

type Frames = (Uint8Array | string)[];
/** A socket that takes requests and sends answers. */
export type Channel = "shell" | "control" | "stdin";

/** The open sockets. */
export interface Sockets {
  send(to: Channel | "iopub", frames: Frames): void;
  /** Resolves when everything sent so far has been handed to the network. */
  flushed(): Promise<void>;
}

interface Sender {
  send(frames: Frames): Promise<void>;
}

function queueFor(socket: Sender): { push(frames: Frames): void; flushed(): Promise<void> } {
  let last: Promise<void> = Promise.resolve();
  return {
    push(frames) {
      // A client that left is no reason to stop sending to the others.
      last = last.then(() => socket.send(frames)).catch(() => {});
    },
    flushed: () => last,
  };
}

/** Opens the sockets; `receive` gets each message's frames, `subscribed` each new subscription's topic. */
export async function openSockets(
  connection: Connection,
  receive: (from: Channel, frames: Uint8Array[]) => void,
  subscribed: (topic: Uint8Array) => void,
): Promise<Sockets> {
  const address = (port: number) =>
    connection.transport === "ipc" ? `ipc://${connection.ip}-${port}` : `tcp://${connection.ip}:${port}`;
  // 0 is "no limit": a full queue would drop output.
  const limits = { sendHighWaterMark: 0, linger: 1000 };
  const iopub = new XPublisher({ ...limits, verbosity: "allSubs" });
  const channels = { shell: new Router(limits), control: new Router(limits), stdin: new Router(limits) };
  const heartbeat = new Rep();
  await Promise.all([
    iopub.bind(address(connection.iopub_port)),
    channels.control.bind(address(connection.control_port)),
    channels.stdin.bind(address(connection.stdin_port)),
    heartbeat.bind(address(connection.hb_port)),
  ]);
  // Last, so that whoever gets an answer finds all the others open.
  await channels.shell.bind(address(connection.shell_port));

  const queues = {
    iopub: queueFor(iopub),
    shell: queueFor(channels.shell),
    control: queueFor(channels.control),
    stdin: queueFor(channels.stdin),
  };
  for (const name of ["shell", "control", "stdin"] as const) {
    void (async () => {
      for await (const frames of channels[name]) receive(name, frames);
    })();
  }
  void (async () => {
    for await (const frames of heartbeat) await heartbeat.send(frames);
  })();
  void (async () => {
    for await (const [frame] of iopub) if (frame?.[0] === 1) subscribed(frame.subarray(1));
  })();

  return {
    send: (to, frames) => queues[to].push(frames),
    flushed: async () => void (await Promise.all(Object.values(queues).map((queue) => queue.flushed()))),
  };
}
