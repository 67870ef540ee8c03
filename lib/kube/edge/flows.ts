// A load balancer that passes packets on (NLB): a flow is given a target by a hash, and its packets are rewritten, there and
// back, until it has been idle for long. It ends no connection: the target's own handshake is with the client.
// Before you edit: docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html (flow hash, idle timeout),
// .../edit-target-group-attributes.html (client IP preservation).
import type { TunFile, TunPacket } from "../../netns/tunnel/tun.ts";
import { LEVEL } from "../../trace/step.ts";
import { SECOND } from "../../trace/world.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { type Ipv4Packet, TCP_FLAG, type Tcp, type Udp } from "../../wire/packet.ts";
import type { Balancer, Front } from "./exit.ts";
import type { Target, TargetGroup } from "./target-group.ts";

const IDLE = { tcp: 350 * SECOND, udp: 120 * SECOND };
const FIRST_PORT = 1024;

export interface Listener {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly group: TargetGroup;
  /** Whether targets see the client's address; else the load balancer's own. */
  readonly preservesClient: boolean;
}

interface Flow {
  readonly listener: Listener;
  readonly front: Front;
  readonly client: { readonly address: Ipv4; readonly port: number };
  /** How the target sees the client. */
  readonly source: { readonly address: Ipv4; readonly port: number };
  readonly target: Target;
  lastUsed: number;
}

type Body = Tcp | Udp;

/** What a flow's hash is made of, besides the addresses. */
export type FlowWords = Pick<Tcp, "kind" | "srcPort" | "dstPort" | "seq"> | Pick<Udp, "kind" | "srcPort" | "dstPort">;

export class Flows {
  /** Listeners by protocol and port: `tcp 80`. */
  readonly listeners = new Map<string, Listener>();
  private readonly balancer: Balancer;
  private readonly world: { readonly now: number };
  /** By client and front, and by target and source. */
  private readonly there = new Map<string, Flow>();
  private readonly back = new Map<string, Flow>();

  constructor(balancer: Balancer, world: { readonly now: number }) {
    this.balancer = balancer;
    this.world = world;
  }

  /** What the program does with a packet that its device brings. */
  readonly pass = ({ packet, cause }: TunPacket, tun: TunFile): void => {
    const { body } = packet;
    if (packet.kind !== "ipv4" || (body.kind !== "tcp" && body.kind !== "udp"))
      return void this.drop(cause, packet, "a load balancer of connections passes TCP and UDP alone");
    const forward = this.live(this.there, packet, body);
    const flow = forward ?? this.live(this.back, packet, body);
    if (flow !== null) {
      flow.lastUsed = this.world.now;
      return void tun.write(forward === flow ? toTarget(packet, body, flow) : toClient(packet, body, flow), cause);
    }
    const front = this.balancer.fronts.find(({ address }) => address === packet.dst);
    const listener = this.listeners.get(`${body.kind} ${body.dstPort}`);
    if (front === undefined || listener === undefined)
      return void this.drop(cause, packet, `no listener at ${packet.dst} port ${body.dstPort}, and no flow is known`);
    // Who comes back after the flow was forgotten is told so.
    if (body.kind === "tcp" && (body.flags & TCP_FLAG.rst) !== 0)
      return void this.drop(cause, packet, "a reset of a flow that is not known");
    if (body.kind === "tcp" && (body.flags & TCP_FLAG.syn) === 0) {
      const step = this.drop(cause, packet, "no flow is known of it (any more): the load balancer resets it");
      return void tun.write(reset(packet, body), step);
    }
    this.begin(packet, body, cause, front, listener, tun);
  };

  private begin(packet: Ipv4Packet, body: Body, cause: number, front: Front, listener: Listener, tun: TunFile): void {
    const { from, because } = listener.group.choices(front.zone);
    const client = { address: packet.src, port: body.srcPort };
    const hash = flowHash(packet.src, packet.dst, body);
    const target = from[hash % from.length];
    if (target === undefined) {
      const step = this.drop(cause, packet, `nobody to send it to: ${because}`);
      return void (body.kind === "tcp" && tun.write(reset(packet, body), step));
    }
    const source = listener.preservesClient ? client : this.ownSource(front, body, target);
    const flow: Flow = { listener, front, client, source, target, lastUsed: this.world.now };
    const backKey = keyOf(body.kind, target.address, target.port, source.address, source.port);
    const seen = listener.preservesClient
      ? "the target sees the client's address (preserve_client_ip)"
      : `the target sees ${source.address}:${source.port}`;
    const step = this.balancer.ns.step(LEVEL.path, cause, null, "balance", packet, () => ({
      because: `flow hash 0x${hash.toString(16).padStart(8, "0")} mod ${from.length} = ${hash % from.length}: ${target.name} (${target.id}, zone ${target.zone}), ${because}; ${seen}`,
      tried: [...listener.group.targets.values()]
        .filter((each) => !from.includes(each))
        .map((each) => leftOut(each, front.zone)),
    }));
    if (this.back.has(backKey)) {
      // Two flows that a target could not tell from each other: a known limit of keeping the client's address.
      return void this.drop(
        step,
        packet,
        `${target.id} has a connection from ${client.address}:${client.port} already`,
      );
    }
    this.there.set(keyOf(body.kind, client.address, client.port, front.address, body.dstPort), flow);
    this.back.set(backKey, flow);
    tun.write(toTarget(packet, body, flow), step);
  }

  /** A port of the load balancer's that no other flow to this target has. */
  private ownSource({ address }: Front, { kind, srcPort }: Body, target: Target): Flow["source"] {
    for (let port = Math.max(srcPort, FIRST_PORT); ; port = port === 65535 ? FIRST_PORT : port + 1)
      if (!this.back.has(keyOf(kind, target.address, target.port, address, port))) return { address, port };
  }

  /** The flow of this packet, unless it has been idle for too long. */
  private live(flows: Map<string, Flow>, { src, dst }: Ipv4Packet, { kind, srcPort, dstPort }: Body): Flow | null {
    const flow = flows.get(keyOf(kind, src, srcPort, dst, dstPort));
    if (flow === undefined) return null;
    if (this.world.now - flow.lastUsed <= IDLE[kind]) return flow;
    const { client, front, listener, target, source } = flow;
    this.there.delete(keyOf(kind, client.address, client.port, front.address, listener.port));
    this.back.delete(keyOf(kind, target.address, target.port, source.address, source.port));
    return null;
  }

  private drop(cause: number, packet: TunPacket["packet"], because: string): number {
    return this.balancer.ns.step(LEVEL.path, cause, null, "drop", packet, () => ({ because }));
  }
}

function leftOut({ name, id, state, zone, reason }: Target, wanted: string) {
  const text = `${name} (${id})`;
  if (state !== "healthy") return { text, field: "health", wanted: "healthy", had: [state, reason].join(" ").trim() };
  return { text, field: "zone", wanted, had: zone };
}

const keyOf = (kind: string, from: Ipv4, fromPort: number, to: Ipv4, toPort: number): string =>
  `${kind} ${from.bits}:${fromPort} ${to.bits}:${toPort}`;

function toTarget(packet: Ipv4Packet, body: Body, { source, target }: Flow): Ipv4Packet {
  const ports = { srcPort: source.port, dstPort: target.port };
  return { ...packet, src: source.address, dst: target.address, body: { ...body, ...ports } };
}

function toClient(packet: Ipv4Packet, body: Body, { front, client, listener }: Flow): Ipv4Packet {
  const ports = { srcPort: listener.port, dstPort: client.port };
  return { ...packet, src: front.address, dst: client.address, body: { ...body, ...ports } };
}

function reset(packet: Ipv4Packet, tcp: Tcp): Ipv4Packet {
  const { syn, ack, rst } = TCP_FLAG;
  const isAck = (tcp.flags & ack) !== 0;
  const body: Tcp = {
    kind: "tcp",
    srcPort: tcp.dstPort,
    dstPort: tcp.srcPort,
    seq: isAck ? tcp.ack : 0,
    ack: isAck ? 0 : (tcp.seq + tcp.data.length + ((tcp.flags & syn) !== 0 ? 1 : 0)) >>> 0,
    flags: isAck ? rst : rst | ack,
    window: 0,
    options: {},
    data: new Uint8Array(0),
  };
  return { ...packet, src: packet.dst, dst: packet.src, ttl: 64, body };
}

/**
 * Protocol, addresses, ports, and of TCP the first sequence number. Which function Amazon uses nobody knows; here it is
 * FNV-1a over these words, and MurmurHash3's last mix, so that near values fall far apart. Unsigned 32 bit.
 */
export function flowHash(src: Ipv4, dst: Ipv4, body: FlowWords): number {
  let hash = 0x811c9dc5;
  const words = [body.kind === "tcp" ? 6 : 17, src.bits, dst.bits, (body.srcPort << 16) | body.dstPort];
  if (body.kind === "tcp") words.push(body.seq);
  for (const word of words)
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((word >>> shift) & 255), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
