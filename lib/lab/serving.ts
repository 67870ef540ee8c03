// Real servers under a workload: each works on one request after the other, and those that wait make its queue. The
// director's IPVS chooses who gets what, in the lab's virtual time.
import { SECOND } from "../trace/world.ts";
import { BadInput } from "../wire/input.ts";
import { Clients, type Opened, type Picked } from "./clients.ts";
import type { Lab } from "./lab.ts";
import { type Request, requestsOf, type WorkloadOptions } from "./workload.ts";

export interface ServingOptions extends WorkloadOptions {
  /** How fast a server works, by its name ("3" for 10.0.0.3); 1 if nothing is said. */
  readonly speeds?: Readonly<Record<string, number>>;
  /** Servers that answer nobody: their clients give up. */
  readonly dead?: readonly string[];
  /** Seconds for which a client keeps its connection open behind the answer. */
  readonly keepAlive?: number;
  /** How many virtual addresses a server can remember: a request for one of them is a tenth of the work. */
  readonly cache?: number;
  /** What is done at the director in between: seconds from the beginning, and an action. */
  readonly meanwhile?: readonly (readonly [second: number, action: () => void])[];
}

/** What a server had to do. */
export interface ServerLoad {
  readonly server: string;
  readonly weight: number;
  readonly speed: number;
  readonly connections: number;
  /** Seconds it worked. */
  readonly busy: number;
  /** How many waited or were worked on at once. */
  readonly queue: number;
}

export interface Load {
  readonly scheduler: string;
  readonly picks: readonly Picked[];
  /** By name. */
  readonly servers: readonly ServerLoad[];
  /** Seconds from a request to its answer, the shortest first. */
  readonly latencies: readonly number[];
  /** Requests that found no server; those whose server was dead. */
  readonly refused: number;
  readonly lost: number;
  /** Of the requests that were served, those that a cache shortened; null without caches. */
  readonly hits: number | null;
}

interface Server {
  readonly name: string;
  readonly speed: number;
  freeAt: number;
  waiting: number;
  connections: number;
  busy: number;
  queue: number;
  /** The least recently used first. */
  readonly remembered: Set<string>;
}

/** A request from a cache is so much of the work. */
const CACHED = 0.1;

/** Lets the clients of a workload come to the one virtual server of a namespace; the lab's time goes on by as much. */
export function serve(lab: Lab, where: string, options: ServingOptions): Load {
  const requests = requestsOf(options);
  const clients = new Clients(lab.netns(where), false);
  const names = [...clients.service.destinations()].map((dest) => clients.nameOf(dest));
  for (const each of [...Object.keys(options.speeds ?? {}), ...(options.dead ?? [])])
    if (!names.includes(each)) throw new BadInput("no server of this name", each, `There are ${names.join(", ")}.`);
  const serving = new Serving(lab, clients, options);
  const start = lab.now;
  // One at a time: the heap of alarms stays small.
  const arrive = (i: number): void => {
    const request = requests[i];
    if (request === undefined) return;
    lab.later(
      start + request.time - lab.now,
      () => {
        serving.take(request);
        arrive(i + 1);
      },
      true,
    );
  };
  arrive(0);
  for (const [second, action] of options.meanwhile ?? []) lab.later(second * SECOND, action, true);
  lab.runFor(requests.at(-1)!.time);
  while (serving.lastEnd > lab.now) lab.runFor(serving.lastEnd - lab.now);
  return serving.load();
}

class Serving {
  private readonly lab: Lab;
  private readonly clients: Clients;
  private readonly options: ServingOptions;
  private readonly servers = new Map<string, Server>();
  private readonly picks: Picked[] = [];
  private readonly latencies: number[] = [];
  private refused = 0;
  private lost = 0;
  private hits = 0;
  /** When the last connection will be closed. */
  lastEnd = 0;

  constructor(lab: Lab, clients: Clients, options: ServingOptions) {
    this.lab = lab;
    this.clients = clients;
    this.options = options;
    for (const dest of clients.service.destinations()) this.server(clients.nameOf(dest));
  }

  private server(name: string): Server {
    const known = this.servers.get(name);
    if (known !== undefined) return known;
    const speed = this.options.speeds?.[name] ?? 1;
    const counts = { freeAt: 0, waiting: 0, connections: 0, busy: 0, queue: 0 };
    const server = { name, speed, ...counts, remembered: new Set<string>() };
    this.servers.set(name, server);
    return server;
  }

  take({ client, virtual, work }: Request): void {
    const { lab, clients, options } = this;
    const isAlive = (name: string) => !(options.dead?.includes(name) ?? false);
    const { pick, opened } = clients.open(client, virtual ?? clients.virtual, isAlive);
    this.picks.push(pick);
    if (opened === null) {
      this.refused++;
      return;
    }
    const server = this.server(pick.server!);
    server.connections++;
    if (!isAlive(server.name)) {
      this.lost++;
      return;
    }
    const time = (work * (this.isRemembered(server, pick.virtual) ? CACHED : 1)) / server.speed;
    const ends = Math.max(server.freeAt, lab.now) + time;
    server.freeAt = ends;
    server.busy += time;
    server.waiting++;
    server.queue = Math.max(server.queue, server.waiting);
    this.latencies.push((ends - lab.now) / SECOND);
    lab.later(ends - lab.now, () => server.waiting--, true);
    this.closeLater(opened, ends + (options.keepAlive ?? 0) * SECOND);
  }

  private closeLater(opened: Opened, time: number): void {
    this.lastEnd = Math.max(this.lastEnd, time);
    this.lab.later(time - this.lab.now, () => this.clients.close(opened), true);
  }

  /** The one used least recently makes room. */
  private isRemembered({ remembered }: Server, address: string): boolean {
    const { cache = 0 } = this.options;
    if (cache === 0) return false;
    const isThere = remembered.delete(address);
    remembered.add(address);
    if (remembered.size > cache) remembered.delete(remembered.values().next().value!);
    if (isThere) this.hits++;
    return isThere;
  }

  load(): Load {
    const weights = new Map(
      [...this.clients.service.destinations()].map((dest) => [this.clients.nameOf(dest), dest.weight]),
    );
    const servers = [...this.servers.values()].map(({ name, speed, connections, busy, queue }) => {
      return { server: name, weight: weights.get(name) ?? 0, speed, connections, busy: busy / SECOND, queue };
    });
    return {
      scheduler: this.clients.service.scheduler?.name ?? "none",
      picks: this.picks,
      servers: servers.sort((a, b) => a.server.localeCompare(b.server, "en", { numeric: true })),
      latencies: this.latencies.sort((a, b) => a - b),
      refused: this.refused,
      lost: this.lost,
      hits: this.options.cache ? this.hits : null,
    };
  }
}
