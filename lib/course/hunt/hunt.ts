// Bug hunts: something that works is broken by one fault, drawn from a seed. What commands mend is tried in a copy of its own
// and judged by what packets do afterwards, and by how much was changed.
import { Lab } from "../../lab/lab.ts";
import { SECOND } from "../../trace/world.ts";
import { BadInput } from "../../wire/input.ts";
import { type Changes, differences } from "../changes.ts";
import { type Outcome, short } from "../check.ts";
import { outcomeOf } from "../loss.ts";
import { type Bed, type Fault, forget, type Probe, run } from "./bed.ts";
import { CLUSTER_FAULTS, clusterBed } from "./cluster-bed.ts";
import { LVS_FAULTS, lvsBed } from "./lvs-bed.ts";

/** What can be hunted in: a cluster, or a director with two servers. */
export type HuntName = "cluster" | "lvs";

/** Commands for a shell in each place. */
export type Mends = Readonly<Record<string, string>>;

const FAULTS: Readonly<Record<HuntName, readonly Fault[]>> = { cluster: CLUSTER_FAULTS, lvs: LVS_FAULTS };

/** The words for what may be wrong there. */
export function causesOf(name: HuntName): string[] {
  return faultsOf(name)
    .map(({ cause }) => cause)
    .sort();
}

function faultsOf(name: HuntName): readonly Fault[] {
  if (!Object.hasOwn(FAULTS, name))
    throw new BadInput("no such hunt", String(name), `There are ${Object.keys(FAULTS).join(", ")}.`);
  return FAULTS[name];
}

/** The fault that a seed draws; hunts whose seeds end with `#1`, `#2` ... of the same name have different ones. */
export function faultOf(name: HuntName, seed: string): Fault {
  const [, base = seed, number = "1"] = /^(.*)#(\d+)$/s.exec(seed) ?? [];
  const left = [...faultsOf(name)];
  const dice = new Lab({ seed: `hunt ${name}: ${base}` });
  for (let i = (Number(number) - 1) % left.length; i > 0; i--) left.splice(dice.below(left.length), 1);
  return left[dice.below(left.length)]!;
}

/** What the hunt is about, broken. `make` builds it where a notebook shows it. */
export function brokenBed(name: HuntName, seed: string, make: (name: HuntName) => Bed = (of) => whole(of, seed)): Bed {
  const { where, command } = faultOf(name, seed);
  const bed = make(name);
  run(bed, where, command(bed));
  // The fault is older than what neighbours know.
  forget(bed.lab);
  bed.settle();
  return bed;
}

const whole = (name: HuntName, seed: string): Bed => (name === "cluster" ? clusterBed(seed) : lvsBed(seed));

/** How a probe came out. */
export interface Probed extends Outcome {
  readonly title: string;
}

/** Asks everything once more. */
export function probed({ lab, probes }: Bed): Probed[] {
  return probes.map((probe) => ({ title: probe.title, ...outcome(lab, probe) }));
}

function outcome(lab: Lab, { where, command, answer, times = 1, servers = 1 }: Probe): Outcome {
  const seen = new Set<string>();
  for (let i = 0; i < times; i++) {
    const { ok, out, because } = outcomeOf(lab, where, command);
    if (!ok) return { ok, because };
    if (!answer.test(out)) return { ok: false, because: `"${command}" in ${where} says ${short(out.trim())}.` };
    seen.add(out.split(" ")[0]!);
  }
  if (seen.size >= servers) return { ok: true, because: "" };
  return { ok: false, because: `${times} times "${command}" in ${where}, and only ${[...seen].join(", ")} answered.` };
}

/** What came of commands that were to mend something. */
export interface Mended {
  readonly probes: readonly Probed[];
  readonly changes: Changes;
  /** The titles of what failed before. */
  readonly symptoms: readonly string[];
  /** Of virtual time, from the first command on. */
  readonly seconds: number;
}

/** Tries the commands in a fresh copy. Throws BadInput for a place that is not there, and for commands that can't be read. */
export function mended(name: HuntName, seed: string, mends: Mends): Mended {
  const symptoms = probed(brokenBed(name, seed)).filter(({ ok }) => !ok);
  const bed = brokenBed(name, seed);
  const before = bed.entries();
  const start = bed.lab.now;
  for (const [where, text] of Object.entries(mends)) if (text.trim() !== "") run(bed, where, text);
  bed.settle();
  const seconds = (bed.lab.now - start) / SECOND;
  const changes = differences(before, bed.entries());
  const now = probed(bed);
  bed.renew();
  bed.settle();
  const later = probed(bed);
  const probes = now.map((each, i) => (each.ok && !later[i]!.ok ? afterwards(later[i]!) : each));
  return { probes, changes, symptoms: symptoms.map(({ title }) => title), seconds };
}

const afterwards = ({ title, because }: Probed): Probed => ({
  ...{ title, ok: false },
  because: `It works, but not for long: when pods and neighbours are new, ${because}`,
});
