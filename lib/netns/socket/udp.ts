// UDP sockets, as a program sees them; what comes in finds them by udp-input.ts.
// Before you edit: RFC 768, net/ipv4/udp.c (udp_sendmsg, __ip4_datagram_connect, udp_lib_get_port).
import { needsScope } from "../../ip/address6.ts";
import type { Device } from "../../link/device.ts";
import type { Told } from "../../trace/recorder.ts";
import { LEVEL } from "../../trace/step.ts";
import { type Ip, type Ipv4, unmapped } from "../../wire/address.ts";
import { LOOPBACK6, UNSPECIFIED6 } from "../../wire/address6.ts";
import { type Ipv4Packet, PROTOCOL, type Udp } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import { routeConnect } from "../ipv4/output-route.ts";
import type { Arrival } from "../ipv4/receive.ts";
import type { Outgoing } from "../ipv4/send.ts";
import { isKnown6, type Known6, known6 } from "../ipv6/output-route.ts";
import type { Netns } from "../netns.ts";
import { Waitable } from "../wait.ts";
import { type QueuedError, tooLong } from "./error-queue.ts";
import {
  atPort,
  countUdp,
  type Endpoint,
  type Family,
  isLocal,
  overlap,
  type Remote,
  sendByIp,
  wayTo,
} from "./family.ts";

export interface Datagram {
  readonly data: Uint8Array;
  readonly from: Remote;
  readonly to: Ip;
  readonly cause: number;
}

/** net.core.rmem_default holds about this many small datagrams; more are dropped. */
const RECEIVE_QUEUE = 256;

/** What a kernel's own socket does with a datagram instead of keeping it for a program (encap_rcv). */
export interface Encapsulation {
  receive(arrival: Arrival, packet: Ipv4Packet, udp: Udp, cause: number): void;
  /** Whether a datagram that an error quotes may be one of its own (encap_err_lookup). */
  sent(quoted: Udp): boolean;
}

export class UdpSocket extends Waitable {
  local: Endpoint = { address: null, port: 0 };
  remote: Remote | null = null;
  readonly family: Family;
  /** IPV6_V6ONLY. */
  v6only = false;
  mayBroadcast = false;
  /** Not a program's, but a tunnel's. */
  encap: Encapsulation | null = null;
  /** An error that came in and was not read yet (SO_ERROR). */
  error: Errno | null = null;
  /** Its errors in full, oldest first; null while the program does not ask for them (IP_RECVERR). */
  errors: QueuedError[] | null = null;
  /** IP_TTL, IP_TOS, IP_MTU_DISCOVER, SO_MARK, IP_MULTICAST_LOOP. */
  options: Pick<Outgoing, "ttl" | "tos" | "discovery" | "mark" | "isLooped"> = {};
  /** The one device it uses (SO_BINDTODEVICE); null: any. */
  device: Device | null = null;
  /** Name of the program that owns it, for `ss -p` and the trace. */
  readonly program: string;
  /** By what its way over IPv6 was found, when connect chose its source; null: it is asked for with each datagram. */
  private known: Known6 | null = null;
  private readonly ns: Netns;
  private readonly queue: Datagram[] = [];

  constructor(ns: Netns, program: string, family: Family = 4) {
    super();
    this.ns = ns;
    this.program = program;
    this.family = family;
    if (family === 6 && ns.sysctls.get("net.ipv6.bindv6only") === 1) this.v6only = true;
  }

  /** Takes a local address and port; port 0 lets the kernel choose. Null, or why not. */
  bind(wanted: Ip | null, port: number): Errno | null {
    const address = wanted === null ? null : unmapped(wanted);
    if (this.local.port !== 0) return "EINVAL";
    if (address !== null && !isLocal(this.ns, address)) return "EADDRNOTAVAIL";
    const { udp } = this.ns.sockets;
    const { family, v6only } = this;
    const isFree = (candidate: number) => {
      const bound = { family, v6only, local: { address, port: candidate } };
      return (udp.get(candidate) ?? []).every((other) => !overlap(other, bound));
    };
    const chosen = port === 0 ? this.ns.sockets.ephemeralPort(isFree) : isFree(port) ? port : null;
    if (chosen === null) return "EADDRINUSE";
    this.local = { address, port: chosen };
    if (address?.family === 6) this.v6only = true;
    udp.set(chosen, [...(udp.get(chosen) ?? []), this]);
    return null;
  }

  /**
   * Fixes the other end: only its datagrams and errors come in. An address of a link brings its device, to which the
   * socket is bound then (__ip6_datagram_connect).
   */
  connect(wanted: Ip, port: number, scope: Device | null = null): Errno | null {
    const address = wanted === UNSPECIFIED6 ? LOOPBACK6 : unmapped(wanted);
    if (address.family === 4) return this.connect4(address, port);
    if (needsScope(address)) this.device ??= scope;
    const way = wayTo(this.ns, address, this.local.address, this.device, this.options.mark ?? 0, PROTOCOL.udp);
    if (way.errno !== null) return way.errno;
    this.known = this.local.address === null ? known6(this.ns) : null;
    return this.connected(way.src, address, port);
  }

  private connect4(address: Ipv4, port: number): Errno | null {
    if (this.v6only) return "ENETUNREACH";
    const way = routeConnect(this.ns, address, this.local.address as Ipv4, this.device, -1, this.options.mark);
    if (way.errno === "ENETUNREACH") this.ns.mib.IpOutNoRoutes++;
    if (way.errno !== null) return way.errno;
    if (way.decision.type === "broadcast" && !this.mayBroadcast) return "EACCES";
    // Who has no address sends as 0.0.0.0, and that is no address to be bound to. To 0.0.0.0 means to oneself.
    return this.connected(way.src.bits === 0 ? null : way.src, address.bits === 0 ? way.src : address, port);
  }

  private connected(src: Ip | null, address: Ip, port: number): Errno | null {
    if (this.local.port === 0) {
      const failed = this.bind(null, 0);
      if (failed !== null) return failed;
    }
    this.local = { address: src, port: this.local.port };
    this.remote = { address, port };
    return null;
  }

  /** Sends a datagram to the connected end or to `to`. Null, or why not. */
  send(data: Uint8Array, to: Remote | null = null, cause = -1): Errno | null {
    if (this.error !== null) return this.takeError();
    const target = to ?? this.remote;
    if (target === null) return "EDESTADDRREQ";
    const dst = unmapped(target.address);
    // Over IPv6 the way is asked first, and says how much it takes (ip6_append_data).
    if (dst.family === 4 && data.length > 65507) return "EMSGSIZE";
    if (this.local.port === 0) {
      const failed = this.bind(null, 0);
      if (failed !== null) return failed;
    }
    const body: Udp = { kind: "udp", srcPort: this.local.port, dstPort: target.port, data };
    const step = this.ns.note(
      LEVEL.path,
      cause,
      null,
      "socket",
      undefined,
      tellSend,
      this.program,
      data.length,
      target,
    );
    const { local, device, mayBroadcast, options } = this;
    // Who is bound to an address of one family cannot send from it to the other.
    if (local.address !== null && local.address.family !== dst.family) return "ENETUNREACH";
    if (dst.family === 4 && this.v6only) return "ENETUNREACH";
    const oif = device ?? target.scope ?? null;
    if (this.known !== null && !isKnown6(this.ns, this.known)) this.known = null;
    const keepsWay = to === null && this.known !== null;
    const sent = sendByIp(this.ns, { src: local.address, dst, body, mayBroadcast, oif, keepsWay, ...options }, step);
    if (sent.errno === "EMSGSIZE" && this.errors !== null) {
      this.errors.push(tooLong(sent.mtu ?? 0, this.ns.cables.now));
      this.wake();
    }
    if (sent.errno === null) countUdp(this.ns, dst.family, "OutDatagrams");
    else if (sent.errno === "ENETUNREACH" && dst.family === 4) this.ns.mib.IpOutNoRoutes++;
    else if (sent.errno === "ENOBUFS" && this.errors === null) {
      // Who did not ask for its errors in full is not told that there was no room (udp_send_skb).
      countUdp(this.ns, dst.family, "SndbufErrors");
      return null;
    }
    return sent.errno;
  }

  /** The oldest error in full, which is then gone; with the last of them the pending error goes too. */
  readError(): QueuedError | null {
    const read = this.errors?.shift() ?? null;
    if (read?.origin === "icmp") this.error = this.errors?.find(({ origin }) => origin === "icmp")?.errno ?? null;
    return read;
  }

  /** The next datagram, or null when none is there. */
  receive(): Datagram | null {
    const read = this.queue.shift() ?? null;
    if (read !== null) countUdp(this.ns, read.to.family, "InDatagrams");
    return read;
  }

  /** The pending error, which is then gone. */
  takeError(): Errno | null {
    const { error } = this;
    this.error = null;
    return error;
  }

  close(): void {
    const { udp } = this.ns.sockets;
    const left = (udp.get(this.local.port) ?? []).filter((other) => other !== this);
    if (left.length > 0) udp.set(this.local.port, left);
    else udp.delete(this.local.port);
  }

  push(datagram: Datagram): boolean {
    if (this.queue.length >= RECEIVE_QUEUE) return false;
    this.queue.push(datagram);
    this.wake();
    return true;
  }
}

function tellSend(program: string, length: number, to: Remote): Told {
  return { because: `${program} sends ${length} octets to ${atPort(to.address, to.port)} by UDP` };
}
