// traceroute as Butskoy's 2.1.2 does it: sixteen probes under way at once, answers in the order of the hops.
// Before you edit: traceroute/traceroute.c (do_it, get_timeout, check_expired, print_probe, recv_reply).
import type { Program } from "../lab/process.ts";
import { type Errno, errorText } from "../netns/errno.ts";
import type { Family } from "../netns/socket/family.ts";
import { MILLISECOND } from "../trace/world.ts";
import type { Call, Command } from "./command.ts";
import { resolverConf } from "./dns/conf.ts";
import { NOT_FOUND } from "./dns/resolver.ts";
import { lookUp } from "./host.ts";
import { nameOf, numericName, type Scoped } from "./internet-address.ts";
import { nameToLookUp, type Options, readArguments } from "./traceroute-arguments.ts";
import { mark4Of, mark6Of } from "./traceroute-marks.ts";
import { type Answer, icmpProbes, Probe, type Prober, udpProbes } from "./traceroute-probe.ts";
import { tcpProbes } from "./traceroute-tcp.ts";

export const traceroute: Command = (call) => start(call, null);

/** By this name it asks for IPv6. */
export const traceroute6: Command = (call) => start(call, 6);

function start(call: Call, asName: Family | null): number | Program {
  const asked = resolverConf(call) === null ? null : nameToLookUp(call, asName);
  return asked === null ? begin(call, asName) : named(call, asName, asked.name, asked.family);
}

function* named(call: Call, asName: Family | null, name: string, family: Family | null): Program {
  const looked = yield* lookUp({ ...call, program: "traceroute" }, name, family);
  const found = typeof looked !== "string" ? looked : NOT_FOUND[looked === "family" ? "noData" : looked];
  const begun = begin(call, asName, found);
  return typeof begun === "number" ? begun : yield* begun;
}

function begin(call: Call, asName: Family | null, found?: Scoped | string): number | Program {
  const options = readArguments(call, asName, found);
  if (options === null) return 2;
  if (options.device !== null && !call.ns.devices.has(options.device)) {
    if (options.method !== "icmp" && options.method !== "tcp") header(call, options);
    call.err(`\nsetsockopt SO_BINDTODEVICE: ${errorText("ENODEV")}\n`);
    return 1;
  }
  return new Run(call, options).program();
}

function header({ out }: Call, { name, dst, maxHops, headerLength, dataLength }: Options): void {
  out(`traceroute to ${name} (${numericName(dst)}), ${maxHops} hops max, ${headerLength + dataLength} byte packets`);
}

/** What ends the program: the name of the system call that failed, and why. */
class Failed extends Error {
  constructor(call: string, errno: Errno) {
    super(`${call}: ${errorText(errno)}`);
  }
}

/** A millisecond more than measured, so that rounding makes nobody late. */
const PRECISION = MILLISECOND;

/** What stands between the words of a hop: here Butskoy's; busybox has its own. */
export interface Gaps {
  readonly afterHop: string;
  readonly before: string;
}

const GAPS: Gaps = { afterHop: " ", before: " " };

export class Run {
  private readonly call: Call;
  private readonly gaps: Gaps;
  private readonly options: Options;
  private readonly probes: Probe[];
  private dataLength: number;

  constructor(call: Call, options: Options, gaps = GAPS) {
    this.call = call;
    this.gaps = gaps;
    this.options = options;
    this.dataLength = options.dataLength;
    this.probes = Array.from({ length: options.maxHops * options.probesPerHop }, () => new Probe());
  }

  *program(): Program {
    const { call, options } = this;
    let prober: Prober | null = null;
    try {
      const failed = (what: string, errno: Errno): never => {
        throw new Failed(what, errno);
      };
      if (options.method === "icmp") prober = icmpProbes(call, options, failed);
      else if (options.method === "tcp") prober = tcpProbes(call, options, failed);
      header(call, options);
      prober ??= udpProbes(call, options, failed);
      yield* this.trace(prober);
      call.out("\n");
      return 0;
    } catch (failure) {
      if (!(failure instanceof Failed)) throw failure;
      call.err(`\n${failure.message}\n`);
      return 1;
    } finally {
      prober?.close();
    }
  }

  private *trace(prober: Prober): Program {
    const { options, probes, call } = this;
    const { lab } = call;
    const { probesPerHop, simultaneous, sendWait } = options;
    let start = (options.firstHop - 1) * probesPerHop;
    let end = probes.length;
    let lastSend = Number.NEGATIVE_INFINITY;
    while (start < end) {
      let under = 0;
      let next: number | null = null;
      for (let n = start; n < end; n++) {
        const probe = probes[n]!;
        if (n === start && !probe.done && probe.sentAt !== null) {
          const expires = probe.sentAt + this.timeout(n);
          if (expires > lab.now) next = expires;
          else {
            prober.expire(probe);
            this.expired(n);
          }
        }
        if (probe.done) {
          if (n === start) {
            this.print(n);
            start++;
          }
          if (probe.final) end = (Math.floor(n / probesPerHop) + 1) * probesPerHop;
          continue;
        }
        if (probe.sentAt === null) {
          if (sendWait > 0 && lastSend + sendWait > lab.now) {
            next = lastSend + sendWait;
            break;
          }
          probe.sentAt = lab.now;
          prober.send(probe, Math.floor(n / probesPerHop) + 1, this.dataLength);
          lastSend = lab.now;
        }
        next ??= probe.sentAt + this.timeout(n);
        if (++under >= simultaneous) break;
      }
      if (next === null) continue;
      const answers = prober.answers();
      if (answers.length === 0) {
        yield { until: upToMillisecond(next, lab.now), on: prober.waitFor() };
        answers.push(...prober.answers());
      }
      for (const answer of answers) this.take(answer);
    }
    return 0;
  }

  /** How long to wait for a probe: not much longer than its neighbours took (get_timeout). */
  private timeout(n: number): number {
    const { hereFactor, nearFactor, wait, probesPerHop } = this.options;
    const limited = (probe: Probe, factor: number) => Math.min(wait, (probe.took + PRECISION) * factor);
    if (hereFactor > 0) {
      const first = n - (n % probesPerHop);
      for (const probe of this.probes.slice(first, first + probesPerHop))
        if (probe.done && probe.took > 0) return limited(probe, hereFactor);
    }
    if (nearFactor > 0) {
      for (const probe of this.probes.slice(n + 1)) {
        if (probe.sentAt === null) break;
        if (probe.done && probe.took > 0) return limited(probe, nearFactor);
      }
    }
    return wait;
  }

  /** A host that is not to be reached answers rarely: a later answer of it may belong here (check_expired). */
  private expired(n: number): void {
    const { probes } = this;
    const { probesPerHop } = this.options;
    const first = n - (n % probesPerHop);
    const before = probes.slice(first, n);
    if (before.some((probe) => !probe.done || !probe.final)) return;
    let found = -1;
    for (let i = n + 1; i < probes.length && probes[i]!.sentAt !== null; i++) {
      if (!probes[i]!.done) continue;
      if (!probes[i]!.final) return;
      found = i;
      break;
    }
    if (found === -1 || probes[found]!.mark === "") return;
    const final = probes[found]!;
    const earlier = probes.slice(0, n);
    const isSameHop = before.length > 0 || (n % probesPerHop) + (found - n) < probesPerHop;
    const isHeard = earlier.some(({ from }) => from !== null && from.address === final.from?.address);
    if (!isSameHop && !isHeard && !this.isThisFar(n, final)) return;
    probes[n] = final;
    const gone = new Probe();
    // It must not be sent again.
    gone.sentAt = 1;
    probes[found] = gone;
  }

  /** Whether the TTL of the answer says that who sent it is no farther than this probe's hop. */
  private isThisFar(n: number, final: Probe): boolean {
    if (final.ttl === 0) return false;
    const { probesPerHop } = this.options;
    let back = hopsOf(final.ttl);
    for (let i = n - 1; i >= 0; i--) {
      const { done, final: isFinal, ttl } = this.probes[i]!;
      if (!done || isFinal || ttl === 0 || hopsOf(ttl) >= back) continue;
      back = back - hopsOf(ttl) + Math.floor(i / probesPerHop) + 1;
      break;
    }
    return back <= Math.floor(n / probesPerHop) + 1;
  }

  /** What came back for a probe (recv_reply). */
  private take({ probe: asked, from, time, ttl, error }: Answer): void {
    const { options } = this;
    let probe = asked;
    // A refusal of the kernel itself names no packet: it is about the first one.
    if (probe === null) probe = this.probes[(options.firstHop - 1) * options.probesPerHop]!;
    if (probe.done) return;
    probe.from = from;
    probe.receivedAt = time;
    probe.ttl = ttl;
    probe.done = true;
    if (error === null) probe.final = true;
    else if (error.origin === "icmp") {
      const { type, code, info } = error;
      const mark = options.dst.address.family === 6 ? mark6Of(type, code, info) : mark4Of(type, code, info);
      if (mark !== null) {
        probe.mark += mark;
        probe.final = true;
      }
    } else if (error.errno === "EMSGSIZE") {
      probe.mark += `!F-${error.info}`;
      probe.final = true;
    }
    probe.close();
    const least = options.headerLength;
    if (options.discoverMtu && error !== null && error.info >= least && error.info < least + this.dataLength) {
      this.dataLength = error.info - least;
      probe.again(`F=${error.info}`);
    }
  }

  private print(n: number): void {
    const { out } = this.call;
    const { probesPerHop, numeric } = this.options;
    const probe = this.probes[n]!;
    const inHop = n % probesPerHop;
    const { afterHop, before: gap } = this.gaps;
    if (inHop === 0) out(`\n${`${Math.floor(n / probesPerHop) + 1}`.padStart(2)}${afterHop}`);
    if (probe.from === null) out(`${gap}*`);
    else {
      const before = this.probes.slice(n - inHop, n).findLast(({ from }) => from !== null);
      if (before?.from?.address !== probe.from.address) {
        const text = numericName(probe.from);
        out(numeric ? `${gap}${text}` : `${gap}${nameOf(probe.from) ?? text} (${text})`);
      }
    }
    if (probe.receivedAt !== null) out(`  ${(probe.took / MILLISECOND).toFixed(3)} ms`);
    if (probe.mark !== "") out(` ${probe.mark}`);
  }
}

/** How many routers a packet came through that was sent with one of the usual TTLs. */
function hopsOf(ttl: number): number {
  return (ttl <= 64 ? 65 : ttl <= 128 ? 129 : 256) - ttl;
}

/** poll counts in whole milliseconds, and never too few. */
function upToMillisecond(time: number, now: number): number {
  return now + Math.ceil(Math.max(0, time - now) / MILLISECOND) * MILLISECOND;
}
