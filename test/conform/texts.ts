// Printed text of commands, the same words in the model and on the real machine.
import type { Lab } from "../../lib/lab/lab.ts";
import { COMMANDS } from "../../lib/tools/registry.ts";
import { place, runShell } from "../../lib/tools/shell.ts";
import { BadInput } from "../../lib/wire/input.ts";
import type { Question } from "./case.ts";

/** Commands whose text is compared in every namespace, when the model has them. */
const COMPARED = ["ip addr", "ip link", "ip route show table all", "bridge link"] as const;
const COMPARED6 = ["ip -6 route show table all", "ip -6 rule"] as const;

/** The commands for a namespace, in order. */
export function commandsOf(ns: string, questions: readonly Question[], hasIpv6 = false): string[] {
  const asked = questions.filter((question) => question.ns === ns);
  const gets = asked.map(
    ({ to, from, command }) => command ?? `ip route get ${to}${from === undefined ? "" : ` from ${from}`}`,
  );
  return [...COMPARED, ...(hasIpv6 ? COMPARED6 : []), ...gets].filter((command) => has(command.split(" ")[0]!));
}

function has(tool: string): boolean {
  return Object.hasOwn(COMMANDS, tool);
}

/** What the model prints; what it refuses aloud as not modelled is not compared. By `NETNS: COMMAND`. */
export function textsOf(lab: Lab, questions: readonly Question[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const ns of lab.namespaces.values())
    for (const command of commandsOf(ns.name, questions, ns.hasIpv6))
      try {
        texts[`${ns.name}: ${command}`] = runShell(lab, place(lab, ns.name), command).text;
      } catch (error) {
        if (!(error instanceof BadInput)) throw error;
      }
  return texts;
}
