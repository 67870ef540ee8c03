// A trace in words: who did what, when, and because of what.
import { ENGLISH, pad, type Speech } from "../language/say.ts";
import { describe } from "../wire/describe.ts";
import type { Step } from "./step.ts";
import { MICROSECOND, MILLISECOND, SECOND } from "./world.ts";

/** How much a story tells: the decisions, or every step with what was tried. */
export type Detail = "decisions" | "everything";

/** Steps that only say that nothing was decided: a story of decisions leaves them out. */
function isDecision(step: Step): boolean {
  if (step.what === "hook" || step.what === "ip rule") return false;
  // A chain that had no rule to try.
  if (step.what === "chain" && (step.tried ?? []).length === 0) return false;
  return step.what !== "receive" || step.where.device === undefined || !step.because.startsWith("a port of");
}

/**
 * The story as text, one paragraph for each place the packet comes to: what happened there, with the sentence that
 * says why, the entry that decided and the command that shows it on a real machine.
 */
export function story(steps: readonly Step[], detail: Detail = "decisions", speech: Speech = ENGLISH): string {
  const told = detail === "everything" ? steps : steps.filter(isDecision);
  const lines: string[] = [];
  const times = told.map(({ time }) => moment(time));
  const width = times.reduce((most, time) => Math.max(most, time.length), 9);
  const margin = " ".repeat(width + 15);
  let place = "";
  for (const [i, step] of told.entries()) {
    const here = speech.say(placeOf(step));
    if (here !== place) {
      lines.push(`${lines.length === 0 ? "" : "\n"}${here}`);
      place = here;
    }
    lines.push(
      `  ${times[i]!.padStart(width)}  ${pad(speech.label("step", step.what), 10)} ${speech.say(step.because)}`,
    );
    if (step.what === "send" && step.packet !== undefined && "payload" in step.packet)
      lines.push(`${margin}│ ${describe(step.packet).replaceAll("\n", `\n${margin}│ `)}`);
    if (step.evidence !== undefined) lines.push(`${margin}└ ${step.evidence.command}: ${step.evidence.text}`);
    if (detail === "everything")
      for (const { text, field, wanted, had } of step.tried ?? [])
        lines.push(`${margin}✗ ${text} (${speech.say(`${field}: wants ${wanted}, has ${had}`)})`);
  }
  return lines.length === 0 ? speech.say("Nothing happened.") : lines.join("\n");
}

function placeOf({ where }: Step): string {
  const { node, netns } = where;
  return netns === node ? node : `${netns} (on ${node})`;
}

/** Virtual time in the unit that suits it: `40 µs`, `1.5 ms`, `3 s`. */
export function moment(nanoseconds: number): string {
  if (nanoseconds < MILLISECOND) return `${round(nanoseconds / MICROSECOND)} µs`;
  if (nanoseconds < SECOND) return `${round(nanoseconds / MILLISECOND)} ms`;
  return `${round(nanoseconds / SECOND)} s`;
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
