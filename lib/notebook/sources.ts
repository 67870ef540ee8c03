// The verbs whoSees and whichRule: the machines on the way to a server, and what they saw and decided.

import { requests } from "../draw/requests.ts";
import { type SourcePath, type Stop, sources } from "../draw/sources.ts";
import type { LabData } from "../lab/data.ts";
import { TCP_FLAG } from "../wire/packet.ts";
import { DISPLAY, INSPECT, Picture, type Shown } from "./display.ts";
import type { Seen, Walk } from "./walk.ts";

/** Ways to a server, and whom the server saw on each; shows itself as a picture. */
export class Sources {
  readonly paths: readonly SourcePath[];

  constructor(paths: readonly SourcePath[]) {
    this.paths = paths;
  }
  /** The source address that the server saw, by the name of the way; null where nobody answered. */
  get seen(): Readonly<Record<string, string | null>> {
    return Object.fromEntries(
      this.paths.map(({ name, stops, isServed }) => [name, (isServed && stops.at(-1)?.source) || null]),
    );
  }
  [DISPLAY](): Shown {
    return new Picture(sources(this.paths))[DISPLAY]();
  }
  [INSPECT](): string {
    return JSON.stringify(this.seen);
  }
}

/**
 * The machines that the connection of each walk came to, with the source address that each saw; those named as `without`
 * are left out. A proxy's own connection belongs to the way; `X-Forwarded-For` is read from what the walk printed.
 *
 * @example
 * whoSees({ "cluster IP": walk("client", "curl -s http://10.96.7.7/"), "node port": walk("internet", "curl -s http://198.18.0.11:32723/") })
 */
export function whoSees(walks: Readonly<Record<string, Walk>>, without: readonly string[] = []): Sources {
  return new Sources(Object.entries(walks).map(([name, each]) => pathOf(name, each, without)));
}

/**
 * Which rule of a balancer for HTTP took each request, what the rules before it failed on, and by which machines it went.
 *
 * @example
 * whichRule({ "shop, /cart": walk("internet", "curl -s -H 'Host: shop.example.com' http://198.19.0.10/cart") }, ["vpc"])
 */
export function whichRule(walks: Readonly<Record<string, Walk>>, without: readonly string[] = []): Picture {
  const asked = Object.entries(walks).map(([name, each]) => {
    const way = pathOf(name, each, without).stops.map(({ where }) => where);
    return { name, steps: each.steps, way: way.filter((where, i) => way[i - 1] !== where) };
  });
  return new Picture(requests(asked));
}

/** The first segment of a connection, where a machine sent or received it. */
interface Syn {
  readonly seen: Seen;
  readonly source: string;
  readonly seq: number;
}

function synOf(seen: Seen): Syn[] {
  const { payload } = seen.frame;
  if (payload.kind !== "ipv4" || payload.body.kind !== "tcp") return [];
  const { flags, seq } = payload.body;
  return (flags & (TCP_FLAG.syn | TCP_FLAG.ack)) === TCP_FLAG.syn ? [{ seen, source: `${payload.src}`, seq }] : [];
}

/** Whether the same device sent it, once more. */
function isSame({ seen, seq }: Syn, first: Syn): boolean {
  const { netns, device, direction } = first.seen;
  return seq === first.seq && seen.netns === netns && seen.device === device && seen.direction === direction;
}

/** Whose each address is, of those that devices have. */
function holdersOf({ nodes }: LabData): Map<string, string> {
  const holders = new Map<string, string>();
  for (const { name, devices } of nodes.flatMap(({ namespaces }) => namespaces))
    for (const { address } of devices.flatMap(({ addresses }) => addresses)) holders.set(address.split("/")[0]!, name);
  return holders;
}

function pathOf(name: string, { frames, output, lab }: Walk, without: readonly string[]): SourcePath {
  const all = frames.flatMap(synOf);
  // What is sent once more goes the same way.
  const again = all.findIndex((each, i) => i > 0 && isSame(each, all[0]!));
  const syns = all.slice(0, again < 0 ? all.length : again);
  const isServed = output.status === 0;
  const holders = holdersOf(lab);
  const stops: Stop[] = [];
  // The number of a first segment stays the same however addresses are translated; a proxy begins with another one.
  const followed = new Set<number>();
  let next = syns[0];
  while (next !== undefined && (followed.size === 0 || isServed)) {
    const { seq } = next;
    followed.add(seq);
    for (const { seen, source, seq: other } of syns) {
      const last = stops.at(-1);
      if (seen.direction !== "in" || other !== seq) continue;
      if (last?.where === seen.netns) continue;
      // Who has no device with an address may be known by it all the same.
      const by = last?.source === source ? last.of : (last?.where ?? "");
      stops.push({ where: seen.netns, source, of: holders.get(source) ?? by });
    }
    const end = stops.at(-1)?.where;
    next = syns.find(({ seen, seq: other }) => seen.direction === "out" && seen.netns === end && !followed.has(other));
  }
  return {
    name,
    client: syns[0]?.source ?? "",
    stops: stops.filter(({ where }, i) => !without.includes(where) || i === stops.length - 1),
    told: /^x-forwarded-for: *(.*)$/im.exec(output.out)?.[1] ?? "",
    isServed,
  };
}
