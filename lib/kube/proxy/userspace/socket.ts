// The sockets of the userspace mode: what comes in by one is carried to an endpoint by another, and back.
// Before you edit: pkg/proxy/userspace/proxysocket.go of v1.25.
import type { Program } from "../../../lab/process.ts";
import { type Asking, connected } from "../../../lab/programs.ts";
import type { Netns } from "../../../netns/netns.ts";
import { UdpSocket } from "../../../netns/socket/udp.ts";
import { TcpSocket } from "../../../netns/tcp/tcp.ts";
import { MILLISECOND } from "../../../trace/world.ts";
import { ip } from "../../../wire/address.ts";
import { hostPort } from "../address.ts";
import type { RoundRobin } from "./balancer.ts";

export const PROGRAM = "kube-proxy";
/** How long each endpoint in turn is waited for (EndpointDialTimeouts). */
const PATIENCE = [250, 500, 1000, 2000].map((each) => each * MILLISECOND);
/** How long a client of UDP is remembered for (--udp-timeout). */
const UDP_IDLE = 250 * MILLISECOND;

/** A socket at a port that nobody has (0), or at this one; null when there is none. */
export function openTcp(ns: Netns, port: number): TcpSocket | null {
  const socket = new TcpSocket(ns, PROGRAM);
  if (port !== 0) socket.reuseAddress = true;
  if ((socket.bind(null, port) ?? socket.listen(4096)) === null) return socket;
  socket.close();
  return null;
}

export function openUdp(ns: Netns, port: number): UdpSocket | null {
  const socket = new UdpSocket(ns, PROGRAM);
  if (socket.bind(null, port) === null) return socket;
  socket.close();
  return null;
}

/** Accepts for ever, one client after the other: who waits for an endpoint that does not answer holds up the others. */
export function* proxyTcp(
  ns: Netns,
  listener: TcpSocket,
  balancer: RoundRobin,
  start: (copy: Program) => void,
): Program {
  try {
    for (;;) {
      for (let client = listener.accept(); client !== null; client = listener.accept()) {
        const server = yield* dial(ns, `${client.remote!.address}`, balancer);
        if (server === null) client.close();
        else start(copyBoth(client, server));
      }
      yield { on: [listener] };
    }
  } finally {
    listener.close();
  }
}

/** Asks endpoint after endpoint; null when none has answered in its time. */
function* dial(ns: Netns, client: string, balancer: RoundRobin): Asking<TcpSocket | null> {
  let anew = false;
  for (const patience of PATIENCE) {
    const endpoint = balancer.next(client, anew);
    if (endpoint === null) return null;
    const socket = new TcpSocket(ns, PROGRAM);
    const failed = yield* connected(socket, ip(endpoint.ip), endpoint.port, ns.cables.now + patience);
    if (failed === null) return socket;
    socket.close();
    anew = true;
  }
  return null;
}

/** Both ways, until one side has no more to say: then all is over. */
export function* copyBoth(client: TcpSocket, server: TcpSocket): Program {
  try {
    for (;;) {
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const)
        for (
          let piece = from.receive() ?? from.takeError();
          piece !== null;
          piece = from.receive() ?? from.takeError()
        ) {
          if (typeof piece === "string" || piece.end) return 0;
          to.send(piece.data, piece.cause);
        }
      yield { on: [client, server] };
    }
  } finally {
    client.close();
    server.close();
  }
}

interface Flow {
  readonly socket: UdpSocket;
  readonly client: { readonly address: ReturnType<typeof ip>; readonly port: number };
  until: number;
}

/** Each client has a socket of its own towards its endpoint, while it sends or is sent something. */
export function* proxyUdp(ns: Netns, socket: UdpSocket, balancer: RoundRobin): Program {
  const flows = new Map<string, Flow>();
  try {
    for (;;) {
      for (let came = socket.receive(); came !== null; came = socket.receive()) {
        const flow = flowOf(ns, flows, came.from, balancer);
        if (flow === null) continue;
        flow.socket.send(came.data, null, came.cause);
        flow.until = ns.cables.now + UDP_IDLE;
      }
      for (const [key, flow] of flows) {
        for (let answer = flow.socket.receive(); answer !== null; answer = flow.socket.receive()) {
          flow.until = ns.cables.now + UDP_IDLE;
          socket.send(answer.data, flow.client, answer.cause);
        }
        if (flow.socket.takeError() === null && ns.cables.now < flow.until) continue;
        flow.socket.close();
        flows.delete(key);
      }
      const until = Math.min(...[...flows.values()].map((each) => each.until));
      const on = [socket, ...[...flows.values()].map((each) => each.socket)];
      yield flows.size === 0 ? { on } : { on, until, background: true };
    }
  } finally {
    for (const flow of flows.values()) flow.socket.close();
    socket.close();
  }
}

function flowOf(ns: Netns, flows: Map<string, Flow>, client: Flow["client"], balancer: RoundRobin): Flow | null {
  const key = hostPort(client.address.text, client.port);
  let flow = flows.get(key) ?? null;
  if (flow !== null) return flow;
  const endpoint = balancer.next(client.address.text, false);
  if (endpoint === null) return null;
  const socket = new UdpSocket(ns, PROGRAM);
  if (socket.connect(ip(endpoint.ip), endpoint.port) !== null) {
    socket.close();
    return null;
  }
  flow = { socket, client: { address: client.address, port: client.port }, until: 0 };
  flows.set(key, flow);
  return flow;
}
