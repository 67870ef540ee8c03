// Judges a lab that was wired by a plan: by what packets do in it.
import type { Lab } from "../../lab/lab.ts";
import { BadInput } from "../../wire/input.ts";
import { all, no, type Property, type Task } from "../assignment.ts";
import type { Outcome } from "../check.ts";
import { tried } from "../loss.ts";
import { bare, type Plan, type PodsValues } from "../pods.ts";
import { labOf } from "./answers.ts";

/** Whether `from` gets an answer from an address, with this ttl if one is said. */
export function ping(lab: Lab, from: string, address: string, ttl?: number): Outcome {
  const outcome = tried(lab, from, `ping -c 1 -W 4 ${bare(address)}`);
  const seen = /ttl=(\d+)/.exec(outcome.out)?.[1];
  if (!outcome.ok || ttl === undefined || seen === String(ttl)) return outcome;
  const routers = (count: number) => `${count} router${count === 1 ? "" : "s"}`;
  return no(`${from} reaches ${bare(address)} through ${routers(64 - Number(seen))}, not ${routers(64 - ttl)}.`);
}

/** Whether the pod sees the packets of `from` with its own address. */
function seenAs(lab: Lab, from: string, source: string, to: string, destination: string): Outcome {
  const { trace } = tried(lab, from, `ping -c 1 -W 4 ${bare(destination)}`);
  const sources = trace.at(to).steps.flatMap(({ what, packet }) => {
    const carried = packet !== undefined && "payload" in packet ? packet.payload : packet;
    return what === "receive" && carried?.kind === "ipv4" ? [`${carried.src}`] : [];
  });
  if (sources.length === 0) return no(`Nothing of ${from} arrives at ${to}.`);
  if (sources[0] === bare(source)) return { ok: true, because: source };
  return no(`${to} sees ${sources[0]}, not ${from}'s own ${bare(source)}.`);
}

/** The bridge of a node that has this address. Throws BadInput where there is none. */
function bridgeWith(lab: Lab, node: string, address: string): string {
  const said = tried(lab, node, "ip -o -4 addr").out.split("\n");
  const device = said.find((line) => line.includes(` ${address} `))?.split(/\s+/)[1];
  if (device !== undefined && lab.netns(node).devices.get(device)?.kind === "bridge") return device;
  throw new BadInput(`${node} has no bridge with this address`, address, "The pods' gateway is the bridge itself.");
}

function property(
  title: string,
  points: number,
  holds: (lab: Lab, plan: Plan, dice: Lab) => Outcome,
): Property<PodsValues> {
  return { title, points, holds: (answer, { values, dice }) => holds(labOf(answer), values.plan, dice) };
}

export const WIRING: Task<PodsValues> = {
  name: "wiring",
  properties: [
    property("pods of one node talk on one link", 2, (lab, { red, green }) =>
      all(
        () => ping(lab, "red", green, 64),
        () => ping(lab, "green", red, 64),
      ),
    ),
    property("pods of both nodes talk, through two routers", 2, (lab, { green, blue }) =>
      all(
        () => ping(lab, "red", blue, 62),
        () => ping(lab, "blue", green, 62),
      ),
    ),
    property("a pod is seen with its own address", 1, (lab, { red, blue }) =>
      all(
        () => seenAs(lab, "red", red, "blue", blue),
        () => seenAs(lab, "blue", blue, "red", red),
      ),
    ),
    property("a node talks with every pod", 1, (lab, { red, blue }) =>
      all(
        () => ping(lab, "node-1", blue),
        () => ping(lab, "node-2", red),
      ),
    ),
    property("a pod that comes later is reached as well", 2, (lab, { bridges, red, blue }, dice) => {
      const gateway = bare(bridges[1]);
      const hosts = Array.from({ length: 250 }, (_, i) => gateway.replace(/1$/, String(i + 2)));
      const free = hosts.filter((each) => each !== bare(blue));
      const address = free[dice.below(free.length)]!;
      const bridge = bridgeWith(lab, "node-2", bridges[1]);
      lab.machines.get("node-2")!.pod("later", { bridge, address: `${address}/24`, gateway });
      return all(
        () => ping(lab, "red", address, 62),
        () => ping(lab, "later", red, 62),
      );
    }),
  ],
};
