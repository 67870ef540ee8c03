// TCP sockets.
import type { Icmp, Ipv4Packet, Tcp } from "../wire/packet.ts";
import type { Netns } from "./netns.ts";
import type { Arrival } from "./receive.ts";
import { Waitable } from "./wait.ts";

export class TcpSocket extends Waitable {}

export function tcpInput(_ns: Netns, _arrival: Arrival, _packet: Ipv4Packet, _tcp: Tcp, _cause: number): void {}

export function tcpError(_ns: Netns, _quoted: Ipv4Packet, _tcp: Tcp, _icmp: Icmp, _cause: number): boolean {
  return false;
}
