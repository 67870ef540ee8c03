// `tcpdump`: what passes a device, as it passes.
// Before you edit: tcpdump 4.99 tcpdump.c (main, cleanup, info); libpcap pcap-linux.c
// (linux_check_direction: on loopback every packet is seen twice and shown once).

import { EPOCH } from "../lab/lab.ts";
import type { Program } from "../lab/process.ts";
import type { Device } from "../link/device.ts";
import { Waitable } from "../netns/wait.ts";
import { parseFilter } from "../wire/filter.ts";
import type { FrameTest } from "../wire/filter-tests.ts";
import { FilterError } from "../wire/filter-words.ts";
import type { Frame } from "../wire/packet.ts";
import { parseFrame } from "../wire/parse.ts";
import { type Captured, parsePcap, pcapBytes } from "../wire/pcap.ts";
import { parsePcapng } from "../wire/pcapng.ts";
import type { Call, Command } from "./command.ts";
import { readTcpdumpArguments, type TcpdumpOptions } from "./tcpdump-arguments.ts";
import { Lines, octetsOn } from "./tcpdump-lines.ts";

/**
 * `tcpdump [-n] [-e] [-v] [-q] [-t] [-S] [-i DEVICE|any] [-c COUNT] [FILTER]`. Names are never looked up: a namespace
 * has no resolver and no list of services, so it prints as with -n. Times are virtual, of the lab's first day.
 *
 * It runs until COUNT packets were seen or somebody ends it. In the background (`tcpdump -n -i cni0 & ping ...`) it
 * ends with the line it was started in, and then says how many packets it saw.
 */
export const tcpdump: Command = (call) => {
  const options = readTcpdumpArguments(call.args);
  if (typeof options === "string") return complain(call, options);
  const device = options.read === null ? deviceOf(call, options.device) : null;
  if (typeof device === "string") return complain(call, device);
  try {
    if (options.read !== null) return readBack(call, options, options.read);
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

function* capture(call: Call, options: TcpdumpOptions, only: Device | null, filter: FrameTest): Program {
  const { lab, ns, out, err } = call;
  const full = new Waitable();
  const devices = only === null ? [...ns.devices.values()] : [only];
  const lines = new Lines(options);
  let captured = 0;
  let received = 0;
  let isOver = false;
  const written: Captured[] = [];
  const watch = (device: Device) => (frame: Frame, direction: "in" | "out") => {
    if (!filter(frame) || (options.direction ?? direction) !== direction) return;
    received++;
    if (captured >= options.count || (device.kind === "loopback" && direction === "out")) return;
    captured++;
    if (options.write !== null)
      written.push({ time: EPOCH + BigInt(Math.floor(lab.now)), bytes: octetsOn(frame, device) });
    else if (!options.counted) out(lines.captured(lab.now, frame, device, only === null, direction));
    if (captured >= options.count) full.wake();
  };
  const taps = devices.map((device) => ({ device, tap: watch(device) }));
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
    // What a signal ends leaves the line of its ^C first, where lines are printed.
    if (!isOver && options.write === null) out("\n");
    const packets = (count: number) => `${count} packet${count === 1 ? "" : "s"}`;
    err(`${packets(captured)} captured\n${packets(received)} received by filter\n0 packets dropped by kernel\n`);
  }
}

/** `-r FILE`: what was captured, pcap or pcapng, printed as if it passed now. */
function readBack(call: Call, options: TcpdumpOptions, name: string): number {
  const { lab, ns, out, err } = call;
  const file = lab.machines.get(ns.node)?.files.get(name);
  if (file === undefined) return complain(call, `${name}: No such file or directory`);
  const captures = file[0] === 0x0a ? parsePcapng(file) : parsePcap(file);
  err(`reading from file ${name}, link-type EN10MB (Ethernet), snapshot length 262144\n`);
  const filter = parseFilter(options.filter);
  const lines = new Lines(options);
  let shown = 0;
  for (const { time, bytes } of captures) {
    const frame = parseFrame(bytes, { checksums: "ignore" });
    if (!filter(frame) || shown >= options.count) continue;
    shown++;
    if (!options.counted) out(lines.readBack(Number(time - EPOCH), frame));
  }
  if (options.counted) out(`${shown} packet${shown === 1 ? "" : "s"}\n`);
  return 0;
}
