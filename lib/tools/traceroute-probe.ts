// What traceroute sends, and what comes back for it.
// Before you edit: traceroute/mod-udp.c, mod-icmp.c, traceroute.c (tune_socket, do_send).

import type { Device } from "../link/device.ts";
import type { Errno } from "../netns/errno.ts";
import { peekRoute } from "../netns/ipv4/output-route.ts";
import { type QueuedError, queuedError, tooLong } from "../netns/socket/error-queue.ts";
import { PingSocket } from "../netns/socket/ping.ts";
import { UdpSocket } from "../netns/socket/udp.ts";
import type { Waitable } from "../netns/wait.ts";
import type { Ipv4 } from "../wire/address.ts";
import type { Call } from "./command.ts";
import type { Options } from "./traceroute-arguments.ts";

export class Probe {
  sentAt: number | null = null;
  receivedAt: number | null = null;
  from: Ipv4 | null = null;
  /** TTL of the answer. */
  ttl = 0;
  /** What stands behind the time, as !H. */
  mark = "";
  done = false;
  /** The way ends here. */
  final = false;
  socket: UdpSocket | null = null;
  sequence = 0;

  get took(): number {
    return this.receivedAt === null || this.sentAt === null ? 0 : this.receivedAt - this.sentAt;
  }

  close(): void {
    this.socket?.close();
    this.socket = null;
    this.sequence = 0;
  }

  /** It was too long: the same hop is asked again, with a word about why. */
  again(mark: string): void {
    Object.assign(this, new Probe(), { mark });
  }
}

/** What came back; the probe is null when the kernel sent none. */
export interface Answer {
  readonly probe: Probe | null;
  readonly from: Ipv4 | null;
  readonly time: number;
  readonly ttl: number;
  readonly error: QueuedError | null;
}

export interface Prober {
  send(probe: Probe, ttl: number, dataLength: number): void;
  /** The probe waited long enough. */
  expire(probe: Probe): void;
  answers(): Answer[];
  waitFor(): Waitable[];
  close(): void;
}

type Fail = (systemCall: string, errno: Errno) => void;

const FIRST_PORT = 33434;
const DNS_PORT = 53;

/** 0x40 and on: "@ABC...". */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 0x40 + (i & 0x3f));
}

/** Whether an address of a device is the one asked for, else the system call's error. */
function checkSource({ ns }: Call, { source }: Options, fail: Fail): void {
  if (source !== null && !source.isLoopback && ns.deviceOfAddress(source) === undefined) fail("bind", "EADDRNOTAVAIL");
}

function deviceOf({ ns }: Call, { device }: Options): Device | null {
  return device === null ? null : ns.devices.get(device)!;
}

/** A UDP socket for each probe; who has nobody at that port says so. */
export function udpProbes(call: Call, options: Options, fail: Fail): Prober {
  const { ns } = call;
  let port = options.port ?? (options.method === "udp" ? DNS_PORT : FIRST_PORT);
  const open = new Map<UdpSocket, Probe>();
  return {
    send(probe, ttl, dataLength) {
      const socket = new UdpSocket(ns, "traceroute");
      socket.device = deviceOf(call, options);
      const bound = socket.bind(options.source, 0);
      if (bound !== null) fail("bind", bound);
      socket.options = { ttl, tos: options.tos & 0xff, discovery: options.dontFragment ? "probe" : "dont" };
      socket.errors = [];
      probe.socket = socket;
      open.set(socket, probe);
      const connected = socket.connect(options.dst, port);
      if (connected !== null) fail("connect", connected);
      const failed = socket.send(pattern(dataLength));
      if (failed !== null && failed !== "EMSGSIZE" && failed !== "EHOSTUNREACH") fail("send", failed);
      if (options.method === "default") port++;
    },
    expire(probe) {
      if (probe.socket !== null) open.delete(probe.socket);
      probe.close();
      probe.done = true;
    },
    answers() {
      const answers: Answer[] = [];
      for (const [socket, probe] of open) {
        const error = socket.readError();
        if (error !== null) {
          answers.push({ probe, from: error.offender as Ipv4 | null, time: error.time, ttl: error.ttl, error });
          open.delete(socket);
          continue;
        }
        const datagram = socket.receive();
        if (datagram === null) continue;
        answers.push({ probe, from: datagram.from.address as Ipv4, time: ns.cables.now, ttl: 0, error: null });
        open.delete(socket);
      }
      return answers;
    },
    waitFor: () => [...open.keys()],
    close() {
      for (const socket of open.keys()) socket.close();
    },
  };
}

/** One socket for all echo requests; the destination answers, and routers say where they dropped one. */
export function icmpProbes(call: Call, options: Options, fail: Fail): Prober {
  const { ns } = call;
  checkSource(call, options, fail);
  const device = deviceOf(call, options);
  const way = peekRoute(ns, options.dst, options.source, device);
  if (way.errno !== null) fail("connect", way.errno);
  else if (way.decision.type === "broadcast") fail("connect", "EACCES");
  const socket = new PingSocket(ns, "traceroute");
  const open = new Map<number, Probe>();
  const refused: QueuedError[] = [];
  let sequence = options.port ?? 1;
  return {
    send(probe, ttl, dataLength) {
      const seq = sequence++ & 0xffff;
      const how = {
        src: options.source,
        oif: device,
        ttl,
        tos: options.tos & 0xff,
        discovery: options.dontFragment ? ("probe" as const) : ("dont" as const),
      };
      // The header is the first eight octets of what the pattern fills.
      const sent = socket.send(options.dst, seq, pattern(dataLength).slice(8), how, -1);
      probe.sequence = seq;
      open.set(seq, probe);
      if (sent.errno === "EMSGSIZE") refused.push(tooLong(sent.mtu ?? 0, ns.cables.now));
      else if (sent.errno !== null && sent.errno !== "EHOSTUNREACH") fail("send", sent.errno);
    },
    expire(probe) {
      open.delete(probe.sequence);
      probe.close();
      probe.done = true;
    },
    answers() {
      const local = refused.shift();
      if (local !== undefined) return [{ probe: null, from: null, time: local.time, ttl: 0, error: local }];
      for (let message = socket.receive(); message !== null; message = socket.receive()) {
        const { packet, quoted, time } = message;
        const about = (quoted ?? packet).body;
        if (about.kind !== "icmp" || packet.body.kind !== "icmp") continue;
        const seq = about.rest & 0xffff;
        const probe = open.get(seq);
        if (probe === undefined || (quoted === undefined && packet.src !== options.dst)) continue;
        open.delete(seq);
        const error = quoted === undefined ? null : queuedError(packet, packet.body, quoted, time);
        return [{ probe, from: packet.src, time, ttl: packet.ttl, error }];
      }
      return [];
    },
    waitFor: () => [socket],
    close: () => socket.close(),
  };
}
