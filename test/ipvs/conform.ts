// npm run conform -- ipvs --cases N --seed S [--from I] [--jobs N] [--player PROGRAM] [--shrink]: random
// histories of virtual services, played on a real kernel and in the model; every difference is shown.
import { parseArgs } from "node:util";
import type { History, Outcome } from "../../lib/tools/ipvs-histories/history.ts";
import { playHistories } from "../../lib/tools/ipvs-histories/play.ts";
import { difference } from "./difference.ts";
import { generate } from "./generate.ts";
import { keep } from "./goldens.ts";
import { PLAYER, play } from "./player.ts";
import { shrink } from "./shrink.ts";

/** Histories of one start of the kernel. */
const BATCH = 50;

const HELP = `npm run conform -- ipvs [--cases 50] [--seed 1] [--from 0] [--jobs 2] [--player PROGRAM] [--shrink]

Random histories of virtual services, played on a real kernel and here; every difference is shown, and --shrink keeps it
as a small test. --from goes on where another run ended. The kernel is played by test/ipvs/oracle/player.py (its --help
says what it needs: QEMU, Debian's kernel 6.1 and tools, no root), or by a program of yours that takes and prints what
packetwalk ipvs does.
`;

interface Compared {
  readonly history: History;
  readonly real: Outcome;
  readonly differs: string | null;
}

async function compare(player: string, histories: readonly History[]): Promise<Compared[]> {
  const { scenarios } = await play(player, histories);
  const own = playHistories(histories);
  return histories.map((history, i) => {
    const real = scenarios[i]!;
    return { history, real, differs: difference(history, real, own[i]!) };
  });
}

/** The command, without its first word; its exit status. */
export async function main(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      cases: { type: "string", default: "50" },
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      jobs: { type: "string", default: "2" },
      player: { type: "string", default: process.env.IPVS_PLAYER ?? PLAYER },
      shrink: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const { player } = values;
  const began = Date.now();
  const [from, count] = [Number(values.from), Number(values.cases)];
  const all = Array.from({ length: count }, (_, i) => generate(`${values.seed}/${from + i}`));
  const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, i) => ({
    first: from + i * BATCH,
    histories: all.slice(i * BATCH, (i + 1) * BATCH),
  }));
  /** Batches that are not finished: the first of them is where to go on. */
  const open = new Set(batches.map(({ first }) => first));
  const different: Compared[] = [];
  let [played, events, connections] = [0, 0, 0];
  const work = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      for (const each of await compare(player, batch.histories)) {
        events += each.history.events.length;
        connections += each.history.events.filter(({ op }) => op === "connect" || op === "syn").length;
        if (each.differs === null) continue;
        different.push(each);
        process.stdout.write(`${each.differs}\n`);
      }
      open.delete(batch.first);
      played += batch.histories.length;
      const seconds = ((Date.now() - began) / 1000).toFixed(0);
      process.stderr.write(`${played} of ${count}, ${different.length} with a difference; ${seconds} s\n`);
    }
  };
  try {
    await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  } catch (error) {
    process.stderr.write(
      `conform: the real kernel cannot be asked: ${(error as Error).message}. conform -- ipvs --help says what is needed; --from ${Math.min(...open)} --cases ${from + count - Math.min(...open)} goes on.\n`,
    );
    return 2;
  }
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  process.stdout.write(
    `${count} histories, ${different.length} with a difference; ${events} events, ${connections} new connections; ${seconds} s\n`,
  );
  if (values.shrink)
    for (const { history } of different) {
      const small = await shrink(history, async (candidates) =>
        (await compare(player, candidates)).map(({ differs }) => differs !== null),
      );
      const [last] = await compare(player, [small]);
      process.stdout.write(`shrunk: ${keep({ scenario: small, outcome: last!.real })}\n`);
    }
  return different.length === 0 ? 0 : 1;
}
