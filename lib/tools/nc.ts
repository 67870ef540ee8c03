// nc: OpenBSD netcat 1.219 of Debian 12. What it reads from standard input ends at once, as behind a pipe.
// Names of addresses are not looked up: -v prints numbers where the real one, with a resolver that knows them, prints names.
// Before you edit: netcat.c (main, remote_connect, readwrite, udptest, connection_info).

import type { Program } from "../lab/process.ts";
import { type Asking, connected, more } from "../lab/programs.ts";
import { errorText } from "../netns/errno.ts";
import { UdpSocket } from "../netns/socket/udp.ts";
import { TcpSocket } from "../netns/tcp/tcp.ts";
import { MILLISECOND, SECOND } from "../trace/world.ts";
import { Ipv4, ipv4 } from "../wire/address.ts";
import { type Call, type Command, notModelled } from "./command.ts";
import { type NcOptions, readNcArguments } from "./nc-arguments.ts";
import { serviceName } from "./services.ts";

const encoder = new TextEncoder();

export const nc: Command = (call) => {
  const options = readNcArguments(call);
  if (options === null) return 1;
  if (options.listen) return options.udp ? listenUdp(call, options) : listenTcp(call, options);
  return connectAll(call, options);
};

/** "localhost" is in every /etc/hosts; other names need a resolver. */
function addressOf(host: string): Ipv4 | null {
  if (host === "localhost") return Ipv4.of(0x7f000001);
  try {
    return ipv4(host);
  } catch {
    return null;
  }
}

function unresolved({ err }: Call, host: string, port: string, numeric: boolean): number {
  const why = numeric ? "Name or service not known" : "Temporary failure in name resolution";
  err(`nc: getaddrinfo for host "${host}" port ${port}: ${why}\n`);
  return 1;
}

function* connectAll(call: Call, options: NcOptions): Program {
  const { host, ports } = options;
  const address = addressOf(host!);
  if (address === null) return unresolved(call, host!, `${ports[0]}`, options.numeric);
  let status = 1;
  for (const port of ports) {
    const done = options.udp
      ? yield* connectUdp(call, options, address, port)
      : yield* connectTcp(call, options, address, port);
    if (done === null) return 1;
    if (done) status = 0;
  }
  return status;
}

function succeeded({ err }: Call, { udp, numeric, host }: NcOptions, port: number): void {
  const protocol = udp ? "udp" : "tcp";
  const service = numeric ? "*" : (serviceName(protocol, port) ?? "*");
  err(`Connection to ${host} ${port} port [${protocol}/${service}] succeeded!\n`);
}

/** True: it was connected; false: not; null: nc itself gives up. */
function* connectTcp(call: Call, options: NcOptions, address: Ipv4, port: number): Asking<boolean | null> {
  const { lab, ns, err } = call;
  const socket = new TcpSocket(ns, "nc");
  try {
    if (options.source !== null || options.sourcePort !== null) {
      socket.reusePort = true;
      const source = options.source === null ? null : addressOf(options.source);
      const failed = socket.bind(source, options.sourcePort ?? 0);
      if (failed !== null) {
        err(`nc: bind failed: ${errorText(failed)}\n`);
        return null;
      }
    }
    const until = options.timeout === null ? undefined : lab.now + options.timeout * SECOND;
    const failed = yield* connected(socket, address, port, until);
    if (failed !== null) {
      const timedOut = failed === "ETIMEDOUT" && until !== undefined && lab.now >= until;
      const why = timedOut ? "timed out: Operation now in progress" : `failed: ${errorText(failed)}`;
      if (options.verbose) err(`nc: connect to ${options.host} port ${port} (tcp) ${why}\n`);
      return false;
    }
    if (options.verbose) succeeded(call, options, port);
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
  const socket = new TcpSocket(ns, "nc");
  socket.reusePort = true;
  socket.reuseAddress = true;
  try {
    const address = options.host === null ? null : addressOf(options.host);
    if (options.host !== null && address === null)
      return unresolved(call, options.host, `${options.ports[0]}`, options.numeric);
    const failed = socket.bind(address?.bits === 0 ? null : address, options.ports[0]!) ?? socket.listen(1);
    if (failed !== null) {
      err(`nc: ${errorText(failed)}\n`);
      return 1;
    }
    if (options.verbose) err(`Listening on ${address ?? "0.0.0.0"} ${options.ports[0]}\n`);
    for (;;) {
      const next = socket.accept();
      if (next === null) {
        yield { on: [socket] };
        continue;
      }
      try {
        if (options.verbose) err(`Connection received on ${next.remote!.address} ${next.remote!.port}\n`);
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

function* connectUdp(call: Call, options: NcOptions, address: Ipv4, port: number): Asking<boolean | null> {
  const { lab, ns, err, stdin, out } = call;
  const socket = new UdpSocket(ns, "nc");
  try {
    if (options.source !== null || options.sourcePort !== null) {
      const failed = socket.bind(options.source === null ? null : addressOf(options.source), options.sourcePort ?? 0);
      if (failed !== null) {
        err(`nc: bind failed: ${errorText(failed)}\n`);
        return null;
      }
    }
    const failed = socket.connect(address, port);
    if (failed !== null) {
      if (options.verbose) err(`nc: connect to ${options.host} port ${port} (udp) failed: ${errorText(failed)}\n`);
      return false;
    }
    if (options.verbose || options.scan) {
      if (!(yield* udpTest(call, options, socket))) return false;
      if (options.verbose) succeeded(call, options, port);
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
  const socket = new UdpSocket(ns, "nc");
  try {
    const address = options.host === null ? null : addressOf(options.host);
    const failed = socket.bind(address?.bits === 0 ? null : address, options.ports[0]!);
    if (failed !== null) {
      err(`nc: ${errorText(failed)}\n`);
      return 1;
    }
    if (options.verbose) err(`Bound on ${address ?? "0.0.0.0"} ${options.ports[0]}\n`);
    let known = false;
    for (;;) {
      const next = socket.receive();
      if (next !== null) {
        if (!known) {
          known = true;
          socket.connect(next.from.address, next.from.port);
          if (options.verbose) err(`Connection received on ${next.from.address} ${next.from.port}\n`);
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
