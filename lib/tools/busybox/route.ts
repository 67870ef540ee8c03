// busybox's `route` and `netstat -r`: the main table, without names.
// Before you edit: busybox 1.35 networking/route.c (bb_displayroutes), netstat.c.
import { type Call, notModelled } from "../command.ts";
import { getopt } from "../getopt.ts";
import { routeTable } from "../route-table.ts";

/** With `-e` the columns are those of `netstat -r`; it has none that are longer. */
export function route({ ns, out }: Call, args: readonly string[]): number {
  const { options, operands, problem } = getopt(args, "ne");
  const has = (letter: string) => options.some((each) => each.letter === letter);
  if (problem !== null || operands.length > 0 || !has("n"))
    throw notModelled("busybox route", args.join(" "), "route -n [-e]");
  out(routeTable(ns, has("e") ? 2 : 1, true, true));
  return 0;
}

export function netstat({ ns, out }: Call, args: readonly string[]): number {
  const { options, operands, problem } = getopt(args, "rn");
  const letters = new Set(options.map(({ letter }) => letter));
  if (problem !== null || operands.length > 0 || letters.size !== 2)
    throw notModelled("busybox netstat", args.join(" "), "netstat -rn");
  out(routeTable(ns, 2, true, true));
  return 0;
}
