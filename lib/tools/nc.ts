// nc: OpenBSD netcat 1.219 of Debian 12. What it reads from standard input ends at once, as behind a pipe.
// Names of addresses are not looked up: -v prints numbers where the real one, with a resolver that knows them, prints names.
// Before you edit: netcat.c (main, remote_connect, readwrite, udptest, connection_info).

import type { Program } from "../lab/process.ts";
import { type Asking, connected, more } from "../lab/programs.ts";
import { errorText } from "../netns/errno.ts";
import { asShown } from "../netns/socket/family.ts";
import { UdpSocket } from "../netns/socket/udp.ts";
import { TcpSocket } from "../netns/tcp/tcp.ts";
import { MILLISECOND, SECOND } from "../trace/world.ts";
import { serviceName } from "../wire/services.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { NOT_FOUND, type NotFound } from "./dns/resolver.ts";
import { type Host, hostOf, lookUp } from "./host.ts";
import { numericName } from "./internet-address.ts";
import { type NcOptions, readNcArguments } from "./nc-arguments.ts";

const encoder = new TextEncoder();
const anyOf = (family: 4 | 6) => (family === 6 ? "::" : "0.0.0.0");

export const nc: Command = (call) => {
  const options = readNcArguments(call);
  if (options === null) return 1;
  if (options.listen) return options.udp ? listenUdp(call, options) : listenTcp(call, options);
  return connectAll(call, options);
};

const WRONG_FAMILY = "Address family for hostname not supported";

function unresolved({ err }: Call, host: string, port: string, numeric: boolean, found: "family" | NotFound): number {
  const why = found === "family" ? WRONG_FAMILY : NOT_FOUND[numeric ? "noName" : found];
  err(`nc: getaddrinfo for host "${host}" port ${port}: ${why}\n`);
  return 1;
}

/** Binds to -s and -p; false when it has complained. */
function bindSource({ ns, err }: Call, options: NcOptions, socket: TcpSocket | UdpSocket): boolean {
  const { source, sourcePort } = options;
  if (source === null && sourcePort === null) return true;
  const from = source === null ? null : hostOf(ns, source, socket.family);
  if (source !== null && (from === null || from === "family")) {
    err(`nc: getaddrinfo: ${from === null ? "Name or service not known" : WRONG_FAMILY}\n`);
    return false;
  }
  const failed = socket.bind((from as Host | null)?.address ?? null, sourcePort ?? 0);
  if (failed !== null) err(`nc: bind failed: ${errorText(failed)}\n`);
  return failed === null;
}

/** Where to listen: an address, or any of IPv4, with -6 of both families. Null when it has complained. */
function listenAt(
  call: Call,
  { host, family, ports, numeric }: NcOptions,
): { family: 4 | 6; host: Host | null } | null {
  if (host === null) return { family: family ?? 4, host: null };
  const found = hostOf(call.ns, host, family);
  if (found === "family") call.err(`nc: getaddrinfo: ${WRONG_FAMILY}\n`);
  else if (found === null) unresolved(call, host, `${ports[0]}`, numeric, host.includes("%") ? "noName" : "again");
  if (found === "family" || found === null) return null;
  const { address } = found;
  const isAny = address.family === 6 ? address.isUnspecified : address.bits === 0;
  return { family: address.family, host: isAny ? null : found };
}

/** With -n nobody is asked. */
function* find(call: Call, { host, family, numeric }: NcOptions): Asking<Host | "family" | NotFound> {
  if (numeric) return hostOf(call.ns, host!, family) ?? "noName";
  return yield* lookUp({ ...call, program: "nc" }, host!, family);
}

function* connectAll(call: Call, options: NcOptions): Program {
  const { host, ports } = options;
  const to = yield* find(call, options);
  if (typeof to === "string") return unresolved(call, host!, `${ports[0]}`, options.numeric, to);
  let status = 1;
  for (const port of ports) {
    const done = options.udp ? yield* connectUdp(call, options, to, port) : yield* connectTcp(call, options, to, port);
    if (done === null) return 1;
    if (done) status = 0;
  }
  return status;
}

/** The host as it was asked for, and its address where that is another text. */
function hostShown({ host, numeric }: NcOptions, to: Host): string {
  const address = numericName(to);
  return numeric || host === address ? `${host}` : `${host} (${address})`;
}

function succeeded({ err }: Call, options: NcOptions, to: Host, port: number): void {
  const protocol = options.udp ? "udp" : "tcp";
  const service = options.numeric ? "*" : (serviceName(protocol, port) ?? "*");
  err(`Connection to ${hostShown(options, to)} ${port} port [${protocol}/${service}] succeeded!\n`);
}

/** True: it was connected; false: not; null: nc itself gives up. */
function* connectTcp(call: Call, options: NcOptions, to: Host, port: number): Asking<boolean | null> {
  const { address, scope } = to;
  const { lab, ns, err } = call;
  const socket = new TcpSocket(ns, "nc", address.family);
  socket.device = scope;
  try {
    socket.reusePort = options.source !== null || options.sourcePort !== null;
    if (!bindSource(call, options, socket)) return null;
    const until = options.timeout === null ? undefined : lab.now + options.timeout * SECOND;
    const failed = yield* connected(socket, address, port, until);
    if (failed !== null) {
      const timedOut = failed === "ETIMEDOUT" && until !== undefined && lab.now >= until;
      const why = timedOut ? "timed out: Operation now in progress" : `failed: ${errorText(failed)}`;
      if (options.verbose) err(`nc: connect to ${hostShown(options, to)} port ${port} (tcp) ${why}\n`);
      return false;
    }
    if (options.verbose) succeeded(call, options, to, port);
    if (!options.scan) yield* converse(call, options, socket, socket.openedBy);
    return true;
  } finally {
    socket.close();
  }
}

/** readwrite: standard input goes out, what comes is printed, until both have ended. */
function* converse({ lab, stdin, out }: Call, options: NcOptions, socket: TcpSocket, cause: number): Program {
  const decoder = new TextDecoder();
  if (stdin !== "") socket.send(encoder.encode(stdin), cause);
  if (options.shutdown) socket.shutdown(cause);
  const quit = options.quit === null ? null : lab.now + options.quit * SECOND;
  for (;;) {
    const idle = options.timeout === null ? Number.POSITIVE_INFINITY : lab.now + options.timeout * SECOND;
    const until = Math.min(idle, quit ?? Number.POSITIVE_INFINITY);
    const piece = yield* more(socket, Number.isFinite(until) ? until : undefined);
    if (piece === null || typeof piece === "string" || piece.end) return 0;
    out(decoder.decode(piece.data, { stream: true }));
  }
}

function* listenTcp(call: Call, options: NcOptions): Program {
  const { ns, err } = call;
  const at = listenAt(call, options);
  if (at === null) return 1;
  const address = at.host?.address ?? null;
  const socket = new TcpSocket(ns, "nc", at.family);
  socket.reusePort = true;
  socket.reuseAddress = true;
  try {
    const failed = socket.bind(address, options.ports[0]!) ?? socket.listen(1);
    if (failed !== null) {
      err(`nc: ${errorText(failed)}\n`);
      return 1;
    }
    if (options.verbose) err(`Listening on ${address ?? anyOf(at.family)} ${options.ports[0]}\n`);
    for (;;) {
      const next = socket.accept();
      if (next === null) {
        yield { on: [socket] };
        continue;
      }
      try {
        const { remote, family } = next;
        if (options.verbose) err(`Connection received on ${asShown(remote!.address, family)} ${remote!.port}\n`);
        yield* converse(call, options, next, -1);
      } finally {
        next.close();
      }
      if (!options.keep) return 0;
    }
  } finally {
    socket.close();
  }
}

function* connectUdp(call: Call, options: NcOptions, to: Host, port: number): Asking<boolean | null> {
  const { address, scope } = to;
  const { lab, ns, err, stdin, out } = call;
  const socket = new UdpSocket(ns, "nc", address.family);
  socket.device = scope;
  try {
    if (!bindSource(call, options, socket)) return null;
    const failed = socket.connect(address, port);
    if (failed !== null) {
      if (options.verbose)
        err(`nc: connect to ${hostShown(options, to)} port ${port} (udp) failed: ${errorText(failed)}\n`);
      return false;
    }
    if (options.verbose || options.scan) {
      if (!(yield* udpTest(call, options, socket))) return false;
      if (options.verbose) succeeded(call, options, to, port);
    }
    if (options.scan) return true;
    if (stdin !== "") socket.send(encoder.encode(stdin));
    const quit = options.quit === null ? Number.POSITIVE_INFINITY : lab.now + options.quit * SECOND;
    const idle = () =>
      Math.min(quit, options.timeout === null ? Number.POSITIVE_INFINITY : lab.now + options.timeout * SECOND);
    for (let until = idle(); ; ) {
      const next = socket.receive();
      if (next !== null) {
        out(new TextDecoder().decode(next.data));
        until = idle();
      } else if (socket.takeError() !== null || lab.now >= until) return true;
      else yield { on: [socket], ...(Number.isFinite(until) && { until }) };
    }
  } finally {
    socket.close();
  }
}

/** udptest: is a port open? Two octets, then one a second; only a refusal says no (udp-scan-timeout.patch of Debian). */
function* udpTest({ lab }: Call, { timeout }: NcOptions, socket: UdpSocket): Asking<boolean> {
  const x = encoder.encode("X");
  if (socket.send(x) !== null) return false;
  // Time for the refusal to come back: over a veth the kernel brings it before the write returns.
  yield { until: lab.now + MILLISECOND };
  if (socket.send(x) !== null) return false;
  for (let i = 0; i < (timeout ?? 3); i++) {
    yield { until: lab.now + SECOND };
    if (socket.send(x) !== null) return false;
  }
  return true;
}

function* listenUdp(call: Call, options: NcOptions): Program {
  const { ns, err, out, stdin, lab } = call;
  if (options.keep) throw notModelled("nc", "-k with -u", "-u -l without -k");
  const at = listenAt(call, options);
  if (at === null) return 1;
  const address = at.host?.address ?? null;
  const socket = new UdpSocket(ns, "nc", at.family);
  try {
    const failed = socket.bind(address, options.ports[0]!);
    if (failed !== null) {
      err(`nc: ${errorText(failed)}\n`);
      return 1;
    }
    if (options.verbose) err(`Bound on ${address ?? anyOf(at.family)} ${options.ports[0]}\n`);
    let known = false;
    for (;;) {
      const next = socket.receive();
      if (next !== null) {
        if (!known) {
          known = true;
          const { address, port, scope } = next.from;
          socket.device ??= scope ?? null;
          socket.connect(address, port);
          if (options.verbose) err(`Connection received on ${asShown(address, at.family)} ${port}\n`);
          if (stdin !== "") socket.send(encoder.encode(stdin), null, next.cause);
        }
        out(new TextDecoder().decode(next.data));
        continue;
      }
      if (known && socket.takeError() !== null) return 0;
      const until = known && options.timeout !== null ? lab.now + options.timeout * SECOND : undefined;
      yield { on: [socket], ...(until !== undefined && { until }) };
      if (until !== undefined && lab.now >= until) return 0;
    }
  } finally {
    socket.close();
  }
}
