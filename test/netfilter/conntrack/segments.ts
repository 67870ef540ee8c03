// Random TCP segments, valid and not, through a router that tracks them: what the entry is after each, here and in the
// real kernel.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import seedrandom from "seedrandom";
import { Lab } from "../../../lib/lab/lab.ts";
import { transmit } from "../../../lib/link/forward.ts";
import { place, runShell } from "../../../lib/tools/shell.ts";
import { NOT_RECORDED } from "../../../lib/trace/step.ts";
import { MILLISECOND } from "../../../lib/trace/world.ts";
import { ipv4 } from "../../../lib/wire/address.ts";
import { frameBytes } from "../../../lib/wire/bytes.ts";
import { mac } from "../../../lib/wire/mac.ts";
import { type Frame, TCP_FLAG, type TcpOptions } from "../../../lib/wire/packet.ts";
import { BEGIN } from "../../tools/real.ts";
import { ROUTED } from "./lines.ts";

export interface Segment {
  readonly from: "a" | "b";
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly length: number;
  readonly options: TcpOptions;
}

const { syn, ack, fin, rst, psh, urg } = TCP_FLAG;
const LIKELY = [syn, syn | ack, ack, ack, ack | psh, ack, fin | ack, fin | ack, rst, rst | ack];
const ODD = [0, fin, syn | fin, syn | rst, urg, ack | urg, fin | ack | urg, syn | urg, fin | psh | urg, 63, psh];
const OFFSETS = [1, -1, 100, -100, 1460, -1460, 30000, 66000, -66000, 70000, -70000, 1_000_000, -1_000_000];

/** A conversation that goes wrong: most segments continue what came before, some do not. */
export function randomSegments(seed: string, count: number): Segment[] {
  const random = seedrandom(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const chance = (p: number) => random() < p;
  const next = { a: Math.floor(random() * 2 ** 32), b: Math.floor(random() * 2 ** 32) };
  const segments: Segment[] = [];
  const opening = [syn, syn | ack, ack];
  // Some begin in the middle; the others are opened as they should be, up to a point.
  const opened = chance(0.2) ? 0 : chance(0.2) ? Math.floor(random() * 3) : 3;
  for (let i = 0; i < count; i++) {
    const scripted = i < opened;
    const from = scripted ? (i === 1 ? "b" : "a") : pick(["a", "b"] as const);
    const other = from === "a" ? "b" : "a";
    const flags = scripted ? opening[i]! : chance(0.12) ? pick(ODD) : pick(LIKELY);
    const wild = (value: number) =>
      scripted || chance(0.75)
        ? value
        : chance(0.15)
          ? pick([0, Math.floor(random() * 2 ** 32)])
          : value + pick(OFFSETS);
    const seq = wild(next[from]) >>> 0;
    const isSyn = (flags & syn) !== 0;
    const length = isSyn || chance(0.5) ? 0 : pick([1, 10, 100, 1000]);
    const acks = (flags & ack) !== 0 ? wild(next[other]) >>> 0 : chance(0.9) ? 0 : Math.floor(random() * 2 ** 32);
    const options: TcpOptions = isSyn
      ? {
          mss: 1460,
          ...(chance(0.7) && { sackPermitted: true }),
          ...(chance(0.7) && { windowScale: pick([0, 1, 7, 14]) }),
        }
      : chance(0.1)
        ? { sack: [[(acks + 100) >>> 0, (acks + pick([200, 2000, 70000])) >>> 0]] }
        : {};
    const window = chance(0.8) ? pick([502, 1000, 29200, 65535]) : pick([0, 1, 10]);
    segments.push({ from, flags, seq, ack: acks, window, length, options });
    const end = seq + length + (isSyn ? 1 : 0) + ((flags & fin) !== 0 ? 1 : 0);
    if (chance(0.9) && ((end - next[from]) | 0) >= 0 && ((end - next[from]) | 0) < 100_000) next[from] = end >>> 0;
  }
  return segments;
}

const MACS = { a0: "02:00:00:00:01:01", r0: "02:00:00:00:01:02", b0: "02:00:00:00:02:01", r1: "02:00:00:00:02:02" };

/** The port of the client tells one case from another. */
function frameOf({ from, flags, seq, ack: acks, window, length, options }: Segment, port: number): Frame {
  const isClient = from === "a";
  return {
    dst: mac(isClient ? MACS.r0 : MACS.r1),
    src: mac(isClient ? MACS.a0 : MACS.b0),
    payload: {
      kind: "ipv4",
      src: ipv4(isClient ? "10.1.0.2" : "10.2.0.2"),
      dst: ipv4(isClient ? "10.2.0.2" : "10.1.0.2"),
      ttl: 64,
      id: 7,
      tos: 0,
      dontFragment: true,
      moreFragments: false,
      fragmentOffset: 0,
      body: {
        kind: "tcp",
        srcPort: isClient ? port : 80,
        dstPort: isClient ? 80 : port,
        seq,
        ack: acks,
        flags,
        window,
        options,
        data: new Uint8Array(length).fill(65),
      },
    },
  };
}

const ROUTER = [
  ...Object.entries(MACS).map(
    ([device, address]) => `ip -n ${device === "r1" ? "r" : device[0]} link set ${device} address ${address}`,
  ),
  "ip -n r neigh add 10.1.0.2 lladdr 02:00:00:00:01:01 dev r0",
  "ip -n r neigh add 10.2.0.2 lladdr 02:00:00:00:02:01 dev r1",
  "ip netns exec a iptables -P INPUT DROP",
  "ip netns exec b iptables -P INPUT DROP",
  ...["INVALID", "NEW", "ESTABLISHED"].map(
    (state) => `ip netns exec r iptables -A FORWARD -m conntrack --ctstate ${state}`,
  ),
];
const SETUP = [...ROUTED.split("\n").filter((line) => line !== "" && !line.startsWith("sleep")), ...ROUTER];
const COUNTERS = "ip netns exec r iptables -vS FORWARD";
const FLUSH = "ip netns exec r conntrack -F";
const firstPort = 20000;

/** For each case what the table holds after each segment, and at its end how many packets were in which state. */
export function realEntries(cases: readonly (readonly Segment[])[]): string[][] {
  const room = mkdtempSync(join(tmpdir(), "packetwalk-segments-"));
  try {
    const sends = cases.flatMap((segments, i) => [
      ...segments.map((segment) => ({
        ns: segment.from,
        device: `${segment.from}0`,
        frame: Buffer.from(frameBytes(frameOf(segment, firstPort + i))).toString("hex"),
      })),
      { command: COUNTERS },
      { command: FLUSH },
    ]);
    writeFileSync(join(room, "work.json"), JSON.stringify({ sends }));
    const script = [
      ...BEGIN,
      ...SETUP,
      "sleep 0.3",
      `python3 ${resolve("test/netfilter/conntrack/inject.py")} ${room}/work.json > ${room}/out`,
    ];
    writeFileSync(join(room, "all.sh"), script.join("\n"));
    execFileSync("unshare", ["-n", "-m", "bash", join(room, "all.sh")], { stdio: ["ignore", "ignore", "pipe"] });
    const answers = JSON.parse(readFileSync(join(room, "out"), "utf8")) as string[];
    let at = 0;
    return cases.map((segments) => {
      const own = answers.slice(at, at + segments.length + 1);
      at += segments.length + 2;
      return own.map(steady);
    });
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

export function modelEntries(cases: readonly (readonly Segment[])[]): string[][] {
  const lab = new Lab();
  lab.node("node");
  const say = (line: string) => runShell(lab, place(lab, "node"), line);
  for (const line of SETUP) say(line);
  const device = (ns: "a" | "b") =>
    [...lab.namespaces.values()].flatMap(({ devices }) => [...devices.values()]).find(({ name }) => name === `${ns}0`)!;
  return cases.map((segments, i) => {
    const answers = segments.map((segment) => {
      transmit(lab, device(segment.from), frameOf(segment, firstPort + i), NOT_RECORDED);
      lab.runFor(MILLISECOND);
      return say("ip netns exec r conntrack -L -p tcp").out;
    });
    answers.push(say(COUNTERS).out);
    say(FLUSH);
    return answers.map(steady);
  });
}

/** Time passes on a real machine: the seconds that are left are rounded to tens. */
function steady(text: string): string {
  return text.replace(
    /^(tcp +6) (\d+) /gm,
    (_, head: string, left: string) => `${head} ${Math.round(Number(left) / 10)}0 `,
  );
}

/** What a case came to, where both differ; null when they agree. */
export function difference(
  segments: readonly Segment[],
  real: readonly string[],
  model: readonly string[],
): string | null {
  const at = real.findIndex((text, i) => text !== model[i]);
  if (at === -1) return null;
  const shown = segments.slice(0, at + 1).map((segment) => JSON.stringify(segment));
  return `${shown.join("\n")}\nreal:  ${real[at]}\nmodel: ${model[at]}`;
}

const FILE = "test/netfilter/conntrack/goldens/segments.json.gz";
const RECORDED = 60;

/** What the real kernel had in its table, for the cases of the seed "recorded". */
export function readRecorded(): string[][] {
  return JSON.parse(gunzipSync(readFileSync(FILE)).toString("utf8")) as string[][];
}

export function recordSegments(): void {
  const cases = Array.from({ length: RECORDED }, (_, i) => randomSegments(`recorded ${i}`, 14));
  writeFileSync(FILE, gzipSync(JSON.stringify(realEntries(cases)), { level: 9 }));
}
