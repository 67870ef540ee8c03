// Records what kube-proxy's own code writes for random cases (oracle/proxy.sh), or only tells where the model differs:
// node dist/test/kube/proxy/record.js MODULE [FIRST COUNT]. Without FIRST and COUNT the golden is written.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { largeCase, proxyCase } from "./cases.ts";
import { assertSame, comparable, textsOf } from "./text.ts";

export const GOLDEN = resolve(import.meta.dirname, "../../../../test/kube/goldens/kube-proxy-iptables.json");
export const RECORDED = 40;

if (process.argv[1]?.endsWith("record.js")) {
  const [, , module = "", first, count] = process.argv;
  const seeds = Array.from({ length: Number(count ?? RECORDED) }, (_, i) => `${Number(first ?? 0) + i}`);
  const cases = [...seeds.map(proxyCase), largeCase()];
  const folder = mkdtempSync(join(tmpdir(), "kube-proxy-"));
  const [ask, answer] = [join(folder, "ask.json"), join(folder, "answer.json")];
  writeFileSync(ask, JSON.stringify(cases));
  writeFileSync(answer, "");
  const script = resolve(import.meta.dirname, "../../../../test/kube/oracle/proxy.sh");
  execFileSync(script, [module, "iptables", ask, answer], { stdio: "inherit" });
  const answers = JSON.parse(readFileSync(answer, "utf8")) as string[][];
  rmSync(folder, { recursive: true });
  let texts = 0;
  for (const [i, each] of cases.entries()) {
    const ours = textsOf(each);
    for (const [step, text] of ours.entries()) {
      assertSame(comparable(text), comparable(answers[i]![step]!), `seed ${seeds[i] ?? "large"}, step ${step}`);
      texts++;
    }
  }
  console.log(`${cases.length} cases, ${texts} texts: the same`);
  if (first === undefined)
    writeFileSync(GOLDEN, `${JSON.stringify(answers.slice(0, seeds.length).map((each) => each.map(comparable)))}\n`);
}
