// Cases on the real kernel: their labs are built as `labScript` says, many at once, each with names of its own; player.py
// plays the traffic and captures. Needs root and iproute2 with `ip netns`: any root shell will do, also one in a small
// virtual machine or in user-mode Linux, where nothing else disturbs.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { availableParallelism } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labScript } from "../../lib/lab/script.ts";
import type { Case, ModelRun, Result } from "./case.ts";
import { type Asked, ask, buildLabs, deleteNamespaces, run } from "./labs.ts";
import { disturbance, type Report, resultOf } from "./real-seen.ts";
import { commandsOf } from "./texts.ts";

const PLAYER = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../test/conform/player.py");

/**
 * From gc_thresh2 neighbours on, on the whole machine, Linux forgets some it still needs; from gc_thresh1 on those that
 * FAILED, every 15 s or so (see compare.ts). So many are not made, with a distance for those of others.
 */
export function neighboursAtOnce(): number {
  return Math.floor(0.7 * threshold(2));
}
const DISTANCE = 32;

function threshold(number: 1 | 2 | 3): number {
  return Number(fs.readFileSync(thresholdFile("ipv4", number), "utf8"));
}

function thresholdFile(family: "ipv4" | "ipv6", number: 1 | 2 | 3): string {
  return `/proc/sys/net/${family}/neigh/default/gc_thresh${number}`;
}

/** Room for the neighbours of many labs, until this program ends; of both families alike. */
export function makeRoom(): void {
  const before = [3, 2, 1].map((number) => threshold(number as 1 | 2 | 3));
  if (threshold(2) >= ROOM) return;
  const set = (most: readonly number[]) => {
    const files = (["ipv4", "ipv6"] as const).flatMap((family) =>
      ([3, 2, 1] as const).map((number, i) => [thresholdFile(family, number), most[i]] as const),
    );
    for (const [file, value] of files) if (fs.existsSync(file)) fs.writeFileSync(file, `${value}`);
  };
  set([2 * ROOM, ROOM, ROOM / 2]);
  process.on("exit", () => set(before));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
}
const ROOM = 4096;

/** How long the labs are left alone once they are built; the player sees to it that carriers are known everywhere. */
const SETTLE = 100;

/** With IPv6 addresses are looked for meanwhile, and groups told of twice, within a second each. */
const SETTLE6 = 2500;
/** A bridge whose settings were touched tells of its groups again. */
const REPORTED = 1300;

/** The kernel tells at most once a second that a carrier is gone (linkwatch). */
const CARRIER_TOLD = 1300;

export interface RealRun {
  readonly results: Result[];
  /** For each case why the machine did not do as it was told, so that its result proves nothing. Null: it did. */
  readonly disturbed: (string | null)[];
  /** The machine's table was so full that Linux may have forgotten neighbours that FAILED. */
  readonly forgets: boolean;
}

/** Whether this machine can run cases: null, or why not. */
export function whyNotReal(): string | null {
  if (process.platform !== "linux") return `this is ${process.platform}, not Linux`;
  if (process.getuid?.() !== 0) return "not root";
  const probe = `pw-probe-${process.pid}`;
  const made = spawnSync("ip", ["netns", "add", probe], { encoding: "utf8" });
  if (made.status !== 0) return `no network namespaces here: ${(made.stderr ?? `${made.error}`).trim()}`;
  spawnSync("ip", ["netns", "del", probe]);
  if (spawnSync("python3", ["--version"]).status !== 0) return "no python3";
  return null;
}

export interface Batch {
  readonly cases: readonly Case[];
  readonly runs: readonly ModelRun[];
  /** Before the namespaces' names; distinct for labs that are there at the same time. */
  readonly prefix: string;
  readonly keep?: boolean;
  /** Waits until no other batch plays; what it resolves to is called when this one is over. */
  readonly turn?: () => Promise<() => void>;
}

/** Milliseconds between the beginnings of two cases, so that not all do the same at the same moment. */
const STAGGER = 41;

/** Builds the labs of a batch, plays, looks and takes them away again. */
export async function runReal({ cases, runs, prefix, keep = false, turn }: Batch): Promise<RealRun> {
  const labs = cases.map((test, i) => ({ test, run: runs[i]!, prefix: `${prefix}${i}-` }));
  let over = () => {};
  try {
    const whys = await buildLabs(labs.map(({ test, prefix }) => ({ text: labScript(labFrom(test.lab)), prefix })));
    const built = labs.filter((_, i) => whys[i] === null);
    over = await settle(built, turn);
    const played = await play(built);
    const seen = new Map(built.map((lab, i) => [lab, played.seen[i]!]));
    const isFull = played.entries >= threshold(2) - DISTANCE;
    const full = isFull ? `${played.entries} neighbour entries on this machine: Linux forgets some` : null;
    return {
      results: labs.map((lab) => seen.get(lab)?.result ?? NOTHING),
      disturbed: labs.map((lab, i) => (whys[i] === null ? (seen.get(lab)!.why ?? full) : `no lab: ${whys[i]}`)),
      forgets: played.entries >= threshold(1) - 8,
    };
  } finally {
    if (!keep)
      await deleteNamespaces(labs.flatMap(({ test, prefix }) => namespacesOf(test).map(({ name }) => prefix + name)));
    over();
  }
}

/** Of a lab that was not built. */
const NOTHING: Result = { frames: {}, sockets: [], neighbours: {}, fdb: {}, texts: {} };

interface Built {
  readonly test: Case;
  readonly run: ModelRun;
  readonly prefix: string;
}

/** Until the labs are quiet and it is their turn. */
async function settle(labs: readonly Built[], turn: Batch["turn"]): Promise<() => void> {
  const with6 = labs.filter(({ test }) => hasIpv6(test));
  await new Promise((done) => setTimeout(done, with6.length > 0 ? SETTLE6 : SETTLE));
  const flushes = with6.flatMap(({ test, prefix }) => forgetting(test, prefix));
  if (flushes.length > 0) {
    await ask(flushes);
    await new Promise((done) => setTimeout(done, REPORTED));
  }
  return (await turn?.()) ?? (() => {});
}

async function play(labs: readonly Built[]): Promise<{
  readonly entries: number;
  readonly seen: readonly { readonly result: Result; readonly why: string | null }[];
}> {
  const job = {
    cases: labs.map(({ test, run, prefix }, i) => ({
      prefix,
      offset: i * STAGGER,
      end: run.end,
      drawn: run.drawn,
      traffic: test.traffic,
      ipv6: hasIpv6(test),
      namespaces: namespacesOf(test),
    })),
  };
  const played = await run("python3", [PLAYER, `${process.pid % availableParallelism()}`], JSON.stringify(job));
  if (played.status !== 0) throw new Error(`player.py failed:\n${played.err}`);
  const { cases, entries } = JSON.parse(played.out) as Report;
  // A program that ends leaves its tun device without a carrier, which the kernel tells later.
  const hasPrograms = labs.some(({ test }) => test.traffic.some(({ kind }) => kind === "flannel"));
  if (hasPrograms) await new Promise((done) => setTimeout(done, CARRIER_TOLD));
  const texts = await textsFrom(labs);
  const seen = labs.map(({ run }, i) => ({
    result: { ...resultOf(cases[i]!, run.end), texts: texts[i]! },
    why: disturbance(cases[i]!),
  }));
  return { entries, seen };
}

function hasIpv6({ lab }: Case): boolean {
  return lab.nodes.some(({ namespaces }) => namespaces.some(({ ipv6 }) => ipv6 !== undefined));
}

/** Bridges have learned from what IPv6 said when devices came up. */
function forgetting({ lab }: Case, prefix: string): Asked[] {
  return lab.nodes.flatMap(({ namespaces }) =>
    namespaces.flatMap(({ name, devices }) =>
      devices
        .filter(({ kind }) => kind === "bridge")
        .map((device) => ({
          namespace: prefix + name,
          script: `ip link set ${device.name} type bridge fdb_flush`,
        })),
    ),
  );
}

function namespacesOf(test: Case): { name: string; devices: string[] }[] {
  return test.lab.nodes.flatMap(({ namespaces }) =>
    namespaces.map(({ name, devices }) => ({ name, devices: devices.map((device) => device.name) })),
  );
}

const MARK = "-- packetwalk --\n";

/** What the commands print that are asked in each namespace, by `NETNS: COMMAND`. */
async function textsFrom(labs: readonly Built[]): Promise<Record<string, string>[]> {
  const asked = labs.flatMap(({ test, prefix }, i) =>
    namespacesOf(test).map(({ name }) => ({
      i,
      name,
      namespace: prefix + name,
      commands: commandsOf(name, test.questions, hasIpv6(test)),
    })),
  );
  const printed = await ask(
    asked.map(({ namespace, commands }) => ({
      namespace,
      script: commands.map((command) => `${command} 2>&1; printf '%s' '${MARK}'`).join("\n"),
    })),
  );
  const texts: Record<string, string>[] = labs.map(() => ({}));
  for (const [n, { i, name, commands }] of asked.entries()) {
    const pieces = printed[n]!.split(MARK);
    for (const [at, command] of commands.entries())
      texts[i]![`${name}: ${command}`] = (pieces[at] ?? "").replaceAll(OTHERS, "");
  }
  return texts;
}

/** What `ip` says on stderr when somebody else's namespace is only half there while it looks for a name. */
const OTHERS = "Error: Peer netns reference is invalid.\n";
