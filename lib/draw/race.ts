// An ARP question that several machines answer, as a race: who is heard first is believed, and the others come too late
// or, after the lock time, take over.
// Before you edit: net/ipv4/arp.c (arp_process, which asks NEIGH_VAR_LOCKTIME).
import type { Step } from "../trace/step.ts";
import type { Arp } from "../wire/packet.ts";
import { innermost } from "./packet.ts";
import { BODY, LINE, MARGIN, Painter, type Scene, SMALL, SMALL_CODE, STRONG, scene, WIDEST } from "./scene.ts";
import { visible } from "./text.ts";
import { since } from "./way.ts";

export interface RaceOptions {
  readonly title?: string;
}

interface Runner {
  readonly netns: string;
  readonly mac: string;
  /** When it heard the question, and when its answer was heard. */
  readonly heard: number;
  readonly home: number;
  readonly isBelieved: boolean;
}
interface Race {
  readonly asker: string;
  readonly address: string;
  readonly start: number;
  readonly runners: readonly Runner[];
}

const LANES_X = MARGIN + 190;
const LANE_H = 44;

/** The question with the most answers. */
export function race(steps: readonly Step[], options: RaceOptions = {}): Scene {
  const found = racesIn(steps).sort((a, b) => b.runners.length - a.runners.length)[0];
  const title =
    options.title ??
    (found === undefined ? "No ARP question was answered" : `${found.asker} asks: who has ${found.address}?`);
  const painter = new Painter();
  painter.text(MARGIN, MARGIN + 13, title, WIDEST - 2 * MARGIN, STRONG);
  const height = found === undefined ? MARGIN + 40 : drawRace(painter, found, MARGIN + 34);
  const runners = found?.runners ?? [];
  const start = found?.start ?? 0;
  return scene({
    title,
    desc:
      runners
        .map((each) => `${each.netns} is heard after ${since(each.home, start)}, ${verdict(each, runners)}`)
        .join("; ") || title,
    width: WIDEST,
    height,
    shapes: painter.shapes,
    table: {
      columns: ["place", "who", "MAC", "heard the question", "is heard", "verdict"],
      rows: runners.map((each, i) => [
        `${i + 1}`,
        each.netns,
        each.mac,
        since(each.heard, start),
        since(each.home, start),
        verdict(each, runners),
      ]),
    },
  });
}

function drawRace(painter: Painter, { asker, start, runners }: Race, top: number): number {
  const last = Math.max(...runners.map(({ home }) => home));
  const right = WIDEST - MARGIN - 150;
  const x = (time: number) => LANES_X + ((right - LANES_X) * (time - start)) / Math.max(1, last - start);
  const bottom = top + 20 + runners.length * LANE_H;
  painter.line(
    [
      [LANES_X, top + 16],
      [LANES_X, bottom],
    ],
    "lifeline",
  );
  painter.text(LANES_X, top + 10, `${asker} asks everybody`, 200, SMALL, "muted", { anchor: "middle" });
  runners.forEach((each, i) => {
    const y = top + 20 + i * LANE_H + LANE_H / 2;
    painter.text(MARGIN, y - 2, `${i + 1}. ${visible(each.netns)}`, LANES_X - MARGIN - 16, STRONG);
    painter.text(MARGIN, y + 14, each.mac, LANES_X - MARGIN - 16, SMALL_CODE, "muted");
    painter.line(
      [
        [LANES_X, y],
        [x(each.heard), y],
      ],
      "walk",
    );
    painter.line(
      [
        [x(each.heard), y],
        [x(each.home), y],
      ],
      "reply",
    );
    painter.dot(x(each.heard), y, 4.5, "spot");
    painter.head(x(each.home), y, "right", "replyHead");
    painter.text(x(each.home) + 10, y - 2, since(each.home, start), 140, BODY);
    painter.text(x(each.home) + 10, y + 14, verdict(each, runners), 148, each.isBelieved ? STRONG : SMALL, "muted");
  });
  const words = "solid: the question on its way · dot: it is heard · dashed: the answer on its way";
  painter.text(MARGIN, bottom + 18, words, WIDEST - 2 * MARGIN, SMALL, "muted");
  return bottom + LINE + MARGIN + 6;
}

function verdict({ isBelieved }: Runner, runners: readonly Runner[]): string {
  if (isBelieved) return "believed";
  return runners.some((each) => each.isBelieved) ? "too late: not believed" : "not believed";
}

function arpOf({ packet }: Step): Arp | null {
  const body = packet && innermost(packet);
  return body?.kind === "arp" ? body : null;
}

function racesIn(steps: readonly Step[]): Race[] {
  const races = new Map<string, Race & { runners: Runner[] }>();
  /** When somebody first had a question for an address on his device. */
  const heard = new Map<string, number>();
  /** Who has which MAC, as far as answers tell. */
  const speakers = new Map<string, string>();
  for (const step of steps) {
    const { netns } = step.where;
    const arp = arpOf(step);
    if (arp === null) continue;
    if (arp.op === "request") {
      const key = `${arp.senderMac} ${arp.targetIp}`;
      // A switch that hands the question on comes later than who asked it.
      if (step.what === "send" && !races.has(key))
        races.set(key, { asker: netns, address: `${arp.targetIp}`, start: step.time, runners: [] });
      else if (step.what === "receive" && !heard.has(`${netns} ${arp.targetIp}`))
        heard.set(`${netns} ${arp.targetIp}`, step.time);
      continue;
    }
    const mac = `${arp.senderMac}`;
    if (step.what === "send" && !speakers.has(mac)) speakers.set(mac, netns);
    const asked = races.get(`${arp.targetMac} ${arp.senderIp}`);
    if (step.what !== "receive" || netns !== asked?.asker || asked.runners.some((each) => each.mac === mac)) continue;
    const netnsOf = speakers.get(mac) ?? "somebody";
    asked.runners.push({
      netns: netnsOf,
      mac,
      heard: heard.get(`${netnsOf} ${asked.address}`) ?? asked.start,
      home: step.time,
      isBelieved: steps.some((other) => believes(other, step, `${asked.address} dev`, mac)),
    });
  }
  return [...races.values()].filter(({ runners }) => runners.length > 0);
}

/** Whether the entry got this MAC by that answer. */
function believes({ what, where, time, evidence }: Step, answer: Step, entry: string, mac: string): boolean {
  if (what !== "neighbour" || where.netns !== answer.where.netns || time !== answer.time) return false;
  return evidence?.text.startsWith(entry) === true && evidence.text.includes(` lladdr ${mac} `);
}
