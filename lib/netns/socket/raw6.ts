// Raw sockets of IPv6 that are connected: a program makes segments by itself, and hears what comes from the other end, and
// errors about what it sent.
// Before you edit: net/ipv6/raw.c (raw_v6_match, ipv6_raw_deliver, rawv6_sendmsg, rawv6_err).
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import { type Ipv6Packet, PROTOCOL, protocolOf, type Tcp } from "../../wire/packet.ts";
import { ip6Send, type Outgoing6, type Sent6 } from "../ipv6/send.ts";
import type { Arrival6 } from "../ipv6/skb6.ts";
import type { Netns } from "../netns.ts";
import { Waitable } from "../wait.ts";
import type { PingMessage6 } from "./ping6.ts";

/** Speaks TCP, the one protocol that a program here makes by itself. */
export class RawSocket6 extends Waitable {
  private readonly ns: Netns;
  private readonly program: string;
  private readonly remote: Ipv6;
  /** The one device it uses (SO_BINDTODEVICE, or the scope of the other end), or any. */
  private readonly device: Device | null;
  private readonly messages: PingMessage6[] = [];

  constructor(ns: Netns, program: string, remote: Ipv6, device: Device | null) {
    super();
    this.ns = ns;
    this.program = program;
    this.remote = remote;
    this.device = device;
    ns.sockets.raw6.push(this);
  }

  send(body: Tcp, how: Pick<Outgoing6, "src" | "hopLimit" | "trafficClass" | "discovery">, about: string): Sent6 {
    const step = this.ns.step(LEVEL.path, -1, null, "socket", undefined, () => ({
      because: `${this.program} ${about}`,
    }));
    return ip6Send(this.ns, { ...how, dst: this.remote, body, oif: this.device }, step);
  }

  /** The next packet or error, or null when none is there. */
  receive(): PingMessage6 | null {
    return this.messages.shift() ?? null;
  }

  close(): void {
    const { raw6 } = this.ns.sockets;
    raw6.splice(raw6.indexOf(this), 1);
  }

  /** A packet that came in, or an error with the packet it quotes; whether it is this socket's. */
  hear({ iif }: Arrival6, packet: Ipv6Packet, quoted: Ipv6Packet | undefined, cause: number): boolean {
    const other = quoted === undefined ? packet.src : quoted.dst;
    const isBy = this.device === null || this.device === iif;
    if (!isBy || other !== this.remote || protocolOf(quoted ?? packet) !== PROTOCOL.tcp) return false;
    const step = this.ns.step(LEVEL.path, cause, iif, "deliver", packet, () => ({
      because: `${this.program} hears all of IP protocol ${PROTOCOL.tcp} from ${this.remote}`,
      evidence: { kind: "socket", text: `raw UNCONN *:${PROTOCOL.tcp}`, command: "ss -lwn" },
    }));
    this.messages.push({ packet, iif, ...(quoted !== undefined && { quoted }), cause: step, time: this.ns.cables.now });
    this.wake();
    return true;
  }
}

/** Hands a packet, or an error, to each socket that hears it; whether there was one. */
export function raw6Input(
  ns: Netns,
  arrival: Arrival6,
  packet: Ipv6Packet,
  quoted: Ipv6Packet | undefined,
  cause: number,
): boolean {
  let isHeard = false;
  for (const socket of ns.sockets.raw6) isHeard = socket.hear(arrival, packet, quoted, cause) || isHeard;
  return isHeard;
}
