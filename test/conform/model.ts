// A case in the model.
import type { Lab } from "../../lib/lab/lab.ts";
import type { FdbEntry } from "../../lib/link/bridge.ts";
import type { Device } from "../../lib/link/device.ts";
import { listAt } from "./canonical.ts";
import type { Case, ModelRun } from "./case.ts";
import { countersOf } from "./counters.ts";
import { Play, type Sabotage } from "./play.ts";
import { textsOf } from "./texts.ts";

/** How late the real kernel's timers may be: its wheel lets a timer of 5 s run up to 1/16 later, and a busy machine. */
const BEFORE = 500;
const AFTER = 200;
/** Between the end of the programs and the questions. */
const FAREWELLS = 150;

/** Runs the case to the first quiet moment that is `atLeast` after its beginning. */
export function runModel(test: Case, atLeast: number, sabotage?: Sabotage): ModelRun {
  const end = quietMoment(test, atLeast);
  const play = new Play(test, sabotage);
  const states: Map<string, Map<string, Set<string>>> = new Map();
  let counted: ReturnType<typeof countersOf> | undefined;
  for (const at of [end - BEFORE, end - 300, end - 100, end, end + AFTER]) {
    play.runTo(at);
    if (at === end) {
      play.freeze();
      counted = countersOf(play.lab, test);
    }
    look(play.lab, states);
  }
  const { lab } = play;
  // What is asked at the end is asked when the programs have ended, and their farewells are over.
  for (const program of lab.processes) program.kill(0);
  for (const socket of play.tcpSockets.values()) socket.close();
  play.runTo(end + AFTER + FAREWELLS);
  const neighbours = Object.fromEntries(
    [...states].map(([ns, entries]) => [ns, Object.fromEntries([...entries].map(([key, set]) => [key, [...set]]))]),
  );
  return {
    result: {
      frames: play.frames,
      sockets: play.logs,
      neighbours,
      fdb: fdbOf(lab),
      texts: textsOf(lab, test.questions),
      ...counted,
    },
    captured: play.captured,
    drawn: play.drawn,
    end,
    neighbours: entriesOf(play),
  };
}

/** What Linux keeps for the groups of a device, besides one for each address. */
const GROUPS = 3;

/**
 * Neighbour entries, and those Linux keeps besides for lo, for broadcasts and groups; each family has its own table.
 * Those of IPv6 are there when a lab is built, while another one plays.
 */
function entriesOf({ lab, frames }: Play): number {
  const used = Object.values(frames).filter((list) =>
    list.some(({ text }) => text.includes("00:00:00:00:00:00 > 00:")),
  );
  const own = [...lab.namespaces.values()].flatMap(({ inet }) => [...inet.values()]);
  const of6 = [...lab.namespaces.values()].flatMap((ns) => (ns.hasIpv6 ? [...ns.ipv6.devices.values()] : []));
  const count6 = of6.reduce((n, { neighbours, addresses }) => n + GROUPS + addresses.length + neighbours.size, 0);
  const count4 = used.length + own.reduce((n, { neighbours }) => n + 1 + neighbours.size, 0) - lab.namespaces.size;
  return Math.max(count4, 2 * count6);
}

function quietMoment(test: Case, atLeast: number): number {
  const play = new Play(test);
  const times: number[] = [];
  // What no queue takes is no frame, and counted all the same.
  let dropped = 0;
  for (let at = atLeast - BEFORE; at <= atLeast + 9000; at += 50) {
    play.runTo(at);
    const before = dropped;
    dropped = droppedIn(play.lab);
    if (dropped > before) times.push(at - 50, at);
  }
  times.push(...Object.values(play.frames).flatMap((frames) => frames.map(({ at }) => at)));
  for (let end = atLeast; end < atLeast + 8000; end += 50)
    if (!times.some((at) => at > end - BEFORE && at < end + AFTER)) return end;
  return atLeast;
}

function droppedIn(lab: Lab): number {
  let sum = 0;
  for (const { devices } of lab.namespaces.values()) for (const { stats } of devices.values()) sum += stats.txDropped;
  return sum;
}

function look(lab: Lab, states: Map<string, Map<string, Set<string>>>): void {
  for (const ns of lab.namespaces.values()) {
    const entries = states.get(ns.name) ?? new Map<string, Set<string>>();
    states.set(ns.name, entries);
    for (const [device, { neighbours }] of [...ns.inet, ...(ns.hasIpv6 ? ns.ipv6.devices : [])])
      for (const { address, mac, state, isValid } of neighbours.values()) {
        if (state === null) continue;
        const key = `${address} dev ${device.name}`;
        const set = entries.get(key) ?? new Set<string>();
        entries.set(key, set.add(isValid ? `lladdr ${mac} ${state}` : state));
      }
  }
}

/** Of all VLANs, if it filters: a kernel without VLANs knows of none. */
function entriesOfBridge({ bridge }: Device): FdbEntry[] {
  if (bridge === null) return [];
  const tables = bridge.settings.vlanFiltering ? [bridge.fdb, ...bridge.vlanFdb.values()] : [bridge.fdb];
  return tables.flatMap((table) => [...table.values()]);
}

function fdbOf(lab: Lab): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const ns of lab.namespaces.values())
    for (const device of ns.devices.values())
      for (const { mac, port, local } of entriesOfBridge(device))
        listAt(all, ns.name).push(`${mac} dev ${port.name} master ${device.name}${local ? " permanent" : ""}`);
  for (const lines of Object.values(all)) lines.sort();
  return all;
}
