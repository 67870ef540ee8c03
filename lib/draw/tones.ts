// A tone for each real server, so that a picture of many picks is seen at a glance; its name always stands in it, too.
import type { Ink } from "./ink.ts";

const TONES: readonly Ink[] = ["tone1", "tone2", "tone3", "tone4", "tone5", "tone6"];

/** Names as people count them: 2 before 10. */
export function byName(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** The same tone for the same server wherever it is asked with the same names. */
export function tonesOf(names: Iterable<string | null>): (name: string) => Ink {
  const known = [...new Set(names)].filter((name) => name !== null).sort(byName);
  return (name) => TONES[known.indexOf(name) % TONES.length] ?? "tone3";
}
