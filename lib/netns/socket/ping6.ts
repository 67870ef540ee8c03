// The socket of ping for IPv6: it sends echo requests and reads replies and errors about them.
// Before you edit: net/ipv6/raw.c, iputils ping/ping6_common.c.
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv6 } from "../../wire/address6.ts";
import { ICMP6, type Icmp6, type Ipv6Packet } from "../../wire/packet.ts";
import { ip6Send, type Outgoing6, type Sent6 } from "../ipv6/send.ts";
import type { Netns } from "../netns.ts";
import { Waitable } from "../wait.ts";

/** A reply, or an error with the request it quotes. */
export interface PingMessage6 {
  readonly packet: Ipv6Packet;
  /** Where it came in: the scope of a link-local sender. */
  readonly iif: Device;
  readonly quoted?: Ipv6Packet;
  readonly time: number;
  readonly cause: number;
}

export class PingSocket6 extends Waitable {
  /** Identifier of the echo requests, 16 bit. */
  readonly id: number;
  private readonly ns: Netns;
  private readonly program: string;
  private readonly messages: PingMessage6[] = [];

  constructor(ns: Netns, program = "ping") {
    super();
    this.ns = ns;
    this.program = program;
    this.id = Math.floor(ns.cables.random() * 65535) + 1;
    ns.sockets.ping6.push(this);
  }

  /** Sends one echo request. */
  send(
    dst: Ipv6,
    seq: number,
    data: Uint8Array,
    how: Pick<Outgoing6, "hopLimit" | "trafficClass" | "src" | "discovery" | "confirm" | "oif" | "mark">,
    cause: number,
  ): Sent6 {
    const rest = this.id * 65536 + (seq & 0xffff);
    const step = this.ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
      because: `${this.program} asks the kernel to send an echo request to ${dst}, seq ${seq}`,
    }));
    const body: Icmp6 = { kind: "icmp6", type: ICMP6.echoRequest, code: 0, rest, data };
    return ip6Send(this.ns, { dst, body, ...how }, step);
  }

  push(message: PingMessage6): void {
    this.messages.push(message);
    this.wake();
  }

  /** The next reply or error, or null when none is there. */
  receive(): PingMessage6 | null {
    return this.messages.shift() ?? null;
  }

  close(): void {
    const { ping6 } = this.ns.sockets;
    const at = ping6.indexOf(this);
    if (at !== -1) ping6.splice(at, 1);
  }
}
