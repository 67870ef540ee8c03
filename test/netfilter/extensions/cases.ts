// Every option of every extension, right and wrong.
import { GROUPS_1 } from "./cases-1.ts";
import { GROUPS_2 } from "./cases-2.ts";
import { GROUPS_3 } from "./cases-3.ts";

export interface Case {
  readonly family: 4 | 6;
  readonly table: string;
  readonly chain: string;
  readonly words: string;
}

export const CASES: readonly Case[] = [...GROUPS_1, ...GROUPS_2, ...GROUPS_3].flatMap(
  ({ families = [4, 6], at = ["mangle", "FORWARD"], with: first, lines }) =>
    families.flatMap((family) =>
      lines.map((line) => ({ family, table: at[0], chain: at[1], words: [first, line].filter(Boolean).join(" ") })),
    ),
);

/** The words of a line, those between ` as one. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/`([^`]*)`|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}
