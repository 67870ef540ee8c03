// Verbs about Services: their chains as a graph, and who gets many connections.
import { type Axes, type Curves, curves as curvesScene } from "../draw/curves.ts";
import { chiSquare, histogram } from "../draw/histogram.ts";
import { serviceChains as chainsScene } from "../draw/service-chains.ts";
import { readService } from "../kube/proxy/iptables/read-service.ts";
import { firstPackets } from "../lab/first-packets.ts";
import type { Lab } from "../lab/lab.ts";
import { ipv4 } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import { DISPLAY, INSPECT, Picture, type Shown } from "./display.ts";
import { currentLab } from "./session.ts";
import { sh } from "./sh.ts";

const MOST = 100_000;

/**
 * The chains of a port of a Service on a node, as `iptables-save` has them there: each rule that picks, with its
 * probability and its share. Throws BadInput for a Service that has no chain there.
 *
 * @example
 * serviceChains("node-1", "beta/word-v5-beta:http")
 */
export function serviceChains(where: string, service: string, lab: Lab = currentLab()): Picture {
  return new Picture(chainsScene(readService(sh(where, "iptables-save -t nat", lab).out, service), where));
}

/** Numbers that grow with another one, as lines: `curves("Rules tried", { iptables: { 10: 12, 100: 102 } }, { x: "Services", y: "rules" })`. */
export function curves(title: string, lines: Curves, axes: Axes): Picture {
  return new Picture(curvesScene(title, lines, axes));
}

/** Where the first packets of many connections were sent, one after the other. */
export class Spread {
  /** `10.244.1.3:8080`, or null: refused, dropped, or not on its way yet. */
  readonly of: readonly (string | null)[];
  private readonly title: string;

  constructor(of: readonly (string | null)[], title: string) {
    this.of = of;
    this.title = title;
  }
  /** How many connections each destination got; – is none. */
  get counts(): Readonly<Record<string, number>> {
    const counts = new Map<string, number>();
    for (const each of this.of) counts.set(each ?? "–", (counts.get(each ?? "–") ?? 0) + 1);
    return Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true })));
  }
  /** How likely fair dice are as uneven as this, or more (Pearson's χ² test): a small number, and they are not fair. */
  get chance(): number {
    return chiSquare(Object.values(this.counts)).chance;
  }
  /** The counts as bars, with the test. */
  histogram(): Picture {
    return new Picture(histogram(this.title, this.counts));
  }
  [DISPLAY](): Shown {
    return this.histogram()[DISPLAY]();
  }
  [INSPECT](): string {
    return JSON.stringify(this.counts);
  }
}

/**
 * Begins `count` TCP connections from a pod or node to `address:port`, and gives where the rules of its node sent each.
 * Only first packets are sent, and they are taken away at the end of the node's last hook: nobody is bothered, and no
 * connection is remembered. Throws BadInput for what is no IPv4 address with a port.
 *
 * @example
 * spread("client", "10.100.68.182:80", 10_000)
 */
export function spread(where: string, to: string, count: number, lab: Lab = currentLab()): Spread {
  const [, address, port] = /^([\d.]+):(\d+)$/.exec(to) ?? [];
  if (address === undefined || Number(port) > 65535)
    throw new BadInput("not an IPv4 address with a port", to, "Write it like 10.100.68.182:80.");
  if (!Number.isInteger(count) || count < 1 || count > MOST)
    throw new BadInput("not a number of connections", `${count}`, `It is a whole number from 1 to ${MOST}.`);
  const asked = { from: lab.netns(where), to: ipv4(address), port: Number(port) };
  const title = `${count.toLocaleString("en")} connections from ${where} to ${to}`;
  return new Spread(firstPackets(lab, asked, count), title);
}
