// `traceroute -T`: SYNs from a raw socket, each from a port of its own that is held meanwhile. Who listens there answers
// SYN-ACK, anybody else RST; the kernel resets what nobody asked it for, so no program notices.
// Before you edit: traceroute/mod-tcp.c (tcp_init, tcp_send_probe, tcp_check_reply), traceroute.c (tune_socket).
import type { Errno } from "../netns/errno.ts";
import type { Netns } from "../netns/netns.ts";
import { isLocal } from "../netns/socket/family.ts";
import { TcpSocket } from "../netns/tcp/tcp.ts";
import { TCP_FLAG, type Tcp } from "../wire/packet.ts";
import type { Call } from "./command.ts";
import type { Options } from "./traceroute-arguments.ts";
import type { Manner } from "./traceroute-echo.ts";
import { type Answer, deviceOf, type Fail, type Probe, type Prober } from "./traceroute-probe.ts";
import { type HeardSyn, type SynSocket, synSocket4, synSocket6 } from "./traceroute-syn.ts";

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

export function tcpProbes(call: Call, options: Options, fail: Fail): Prober {
  const { ns } = call;
  const { dst, source, port } = options;
  const from = source?.address ?? null;
  if (from !== null && !isLocal(ns, from)) fail("bind", "EADDRNOTAVAIL");
  const raw = synsOf(call, options);
  if (typeof raw === "string") return fail("connect", raw);
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
      const holder = new TcpSocket(ns, "traceroute", dst.address.family);
      const bound = holder.bind(from, 0);
      if (bound !== null) fail("bind", bound);
      const sport = holder.local.port;
      const failed = raw.send(synOf(ns, sport, dstPort, raw.mss), ttl);
      held.set(sport, { probe, holder });
      probe.sequence = sport;
      if (failed !== null && failed !== "EMSGSIZE" && failed !== "EHOSTUNREACH") fail("send", failed);
    },
    expire(probe) {
      release(probe.sequence);
      probe.close();
      probe.done = true;
    },
    answers() {
      for (let heard = raw.receive(); heard !== null; heard = raw.receive()) {
        const sport = probePort(heard, dstPort);
        const probe = sport === null ? null : release(sport);
        if (probe === null) continue;
        const { from, time, ttl, error } = heard;
        const answer: Answer = { probe, from, time, ttl, error };
        return [answer];
      }
      return [];
    },
    waitFor: () => [raw.socket],
    close() {
      for (const sport of [...held.keys()]) release(sport);
      raw.socket.close();
    },
  };
}

function synsOf(call: Call, options: Options): SynSocket | Errno {
  const { dst, source, tos, dontFragment } = options;
  const discovery = dontFragment ? "probe" : "dont";
  const manner: Manner = { device: deviceOf(call, options), tos: tos & 0xff, discovery };
  const { address } = dst;
  const from = source?.address ?? null;
  if (address.family === 4) return synSocket4(call.ns, address, from?.family === 4 ? from : null, manner);
  return synSocket6(call.ns, address, from?.family === 6 ? from : null, manner);
}

/** The port a probe went out from: where an answer goes to, or what an error quotes. */
function probePort({ tcp, isQuoted }: HeardSyn, port: number): number | null {
  const [own, other] = isQuoted ? [tcp.srcPort, tcp.dstPort] : [tcp.dstPort, tcp.srcPort];
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
