// Small text files of a machine, or of one pod on it: what was mounted, and what commands wrote by `> FILE` or -w, for
// `< FILE` and -r.
import type { Lab } from "../lab/lab.ts";
import type { Netns } from "../netns/netns.ts";

interface Where {
  readonly lab: Lab;
  readonly ns: Netns;
}

/** What stands in a file of the machine, or null when it has no such file. */
export function fileText({ lab, ns }: Where, name: string): string | null {
  const machine = lab.machines.get(ns.node);
  const bytes = machine?.mounts.get(ns.name)?.get(name) ?? machine?.files.get(name);
  return bytes === undefined ? null : new TextDecoder().decode(bytes);
}

/** Writes a file of the machine, or behind what stands in it. */
export function writeFile({ lab, ns }: Where, name: string, text: string, appends: boolean): void {
  const before = appends ? (fileText({ lab, ns }, name) ?? "") : "";
  const machine = lab.machines.get(ns.node);
  const mounted = machine?.mounts.get(ns.name);
  const files = mounted?.has(name) ? mounted : machine?.files;
  files?.set(name, new TextEncoder().encode(before + text));
}
