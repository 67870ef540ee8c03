// Judges labs with virtual servers: by who answers hidden clients, and which way.
import type { Lab } from "../../lab/lab.ts";
import { httpServer } from "../../lab/programs.ts";
import { no, type Property, type Task } from "../assignment.ts";
import type { Outcome } from "../check.ts";
import { type Tried, tried, whyLost } from "../loss.ts";
import type { LvsValues, Site } from "../lvs.ts";
import { labOf } from "./answers.ts";

const FINE: Outcome = { ok: true, because: "" };

/** Starts the web servers of these machines. */
export function serve(lab: Lab, names: readonly string[], ...ports: readonly number[]): void {
  for (const name of names)
    for (const port of ports) {
      const ns = lab.netns(name);
      lab.start("web", { ns, out: () => {}, err: () => {} }, httpServer(ns, { port }));
    }
  lab.run();
}

/** Who comes: each time from an address that the client has from now on. */
export class Visitors {
  private readonly lab: Lab;
  private readonly addresses: string[];

  constructor(lab: Lab, dice: Lab) {
    this.lab = lab;
    const left = Array.from({ length: 200 }, (_, i) => `198.51.100.${i + 20}`);
    this.addresses = Array.from({ length: 100 }, () => left.splice(dice.below(left.length), 1)[0]!);
  }
  /** The client has another address now: it. */
  next(): string {
    const address = this.addresses.pop()!;
    tried(
      this.lab,
      "client",
      `ip addr add ${address}/24 dev eth0; ip route replace default via 198.51.100.1 src ${address}`,
    );
    return address;
  }
  /** A page asked for by the client: who answered, null for nobody. */
  ask(vip: string, port: number): { readonly server: string | null; readonly saw: string; readonly tried: Tried } {
    const page = tried(this.lab, "client", `curl -s -m 2 http://${vip}:${port}/`);
    const [, server = null, saw = ""] = /^(\S+) saw client ([\d.]+):/.exec(page.out) ?? [];
    return { server, saw, tried: page };
  }
}

/** Whether each of these servers gets some of the next clients, and no client is left alone. */
export function allServe(
  lab: Lab,
  dice: Lab,
  vip: string,
  port: number,
  servers: readonly string[],
  clients = 24,
): Outcome {
  const visitors = new Visitors(lab, dice);
  const left = new Set(servers);
  for (let i = 0; i < clients && (left.size > 0 || i < 2 * servers.length); i++) {
    const address = visitors.next();
    const { server, tried: page } = visitors.ask(vip, port);
    if (server === null)
      return no(`${address} asks ${vip}:${port} and gets no page. ${whyLost(page.trace, page.text.trim())}`);
    left.delete(server);
  }
  return left.size === 0 ? FINE : no(`Nobody of ${clients} clients of ${vip} came to ${[...left].join(", ")}.`);
}

/** Whether each server sees its client's own address. */
export function ownAddress(lab: Lab, dice: Lab, vip: string, port: number): Outcome {
  const visitors = new Visitors(lab, dice);
  for (let i = 0; i < 4; i++) {
    const address = visitors.next();
    const { server, saw } = visitors.ask(vip, port);
    if (server === null) return no(`${address} gets no page from ${vip}.`);
    if (saw !== address) return no(`${server} sees ${saw}, not the client's own ${address}.`);
  }
  return FINE;
}

/** Whether on lan only the director answers for the address, and none of the servers speaks in its name. */
export function oneAnswers(lab: Lab, dice: Lab, vip: string, port: number): Outcome {
  const visitors = new Visitors(lab, dice);
  const own = new Set([...lab.netns("director").devices.values()].map(({ mac }) => `${mac}`.toLowerCase()));
  const whose = (text: string): string | undefined => {
    const found = text.toLowerCase().match(/(?:[\da-f]{2}:){5}[\da-f]{2}/g) ?? [];
    const strange = found.find((mac) => !own.has(mac));
    return strange === undefined ? undefined : machineWith(lab, strange);
  };
  const said = tried(lab, "router", `ip neigh flush dev eth0; arping -b -c 3 -I eth0 ${vip}`).out;
  if (!/reply/.test(said)) return no(`Nobody on lan answers ARP for ${vip}.`);
  const answers = whose(said);
  if (answers !== undefined) return no(`${answers} answers ARP for ${vip}, too.`);
  // Servers whose neighbours are forgotten have to ask, and whoever is asked believes the asker.
  for (let i = 0; i < 4; i++) {
    visitors.next();
    visitors.ask(vip, port);
    tried(lab, "client", "sleep 2");
    for (const name of ["r1", "r2"]) tried(lab, name, "ip neigh flush dev eth0");
    const spoke = whose(tried(lab, "router", `ip neigh show ${vip}`).out);
    if (spoke !== undefined) return no(`${spoke} asks by ARP in the name of ${vip}, and the router believes it.`);
  }
  return FINE;
}

function machineWith(lab: Lab, mac: string): string {
  for (const [name, { devices }] of lab.namespaces)
    if ([...devices.values()].some((device) => `${device.mac}`.toLowerCase() === mac)) return name;
  return mac;
}

/** Whether requests pass the director, and answers do not. */
export function answersPassBy(lab: Lab, dice: Lab, vip: string, port: number): Outcome {
  const visitors = new Visitors(lab, dice);
  for (let i = 0; i < 6; i++) {
    const address = visitors.next();
    const { server, tried: page } = visitors.ask(vip, port);
    if (server === null) return no(`${address} gets no page from ${vip}.`);
    const ends = page.trace.at("director").steps.flatMap(({ what, packet }) => {
      const carried = packet !== undefined && "payload" in packet ? packet.payload : undefined;
      return what === "receive" && carried?.kind === "ipv4" ? [carried] : [];
    });
    if (ends.every(({ src }) => `${src}` !== address))
      return no(`A request for ${server} did not come to the director.`);
    if (ends.some(({ dst, src }) => `${dst}` === address || `${src}` === vip))
      return no(`An answer of ${server} went through the director.`);
  }
  return FINE;
}

function byNat(
  title: string,
  points: number,
  holds: (lab: Lab, values: LvsValues, dice: Lab) => Outcome,
): Property<LvsValues> {
  return {
    title,
    points,
    holds(answer, { values, dice }) {
      const lab = labOf(answer);
      serve(lab, ["s1", "s2"], values.site.ports.inside);
      return holds(lab, values, dice);
    },
  };
}

/** Of so many clients: shared in proportion, give or take. */
function shared(lab: Lab, { site, share }: LvsValues, dice: Lab): Outcome {
  const visitors = new Visitors(lab, dice);
  const clients = 6 * (share + 1);
  let first = 0;
  for (let i = 0; i < clients; i++) {
    visitors.next();
    if (visitors.ask(site.vips.nat, site.ports.virtual).server === "s1") first++;
  }
  const [wanted, got] = [share / (share + 1), first / clients];
  return Math.abs(got - wanted) < 0.09
    ? FINE
    : no(`s1 got ${first} of ${clients} clients; ${6 * share} are its share.`);
}

export const NAT: Task<LvsValues> = {
  name: "nat",
  properties: [
    byNat("clients get pages from both servers", 2, (lab, { site }, dice) =>
      allServe(lab, dice, site.vips.nat, site.ports.virtual, ["s1", "s2"]),
    ),
    byNat("s1 gets its share", 1, shared),
    byNat("a server sees the client's own address", 1, (lab, { site }, dice) =>
      ownAddress(lab, dice, site.vips.nat, site.ports.virtual),
    ),
  ],
};

/** The port beside the virtual servers': the same site, encrypted. */
const secondPort = ({ ports }: Site): number => ports.virtual + 1;

function around(
  title: string,
  points: number,
  holds: (lab: Lab, site: Site, dice: Lab) => Outcome,
): Property<LvsValues> {
  return {
    title,
    points,
    holds(answer, { values: { site }, dice }) {
      const lab = labOf(answer);
      serve(lab, ["r1", "r2", "t1"], site.ports.virtual, secondPort(site));
      return holds(lab, site, dice);
    },
  };
}

/** Whether a client that comes again, to either port, finds the server that it had. */
function keptServer(lab: Lab, { vips, ports }: Site, dice: Lab): Outcome {
  const visitors = new Visitors(lab, dice);
  for (let i = 0; i < 5; i++) {
    const address = visitors.next();
    let had: string | null = null;
    for (const port of [ports.virtual, ports.virtual + 1, ports.virtual, ports.virtual + 1]) {
      const { server } = visitors.ask(vips.direct, port);
      if (server === null) return no(`${address} asks ${vips.direct}:${port} and gets no page.`);
      if (had !== null && server !== had)
        return no(`${address} was at ${had}, and on port ${port} it comes to ${server}.`);
      had = server;
    }
  }
  return FINE;
}

export const AROUND: Task<LvsValues> = {
  name: "around",
  properties: [
    around("clients get pages from r1, r2 and t1", 3, (lab, { vips, ports }, dice) =>
      allServe(lab, dice, vips.direct, ports.virtual, ["r1", "r2", "t1"], 40),
    ),
    around("the director alone answers for the address", 2, (lab, { vips, ports }, dice) =>
      oneAnswers(lab, dice, vips.direct, ports.virtual),
    ),
    around("answers do not go through the director", 1, (lab, { vips, ports }, dice) =>
      answersPassBy(lab, dice, vips.direct, ports.virtual),
    ),
    around("a client keeps its server on both ports", 2, keptServer),
  ],
};
