// Reads what students hand in: data of any shape.
import type { LabData } from "../../lab/data.ts";
import { labFrom } from "../../lab/data-read.ts";
import type { Lab } from "../../lab/lab.ts";
import { parseShell } from "../../tools/words.ts";
import { BadInput } from "../../wire/input.ts";
import { no, type Property } from "../assignment.ts";
import { short } from "../check.ts";

/** A field of an answer like `{ ttl: 64 }`, of this type. Throws BadInput for another shape. */
export function field(answer: unknown, name: string, type: "number"): number;
export function field(answer: unknown, name: string, type: "string"): string;
export function field(answer: unknown, name: string, type: "number" | "string"): unknown {
  if (typeof answer !== "object" || answer === null || !Object.hasOwn(answer, name))
    throw new BadInput(`an answer without ${name}`, short(answer), `Hand in an object like { ${name}: ... }.`);
  const value = (answer as Record<string, unknown>)[name];
  if (typeof value === type) return value;
  throw new BadInput(`${name} is not a ${type}`, short(value), `Hand in a ${type}.`);
}

/** A field of the answer that must be this number; `hint` is told where it is another. */
export function numbered<Values>(
  name: string,
  points: number,
  truth: (values: Values) => number,
  hint: string,
): Property<Values> {
  return {
    title: name,
    points,
    holds(answer, { values }) {
      const given = field(answer, name, "number");
      return given === truth(values) ? { ok: true, because: `${given}` } : no(`Not ${given}. ${hint}`);
    },
  };
}

/** The lab that was handed in. Throws BadInput for what is none. */
export function labOf(answer: unknown): Lab {
  if (typeof answer !== "object" || answer === null || !("nodes" in answer))
    throw new BadInput("not a lab", short(answer), 'Hand in the lab itself: handIn("…", net).');
  return labFrom(answer as LabData);
}

/** The commands for a place, of an answer like `{ "node-1": "ip …", red: "…" }`; nothing where it says nothing. */
export function commandsFor(answer: unknown, where: string): string {
  const given = typeof answer === "object" && answer !== null && Object.hasOwn(answer, where);
  return given ? field(answer, where, "string") : "";
}

/** Commands that change nothing, in the words that begin them. */
const LOOKS = new RegExp(
  [
    "(ping|true|echo|arping|traceroute|cat|ss|curl|nc|sleep)\\b",
    "ip( -\\S+)* \\S+($| (show|list|get)\\b)",
    "bridge \\S+ show",
    "ipvsadm (-[LS]|--list|--save)",
    "iptables(-save$|( -t \\S+)? -[LS])",
    "sysctl( -\\S+)* [^-=][^=]*$",
  ]
    .map((each) => `^${each}`)
    .join("|"),
);

/** How many commands of the answer change something in these places. */
export function changes(answer: unknown, places: readonly string[]): number {
  const commands = places.flatMap((where) => parseShell(commandsFor(answer, where))).flatMap((each) => each.commands);
  return commands.filter(({ words, stdout }) => typeof stdout === "object" || !LOOKS.test(words.join(" "))).length;
}
