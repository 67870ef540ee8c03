// Lines that no tool knows, said in each world in its own way: `watch` captures on every device until `unwatch`;
// `frames NS DEV` says what was seen, `counters NS` what was counted since; and how long neighbours are believed.
import type { ParmName } from "../../lib/ip/neighbour-parms.ts";
import type { Lab } from "../../lib/lab/lab.ts";
import type { Device } from "../../lib/link/device.ts";
import { snmp6 } from "../../lib/netns/ipv6/mib6.ts";
import { describe } from "../../lib/wire/describe.ts";
import { parseFilter } from "../../lib/wire/filter.ts";
import { FILTER } from "./generate.ts";

export function realLine(room: string, lines: readonly string[], line: string): string {
  const [, ns, dev] = FRAMES.exec(line) ?? [];
  if (ns !== undefined) return `cat ${room}/${ns}.${dev}`;
  const counted = COUNTERS.exec(line)?.[1];
  if (counted !== undefined)
    return `ip netns exec ${counted} cat /proc/net/snmp6 | awk '${GROWN}' ${room}/${counted} -`;
  if (line === "unwatch") return "kill $CAPTURES; wait";
  if (line !== "watch") return line;
  const captures = lines.flatMap((each) => {
    const [, space, device] = FRAMES.exec(each) ?? [];
    const command = `ip netns exec ${space} tcpdump --immediate-mode -l -n -t -i ${device} "${FILTER}"`;
    return space === undefined
      ? []
      : [`${command} >${room}/${space}.${device} 2>/dev/null &`, 'CAPTURES="$CAPTURES $!"'];
  });
  const spaces = lines.flatMap((each) => COUNTERS.exec(each)?.[1] ?? []);
  const counts = spaces.map((space) => `ip netns exec ${space} cat /proc/net/snmp6 >${room}/${space}`);
  return [...captures, ...counts, "sleep 0.8"].join("\n");
}

/** What was counted since. */
const GROWN = "NR == FNR { before[$1] = $2; next } $2 != before[$1] { print $1, $2 - before[$1] }";
const COUNTERS = /^counters (\w+)$/;
export const FRAMES = /^frames (\w+) (\w+)$/;
const PATIENT = /^ip netns exec (\w+) sysctl -qw net\.ipv6\.neigh\.(\w+)\.(\w+)=(\d+)$/;

/** The same in the model. */
export class Stage {
  private readonly lab: Lab;
  private readonly lines: readonly string[];
  private readonly frames = new Map<Device, string[]>();
  private readonly before = new Map<string, ReadonlyMap<string, number>>();

  constructor(lab: Lab, lines: readonly string[]) {
    this.lab = lab;
    this.lines = lines;
  }

  /** What such a line says, or null for a line of a tool. */
  out(line: string): string | null {
    const { lab } = this;
    if (line === "unwatch") return "";
    if (line === "watch") return this.watch();
    const [, ns, dev] = FRAMES.exec(line) ?? [];
    if (ns !== undefined) return this.frames.get(lab.netns(ns).devices.get(dev!)!)!.join("");
    const counted = COUNTERS.exec(line)?.[1];
    if (counted !== undefined) return this.counters(counted);
    const [, space, device, name, value] = PATIENT.exec(line) ?? [];
    if (space === undefined) return null;
    const host = lab.netns(space);
    host.ipv6.of(host.devices.get(device!)!).parms.write(name as ParmName, Number(value));
    return "";
  }

  private watch(): string {
    const { lab } = this;
    const filter = parseFilter(FILTER);
    for (const line of this.lines) {
      const counted = COUNTERS.exec(line)?.[1];
      if (counted !== undefined) this.before.set(counted, new Map(snmp6(lab.netns(counted).ipv6.mib)));
      const [, ns, dev] = FRAMES.exec(line) ?? [];
      if (ns === undefined) continue;
      const device = lab.netns(ns).devices.get(dev!)!;
      const seen: string[] = [];
      this.frames.set(device, seen);
      device.taps = [...(device.taps ?? []), (frame) => void (filter(frame) && seen.push(`${describe(frame)}\n`))];
    }
    return "";
  }

  private counters(name: string): string {
    const before = this.before.get(name)!;
    return snmp6(this.lab.netns(name).ipv6.mib)
      .map(([key, value]) => ({ key, grown: value - (before.get(key) ?? 0) }))
      .filter(({ grown }) => grown !== 0)
      .map(({ key, grown }) => `${key} ${grown}\n`)
      .join("");
  }
}
