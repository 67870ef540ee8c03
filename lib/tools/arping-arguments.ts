// The words behind arping, and what they mean in this namespace: which device, in whose name.
// Before you edit: iputils arping.c (main, guess_device, check_device).
import { selectSource } from "../ip/address.ts";
import type { Device } from "../link/device.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import { decide } from "../netns/ipv4/decide.ts";
import { peekRoute } from "../netns/ipv4/output-route.ts";
import { LEVEL, NOT_RECORDED } from "../trace/step.ts";
import { Ipv4 } from "../wire/address.ts";
import { type Call, notModelled } from "./command.ts";
import { getopt, iputilsVersion, wholeNumber } from "./getopt.ts";

const USAGE = `
Usage:
  arping [options] <destination>

Options:
  -f            quit on first reply
  -q            be quiet
  -b            keep on broadcasting, do not unicast
  -D            duplicate address detection mode
  -U            unsolicited ARP mode, update your neighbours
  -A            ARP answer mode, update your neighbours
  -V            print version and exit
  -c <count>    how many packets to send
  -w <timeout>  how long to wait for a reply
  -i <interval> set interval between packets (default: 1 second)
  -I <device>   which ethernet device to use
  -s <source>   source ip address
  <destination> dns name or ip address

For more details see arping(8).
`;
const MAX_INT = 2147483647;

export interface Options {
  readonly dst: Ipv4;
  readonly src: Ipv4;
  readonly device: Device;
  /** -1: no end. */
  readonly count: number;
  readonly timeout: number;
  readonly interval: number;
  readonly dad: boolean;
  readonly unsolicited: boolean;
  readonly advertise: boolean;
  readonly quiet: boolean;
  readonly broadcastOnly: boolean;
  readonly quitOnReply: boolean;
}

/** Ends the program before it began: what it says, and its exit status. */
export class Quit extends Error {
  readonly status: number;
  readonly toStdout: boolean;
  constructor(text: string, status: number, toStdout = false) {
    super(text);
    this.status = status;
    this.toStdout = toStdout;
  }
}

function error(text: string, errno?: Errno): Quit {
  return new Quit(`arping: ${text}${errno === undefined ? "" : `: ${errorText(errno)}`}\n`, 2);
}

export function readOptions(call: Call): Options {
  const { options, operands, problem } = getopt(call.args, "h?bfDUAqc:w:i:s:I:V");
  const letters = new Set<string>();
  const numbers = new Map<string, number>();
  let source: string | null = null;
  let name: string | null = null;
  for (const { letter, value } of options) {
    letters.add(letter);
    if (letter === "V") throw new Quit(iputilsVersion("arping"), 0, true);
    if (letter === "h" || letter === "?") throw new Quit(USAGE, 2);
    if (letter === "s") source = value;
    else if (letter === "I") name = value;
    else if ("cwi".includes(letter)) {
      const number = wholeNumber(value, letter === "c" ? 1 : 0, MAX_INT);
      if (typeof number === "string") throw new Quit(`arping: ${number}\n`, 1);
      if (letter === "i" && number === 0) throw notModelled("arping", "-i 0", "an interval of a second or more");
      numbers.set(letter, number);
    }
  }
  const [target] = operands;
  if (problem !== null) throw new Quit(`arping: ${problem}\n${USAGE}`, 2);
  if (target === undefined || operands.length > 1) throw new Quit(USAGE, 2);
  const quiet = letters.has("q");
  const dad = letters.has("D");
  const dst = aton(target);
  if (dst === null) throw error(`${target}: Temporary failure in name resolution`);
  const device = deviceFor(call, name === "" ? null : name, dst, quiet, dad);
  const given = source === null ? null : aton(source);
  if (source !== null && given === null) throw error(`invalid source ${source}`);
  const unsolicited = letters.has("U") || letters.has("A");
  const src = sourceOf(call, device, dst, given, unsolicited, dad);
  return {
    dst,
    src,
    device,
    count: numbers.get("c") ?? -1,
    timeout: numbers.get("w") ?? 0,
    interval: numbers.get("i") ?? 1,
    dad,
    unsolicited,
    advertise: letters.has("A"),
    quiet,
    broadcastOnly: letters.has("b"),
    quitOnReply: letters.has("f") || dad,
  };
}

/** inet_aton: an address may have fewer parts than four, and the last one fills the rest. */
function aton(text: string): Ipv4 | null {
  const parts = text.split(".");
  if (parts.length > 4 || parts.some((part) => !/^\d+$/.test(part))) return null;
  const values = parts.map(Number);
  const last = values.pop()!;
  if (values.some((value) => value > 255) || last >= 256 ** (4 - values.length)) return null;
  return Ipv4.of(values.reduce((bits, value, i) => bits + value * 256 ** (3 - i), last));
}

function deviceFor({ ns }: Call, name: string | null, dst: Ipv4, quiet: boolean, dad: boolean): Device {
  let device = name === null ? undefined : ns.devices.get(name);
  if (name === null) {
    const way = peekRoute(ns, dst, null, null);
    if (way.errno !== null) throw new Quit("arping: NETLINK_ROUTE unexpected iov element\n", 1);
    device = way.device;
  }
  if (device === undefined) throw error(`Device ${name} not available.`);
  const say = (text: string, status: number) => new Quit(quiet ? "" : text, status, true);
  if (!device.up) throw say(`Interface "${device.name}" is down\n`, 2);
  if (device.kind === "loopback") throw say(`Interface "${device.name}" is not ARPable\n`, dad ? 0 : 2);
  return device;
}

/** In whose name it asks: what a socket on this device would send from, without a router. */
function sourceOf(call: Call, device: Device, dst: Ipv4, given: Ipv4 | null, unsolicited: boolean, dad: boolean): Ipv4 {
  const { ns } = call;
  const src = given ?? (unsolicited && !dad ? dst : null);
  if (src !== null) {
    if (src.bits !== 0 && ns.tables.local.lookup(src)?.type !== "local") throw error("bind", "EADDRNOTAVAIL");
    return src;
  }
  if (dad) return Ipv4.of(0);
  const { recorder } = call.lab;
  const { level } = recorder;
  recorder.level = LEVEL.off;
  const way = decide(ns, dst, null, device, undefined, NOT_RECORDED);
  recorder.level = level;
  const { addresses } = ns.inet.get(device)!;
  if (way.type === "local") return dst;
  const onLink = way.type !== "error" && way.route.via === null ? way.route.src : null;
  return onLink ?? selectSource(addresses, dst, "link") ?? Ipv4.of(0);
}
