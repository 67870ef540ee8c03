// Cases on the real kernel: players (player.py) keep labs of each kind and swap their rules.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { whyNotReal as whyNoNamespaces } from "../real.ts";
import type { Case, Result } from "./case.ts";
import { type Kind, kindName, labLines, unlimited } from "./lab.ts";
import type { ModelRun } from "./model.ts";
import { fileOf } from "./rules.ts";
import { framesText, fromText } from "./seen.ts";

const PLAYER = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../../test/conform/netfilter/player.py");

/** Before all namespaces' names, so that two runs on one machine don't meet. */
const PREFIX = `${process.env.PACKETWALK_PREFIX ?? "pn"}${process.pid}-`;

/** Cases played at once by a player, each in a lab of its own. */
export const LABS_AT_ONCE = 12;

/** Why this machine cannot be asked, or null. */
export function whyNotReal(): string | null {
  const why = whyNoNamespaces();
  if (why !== null) return why;
  for (const tool of ["iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy", "ipset", "conntrack"])
    if (spawnSync(tool, ["--version"]).status !== 0) return `no ${tool}`;
  const { stdout } = spawnSync("iptables-nft", ["--version"], { encoding: "utf8" });
  return stdout.includes("v1.8.9 ") ? null : `iptables is ${stdout.trim()}, not 1.8.9`;
}

interface Report {
  readonly refused: string | null;
  readonly frames: Readonly<Record<string, readonly string[]>>;
  readonly logs: Readonly<Record<string, readonly (string | readonly [number | null, string, number])[]>>;
  readonly rules: string;
  readonly connections: string;
  readonly sets: string;
  readonly waited: number;
}

/** A process that has labs, and the requests it has not answered yet. */
export class Player {
  private readonly child: ChildProcess;
  private readonly number: number;
  private readonly built = new Map<string, number>();
  private readonly waiting: ((line: string | null) => void)[] = [];
  private complaint = "";

  constructor(number: number) {
    this.number = number;
    this.child = spawn("python3", [PLAYER, `${number}`]);
    this.child.stderr!.setEncoding("utf8").on("data", (text) => {
      this.complaint += text;
    });
    createInterface(this.child.stdout!).on("line", (line) => this.waiting.shift()!(line));
    this.child.on("close", () => {
      for (const wake of this.waiting.splice(0)) wake(null);
    });
  }

  private async ask(job: object): Promise<unknown> {
    const line = await new Promise<string | null>((done) => {
      this.waiting.push(done);
      this.child.stdin!.write(`${JSON.stringify(job)}\n`);
    });
    if (line === null) throw new Error(`player.py ended:\n${this.complaint}`);
    return JSON.parse(line);
  }

  /** Plays cases of one kind, at most LABS_AT_ONCE. */
  async play(kind: Kind, cases: readonly Case[], runs: readonly ModelRun[]): Promise<Result[]> {
    await this.build(kind, cases.length);
    const jobs = cases.map(({ sets, tables }, i) => ({
      family: kind.family,
      backEnd: kind.backEnd,
      sets: sets.map((line) => `${line}\n`).join(""),
      rules: fileOf(tables),
      steps: runs[i]!.steps,
    }));
    const reports = (await this.ask({ do: "play", kind: kindName(kind), cases: jobs })) as Report[];
    return reports.map(resultOf);
  }

  private async build(kind: Kind, count: number): Promise<void> {
    const name = kindName(kind);
    const have = this.built.get(name) ?? 0;
    if (have >= count) return;
    this.built.set(name, count);
    for (let i = have; i < count; i++) {
      const prefix = `${PREFIX}${this.number}-${name}-${i}-`;
      await this.ask({
        do: "build",
        kind: name,
        prefix,
        script: `${[...labLines(kind, prefix), ...unlimited(prefix)].join("\n")}\n`,
      });
    }
    // What IPv6 says of itself (reports of groups, twice or more) is over then.
    await new Promise((done) => setTimeout(done, kind.family === 6 ? 4000 : 300));
  }

  /** Ends the process, which takes its labs away. */
  async close(): Promise<void> {
    const ended = new Promise((done) => this.child.on("close", done));
    this.child.stdin!.end();
    if (this.child.exitCode === null) await ended;
  }
}

function resultOf(report: Report): Result {
  if (report.refused !== null)
    return { refused: report.refused, frames: {}, sockets: {}, rules: "", connections: "", sets: "", waited: 0 };
  const frames = Object.entries(report.frames).map(([where, list]) => [
    where,
    list.map((hex) => Buffer.from(hex, "hex")),
  ]);
  const sockets = Object.entries(report.logs).map(([name, log]) => [
    name,
    log.map((said) => {
      if (typeof said === "string") return said;
      const [octets, address, port] = said;
      return `${octets === null ? "" : `${octets} octets `}${fromText(address, port)}`;
    }),
  ]);
  const { rules, connections, sets, waited } = report;
  return {
    refused: null,
    frames: framesText(Object.fromEntries(frames)),
    sockets: Object.fromEntries(sockets),
    rules,
    connections,
    sets,
    waited,
  };
}
