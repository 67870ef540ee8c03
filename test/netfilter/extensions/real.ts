// What the real iptables and ip6tables of this machine say of each case, in a namespace of their own.
// `node dist/test/netfilter/extensions/real.js` records it for machines that have none.
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { CASES, type Case, wordsOf } from "./cases.ts";

const HERE = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../../../test/netfilter/extensions");
const GOLDENS = path.join(HERE, "goldens", "words.json.gz");
const NAMESPACE = "tx-words";

/** What a tool said when a rule was appended, and how it prints the rule. */
export interface Said {
  readonly status: number;
  readonly error: string;
  /** Of -S, without `-A CHAIN `. */
  readonly saved: string;
  /** Of -nL and of -L, behind the columns. */
  readonly numeric: string;
  readonly named: string;
}

export type BackEnd = "nft" | "legacy";
export type Answers = Readonly<Record<string, Said>>;

export function keyOf({ family, table, chain, words }: Case, backEnd: BackEnd): string {
  return `${backEnd} ${family} ${table} ${chain} ${words}`;
}

export function readGoldens(): Answers {
  return JSON.parse(gunzipSync(fs.readFileSync(GOLDENS)).toString());
}

/** Sets that rules name, with their families. */
export const SETS: Readonly<Record<string, { readonly words: string; readonly family: 4 | 6 | null }>> = {
  s4: { words: "hash:ip", family: 4 },
  s6: { words: "hash:ip family inet6", family: 6 },
  ports: { words: "bitmap:port range 0-9", family: null },
};

/** Whether this machine has the tools of the version that is compared with, and may use them. */
export function canAsk(): boolean {
  if (process.getuid?.() !== 0) return false;
  return ["iptables-nft", "ip6tables-nft", "iptables-legacy", "ip6tables-legacy"].every((tool) => {
    const { status, stdout } = spawnSync(tool, ["--version"], { encoding: "utf8" });
    return status === 0 && stdout.includes("v1.8.9");
  });
}

/** Asks the real tools about cases. */
export function ask(cases: readonly Case[], backEnds: readonly BackEnd[] = ["nft", "legacy"]): Answers {
  spawnSync("ip", ["netns", "del", NAMESPACE]);
  execFileSync("ip", ["netns", "add", NAMESPACE]);
  try {
    for (const [name, type] of Object.entries(SETS))
      execFileSync("ip", ["netns", "exec", NAMESPACE, "ipset", "create", name, ...type.words.split(" ")]);
    const answers: Record<string, Said> = {};
    for (const backEnd of backEnds) for (const each of cases) answers[keyOf(each, backEnd)] = askOne(each, backEnd);
    return answers;
  } finally {
    execFileSync("ip", ["netns", "del", NAMESPACE]);
  }
}

function askOne({ family, table, chain, words }: Case, backEnd: BackEnd): Said {
  const tool = `${family === 4 ? "iptables" : "ip6tables"}-${backEnd}`;
  const run = (...args: string[]) =>
    spawnSync("ip", ["netns", "exec", NAMESPACE, tool, "-t", table, ...args], { encoding: "utf8" });
  const { status, stderr } = run("-A", chain, ...wordsOf(words));
  if (status !== 0) return { status: status ?? -1, error: stderr, saved: "", numeric: "", named: "" };
  const saved = run("-S", chain).stdout.trimEnd().split("\n").at(-1)!.replace(`-A ${chain} `, "").trim();
  const last = (...args: string[]) =>
    run(...args)
      .stdout.trimEnd()
      .split("\n")
      .at(-1)!
      .replace(/^(\S*\s+){3}\S+\s+(?:0\.0\.0\.0\/0|anywhere|::\/0)\s*/, "")
      .trimEnd();
  const [numeric, named] = [last("-nL", chain), last("-L", chain)];
  run("-F", chain);
  return { status, error: stderr, saved, numeric, named };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const answers = ask(CASES);
  fs.writeFileSync(GOLDENS, gzipSync(JSON.stringify(answers, null, 1)));
  console.log(`${Object.keys(answers).length} answers recorded`);
}
