// `sysctl -a` of a real machine, or a part of it: the switches that act here are set.
// Before you edit: netns/sysctl.ts, net/ipv4/devinet.c (devinet_sysctl_forward).
import { BadInput } from "../../wire/input.ts";
import { broken, type Dump, type Line, linesOf, type Place } from "./dump.ts";

/** What a file of sysctls left to be said. */
export interface ReadSysctls {
  /** What of the network it says that has no say here, in words. */
  readonly assumed: readonly string[];
  has(name: string): boolean;
}

/** Those that change others come first: forwarding sets every device's, and default's go to all that have none. */
const FIRST = [
  /^net\.ipv4\.ip_forward$/,
  /^net\.ipv[46]\.conf\.all\.forwarding$/,
  /\.conf\.all\./,
  /\.conf\.default\./,
];

/** Throws BadInput for a line that is none of `sysctl -a`, and for what is no number where there is a switch. */
export function readSysctls({ ns, family }: Place, dump: Dump): ReadSysctls {
  const said = new Map<string, { readonly line: Line; readonly value: string }>();
  for (const line of linesOf(dump)) {
    if (/^\s*[#;]/.test(line.text)) continue;
    const [, name, value] = /^\s*([\w./:@+-]+)\s*=\s*(.*?)\s*$/.exec(line.text) ?? [];
    if (name === undefined || value === undefined) throw broken(line, "this is not what sysctl -a prints");
    said.set(name, { line, value });
  }
  const others = family === 4 ? "net.ipv6." : "net.ipv4.";
  const ours = [...said].filter(([name]) => name.startsWith("net.") && !name.startsWith(others));
  const rank = (name: string) => {
    const at = FIRST.findIndex((each) => each.test(name));
    return at === -1 ? FIRST.length : at;
  };
  const unknown: string[] = [];
  const assumed: string[] = [];
  for (const [name, { line, value }] of ours.sort(([a], [b]) => rank(a) - rank(b))) {
    if (!ns.sysctls.has(name)) unknown.push(name);
    else if (!/^-?\d+$/.test(value)) throw broken(line, `${name} is a number`);
    else if (`${ns.sysctls.get(name)}` !== value) {
      try {
        ns.sysctls.set(name, value);
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
        assumed.push(`${name} is ${ns.sysctls.get(name)}: ${value} is not modelled`);
      }
    }
  }
  if (unknown.length > 0)
    assumed.push(
      unknown.length === 1
        ? `${unknown[0]} has no say: it is not modelled`
        : `${unknown[0]} and ${unknown.length - 1} more sysctls of the file have no say: they are not modelled`,
    );
  return { assumed, has: (name) => said.has(name) };
}
