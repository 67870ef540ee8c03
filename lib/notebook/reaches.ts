// Behaviour that checks ask about: does a packet get there, and if not, why?
import type { Outcome } from "../course/check.ts";
import type { Lab } from "../lab/lab.ts";
import type { Step } from "../trace/step.ts";
import { currentLab } from "./session.ts";
import { walk } from "./walk.ts";

/**
 * Whether a ping from `where` to `address` is answered, or a TCP connection to `address:port` (IPv4) opened. When it
 * is not, the reason is that of the last packet lost.
 */
export function reaches(where: string, address: string, lab: Lab = currentLab()): Outcome {
  const [, host, port] = /^([\d.]+):(\d+)$/.exec(address) ?? [];
  const attempt = host === undefined ? `ping -c 1 -W 4 ${address}` : `nc -z -w 4 ${host} ${port}`;
  const walked = walk(where, attempt, { lab });
  if (walked.output.status === 0) return { ok: true, because: `${address} answers ${where}` };
  // An ARP question that somebody did not answer is not why, the packet that never went out is; unless the question
  // itself ended at a device or a cable that is down.
  const packets = walked.drops.filter(({ packet }) => packet !== undefined && isIp(packet));
  // Nor is a message about a loss that was lost itself.
  const lost = packets.findLast((drop) => walked.why(drop).every((step) => step === drop || step.what !== "drop"));
  const dead = walked.drops.findLast(
    ({ packet, evidence }) => packet !== undefined && !isIp(packet) && evidence?.command === "ip link",
  );
  const drop = dead ?? lost ?? packets.at(-1) ?? walked.drops.at(-1);
  if (drop === undefined) return { ok: false, because: walked.output.text.trim() };
  const { where: at, because } = drop;
  return { ok: false, because: `In ${at.netns}${at.device === undefined ? "" : `, at ${at.device}`}: ${because}.` };
}

function isIp(packet: NonNullable<Step["packet"]>): boolean {
  return "payload" in packet ? packet.payload.kind === "ipv4" : packet.kind === "ipv4";
}
