// A function that looks for a route, set against the kernel's: `ip route get` in a lab with the same routes.
import { Lab } from "../../lab/lab.ts";
import { place, runShell } from "../../tools/shell.ts";
import type { Case, Property, Task } from "../assignment.ts";
import type { PodsValues } from "../pods.ts";

interface Route {
  readonly prefix: string;
  readonly via: string;
  readonly metric: number;
}

const CASES = 12;

/** A table of routes and addresses to be looked up in it. */
interface Drawn {
  readonly routes: readonly Route[];
  readonly addresses: readonly string[];
}

function truth(routes: readonly Route[], addresses: readonly string[]): (string | null)[] {
  const lab = new Lab({ seed: "routes" });
  lab.node("router");
  lab.node("others");
  lab.cable("router", "eth0", "others", "eth0");
  const at = place(lab, "router");
  const run = (text: string) => runShell(lab, at, text);
  run("ip addr add 192.0.2.254/24 dev eth0");
  for (const { prefix, via, metric } of routes) run(`ip route add ${prefix} via ${via} metric ${metric}`);
  return addresses.map((address) => /via (\S+)/.exec(run(`ip route get ${address}`).out)?.[1] ?? null);
}

/** Each case with a table and a neighbour of its own, so that nothing can be remembered. */
function property(title: string, points: number, draw: (dice: Lab, via: () => string) => Drawn): Property<PodsValues> {
  return {
    title,
    points,
    cases({ dice }) {
      return Array.from({ length: CASES }).flatMap((): Case[] => {
        const { routes, addresses } = draw(dice, () => `192.0.2.${1 + dice.below(250)}`);
        const mixed = shuffled(dice, routes);
        const found = truth(mixed, addresses);
        return addresses.map((address, i) => ({ args: [mixed, address], wanted: found[i] }));
      });
    },
  };
}

function shuffled<T>(dice: Lab, items: readonly T[]): T[] {
  const [left, mixed] = [[...items], [] as T[]];
  while (left.length > 0) mixed.push(...left.splice(dice.below(left.length), 1));
  return mixed;
}

/** A prefix of this length around an address, host bits zero. */
function around(address: number, length: number): string {
  const network = length === 0 ? 0 : (address & (-1 << (32 - length))) >>> 0;
  return length === 0 ? "default" : `${dotted(network)}/${length}`;
}

const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");

/** An address of 10.0.0.0/8. */
const ten = (dice: Lab): number => ((10 << 24) | dice.below(2 ** 24)) >>> 0;

export const NEXT_HOP: Task<PodsValues> = {
  name: "nextHop",
  properties: [
    property("the only route that fits", 1, (dice, via) => {
      const [one, other] = [ten(dice), ((172 << 24) | dice.below(2 ** 24)) >>> 0];
      const routes = [one, other].map((each) => ({ prefix: around(each, 16), via: via(), metric: 0 }));
      return { routes, addresses: [dotted(one), dotted(other)] };
    }),
    property("null where no route fits", 1, (dice, via) => {
      const routes = [{ prefix: around(ten(dice), 9 + dice.below(16)), via: via(), metric: 0 }];
      return { routes, addresses: [`203.0.113.${dice.below(256)}`] };
    }),
    property("the default route where nothing else fits", 1, (dice, via) => {
      const routes = ["default", around(ten(dice), 16)].map((prefix) => ({ prefix, via: via(), metric: 0 }));
      return { routes, addresses: [`203.0.113.${dice.below(256)}`] };
    }),
    property("the longest prefix, of any length, in any order", 2, (dice, via) => {
      const address = ten(dice);
      const lengths = shuffled(
        dice,
        Array.from({ length: 33 }, (_, i) => i),
      ).slice(0, 5);
      const routes = lengths.map((length) => ({ prefix: around(address, length), via: via(), metric: dice.below(9) }));
      // A neighbour of the address, which some of the longer prefixes are not about.
      return { routes, addresses: [dotted(address), dotted((address ^ (1 << dice.below(16))) >>> 0)] };
    }),
    property("of two with the same prefix the one with the lower metric", 1, (dice, via) => {
      const address = ten(dice);
      const prefix = around(address, 8 + dice.below(20));
      const low = dice.below(100);
      const metrics = [low, low + 1 + dice.below(2000)];
      return { routes: metrics.map((metric) => ({ prefix, via: via(), metric })), addresses: [dotted(address)] };
    }),
  ],
};
