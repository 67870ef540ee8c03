// What the devices of a lab have counted, in the order of /proc/net/dev, and its protocols as in /proc/net/snmp.
import type { Lab } from "../../lib/lab/lab.ts";
import type { Result } from "./case.ts";

export function countersOf(lab: Lab): Pick<Result, "counters"> {
  const counters: Record<string, number[]> = {};
  for (const ns of lab.namespaces.values())
    for (const { name, stats, errors } of ns.devices.values())
      counters[`${ns.name} ${name}`] = [
        ...[stats.rxBytes, stats.rxPackets, errors?.rx ?? 0, stats.rxDropped],
        ...[stats.txBytes, stats.txPackets, errors?.tx ?? 0, stats.txDropped],
      ];
  return { counters };
}
