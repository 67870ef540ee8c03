// The kernel's answer to a segment that nobody expects. Before you edit: RFC 9293 §3.10.7.1, net/ipv4/tcp_ipv4.c
// (tcp_v4_send_reset), net/ipv6/tcp_ipv6.c (tcp_v6_send_reset).
import type { Device } from "../../link/device.ts";
import { LEVEL } from "../../trace/step.ts";
import { TCP_FLAG, type Tcp } from "../../wire/packet.ts";
import type { Netns } from "../netns.ts";
import { atPort, type IpPacket, sendByIp } from "../socket/family.ts";
import { plus } from "./block.ts";

const NO_DATA = new Uint8Array(0);
const { fin: FIN, syn: SYN, rst: RST, ack: ACK } = TCP_FLAG;

/** tcp_v4_send_reset: answers a segment nobody expects. Its sequence number is the one that segment asks for. */
export function sendReset(
  ns: Netns,
  packet: IpPacket,
  tcp: Tcp,
  cause: number,
  mark = 0,
  oif: Device | null = null,
): void {
  if ((tcp.flags & RST) !== 0) return;
  const hasAck = (tcp.flags & ACK) !== 0;
  const length = tcp.data.length + (tcp.flags & SYN ? 1 : 0) + (tcp.flags & FIN ? 1 : 0);
  const body: Tcp = {
    kind: "tcp",
    srcPort: tcp.dstPort,
    dstPort: tcp.srcPort,
    seq: hasAck ? tcp.ack : 0,
    ack: hasAck ? 0 : plus(tcp.seq, length),
    flags: hasAck ? RST : RST | ACK,
    window: 0,
    options: {},
    data: NO_DATA,
  };
  const step = ns.step(LEVEL.path, cause, null, "socket", undefined, () => ({
    because: `the kernel answers ${atPort(packet.src, tcp.srcPort)} with RST`,
  }));
  ns.mib.TcpOutSegs++;
  ns.mib.TcpOutRsts++;
  const { src: dst, dst: src } = packet;
  // IPv6's reset keeps no class (tcp_v6_send_response), and to a link-local address it goes by the device that asks.
  if (packet.kind === "ipv6") return void sendByIp(ns, { src, dst, body, mark, oif, prefersOif: true }, step);
  sendByIp(ns, { src, dst, body, tos: packet.tos, id: 0, mark }, step);
}
