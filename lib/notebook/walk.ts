// The verb walk: commands run while every step is recorded, and what came of it as story, pictures, table and capture.
import { chains } from "../draw/chains.ts";
import { connections } from "../draw/connections.ts";
import { escapeMarkup } from "../draw/dom.ts";
import { encapsulation } from "../draw/encapsulation.ts";
import { fragments } from "../draw/fragments.ts";
import { headers } from "../draw/headers.ts";
import { hooks } from "../draw/hooks.ts";
import { ladder } from "../draw/ladder.ts";
import { neighbours } from "../draw/neighbours.ts";
import { passage } from "../draw/passage.ts";
import { queues } from "../draw/queues.ts";
import { race } from "../draw/race.ts";
import { roundTrip } from "../draw/round-trip.ts";
import { routing } from "../draw/routing.ts";
import type { Places } from "../draw/spots.ts";
import { topology } from "../draw/topology.ts";
import { translations } from "../draw/translations.ts";
import type { LabData } from "../lab/data.ts";
import { seenData } from "../lab/data-write.ts";
import { EPOCH, type Lab } from "../lab/lab.ts";
import { say } from "../language/say.ts";
import type { Tap } from "../link/device.ts";
import { LEVEL, type Step } from "../trace/step.ts";
import { type Detail, story } from "../trace/story.ts";
import { Trace } from "../trace/trace.ts";
import { frameBytes } from "../wire/bytes.ts";
import { BadInput } from "../wire/input.ts";
import type { Frame } from "../wire/packet.ts";
import { pcapBytes } from "../wire/pcap.ts";
import { DISPLAY, INSPECT, Picture, type Shown, Story } from "./display.ts";
import { Play } from "./play.ts";
import { currentLab } from "./session.ts";
import { type Output, sh } from "./sh.ts";
import { StepTable } from "./table.ts";

/** A frame that a device sent or received during a walk. */
export interface Seen {
  readonly netns: string;
  readonly device: string;
  readonly direction: "in" | "out";
  /** Virtual nanoseconds since the lab began. */
  readonly time: number;
  readonly frame: Frame;
}

/** What happened while a command ran, and because of what. Shows itself as a picture with its story. */
export class Walk extends Trace {
  /** What the command printed. */
  readonly output: Output;
  /** Every frame every device saw, in the order of time. */
  readonly frames: readonly Seen[];
  /** The lab as it was afterwards. */
  readonly lab: LabData;

  constructor(steps: readonly Step[], output: Output, frames: readonly Seen[], lab: LabData) {
    super(steps);
    this.output = output;
    this.frames = frames;
    this.lab = lab;
  }

  /** The story in words: the decisions, or with "everything" each rule and route that was tried as well. */
  story(detail: Detail = "decisions"): Story {
    return new Story((speech) => {
      const told = story(this.steps, detail, speech);
      // Where no packet was made, the command says why.
      const printed = this.output.text.trim();
      return this.steps.length > 0 || printed === ""
        ? told
        : `${told}\n${speech.say("The command printed:")}\n${printed}`;
    });
  }
  /** The lab with the numbered way of the packets. */
  topology(): Picture {
    return new Picture(topology(this.lab, this.steps));
  }
  /** The same with a packet that moves, to be played or gone through step by step: why at each, and the headers. */
  play(): Play {
    return new Play(this.lab, this.steps);
  }
  /** The first packet's way there and its answer's way back, between machines at these columns and rows: `{ web: [0, 1] }`. */
  roundTrip(places: Places = {}): Picture {
    return new Picture(roundTrip(this.lab, this.steps, { places }));
  }
  /** Who sent what to whom, over time. */
  ladder(): Picture {
    return new Picture(ladder(this.steps));
  }
  /** The headers at each hop, and what changed. */
  headers(): Picture {
    return new Picture(headers(this.steps));
  }
  /** The first frame in a tunnel, or else the first with IPv4: each header with its octets, and where its fields come from. */
  encapsulation(): Picture {
    return new Picture(encapsulation(this.steps, this.lab));
  }
  /** Packets that were cut: each piece where its octets were, and what became of them. */
  fragments(): Picture {
    return new Picture(fragments(this.steps));
  }
  /** The ladder with the MTU of each link, the size of each packet, and what was remembered of the way. */
  mtu(): Picture {
    return new Picture(ladder(this.steps, { mtus: this.lab }));
  }
  /** The states of the neighbour entries over time; confined to one namespace if it is named. */
  neighbours(netns?: string): Picture {
    return new Picture(neighbours(this.stepsIn(netns)));
  }
  /** The ARP question with the most answers: who was heard first, and who was believed. */
  race(): Picture {
    return new Picture(race(this.steps));
  }
  /** Which receive queue of a network card each flow went to, and because of which hash. */
  queues(): Picture {
    return new Picture(queues(this.steps));
  }
  /** The hooks of a namespace with the way of a packet, and what decided; packets are counted from 1. */
  hooks(netns?: string, packet = 1): Picture {
    return new Picture(hooks(this.stepsIn(netns), { packet }));
  }
  /** The chains that a packet went through at a namespace: each rule tried, and why it was not about the packet. */
  chains(netns?: string, packet = 1): Picture {
    return new Picture(chains(this.stepsIn(netns), { packet }));
  }
  /** How many rules of iptables a packet was compared with at a namespace; packets are counted as by `chains`. */
  rulesAsked(netns: string, packet = 1): number {
    const way = passage(this.stepsIn(netns), packet);
    return way.reduce((sum, { tried, chain }) => {
      if (chain === undefined) return sum;
      return sum + (tried?.length ?? 0) + (chain.rule === null ? 0 : 1);
    }, 0);
  }
  /** The entries of connection tracking before and after the packets, or one of them, at a namespace. */
  conntrack(netns?: string, packet?: number): Picture {
    return new Picture(connections(this.stepsIn(netns), packet === undefined ? {} : { packet }));
  }
  /** What NAT changed in the headers, which rule or entry did it, and how the answer was changed back. */
  nat(netns?: string): Picture {
    return new Picture(translations(this.stepsIn(netns)));
  }
  /** The routing decisions, with every route that was considered; confined to one namespace if it is named. */
  routing(netns?: string): Picture {
    return new Picture(routing(this.stepsIn(netns)));
  }
  /** Every step as a row: when, where, what, why, and what shows it on a real machine. */
  table(): StepTable {
    return new StepTable(this.steps);
  }
  /** The octets of a pcap file with what one device saw: `walk.pcap("web", "eth0")`. */
  pcap(netns: string, device: string): Uint8Array {
    const seen = this.frames.filter((each) => each.netns === netns && each.device === device);
    const all = this.lab.nodes.flatMap(({ namespaces }) => namespaces);
    const { kind } = all.find(({ name }) => name === netns)?.devices.find(({ name }) => name === device) ?? {};
    // Such devices carry packets, and a capture of them has no frames around them.
    const isBare = kind === "ipip" || kind === "tun";
    const octets = (frame: Frame) => (isBare ? frameBytes(frame).subarray(14) : frameBytes(frame));
    return pcapBytes(
      seen.map(({ time, frame }) => ({ time: EPOCH + BigInt(time), bytes: octets(frame) })),
      isBare ? 101 : 1,
    );
  }
  /** Throws BadInput for a namespace that the lab does not have: an empty picture would look like an answer. */
  private stepsIn(netns: string | undefined): readonly Step[] {
    if (netns === undefined) return this.steps;
    const names = this.lab.nodes.flatMap(({ namespaces }) => namespaces.map(({ name }) => name));
    if (!names.includes(netns))
      throw new BadInput("there is no such namespace in the lab", netns, `There are ${names.join(", ")}.`);
    return this.steps.filter(({ where }) => where.netns === netns);
  }
  [DISPLAY](): Shown {
    const shown = this.topology()[DISPLAY]();
    const words = this.story().toString();
    const open = this.steps.length === 0 ? " open" : "";
    const html = `${shown["text/html"]}<details${open}><summary>${say("The story, step by step")}</summary><pre>${escapeMarkup(words)}</pre></details>`;
    return { "text/html": html, "text/plain": words };
  }
  [INSPECT](): string {
    return this.story().toString();
  }
}

/** How much of a walk is recorded, and where. */
export interface WalkOptions {
  /** How much is recorded: "path" the hops and decisions, "full" (unless said otherwise) also every rule and route tried. */
  readonly level?: "path" | "full";
  readonly lab?: Lab;
}

/**
 * Runs shell text as `sh` does while every step of every packet is recorded, until nothing is under way any more.
 *
 * @example
 * const w = walk("web", "ping -c 1 10.244.1.3");
 * w.ladder()
 */
export function walk(where: string, text: string, { level = "full", lab = currentLab() }: WalkOptions = {}): Walk {
  if (typeof text !== "string")
    throw new BadInput("a walk needs a command", String(text), 'Write walk("web", "ping -c 1 10.244.1.3").');
  const { recorder } = lab;
  const before = recorder.level;
  recorder.forget();
  const frames: Seen[] = [];
  const untap = tapAll(lab, frames);
  recorder.level = LEVEL[level];
  try {
    const output = sh(where, text, lab);
    lab.run();
    return new Walk(fromOne(recorder.take()), output, frames, seenData(lab));
  } finally {
    recorder.level = before;
    untap();
  }
}

/** Numbers the steps of a walk from 1, and lets a cause from before the walk be none. */
function fromOne(steps: readonly Step[]): Step[] {
  const first = (steps[0]?.id ?? 0) - 1;
  return steps.map((step) => ({
    ...step,
    id: step.id - first,
    cause: step.cause === null || step.cause <= first ? null : step.cause - first,
  }));
}

function tapAll(lab: Lab, frames: Seen[]): () => void {
  const undo: (() => void)[] = [];
  for (const ns of lab.namespaces.values()) {
    for (const device of ns.devices.values()) {
      const tap: Tap = (frame, direction) =>
        frames.push({ netns: device.owner.name, device: device.name, direction, time: lab.now, frame });
      device.taps = [...(device.taps ?? []), tap];
      undo.push(() => {
        const left = (device.taps ?? []).filter((each) => each !== tap);
        device.taps = left.length > 0 ? left : null;
      });
    }
  }
  return () => {
    for (const each of undo) each();
  };
}
