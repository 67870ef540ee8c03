// A hunt in a lecture hall: teams send commands, each try begins with a fresh copy, and a board has the best try of each team.
import { Lab } from "../../lab/lab.ts";
import { BadInput } from "../../wire/input.ts";
import { causesOf, faultOf, type HuntName, type Mended, type Mends, mended } from "./hunt.ts";

/** What a try is worth. */
export interface Score {
  readonly team: string;
  readonly points: number;
  readonly changes: number;
  /** Of virtual time that the commands took. */
  readonly seconds: number;
  readonly isCauseRight: boolean;
  /** What is still wrong; null: nothing. */
  readonly wrong: string | null;
}

/** For a mend; each change behind the first costs one of them, and at least half of them stay. */
export const MENDED = 10;
/** For saying what it was. */
export const CAUSE = 5;
const SECONDS = 60;

/** How a challenge is played. */
export interface ChallengeOptions {
  /** Virtual seconds that a try's commands may take; 60 unless said otherwise. */
  readonly seconds?: number;
}

export class Contest {
  readonly on: HuntName;
  readonly seed: string;
  readonly causes: readonly string[];
  private readonly seconds: number;
  private readonly best = new Map<string, Score>();

  /** Throws BadInput for seconds that are no positive number. */
  constructor(seed: string, { seconds = SECONDS }: ChallengeOptions = {}) {
    if (!(seconds > 0)) throw new BadInput("not a number of seconds", String(seconds), "It is more than 0.");
    this.on = new Lab({ seed: `challenge: ${seed}` }).below(2) === 0 ? "cluster" : "lvs";
    this.seed = seed;
    this.causes = causesOf(this.on);
    this.seconds = seconds;
  }

  /** Tries a team's commands, and what it says was the cause. */
  attempt(team: string, mends: Mends, cause = ""): Score {
    const score = scoreOf(
      team,
      mended(this.on, this.seed, mends),
      this.seconds,
      faultOf(this.on, this.seed).cause === cause,
    );
    const before = this.best.get(team);
    if (before === undefined || score.points > before.points) this.best.set(team, score);
    return score;
  }

  /** The best try of each team, the best team first; of equals the one that was earlier. */
  get board(): Score[] {
    return [...this.best.values()].sort((one, other) => other.points - one.points);
  }
}

function scoreOf(team: string, { probes, changes, seconds }: Mended, most: number, isCauseRight: boolean): Score {
  const failed = probes.find(({ ok }) => !ok);
  const wrong = seconds > most ? `it took ${seconds} s` : failed === undefined ? null : failed.title;
  const { count } = changes;
  const mend = wrong === null ? Math.max(MENDED / 2, MENDED - Math.max(0, count - 1)) : 0;
  return { team, points: mend + (isCauseRight ? CAUSE : 0), changes: count, seconds, isCauseRight, wrong };
}
