// Judges commands that mend a node's broken rules.

import { labFrom } from "../../lab/data-read.ts";
import { labData } from "../../lab/data-write.ts";
import type { Lab } from "../../lab/lab.ts";
import { place, runShell } from "../../tools/shell.ts";
import { all, no, type Property, type Task } from "../assignment.ts";
import { changesBetween } from "../changes.ts";
import type { Outcome } from "../check.ts";
import { bare } from "../pods.ts";
import type { ServicesValues } from "../services.ts";
import { ENDPOINTS, NODES, type ServicePlan } from "../services-lab.ts";
import { commandsFor } from "./answers.ts";
import { answered, ask, fair, meetsItself, ruled } from "./services-asking.ts";

const SLIPS = 3;

/** What the commands changed in the broken lab. */
function changed(answer: unknown, { broken }: ServicesValues) {
  const lab = labFrom(broken);
  const before = labData(lab);
  for (const node of NODES) {
    const text = commandsFor(answer, node);
    if (text.trim() !== "") runShell(lab, place(lab, node), text);
  }
  return changesBetween(before, labData(lab));
}

function property(
  title: string,
  points: number,
  holds: (lab: Lab, plan: ServicePlan) => Outcome,
): Property<ServicesValues> {
  return {
    title,
    points,
    holds(answer, { values }) {
      if (changed(answer, values).count === 0) return no("Nothing is changed yet.");
      return holds(ruled(answer, values.broken, values.brokenPlan), values.brokenPlan);
    },
  };
}

const pods = (lab: Lab, plan: ServicePlan): Outcome =>
  all(...["client", "green", "probe"].map((each) => () => answered(lab, plan, each, 12)));
const nodes = (lab: Lab, plan: ServicePlan): Outcome => all(...NODES.map((each) => () => answered(lab, plan, each, 8)));
const shares = (lab: Lab, plan: ServicePlan): Outcome =>
  all(...["client", "blue", "probe"].map((each) => () => fair(lab, plan, each)));
const hairpins = (lab: Lab, plan: ServicePlan): Outcome =>
  all(...ENDPOINTS.map((each) => () => meetsItself(lab, plan, each)));
const nodePorts = (lab: Lab, { nodes, service }: ServicePlan): Outcome =>
  all(
    ...nodes.flatMap((node) =>
      Array.from({ length: 10 }, () => () => ask(lab, "outside", bare(node), service.nodePort)),
    ),
  );

export const REPAIR: Task<ServicesValues> = {
  name: "repair",
  properties: [
    property("pods are answered at the cluster IP, each time", 1, pods),
    property("nodes are answered at the cluster IP, each time", 1, nodes),
    property("each endpoint gets its share", 1, shares),
    property("a pod that meets itself is answered", 1, hairpins),
    property("every node's port is answered from outside, each time", 1, nodePorts),
    {
      title: "no more than three changes did it",
      points: 2,
      holds: (answer, { values }) =>
        all(
          () => {
            const { broken, brokenPlan } = values;
            const lab = ruled(answer, broken, brokenPlan);
            return all(...[pods, nodes, hairpins, nodePorts, shares].map((each) => () => each(lab, brokenPlan)));
          },
          () => {
            const { count, entries } = changed(answer, values);
            if (count <= SLIPS) return { ok: true, because: "" };
            return no(`${count} entries are different: ${entries.slice(0, 4).join("; ")}${count > 4 ? "; …" : ""}.`);
          },
        ),
    },
  ],
};
