// A walk to be played: it shows itself as the player of lib/draw/player.ts, or becomes a page of its own.
import { type Played, pageOf, player } from "../draw/player.ts";
import type { LabData } from "../lab/data.ts";
import type { Step } from "../trace/step.ts";
import { DISPLAY, INSPECT, METADATA, type Shown } from "./display.ts";

/**
 * The packet moves step by step, with play, pause, a bar to scrub and keys; each step says why, and shows the headers.
 * Where scripts are not run (a notebook that nobody trusts, a code host) it is the numbered picture with its table.
 */
export class Play {
  private readonly figure: Played;

  constructor(lab: LabData, steps: readonly Step[]) {
    this.figure = player(lab, steps);
  }
  /** The HTML of a page of its own, which opens from a file, without a server or network: `writeFileSync("walk.html", walk.play().page())`. */
  page(): string {
    return pageOf(this.figure.title, this.figure.data["text/html"]);
  }
  [DISPLAY](): Shown {
    return this.figure.data;
  }
  get [METADATA](): Readonly<Record<string, string>> {
    return this.figure.metadata;
  }
  [INSPECT](): string {
    return this.figure.data["text/plain"];
  }
}
