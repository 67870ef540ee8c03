// Reading JSON somebody else wrote: every value knows where it stands, so what is wrong is named by its place.
import { BadInput } from "../wire/input.ts";

export class Place {
  readonly value: unknown;
  /** As `nodes[0].namespaces[1].devices[2].mac`. */
  readonly path: string;

  constructor(value: unknown, path: string) {
    this.value = value;
    this.path = path;
  }

  /** The BadInput for this place. */
  wrong(problem: string, mend: string): BadInput {
    const text = typeof this.value === "string" ? this.value : (JSON.stringify(this.value) ?? "nothing");
    return new BadInput(`${this.path}: ${problem}`, text, mend);
  }

  /** A field that must be there. */
  at(name: string): Place {
    const found = this.maybe(name);
    if (found === null) throw this.wrong(`"${name}" is missing`, `Add "${name}".`);
    return found;
  }

  /** A field, or null when it is not there. */
  maybe(name: string): Place | null {
    const { value } = this;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw this.wrong("not an object", "Write an object in braces.");
    const field = (value as Record<string, unknown>)[name];
    return field === undefined ? null : new Place(field, `${this.path}.${name}`);
  }

  list(): Place[] {
    if (!Array.isArray(this.value)) throw this.wrong("not a list", "Write a list in square brackets.");
    return this.value.map((each, i) => new Place(each, `${this.path}[${i}]`));
  }

  text(): string {
    if (typeof this.value !== "string") throw this.wrong("not a text", "Write a text in quotation marks.");
    return this.value;
  }

  flag(): boolean {
    if (typeof this.value !== "boolean") throw this.wrong("neither true nor false", "Write true or false.");
    return this.value;
  }

  whole(from: number, to: number): number {
    const { value } = this;
    if (typeof value !== "number" || !Number.isInteger(value) || value < from || value > to)
      throw this.wrong("not a number that can stand here", `Write a whole number from ${from} to ${to}.`);
    return value;
  }

  oneOf<T extends string>(words: readonly T[]): T {
    const found = words.find((word) => word === this.value);
    if (found === undefined) throw this.wrong("not a word that can stand here", `Write one of ${words.join(", ")}.`);
    return found;
  }

  /** What `read` makes of the text; its BadInput gets this place's path. */
  as<T>(read: (text: string) => T): T {
    const text = this.text();
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      throw new BadInput(`${this.path}: ${error.problem}`, error.text, error.mend);
    }
  }
}
