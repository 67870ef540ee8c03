// Picks and counts that students find by thinking or trying, set against what IPVS does.
import { Clients } from "../../lab/clients.ts";
import { Lab } from "../../lab/lab.ts";
import { Ipv4, ip } from "../../wire/address.ts";
import { no, type Property, type Task } from "../assignment.ts";
import { tried } from "../loss.ts";
import { commandsOf, type Farm, type SchedulersValues, SERVICE } from "../schedulers.ts";
import { field, numbered } from "./answers.ts";

/** A director with a farm. */
export function directorOf(farm: Farm): { readonly lab: Lab; readonly clients: Clients } {
  const lab = new Lab({ seed: "farm" });
  const ns = lab.node("director").root;
  tried(lab, "director", commandsOf(farm));
  return { lab, clients: new Clients(ns, true) };
}

const FIRST = ip("198.51.100.1") as Ipv4;

function order(scheduler: string, points: number, count: number): Property<SchedulersValues> {
  return {
    title: scheduler,
    points,
    holds(answer, { values: { weights } }) {
      const said = field(answer, scheduler, "string")
        .trim()
        .split(/[\s,]+/);
      const { clients } = directorOf({ scheduler, weights });
      for (let i = 0; i < count; i++) {
        const { pick } = clients.open(Ipv4.of(FIRST.bits + i));
        if (said[i] === pick.server) continue;
        const costs = pick.standings.map(({ server, cost }) => `server ${server} ${cost}`).join(", ");
        return no(`Connection ${i + 1} does not go to ${said[i]}. Before it: ${costs}.`);
      }
      return said.length === count
        ? { ok: true, because: "" }
        : no(`${count} picks are asked for, not ${said.length}.`);
    },
  };
}

export const ORDER: Task<SchedulersValues> = {
  name: "order",
  properties: [order("wrr", 2, 9), order("wlc", 1, 9), order("sed", 1, 7), order("nq", 1, 7)],
};

/** Whom the clients get before and after a command. */
function beforeAndAfter({ hashed: { clients: from } }: SchedulersValues, scheduler: string, command: string) {
  const { lab, clients } = directorOf({ scheduler, weights: [1, 1, 1, 1] });
  const ask = () =>
    from.map((each) => {
      const { pick, opened } = clients.open(ip(each));
      if (opened !== null) clients.close(opened);
      return pick.server;
    });
  const before = ask();
  tried(lab, "director", command);
  return { before, after: ask() };
}

/** How many clients of the other servers find another one, when the server goes. */
function moved(values: SchedulersValues, scheduler: string): number {
  const gone = `${values.hashed.gone}`;
  const { before, after } = beforeAndAfter(values, scheduler, `ipvsadm -d ${SERVICE} -r 10.0.0.${gone}:80`);
  return before.filter((server, i) => server !== gone && server !== after[i]).length;
}

export const MOVED: Task<SchedulersValues> = {
  name: "moved",
  properties: [
    numbered("sh", 1, (values) => moved(values, "sh"), "Its table is filled anew, server by server."),
    numbered("mh", 1, (values) => moved(values, "mh"), "Its table changes where it must, and hardly elsewhere."),
    numbered(
      "refused",
      1,
      (values) => {
        const quiesce = `ipvsadm -e ${SERVICE} -r 10.0.0.${values.hashed.gone}:80 -m -w 0`;
        return beforeAndAfter(values, "sh", quiesce).after.filter((server) => server === null).length;
      },
      "Whose bucket is the server's has no second choice.",
    ),
  ],
};
