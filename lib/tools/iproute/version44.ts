// iproute2 4.4, as machines of 2016 and 2017 had it (Amazon Linux): what its listings have that those of 6.1 have not.
// Before you edit: iproute2 4.4.0 ip/iproute.c (print_route), ip.c (main), include/SNAPSHOT.h.
import { type Route, TABLE } from "../../ip/route.ts";
import { metricWords, nexthopFlags } from "../../ip/route-text.ts";
import { tableName } from "../../ip/rule.ts";
import { notModelled } from "../command.ts";
import type { Context, Options } from "./context.ts";
import { matches } from "./words.ts";

export const VERSION44 = "ip utility, iproute2-ss160111\n";

/** JSON came with 4.14, -Numeric with 4.20. */
export function lacks44(option: string): boolean {
  return ["-json", "-pretty"].some((each) => matches(option, each));
}

/** Throws BadInput for options whose listings are modelled as those of 6.1 only. */
export function allow44({ brief, details, human, stats }: Options): void {
  const word = brief ? "-br" : details ? "-d" : human ? "-h" : stats > 0 ? "-s" : null;
  if (word !== null) throw notModelled("ip of iproute2 4.4", word, "the options -4, -6, -o, -n NAME");
}

/** The end of a route: its metrics and ways, each with a blank before it and none behind. */
export function routeEnd44(context: Context, words: readonly string[], route: Route): string {
  let text = `${words.join(" ")} `;
  const [mtu, ...rest] = metricWords(route);
  if (mtu !== undefined) text += ` ${[mtu, ...rest].join(" ")}`;
  for (const hop of route.nexthops ?? []) {
    const via = hop.via === null ? "" : ` via ${hop.via} `;
    const flags = nexthopFlags(hop).map((flag) => ` ${flag}`);
    text += `${context.newline}\tnexthop${via} dev ${hop.dev.name} weight ${hop.weight}${flags.join("")}`;
  }
  return `${text}\n`;
}

/** Which table `ip route get` names: all but main. */
export function tableText44(table: number): string | null {
  return table === 0 || table === TABLE.main ? null : tableName(table);
}

/** What `ip route get` says behind `cache`. */
export function cacheText44([cache, ...words]: readonly string[]): string {
  const [flags, ...rest] = words[0]?.startsWith("<") ? words : ["", ...words];
  return `${cache} ${flags === "" ? "" : `${flags} `}${rest.map((word) => ` ${word}`).join("")}`;
}
