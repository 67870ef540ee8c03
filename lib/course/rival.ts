// A scheduler of one's own, set against the kernel's: both see the same servers in random histories, and each pick is
// compared. The shortest histories come first, so what is told of a difference can be followed by hand.
import { SCHEDULERS } from "../ipvs/schedulers/registry.ts";
import { EVERY_CLIENT, type ServiceKey } from "../ipvs/service.ts";
import { Clients, type Opened, type Standing } from "../lab/clients.ts";
import { Lab } from "../lab/lab.ts";
import { balancingOf } from "../netns/ipvs/balancing.ts";
import { ip } from "../wire/address.ts";
import { BadInput } from "../wire/input.ts";
import { PROTOCOL } from "../wire/packet.ts";
import type { Outcome } from "./check.ts";

/** A real server as a scheduler sees it. */
export type Contender = Pick<Standing, "server" | "weight" | "active" | "inactive">;

/** Takes one of the servers, which come in the order of the kernel's list; undefined: none of them. */
export type OwnScheduler = (servers: readonly Contender[]) => Contender | undefined;

const KEY: ServiceKey = { kind: "address", protocol: PROTOCOL.tcp, address: ip("192.0.2.10"), port: 80 };
const HISTORIES = 60;
const WEIGHTS = [0, 1, 1, 2, 3, 5];

/**
 * Whether `own` picks as the kernel's scheduler of this name does, in random histories of connections that begin and end,
 * and of servers that come, go and are given other weights.
 */
export function rivals(scheduler: string, own: OwnScheduler): Outcome {
  const found = SCHEDULERS.get(scheduler);
  if (found === undefined)
    throw new BadInput("no such scheduler", scheduler, `There are ${[...SCHEDULERS.keys()].join(", ")}.`);
  let picks = 0;
  for (let i = 0; i < HISTORIES; i++) {
    const history = new History(scheduler, i);
    for (let step = 0; step < 4 + i; step++) {
      const because = history.step(own);
      if (because !== null) return { ok: false, because };
    }
    picks += history.picks;
  }
  return { ok: true, because: `${picks} picks of ${HISTORIES} histories are the same` };
}

class History {
  picks = 0;
  private readonly lab: Lab;
  private readonly scheduler: string;
  private readonly clients: Clients;
  private readonly open: Opened[] = [];
  private nextServer = 1;

  constructor(scheduler: string, number: number) {
    this.lab = new Lab({ seed: `${scheduler} ${number}` });
    this.scheduler = scheduler;
    const ns = this.lab.node("director").root;
    const spec = { persistent: null, netmask: EVERY_CLIENT[4], onePacket: false, flags: 0 };
    balancingOf(ns).ipvs.services.add(KEY, { ...spec, scheduler: SCHEDULERS.get(scheduler)! });
    this.clients = new Clients(ns, true);
    for (let i = 0; i < 2 + (number % 4); i++) this.add();
  }

  /** Something happens; null, or what was picked otherwise. */
  step(own: OwnScheduler): string | null {
    const draw = this.lab.random();
    if (draw < 0.62) return this.compare(own);
    if (draw < 0.82 && this.open.length > 0) this.clients.close(this.open.splice(this.below(this.open.length), 1)[0]!);
    else if (draw < 0.93) this.edit();
    else if (draw < 0.97) this.add();
    else this.remove();
    return null;
  }

  private compare(own: OwnScheduler): string | null {
    const { clients } = this;
    const seen = [...clients.service.destinations()].map((dest) => {
      const { weight, active, inactive } = dest;
      return { server: clients.nameOf(dest), weight, active, inactive };
    });
    const chosen = own(seen.map((each) => ({ ...each })));
    const mine = chosen === undefined ? "none" : String(chosen?.server);
    const { pick, opened } = clients.open(ip(`198.51.100.${1 + this.below(250)}`));
    if (opened !== null) this.open.push(opened);
    this.picks++;
    const kernels = pick.server ?? "none";
    if (mine === kernels) return null;
    const rows = pick.standings.map(({ server, weight, active, inactive, cost, lost }) => {
      const counts = `  ${server}: weight ${weight}, active ${active}, inactive ${inactive}`;
      return `${counts} → ${cost}${lost === null ? ", taken" : ""}`;
    });
    return `Yours takes ${mine}, the kernel's ${this.scheduler} takes ${kernels}. The list was:\n${rows.join("\n")}`;
  }

  private edit(): void {
    const dests = [...this.clients.service.destinations()];
    const dest = dests[this.below(dests.length)];
    if (dest === undefined) return;
    const { address, port } = dest;
    this.clients.ipvs.services.editServer(KEY, this.spec(address, port));
  }

  private add(): void {
    const address = ip(`10.0.0.${this.nextServer++}`);
    this.clients.ipvs.services.addServer(KEY, this.spec(address, 80));
  }

  private remove(): void {
    const dests = [...this.clients.service.destinations()];
    if (dests.length < 2) return;
    const { address, port } = dests[this.below(dests.length)]!;
    this.clients.ipvs.services.deleteServer(KEY, address, port);
    const gone = this.open.filter(({ dest }) => dest.address === address);
    for (const each of gone) this.open.splice(this.open.indexOf(each), 1);
  }

  private spec(address: ReturnType<typeof ip>, port: number) {
    const tunnel = { tunnel: "ipip", tunnelPort: 0, tunnelChecksum: false } as const;
    return {
      address,
      port,
      weight: WEIGHTS[this.below(WEIGHTS.length)]!,
      method: "masq" as const,
      upper: 0,
      lower: 0,
      ...tunnel,
    };
  }

  private below(count: number): number {
    return Math.floor(this.lab.random() * count);
  }
}
