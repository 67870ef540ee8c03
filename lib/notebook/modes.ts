// The verb compare: the same questions to the same cluster under each mode of kube-proxy, with the walk behind each answer.
import type { Cluster } from "../kube/cluster.ts";
import { MODES, type ProxyMode } from "../kube/proxy/start.ts";
import type { Ip } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import { type Ipv4Packet, type Ipv6Packet, TCP_FLAG } from "../wire/packet.ts";
import { currentCluster } from "./cluster.ts";
import { bars, headersBeside } from "./compare.ts";
import { DISPLAY, INSPECT, type Picture, type Shown } from "./display.ts";
import { Table } from "./table.ts";
import { type Seen, type Walk, walk } from "./walk.ts";

/** Where a command runs, and the command: `["client", "curl -s http://10.96.0.10/"]`. */
export type Question = readonly [where: string, text: string];

/** What a walk comes to, in words. */
export interface Found {
  /** The pod that was given the packet, with address and port. */
  readonly picked: string;
  /** Whom that pod saw. */
  readonly seen: string;
  /** How many rules of iptables the packet was compared with at the first machine that had any. */
  readonly rules: number;
  /** From whom to whom each answer went. */
  readonly reply: string;
  /** The last line of what was printed. */
  readonly told: string;
}

const ECHO_REQUEST = 8;
/** Between two questions, so that no answer is left out for the last one's sake (icmp_ratelimit), in nanoseconds. */
const PAUSE = 10e9;

const COLUMNS = [
  "question",
  "mode",
  "picked",
  "source it sees",
  "rules tried",
  "way of the answer",
  "the client is told",
];

/** Questions under several modes; lists itself as a table. */
export class Comparison {
  readonly modes: readonly ProxyMode[];
  private readonly walks: ReadonlyMap<string, ReadonlyMap<ProxyMode, { readonly walk: Walk; readonly found: Found }>>;

  constructor(modes: readonly ProxyMode[], walks: Comparison["walks"]) {
    this.modes = modes;
    this.walks = walks;
  }

  /** The walk behind an answer; of the only question if none is named. Throws BadInput where there is none. */
  walk(mode: ProxyMode, question?: string): Walk {
    return this.at(mode, question).walk;
  }
  /** The same in words. */
  found(mode: ProxyMode, question?: string): Found {
    return this.at(mode, question).found;
  }
  /** A row for each question and mode. */
  table(): Table {
    return new Table(COLUMNS, this.rows());
  }
  /** The headers of the first packet and its answer, hop by hop, a column for each mode. */
  headers(question?: string): Picture {
    return headersBeside(Object.fromEntries(this.modes.map((mode) => [mode, this.walk(mode, question)])));
  }
  /** How many rules a packet is compared with. */
  rules(): Picture {
    const group = (mode: ProxyMode) =>
      Object.fromEntries([...this.walks].map(([name, each]) => [name, each.get(mode)!.found.rules]));
    return bars("Rules tried", Object.fromEntries(this.modes.map((mode) => [mode, group(mode)])));
  }
  /** What is not as before for whom, when a cluster goes from one mode to the other; which pod chance picks does not count. */
  migration(from: ProxyMode, to: ProxyMode): Table {
    const rows: string[][] = [];
    for (const name of this.walks.keys()) {
      const [before, after] = [this.found(from, name), this.found(to, name)];
      const add = (what: string, one: string, other: string) => one !== other && rows.push([name, what, one, other]);
      add("is served", before.picked === "" ? "no" : "yes", after.picked === "" ? "no" : "yes");
      if (before.picked === "" || after.picked === "") add("the client is told", before.told, after.told);
      else add("source the pod sees", kindOf(before.seen), kindOf(after.seen));
    }
    return new Table(["question", "what", from, to], rows);
  }

  private at(mode: ProxyMode, question: string | undefined) {
    const [only] = this.walks.keys();
    const found = this.walks.get(question ?? only ?? "")?.get(mode);
    if (found === undefined)
      throw new BadInput(
        "not asked",
        `${question ?? only} under ${mode}`,
        `Asked were ${[...this.walks.keys()].join(", ")} under ${this.modes.join(", ")}.`,
      );
    return found;
  }
  private rows(): string[][] {
    return [...this.walks].flatMap(([name, each]) =>
      [...each].map(([mode, { found }]) => [
        ...[name, mode, found.picked, found.seen, `${found.rules}`, found.reply, found.told],
      ]),
    );
  }
  [DISPLAY](): Shown {
    return this.table()[DISPLAY]();
  }
  [INSPECT](): string {
    return this.table().toString();
  }
}

/**
 * Asks under each mode of kube-proxy, all of them unless some are named: one question, or several with names. The cluster is
 * the same each time, with the same pods; connections are forgotten in between, and at the end it is served as before.
 *
 * @example
 * compare({ "cluster IP": ["client", "curl -s http://10.96.0.10/"] }, ["iptables", "ipvs"])
 */
export function compare(
  asked: Question | Readonly<Record<string, Question>>,
  modes: readonly ProxyMode[] = MODES,
  k8s: Cluster = currentCluster(),
): Comparison {
  const questions = isOne(asked) ? [[asked[1], asked] as const] : Object.entries(asked);
  const unknown = modes.find((mode) => !MODES.includes(mode));
  if (unknown !== undefined) throw new BadInput("not a mode of kube-proxy", unknown, `There are: ${MODES.join(", ")}.`);
  for (const [, [where]] of questions) k8s.lab.netns(where);
  const before = k8s.proxy;
  const walks = new Map(questions.map(([name]) => [name, new Map<ProxyMode, { walk: Walk; found: Found }>()]));
  try {
    for (const mode of modes) {
      k8s.serveBy(mode);
      for (const [name, [where, text]] of questions) {
        k8s.lab.runFor(PAUSE);
        const done = walk(where, text, { lab: k8s.lab });
        walks.get(name)!.set(mode, { walk: done, found: findingsOf(done, k8s, where) });
      }
    }
  } finally {
    k8s.serveBy(before);
  }
  return new Comparison(modes, walks);
}

const isOne = (asked: Question | Readonly<Record<string, Question>>): asked is Question => Array.isArray(asked);

type Packet = Ipv4Packet | Ipv6Packet;

function findingsOf(done: Walk, { lab }: Cluster, client: string): Found {
  const isPod = (netns: string) => !lab.machines.has(netns) && lab.namespaces.has(netns);
  const came = done.frames.filter(({ direction, netns }) => direction === "in" && netns !== client && isPod(netns));
  const asks = came.filter(({ frame }) => opens(frame.payload as Packet));
  // Names are asked for before; what came to the server is the first segment, if there is one.
  const ask = asks.find(({ frame }) => (frame.payload as Packet).body.kind === "tcp") ?? asks[0];
  const first = done.steps.find(({ chain, where }) => chain !== undefined && lab.machines.has(where.netns ?? ""));
  const lines = done.output.text.trim().split("\n");
  return {
    picked: ask === undefined ? "" : `${ask.netns} ${endOf(ask.frame.payload as Packet)}`,
    seen: ask === undefined ? "" : named((ask.frame.payload as Packet).src, lab),
    rules: first === undefined ? 0 : done.rulesAsked(first.where.netns!),
    reply: answersOf(done.frames),
    told: lines.at(-1)!.trim(),
  };
}

/** A packet that asks for something: the first of a connection, a datagram, an echo request. */
function opens({ body }: Packet): boolean {
  if (body?.kind === "tcp") return (body.flags & (TCP_FLAG.syn | TCP_FLAG.ack)) === TCP_FLAG.syn;
  return body?.kind === "udp" || (body?.kind === "icmp" && body.type === ECHO_REQUEST);
}

const endOf = ({ dst, body }: Packet): string => ("dstPort" in body ? `${dst}:${body.dstPort}` : `${dst}`);

/** The address, and who has it. */
function named(address: Ip, { namespaces }: Cluster["lab"]): string {
  if (address.family !== 4) return `${address}`;
  for (const ns of namespaces.values()) if (ns.hasAddress(address)) return `${address} (${ns.name})`;
  return `${address}`;
}

/** Without the address, which pods of one Deployment differ by. */
const kindOf = (seen: string): string => /\((.*)\)/.exec(seen)?.[1] ?? seen;

/** Each connection's second segment keeps its number wherever it is translated: one way for each. */
function answersOf(frames: readonly Seen[]): string {
  const ways = new Map<number, string[]>();
  for (const { netns, frame } of frames) {
    const { body } = frame.payload as Packet;
    const both = TCP_FLAG.syn | TCP_FLAG.ack;
    if (body?.kind !== "tcp" || (body.flags & both) !== both) continue;
    const way = ways.get(body.ack) ?? [];
    ways.set(body.ack, way);
    if (!way.includes(netns)) way.push(netns);
  }
  return [...ways.values()].map((way) => way.join(" → ")).join("; ");
}
