// Cases on the real kernel: their labs are built by `labScript`, many at once, each with names of its own; player.py
// plays the traffic and captures. Needs root and iproute2 with `ip netns`: any root shell will do, also one in a small
// virtual machine or in user-mode Linux, where nothing else disturbs.
import { spawn, spawnSync } from "node:child_process";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { labFrom } from "../../lib/lab/data-read.ts";
import { labScript } from "../../lib/lab/script.ts";
import { canonical, listAt } from "./canonical.ts";
import type { Beginnings } from "./canonical-tcp.ts";
import { isReport } from "./canonical6.ts";
import type { Case, ModelRun, Result, SeenFrame } from "./case.ts";
import { commandsOf } from "./texts.ts";

const PLAYER = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../test/conform/player.py");

/**
 * More neighbour entries than this on the whole machine are not made: from 512 on (gc_thresh2) Linux forgets some it
 * still needs. From 128 on (gc_thresh1) it forgets those that FAILED, every 15 s or so; see compare.ts.
 */
export const NEIGHBOURS_AT_ONCE = 350;
const FORGETS_THOSE_IN_USE = 480;
const FORGETS_FAILED = 120;

/** A program that ran later than this, in milliseconds, may have met another state of the kernel than the model's. */
const LATEST = 200;

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
  /** Why the machine did not do as it was told, so that the results prove nothing. Null: it did. */
  readonly disturbed: string | null;
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

/** How many shells build or ask at once; one alone waits most of its time for the kernel. */
const SHELLS = 4;

/** Milliseconds between the beginnings of two cases, so that not all do the same at the same moment. */
const STAGGER = 7;

/** Builds the labs of a batch, plays, looks and takes them away again. */
export async function runReal({ cases, runs, prefix, keep = false, turn }: Batch): Promise<RealRun> {
  const prefixes = cases.map((_, i) => `${prefix}${i}-`);
  const scripts = cases.map((each) => labScript(labFrom(each.lab)));
  const all = (argument: string) => shells(scripts.map((script, i) => inSubshell(script, prefixes[i]!, argument)));
  let over = () => {};
  try {
    const failed = (await all("")).find(({ status }) => status !== 0);
    if (failed !== undefined) throw new Error(`a lab's script failed:\n${failed.err}`);
    await new Promise((done) => setTimeout(done, cases.some(hasIpv6) ? SETTLE6 : SETTLE));
    const flushes = cases.flatMap((test, i) => (hasIpv6(test) ? forgetting(test, prefixes[i]!) : []));
    if (flushes.length > 0) {
      await shells(flushes);
      await new Promise((done) => setTimeout(done, REPORTED));
    }
    over = (await turn?.()) ?? over;
    const job = {
      cases: cases.map((test, i) => ({
        prefix: prefixes[i],
        offset: i * STAGGER,
        end: runs[i]!.end,
        drawn: runs[i]!.drawn,
        traffic: test.traffic,
        ipv6: hasIpv6(test),
        namespaces: namespacesOf(test),
      })),
    };
    const played = await run("python3", [PLAYER], JSON.stringify(job));
    if (played.status !== 0) throw new Error(`player.py failed:\n${played.err}`);
    const report = JSON.parse(played.out) as Report;
    // A program that ends leaves its tun device without a carrier, which the kernel tells later.
    const hasPrograms = cases.some(({ traffic }) => traffic.some(({ kind }) => kind === "flannel"));
    if (hasPrograms) await new Promise((done) => setTimeout(done, CARRIER_TOLD));
    const texts = await inTurns(cases, (test, i) => textsFrom(test, prefixes[i]!));
    const results = cases.map((_, i) => ({ ...resultOf(report.cases[i]!, runs[i]!.end), texts: texts[i]! }));
    const disturbed =
      report.lost > 0
        ? `${report.lost} frames were not captured`
        : report.lateness > LATEST
          ? `the machine was too busy: ${report.lateness.toFixed(0)} ms late`
          : report.entries >= FORGETS_THOSE_IN_USE
            ? `${report.entries} neighbour entries on this machine: Linux forgets some`
            : null;
    return { results, disturbed, forgets: report.entries >= FORGETS_FAILED };
  } finally {
    if (!keep) await all("down");
    over();
  }
}

interface Report {
  readonly lateness: number;
  readonly lost: number;
  readonly entries: number;
  readonly cases: readonly {
    readonly frames: readonly (readonly [ns: string, device: string, way: string, at: number, bytes: string])[];
    readonly sockets: readonly (readonly string[])[];
    readonly look: Readonly<Record<string, Look>>;
  }[];
}

interface Look {
  readonly neighbours: readonly Entry[];
  readonly fdb: readonly Entry[];
  /** By device, in the order of counters.ts. */
  readonly counters: Readonly<Record<string, readonly number[]>>;
  /** By `Ip.InReceives`. */
  readonly snmp: Readonly<Record<string, number>>;
}

interface Entry {
  readonly dev: string;
  readonly state: number;
  readonly flags: number;
  readonly dst: string;
  readonly mac: string | null;
  readonly master: string | null;
}

/** include/uapi/linux/neighbour.h; NOARP entries, of lo and of broadcasts, are not listed by `ip neigh` either. */
const NUD: Readonly<Record<number, string>> = {
  1: "INCOMPLETE",
  2: "REACHABLE",
  4: "STALE",
  8: "DELAY",
  16: "PROBE",
  32: "FAILED",
  128: "PERMANENT",
};
const NUD_PERMANENT = 128;

function resultOf(seen: Report["cases"][number], end: number): Omit<Result, "texts"> {
  const frames: Record<string, SeenFrame[]> = {};
  const beginnings: Beginnings = new Map();
  const inTime = [...seen.frames].sort((a, b) => a[3] - b[3]);
  for (const [ns, device, way, at, bytes] of inTime)
    if (at <= end) {
      const octets = Buffer.from(bytes, "hex");
      if (isReport(octets)) continue;
      const text = canonical(octets, device, beginnings);
      listAt(frames, `${ns} ${device} ${way}`).push({ at, text });
    }
  const counters: Record<string, readonly number[]> = {};
  const snmp: Record<string, number> = {};
  const neighbours: Record<string, Record<string, string[]>> = {};
  const fdb: Record<string, string[]> = {};
  for (const [ns, look] of Object.entries(seen.look)) {
    neighbours[ns] = {};
    for (const { dst, dev, mac, state } of look.neighbours)
      if (NUD[state] !== undefined)
        neighbours[ns][`${dst} dev ${dev}`] = [mac === null ? NUD[state] : `lladdr ${mac} ${NUD[state]}`];
    // Every device also lists the multicast addresses it listens to (self); what a bridge knows has a master.
    const lines = look.fdb
      .filter(({ master }) => master !== null)
      .map(
        ({ mac, dev, master, state }) =>
          `${mac} dev ${dev} master ${master}${state & NUD_PERMANENT ? " permanent" : ""}`,
      );
    if (lines.length > 0) fdb[ns] = lines.sort();
    for (const [device, counted] of Object.entries(look.counters)) counters[`${ns} ${device}`] = counted;
    for (const [counter, counted] of Object.entries(look.snmp)) snmp[`${ns} ${counter}`] = counted;
  }
  return { frames, sockets: seen.sockets, neighbours, fdb, counters, snmp };
}

function hasIpv6({ lab }: Case): boolean {
  return lab.nodes.some(({ namespaces }) => namespaces.some(({ ipv6 }) => ipv6 !== undefined));
}

/** Bridges have learned from what IPv6 said when devices came up. */
function forgetting({ lab }: Case, prefix: string): string[] {
  return lab.nodes.flatMap(({ namespaces }) =>
    namespaces.flatMap(({ name, devices }) =>
      devices
        .filter(({ kind }) => kind === "bridge")
        .map((device) => `ip -n ${prefix}${name} link set ${device.name} type bridge fdb_flush`),
    ),
  );
}

function namespacesOf(test: Case): { name: string; devices: string[] }[] {
  return test.lab.nodes.flatMap(({ namespaces }) =>
    namespaces.map(({ name, devices }) => ({ name, devices: devices.map((device) => device.name) })),
  );
}

async function textsFrom(test: Case, prefix: string): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  const mark = "-- packetwalk --";
  for (const { name } of namespacesOf(test)) {
    const commands = commandsOf(name, test.questions, hasIpv6(test));
    if (commands.length === 0) continue;
    const script = commands.map((command) => `${command} 2>&1; printf '%s\\n' '${mark}'`).join("\n");
    const { out } = await run("ip", ["netns", "exec", prefix + name, "sh", "-c", script], "");
    const pieces = out.split(`${mark}\n`);
    commands.forEach((command, i) => {
      texts[`${name}: ${command}`] = (pieces[i] ?? "").replaceAll(OTHERS, "");
    });
  }
  return texts;
}

/** What `ip` says on stderr when somebody else's namespace is only half there while it looks for a name. */
const OTHERS = "Error: Peer netns reference is invalid.\n";

function inSubshell(script: string, prefix: string, argument: string): string {
  // Not "(...) || exit": in such a list sh would ignore the script's own "set -e".
  return `(PREFIX='${prefix}'; set -- ${argument}\n${script}\n)\n[ $? = 0 ] || exit 1`;
}

/** Runs the scripts, several at once, and says how each shell ended. */
function shells(scripts: readonly string[]) {
  const share = (n: number) => scripts.filter((_, i) => i % SHELLS === n).join("\n");
  return Promise.all(Array.from({ length: SHELLS }, (_, n) => run("sh", ["-s"], share(n))));
}

/** Asks for each, SHELLS of them at once. */
async function inTurns<T, U>(list: readonly T[], ask: (each: T, i: number) => Promise<U>): Promise<U[]> {
  const answers: U[] = [];
  const rest = [...list.entries()];
  const one = async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift())
      answers[next[0]] = await ask(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: SHELLS }, one));
  return answers;
}

function run(
  command: string,
  args: string[],
  input: string,
): Promise<{ status: number | null; out: string; err: string }> {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { env: { ...process.env, LC_ALL: "C" } });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      err += text;
    });
    child.on("error", failed).on("close", (status) => done({ status, out, err }));
    // A child that ended early does not read; its status says so.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
