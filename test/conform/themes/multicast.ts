// Datagrams for many: to 255.255.255.255, to a network's broadcast address, to groups of the link, with listeners of
// every kind.
import type { Lab } from "../../../lib/lab/lab.ts";
import type { ListenTraffic, Traffic } from "../case.ts";
import type { Dice } from "../dice.ts";

const GROUPS = ["224.0.0.1", "224.0.0.1", "224.0.0.5", "224.0.0.251", "239.1.2.3"];

export function drawMulticast(lab: Lab, dice: Dice, begin: number): Traffic[] {
  const all = [...lab.namespaces.values()];
  const traffic: Traffic[] = [];
  const own = (ns: (typeof all)[number]) =>
    [...ns.inet.values()].flatMap(({ addresses }) => addresses).filter(({ local }) => !local.isLoopback);
  const broadcasts = all.flatMap(own).map(({ local, length }) => {
    const mask = length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
    const bits = ((local.bits & mask) | ~mask) >>> 0;
    return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join(".");
  });
  for (const ns of all)
    if (dice.chance(0.75)) {
      const one = own(ns).map(({ local }) => local.text);
      const address = dice.of([null, null, ...one.slice(0, 1)]);
      const listen: ListenTraffic = { kind: "listen", ns: ns.name, address, port: 7777, echo: dice.chance(0.5) };
      traffic.push(listen);
    }
  for (let i = dice.whole(3, 6), at = begin; i > 0; i--, at += 370) {
    const ns = dice.of(all);
    const from = own(ns).map(({ local }) => local.text);
    traffic.push({
      kind: "udp",
      at,
      ns: ns.name,
      to: dice.of(["255.255.255.255", ...GROUPS, ...broadcasts.slice(0, 6), ...broadcasts.slice(0, 2)]),
      port: dice.chance(0.9) ? 7777 : 9,
      count: dice.of([1, 2]),
      interval: 100,
      size: dice.of([0, 20, 1472, 1473, 3000]),
      connected: dice.chance(0.3),
      ...(from.length > 0 && dice.chance(0.3) && { from: dice.of(from) }),
      broadcast: dice.chance(0.85),
    });
  }
  return traffic;
}
