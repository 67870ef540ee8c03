// What differs between the model and the real kernel.
import type { Difference } from "../compare.ts";
import type { Result } from "./case.ts";
import { connectionsOf, setsOf, tablesOf } from "./seen.ts";

export interface Tally {
  rules: number;
  frames: number;
  datagrams: number;
  connections: number;
  elements: number;
}

export const emptyTally = (): Tally => ({ rules: 0, frames: 0, datagrams: 0, connections: 0, elements: 0 });

/** Seconds by which what is left of a connection's time may differ, besides the time that passed before the look. */
const SLACK = 2;

export function compare(model: Result, real: Result, tally: Tally): Difference[] {
  if (model.refused !== null || real.refused !== null) {
    if (model.refused !== null && real.refused !== null) return [];
    return [{ where: "the rules are taken", model: model.refused ?? "yes", real: real.refused ?? "yes" }];
  }
  const differences: Difference[] = [];
  const lines = (where: string, ours: readonly string[] = [], theirs: readonly string[] = []) => {
    for (let i = 0; i < Math.max(ours.length, theirs.length); i++)
      if (ours[i] !== theirs[i])
        differences.push({ where: `${where} ${i + 1}`, model: ours[i] ?? "nothing", real: theirs[i] ?? "nothing" });
    return theirs.length;
  };
  const [ours, theirs] = [tablesOf(model.rules), tablesOf(real.rules)];
  for (const table of keys(ours, theirs)) tally.rules += lines(table, ours[table], theirs[table]);
  for (const where of keys(model.frames, real.frames))
    tally.frames += lines(where, model.frames[where], real.frames[where]);
  for (const name of keys(model.sockets, real.sockets))
    tally.datagrams += lines(name, model.sockets[name], real.sockets[name]);
  tally.elements += lines("ipset", setsOf(model.sets), setsOf(real.sets));
  tally.connections += connections(model, real, differences, lines);
  return differences;
}

const keys = (a: object, b: object) => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();

function connections(
  model: Result,
  real: Result,
  differences: Difference[],
  lines: (where: string, ours: string[], theirs: string[]) => number,
): number {
  const [ours, theirs] = [connectionsOf(model.connections), connectionsOf(real.connections)];
  const text = ({ text: said }: { text: string }) => said;
  const before = differences.length;
  lines("conntrack", ours.map(text), theirs.map(text));
  if (differences.length === before)
    for (const [i, { left, text: said }] of theirs.entries()) {
      const had = ours[i]!.left;
      if (left <= had + SLACK && left >= had - SLACK - real.waited) continue;
      differences.push({ where: `seconds left: ${said}`, model: `${had}`, real: `${left}` });
    }
  return theirs.length;
}
