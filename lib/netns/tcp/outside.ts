// A segment that does not fit into its connection is not read. The answer says where the connection is; to segments without
// data it goes twice a second at most, or two confused ends would answer each other for ever.
// Before you edit: RFC 5961, net/ipv4/tcp_input.c (tcp_send_dupack, tcp_send_challenge_ack, __tcp_oow_rate_limited).
import { LEVEL } from "../../trace/step.ts";
import { MILLISECOND } from "../../trace/world.ts";
import type { IpPacket } from "../socket/family.ts";
import { enterQuickAck } from "./ack.ts";
import { before } from "./block.ts";
import { sendAck } from "./output.ts";
import type { TcpSocket } from "./tcp.ts";

/** Why the segment is not read; the step is the cause of the answer. */
export function refuse(socket: TcpSocket, packet: IpPacket, cause: number, because: string): number {
  return socket.ns.step(LEVEL.path, cause, null, "drop", packet, () => ({
    because,
    evidence: { kind: "socket", text: socket.text, command: "ss -tan" },
  }));
}

/** tcp_oow_rate_limited: an answer to a segment without data came just now (tcp_invalid_ratelimit). */
export function isAckLoop(socket: TcpSocket, hasData: boolean): boolean {
  const { now } = socket.ns.cables;
  if (hasData) return false;
  if (now - socket.lastOutside < 500 * MILLISECOND) return true;
  socket.lastOutside = now;
  return false;
}

/** tcp_send_dupack: what comes again is told to have come twice. */
export function sendDuplicateAck(socket: TcpSocket, seq: number, end: number, cause: number): void {
  const { rcvNxt } = socket;
  if (isAckLoop(socket, end !== seq)) return;
  if (end !== seq && before(seq, rcvNxt)) {
    enterQuickAck(socket);
    socket.twice = [seq, before(rcvNxt, end) ? rcvNxt : end];
  }
  sendAck(socket, cause);
}

/** tcp_send_challenge_ack: did the other end really say so? If it did, it knows from the ACK what to say instead. */
export function challenge(socket: TcpSocket, cause: number): void {
  if (!isAckLoop(socket, false)) sendAck(socket, cause);
}
