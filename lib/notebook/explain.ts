// The verb explain: what a real machine does with a packet, from what its tools print.
import { chains } from "../draw/chains.ts";
import { hooks } from "../draw/hooks.ts";
import { routing } from "../draw/routing.ts";
import { stacked } from "../draw/stack.ts";
import { DUMPS, type DumpName, type Explained, explainPacket, type Fate } from "../tools/dumps/machine.ts";
import type { Step } from "../trace/step.ts";
import { type Detail, story } from "../trace/story.ts";
import { Trace } from "../trace/trace.ts";
import { BadInput } from "../wire/input.ts";
import { DISPLAY, INSPECT, Picture, type Shown, Told } from "./display.ts";
import { StepTable } from "./table.ts";

/** What became of a packet on a machine that is known by its files, with every step and its reason. */
export class Explanation extends Trace {
  readonly packet: string;
  /** What no file says and was taken to be so. */
  readonly assumed: readonly string[];
  readonly fate: Fate;
  /** What decided, in a sentence. */
  readonly because: string;

  constructor({ packet, assumed, steps, fate, because }: Explained) {
    super(steps);
    this.packet = packet;
    this.assumed = assumed;
    this.fate = fate;
    this.because = because;
  }

  /** The story in words, each rule and route that was tried included, or only the "decisions". */
  story(detail: Detail = "everything"): Told {
    const assumed = this.assumed.map((each) => `Assumed: ${each}.\n`).join("");
    return new Told(
      `${this.packet}\n${assumed}\n${story(this.steps, detail)}\n\nThe packet is ${this.fate}: ${this.because}\n`,
    );
  }
  /** The hooks with the packet's way through them, and what decided. */
  hooks(): Picture {
    return new Picture(hooks(this.steps));
  }
  /** The chains that the packet went through: each rule tried, and why it was not about the packet. */
  chains(): Picture {
    return new Picture(chains(this.steps));
  }
  /** The hooks and below them the chains, in one picture. */
  overview(): Picture {
    return new Picture(stacked(this.packet, [this.hooks().scene, this.chains().scene]));
  }
  /** The routing decisions, with every route that was considered. */
  routing(): Picture {
    return new Picture(routing(this.steps));
  }
  /** Every step as a row. */
  table(): StepTable {
    return new StepTable(this.steps);
  }
  toJSON(): Omit<Explained, "steps"> & { readonly steps: readonly Step[] } {
    const { packet, assumed, fate, because, steps } = this;
    return { packet, assumed, fate, because, steps };
  }
  [DISPLAY](): Shown {
    return this.story("decisions")[DISPLAY]();
  }
  [INSPECT](): string {
    return this.story("decisions").text;
  }
}

/** What the tools printed: `iptables` is iptables-save's text, `ipset` that of ipset save, `route` of ip route show table all. */
export type MachineFiles = { readonly [Name in DumpName]?: string };

export interface ExplainOptions {
  /** "stop-there": a rule that is not understood ends the walk of a packet that comes to it, and is no error before. */
  readonly unknown?: "error" | "stop-there";
}

/**
 * Says what a machine does with a packet and why, from what was printed there. Throws BadInput naming file and line for
 * what can't be read whole.
 *
 * @example
 * explain({ iptables, addr, route }, "in eth0 tcp 198.51.100.7:40000 > 192.0.2.10:443 syn")
 */
export function explain(files: MachineFiles, packet: string, { unknown = "error" }: ExplainOptions = {}): Explanation {
  const dumps: { [Name in DumpName]?: { text: string; file: string } } = {};
  for (const [name, text] of Object.entries(files)) {
    const known = DUMPS.find((each) => each === name);
    if (known === undefined) throw new BadInput("not one of a machine's files", name, `There are ${DUMPS.join(", ")}.`);
    if (text !== undefined) dumps[known] = { text, file: name };
  }
  return new Explanation(explainPacket(dumps, packet, unknown === "stop-there"));
}
