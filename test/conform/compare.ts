// What differs between the model's result and the real kernel's?
//
// Frames are compared for each interface and direction. A frame of the model must be there in the real capture with
// the same text, and no other may be; the first of several alike is the first there. Besides:
// - Time. The real one comes not before the model's (20 ms for the clock) and at most LATE after it: the kernel's timer
//   wheel lets a timer of 5 s run up to 1/16 of it too late, and three of them follow one another.
// - Order. Frames of one sender to one receiver (by their MACs) that the model has at one moment have one cause, as the
//   pieces of a cut packet, and must come in the same order. Of two moments within a millisecond the first frames must:
//   the later one answers what the earlier one's first frame brought about. On the real machine, where a cable takes no
//   time, that answer may overtake the other pieces. Two senders are concurrent, as on any wire. What is further apart
//   in time has causes of its own, as two timers or two programs, and only its time counts.
// - Questions whether a neighbour is still there have no order with others: each has a timer.
// - What IPv6 sends at random moments counts by what it is and how often it comes, not by when (canonical6.ts).
// What sockets got is compared in order; tables as sets; text as text. A neighbour's state must be one of those the
// model's entry had around that moment; where the machine's table was nearly full, a FAILED entry may be gone.
import { isAtRandom } from "./canonical6.ts";
import type { Result, SeenFrame } from "./case.ts";

const EARLY = 20;
const LATE = 700;
/** Model times closer than this are one burst. */
const BURST = 1;

export interface Difference {
  /** What differs, as `frames web eth0 in`. */
  readonly where: string;
  readonly model: string;
  readonly real: string;
}

/** How much was compared. */
export interface Tally {
  frames: number;
  sockets: number;
  neighbours: number;
  /** FAILED neighbours the machine had no room for. */
  forgotten: number;
  fdb: number;
  texts: number;
  /** Devices whose counters were compared, and protocols' counters. */
  counters: number;
}

export function emptyTally(): Tally {
  return { frames: 0, sockets: 0, neighbours: 0, forgotten: 0, fdb: 0, texts: 0, counters: 0 };
}

/** All differences, frames first in the order of time. */
export function compare(model: Result, real: Result, tally: Tally, forgets = false): Difference[] {
  const found: Difference[] = [];
  const frames: (Difference & { at: number })[] = [];
  for (const where of keys(model.frames, real.frames)) {
    tally.frames += (real.frames[where] ?? []).length;
    frames.push(...compareFrames(where, model.frames[where] ?? [], real.frames[where] ?? []));
  }
  frames.sort((a, b) => a.at - b.at);
  found.push(...frames.map(({ where, model: m, real: r }) => ({ where, model: m, real: r })));
  for (const i of model.sockets.keys()) {
    const [m, r] = [model.sockets[i] ?? [], real.sockets[i] ?? []];
    tally.sockets += r.length;
    if (named(bySender(m).join("\n")) !== named(bySender(r).join("\n")))
      found.push({ where: `socket of traffic ${i}`, model: lines(m), real: lines(r) });
  }
  for (const ns of keys(model.neighbours, real.neighbours)) {
    const [m, r] = [model.neighbours[ns] ?? {}, real.neighbours[ns] ?? {}];
    for (const entry of keys(m, r)) {
      tally.neighbours++;
      const state = r[entry]?.[0] ?? "none";
      const states = m[entry] ?? ["none"];
      if (state === "none" && forgets && states.includes("FAILED")) tally.forgotten++;
      else if (!states.includes(state))
        found.push({ where: `neighbour in ${ns}: ${entry}`, model: states.join(" or "), real: state });
    }
  }
  for (const ns of keys(model.fdb, real.fdb)) {
    const [m, r] = [model.fdb[ns] ?? [], real.fdb[ns] ?? []];
    tally.fdb += r.length;
    if (m.join("\n") !== r.join("\n")) found.push({ where: `fdb in ${ns}`, model: lines(m), real: lines(r) });
  }
  for (const command of Object.keys(model.texts)) {
    tally.texts++;
    const [m, r] = [named(model.texts[command]!), named(real.texts[command] ?? "")];
    if (m === r) continue;
    const [ms, rs] = [m.split("\n"), r.split("\n")];
    found.push({
      where: command,
      model: lines(ms.filter((line, i) => line !== rs[i])),
      real: lines(rs.filter((line, i) => line !== ms[i])),
    });
  }
  compareCounters(model, real, tally, found);
  return found;
}

/** What came from several senders in a row, sender by sender: on one machine who must ask for a MAC first is not later. */
function bySender(log: readonly string[]): string[] {
  const runs: { sender: string; lines: string[] }[][] = [[]];
  for (const line of log) {
    const sender = /^(?:reply \d+|\d+ octets) from (\S+)/.exec(line)?.[1];
    const run = runs.at(-1)!;
    const same = run.find((each) => each.sender === sender);
    if (sender === undefined) runs.push([{ sender: "", lines: [line] }], []);
    else if (same !== undefined) same.lines.push(line);
    else run.push({ sender, lines: [line] });
  }
  return runs.flatMap((run) => run.toSorted((a, b) => (a.sender < b.sender ? -1 : 1)).flatMap((each) => each.lines));
}

/** What the model counts must be what the kernel counts; goldens from before there were counters have none. */
function compareCounters(model: Result, real: Result, tally: Tally, found: Difference[]): void {
  for (const [device, counted] of Object.entries(model.counters ?? {})) {
    const other = real.counters?.[device];
    if (other === undefined) continue;
    tally.counters++;
    if (counted.join(" ") !== other.join(" "))
      found.push({ where: `counters of ${device}`, model: counted.join(" "), real: other.join(" ") });
  }
  for (const [counter, counted] of Object.entries(model.snmp ?? {})) {
    const other = real.snmp?.[counter];
    if (other === undefined) continue;
    tally.counters++;
    if (counted !== other) found.push({ where: `counter ${counter}`, model: `${counted}`, real: `${other}` });
  }
}

function compareFrames(where: string, model: readonly SeenFrame[], real: readonly SeenFrame[]) {
  const found: (Difference & { at: number })[] = [];
  const rest = new Map<string, SeenFrame[]>();
  for (const frame of real) {
    const same = rest.get(frame.text);
    if (same === undefined) rest.set(frame.text, [frame]);
    else same.push(frame);
  }
  // The place in the real capture of each frame of the model.
  const places: number[] = [];
  const places0 = new Map(real.map((frame, i) => [frame, i]));
  model.forEach((frame) => {
    const twin = rest.get(frame.text)?.shift();
    places.push(twin === undefined ? -1 : places0.get(twin)!);
    if (twin === undefined)
      found.push({ at: frame.at, where: `frames ${where}`, model: stamped(frame), real: "no such frame" });
    else if (!isAtRandom(frame.text) && (twin.at < frame.at - EARLY || twin.at > frame.at + LATE))
      found.push({ at: frame.at, where: `time of frame ${where}`, model: stamped(frame), real: stamped(twin) });
  });
  for (const left of rest.values())
    for (const frame of left)
      found.push({ at: frame.at, where: `frames ${where}`, model: "no such frame", real: stamped(frame) });
  const last = new Map<string, { readonly first: number; readonly latest: number }>();
  for (const [i, frame] of model.entries()) {
    if (isAtRandom(frame.text) || isProbe(frame.text)) continue;
    // The text begins with "MAC > MAC".
    const pair = frame.text.slice(0, 37);
    const moment = last.get(pair);
    const isSame = moment !== undefined && frame.at === model[moment.first]!.at;
    const previous = isSame ? moment.latest : moment?.first;
    last.set(pair, { first: isSame ? moment.first : i, latest: i });
    if (previous === undefined || frame.at - model[previous]!.at > BURST) continue;
    const [before, after] = [places[previous]!, places[i]!];
    if (before === -1 || after === -1 || before < after) continue;
    found.push({
      at: frame.at,
      where: `order of frames ${where}`,
      model: `${stamped(model[previous]!)}\n    ${stamped(frame)}`,
      real: `${stamped(real[after]!)}\n    ${stamped(real[before]!)}`,
    });
  }
  return found;
}

/** Whether a neighbour is asked if it is still there (NUD_PROBE), which a timer decides, and on both ends about at once. */
function isProbe(text: string): boolean {
  return / > (?!ff)\S+ ttl 255 .* icmp6 135\//.test(text) || (/ arp 1 /.test(text) && !text.includes("> ff:ff"));
}

function stamped({ at, text }: SeenFrame): string {
  return `${at.toFixed(3)} ms ${text}`;
}

/**
 * Known differences, for the README; each has its reason. What is named here is the only thing that is not compared.
 */
export const KNOWN_DIFFERENCES: readonly { readonly what: string; readonly why: string }[] = [
  {
    what: "DOWN and LOWERLAYERDOWN of a veth without carrier are taken as one state",
    why:
      "Linux looks the other end's index up in the wrong namespace (default_operstate, net/core/link_watch.c), at the " +
      "moment when the carrier went: which of the two it is depends on an unrelated device of that index.",
  },
  {
    what: "link-netns and link-netnsid of a cable whose other end is in another namespace",
    why: "The numbers and names are the one real machine's; in a lab a machine's own namespace has no name.",
  },
  {
    what: "the identification of IPv4 packets, beyond whether it is 0",
    why: "Linux draws it by a secret hash, the lab by its dice.",
  },
  {
    what: "the order of what a socket gets from several senders at once, as answers to a broadcast",
    why:
      "On one machine an answer that needs an ARP question first goes through it while the next one waits for the " +
      "processor; on cables that take their time it comes later than those that need none.",
  },
  {
    what: "a deleted namespace while packets of its sockets wait for a MAC (not generated)",
    why: "Each such packet keeps its socket, and that the namespace: Linux takes the devices away when the last one is gone.",
  },
  {
    what: "pieces of a cut packet whose next hop is not known yet, on a cable whose other end has a smaller MTU (not generated)",
    why:
      "A veth pair takes no time, so on one idle machine the ARP answer is there before the second piece is sent; that " +
      "is refused, and the rest is not tried. In the lab a cable takes its time, and all pieces wait for the answer.",
  },
  {
    what: "the order of the routes that every device has: fe80::/64, ff00::/8, its link-local address, a router's anycast",
    why:
      "They come when a device has a carrier, and when duplicate address detection ends, which is on several devices in " +
      "one turn of the kernel's wheel, the last one first, or in two.",
  },
  {
    what: "when reports of multicast listeners (MLD) and router solicitations go, and the order of a report's records",
    why: "They go at random moments; how many go, and what they say, is compared.",
  },
  {
    what: "the seconds in `cache expires`, and when within a timer's slack a timer runs",
    why: "Virtual time stands still while a command runs, and has no timer wheel.",
  },
];

/**
 * Without the seconds until what is remembered of a path expires, and without the name of the namespace at a cable's other end: in the lab a machine's own namespace has none, and pods of
 * other machines are not seen; on the one real machine all are named.
 */
function named(text: string): string {
  return text
    .replaceAll(/ link-netns(id)? \S+/g, " link-netns")
    .replaceAll(/(?:^(anycast \S+|local fe80:\S+|fe80::\/64|multicast ff00::\/8) dev .*\n?){2,}/gm, sortedLines)
    .replaceAll(/expires \d+sec/g, "expires")
    .replaceAll(/LOWERLAYERDOWN|DOWN {2,}/g, (state) => (state.endsWith(" ") ? "DOWN " : "DOWN"));
}

function sortedLines(text: string): string {
  return text
    .split(/(?<=\n)/)
    .sort()
    .join("");
}

function lines(list: readonly string[]): string {
  return list.length === 0 ? "nothing" : list.join("\n    ");
}

function keys(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}
