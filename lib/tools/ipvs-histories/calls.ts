// The programs of a history: one client's sockets and one server's on each real server, driven call by call, as if one
// program had all of them open. Each call takes the time that such a program waits for its answer.
import type { Lab } from "../../lab/lab.ts";
import { routeOutput } from "../../netns/ipv4/output-route.ts";
import { ipLocalOut } from "../../netns/ipv4/send.ts";
import type { Netns } from "../../netns/netns.ts";
import { Skb } from "../../netns/skb.ts";
import { UdpSocket } from "../../netns/socket/udp.ts";
import { TcpSocket } from "../../netns/tcp/tcp.ts";
import { MILLISECOND } from "../../trace/world.ts";
import { ipv4 } from "../../wire/address.ts";
import { type Ipv4Packet, TCP_FLAG } from "../../wire/packet.ts";
import type { Ending } from "./history.ts";

const HI = new TextEncoder().encode("hi");
const PING = new TextEncoder().encode("ping");
/** How long a program waits: for a connection, for data, for the end of one, for a datagram. */
const WAIT = { connect: 900, data: 700, end: 50, datagram: 20, after: 2 } as const;

interface Pair {
  client: TcpSocket | null;
  server: TcpSocket | null;
}

/** From where to where. */
export interface Way {
  readonly client: string;
  readonly cport: number;
  readonly vip: string;
  readonly vport: number;
}

/** Who took a connection: the number of the real server, and the port it came to. */
export type Taken = { readonly server: number; readonly port: number } | string;

export class Calls {
  private readonly lab: Lab;
  private readonly clients: Netns;
  private readonly listeners: { readonly server: number; readonly port: number; readonly socket: TcpSocket }[] = [];
  private readonly receivers: { readonly server: number; readonly port: number; readonly socket: UdpSocket }[] = [];
  private readonly pairs = new Map<number, Pair>();

  constructor(lab: Lab) {
    this.lab = lab;
    this.clients = lab.netns("c");
  }

  /** A program that takes what comes to a port of a real server. */
  serve(server: number, port: number, proto: "tcp" | "udp"): void {
    const ns = this.lab.netns(`r${server}`);
    const open: readonly { server: number; port: number }[] = proto === "tcp" ? this.listeners : this.receivers;
    if (port === 0 || open.some((each) => each.server === server && each.port === port)) return;
    if (proto === "tcp") {
      const socket = new TcpSocket(ns, "server");
      socket.bind(null, port);
      socket.listen(512);
      this.listeners.push({ server, port, socket });
    } else {
      const socket = new UdpSocket(ns, "server");
      socket.bind(null, port);
      this.receivers.push({ server, port, socket });
    }
  }

  /** Lets time pass until there is an answer, at most so many milliseconds. */
  private wait<T>(milliseconds: number, ask: () => T | null): T | null {
    const end = this.lab.now + milliseconds * MILLISECOND;
    for (;;) {
      const answer = ask();
      if (answer !== null || this.lab.now >= end) return answer;
      this.lab.runFor(MILLISECOND / 10);
    }
  }

  private pass(milliseconds: number): void {
    this.lab.runFor(milliseconds * MILLISECOND);
  }

  connect(id: number, { client, cport, vip, vport }: Way): Taken {
    const socket = new TcpSocket(this.clients, "client");
    socket.reuseAddress = true;
    const unbound = socket.bind(ipv4(client), cport);
    if (unbound !== null) return failed(socket, `err:bind:${unbound}`);
    const unmade = socket.connect(ipv4(vip), vport);
    if (unmade !== null) return failed(socket, `err:connect:${unmade}`);
    const came = this.wait(WAIT.connect, () => (socket.state === "ESTAB" ? "yes" : socket.takeError()));
    if (came !== "yes") return failed(socket, came === null ? "timeout" : came === "ECONNREFUSED" ? "refused" : came);
    const pair: Pair = { client: socket, server: null };
    this.pairs.set(id, pair);
    return this.wait(WAIT.connect, () => this.accept(pair)) ?? "noaccept";
  }

  private accept(pair: Pair): Taken | null {
    for (const { server, port, socket } of this.listeners) {
      pair.server = socket.accept();
      if (pair.server !== null) return { server, port };
    }
    return null;
  }

  /** A SYN from an address that nobody has. */
  syn({ client, cport, vip, vport }: Way): void {
    const way = routeOutput(this.clients, ipv4(vip), null, null, -1);
    if (way.errno !== null) return;
    const body = {
      kind: "tcp",
      srcPort: cport,
      dstPort: vport,
      seq: 1000,
      ack: 0,
      flags: TCP_FLAG.syn,
      window: 1024,
      options: {},
      data: new Uint8Array(0),
    } as const;
    const fixed = { ttl: 64, id: 0, tos: 0, dontFragment: true, moreFragments: false, fragmentOffset: 0 };
    const packet: Ipv4Packet = { kind: "ipv4", src: ipv4(client), dst: ipv4(vip), ...fixed, body };
    ipLocalOut(this.clients, new Skb(packet, -1, way.device).route(way.decision, way.device));
    this.pass(WAIT.datagram);
  }

  /** A datagram, and whether the client heard an answer. */
  ask({ client, cport, vip, vport }: Way): { readonly taken: Taken; readonly isAnswered: boolean } {
    const socket = new UdpSocket(this.clients, "client");
    const unbound = socket.bind(ipv4(client), cport) ?? socket.connect(ipv4(vip), vport);
    if (unbound !== null) return { taken: failed(socket, `err:${unbound}`), isAnswered: false };
    socket.send(HI);
    this.pass(WAIT.datagram);
    const error = socket.takeError();
    for (const { server, port, socket: receiver } of this.receivers) {
      const datagram = receiver.receive();
      if (datagram === null) continue;
      receiver.send(HI, datagram.from);
      this.pass(WAIT.datagram);
      const isAnswered = socket.receive() !== null;
      socket.close();
      return { taken: { server, port }, isAnswered };
    }
    return {
      taken: failed(socket, error === null ? "lost" : error === "ECONNREFUSED" ? "refused" : error),
      isAnswered: false,
    };
  }

  /** Four octets from the client; whether they came. */
  send(id: number): "ok" | "lost" {
    const { client, server } = this.pairs.get(id) ?? { client: null, server: null };
    if (client === null || server === null) return "lost";
    client.send(PING);
    const got = this.wait(WAIT.data, () => server.receive(8));
    return got !== null && got.data.length >= PING.length ? "ok" : "lost";
  }

  close(id: number, how: Ending): void {
    const pair = this.pairs.get(id) ?? { client: null, server: null };
    const { client, server } = pair;
    const [first, second] = how === "sfin" || how === "srst" ? [server, client] : [client, server];
    if (how === "rst" || how === "srst") first?.abort();
    else first?.shutdown();
    this.untilHeard(second);
    if (how !== "cfin") {
      second?.close();
      if (how === "fin" || how === "sfin") {
        this.untilHeard(first);
        first?.close();
      }
      this.pairs.delete(id);
    }
    this.pass(WAIT.after);
  }

  /** Until there is something to read, the other end has said all, or the connection is broken. */
  private untilHeard(socket: TcpSocket | null): void {
    if (socket !== null)
      this.wait(WAIT.end, () => (socket.received.length > 0 || socket.heardAll || socket.error !== null ? true : null));
  }
}

function failed(socket: TcpSocket | UdpSocket, text: string): string {
  socket.close();
  return text;
}
