// Where iptables works: the tables of the namespace it is called in, and which iptables the machine has.
import { Edit } from "../../netfilter/edit.ts";
import type { Family } from "../../netfilter/extension.ts";
import { type BackEnd, Table, type TableName } from "../../netfilter/table.ts";
import { type Flavour, NEWEST } from "../../netfilter/text/flavour.ts";
import { type Call, notModelled } from "../command.ts";

/** The machine's iptables; a program of one back end (`iptables-legacy`) has that one. */
export function flavourOf({ lab, ns }: Call, backEnd: BackEnd | null): Flavour {
  const flavour = lab.machines.get(ns.node)?.iptables ?? NEWEST;
  return backEnd === null ? flavour : { ...flavour, backEnd };
}

/** What the program `-save` or `-restore` calls itself: by nf_tables as it was called, else without its back end. */
export function nameOf(plain: string, backEnd: BackEnd | null): string {
  return backEnd === "nft" ? plain.replace("-", "-nft-") : plain;
}

/** The table as it is, or as it would be if somebody had asked for it. */
export function look(call: Call, family: Family, name: TableName, flavour: Flavour): Table {
  const table = tablesOf(call, family).peek(name) ?? new Table(name, family);
  checkBackEnd(table, flavour);
  return table;
}

/** The table, made if need be. */
export function table(call: Call, family: Family, name: TableName, flavour: Flavour): Table {
  const made = tablesOf(call, family).get(name);
  checkBackEnd(made, flavour);
  return made;
}

/** All tables that were made, in the order in which the back end lists them. */
export function all(call: Call, family: Family, flavour: Flavour): Table[] {
  const tables = tablesOf(call, family).all();
  for (const each of tables) checkBackEnd(each, flavour);
  // What was asked for and never written is not there for nf_tables.
  return flavour.backEnd === "legacy" ? tables.reverse() : tables.filter(({ backEnd }) => backEnd !== null);
}

export function tablesOf({ ns }: Call, family: Family) {
  return family === 4 ? ns.xtables : ns.xtables6;
}

/** The families of the namespace's sets, for rules that name them. */
export function setFamilyOf({ ns }: Call): (name: string) => Family | null | undefined {
  return (name) => ns.sets.get(name)?.options.family;
}

/** On a real machine both back ends have tables of their own, and packets pass both. */
function checkBackEnd({ name, backEnd }: Table, flavour: Flavour): void {
  if (backEnd !== null && backEnd !== flavour.backEnd)
    throw notModelled(
      `iptables-${flavour.backEnd}`,
      `the table ${name} beside the one that iptables-${backEnd} wrote`,
      "one of both in a namespace",
    );
}

/** Changes one table: all of it, or nothing when something is thrown. */
export function change(table: Table, { backEnd }: Flavour, work: (edit: Edit) => void): void {
  const edit = new Edit(table, backEnd);
  try {
    work(edit);
    edit.commit();
  } catch (error) {
    edit.takeBack();
    throw error;
  }
}
