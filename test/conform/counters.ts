// What the devices of a lab have counted, in the order of /proc/net/dev, and its protocols as in /proc/net/snmp and snmp6.
import type { Lab } from "../../lib/lab/lab.ts";
import { snmp6 } from "../../lib/netns/ipv6/mib6.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import type { Case, Result } from "./case.ts";

/** Protocols whose counters are compared. TCP's depend on timers of the machine that the lab does not have. */
const PROTOCOLS: readonly string[] = ["Ip", "Icmp", "IcmpMsg", "Udp"];

/** The counters of all devices and of these protocols. */
export function countersOf(lab: Lab, { traffic }: Case): Pick<Result, "counters" | "snmp"> {
  // TCP hands several segments to IP as one packet (GSO), which counts it once.
  const hasTcp = traffic.some(({ kind }) => kind === "tcp");
  const counters: Record<string, number[]> = {};
  const snmp: Record<string, number> = {};
  for (const ns of lab.namespaces.values()) {
    for (const { name, stats, errors } of ns.devices.values())
      counters[`${ns.name} ${name}`] = [
        ...[stats.rxBytes, stats.rxPackets, errors?.rx ?? 0, stats.rxDropped],
        ...[stats.txBytes, stats.txPackets, errors?.tx ?? 0, stats.txDropped],
      ];
    const lines = runShell(lab, place(lab, ns.name), "cat /proc/net/snmp").out.trim().split("\n");
    for (let i = 0; i + 1 < lines.length; i += 2) {
      const [protocol = "", ...names] = lines[i]!.split(" ");
      const values = lines[i + 1]!.split(" ").slice(1);
      if (PROTOCOLS.includes(protocol.slice(0, -1)))
        for (const [at, name] of names.entries())
          if (!hasTcp || !/^Out(Requests|Transmits)$/.test(name))
            snmp[`${ns.name} ${protocol.slice(0, -1)}.${name}`] = Number(values[at]);
    }
    if (ns.hasIpv6)
      for (const [name, counted] of snmp6(ns.ipv6.mib))
        if (!hasTcp || !/^Ip6Out(Requests|Transmits)$/.test(name)) snmp[`${ns.name} ${name}`] = counted;
  }
  return { counters, snmp };
}
