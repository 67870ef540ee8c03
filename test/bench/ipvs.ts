// What a pick costs, the more real servers a service has; and a million connections.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Destination } from "../../lib/ipvs/destination.ts";
import { Ipvs } from "../../lib/ipvs/ipvs.ts";
import { SCHEDULERS } from "../../lib/ipvs/schedulers/registry.ts";
import type { Service } from "../../lib/ipvs/service.ts";
import { Ipv4 } from "../../lib/wire/address.ts";
import type { BenchFigure } from "./figure.ts";
import type { Churn } from "./ipvs-churn.ts";
import { Clock, KERNEL_WALKS, KEY, serverSpec, serviceSpec } from "./ipvs-services.ts";

export const SERVERS = [10, 100, 1000, 10000] as const;
/** Connections that are open while others begin. */
const OPEN = 5000;
/** Milliseconds. */
const WARM = 80;
const RUN = 3;

/** The fewest nanoseconds, in several runs, of a pick with its connection's beginning and an older one's end, in which the counts change. */
export function pickCost(scheduler: string, servers: number, isKernel: boolean): number {
  const { services } = new Ipvs(new Clock());
  services.add(KEY, serviceSpec(SCHEDULERS.get("rr")!));
  for (let i = 0; i < servers; i++) services.addServer(KEY, serverSpec(i));
  services.edit(KEY, serviceSpec(SCHEDULERS.get(scheduler)!));
  const service = services.named(KEY)!;
  const walk = KERNEL_WALKS[scheduler];
  const pick = isKernel ? () => walk!(service) : pickerOf(service);
  const ring: (Destination | null)[] = new Array(OPEN).fill(null);
  let at = 0;
  const one = () => {
    const dest = pick();
    dest?.bind(false);
    dest?.count(true);
    ring[at]?.unbind(true);
    ring[at] = dest;
    at = (at + 1) % OPEN;
  };
  let picks = 1;
  // CPU time: who else is at work on the machine does not count.
  const run = () => {
    const began = process.cpuUsage();
    for (let i = 0; i < picks; i++) one();
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  };
  // Until it is compiled, and as many connections are open as shall be.
  for (let warm = 0; warm < WARM; ) {
    const spent = run();
    warm += spent;
    if (spent < RUN) picks *= 2;
  }
  return (Math.min(...Array.from({ length: 7 }, run)) * 1e6) / picks;
}

/** Every packet is of another client, and goes to one of 1000 virtual addresses. */
function pickerOf(service: Service): () => Destination | null {
  let i = 0;
  return () => {
    i++;
    const flow = {
      client: Ipv4.of(0x14000000 + (i & 0xffff)),
      clientPort: i & 0xffff,
      virtual: Ipv4.of(0x0a090000 + (i % 1000)),
    };
    return service.picker!.pick(flow);
  };
}

export function churn(connections = 1_000_000): Churn {
  const file = fileURLToPath(new URL("./ipvs-churn.js", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [file, `${connections}`], { encoding: "utf8" })) as Churn;
}

export function benchIpvs(): BenchFigure[] {
  const figures: BenchFigure[] = [];
  for (const name of SCHEDULERS.keys())
    for (const servers of SERVERS) {
      const hasWalk = KERNEL_WALKS[name] !== undefined;
      figures.push({
        name: `a pick of ${name} among ${servers} servers`,
        ours: pickCost(name, servers, false),
        theirs: hasWalk ? pickCost(name, servers, true) : null,
        unit: "ns",
        peer: hasWalk ? "the kernel's walk through the list" : "none: it is the kernel's own way",
      });
    }
  const { seconds, megabytes } = churn();
  const churned = "1e6 connections, 1000 servers of wlc";
  figures.push({ name: churned, ours: seconds, theirs: null, unit: "s", peer: "", target: 3 });
  figures.push({ name: `${churned}, memory`, ours: megabytes, theirs: null, unit: "MB", peer: "", target: 300 });
  return figures;
}
