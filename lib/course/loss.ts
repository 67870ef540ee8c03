// Why an answer never came: of all that was lost on the way, the loss that counts.
import type { Lab } from "../lab/lab.ts";
import { place, runShell, type ShellResult } from "../tools/shell.ts";
import { LEVEL, type Step } from "../trace/step.ts";
import { Trace } from "../trace/trace.ts";
import type { Outcome } from "./check.ts";

/** The reason of the last packet lost, or `otherwise`. */
export function whyLost(trace: Trace, otherwise: string): string {
  // An ARP question that somebody did not answer is not why, the packet that never went out is; unless the question
  // itself ended at a device or a cable that is down.
  const packets = trace.drops.filter(({ packet }) => packet !== undefined && isIp(packet));
  // Nor is a message about a loss that was lost itself.
  const lost = packets.findLast((drop) => trace.why(drop).every((step) => step === drop || step.what !== "drop"));
  const dead = trace.drops.findLast(
    ({ packet, evidence }) => packet !== undefined && !isIp(packet) && evidence?.command === "ip link",
  );
  const drop = dead ?? lost ?? packets.at(-1) ?? trace.drops.at(-1);
  if (drop === undefined) return otherwise;
  const { where, because } = drop;
  return `In ${where.netns}${where.device === undefined ? "" : `, at ${where.device}`}: ${because}.`;
}

function isIp(packet: NonNullable<Step["packet"]>): boolean {
  return "payload" in packet ? packet.payload.kind === "ipv4" : packet.kind === "ipv4";
}

/** What a command printed, every step it caused, and whether it succeeded, or because of which loss not. */
export interface Tried extends ShellResult, Outcome {
  readonly trace: Trace;
}

/** Runs a command in a namespace of the lab while every step is recorded, until nothing is under way any more. */
export function tried(lab: Lab, where: string, command: string): Tried {
  const { recorder } = lab;
  recorder.forget();
  recorder.level = LEVEL.full;
  const result = runShell(lab, place(lab, where), command);
  lab.run();
  const trace = new Trace(recorder.take());
  const ok = result.status === 0;
  const because = ok ? result.text : `"${command}" in ${where} fails. ${whyLost(trace, result.text.trim())}`;
  return { ...result, trace, ok, because };
}

/** Answers may come now and then: a command that failed is tried so often to see it fail again. */
const MOST = 20;

/**
 * As `tried`, where only the outcome is asked for: steps are recorded once the command has failed, and it is run again to
 * learn why. Most succeed, and recording costs more than all the rest.
 */
export function outcomeOf(lab: Lab, where: string, command: string): ShellResult & Outcome {
  lab.recorder.level = LEVEL.off;
  const result = runShell(lab, place(lab, where), command);
  lab.run();
  if (result.status === 0) return { ...result, ok: true, because: "" };
  for (let i = 0; i < MOST; i++) {
    const again = tried(lab, where, command);
    if (!again.ok) return { ...result, ok: false, because: again.because };
  }
  return { ...result, ok: false, because: `"${command}" in ${where} fails now and then. ${result.text.trim()}` };
}
