// Random command lines against the real tools: node dist/test/tools/random/main.js [SEQUENCES] [SEED] [LENGTH]
import { sequence } from "./generate.ts";
import { type Outcome, playBoth } from "./play.ts";
import { shrink } from "./shrink.ts";

const [count = "20", seed = "1", length = "60", mode = ""] = process.argv.slice(2);
const refused = new Map<string, number>();
let lines = 0;
let differing = 0;
const queue = Array.from({ length: Number(count) }, (_, i) => `${seed}/${i}`);

/** The lines that only one of two texts has. */
function apart(ours: string, theirs: string): string {
  const pieces = (text: string) => text.split(/\n|(?<=\}),/);
  const [here, real] = [pieces(ours), pieces(theirs)];
  const only = (lines: string[], others: string[], mark: string) =>
    lines.filter((line) => !others.includes(line)).map((line) => `${mark} ${line}\n`);
  return [...only(here, real, "-"), ...only(real, here, "+")].join("");
}

function report(name: string, { difference }: Outcome): void {
  if (difference === null) return;
  const { model, real } = difference;
  const words = apart(model.out + model.err, real.out + real.err);
  process.stdout.write(`\n== ${name}: $ ${model.line} (here ${model.status}, real ${real.status})\n${words}`);
}

await Promise.all(
  Array.from({ length: 8 }, async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const all = sequence(name, Number(length));
      const outcome = await playBoth(all);
      lines += outcome.lines.length;
      for (const line of outcome.refused) refused.set(line, (refused.get(line) ?? 0) + 1);
      if (outcome.difference === null) continue;
      differing++;
      report(name, outcome);
      if (mode === "shrink") process.stdout.write(`-- shrunk\n${(await shrink(outcome)).join("\n")}\n`);
    }
  }),
);
if (mode === "refused") for (const line of refused.keys()) process.stdout.write(`refused: ${line}\n`);
process.stdout.write(
  `\n${lines} lines played, ${refused.size} refused aloud, ${differing} of ${count} sequences differ\n`,
);
process.exitCode = differing > 0 ? 1 : 0;
