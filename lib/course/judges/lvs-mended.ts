// Judges commands that mend a director's three virtual servers, by what packets do in a fresh lab in which they ran.
import { labFrom } from "../../lab/data-read.ts";
import type { Lab } from "../../lab/lab.ts";
import { all, no, type Property, type Task } from "../assignment.ts";
import type { Outcome } from "../check.ts";
import { tried } from "../loss.ts";
import type { LvsValues, Site } from "../lvs.ts";
import { changes, commandsFor } from "./answers.ts";
import { allServe, answersPassBy, oneAnswers, ownAddress, serve } from "./lvs-served.ts";

const PLACES = ["client", "router", "director", "r1", "r2", "s1", "s2", "t1", "t2"] as const;

function mended(answer: unknown, { broken, brokenSite }: LvsValues): Lab {
  const lab = labFrom(broken);
  for (const where of PLACES) {
    const text = commandsFor(answer, where);
    if (text.trim() !== "") tried(lab, where, text);
  }
  serve(lab, ["s1", "s2"], brokenSite.ports.inside);
  serve(lab, ["r1", "r2", "t1", "t2"], brokenSite.ports.virtual);
  return lab;
}

type Held = (lab: Lab, site: Site, dice: Lab) => Outcome;

const natServes: Held = (lab, { vips, ports }, dice) =>
  all(
    () => allServe(lab, dice, vips.nat, ports.virtual, ["s1", "s2"]),
    () => ownAddress(lab, dice, vips.nat, ports.virtual),
  );
const directServes: Held = (lab, { vips, ports }, dice) =>
  all(
    () => allServe(lab, dice, vips.direct, ports.virtual, ["r1", "r2"]),
    () => oneAnswers(lab, dice, vips.direct, ports.virtual),
    () => answersPassBy(lab, dice, vips.direct, ports.virtual),
  );
const tunnelServes: Held = (lab, { vips, ports }, dice) =>
  all(
    () => allServe(lab, dice, vips.tunnel, ports.virtual, ["t1", "t2"]),
    () => answersPassBy(lab, dice, vips.tunnel, ports.virtual),
  );

function mending(title: string, points: number, held: Held): Property<LvsValues> {
  return {
    title,
    points,
    holds: (answer, { values, dice }) => held(mended(answer, values), values.brokenSite, dice),
  };
}

export const REPAIR: Task<LvsValues> = {
  name: "repair",
  properties: [
    mending("the virtual server by NAT serves", 2, natServes),
    mending("the virtual server by direct routing serves", 2, directServes),
    mending("the virtual server by tunnel serves", 2, tunnelServes),
    {
      title: "no more than three changes did it",
      points: 1,
      holds: (answer, { values, dice }) =>
        all(
          ...[natServes, directServes, tunnelServes].map(
            (held) => () => held(mended(answer, values), values.brokenSite, dice),
          ),
          () => {
            const count = changes(answer, PLACES);
            return count <= 3 ? { ok: true, because: `${count}` } : no(`${count} commands change something.`);
          },
        ),
    },
  ],
};
