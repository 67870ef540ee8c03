// The five sockets of a kernel, with one queue for each that sends: a zeromq
// socket refuses a second send while the first is under way, and what is refused
// is lost.
import { Reply as Rep, Router, XPublisher } from "zeromq";
import type { Connection } from "./wire.ts";

// 0 is "no limit": a full queue would drop output.
const UNLIMITED = { sendHighWaterMark: 0, linger: 1000 };

type Frames = (Uint8Array | string)[];
/** A socket that takes requests and sends answers. */
export type Channel = "shell" | "control" | "stdin";

// zmq.h's options for the topic of the subscriber heard last.
const ZMQ_SUBSCRIBE = 6;
const ZMQ_UNSUBSCRIBE = 7;

/**
 * The output socket, whose subscriptions hold only when we say so. Left to
 * itself libzmq lets a subscriber in before its request is read here, and
 * output sent in between would overtake the subscriber's welcome.
 */
class Output extends XPublisher {
  constructor() {
    super({ ...UNLIMITED, verbosity: "allSubs" });
    this.manual = true;
  }

  /** Lets the subscriber whose request was received last in, or out: its frame is 1 or 0, then the topic. */
  settle(request: Uint8Array): void {
    this.setStringOption(request[0] === 1 ? ZMQ_SUBSCRIBE : ZMQ_UNSUBSCRIBE, Buffer.from(request.subarray(1)));
  }
}

/** The open sockets. */
export interface Sockets {
  send(to: Channel | "iopub", frames: Frames): void;
  /** Resolves when everything sent so far has been handed to the network. */
  flushed(): Promise<void>;
  /** Closes them: until then they keep the process. */
  close(): void;
}

interface Sender {
  send(frames: Frames): Promise<void>;
}

interface Queue {
  push(frames: Frames): void;
  /** Does `act` between two messages. */
  between(act: () => Promise<void> | void): void;
  flushed(): Promise<void>;
}

function queueFor(socket: Sender): Queue {
  let last: Promise<void> = Promise.resolve();
  const between = (act: () => Promise<void> | void) => {
    // A client that left is no reason to stop sending to the others.
    last = last.then(act).catch(() => {});
  };
  return { between, push: (frames) => between(() => socket.send(frames)), flushed: () => last };
}

/** Opens the sockets; `receive` gets each message's frames, `welcome` makes what a new subscriber to a topic reads first. */
export async function openSockets(
  connection: Connection,
  receive: (from: Channel, frames: Uint8Array[]) => void,
  welcome: (topic: Uint8Array) => Frames,
): Promise<Sockets> {
  const address = (port: number) =>
    connection.transport === "ipc" ? `ipc://${connection.ip}-${port}` : `tcp://${connection.ip}:${port}`;
  const iopub = new Output();
  const channels = { shell: new Router(UNLIMITED), control: new Router(UNLIMITED), stdin: new Router(UNLIMITED) };
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
    for await (const [request = new Uint8Array()] of iopub) {
      queues.iopub.between(async () => {
        iopub.settle(request);
        if (request[0] === 1) await iopub.send(welcome(request.subarray(1)));
      });
      // The next request is not read before: settling is about the last one read.
      await queues.iopub.flushed();
    }
  })();

  return {
    send: (to, frames) => queues[to].push(frames),
    flushed: async () => void (await Promise.all(Object.values(queues).map((queue) => queue.flushed()))),
    close: () => {
      for (const socket of [iopub, ...Object.values(channels), heartbeat]) socket.close();
    },
  };
}
