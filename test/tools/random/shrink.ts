// A sequence that differs, made shorter while it still differs in the words of its last line.
import { type Outcome, playBoth } from "./play.ts";

export async function shrink({ lines, difference }: Outcome): Promise<readonly string[]> {
  if (difference === null) return [];
  let best = lines.slice(0, difference.at + 1);
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = best.length - 1 - size; at >= 0; at -= size) {
      const shorter = [...best.slice(0, at), ...best.slice(at + size)];
      const again = await playBoth(shorter);
      if (again.difference !== null && again.difference.at === shorter.length - 1) best = shorter;
    }
  }
  return best;
}
