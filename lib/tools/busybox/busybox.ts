// busybox: many small tools in one program, as images have them. Where its words differ from those of the tool of the
// same name, they are here; what it does is what the other does.
// Before you edit: busybox 1.35 networking/arp.c (arp_disp), ping.c, traceroute.c.

import type { Program } from "../../lab/process.ts";
import { SECOND } from "../../trace/world.ts";
import { type Ipv4, ipv4 } from "../../wire/address.ts";
import { type Call, type Command, notModelled } from "../command.ts";
import { getopt } from "../getopt.ts";
import { lookUp } from "../host.ts";
import { noOptions } from "../ip.ts";
import { Context } from "../iproute/context.ts";
import { neighboursOf } from "../iproute/neigh.ts";
import { voice4 } from "../ping.ts";
import type { Options } from "../ping-arguments.ts";
import { milliseconds, Run as PingRun, type Wording } from "../ping-run.ts";
import { Run as TraceRun } from "../traceroute.ts";
import { busyboxIp } from "./ip.ts";
import { nslookup } from "./nslookup.ts";
import { netstat, route } from "./route.ts";

/** The applets whose words are busybox's own here. */
export const NETWORKING = { ip: busyboxIp, arp, nslookup, ping, traceroute, route, netstat } as const;

/** `busybox ping ...` */
export const busybox: Command = (call) => {
  const [applet = "", ...args] = call.args;
  if (!Object.hasOwn(NETWORKING, applet)) throw notModelled("busybox", applet, Object.keys(NETWORKING).join(", "));
  return NETWORKING[applet as keyof typeof NETWORKING](call, args);
};

function arp(call: Call, args: readonly string[]): number {
  const { ns, out } = call;
  const { operands, problem } = getopt(args, "an");
  const [host, more] = operands;
  if (problem !== null || more !== undefined) throw notModelled("busybox arp", args.join(" "), "arp [-an] [ADDRESS]");
  const wanted = host === undefined ? null : ipv4(host);
  const known = neighboursOf(new Context(call, ns, noOptions())).filter((each) => each.neighbour.isValid);
  const shown = known.filter(({ neighbour }) => wanted === null || neighbour.address === wanted);
  for (const { device, neighbour } of shown) {
    const { address, mac, state } = neighbour;
    out(`? (${address}) at ${mac} [ether] ${state === "PERMANENT" ? "PERM" : ""} on ${device.name}\n`);
  }
  if (wanted !== null && shown.length === 0) out(`No match found in ${known.length} entries\n`);
  return 0;
}

/** It counts its requests from 0. */
const PING: Wording = {
  reply({ octets, from, seq, ttl }, took, isDuplicate) {
    const timing = took === null ? "" : ` time=${milliseconds(took)} ms`;
    return `${octets} bytes from ${from}: seq=${seq} ttl=${ttl}${timing}${isDuplicate ? " (DUP!)" : ""}\n`;
  },
  ending({ target, sent, received, duplicates, loss, times }) {
    const parts = [`${sent} packets transmitted`, `${received} packets received`];
    if (duplicates > 0) parts.push(`${duplicates} duplicates`);
    parts.push(`${Math.floor(loss)}% packet loss`);
    const last =
      times === null
        ? ""
        : `round-trip min/avg/max = ${[times.min, times.average, times.max].map(milliseconds).join("/")} ms\n`;
    return `\n--- ${target} ping statistics ---\n${parts.join(", ")}\n${last}`;
  },
};

function ping(call: Call, args: readonly string[]) {
  const { options, operands, problem } = getopt(args, "c:s:i:t:W:w:q4");
  const supported = "ping [-q4] [-c COUNT] [-s SIZE] [-i SECONDS] [-t TTL] [-W SECONDS] [-w SECONDS] ADDRESS";
  const [target, more] = operands;
  if (problem !== null || target === undefined || more !== undefined)
    throw notModelled("busybox ping", args.join(" "), supported);
  const value = (letter: string) => options.findLast((each) => each.letter === letter)?.value;
  const number = (letter: string) => numberOf("busybox ping", letter, value(letter), supported);
  const asked: Options = {
    target,
    count: number("c") ?? null,
    interval: (number("i") ?? 1) * SECOND,
    size: number("s") ?? 56,
    ttl: number("t"),
    linger: (number("W") ?? 10) * SECOND,
    deadline: value("w") === undefined ? null : number("w")! * SECOND,
    discovery: "dont",
    source: null,
    family: 4,
    broadcast: true,
    mark: undefined,
    quiet: value("q") !== undefined,
    numeric: true,
    audible: false,
    stamped: false,
    outstanding: false,
    preload: 1,
    pattern: null,
    tos: 0,
  };
  return withAddress(call, "ping", target, (dst) => pingRun(call, asked, dst));
}

/** Looks a name up, and goes on with its address; when there is none, says so as busybox does. */
function* withAddress(call: Call, applet: string, name: string, go: (address: Ipv4) => Program): Program {
  const found = yield* lookUp({ ...call, program: applet }, name, 4);
  if (typeof found !== "string") return yield* go(found.address as Ipv4);
  call.err(`${applet}: bad address '${name}'\n`);
  return 1;
}

function pingRun(call: Call, asked: Options, dst: Ipv4): Program {
  const { target } = asked;
  const voice = voice4(call, asked, dst, { address: null, device: null });
  return new PingRun(
    call,
    asked,
    {
      ...voice,
      head: () => `PING ${target} (${dst}): ${asked.size} data bytes\n`,
      send(seq, data, confirm) {
        const sent = voice.send(seq - 1, data, confirm);
        if (sent.errno !== null) throw notModelled("busybox ping", target, "addresses there is a way to");
        return sent;
      },
      // Errors of the way it does not tell.
      read(message) {
        const heard = voice.read(message);
        return heard === null || "line" in heard ? null : { ...heard, seq: heard.seq + 1 };
      },
    },
    { ...PING, reply: (heard, took, isDuplicate) => PING.reply({ ...heard, seq: heard.seq - 1 }, took, isDuplicate) },
  ).program();
}

/** The least packet: headers, and what older programs sent. */
const LEAST_PACKET = 46;
const HEADERS = 28;

/** One probe after the other, each waited for, to port after port. */
function traceroute(call: Call, args: readonly string[]) {
  const { options, operands, problem } = getopt(args, "nm:q:w:");
  const supported = "traceroute [-n] [-m HOPS] [-q PROBES] [-w SECONDS] ADDRESS";
  const [name, more] = operands;
  if (problem !== null || name === undefined || more !== undefined)
    throw notModelled("busybox traceroute", args.join(" "), supported);
  const value = (letter: string) => options.findLast((each) => each.letter === letter)?.value;
  const number = (letter: string) => numberOf("busybox traceroute", letter, value(letter), supported);
  const asked = {
    name,
    method: "default" as const,
    firstHop: 1,
    maxHops: number("m") ?? 30,
    probesPerHop: number("q") ?? 3,
    simultaneous: 1,
    wait: (number("w") ?? 3) * SECOND,
    hereFactor: 0,
    nearFactor: 0,
    sendWait: 0,
    dontFragment: false,
    discoverMtu: false,
    numeric: value("n") !== undefined,
    tos: 0,
    port: 33435,
    source: null,
    device: null,
    dataLength: LEAST_PACKET - HEADERS,
    headerLength: HEADERS,
  };
  const gaps = { afterHop: "", before: "  " };
  return withAddress(call, "traceroute", name, (address) =>
    new TraceRun(call, { ...asked, dst: { address, scope: null } }, gaps).program(),
  );
}

function numberOf(tool: string, letter: string, text: string | undefined, supported: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw notModelled(tool, `-${letter} ${text}`, supported);
  return Number(text);
}
