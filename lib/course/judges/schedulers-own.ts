// Functions that pick as schedulers do, set against the kernel's.

import { SCHEDULERS } from "../../ipvs/schedulers/registry.ts";
import { EVERY_CLIENT, type ServiceKey } from "../../ipvs/service.ts";
import { Clients } from "../../lab/clients.ts";
import { Lab } from "../../lab/lab.ts";
import { balancingOf } from "../../netns/ipvs/balancing.ts";
import { type Ipv4, ip } from "../../wire/address.ts";
import { PROTOCOL } from "../../wire/packet.ts";
import type { Case, Property, Task } from "../assignment.ts";
import { tried } from "../loss.ts";
import { commandsOf, type SchedulersValues, SERVICE } from "../schedulers.ts";

/** How a server stands when a connection comes. */
interface Standing {
  readonly weight: number;
  readonly active: number;
  readonly inactive: number;
}

const KEY: ServiceKey = { kind: "address", protocol: PROTOCOL.tcp, address: ip("192.0.2.10"), port: 80 };
const addressOf = (server: number): Ipv4 => ip(`10.0.0.${server}`) as Ipv4;

/** Servers with these counts under wlc, in the order of the kernel's list, and which one gets the next connection. */
function pick(standings: readonly Standing[]): Case {
  const lab = new Lab({ seed: "standings" });
  const { services } = balancingOf(lab.node("director").root).ipvs;
  const spec = { persistent: null, netmask: EVERY_CLIENT[4], onePacket: false, flags: 0 };
  services.add(KEY, { ...spec, scheduler: SCHEDULERS.get("wlc")! });
  const server = (number: number, weight: number) => ({
    ...({ address: addressOf(number), port: 80, weight, method: "masq", upper: 0, lower: 0 } as const),
    ...({ tunnel: "ipip", tunnelPort: 0, tunnelChecksum: false } as const),
  });
  for (const i of standings.keys()) services.addServer(KEY, server(i + 1, 0));
  const clients = new Clients(lab.netns("director"), true);
  const client = ip("198.51.100.1");
  for (const [i, { active, inactive }] of standings.entries()) {
    // While it alone has a weight, every connection is its own.
    services.editServer(KEY, server(i + 1, 1));
    for (let n = 0; n < active + inactive; n++) {
      const { opened } = clients.open(client);
      if (n < inactive) clients.close(opened!);
    }
    services.editServer(KEY, server(i + 1, 0));
  }
  for (const [i, { weight }] of standings.entries()) services.editServer(KEY, server(i + 1, weight));
  const list = [...clients.service.destinations()].map((dest) => {
    const { weight, active, inactive } = dest;
    return { server: clients.nameOf(dest), weight, active, inactive };
  });
  return { args: [list], wanted: clients.open(client).pick.server };
}

const CASES = 10;

function standing(title: string, points: number, draw: (dice: Lab) => Standing): Property<SchedulersValues> {
  return {
    title,
    points,
    cases: ({ dice }) =>
      Array.from({ length: CASES }, () => pick(Array.from({ length: 2 + dice.below(5) }, () => draw(dice)))),
  };
}

export const LEAST: Task<SchedulersValues> = {
  name: "least",
  properties: [
    standing("equal weights: the fewest open connections, and of equals the first", 1, (dice) => {
      return { weight: 1, active: dice.below(4), inactive: 0 };
    }),
    standing("connections that are over weigh little", 1, (dice) => {
      return { weight: 1, active: dice.below(2), inactive: dice.below(4) };
    }),
    standing("by weight", 2, (dice) => ({
      weight: 1 + dice.below(6),
      active: dice.below(12),
      inactive: 0,
    })),
    standing("none of weight 0; null where nobody is left", 2, (dice) => {
      return { weight: dice.below(3) > 0 ? 0 : 1 + dice.below(3), active: dice.below(3), inactive: dice.below(2) };
    }),
  ],
};

/** The first picks of wrr, set when all servers are there and closed at once. */
function turns(weights: readonly number[], count: number): (number | null)[] {
  const lab = new Lab({ seed: "turns" });
  lab.node("director");
  tried(lab, "director", `${commandsOf({ scheduler: "rr", weights })}\nipvsadm -E ${SERVICE} -s wrr`);
  const clients = new Clients(lab.netns("director"), false);
  return Array.from({ length: count }, () => {
    const { server } = clients.open(ip("198.51.100.1")).pick;
    return server === null ? null : Number(server);
  });
}

function turning(title: string, points: number, draw: (dice: Lab) => number[]): Property<SchedulersValues> {
  return {
    title,
    points,
    cases: ({ dice }) =>
      Array.from({ length: CASES }, (): Case => {
        const [weights, count] = [draw(dice), 5 + dice.below(20)];
        return { args: [weights, count], wanted: turns(weights, count) };
      }),
  };
}

const drawn = (dice: Lab, weight: () => number): number[] => Array.from({ length: 2 + dice.below(4) }, weight);

export const TURNS: Task<SchedulersValues> = {
  name: "turns",
  properties: [
    turning("one weight for all", 1, (dice) => {
      const weight = 1 + dice.below(4);
      return drawn(dice, () => weight);
    }),
    turning("any weights", 2, (dice) => drawn(dice, () => 1 + dice.below(7))),
    turning("weights with a common divisor, and weight 0", 1, (dice) => drawn(dice, () => 3 * dice.below(4))),
  ],
};
