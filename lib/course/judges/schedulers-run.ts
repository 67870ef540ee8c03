// Judges commands for a director by what becomes of hidden clients: maintenance, a workload, and farms that are mended.
import { quantile } from "../../draw/multiples.ts";
import { Clients, type Picked } from "../../lab/clients.ts";
import { labFrom } from "../../lab/data-read.ts";
import { Lab } from "../../lab/lab.ts";
import { type Load, serve } from "../../lab/serving.ts";
import { ip } from "../../wire/address.ts";
import { BadInput } from "../../wire/input.ts";
import { all, no, type Property, type Task } from "../assignment.ts";
import { type Outcome, short } from "../check.ts";
import { tried } from "../loss.ts";
import { commandsOf, type SchedulersValues } from "../schedulers.ts";
import { changes, commandsFor } from "./answers.ts";
import { directorOf } from "./schedulers-computed.ts";

const FINE: Outcome = { ok: true, because: "" };

function text(answer: unknown): string {
  if (typeof answer === "string") return answer;
  throw new BadInput("not commands", short(answer), "Hand in a text: commands at the director.");
}

/** Clients of one large network, each another one. */
function strangers(dice: Lab, count: number): string[] {
  const first = 100 + dice.below(90);
  return Array.from({ length: count }, (_, i) => `${first}.${dice.below(250)}.${i}.${1 + dice.below(250)}`);
}

/** Who serves these clients, whose connections stay open, or end at once. */
function visits(clients: Clients, from: readonly string[], stay: boolean): Picked[] {
  return from.map((each) => {
    const { pick, opened } = clients.open(ip(each));
    if (opened !== null && !stay) clients.close(opened);
    return pick;
  });
}

interface Maintained {
  readonly open: number;
  readonly stillOpen: number;
  readonly isThere: boolean;
  readonly before: readonly Picked[];
  readonly again: readonly Picked[];
  readonly others: readonly Picked[];
}

function maintained(answer: unknown, tired: number, dice: Lab): Maintained {
  const { lab, clients } = directorOf({ scheduler: "rr -p 600", weights: [1, 1, 1, 1] });
  const from = strangers(dice, 40);
  const before = visits(clients, from, true);
  tried(lab, "director", text(answer));
  const server = ` 10.0.0.${tired}:80 `;
  const said = (command: string) =>
    tried(lab, "director", command)
      .out.split("\n")
      .filter((line) => `${line} `.includes(server));
  return {
    open: before.filter((each) => each.server === `${tired}`).length,
    stillOpen: said("ipvsadm -Lcn").filter((line) => line.includes("ESTABLISHED")).length,
    isThere: said("ipvsadm -Ln").length > 0,
    before,
    again: visits(clients, from, false),
    others: visits(clients, strangers(dice, 40), false),
  };
}

function maintaining(
  title: string,
  points: number,
  holds: (seen: Maintained, tired: string) => Outcome,
): Property<SchedulersValues> {
  return {
    title,
    points,
    holds: (answer, { values: { tired }, dice }) => holds(maintained(answer, tired, dice), `${tired}`),
  };
}

const all80 = ({ again, others }: Maintained): Picked[] => [...again, ...others];

export const MAINTENANCE: Task<SchedulersValues> = {
  name: "maintenance",
  properties: [
    maintaining("the server's open connections go on", 1, ({ open, stillOpen, isThere }, tired) => {
      if (!isThere) return no(`Server ${tired} is deleted: packets of its connections are dropped.`);
      return stillOpen >= open ? FINE : no(`Of ${open} open connections of server ${tired} ${stillOpen} are left.`);
    }),
    maintaining("nobody new comes to it, not even who was there before", 2, (seen, tired) => {
      const found = all80(seen).find(({ server }) => server === tired);
      if (found === undefined) return FINE;
      const isBack = seen.again.includes(found);
      return no(`${found.client}${isBack ? ", who was there before," : ""} still comes to server ${tired}.`);
    }),
    maintaining("clients of the other servers stay where they are", 1, ({ before, again }, tired) => {
      const at = before.findIndex(({ server }, i) => server !== tired && server !== again[i]!.server);
      return at < 0
        ? FINE
        : no(`${before[at]!.client} was at server ${before[at]!.server}, and is at ${again[at]!.server} now.`);
    }),
    maintaining("nobody is refused", 1, (seen) => {
      const refused = all80(seen).filter(({ server }) => server === null).length;
      return refused === 0 ? FINE : no(`${refused} of 80 clients are refused.`);
    }),
  ],
};

/** A day of the shop. */
function day(commands: string, { shop: { speeds, rate } }: SchedulersValues, seed: string): Load {
  const lab = new Lab({ seed });
  lab.node("director");
  tried(lab, "director", commands);
  return serve(lab, "director", { seed, requests: 1500, rate, work: 0.05, sizes: "heavy", speeds });
}

function week(commands: string, values: SchedulersValues, dice: Lab): Load[] {
  return Array.from({ length: 5 }, () => day(commands, values, `${dice.random()}`));
}

/** How long 99 of 100 wait at most, on average over the days, in seconds. */
const tail = (days: readonly Load[]): number =>
  days.reduce((sum, { latencies }) => sum + quantile(latencies, 0.99), 0) / days.length;

function refused(days: readonly Load[]): Outcome {
  const found = days.find((each) => each.refused > 0);
  return found === undefined ? FINE : no(`${found.refused} of 1500 requests of a day are refused.`);
}

export const SHOP: Task<SchedulersValues> = {
  name: "shop",
  properties: [
    {
      title: "nobody is refused",
      points: 1,
      holds: (answer, { values, dice }) => refused(week(text(answer), values, dice)),
    },
    {
      title: "99 of 100 wait a tenth less than with wrr and fitting weights",
      points: 3,
      holds(answer, { values, dice }) {
        const [own, plain] = [
          text(answer),
          commandsOf({ scheduler: "wrr", weights: Object.values(values.shop.speeds) }),
        ];
        const seed = `${dice.random()}`;
        const [days, others] = [own, plain].map((commands) => week(commands, values, new Lab({ seed }))) as [
          Load[],
          Load[],
        ];
        const seconds = (each: readonly Load[]) => `${tail(each).toFixed(2)} s`;
        return all(
          () => refused(days),
          () =>
            tail(days) < 0.9 * tail(others)
              ? FINE
              : no(`99 % wait up to ${seconds(days)}; with wrr it is ${seconds(others)}.`),
        );
      },
    },
  ],
};

const PLACES = ["a", "b", "c"] as const;
type Place = (typeof PLACES)[number];

/** Which part of new clients each server gets, and whether those who come again find their server. */
function balanced(answer: unknown, where: Place, { broken, meant }: SchedulersValues, dice: Lab): Outcome {
  const lab = labFrom(broken);
  const commands = commandsFor(answer, where);
  if (commands.trim() !== "") tried(lab, where, commands);
  const clients = new Clients(lab.netns(where), true);
  const from = strangers(dice, 240);
  const first = visits(clients, from, true);
  const { weights } = meant[where];
  const sum = weights.reduce((total, weight) => total + weight, 0);
  // A hash shares as evenly as dice do.
  const tolerance = where === "a" ? 0.05 : 0.14;
  for (const [i, weight] of weights.entries()) {
    const [share, got] = [weight / sum, first.filter(({ server }) => server === `${i + 1}`).length];
    if (Math.abs(got / 240 - share) > tolerance)
      return no(`Server ${i + 1} gets ${got} of 240 clients; ${Math.round(240 * share)} are its share.`);
  }
  const refused = first.filter(({ server }) => server === null).length;
  if (refused > 0) return no(`${refused} of 240 clients are refused.`);
  if (where === "a") return FINE;
  const again = visits(clients, from.slice(0, 40), true);
  const at = again.findIndex(({ server }, i) => server !== first[i]!.server);
  return at < 0
    ? FINE
    : no(`${again[at]!.client} was at server ${first[at]!.server}, and comes again to ${again[at]!.server}.`);
}

function mending(where: Place, title: string): Property<SchedulersValues> {
  return { title, points: 2, holds: (answer, { values, dice }) => balanced(answer, where, values, dice) };
}

export const MEND: Task<SchedulersValues> = {
  name: "mend",
  properties: [
    mending("a", "a shares by weight"),
    mending("b", "b shares evenly, and a client keeps its server"),
    mending("c", "c shares evenly, and a client keeps its server"),
    {
      title: "no more than three changes did it",
      points: 1,
      holds: (answer, { values, dice }) =>
        all(...PLACES.map((where) => () => balanced(answer, where, values, dice)), () => {
          const count = changes(answer, PLACES);
          return count <= 3 ? FINE : no(`${count} commands change something.`);
        }),
    },
  ],
};
