// Options of the tools beside iptables itself, as getopt_long reads them: short ones, and long ones that may be shortened.
// Before you edit: getopt_long(3).
import { type Got, getopt } from "../getopt.ts";

/** Reads words by letters as getopt does, and by names that each stand for one of the letters (`t:` takes a value). */
export function longOptions(args: readonly string[], letters: string, names: Readonly<Record<string, string>>): Got {
  const short: string[] = [];
  for (const [i, word] of args.entries()) {
    if (word === "--") {
      short.push(...args.slice(i));
      break;
    }
    if (!word.startsWith("--")) {
      short.push(word);
      continue;
    }
    const [name = "", value] = word.slice(2).split(/=(.*)/s);
    const found = Object.keys(names).filter((each) => each === name || each.startsWith(name));
    const exact = found.find((each) => each === name) ?? (found.length === 1 ? found[0]! : null);
    if (exact === null) {
      const problem = found.length === 0 ? `unrecognized option '--${name}'` : `option '--${name}' is ambiguous`;
      return { ...getopt(short, letters), problem };
    }
    const letter = names[exact]!;
    if (value !== undefined && letter.length === 1)
      return { ...getopt(short, letters), problem: `option '--${exact}' doesn't allow an argument` };
    short.push(`-${letter[0]}${value ?? ""}`);
  }
  return getopt(short, letters);
}
