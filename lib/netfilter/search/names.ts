// The names of devices that rules can tell apart: those they say, one that begins as they say, and one that does not.
import type { DeviceMatch } from "../rule.ts";
import type { Table } from "../table.ts";
import type { Ranges } from "./space.ts";

export class DeviceNames {
  /** Number 0: no device. */
  readonly names: readonly string[];

  /** All others count as one of these: each rule of the tables says the same of both. */
  constructor(tables: readonly Table[], known: readonly string[] = []) {
    const exact = new Set(known);
    const prefixes = new Set<string>();
    for (const table of tables)
      for (const { rules } of table.chains.values())
        for (const { spec } of rules)
          for (const device of [spec.in, spec.out])
            if (device !== null) (device.isPrefix ? prefixes : exact).add(device.name);
    exact.delete("");
    const isNew = (name: string, prefix: string) =>
      !exact.has(name) && [...prefixes].every((other) => other.length <= prefix.length || !name.startsWith(other));
    for (const prefix of [...prefixes, ""])
      for (const letter of "0123456789abcdefghijklmnopqrstuvwxyz") {
        const name = `${prefix}${prefix === "" ? `any${letter}` : letter}`;
        if (!isNew(name, prefix) || (prefix === "" && [...prefixes].some((each) => name.startsWith(each)))) continue;
        exact.add(name);
        break;
      }
    this.names = ["", ...exact];
  }

  /** The numbers of those that the rule means. */
  of({ name, isPrefix, inverted }: DeviceMatch): Ranges {
    return this.where((each) => (isPrefix ? each.startsWith(name) : each === name) !== inverted);
  }
  /** Any device, but not none. */
  get any(): Ranges {
    return [1, this.names.length - 1];
  }
  get all(): Ranges {
    return [0, this.names.length - 1];
  }
  number(name: string): number {
    return this.names.indexOf(name);
  }

  private where(keep: (name: string) => boolean): Ranges {
    return this.names.flatMap((name, i) => (keep(name) ? [i, i] : []));
  }
}
