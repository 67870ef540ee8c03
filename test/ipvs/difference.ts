// Where a model's history parts from the real one's.
import type { Event, History, Outcome, Result } from "../../lib/tools/ipvs-histories/history.ts";

/** Timers that a packet nobody sees starts again, or that the kernel lets end late before it starts them again. */
const LOOSE = /^(\S+ +)\S+( +(?:SYN_RECV|SYNACK|NONE|ASSURED) )/;

/** Octets of TCP: kernels are played with shorter segments, without timestamps. */
const OCTETS = /( +\d+ +\d+ +\d+) +\d+ +\d+$/;

/** A result as text. Connections stand in the order of a hash with a random key. */
function comparable({ proto }: History, event: Event, result: Result | undefined): string {
  if (event.op === "cmd" && event.cmd.includes("--stats") && proto !== "udp")
    return JSON.stringify((result as string[]).map((line) => line.replace(OCTETS, "$1")));
  if (event.op !== "conns") return JSON.stringify(result);
  return JSON.stringify((result as string[]).map((line) => line.replace(LOOSE, "$1 -$2")).sort());
}

/** The first event that came out otherwise, or null. */
export function difference(history: History, real: Outcome, model: Outcome): string | null {
  const at = history.events.findIndex(
    (event, i) => comparable(history, event, real.results[i]) !== comparable(history, event, model.results[i]),
  );
  if (at !== -1)
    return `${history.name} (${history.scheduler}), event ${at} ${JSON.stringify(history.events[at])}: the kernel says ${JSON.stringify(real.results[at])}, the model ${JSON.stringify(model.results[at])}`;
  const [final, own] = [JSON.stringify(real.final), JSON.stringify(model.final)];
  return final === own ? null : `${history.name}, at the end: the kernel says ${final}, the model ${own}`;
}
