// Plays a scenario of tcp-scenarios.json in the model: the same calls in the same order as tcp-real.py makes them.
import { Lab } from "../../lib/lab/lab.ts";
import type { Device } from "../../lib/link/device.ts";
import { transmit } from "../../lib/link/forward.ts";
import { addAddress } from "../../lib/netns/configure.ts";
import { neighbourOf } from "../../lib/netns/ipv4/arp.ts";
import { addAddress6 } from "../../lib/netns/ipv6/addrconf.ts";
import { neighbour6Of } from "../../lib/netns/ipv6/ndisc.ts";
import type { Netns } from "../../lib/netns/netns.ts";
import { UdpSocket } from "../../lib/netns/socket/udp.ts";
import { TcpSocket } from "../../lib/netns/tcp/tcp.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { MILLISECOND, SECOND } from "../../lib/trace/world.ts";
import { ip, ipv4 } from "../../lib/wire/address.ts";
import { ipv6 } from "../../lib/wire/address6.ts";
import { Mac } from "../../lib/wire/mac.ts";
import type { Frame } from "../../lib/wire/packet.ts";
import { type Stray, stray } from "./tcp-strays.ts";

export interface Step extends Partial<Stray> {
  readonly do: string;
  readonly at?: "a" | "b";
  readonly socket?: string;
  readonly from?: string;
  readonly port?: number;
  readonly address?: string;
  readonly to?: readonly [string, number];
  readonly backlog?: number;
  readonly reuse?: boolean;
  readonly timeout?: number;
  readonly seconds?: number;
  readonly words?: string;
  readonly idle?: number;
  readonly interval?: number;
  readonly count?: number;
}

export interface Scenario {
  readonly name: string;
  /** Over IPv6: see `over6`. */
  readonly family?: 6;
  readonly device?: string;
  readonly after?: number;
  readonly timed?: boolean;
  readonly bulk?: boolean;
  readonly windows?: "differ";
  readonly steps: readonly Step[];
}

/** A segment as a capture on `a` shows it; sequence numbers count from the SYN's. */
export interface Row {
  readonly time: number;
  readonly from: string;
  readonly kind: string;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly window: number;
  readonly options: string;
  readonly id: string;
}

export interface Played {
  readonly answers: readonly (number | string)[];
  readonly rows: readonly Row[];
}

const GONE = Mac.of(0x020000000099);

/** The same scenario with addresses of IPv6. */
export function over6(scenario: Scenario): Scenario {
  const text = JSON.stringify(scenario)
    .replaceAll("127.0.0.1", "::1")
    .replaceAll("10.0.0.", "fd00::")
    .replace("10.9.9.9", "fd09::9");
  // With less than 1280 IPv6 is off.
  return { ...(JSON.parse(text.replace("mtu 1000", "mtu 1300")) as Scenario), family: 6 };
}

export function play(scenario: Scenario, seed = "tcp"): Played {
  const isIpv6 = scenario.family === 6;
  const lab = new Lab({ seed, ipv6: isIpv6 });
  const a = lab.node("a").root;
  const b = lab.node("b").root;
  const [eth0, peer] = lab.cable("a", "eth0", "b", "eth0");
  if (isIpv6) {
    addAddress6(a, eth0, ipv6("fd00::1"), 64, { noDad: true });
    addAddress6(b, peer, ipv6("fd00::2"), 64, { noDad: true });
    lab.runFor(3 * SECOND);
  } else {
    addAddress(a, eth0, ipv4("10.0.0.1"), 24);
    addAddress(b, peer, ipv4("10.0.0.2"), 24);
  }
  const frames: { time: number; frame: Frame }[] = [];
  const device = a.devices.get(scenario.device ?? "eth0")!;
  device.taps = [
    (frame, direction) => {
      if (device.kind === "loopback" && direction === "out") return;
      if (frame.payload.kind === (isIpv6 ? "ipv6" : "ipv4")) frames.push({ time: lab.now, frame });
    },
  ];
  const sockets = new Map<string, TcpSocket | UdpSocket>();
  const answers: (number | string)[] = [];
  const strays = new Set<Frame>();
  for (const step of scenario.steps) {
    if (step.do === "stray") {
      const seen = frames.map(({ frame }) => frame).filter((frame) => !strays.has(frame));
      const frame = stray(seen, eth0.mac, step);
      strays.add(frame);
      transmit(lab, eth0, frame, -1);
      answers.push(0);
    } else answers.push(call(lab, { a, b }, { a: eth0, b: peer }, sockets, step, scenario.family ?? 4));
    lab.runFor(2 * MILLISECOND);
  }
  lab.runFor((scenario.after ?? 0.1) * SECOND);
  return { answers, rows: rowsOf(frames) };
}

function call(
  lab: Lab,
  ns: { a: Netns; b: Netns },
  devices: { a: Device; b: Device },
  sockets: Map<string, TcpSocket | UdpSocket>,
  step: Step,
  family: 4 | 6,
): number | string {
  const deadline = lab.now + (step.timeout ?? 20) * SECOND;
  const wait = <T>(ask: () => T | null): T | null => {
    for (;;) {
      const answer = ask();
      if (answer !== null || lab.now >= deadline) return answer;
      lab.runFor(MILLISECOND / 20);
    }
  };
  const at = step.at ?? "a";
  const tcp = () => sockets.get(step.socket!) as TcpSocket;
  switch (step.do) {
    case "udp": {
      const socket = new UdpSocket(ns[at], "test", family);
      sockets.set(step.socket!, socket);
      return socket.connect(ip(step.to![0]), step.to![1]) ?? 0;
    }
    case "listen":
    case "connect": {
      const socket = new TcpSocket(ns[at], "test", family);
      sockets.set(step.socket!, socket);
      socket.reuseAddress = step.reuse === true;
      if (step.port !== undefined) {
        const failed = socket.bind(step.address === undefined ? null : ip(step.address), step.port);
        if (failed !== null) return failed;
      }
      if (step.do === "listen") return socket.listen(step.backlog ?? 16) ?? 0;
      const failed = socket.connect(ip(step.to![0]), step.to![1]);
      if (failed !== null) return failed;
      return wait(() => (socket.state === "ESTAB" ? 0 : socket.takeError())) ?? "EAGAIN";
    }
    case "accept": {
      const child = wait(() => (sockets.get(step.from!) as TcpSocket).accept());
      if (child === null) return "EAGAIN";
      sockets.set(step.socket!, child);
      return 0;
    }
    case "send":
      return sockets.get(step.socket!)!.send(new Uint8Array(step.bytes!)) ?? 0;
    case "receive": {
      let got = 0;
      while (got < step.bytes!) {
        const piece = wait(() => tcp().receive(step.bytes! - got) ?? tcp().takeError());
        if (piece === null) return "EAGAIN";
        if (typeof piece === "string") return piece;
        if (piece.end) break;
        got += piece.data.length;
      }
      return got;
    }
    case "shutdown":
      return tcp().shutdown() ?? 0;
    case "close":
      tcp().close();
      return 0;
    case "abort":
      tcp().abort();
      return 0;
    case "vanish":
    case "appear": {
      const other = at === "a" ? "b" : "a";
      const last = at === "a" ? 2 : 1;
      const mac = step.do === "vanish" ? GONE : devices[other].mac;
      if (family === 6) neighbour6Of(ns[at], devices[at], ipv6(`fd00::${last}`)).set(mac, "PERMANENT", -1);
      else neighbourOf(ns[at], devices[at], ipv4(`10.0.0.${last}`)).set(mac, "PERMANENT", -1);
      return 0;
    }
    case "ip": {
      const mtu = /mtu (\d+)/.exec(step.words!);
      if (mtu === null) throw new Error(`the player does not know: ip ${step.words}`);
      devices[at].mtu = Number(mtu[1]);
      return 0;
    }
    case "sysctl": {
      const [name, value] = step.words!.split("=");
      ns[at].sysctls.set(name!, value!);
      return 0;
    }
    case "keepalive": {
      const { idle, interval, count } = step;
      const named = Object.entries({ idle, interval, count }).filter(([, value]) => value !== undefined);
      return tcp().setKeepalive(true, Object.fromEntries(named)) ?? 0;
    }
    case "timers":
      return timersIn(runShell(lab, place(lab, at), "ss -tanoH").text);
    case "wait":
      lab.runFor(step.seconds! * SECOND);
      return 0;
    default:
      throw new Error(`the player does not know: ${step.do}`);
  }
}

/** "on 2, keepalive 0": which timers `ss -o` shows, and how often they ran in vain. */
const timersIn = (text: string): string =>
  [...text.matchAll(/timer:\((\w+),[^,]+,(\d+)\)/g)].map(([, name, vain]) => `${name} ${vain}`).join(", ");

const hex = (n: number) => n.toString(16).padStart(2, "0");

function rowsOf(frames: readonly { time: number; frame: Frame }[]): Row[] {
  const raw: Raw[] = [];
  for (const { time, frame } of frames) {
    const packet = frame.payload;
    if (packet.kind !== "ipv4" && packet.kind !== "ipv6") continue;
    const { body } = packet;
    const id = packet.kind === "ipv4" ? packet.id : 0;
    const common = { time: time / 1e9, id, from: `${packet.src}`, to: `${packet.dst}` };
    if (body.kind === "tcp") {
      const { srcPort, dstPort, flags, seq, ack, window, data } = body;
      const kinds: number[] = [];
      if (body.options.mss !== undefined) kinds.push(2);
      if (body.options.sackPermitted) kinds.push(4);
      if (body.options.timestamps !== undefined) kinds.push(8);
      if (body.options.windowScale !== undefined) kinds.push(3);
      if (body.options.sack !== undefined) kinds.push(5);
      const options = kinds.map(hex).join(" ");
      raw.push({ ...common, kind: "tcp", srcPort, dstPort, flags, seq, ack, window, options, length: data.length });
    } else if (body.kind === "icmp" || (body.kind === "icmp6" && body.type < 128))
      raw.push({ ...common, ...none, kind: `icmp ${body.type} ${body.code}` });
    else if (body.kind === "udp") raw.push({ ...common, ...none, kind: "udp", length: body.data.length });
  }
  return relative(raw);
}

const none = { srcPort: 0, dstPort: 0, flags: 0, seq: 0, ack: 0, window: 0, options: "", length: 0 };

interface Raw {
  readonly time: number;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly options: string;
  readonly id: number;
  readonly length: number;
}

/** What tshark printed for tcp-real.py: times from the first packet, option kinds without their values. */
export function recordedRows(fields: readonly (readonly string[])[]): Row[] {
  const raw = fields.map((field): Raw => {
    const [time, from, srcPort, to, dstPort, flags, seq, ack, length, window, options, id, , type, code, udp] = field;
    const common = { ...none, time: Number(time), from: from!.split(",")[0]!, to: to!.split(",")[0]!, id: 0 };
    if (type) return { ...common, kind: `icmp ${type} ${code}` };
    if (udp) return { ...common, kind: "udp", length: Number(udp) - 8 };
    return {
      ...common,
      kind: "tcp",
      srcPort: Number(srcPort),
      dstPort: Number(dstPort),
      flags: Number(flags),
      seq: Number(seq),
      ack: Number(ack),
      length: Number(length),
      window: Number(window),
      options: optionKinds(options ?? ""),
      id: Number(id),
    };
  });
  return relative(raw);
}

function optionKinds(text: string): string {
  const kinds: string[] = [];
  for (let at = 0; at + 1 < text.length; ) {
    const kind = Number.parseInt(text.slice(at, at + 2), 16);
    if (kind === 0) break;
    if (kind !== 1) kinds.push(hex(kind));
    at += kind === 1 ? 2 : 2 * Number.parseInt(text.slice(at + 2, at + 4), 16);
  }
  return kinds.join(" ");
}

/**
 * Ports drawn by chance are named by their order; sequence numbers count from those of the SYN that are nearest before
 * them, for a port may be used again, and identifications from the first seen behind it.
 */
function relative(raw: readonly Raw[]): Row[] {
  const begins = new Map<string, number[]>();
  const ids = new Map<string, number>();
  const names = new Map<string, string>();
  const start = raw[0]?.time ?? 0;
  const since = (key: string, seq: number): number =>
    Math.min(...(begins.get(key) ?? [0]).map((begin) => (seq - begin) >>> 0));
  return raw.map((row): Row => {
    if (row.kind !== "tcp")
      return { ...none, time: row.time - start, from: row.from, kind: row.kind, length: row.length, id: "" };
    const key = `${row.from}:${row.srcPort}>${row.to}:${row.dstPort}`;
    const back = `${row.to}:${row.dstPort}>${row.from}:${row.srcPort}`;
    const known = begins.get(key) ?? [];
    if ((row.flags & 2) !== 0 && row.length === 0 && !known.includes(row.seq)) {
      begins.set(key, [...known, row.seq]);
      ids.delete(key);
    }
    if (row.id !== 0 && !ids.has(key)) ids.set(key, row.id);
    if (!names.has(key))
      names.set(key, row.srcPort < 32768 ? `${row.from}:${row.srcPort}` : `${row.from} client ${names.size}`);
    // A RST that answers a SYN has number 0.
    const isBare = (row.flags & 4) !== 0 && row.seq === 0;
    return {
      time: row.time - start,
      from: names.get(key)!,
      kind: "tcp",
      flags: row.flags,
      seq: isBare ? 0 : since(key, row.seq),
      ack: (row.flags & 16) === 0 ? 0 : since(back, row.ack),
      length: row.length,
      window: row.window,
      options: row.options,
      id: row.id === 0 ? "zero" : `+${(row.id - ids.get(key)!) & 0xffff}`,
    };
  });
}

const NAMES = ["F", "S", "R", "P", "A"];

/** A row as one line, for messages: `10.0.0.2:8080 SA seq 0 ack 1 len 0 win 65160 [02 04 08 03] id zero`. */
export function line(row: Row): string {
  if (row.kind !== "tcp") return `${row.from} ${row.kind} len ${row.length}`;
  const flags = NAMES.filter((_, bit) => (row.flags & (1 << bit)) !== 0).join("");
  return `${row.from} ${flags} seq ${row.seq} ack ${row.ack} len ${row.length} win ${row.window} [${row.options}] id ${row.id}`;
}

/**
 * What is compared. In a bulk transfer three things depend on when the receiver's interrupt ran, and only there they
 * are left out: pure ACKs, windows, and PSH in the middle. Each direction is then a list of its own.
 */
export function comparable(scenario: Scenario, rows: readonly Row[]): string[] {
  if (scenario.bulk !== true)
    return rows.map((row) =>
      line(scenario.windows === "differ" && (row.flags & 2) === 0 ? { ...row, window: 0 } : row),
    );
  const isPureAck = (row: Row) => row.flags === 16 && row.length === 0;
  const kept = rows.filter((row, i) => i < 3 || !isPureAck(row));
  const plain = kept.map((row, i) => (i < 3 ? row : { ...row, flags: row.flags & ~8, window: 0, id: "" }));
  return plain
    .map((row) => ({ row, text: line(row) }))
    .sort((x, y) => (x.row.from < y.row.from ? -1 : x.row.from > y.row.from ? 1 : 0))
    .map(({ text }) => text);
}
