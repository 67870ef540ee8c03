// Command lines of the classic tools that the real ones and the model are both given; each case begins on a new machine.
import { BUSYBOX } from "./cases-busybox.ts";
import { NET } from "./cases-net.ts";
import { TRACE } from "./cases-trace.ts";
import { SLOW6, TRACE6 } from "./cases-trace6.ts";
import { IPIP_CASES, TUNNELS } from "./cases-tunnel.ts";

export const CASES: Readonly<Record<string, string>> = { ...TRACE, ...TRACE6, ...TUNNELS, ...NET, ...BUSYBOX };

/** Cases in which a real tool waits long: for a name server, for a host that is not there, for answers that do not come; and those that not every kernel can play. */
export const SLOW: readonly string[] = [
  "names",
  "tracepathRow",
  "tracerouteErrors2",
  "tracepathErrors2",
  "tracepathErrors3",
  "arpingRow",
  "busybox",
  ...SLOW6,
  ...IPIP_CASES,
  ...Object.keys(CASES).filter((name) => /tracerouteErrors([3-9]|\d\d)$/.test(name)),
];

export function linesOf(script: string): string[] {
  return script.split("\n").filter((line) => line !== "");
}
