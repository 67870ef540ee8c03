// Records what kube-proxy's own code writes for random cases (oracle/proxy.sh), or only tells where the model differs:
// node dist/test/kube/proxy/record.js MODULE iptables|ipvs|nftables [FIRST COUNT]. Without FIRST and COUNT the golden is written.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { largeCase, type ProxyCase, proxyCase } from "./cases.ts";
import { blocksOf, rulesetsOf } from "./nftables-text.ts";
import { assertSame, comparable, type IpvsAnswer, ipvsAnswersOf, sortedAnswer, textsOf } from "./text.ts";

type Comparable = Record<string, string[]>;

/** What a mode's answers are compared as: the model's, and those of the real code. */
const MODES: Record<string, { ours(asked: ProxyCase): Comparable[]; theirs(answer: never): Comparable }> = {
  iptables: {
    ours: (asked) => textsOf(asked).map(comparable),
    theirs: (answer: string) => comparable(answer),
  },
  ipvs: {
    ours: (asked) => ipvsAnswersOf(asked).map(sortedAnswer),
    theirs: (answer: IpvsAnswer) => sortedAnswer(answer),
  },
  nftables: {
    ours: rulesetsOf,
    theirs: (answer: string) => blocksOf(answer),
  },
};

const TEST = resolve(import.meta.dirname, "../../../../test/kube");
export const RECORDED = 40;

/** The model's answers for a case. */
export const answersOf = (mode: string, asked: ProxyCase): Comparable[] => MODES[mode]!.ours(asked);

/** The recorded answers: case by case, sync by sync. */
export function goldenOf(mode: string): Comparable[][] {
  return JSON.parse(readFileSync(goldenFile(mode), "utf8"));
}

const goldenFile = (mode: string) => `${TEST}/goldens/kube-proxy-${mode}.json`;

if (process.argv[1]?.endsWith("record.js")) {
  const [, , module = "", mode = "", first, count] = process.argv;
  const seeds = Array.from({ length: Number(count ?? RECORDED) }, (_, i) => `${Number(first ?? 0) + i}`);
  const cases = [...seeds.map(proxyCase), largeCase()];
  const folder = mkdtempSync(join(tmpdir(), "kube-proxy-"));
  const [ask, answer] = [join(folder, "ask.json"), join(folder, "answer.json")];
  writeFileSync(ask, JSON.stringify(cases));
  writeFileSync(answer, "");
  execFileSync(`${TEST}/oracle/proxy.sh`, [module, mode, ask, answer], { stdio: "inherit" });
  const said = JSON.parse(readFileSync(answer, "utf8")) as never[][];
  rmSync(folder, { recursive: true });
  const theirs = said.map((each) => each.map(MODES[mode]!.theirs));
  let syncs = 0;
  for (const [i, each] of cases.entries())
    for (const [step, ours] of answersOf(mode, each).entries()) {
      assertSame(ours, theirs[i]![step]!, `seed ${seeds[i] ?? "large"}, step ${step}`);
      syncs++;
    }
  console.log(`${cases.length} cases, ${syncs} syncs: the same`);
  if (first === undefined) writeFileSync(goldenFile(mode), `${JSON.stringify(theirs.slice(0, seeds.length))}\n`);
}
