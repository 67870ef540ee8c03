// Raw sockets: a program makes what IP carries by itself, and hears all that comes in of its protocol. They can listen to
// groups; no router is told (IGMP).
// Before you edit: net/ipv4/raw.c (raw_v4_input, raw_sendmsg), igmp.c (ip_mc_join_group).
import type { Device } from "../../link/device.ts";
import type { Told } from "../../trace/recorder.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { type Ipv4Packet, protocolOf, type UnknownBody } from "../../wire/packet.ts";
import type { Errno } from "../errno.ts";
import type { Arrival } from "../ipv4/receive.ts";
import { ipSend, type Outgoing } from "../ipv4/send.ts";
import type { Netns } from "../netns.ts";
import { Waitable } from "../wait.ts";

/** A packet that came in, its header too, and the step that tells of it. */
export interface RawPacket {
  readonly packet: Ipv4Packet;
  readonly cause: number;
}

export class RawSocket extends Waitable {
  readonly protocol: number;
  readonly program: string;
  /** The one device it uses (SO_BINDTODEVICE). */
  private readonly device: Device;
  private readonly ns: Netns;
  private readonly packets: RawPacket[] = [];
  private readonly groups: Ipv4[] = [];

  constructor(ns: Netns, program: string, protocol: number, device: Device) {
    super();
    this.ns = ns;
    this.program = program;
    this.protocol = protocol;
    this.device = device;
    ns.sockets.raw.push(this);
  }

  /** IP_ADD_MEMBERSHIP by its device. */
  join(group: Ipv4): void {
    this.groups.push(group);
    this.ns.sockets.listen(this.device, group, 1);
  }

  /** Null, or why not. Its own packets to a group do not come back to it (IP_MULTICAST_LOOP 0). */
  send(
    body: UnknownBody,
    how: Pick<Outgoing, "src" | "ttl" | "tos"> & { readonly dst: Ipv4 },
    about: string,
  ): Errno | null {
    const step = this.ns.step(LEVEL.path, -1, null, "socket", undefined, () => ({
      because: `${this.program} ${about}`,
    }));
    const outgoing = { ...how, body, oif: this.device, discovery: "dont", isLooped: false } as const;
    return ipSend(this.ns, outgoing, step).errno;
  }

  /** The next packet, or null when none is there. */
  receive(): RawPacket | null {
    return this.packets.shift() ?? null;
  }

  close(): void {
    const { raw } = this.ns.sockets;
    raw.splice(raw.indexOf(this), 1);
    for (const group of this.groups.splice(0)) this.ns.sockets.listen(this.device, group, -1);
  }

  hears(arrival: Arrival, packet: Ipv4Packet): boolean {
    return this.device === arrival.device && this.protocol === protocolOf(packet);
  }

  push(packet: Ipv4Packet, cause: number): void {
    const step = this.ns.note(
      LEVEL.path,
      cause,
      this.device,
      "deliver",
      packet,
      tellDeliver,
      this.program,
      this.protocol,
    );
    this.packets.push({ packet, cause: step });
    this.wake();
  }
}

function tellDeliver(program: string, protocol: number): Told {
  const evidence = { kind: "socket", text: `raw UNCONN *:${protocol}`, command: "ss -lwn" } as const;
  return { because: `${program} hears all of IP protocol ${protocol}`, evidence };
}

/** Hands a packet to each socket that hears its protocol; whether there was one. */
export function rawInput(ns: Netns, arrival: Arrival, packet: Ipv4Packet, cause: number): boolean {
  let isHeard = false;
  for (const socket of ns.sockets.raw) {
    if (!socket.hears(arrival, packet)) continue;
    socket.push(packet, cause);
    isHeard = true;
  }
  return isHeard;
}
