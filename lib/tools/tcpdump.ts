// `tcpdump`: what passes a device, as it passes.
// Before you edit: tcpdump 4.99 tcpdump.c (main, cleanup, info), print-sll.c (sll2_if_print); libpcap pcap-linux.c
// (linux_check_direction: on loopback every packet is seen twice and shown once).

import { EPOCH } from "../lab/lab.ts";
import type { Program } from "../lab/process.ts";
import type { Device } from "../link/device.ts";
import { Waitable } from "../netns/wait.ts";
import { MICROSECOND, SECOND } from "../trace/world.ts";
import { frameBytes, frameLength } from "../wire/bytes.ts";
import { type DescribeOptions, describe } from "../wire/describe.ts";
import { TcpSequences } from "../wire/describe-tcp.ts";
import { parseFilter } from "../wire/filter.ts";
import type { FrameTest } from "../wire/filter-tests.ts";
import { FilterError } from "../wire/filter-words.ts";
import { BROADCAST_MAC } from "../wire/mac.ts";
import type { Frame } from "../wire/packet.ts";
import { parseFrame } from "../wire/parse.ts";
import { type Captured, parsePcap, pcapBytes } from "../wire/pcap.ts";
import { parsePcapng } from "../wire/pcapng.ts";
import { type Call, type Command, notModelled } from "./command.ts";

const SUPPORTED = "-i DEVICE, -w FILE, -r FILE, -c COUNT, -n, -e, -v, -q, -t, -tt, -ttt, -S, -l and a filter";

interface Options {
  readonly device: string | null;
  /** -w, -r: files of the machine. */
  readonly write: string | null;
  readonly read: string | null;
  readonly count: number;
  readonly link: boolean;
  readonly verbose: number;
  readonly quiet: boolean;
  /** How many times -t was given. */
  readonly time: number;
  readonly absolute: boolean;
  readonly filter: string;
}

/**
 * `tcpdump [-n] [-e] [-v] [-q] [-t] [-S] [-i DEVICE|any] [-c COUNT] [FILTER]`. Names are never looked up: a namespace
 * has no resolver and no list of services, so it prints as with -n. Times are virtual, of the lab's first day.
 *
 * It runs until COUNT packets were seen or somebody ends it. In the background (`tcpdump -n -i cni0 & ping ...`) it
 * ends with the line it was started in, and then says how many packets it saw.
 */
export const tcpdump: Command = (call) => {
  const options = readOptions(call.args);
  if (typeof options === "string") return complain(call, options);
  const device = options.read === null ? deviceOf(call, options.device) : null;
  if (typeof device === "string") return complain(call, device);
  try {
    if (options.read !== null) return readBack(call, options, options.read, parseFilter(options.filter));
    return capture(call, options, device, parseFilter(options.filter));
  } catch (failure) {
    if (failure instanceof FilterError) return complain(call, failure.message);
    throw failure;
  }
};

function complain(call: Call, message: string): number {
  call.err(`tcpdump: ${message}\n`);
  return 1;
}

function readOptions(args: readonly string[]): Options | string {
  const letters: string[] = [];
  let device: string | null = null;
  let write: string | null = null;
  let read: string | null = null;
  let count = Number.POSITIVE_INFINITY;
  const filter: string[] = [];
  // As getopt of glibc takes them: options may stand behind the filter too.
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") {
      filter.push(...args.slice(i + 1));
      break;
    }
    if (word === "--interface" || word === "--count") throw notModelled("tcpdump", word, SUPPORTED);
    if (!word.startsWith("-") || word === "-") {
      filter.push(word);
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at]!;
      if ("icwr".includes(letter)) {
        const value = word.slice(at + 1) || args[++i];
        if (value === undefined) throw notModelled("tcpdump", `-${letter} without a value`, SUPPORTED);
        if (letter === "i") device = value;
        else if (letter === "w") write = value;
        else if (letter === "r") read = value;
        else if (/^\d+$/.test(value) && Number(value) > 0) count = Number(value);
        else return `invalid packet count ${value}`;
        break;
      }
      if (!"nevqtSl".includes(letter)) throw notModelled("tcpdump", `-${letter}`, SUPPORTED);
      letters.push(letter);
    }
  }
  const times = (letter: string) => letters.filter((each) => each === letter).length;
  if (times("t") > 3) throw notModelled("tcpdump", "-tttt", SUPPORTED);
  if (times("v") > 2) throw notModelled("tcpdump", "-vvv", SUPPORTED);
  if (write === "-" || read === "-") throw notModelled("tcpdump", "-", "a file's name behind -w and -r");
  if (write !== null && (device === "any" || read !== null))
    throw notModelled("tcpdump", "-w", "-w with -i and one device");
  return {
    device,
    write,
    read,
    count,
    link: times("e") > 0,
    verbose: times("v"),
    quiet: times("q") > 0,
    time: times("t"),
    absolute: times("S") > 0,
    filter: filter.join(" "),
  };
}

/** The device, null for `any`, or what is wrong with it. Without a name: the first that runs, loopback last. */
function deviceOf({ ns }: Call, name: string | null): Device | null | string {
  if (name === "any") return null;
  const devices = [...ns.devices.values()];
  const device =
    name === null
      ? (devices.find((each) => each.kind !== "loopback" && each.running) ?? devices.find((each) => each.up))
      : ns.devices.get(name);
  if (device === undefined)
    return name === null ? "no suitable device found" : `${name}: No such device exists\n(No such device exists)`;
  return device.up ? device : `${device.name}: That device is not up`;
}

function describeOptionsOf({ link, quiet, verbose, absolute }: Options): DescribeOptions {
  return { link, quiet, verbose: verbose as 0 | 1 | 2, ...(!absolute && { sequences: new TcpSequences() }) };
}

function* capture(call: Call, options: Options, only: Device | null, filter: FrameTest): Program {
  const { lab, ns, out, err } = call;
  const full = new Waitable();
  const devices = only === null ? [...ns.devices.values()] : [only];
  const describeOptions = describeOptionsOf(options);
  let captured = 0;
  let received = 0;
  let isOver = false;
  const written: Captured[] = [];
  const clock = new Clock(options.time);
  const watch = (device: Device) => (frame: Frame, direction: "in" | "out") => {
    if (!filter(frame)) return;
    received++;
    if (captured >= options.count || (device.kind === "loopback" && direction === "out")) return;
    captured++;
    const head = clock.stamp(lab.now);
    if (options.write !== null)
      written.push({ time: EPOCH + BigInt(Math.floor(lab.now)), bytes: octetsOn(frame, device) });
    else
      out(`${head}${only === null ? cooked(device, frame, direction, describeOptions) : describeOn(frame, device)}\n`);
    if (captured >= options.count) full.wake();
  };
  const taps = devices.map((device) => ({ device, tap: watch(device) }));
  const describeOn = (frame: Frame, device: Device) =>
    device.isBare ? raw(frame, describeOptions) : describe(frame, describeOptions);
  if (only === null) err("tcpdump: data link type LINUX_SLL2\n");
  const type = only === null ? "LINUX_SLL2 (Linux cooked v2)" : only.isBare ? "RAW (Raw IP)" : "EN10MB (Ethernet)";
  const listening = `listening on ${only?.name ?? "any"}, link-type ${type}, snapshot length 262144 bytes\n`;
  err(
    options.verbose > 0 || options.write !== null
      ? `tcpdump: ${listening}`
      : `tcpdump: verbose output suppressed, use -v[v]... for full protocol decode\n${listening}`,
  );
  for (const { device, tap } of taps) {
    device.taps ??= [];
    device.taps.push(tap);
  }
  try {
    while (captured < options.count) yield { on: [full] };
    isOver = true;
    return 0;
  } finally {
    for (const { device, tap } of taps) {
      const left = (device.taps ?? []).filter((each) => each !== tap);
      device.taps = left.length > 0 ? left : null;
    }
    if (options.write !== null)
      lab.machines.get(ns.node)?.files.set(options.write, pcapBytes(written, only?.isBare ? 101 : 1, "microseconds"));
    // What a signal ends leaves the line of its ^C first.
    if (!isOver) out("\n");
    const packets = (count: number) => `${count} packet${count === 1 ? "" : "s"}`;
    err(`${packets(captured)} captured\n${packets(received)} received by filter\n0 packets dropped by kernel\n`);
  }
}

/** A frame as the device carries it: a tunnel's packets have no header around them. */
function octetsOn(frame: Frame, { isBare }: Device): Uint8Array {
  const octets = frameBytes(frame);
  return isBare ? octets.subarray(14) : octets;
}

/** `-r FILE`: what was captured, pcap or pcapng, printed as if it passed now. */
function readBack(call: Call, options: Options, name: string, filter: FrameTest): number {
  const { lab, ns, out, err } = call;
  const file = lab.machines.get(ns.node)?.files.get(name);
  if (file === undefined) return complain(call, `${name}: No such file or directory`);
  const captures = file[0] === 0x0a ? parsePcapng(file) : parsePcap(file);
  err(`reading from file ${name}, link-type EN10MB (Ethernet), snapshot length 262144\n`);
  const describeOptions = describeOptionsOf(options);
  const clock = new Clock(options.time);
  let shown = 0;
  for (const { time, bytes } of captures) {
    const frame = parseFrame(bytes, { checksums: "ignore" });
    if (!filter(frame) || shown >= options.count) continue;
    shown++;
    out(`${clock.stamp(Number(time - EPOCH))}${describe(frame, describeOptions)}\n`);
  }
  return 0;
}

/** A device that carries packets without a frame around them (raw_if_print). */
function raw(frame: Frame, options: DescribeOptions): string {
  if (!options.link) return describe(frame, options);
  const text = describe(frame, options);
  return `ip: ${text.slice(text.indexOf(": ", text.indexOf(", length ")) + 2)}`;
}

/** A line of `-i any`: which device, which way, and the link layer as LINUX_SLL2 has it. */
function cooked(device: Device, frame: Frame, direction: "in" | "out", options: DescribeOptions): string {
  const way =
    direction === "out"
      ? "Out"
      : frame.dst === BROADCAST_MAC
        ? "B"
        : frame.dst.isGroup
          ? "M"
          : frame.dst === device.mac
            ? "In"
            : "P";
  const head = `${device.name.padEnd(5)} ${way.padEnd(3)} `;
  const text = describe(frame, options);
  if (!options.link) return head + text;
  // The addresses make way for the index and the sender's; a header of 20 octets stands for the 14 of Ethernet.
  const from = text.indexOf(", ") + 2;
  const length = `length ${frameLength(frame)}:`;
  const at = text.indexOf(length);
  return `${head}ifindex ${device.index} ${frame.src} ${text.slice(from, at)}length ${frameLength(frame) + 6}:${text.slice(at + length.length)}`;
}

/** What stands before a line: the time of day, nothing, seconds since the lab began, or since the line before. */
class Clock {
  private readonly style: number;
  private last: number | null = null;

  constructor(style: number) {
    this.style = style;
  }

  stamp(now: number): string {
    const before = this.last ?? now;
    this.last = now;
    if (this.style === 1) return "";
    if (this.style === 2) return `${Math.floor(now / SECOND)}.${micros(now)} `;
    if (this.style === 3) return ` ${timeOfDay(now - before)} `;
    return `${timeOfDay(now)} `;
  }
}

function micros(time: number): string {
  return `${Math.floor((time % SECOND) / MICROSECOND)}`.padStart(6, "0");
}

function timeOfDay(time: number): string {
  const seconds = Math.floor(time / SECOND);
  const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  return `${parts.map((part) => `${part}`.padStart(2, "0")).join(":")}.${micros(time)}`;
}
