// A case in the model.
import { Lab } from "../../../lib/lab/lab.ts";
import { transmit } from "../../../lib/link/forward.ts";
import { ipSend } from "../../../lib/netns/ipv4/send.ts";
import { ip6Send } from "../../../lib/netns/ipv6/send.ts";
import { UdpSocket } from "../../../lib/netns/socket/udp.ts";
import { TcpSocket } from "../../../lib/netns/tcp/tcp.ts";
import type { Waitable } from "../../../lib/netns/wait.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { NOT_RECORDED } from "../../../lib/trace/step.ts";
import { MILLISECOND } from "../../../lib/trace/world.ts";
import { ipv4 } from "../../../lib/wire/address.ts";
import { ipv6 } from "../../../lib/wire/address6.ts";
import { frameBytes } from "../../../lib/wire/bytes.ts";
import type { Frame, Ipv4Packet, Ipv6Packet } from "../../../lib/wire/packet.ts";
import { parseFrame } from "../../../lib/wire/parse.ts";
import { listAt } from "../canonical.ts";
import { answerTo } from "./answers.ts";
import { type Case, type LocalStep, type PlainStep, type Result, type Step, TCP_PORTS, UDP_PORTS } from "./case.ts";
import { type Kind, labLines, type Where } from "./lab.ts";
import { frame, hexOf, packetOf } from "./packets.ts";
import { fileOf } from "./rules.ts";
import { framesText, fromText, isByChance, isIdByChance } from "./seen.ts";

/** The model's result, and the steps as the real kernel gets them. */
export interface ModelRun {
  readonly result: Result;
  readonly steps: readonly PlainStep[];
}

/** What a test plants to see that the comparison notices. */
export type Sabotage = (lab: Lab) => void;

const NOTHING = { frames: {}, sockets: {}, rules: "", connections: "", sets: "", waited: 0 };

/** `seed` is where the model draws from what a kernel would draw: initial sequence numbers, ports. */
export function runModel(test: Case, sabotage?: Sabotage, seed = "packetwalk"): ModelRun {
  const play = new Play(test.kind, seed);
  const refused = play.configure(test);
  if (refused !== null) return { result: { ...NOTHING, refused }, steps: [] };
  sabotage?.(play.lab);
  play.open();
  const steps = test.steps.map((step) => {
    const plain = play.plain(step);
    play.take(plain);
    return plain;
  });
  play.end();
  return { result: play.result(), steps };
}

class Play {
  readonly lab: Lab;
  private readonly kind: Kind;
  private readonly frames: Record<string, Uint8Array[]> = {};
  private readonly sockets: Record<string, string[]> = {};
  /** The latest packet that came in by a cable. */
  private readonly latest = new Map<"c" | "s", Frame>();
  private readonly streams: TcpSocket[] = [];

  constructor(kind: Kind, seed: string) {
    this.lab = new Lab({ seed });
    this.kind = kind;
    this.lab.node("node").iptables = { version: "1.8.9", backEnd: kind.backEnd };
    if (kind.bridged) this.say("node", "modprobe br_netfilter");
    for (const line of labLines(kind, "")) this.say("node", line);
    // What IPv6 says of itself when devices come up is over then, as on the real machine.
    if (kind.family === 6) this.lab.runFor(20_000 * MILLISECOND);
    for (const ns of this.lab.namespaces.values())
      for (const limit of [ns.icmpLimit, ns.ipv6.icmpLimit]) limit.allow = () => true;
  }

  private say(where: string, line: string): string {
    const { status, text, out } = runShell(this.lab, place(this.lab, where), line);
    if (status !== 0) throw new Error(`${line}: ${text}`);
    return out;
  }

  /** What the tools say when they do not take it, or null. */
  configure({ sets, tables, kind: { family } }: Case): string | null {
    const { files } = this.lab.machines.get("node")!;
    const load = (tool: string, text: string) => {
      files.set("input", new TextEncoder().encode(text));
      const { status, text: said } = runShell(this.lab, place(this.lab, "r"), `${tool} < input`);
      return status === 0 ? null : said;
    };
    const failed = sets.length === 0 ? null : load("ipset -exist restore", `${sets.join("\n")}\n`);
    return failed ?? load(family === 4 ? "iptables-restore" : "ip6tables-restore", fileOf(tables));
  }

  open(): void {
    for (const [ns, device] of [
      ["c", "c0"],
      ["s", "s0"],
      ["r", "lo"],
    ] as const)
      this.lab.netns(ns).devices.get(device)!.taps = [
        (seen, direction) => {
          if (direction !== "in") return;
          if (ns !== "r") this.latest.set(ns, seen);
          listAt(this.frames, `${device} in`).push(frameBytes(seen));
        },
      ];
    for (const ns of ["r", "s"] as const) {
      for (const port of UDP_PORTS) {
        const socket = new UdpSocket(this.lab.netns(ns), "echo", this.kind.family);
        socket.bind(null, port);
        this.whenever(socket, () => this.datagrams(socket, `${ns} udp ${port}`, true));
      }
      for (const port of TCP_PORTS) this.listen(ns, port);
    }
  }

  private listen(ns: Where, port: number): void {
    const socket = new TcpSocket(this.lab.netns(ns), "server", this.kind.family);
    socket.bind(null, port);
    socket.listen(16);
    this.whenever(socket, () => {
      for (let child = socket.accept(); child !== null; child = socket.accept()) {
        listAt(this.sockets, `${ns} tcp ${port}`).push(fromText(`${child.remote!.address}`, child.remote!.port));
        this.streams.push(child);
      }
    });
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

  private datagrams(socket: UdpSocket, name: string, echoes: boolean): void {
    const log = listAt(this.sockets, name);
    const error = socket.takeError();
    if (error !== null) log.push(`error ${error}`);
    for (let got = socket.receive(); got !== null; got = socket.receive()) {
      const { data, from } = got;
      log.push(`${data.length} octets ${fromText(`${from.address}`, from.port)}`);
      if (!echoes || data.length === 0 || data[0] === 97) continue;
      const failed = socket.send(new Uint8Array(data.length).fill(97), from);
      if (failed !== null) log.push(`send: ${failed}`);
    }
  }

  /** The step without what depends on what was seen. */
  plain(step: Step): PlainStep {
    if (step.do !== "answer") return step;
    const seen = this.latest.get(step.at);
    const answer = seen === undefined || isAboutChance(seen) ? null : answerTo(seen, step, this.kind);
    return answer === null ? { do: "nothing" } : { do: "send", at: step.at, bytes: hexOf(answer) };
  }

  take(step: PlainStep): void {
    switch (step.do) {
      case "send": {
        const device = this.lab.netns(step.at).devices.get(`${step.at}0`)!;
        transmit(this.lab, device, parseFrame(octets(step.bytes), { checksums: "ignore" }), NOT_RECORDED);
        break;
      }
      case "local":
        this.local(step);
        break;
      case "udp": {
        const socket = new UdpSocket(this.lab.netns(step.ns), "client", this.kind.family);
        const name = `${step.ns} udp ${step.from}`;
        const to = { address: this.address(step.to), port: step.port };
        const failed = socket.bind(null, step.from) ?? (step.connected ? socket.connect(to.address, to.port) : null);
        if (failed === null) {
          this.whenever(socket, () => this.datagrams(socket, name, false));
          const errno = socket.send(new Uint8Array(step.size).fill(113), step.connected ? null : to);
          if (errno !== null) listAt(this.sockets, name).push(`send: ${errno}`);
        } else listAt(this.sockets, name).push(failed);
        break;
      }
      case "connect": {
        const socket = new TcpSocket(this.lab.netns(step.ns), "client", this.kind.family);
        const failed = socket.bind(null, step.from) ?? socket.connect(this.address(step.to), step.port);
        if (failed !== null) listAt(this.sockets, `${step.ns} tcp ${step.from}`).push(failed);
        else this.streams.push(socket);
        break;
      }
    }
    this.lab.runFor(MILLISECOND);
  }

  private address(text: string) {
    return this.kind.family === 4 ? ipv4(text) : ipv6(text);
  }

  private local({ protocol, src, dst, ttl, tos, body: hex }: LocalStep): void {
    const ns = this.lab.netns("r");
    const { family } = this.kind;
    const carrier = packetOf(null, family, src, dst, { kind: "unknown", protocol, data: octets(hex) });
    const bytes = hexOf(frame(this.kind, "c", carrier));
    const packet = parseFrame(octets(bytes), { checksums: "ignore" }).payload as Ipv4Packet | Ipv6Packet;
    const errno =
      packet.kind === "ipv4"
        ? ipSend(
            ns,
            { src: packet.src, dst: packet.dst, body: packet.body, ttl, tos, mayBroadcast: true },
            NOT_RECORDED,
          ).errno
        : ip6Send(ns, { src: packet.src, dst: packet.dst, body: packet.body, hopLimit: ttl }, NOT_RECORDED).errno;
    if (errno !== null) listAt(this.sockets, "r raw").push(errno);
  }

  /** Whoever is still connected gives up. */
  end(): void {
    for (const socket of this.streams) {
      socket.abort();
      this.lab.runFor(MILLISECOND);
    }
  }

  result(): Result {
    const say = (line: string) => this.say("r", line);
    const family = this.kind.family === 4 ? "" : " -f ipv6";
    return {
      refused: null,
      frames: framesText(this.frames),
      sockets: Object.fromEntries(Object.entries(this.sockets).filter(([, log]) => log.length > 0)),
      rules: say(this.kind.family === 4 ? "iptables-save -c" : "ip6tables-save -c"),
      connections: say(`conntrack -L${family}`),
      sets: say("ipset save"),
      waited: 0,
    };
  }
}

/** No Buffer: slices of one share its memory. */
const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

/** Numbers of TCP up to here are the case's own; those of a kernel's connections are chosen by chance. */
const OWN = 3_000_000;
const isFar = (number: number) => number > OWN && number < 2 ** 32 - OWN;

/** Whether something of the packet was chosen by chance, a port or a number: who answers it would have to know. */
function isAboutChance({ payload }: Frame): boolean {
  if (payload.kind !== "ipv4" && payload.kind !== "ipv6") return false;
  const { body } = payload;
  if (body.kind === "tcp" && (isFar(body.seq) || isFar(body.ack))) return true;
  if (body.kind === "tcp" || body.kind === "udp") return isByChance(body.srcPort) || isByChance(body.dstPort);
  if (body.kind === "unknown" && body.protocol === 132 && body.data.length >= 4)
    return isByChance((body.data[0]! << 8) | body.data[1]!) || isByChance((body.data[2]! << 8) | body.data[3]!);
  return (body.kind === "icmp" || body.kind === "icmp6") && isIdByChance(body.rest >>> 16);
}
