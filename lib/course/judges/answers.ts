// Reads what students hand in: data of any shape.
import { BadInput } from "../../wire/input.ts";
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
