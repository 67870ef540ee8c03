// Judges commands that students hand in, by what packets do in a fresh lab in which they ran.
import { labFrom } from "../../lab/data-read.ts";
import { Lab } from "../../lab/lab.ts";
import { all, no, type Property, type Task } from "../assignment.ts";
import type { Outcome } from "../check.ts";
import { tried } from "../loss.ts";
import type { PodsValues } from "../pods.ts";
import { changes, commandsFor, field } from "./answers.ts";
import { ping } from "./pods-wiring.ts";

/** A pod with two containers, and another pod beside it. */
function shop(answer: unknown): Lab {
  const lab = new Lab({ seed: "shop" });
  const node = lab.node("node-1").forward();
  node.bridge("cni0", { address: "10.244.1.1/24" });
  const plug = { bridge: "cni0", gateway: "10.244.1.1" };
  node.pod("shop", { ...plug, address: "10.244.1.7/24", containers: ["web", "cache"] });
  node.pod("buyer", { ...plug, address: "10.244.1.8/24" });
  for (const container of ["web", "cache"]) tried(lab, `shop/${container}`, field(answer, container, "string"));
  return lab;
}

const opens = (lab: Lab, where: string, host: string, port: number): Outcome =>
  tried(lab, where, `nc -z -w 2 ${host} ${port}`);

function listening(
  title: string,
  points: number,
  holds: (lab: Lab, ports: PodsValues["ports"]) => Outcome,
): Property<PodsValues> {
  return { title, points, holds: (answer, { values }) => holds(shop(answer), values.ports) };
}

export const LISTENERS: Task<PodsValues> = {
  name: "listeners",
  properties: [
    listening("the other pod reaches web", 1, (lab, { web }) => opens(lab, "buyer", "10.244.1.7", web)),
    listening("cache reaches web by localhost", 1, (lab, { web }) => opens(lab, "shop/cache", "127.0.0.1", web)),
    listening("web reaches cache by localhost", 1, (lab, { cache }) => opens(lab, "shop/web", "127.0.0.1", cache)),
    listening("nobody else reaches cache, though it is there", 1, (lab, { cache }) =>
      all(
        () => opens(lab, "shop/web", "127.0.0.1", cache),
        () =>
          opens(lab, "buyer", "10.244.1.7", cache).ok
            ? no(`buyer reaches 10.244.1.7:${cache}: on which address does cache listen?`)
            : { ok: true, because: "" },
      ),
    ),
  ],
};

const PLACES = ["node-1", "node-2", "red", "green", "blue"] as const;
function mended(answer: unknown, { broken }: PodsValues): Lab {
  const lab = labFrom(broken);
  for (const where of PLACES) {
    const text = commandsFor(answer, where);
    if (text.trim() !== "") tried(lab, where, text);
  }
  return lab;
}

function mending(
  title: string,
  points: number,
  holds: (lab: Lab, values: PodsValues) => Outcome,
): Property<PodsValues> {
  return { title, points, holds: (answer, { values }) => holds(mended(answer, values), values) };
}

const oneLink = (lab: Lab, { brokenPlan: { red, green } }: PodsValues): Outcome =>
  all(
    () => ping(lab, "red", green, 64),
    () => ping(lab, "green", red, 64),
  );
const redAndBlue = (lab: Lab, { brokenPlan: { red, blue } }: PodsValues): Outcome =>
  all(
    () => ping(lab, "red", blue, 62),
    () => ping(lab, "blue", red, 62),
  );
const greenAndBlue = (lab: Lab, { brokenPlan: { green, blue } }: PodsValues): Outcome =>
  all(
    () => ping(lab, "green", blue, 62),
    () => ping(lab, "blue", green, 62),
  );

export const REPAIR: Task<PodsValues> = {
  name: "repair",
  properties: [
    mending("red and green talk as before", 1, oneLink),
    mending("red and blue talk", 2, redAndBlue),
    mending("green and blue talk", 2, greenAndBlue),
    {
      title: "no more than three changes did it",
      points: 1,
      holds: (answer, { values }) =>
        all(
          () => redAndBlue(mended(answer, values), values),
          () => greenAndBlue(mended(answer, values), values),
          () => {
            const count = changes(answer, PLACES);
            return count <= 3 ? { ok: true, because: `${count}` } : no(`${count} commands change something.`);
          },
        ),
    },
  ],
};
