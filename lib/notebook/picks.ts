// The verb picks: which real servers do the next connections of a virtual server get, and why these?
import { ballot } from "../draw/ballot.ts";
import { homes as homesScene } from "../draw/homes.ts";
import { type Fate, fatesOf, type Moving, moves as movesScene } from "../draw/moves.ts";
import { score } from "../draw/score.ts";
import { timeline as timelineScene } from "../draw/timeline.ts";
import { Clients, type Picked } from "../lab/clients.ts";
import type { Lab } from "../lab/lab.ts";
import { SECOND } from "../trace/world.ts";
import { Ipv4, ip } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import { DISPLAY, INSPECT, Picture, type Shown } from "./display.ts";
import { currentLab } from "./session.ts";

const FIRST_CLIENT = ip("198.51.100.1") as Ipv4;
const MOST = 100_000;

/** Who gets a connection: the k-th belongs to the k-th of `of`. */
export class Picks {
  readonly of: readonly Picked[];

  constructor(of: readonly Picked[]) {
    this.of = of;
  }
  /** The servers in a row, by the last number of their address; – is nobody: "3 2 1 –". */
  get order(): string {
    return this.of.map(({ server }) => server ?? "–").join(" ");
  }
  /** How many connections each server got. */
  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { server } of this.of) counts[server ?? "–"] = (counts[server ?? "–"] ?? 0) + 1;
    return counts;
  }
  /** Why the k-th connection, counted from 1, went where it went: every candidate, its cost, and why it lost. */
  why(number = 1): Picture {
    const pick = this.of[number - 1];
    if (pick === undefined)
      throw new BadInput("no such connection", `${number}`, `They are counted from 1 to ${this.of.length}.`);
    return new Picture(ballot(pick, number));
  }
  /** A line for each server, a note for each connection; with wrr the threshold of each pass. */
  score(): Picture {
    return new Picture(score(this.of));
  }
  [DISPLAY](): Shown {
    return { "text/plain": this.order };
  }
  [INSPECT](): string {
    return this.order;
  }
}

/** How the connections come whose picks are shown. */
export interface PicksOptions {
  /** Each connection ends, client first, before the next begins; else all stay open. */
  readonly close?: boolean;
  /** Seconds from one connection to the next. */
  readonly every?: number;
  /** Where the connections go, in turn; for a service by mark, which has no address of its own. */
  readonly to?: readonly string[];
  readonly lab?: Lab;
}

/**
 * Opens connections to the one virtual server of a namespace, one after the other, and gives who got them. `clients` is
 * their addresses, or how many connections come from as many clients, from 198.51.100.1 on. No frame is sent: the SYNs
 * are handed to IPVS. Throws BadInput when there is no virtual server, or more than one.
 *
 * @example
 * picks("director", 9).order
 */
export function picks(where: string, clients: number | readonly string[], options: PicksOptions = {}): Picks {
  const { close = false, every = 0.01, to = [], lab = currentLab() } = options;
  if (typeof clients === "number" && (!Number.isInteger(clients) || clients < 1 || clients > MOST))
    throw new BadInput("not a number of connections", `${clients}`, `It is a whole number from 1 to ${MOST}.`);
  const from =
    typeof clients === "number"
      ? Array.from({ length: clients }, (_, i) => Ipv4.of(FIRST_CLIENT.bits + i))
      : clients.map((each) => ip(each));
  const targets = to.map((each) => ip(each));
  const all = new Clients(lab.netns(where), true);
  const picked = from.map((client, i) => {
    const { pick, opened } = all.open(client, targets[i % targets.length] ?? all.virtual);
    if (opened !== null && close) all.close(opened);
    lab.runFor(every * SECOND);
    return pick;
  });
  return new Picks(picked);
}

/** Picks of several schedulers under each other, by name. */
export function timeline(rows: Readonly<Record<string, Picks>>): Picture {
  return new Picture(timelineScene(Object.entries(rows).map(([scheduler, { of }]) => ({ scheduler, picks: of }))));
}

/** The clients that were asked before and after a change: who stays, who had to move, who moved for nothing. */
export function moves(panels: Readonly<Record<string, readonly [before: Picks, after: Picks]>>): Moved {
  return new Moved(
    Object.entries(panels).map(([name, [before, after]]) => ({ name, before: before.of, after: after.of })),
  );
}

/** A picture of who moved, and the counts: `moves({ sh: [before, after] }).counts.sh`. */
export class Moved extends Picture {
  readonly counts: Readonly<Record<string, Readonly<Record<Fate, number>>>>;

  constructor(panels: readonly Moving[]) {
    super(movesScene(panels));
    this.counts = Object.fromEntries(
      panels.map((panel) => {
        const counts = { stays: 0, hadTo: 0, needless: 0, refused: 0 };
        for (const fate of fatesOf(panel)) counts[fate]++;
        return [panel.name, counts];
      }),
    );
  }
}

/** With lblc and lblcr: which servers each virtual address has, connection by connection. */
export function homes(panels: Readonly<Record<string, Picks>>): Picture {
  return new Picture(homesScene(Object.entries(panels).map(([name, { of }]) => ({ name, picks: of }))));
}
