// The verbs hunt and challenge: something broken to find and to mend, alone or in a lecture hall.
import { type Bed, type Probe, run } from "../course/hunt/bed.ts";
import { type ChallengeOptions, Contest, type Score } from "../course/hunt/challenge.ts";
import { clusterBed } from "../course/hunt/cluster-bed.ts";
import { brokenBed, causesOf, type HuntName, type Mended, type Mends, mended, probed } from "../course/hunt/hunt.ts";
import { lvsBed } from "../course/hunt/lvs-bed.ts";
import { say } from "../language/say.ts";
import { cluster } from "./cluster.ts";
import { DISPLAY, INSPECT, type Shown } from "./display.ts";
import { lab } from "./session.ts";
import { Table } from "./table.ts";
import { type Walk, walk } from "./walk.ts";

/** Something broken, in a lab that `sh`, `kubectl`, `walk` and `show` mean; shows itself as what is answered and what not. */
export class Hunt {
  readonly on: HuntName;
  readonly seed: string;
  /** The words for what may be wrong. */
  readonly causes: readonly string[];
  private readonly bed: Bed;

  constructor(on: HuntName, seed: string) {
    this.on = on;
    this.seed = seed;
    this.causes = causesOf(on);
    this.bed = brokenBed(on, seed, (name) => (name === "cluster" ? clusterBed(seed, cluster) : lvsBed(seed, lab)));
  }
  /** What is asked, and whether it is answered now. */
  get symptoms(): Table {
    return probesTable(this.bed.probes, probed(this.bed));
  }
  /** The walk of the first question that is not answered; of the first one, once all are. */
  walk(): Walk {
    const { probes, lab } = this.bed;
    const wrong = probed(this.bed).findIndex(({ ok }) => !ok);
    const { where, command, times = 1 } = probes[Math.max(0, wrong)]!;
    let last = walk(where, command, { lab });
    // Some are answered now and then.
    for (let i = 1; i < 4 * times && last.output.status === 0; i++) last = walk(where, command, { lab });
    return last;
  }
  /** Runs commands in a place of this lab, and lets programs do what follows. */
  mend(where: string, text: string): string {
    const said = run(this.bed, where, text);
    this.bed.settle();
    return said;
  }
  /** What commands would do in a fresh copy, and how much they change: as it is graded. */
  try(mends: Mends): Attempt {
    return new Attempt(this.bed.probes, mended(this.on, this.seed, mends));
  }
  toString(): string {
    return this.symptoms.toString();
  }
  [DISPLAY](): Shown {
    return this.symptoms[DISPLAY]();
  }
  [INSPECT](): string {
    return this.toString();
  }
}

/** What came of commands in a fresh copy. */
export class Attempt {
  readonly isMended: boolean;
  readonly changes: number;
  private readonly table: Table;

  constructor(probes: readonly Probe[], { probes: found, changes }: Mended) {
    this.isMended = found.every(({ ok }) => ok);
    this.changes = changes.count;
    this.table = probesTable(probes, found);
  }
  toString(): string {
    return `${this.table}\n${this.said}`;
  }
  [DISPLAY](): Shown {
    const { "text/html": html } = this.table[DISPLAY]();
    return { "text/html": `${html}<p>${this.said}</p>`, "text/plain": this.toString() };
  }
  [INSPECT](): string {
    return this.toString();
  }
  private get said(): string {
    const all = this.isMended ? "All is well" : "Not all is well yet";
    return say(`${all}; ${this.changes} ${this.changes === 1 ? "change" : "changes"}.`);
  }
}

function probesTable(probes: readonly Probe[], found: readonly { readonly ok: boolean }[]): Table {
  const rows = probes.map(({ title, where, command }, i) => [found[i]!.ok ? "✔" : "✘", title, where, command]);
  return new Table(["", "question", "where", "command"], rows);
}

/**
 * A cluster (`"cluster"`) or a director with two servers (`"lvs"`) in which one thing is wrong; the seed says what. From now on
 * `sh`, `kubectl`, `walk` and `show` mean it. Throws BadInput for another name.
 *
 * @example
 * const first = hunt("lvs", "s1042");
 */
export function hunt(on: HuntName, seed: string): Hunt {
  return new Hunt(on, seed);
}

/** A hunt for a lecture hall, which shows the symptoms; `attempt` tries what a team sends, `board` shows who leads. */
export class Challenge extends Hunt {
  private readonly contest: Contest;

  constructor(contest: Contest) {
    super(contest.on, contest.seed);
    this.contest = contest;
  }
  /** Tries a team's commands in a fresh copy, and its word for the cause; shows the board. */
  attempt(team: string, mends: Mends, cause?: string): Table {
    this.contest.attempt(team, mends, cause);
    return this.board;
  }
  /** The best try of each team. 10 points for a mend less one for each change too many, 5 for the cause. */
  get board(): Table {
    const row = ({ team, points, changes, seconds, isCauseRight, wrong }: Score, i: number) => [
      ...[`${i + 1}`, team, `${points}`, wrong === null ? "✔" : `✘ ${wrong}`, isCauseRight ? "✔" : "✘"],
      ...[`${changes}`, seconds.toFixed(1)],
    ];
    const columns = ["", "team", "points", "mended", "cause", "changes", "seconds"];
    return new Table(columns, this.contest.board.map(row));
  }
}

/**
 * A challenge for a lecture hall: a hunt that the seed draws, for teams. Time is the lab's own, so it comes out the same
 * each time; commands that take more than `seconds` of it (60) mend nothing.
 *
 * @example
 * const game = challenge("lecture 7");
 * game.attempt("left rows", { "node-1": "ip route add ..." }, "route")
 */
export function challenge(seed: string, options: ChallengeOptions = {}): Challenge {
  return new Challenge(new Contest(seed, options));
}
