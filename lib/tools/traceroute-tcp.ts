// `traceroute -T`: SYNs from a raw socket, each from a port of its own that is held meanwhile. Who listens there answers
// SYN-ACK, anybody else RST; the kernel resets what nobody asked it for, so no program notices.
// Before you edit: traceroute/mod-tcp.c (tcp_init, tcp_send_probe, tcp_check_reply), traceroute.c (tune_socket).
import { peekRoute } from "../netns/ipv4/output-route.ts";
import type { Netns } from "../netns/netns.ts";
import { queuedError } from "../netns/socket/error-queue.ts";
import { isLocal } from "../netns/socket/family.ts";
import { RawSocket } from "../netns/socket/raw.ts";
import { TcpSocket } from "../netns/tcp/tcp.ts";
import type { Ipv4 } from "../wire/address.ts";
import { type Ipv4Packet, PROTOCOL, TCP_FLAG, type Tcp } from "../wire/packet.ts";
import type { Call } from "./command.ts";
import type { Options } from "./traceroute-arguments.ts";
import type { Answer, Fail, Probe, Prober } from "./traceroute-probe.ts";

const HTTP_PORT = 80;
const NO_DATA = new Uint8Array(0);

const tellsTimes = (ns: Netns): boolean => ns.sysctls.get("net.ipv4.tcp_timestamps") === 1;

/** Octets of a SYN: MSS, SACK, window scale, and timestamps as the sysctl has it. */
export const synLength = (ns: Netns): number => 20 + 4 + 4 + (tellsTimes(ns) ? 12 : 4);

/** A probe under way, and the socket that holds its port. */
interface Held {
  readonly probe: Probe;
  readonly holder: TcpSocket;
}

export function tcpProbes({ ns }: Call, { dst, source, device, tos, port, dontFragment }: Options, fail: Fail): Prober {
  const to = dst.address as Ipv4;
  const from = source?.address ?? null;
  if (from !== null && !isLocal(ns, from)) fail("bind", "EADDRNOTAVAIL");
  const oif = device === null ? null : ns.devices.get(device)!;
  const way = peekRoute(ns, to, from as Ipv4 | null, oif);
  if (way.errno !== null) return fail("connect", way.errno);
  if (way.decision.type === "broadcast") return fail("connect", "EACCES");
  const mtu = ns.pathMtus.of({ ...way.decision, device: way.device }, to, ns.cables.now);
  const mss = Math.max(mtu, 576) - 40;
  const raw = new RawSocket(ns, "traceroute", PROTOCOL.tcp, oif);
  raw.remote = to;
  raw.hearsErrors = true;
  const how = { dst: to, src: way.src, tos: tos & 0xff, discovery: dontFragment ? "probe" : "dont" } as const;
  const dstPort = (port ?? 0) & 0xffff || HTTP_PORT;
  const held = new Map<number, Held>();
  const release = (sport: number): Probe | null => {
    const found = held.get(sport);
    found?.holder.close();
    held.delete(sport);
    return found?.probe ?? null;
  };
  return {
    send(probe, ttl) {
      const holder = new TcpSocket(ns, "traceroute");
      const bound = holder.bind(from, 0);
      if (bound !== null) fail("bind", bound);
      const sport = holder.local.port;
      const sent = raw.send(synOf(ns, sport, dstPort, mss), { ...how, ttl }, `sends a SYN to ${to}, TTL ${ttl}`);
      held.set(sport, { probe, holder });
      probe.sequence = sport;
      if (sent.errno !== null && sent.errno !== "EMSGSIZE" && sent.errno !== "EHOSTUNREACH") fail("send", sent.errno);
    },
    expire(probe) {
      release(probe.sequence);
      probe.close();
      probe.done = true;
    },
    answers() {
      for (let heard = raw.receive(); heard !== null; heard = raw.receive()) {
        const { packet, quoted, time } = heard;
        const sport = probePort(packet, quoted, dstPort);
        const probe = sport === null ? null : release(sport);
        if (probe === null) continue;
        const { body } = packet;
        const error = quoted === undefined || body.kind !== "icmp" ? null : queuedError(packet, body, quoted, time);
        const answer: Answer = { probe, from: { address: packet.src, scope: null }, time, ttl: packet.ttl, error };
        return [answer];
      }
      return [];
    },
    waitFor: () => [raw],
    close() {
      for (const sport of [...held.keys()]) release(sport);
      raw.close();
    },
  };
}

/** The port a probe went out from: where an answer goes to, or what an error quotes. */
function probePort({ body }: Ipv4Packet, quoted: Ipv4Packet | undefined, port: number): number | null {
  const tcp = quoted === undefined ? body : quoted.body;
  if (tcp.kind !== "tcp") return null;
  const [own, other] = quoted === undefined ? [tcp.dstPort, tcp.srcPort] : [tcp.srcPort, tcp.dstPort];
  return other === port ? own : null;
}

function synOf(ns: Netns, srcPort: number, dstPort: number, mss: number): Tcp {
  const seq = ns.cables.below(2 ** 32);
  return {
    ...{ kind: "tcp", srcPort, dstPort, seq, ack: 0, flags: TCP_FLAG.syn, window: (4 * mss) & 0xffff, data: NO_DATA },
    options: {
      mss,
      sackPermitted: true,
      ...(tellsTimes(ns) && { timestamps: [ns.cables.below(2 ** 32), 0] as const }),
      windowScale: 2,
    },
  };
}
