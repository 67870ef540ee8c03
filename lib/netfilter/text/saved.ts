// A file of iptables-save as tables of their own: the rules of a machine that is somewhere else.
// Before you edit: text/restore.ts.
import { BadInput } from "../../wire/input.ts";
import type { Family } from "../extension.ts";
import { Table, type TableName } from "../table.ts";
import { NEWEST } from "./flavour.ts";
import { Broken, Restore } from "./restore.ts";

/**
 * The tables of a file that iptables-save wrote, with its counters. Throws BadInput with the file's name, the line and
 * what is wrong with it, also for what is not modelled.
 */
export function readSaved(
  text: string,
  { family = 4, file = "iptables-save" }: { readonly family?: Family; readonly file?: string } = {},
): Map<TableName, Table> {
  const tables = new Map<TableName, Table>();
  const tool = family === 4 ? "iptables-restore" : "ip6tables-restore";
  const reader = new Restore(text, {
    family,
    flavour: NEWEST,
    tool,
    keeps: false,
    counts: true,
    tests: false,
    verbose: 0,
    only: null,
    table: (name) => tables.get(name) ?? tables.set(name, new Table(name, family)).get(name)!,
    out: () => {},
    err: () => {},
  });
  try {
    reader.run();
  } catch (error) {
    if (!(error instanceof Broken) && !(error instanceof BadInput)) throw error;
    const line = error instanceof Broken ? error.line : reader.number;
    const what =
      error instanceof Broken ? error.complaint.text.split("\n").find((each) => each !== "")! : error.message;
    throw new BadInput(
      `${file}, line ${line}: ${what}`,
      text.split("\n", line)[line - 1] ?? "",
      "Nothing of the file was taken.",
    );
  }
  return tables;
}
