// Makes a history that differs shorter, as long as it still differs.
import type { Event, History } from "../../lib/tools/ipvs-histories/history.ts";

/** Most candidates of one round: all of them are played on one start of the kernel. */
const ROUND = 24;

/** The shortest history found. `differs` says of each candidate whether it still does. */
export async function shrink(
  history: History,
  differs: (candidates: readonly History[]) => Promise<boolean[]>,
): Promise<History> {
  let best = history;
  for (;;) {
    const candidates = shorter(best);
    let better: History | undefined;
    for (let from = 0; from < candidates.length && better === undefined; from += ROUND) {
      const round = candidates.slice(from, from + ROUND);
      const results = await differs(round);
      better = round.find((_, i) => results[i]);
    }
    if (better === undefined) return best;
    best = better;
  }
}

/** Without some events, the longest parts first; without servers that are set up at first. */
function shorter(history: History): History[] {
  const { events, dests } = history;
  const found: History[] = [];
  for (let size = events.length >> 1; size >= 1; size >>= 1)
    for (let from = 0; from < events.length; from += size) found.push(without(history, from, from + size));
  if (dests.length > 1)
    for (const gone of dests)
      if (!events.some((event) => "ip" in event && event.ip === gone.ip))
        found.push({ ...history, dests: dests.filter((each) => each !== gone) });
  return found;
}

/** Times stay, and events on connections that are never made go with them. */
function without(history: History, from: number, to: number): History {
  const places = new Map<number, number>();
  const events: Event[] = [];
  const added = new Set(history.dests.map(({ ip, port }) => `${ip}:${port}`));
  for (const [i, event] of history.events.entries()) {
    if (i >= from && i < to) continue;
    if ("conn" in event && !places.has(event.conn)) continue;
    if (event.op === "weight" && !added.has(`${event.ip}:${event.port}`)) continue;
    if (event.op === "add") added.add(`${event.ip}:${event.port}`);
    places.set(i, events.length);
    events.push("conn" in event ? { ...event, conn: places.get(event.conn)! } : event);
  }
  return { ...history, events };
}
