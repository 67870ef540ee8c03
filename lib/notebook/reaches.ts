// Behaviour that checks ask about: does a packet get there, and if not, why?
import type { Outcome } from "../course/check.ts";
import { whyLost } from "../course/loss.ts";
import type { Lab } from "../lab/lab.ts";
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
  return { ok: false, because: whyLost(walked, walked.output.text.trim()) };
}
