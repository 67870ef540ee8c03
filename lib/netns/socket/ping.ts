// The socket of ping: it sends echo requests and reads replies and errors about them.
// Before you edit: net/ipv4/ping.c, iputils ping/ping.c.

import type { Device } from "../../link/device.ts";
import type { Told } from "../../trace/recorder.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { ICMP, type Icmp, type Ipv4Packet } from "../../wire/packet.ts";
import { ipSend, type Outgoing, type Sent } from "../ipv4/send.ts";
import type { Netns } from "../netns.ts";
import { Waitable } from "../wait.ts";

/** A reply, or an error with the request it quotes. */
export interface PingMessage {
  readonly packet: Ipv4Packet;
  readonly quoted?: Ipv4Packet;
  readonly time: number;
  readonly cause: number;
}

export class PingSocket extends Waitable {
  /** Identifier of the echo requests, 16 bit. */
  readonly id: number;
  private readonly ns: Netns;
  private readonly program: string;
  private readonly messages: PingMessage[] = [];

  constructor(ns: Netns, program = "ping") {
    super();
    this.ns = ns;
    this.program = program;
    this.id = Math.floor(ns.cables.random() * 65535) + 1;
    ns.sockets.ping.push(this);
  }

  /** Sends one echo request. */
  send(
    dst: Ipv4,
    seq: number,
    data: Uint8Array,
    how: Pick<Outgoing, "ttl" | "tos" | "src" | "discovery" | "confirm" | "mayBroadcast" | "mark"> & {
      readonly oif?: Device | null;
    },
    cause: number,
  ): Sent {
    const rest = this.id * 65536 + (seq & 0xffff);
    const step = this.ns.note(LEVEL.path, cause, null, "socket", undefined, tellSend, this.program, dst, seq);
    const body: Icmp = { kind: "icmp", type: ICMP.echoRequest, code: 0, rest, data };
    const { src, oif, ttl, tos, discovery, confirm, mayBroadcast, mark } = how;
    return ipSend(this.ns, { dst, body, src, oif, ttl, tos, discovery, confirm, mayBroadcast, mark }, step);
  }

  push(message: PingMessage): void {
    this.messages.push(message);
    this.wake();
  }

  /** The next reply or error, or null when none is there. */
  receive(): PingMessage | null {
    return this.messages.shift() ?? null;
  }

  close(): void {
    const { ping } = this.ns.sockets;
    const at = ping.indexOf(this);
    if (at !== -1) ping.splice(at, 1);
  }
}

function tellSend(program: string, dst: Ipv4, seq: number): Told {
  return { because: `${program} asks the kernel to send an echo request to ${dst}, seq ${seq}` };
}
