// Raw sockets: a program makes what IP carries by itself, and hears all that comes in of its protocol; errors about its
// packets, if it wants. They can listen to groups; no router is told (IGMP).
// Before you edit: net/ipv4/raw.c (raw_v4_input, raw_sendmsg, raw_err), igmp.c (ip_mc_join_group).
import type { Device } from "../../link/device.ts";
import type { Told } from "../../trace/recorder.ts";
import { LEVEL } from "../../trace/step.ts";
import type { Ipv4 } from "../../wire/address.ts";
import { type Ipv4Packet, protocolOf, type Tcp, type UnknownBody } from "../../wire/packet.ts";
import type { Arrival } from "../ipv4/receive.ts";
import { ipSend, type Outgoing, type Sent } from "../ipv4/send.ts";
import type { Netns } from "../netns.ts";
import { Waitable } from "../wait.ts";

/** A packet that came in, its header too, and the step that tells of it; an error with the packet it quotes. */
export interface RawPacket {
  readonly packet: Ipv4Packet;
  readonly quoted?: Ipv4Packet;
  readonly time: number;
  readonly cause: number;
}

export class RawSocket extends Waitable {
  readonly protocol: number;
  readonly program: string;
  /** The other end, when it is connected: it hears nobody else. */
  remote: Ipv4 | null = null;
  /** IP_RECVERR. */
  hearsErrors = false;
  /** The one device it uses (SO_BINDTODEVICE), or any. */
  private readonly device: Device | null;
  private readonly ns: Netns;
  private readonly packets: RawPacket[] = [];
  private readonly groups: Ipv4[] = [];

  constructor(ns: Netns, program: string, protocol: number, device: Device | null) {
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
    this.ns.sockets.listen(this.device!, group, 1);
  }

  /** Its own packets to a group do not come back to it (IP_MULTICAST_LOOP 0). */
  send(
    body: UnknownBody | Tcp,
    how: Pick<Outgoing, "src" | "ttl" | "tos" | "discovery"> & { readonly dst: Ipv4 },
    about: string,
  ): Sent {
    const step = this.ns.step(LEVEL.path, -1, null, "socket", undefined, () => ({
      because: `${this.program} ${about}`,
    }));
    return ipSend(this.ns, { discovery: "dont", ...how, body, oif: this.device, isLooped: false }, step);
  }

  /** The next packet, or null when none is there. */
  receive(): RawPacket | null {
    return this.packets.shift() ?? null;
  }

  close(): void {
    const { raw } = this.ns.sockets;
    raw.splice(raw.indexOf(this), 1);
    for (const group of this.groups.splice(0)) this.ns.sockets.listen(this.device!, group, -1);
  }

  hears(arrival: Arrival, packet: Ipv4Packet): boolean {
    const isBy = this.device === null || this.device === arrival.device;
    return isBy && this.protocol === protocolOf(packet) && (this.remote ?? packet.src) === packet.src;
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
    this.packets.push({ packet, cause: step, time: this.ns.cables.now });
    this.wake();
  }

  /** An ICMP error about a packet that may be of this socket. False when it wants none, or it is none of its own. */
  error(quoted: Ipv4Packet, packet: Ipv4Packet, cause: number): boolean {
    const isOwn = this.protocol === protocolOf(quoted) && (this.remote ?? quoted.dst) === quoted.dst;
    if (!this.hearsErrors || !isOwn) return false;
    this.packets.push({ packet, quoted, cause, time: this.ns.cables.now });
    this.wake();
    return true;
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
