// A walk to be played: the packet moves over the lab, and each moment says what was decided because of what. The
// numbered picture with its table is what is shown until the script runs, and where none may: one figure for both.
import { readFileSync } from "node:fs";
import type { LabData } from "../lab/data.ts";
import type { Step } from "../trace/step.ts";
import { escapeMarkup } from "./dom.ts";
import { type Figure, figure } from "./figure.ts";
import { lastTried, type Moment, momentsOf, type Thread } from "./moments.ts";
import { cabling } from "./nest.ts";
import type { Point } from "./scene.ts";
import { inside, type Spot, type Stage, stage } from "./stage.ts";
import { idOf, svg } from "./svg.ts";
import { brief } from "./text.ts";
import { topology } from "./topology.ts";
import { type Crossing, placeName, way } from "./way.ts";

const MOST_MOMENTS = 600;
const MOST_TRIED = 8;
const MOST_HEARD = 6;

/** What assets/player.js reads. Numbers in place of texts count in `texts`, those in place of lines and areas in `shapes`. */
interface Film {
  readonly stage: string;
  readonly texts: readonly string[];
  readonly shapes: readonly (readonly (readonly number[])[])[];
  readonly moments: readonly Frame[];
  /** For each packet its name, and 1 where it is an answer. */
  readonly threads: readonly (readonly [caption: number, back: number])[];
  /** Headers: a name, then name and value of each field. */
  readonly headers: readonly (readonly (readonly number[])[])[];
  /** How many moments came later and are not in it. */
  readonly left?: number;
}

interface Frame {
  /** Time, where, what, why; and which of the threads. */
  readonly is: readonly [number, number, number, number, number];
  readonly command?: number;
  readonly entry?: number;
  readonly chain?: number;
  /** Text, field, wanted, had. */
  readonly tried?: readonly (readonly number[])[];
  readonly untold?: number;
  readonly headers?: number;
  readonly changes?: Moment["changes"];
  readonly added?: readonly number[];
  readonly removed?: readonly number[];
  /** The number of the hop. */
  readonly hop?: number;
  readonly decidedBy?: readonly number[];
  /** Device and reason of those that only heard a flood. */
  readonly heard?: readonly (readonly number[])[];
  readonly deaf?: number;
  /** How the packet came to where it rests. */
  readonly path?: number;
  /** The cables crossed: the one that led on, then other branches. */
  readonly cables?: readonly number[];
  /** What is lit: namespace and device in turn. */
  readonly areas?: number;
}

/** A figure that a page of its own can have a heading for. */
export interface Played extends Figure {
  readonly title: string;
}

/** The figure of a walk with its player: the numbered way and its table wherever scripts are not run. */
export function player(lab: LabData, steps: readonly Step[]): Played {
  const scene = topology(lab, steps);
  const still = figure(scene);
  const id = `${idOf(scene)}-play`;
  const html = still.data["text/html"].replace("<figure ", `<figure data-packetwalk="${id}" `);
  const film = JSON.stringify(filmOf(lab, steps, scene.title)).replaceAll("<", "\\u003c");
  const script = `\n<script>(${asset("player.js")})("${id}",${film},${JSON.stringify(asset("player.css"))});</script>`;
  const data = { "text/html": html + script, "text/plain": still.data["text/plain"] };
  return { data, metadata: still.metadata, title: scene.title };
}

/** A page of its own around a figure's HTML: it needs no server, no network and no other file. */
export function pageOf(title: string, html: string): string {
  const style =
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:.5em auto;padding:0 1em;max-width:1500px}";
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeMarkup(title)}</title><style>${style}</style></head>
<body>
<main>
<h1 style="font-size:1.2em;margin:.2em 0">${escapeMarkup(title)}</h1>
${html.replace(/<figcaption>.*?<\/figcaption>/s, "")}
</main>
</body>
</html>
`;
}

const read = new Map<string, string>();

/** A file of assets/ without its comments and indents. */
function asset(name: string): string {
  let text = read.get(name);
  if (text === undefined) {
    text = readFileSync(new URL(`../../../assets/${name}`, import.meta.url), "utf8")
      .replace(/^\s*(\/\/.*\n|\/\*.*\*\/\n)?/gm, "")
      .trim();
    read.set(name, text);
  }
  return text;
}

function filmOf(lab: LabData, steps: readonly Step[], title: string): Film {
  const walked = way(steps, cabling(lab));
  const all = momentsOf(steps, walked);
  const moments = all.slice(0, MOST_MOMENTS);
  const set = stage(lab, walked, title);
  const texts = new Numbered<string>((text) => text);
  const text = (words: string): number => texts.of(brief(words));
  const threads = new Numbered<Thread>((thread) => thread);
  const headers = new Numbered<readonly (readonly number[])[]>(JSON.stringify);
  const shapes = new Numbered<readonly (readonly number[])[]>(JSON.stringify);
  const numbers = new Map(moments.map((moment, i) => [moment, i]));
  const rests = new Map<Moment, Spot>();

  const frames = moments.map((moment): Frame => {
    const { crossings } = moment;
    const step = stepOf(moment);
    const { left, tried } = lastTried(step, MOST_TRIED);
    const heard = [...moment.heard];
    const crossing = crossings[0];
    return bare({
      is: [
        text(moment.time),
        text(crossing === undefined ? whereOf(step) : `${placeName(crossing.from)} → ${placeName(crossing.to)}`),
        text(step.what),
        text(step.because),
        threads.of(moment.thread),
      ],
      command: step.evidence && text(step.evidence.command),
      entry: step.evidence && text(step.evidence.text),
      chain: step.chain && text(chainOf(step.chain)),
      tried: tried.map((each) => [text(each.text), text(each.field), text(each.wanted), text(each.had)]),
      untold: left || undefined,
      headers:
        moment.headers.length === 0
          ? undefined
          : headers.of(
              moment.headers.map(({ name, fields }) => [
                text(name),
                ...fields.flatMap((field) => [text(field.name), text(field.value)]),
              ]),
            ),
      changes: moment.changes,
      added: moment.added,
      removed: moment.removed.map(text),
      hop: crossing?.number,
      decidedBy: moment.decidedBy.flatMap((each) => numbers.get(each) ?? []),
      heard: heard.slice(0, MOST_HEARD).map((each) => each.map(text)),
      deaf: Math.max(0, heard.length - MOST_HEARD) || undefined,
      ...motion(moment, set, rests, shapes),
    });
  });
  return bare({
    stage: svg(set.scene),
    moments: frames,
    threads: threads.all.map(({ caption, back }): [number, number] => [text(caption), back ? 1 : 0]),
    headers: headers.all,
    shapes: shapes.all,
    texts: texts.all,
    left: all.length - moments.length || undefined,
  });
}

/** The step that a moment shows: of a flood that of the branch that led on. */
function stepOf({ step, crossings }: Moment): Step {
  return crossings[0]?.step ?? step;
}

/** Where the packet of a moment goes on the stage; what is not drawn leaves it where it was. */
function motion(
  moment: Moment,
  set: Stage,
  rests: Map<Moment, Spot>,
  shapes: Numbered<readonly (readonly number[])[]>,
): Pick<Frame, "path" | "cables" | "areas"> {
  const { where } = stepOf(moment);
  const last = moment.before === null ? undefined : rests.get(moment.before);
  const named = set.spot(where);
  // A decision of the stack names no device: the packet stays at the one it came by.
  const here = where.device === undefined && last !== undefined && last.block === named?.block ? last : named;
  const [crossing] = moment.crossings;
  const cables = moment.crossings.map((each) => cableOf(each, set) ?? []);
  const [main = []] = cables;
  const there = crossing && main.length > 0 ? set.spot(crossing.to) : undefined;
  const rest = there ?? here;
  if (rest !== undefined) rests.set(moment, rest);
  const within = here === undefined ? [] : last?.block === here.block ? inside(last, here) : [here.at];
  const path = [...within, ...main.slice(1)];
  const areas = [...(named?.areas ?? []), ...(there?.areas ?? [])];
  return {
    ...(path.length === 0 ? {} : { path: shapes.of(whole(path)) }),
    cables: cables.filter((each) => each.length > 0).map((each) => shapes.of(whole(each))),
    ...(areas.length === 0 ? {} : { areas: shapes.of(whole(areas)) }),
  };
}

/** From where a packet rests before one device to where it rests before the other. */
function cableOf({ from, to }: Crossing, set: Stage): readonly Point[] | undefined {
  const points = set.cable(from, to);
  const a = set.spot(from);
  const b = set.spot(to);
  if (points === undefined || a === undefined || b === undefined) return undefined;
  return from.netns === to.netns && from.device === to.device ? points : [a.at, ...points.slice(1, -1), b.at];
}

function whole(all: readonly (readonly number[])[]): number[][] {
  return all.map((each) => each.map(Math.round));
}

function whereOf({ where }: Step): string {
  const hook = where.hook === undefined ? "" : ` at ${where.hook}`;
  return placeName(where) + hook + (where.netns === where.node ? "" : ` on ${where.node}`);
}

function chainOf({ table, chain, rule, rules, says, to }: NonNullable<Step["chain"]>): string {
  const place = rule === null ? `end of ${chain}` : `${chain}, rule ${rule} of ${rules}`;
  return `table ${table}, ${place}: ${says}${to === undefined ? "" : ` ${to}`}`;
}

/** Without what is undefined or an empty list. */
function bare<T extends object>(parts: { readonly [K in keyof T]: T[K] | undefined }): T {
  const kept = Object.entries(parts).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(kept) as T;
}

/** Things in the order of their first mention, the same one once. */
class Numbered<T> {
  readonly all: T[] = [];
  readonly #keyOf: (value: T) => unknown;
  readonly #numbers = new Map<unknown, number>();
  constructor(keyOf: (value: T) => unknown) {
    this.#keyOf = keyOf;
  }
  of(value: T): number {
    const key = this.#keyOf(value);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(value) - 1;
  }
}
