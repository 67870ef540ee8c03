// A case as it is played in the model: programs begin, commands are typed, every device is watched.
import { labFrom } from "../../lib/lab/data-read.ts";
import type { Lab } from "../../lib/lab/lab.ts";
import { flannelUdp } from "../../lib/lab/tun-programs.ts";
import { transmit } from "../../lib/link/forward.ts";
import type { Errno } from "../../lib/netns/errno.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import { PingSocket } from "../../lib/netns/socket/ping.ts";
import { PingSocket6 } from "../../lib/netns/socket/ping6.ts";
import { UdpSocket } from "../../lib/netns/socket/udp.ts";
import type { TcpSocket } from "../../lib/netns/tcp/tcp.ts";
import type { Waitable } from "../../lib/netns/wait.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { MILLISECOND } from "../../lib/trace/world.ts";
import { ip, ipv4 } from "../../lib/wire/address.ts";
import { frameBytes } from "../../lib/wire/bytes.ts";
import { ICMP } from "../../lib/wire/packet.ts";
import { parseFrame } from "../../lib/wire/parse.ts";
import { canonical, listAt } from "./canonical.ts";
import type { Beginnings } from "./canonical-tcp.ts";
import type { CapturedFrame, Case, CommandTraffic, PingTraffic, SeenFrame, UdpTraffic } from "./case.ts";
import { ping6, readPings6, scoped, senderText } from "./model6.ts";
import { tcpCall } from "./tcp-calls.ts";

/** What a test plants to see that the comparison notices. */
export type Sabotage = (lab: Lab) => void;

export class Play {
  readonly lab: Lab;
  readonly frames: Record<string, SeenFrame[]> = {};
  /** What left Ethernet devices, as octets. */
  readonly captured: CapturedFrame[] = [];
  readonly logs: string[][];
  readonly drawn: number[];
  readonly tcpSockets = new Map<string, TcpSocket>();
  private readonly beginnings: Beginnings = new Map();
  /** What is typed, and not yet. */
  private readonly commands: (CommandTraffic & { readonly log: (line: string) => void })[] = [];
  private frozen = false;

  constructor(test: Case, sabotage?: Sabotage) {
    this.lab = labFrom(test.lab);
    onOneMachine(this.lab);
    sabotage?.(this.lab);
    this.logs = test.traffic.map(() => []);
    this.drawn = test.traffic.map(() => 0);
    this.capture();
    for (const [i, traffic] of test.traffic.entries()) {
      const log = (line: string) => void (this.frozen || this.logs[i]!.push(line));
      if (traffic.kind === "command") {
        this.commands.push({ ...traffic, log });
        continue;
      }
      if (traffic.kind === "flannel") {
        const ns = this.lab.netns(traffic.ns);
        this.lab.start("flanneld", { ns, out: () => {}, err: () => {} }, flannelUdp(ns, traffic));
        continue;
      }
      if (traffic.kind === "listen") {
        const ns = this.lab.netns(traffic.ns);
        const { address } = traffic;
        const socket = new UdpSocket(ns, "listener", address?.includes(":") ? 6 : 4);
        const failed = socket.bind(address === null || address === "::" ? null : ip(address), traffic.port);
        if (failed !== null) log(`bind: ${failed}`);
        else this.whenever(socket, () => datagrams(socket, log, traffic.echo));
        continue;
      }
      this.lab.later(traffic.at * MILLISECOND, () => {
        const ns = this.lab.namespaces.get(traffic.ns);
        if (ns === undefined) return log("no namespace");
        if (traffic.kind === "tcp") {
          const { said, port } = tcpCall(this.lab, this.tcpSockets, traffic);
          if (port !== undefined) this.drawn[i] = port;
          log(said);
        } else if (traffic.kind === "ping" && traffic.to.includes(":")) this.ping6(ns, traffic, i, log);
        else if (traffic.kind === "ping") this.ping(ns, traffic, i, log);
        else if (traffic.kind === "udp") this.udp(ns, traffic, i, log);
        else {
          const device = ns.devices.get(traffic.dev);
          // A packet socket refuses what is longer than the device's MTU and a header (packet_snd).
          if (device === undefined || traffic.bytes.length / 2 > device.mtu + 14) return;
          transmit(this.lab, device, parseFrame(Buffer.from(traffic.bytes, "hex"), { checksums: "ignore" }), -1);
        }
      });
    }
  }

  /** From now on nothing is written down. */
  freeze(): void {
    this.frozen = true;
  }

  /** Lets time pass until then, in milliseconds, and types what is typed by then. */
  runTo(at: number): void {
    this.commands.sort((a, b) => a.at - b.at);
    while (this.commands.length > 0 && this.commands[0]!.at <= at) {
      const { at: when, ns, command, log } = this.commands.shift()!;
      this.lab.runFor(Math.max(0, when * MILLISECOND - this.lab.now));
      if (!this.lab.namespaces.has(ns)) {
        log("no namespace");
        continue;
      }
      const { text, status } = runShell(this.lab, place(this.lab, ns), command);
      log(`${status} ${text.trim()}`);
      this.capture();
    }
    this.lab.runFor(Math.max(0, at * MILLISECOND - this.lab.now));
  }

  /** Watches all devices that are not watched yet. */
  private capture(): void {
    for (const { devices } of this.lab.namespaces.values())
      for (const device of devices.values())
        device.taps ??= [
          (frame, direction) => {
            if (this.frozen) return;
            const bytes = frameBytes(frame);
            if (direction === "out" && !device.isBare) this.captured.push({ time: this.lab.now, bytes });
            listAt(this.frames, `${device.owner.name} ${device.name} ${direction}`).push({
              at: this.lab.now / MILLISECOND,
              text: canonical(bytes, device.name, this.beginnings),
            });
          },
        ];
  }

  /** Reads a socket whenever something happens to it, a moment later, as a program that was woken. */
  private whenever(socket: Waitable, read: () => void): void {
    const wait = () =>
      socket.sleep(() => {
        this.lab.later(0, () => {
          wait();
          read();
        });
      });
    wait();
  }

  private ping(ns: Netns, traffic: PingTraffic, i: number, log: (line: string) => void): void {
    const socket = new PingSocket(ns);
    this.drawn[i] = socket.id;
    const data = pattern(traffic.size);
    const src = traffic.from === undefined ? null : ipv4(traffic.from);
    if (src !== null && ns.tables.local.lookup(src)?.type !== "local") return log("bind: EADDRNOTAVAIL");
    const how = {
      src,
      discovery: traffic.discovery,
      mayBroadcast: traffic.broadcast,
      ...(traffic.ttl !== undefined && { ttl: traffic.ttl }),
    };
    this.whenever(socket, () => {
      for (let message = socket.receive(); message !== null; message = socket.receive()) {
        const { packet, quoted } = message;
        if (packet.body.kind !== "icmp") continue;
        const { type, code, rest, data: got } = packet.body;
        const from = `from ${packet.src} ttl ${packet.ttl}`;
        if (quoted === undefined) log(`reply ${rest & 0xffff} ${from}, ${got.length} octets`);
        // A redirect is read from the raw socket, where ping looks and the player does not.
        else if (quoted.body.kind === "icmp" && type !== ICMP.redirect)
          log(`error ${quoted.body.rest & 0xffff} ${from}, type ${type} code ${code} mtu ${rest & 0xffff}`);
      }
    });
    this.repeat(traffic, (seq) => {
      const { errno } = socket.send(ipv4(traffic.to), seq, data, how, -1);
      // Who did not ask for its errors in full is not told that there was no room (raw_sendmsg).
      if (errno !== null && errno !== "ENOBUFS") log(`send ${seq}: ${errno}`);
    });
  }

  private ping6(ns: Netns, traffic: PingTraffic, i: number, log: (line: string) => void): void {
    const socket = new PingSocket6(ns);
    this.drawn[i] = socket.id;
    const send = ping6(ns, traffic, socket, log, pattern(traffic.size));
    if (send === null) return;
    this.whenever(socket, () => readPings6(socket, log));
    this.repeat(traffic, send);
  }

  private udp(ns: Netns, traffic: UdpTraffic, i: number, log: (line: string) => void): void {
    const { address, scope } = scoped(ns, traffic.to);
    const socket = new UdpSocket(ns, "sender", address.family);
    socket.mayBroadcast = traffic.broadcast;
    const to = { address, port: traffic.port, ...(scope !== null && { scope }) };
    let failed: Errno | null = socket.bind(traffic.from === undefined ? null : ip(traffic.from), 0);
    this.drawn[i] = socket.local.port;
    if (failed === null && traffic.connected) failed = socket.connect(to.address, to.port, scope);
    if (failed !== null) return log(`open: ${failed}`);
    const data = pattern(traffic.size);
    this.whenever(socket, () => datagrams(socket, log, false));
    this.repeat(traffic, (number) => {
      const errno = socket.send(data, traffic.connected ? null : to);
      if (errno !== null) log(`send ${number}: ${errno}`);
    });
  }

  private repeat({ count, interval }: { count: number; interval: number }, send: (number: number) => void): void {
    send(1);
    for (let n = 2; n <= count; n++) this.lab.later((n - 1) * interval * MILLISECOND, () => send(n));
  }
}

/** The lab's script builds all its machines on one: what a packet brings besides its octets survives their cables. */
function onOneMachine(lab: Lab): void {
  const pendingConfirm = new WeakSet<object>();
  for (const { kernel } of lab.machines.values()) kernel.pendingConfirm = pendingConfirm;
}

function datagrams(socket: UdpSocket, log: (line: string) => void, echo: boolean): void {
  const error = socket.takeError();
  if (error !== null) log(`error ${error}`);
  for (let got = socket.receive(); got !== null; got = socket.receive()) {
    log(`${got.data.length} octets from ${senderText(socket, got.from)}`);
    const failed = echo ? socket.send(got.data, got.from) : null;
    if (failed !== null) log(`send: ${failed}`);
  }
}

function pattern(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i & 0xff);
}
