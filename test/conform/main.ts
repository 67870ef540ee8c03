// npm run conform -- dataplane|netfilter|ipvs: random cases here and on the real kernel.
import { main as ipvs } from "../ipvs/conform.ts";
import { main as dataplane } from "./dataplane.ts";
import { main as netfilter } from "./netfilter/main.ts";
import { THEMES } from "./themes.ts";

const COMMANDS = { dataplane, netfilter, ipvs };

const USAGE = `npm run conform -- dataplane|netfilter|ipvs [--cases N] [--seed S] [--from I] [--jobs N] [--shrink]
  dataplane  [--themes A,B] [--keep] [--verbose] [--case FILE] [--record]
             themes: ${Object.keys(THEMES).join(", ")}
  netfilter  [--coverage] [--verbose] [--case FILE] [--record]
  ipvs       [--player PROGRAM]
--from begins with the I-th case of the seed, --jobs plays so many batches at once, --shrink makes what differs small,
--keep leaves the labs on the machine, --record writes the goldens anew.
`;

/** The command; its exit status. */
async function main([command = "dataplane", ...words]: readonly string[]): Promise<number> {
  if ([command, ...words].some((word) => word === "--help" || word === "-h")) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command.startsWith("-")) return main(["dataplane", command, ...words]);
  if (!Object.hasOwn(COMMANDS, command)) return wrong(`what is "${command}"?`);
  for (const [i, word] of words.entries())
    if (/^--(cases|from|jobs)$/.test(word) && !/^\d+$/.test(words[i + 1] ?? "")) return wrong(`${word} takes a number`);
  try {
    return await COMMANDS[command as keyof typeof COMMANDS](words);
  } catch (error) {
    // Of parseArgs: an option that is not there, or without its value.
    if (error instanceof TypeError && "code" in error && `${error.code}`.startsWith("ERR_PARSE_ARGS"))
      return wrong(error.message);
    throw error;
  }
}

function wrong(what: string): number {
  process.stderr.write(`conform: ${what}\n${USAGE}`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
