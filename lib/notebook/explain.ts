// The verb explain: what a real machine does with a packet, from what its tools print.
import { chains } from "../draw/chains.ts";
import { hooks } from "../draw/hooks.ts";
import { routing } from "../draw/routing.ts";
import { stacked } from "../draw/stack.ts";
import { readObjects } from "../kube/proxy/objects.ts";
import type { Dump } from "../tools/dumps/dump.ts";
import { DUMPS, type DumpName, type Dumps, type Explained, explainPacket, type Fate } from "../tools/dumps/machine.ts";
import { type Detail, story } from "../trace/story.ts";
import { Trace } from "../trace/trace.ts";
import { BadInput } from "../wire/input.ts";
import { DISPLAY, INSPECT, Picture, type Shown, Story } from "./display.ts";
import { answerText, type Known, type ServiceAnswer, serviceAnswer } from "./explain-service.ts";
import { StepTable } from "./table.ts";

/** What became of a packet on a machine that is known by its files, with every step and its reason. */
export class Explanation extends Trace {
  readonly packet: string;
  /** What no file says and was taken to be so. */
  readonly assumed: readonly string[];
  readonly fate: Fate;
  /** What decided, in a sentence. */
  readonly because: string;
  /** Where kube-proxy's rules or a virtual server were about it: the Service, its endpoint and the source, each with why. */
  readonly service: ServiceAnswer | null;

  constructor({ packet, assumed, steps, fate, because }: Explained, known: Known) {
    super(steps);
    this.service = serviceAnswer(packet, steps, known);
    this.packet = packet;
    this.assumed = assumed;
    this.fate = fate;
    this.because = because;
  }

  /** The story in words, each rule and route that was tried included, or only the "decisions". */
  story(detail: Detail = "everything"): Story {
    const isProxied = this.steps.some(
      ({ chain }) => chain?.chain === "KUBE-SERVICES" || /kube-proxy$/.test(chain?.table ?? ""),
    );
    const nobody = isProxied ? "\nService   none: no rule of kube-proxy is about it\n" : "";
    const answer = this.service === null ? nobody : `\n${answerText(this.service)}`;
    return new Story((speech) => {
      const { say } = speech;
      const assumed = this.assumed.map((each) => `${say(`Assumed: ${each}.`)}\n`).join("");
      const end = say(`The packet is ${this.fate}: ${this.because}`);
      return `${this.packet}\n${assumed}${say(answer)}\n${story(this.steps, detail, speech)}\n\n${end}\n`;
    });
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
  toJSON(): Explained & { readonly service: ServiceAnswer | null } {
    const { packet, assumed, fate, because, service, steps } = this;
    return { packet, assumed, fate, because, service, steps };
  }
  [DISPLAY](): Shown {
    return this.story("decisions")[DISPLAY]();
  }
  [INSPECT](): string {
    return this.story("decisions").toString();
  }
}

/** What the tools printed: `iptables` is iptables-save's text, `ipset` that of ipset save, `route` of ip route show table all. */
export type MachineFiles = { readonly [Name in DumpName]?: string } & {
  /** What `kubectl get services -A -o yaml` printed: the Services' names, where only addresses are known (IPVS). */
  readonly objects?: string;
};

/** How strictly the files of a machine are read. */
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
  const dumps = dumpsOf(files);
  const objects = files.objects === undefined ? undefined : { text: files.objects, file: "objects" };
  return explained(dumps, objects, packet, unknown === "stop-there");
}

/** The texts, each by its name. Throws BadInput for a name that is none of a machine's files. */
export function dumpsOf(files: MachineFiles): Dumps {
  const dumps: { [Name in DumpName]?: { text: string; file: string } } = {};
  for (const [name, text] of Object.entries(files)) {
    if (name === "objects") continue;
    const known = DUMPS.find((each) => each === name);
    if (known === undefined)
      throw new BadInput("not one of a machine's files", name, `There are ${DUMPS.join(", ")}, objects.`);
    if (text !== undefined) dumps[known] = { text, file: name };
  }
  return dumps;
}

/** The same of texts with the names of their files, for complaints. */
export function explained(dumps: Dumps, objects: Dump | undefined, packet: string, stopsThere: boolean): Explanation {
  const known = objects === undefined ? null : readObjects(objects.text, objects.file);
  const answer = explainPacket(dumps, packet, stopsThere);
  const tables = answer.steps.some(({ packet: each }) => each !== undefined && "kind" in each && each.kind === "ipv6")
    ? dumps.ip6tables
    : dumps.iptables;
  return new Explanation(answer, { iptables: tables?.text ?? "", nft: dumps.nft?.text ?? "", objects: known });
}
