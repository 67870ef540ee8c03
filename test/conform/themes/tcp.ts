// Random TCP in a lab that is there: who connects to whom, what they say, who closes and when, and what breaks meanwhile.
import type { Lab } from "../../../lib/lab/lab.ts";
import type { Netns } from "../../../lib/netns/netns.ts";
import { BULK } from "../canonical-tcp.ts";
import type { TcpTraffic, Traffic } from "../case.ts";
import type { Dice } from "../dice.ts";

/**
 * Milliseconds between two calls. None is near a tick of the clock (4 ms), a delayed ACK (40 ms), a retransmission
 * (200 ms) or a sum of calls that is, where a busy machine would decide.
 */
const PAUSES = [12, 12, 15, 15, 90, 120];

const SIZES = [1, 10, 100, 536, 1448, 1449, 2896, 3000, 5000];
const BULK_SIZES = [8_000, 14_480, 20_000];

interface Talk {
  readonly client: string;
  readonly server: string;
  readonly to: string;
  readonly port: number;
}

/** Adds `talks` conversations; each begins after the one before it. */
export function drawTcp(lab: Lab, dice: Dice, begin: number, talks: number, backlogs = BACKLOGS): Traffic[] {
  const traffic: Traffic[] = [];
  let at = begin;
  for (let i = 0; i < talks; i++) {
    const talk = drawTalk(lab, dice, i);
    if (talk === null) break;
    const calls = conversation(dice, talk, `${i}`, dice.of(backlogs));
    // A conversation is a few calls in a row, now and then with a long silence.
    for (const call of calls) {
      traffic.push({ ...call, at });
      // Two SYNs that are sent again in one tick of the wheel have no order.
      at += call.do === "connect" ? dice.of([90, 120]) : dice.of(PAUSES);
      if (dice.chance(0.04)) at += 1100;
    }
    at += 350;
  }
  return traffic;
}

/** How many connections wait for accept; where answers are lost, too few make the kernel answer with cookies. */
const BACKLOGS = [0, 1, 5];
const LONG = [5];

/** Until the tables are there. */
const READY = 1500;

/** One or two conversations in which every so many-th segment ends at a rule of who should get it. */
export function drawLoss(lab: Lab, dice: Dice): Traffic[] {
  const rules = [...lab.namespaces.values()].map(({ name: ns }, i) => {
    const every = dice.whole(3, 9);
    const nth = `-m statistic --mode nth --every ${every} --packet ${dice.whole(0, every - 1)}`;
    const command = `iptables -A INPUT -p tcp ! --syn ${nth} -j DROP`;
    return { kind: "command" as const, at: 20 + 15 * i, ns, command };
  });
  return [...rules, ...drawTcp(lab, dice, READY, dice.whole(1, 2), LONG)];
}

function drawTalk(lab: Lab, dice: Dice, number: number): Talk | null {
  const all = [...lab.namespaces.values()];
  const addresses = all.flatMap((ns) => own(ns).map((address) => ({ ns, address })));
  if (addresses.length === 0) return null;
  const { ns, address } = dice.of(addresses);
  const others = all.filter((each) => each !== ns);
  const client = others.length > 0 && dice.chance(0.92) ? dice.of(others) : ns;
  const to = dice.chance(0.92) ? address : dice.of(["203.0.113.9", "127.0.0.1", address.replace(/\d+$/, "77")]);
  // Over loopback a stream's cut depends on when the receiver's interrupt ran, too.
  const port = client !== ns && dice.chance(0.2) ? BULK + number : dice.of([80, 8080, 5000 + number]);
  return { client: client.name, server: ns.name, to, port };
}

function own(ns: Netns): string[] {
  const all = [...ns.inet.values()].flatMap(({ addresses }) => addresses.map(({ local }) => local));
  return all.filter((local) => !local.isLoopback).map(({ text }) => text);
}

type Call = Omit<TcpTraffic, "at">;

function conversation(dice: Dice, { client, server, to, port }: Talk, name: string, backlog: number): Call[] {
  const [listener, near, far] = [`L${name}`, `c${name}`, `s${name}`];
  const calls: Call[] = [];
  const call = (ns: string, what: TcpTraffic["do"], socket: string, more: Partial<TcpTraffic> = {}) =>
    void calls.push({ kind: "tcp", ns, do: what, socket, ...more });
  const listens = dice.chance(0.88);
  if (listens)
    call(server, "listen", listener, {
      address: dice.chance(0.3) ? to : null,
      port: dice.chance(0.05) ? port + 1 : port,
      backlog,
      reuse: dice.chance(0.7),
    });
  call(client, "connect", near, { to, port });
  if (dice.chance(0.1)) call(client, "connect", `${near}x`, { to, port });
  if (dice.chance(0.08)) call(client, "connect", `${near}y`, { to, port });
  const isBulk = port >= BULK;
  const writes = (ns: string, socket: string) =>
    call(ns, "send", socket, { bytes: dice.of(isBulk ? BULK_SIZES : SIZES) });
  const reads = (ns: string, socket: string) =>
    call(ns, "receive", socket, { bytes: dice.of([1, 100, 65_536, 65_536, 65_536]) });
  if (dice.chance(0.9)) call(server, "accept", far, { listener });
  // Once one has begun to close, few words follow.
  for (let words = dice.whole(1, 8); words > 0; words--) {
    const [ns, socket] = dice.chance(0.5) ? ([client, near] as const) : ([server, far] as const);
    const [other, otherSocket] = ns === client ? ([server, far] as const) : ([client, near] as const);
    const kind = dice.whole(1, 20);
    if (kind <= 9) {
      writes(ns, socket);
      if (dice.chance(0.75)) reads(other, otherSocket);
    } else if (kind <= 14) reads(ns, socket);
    else if (kind <= 16) call(ns, "shutdown", socket);
    else if (kind === 17) call(ns, "close", socket);
    else if (kind === 18) call(ns, "abort", socket);
    else if (kind === 19) call(server, "close", listener);
    else call(server, "accept", `${far}x`, { listener });
  }
  const closes: Call[] = [];
  for (const [ns, socket] of [
    [client, near],
    [server, far],
    [server, listener],
  ] as const)
    if (dice.chance(0.8)) closes.push({ kind: "tcp", ns, do: dice.chance(0.1) ? "abort" : "close", socket });
  while (closes.length > 0) calls.push(...closes.splice(dice.whole(0, closes.length - 1), 1));
  return calls;
}
