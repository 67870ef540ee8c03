// What a proxy has the node's own tools do.
import type { Lab } from "../../lab/lab.ts";
import type { Netns } from "../../netns/netns.ts";
import { COMMANDS } from "../../tools/registry.ts";

/** Where a proxy works. */
export interface Place {
  readonly lab: Lab;
  readonly ns: Netns;
}

/** Runs a tool that does its work at once; whether it succeeded. */
export function succeeds(place: Place, words: readonly string[]): boolean {
  return call(place, words, "") === null;
}

/** What it prints. Throws Error as `run`. */
export function said(place: Place, words: readonly string[]): string {
  let printed = "";
  const complaint = call(place, words, "", (text) => {
    printed += text;
  });
  if (complaint !== null) throw new Error(`${words.join(" ")}: ${complaint}`);
  return printed;
}

/** Runs it. Throws Error with the tool's words when it fails: what a proxy writes is right. */
export function run(place: Place, words: readonly string[], stdin = ""): void {
  const complaint = call(place, words, stdin);
  if (complaint !== null) throw new Error(`${words.join(" ")}: ${complaint}`);
}

function call(
  { lab, ns }: Place,
  [name = "", ...args]: readonly string[],
  stdin: string,
  out: (text: string) => void = () => {},
): string | null {
  let said = "";
  const status = COMMANDS[name]!({
    ...{ lab, ns, container: null, args, stdin, out },
    err: (text) => {
      said += text;
    },
    run: () => {
      throw new Error(`${name} runs nothing else`);
    },
  });
  return status === 0 ? null : said.trim();
}
