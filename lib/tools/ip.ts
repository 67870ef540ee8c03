// `ip`: options, then an object, then what to do with it; every object is a file of iproute/.
// Before you edit: iproute2 6.1 ip/ip.c (main, do_cmd): the order of objects decides what `ip a`, `ip n`, `ip r` mean.
import type { Program } from "../lab/process.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { fileText } from "./files.ts";
import { ipAddress } from "./iproute/addr.ts";
import { Context, type Options, openNetns } from "./iproute/context.ts";
import { ipFou } from "./iproute/fou.ts";
import { ipLink } from "./iproute/link.ts";
import { ipMonitor } from "./iproute/monitor.ts";
import { ipNeighbour } from "./iproute/neigh.ts";
import { ipNetns } from "./iproute/netns.ts";
import { ipRoute } from "./iproute/route.ts";
import { ipRule } from "./iproute/rule.ts";
import { ipTunnel } from "./iproute/tunnel.ts";
import { ipTuntap } from "./iproute/tuntap.ts";
import { allow44, lacks44, VERSION44 } from "./iproute/version44.ts";
import { firstMatch, matches, Quit, Words, wrongArgument } from "./iproute/words.ts";

type Run = (context: Context, words: Words) => void;

const OBJECTS = ["address", "route", "rule", "neighbour", "link", "tunnel", "tuntap", "fou", "netns"] as const;
const SUPPORTED = `the objects ${OBJECTS.join(", ")} with the options -4, -6, -br, -o, -j, -s, -d, -n NAME`;

/** In iproute2's order; null is known to the real tool and not modelled (monitor and netns may be programs, so they stand alone). */
const COMMANDS: Readonly<Record<string, Run | null>> = {
  address: ipAddress,
  addrlabel: null,
  maddress: null,
  route: ipRoute,
  rule: ipRule,
  neighbor: ipNeighbour,
  neighbour: ipNeighbour,
  ntable: null,
  ntbl: null,
  link: ipLink,
  l2tp: null,
  fou: ipFou,
  ila: null,
  macsec: null,
  tunnel: ipTunnel,
  tunl: ipTunnel,
  tuntap: ipTuntap,
  tap: ipTuntap,
  token: null,
  tcpmetrics: null,
  tcp_metrics: null,
  monitor: null,
  xfrm: null,
  mroute: null,
  mrule: null,
  netns: null,
  netconf: null,
  vrf: null,
  sr: null,
  nexthop: null,
  mptcp: null,
  ioam: null,
  help: null,
  stats: null,
};

/** `ip` of iproute2 6.1 for IPv4, IPv6, veth, bridge, loopback, dummy, vxlan, ipip, tun. */
export const ip: Command = (call) => {
  try {
    const words = new Words(call.args);
    const context = readOptions(new Context(call, call.ns, noOptions()), words);
    if (context.options.batch !== null) return batch(context, context.options.batch);
    if (words.isEmpty) throw notModelled("ip", "without an object", SUPPORTED);
    return doCommand(context, words);
  } catch (failure) {
    return complain(call, failure);
  }
};

function complain(call: Call, failure: unknown): number {
  if (!(failure instanceof Quit)) throw failure;
  call.err(failure.message);
  return failure.status;
}

function doCommand(context: Context, words: Words): number | Program {
  const word = words.take();
  const object = firstMatch(word, Object.keys(COMMANDS));
  if (object === undefined) throw new Quit(`Object "${word}" is unknown, try "ip help".\n`, 1);
  const run = COMMANDS[object];
  if (object === "monitor") return ipMonitor(context, words);
  if (object === "netns") return ipNetns(context, words) ?? 0;
  if (run === null || run === undefined) throw notModelled("ip", word, SUPPORTED);
  if (context.options.details && !["route", "link", "address", "tunnel"].includes(object))
    throw notModelled("ip", `-d ${object}`, "-d with ip link, address, route, tunnel");
  run(context, words);
  return 0;
}

/**
 * `ip -batch FILE`, `-` for the input: each line is a command without its `ip`. The first that fails ends it, unless -force; what
 * failed before an answer of the kernel was awaited ends it in any case, as it ends the program (exit()).
 * Before you edit: iproute2 lib/utils.c (do_batch, makeargs).
 */
function* batch({ call, ns, options }: Context, name: string): Program {
  const text = name === "-" ? call.stdin : fileText(call, name);
  if (text === null) {
    call.err(`Cannot open file "${name}" for reading: No such file or directory\n`);
    return 1;
  }
  let status = 0;
  for (const [i, line] of logicalLines(text)) {
    const words = wordsOf(line);
    if (words.length === 0) continue;
    try {
      const done = doCommand(new Context(call, ns, { ...options }), new Words(words));
      if ((typeof done === "number" ? done : yield* done) === 0) continue;
      status = 1;
    } catch (failure) {
      const failed = complain(call, failure);
      if (failure instanceof Quit && failure.exits) return failed;
      status = 1;
    }
    call.err(`Command failed ${name}:${i}\n`);
    if (!options.force) break;
  }
  return status;
}

/** Lines with their numbers, joined where one ends in a backslash. */
function* logicalLines(text: string): Generator<[number, string]> {
  let line = "";
  for (const [i, piece] of text.split("\n").entries()) {
    if (piece.endsWith("\\")) {
      line += piece.slice(0, -1);
      continue;
    }
    yield [i + 1, line + piece];
    line = "";
  }
}

/** The words of a line, with '…' and "…"; what stands behind # is none. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  const plain = line.replace(/#.*$/, "");
  for (const [, single, double, bare] of plain.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"][^\s]*)/g))
    words.push(single ?? double ?? bare ?? "");
  return words;
}

export function noOptions(): Options {
  return {
    inet: false,
    inet6: false,
    packet: false,
    brief: false,
    oneline: false,
    json: false,
    timestamp: false,
    pretty: false,
    details: false,
    human: false,
    iec: false,
    stats: 0,
    batch: null,
    force: false,
  };
}

/** Reads what stands before the object. `-n` leads into another namespace. */
function readOptions(start: Context, words: Words): Context {
  let context = start;
  const { options } = context;
  while (words.peek.startsWith("-")) {
    const word = words.take();
    if (word === "--") break;
    const option = word.startsWith("--") ? word.slice(1) : word;
    if (matches(option, "-loops")) throw notModelled("ip", word, SUPPORTED);
    else if (matches(option, "-family")) {
      const family = words.argument();
      if (!["inet", "inet6", "mpls", "bridge", "link", "help"].includes(family))
        throw wrongArgument(family, "invalid protocol family");
      if (family !== "inet" && family !== "inet6") throw notModelled("ip", `${word} ${family}`, SUPPORTED);
      options[family] = true;
    } else if (option === "-4") options.inet = true;
    else if (option === "-6") options.inet6 = true;
    else if (matches(option, "-stats") || matches(option, "-statistics")) options.stats++;
    else if (matches(option, "-timestamp") || matches(option, "-tshort")) options.timestamp = true;
    else if (matches(option, "-human-readable")) options.human = true;
    else if (matches(option, "-iec")) options.iec = true;
    else if (matches(option, "-details")) options.details = true;
    else if (matches(option, "-oneline")) options.oneline = true;
    else if (matches(option, "-Version")) {
      start.out(start.isOld ? VERSION44 : "ip utility, iproute2-6.1.0, libbpf 1.1.2\n");
      throw new Quit("", 0);
    } else if (matches(option, "-force")) options.force = true;
    else if (matches(option, "-batch")) {
      if (words.isEmpty) throw notModelled("ip", word, SUPPORTED);
      options.batch = words.take();
    } else if (matches(option, "-brief")) options.brief = true;
    else if (context.isOld && lacks44(option)) throw unknownOption(word);
    else if (matches(option, "-json")) options.json = true;
    else if (matches(option, "-pretty")) options.pretty = true;
    else if (matches(option, "-netns"))
      context = new Context(start.call, openNetns(context, words.isEmpty ? "(null)" : words.take()), options);
    else if (isColour(option)) {
      // Behind a pipe `auto` has none.
      if (/=(never|auto)$/.test(option)) continue;
      throw notModelled("ip", word, `${SUPPORTED}, -c=never`);
    } else if (isKnown(option)) throw notModelled("ip", word, SUPPORTED);
    else throw unknownOption(word);
  }
  if (context.isOld) allow44(options);
  return context;
}

function unknownOption(word: string): Quit {
  return new Quit(`Option "${word}" is unknown, try "ip -help".\n`, 255);
}

/** `-c` and longer, with `=always`, `=auto`, `=never` behind it or without (matches_color). */
function isColour(option: string): boolean {
  const [word = "", when] = option.split("=");
  return matches(word, "-color") && word.length > 1 && (when === undefined || /^(always|auto|never)$/.test(when));
}

/** Options of ip.c that are not modelled. */
function isKnown(option: string): boolean {
  if (/^-(0|M|B|echo)$/.test(option)) return true;
  const rest = ["resolve", "rcvbuf"];
  return [...rest, "help", "Numeric", "all"].some((each) => matches(option, `-${each}`));
}
