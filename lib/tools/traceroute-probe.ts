// What traceroute sends, and what comes back for it.
// Before you edit: traceroute/mod-udp.c, mod-icmp.c, traceroute.c (tune_socket, do_send).

import type { Device } from "../link/device.ts";
import type { Errno } from "../netns/errno.ts";
import { type QueuedError, tooLong } from "../netns/socket/error-queue.ts";
import { isLocal } from "../netns/socket/family.ts";
import { UdpSocket } from "../netns/socket/udp.ts";
import type { Waitable } from "../netns/wait.ts";
import type { Call } from "./command.ts";
import type { Scoped } from "./internet-address.ts";
import type { Options } from "./traceroute-arguments.ts";
import { type EchoSocket, echoSocket4, echoSocket6, type Manner } from "./traceroute-echo.ts";

export class Probe {
  sentAt: number | null = null;
  receivedAt: number | null = null;
  from: Scoped | null = null;
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
  readonly from: Scoped | null;
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

export type Fail = (systemCall: string, errno: Errno) => never;

const FIRST_PORT = 33434;
const DNS_PORT = 53;

/** 0x40 and on: "@ABC...". */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 0x40 + (i & 0x3f));
}

/** Whether an address of a device is the one asked for, else the system call's error. */
function checkSource({ ns }: Call, { source }: Options, fail: Fail): void {
  if (source !== null && !isLocal(ns, source.address)) fail("bind", "EADDRNOTAVAIL");
}

/** What its sockets are bound to: a device that was asked for, or the one a link-local destination belongs to. */
export function deviceOf({ ns }: Call, { device, dst }: Options): Device | null {
  return device === null ? dst.scope : ns.devices.get(device)!;
}

/** A UDP socket for each probe; who has nobody at that port says so. */
export function udpProbes(call: Call, options: Options, fail: Fail): Prober {
  const { ns } = call;
  const { address } = options.dst;
  let port = options.port ?? (options.method === "udp" ? DNS_PORT : FIRST_PORT);
  const open = new Map<UdpSocket, Probe>();
  return {
    send(probe, ttl, dataLength) {
      const socket = new UdpSocket(ns, "traceroute", address.family);
      socket.device = deviceOf(call, options);
      const bound = socket.bind(options.source?.address ?? null, 0);
      if (bound !== null) fail("bind", bound);
      socket.options = { ttl, tos: options.tos & 0xff, discovery: options.dontFragment ? "probe" : "dont" };
      socket.errors = [];
      probe.socket = socket;
      open.set(socket, probe);
      const connected = socket.connect(address, port);
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
          const { offender, scope, time, ttl } = error;
          answers.push({ probe, from: offender === null ? null : { address: offender, scope }, time, ttl, error });
          open.delete(socket);
          continue;
        }
        const datagram = socket.receive();
        if (datagram === null) continue;
        const { address: from, scope = null } = datagram.from;
        answers.push({ probe, from: { address: from, scope }, time: ns.cables.now, ttl: 0, error: null });
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
  const echoes = echoesOf(call, options);
  if (typeof echoes === "string") return fail("connect", echoes);
  const open = new Map<number, Probe>();
  const refused: QueuedError[] = [];
  let sequence = options.port ?? 1;
  return {
    send(probe, ttl, dataLength) {
      const seq = sequence++ & 0xffff;
      // The header is the first eight octets of what the pattern fills.
      const sent = echoes.send(seq, pattern(dataLength).slice(8), ttl);
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
      for (let echo = echoes.receive(); echo !== null; echo = echoes.receive()) {
        const probe = open.get(echo.seq);
        if (probe === undefined) continue;
        open.delete(echo.seq);
        return [{ ...echo, probe }];
      }
      return [];
    },
    waitFor: () => [echoes.socket],
    close: () => echoes.socket.close(),
  };
}

function echoesOf(call: Call, options: Options): EchoSocket | Errno {
  const { dst, source, dontFragment, tos } = options;
  const manner: Manner = {
    device: deviceOf(call, options),
    tos: tos & 0xff,
    discovery: dontFragment ? "probe" : "dont",
  };
  const from = source?.address ?? null;
  const { address } = dst;
  if (address.family === 4) return echoSocket4(call.ns, address, from?.family === 4 ? from : null, manner);
  return echoSocket6(call.ns, address, from?.family === 6 ? from : null, manner);
}
