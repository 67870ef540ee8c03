// Verbs that lay several walks, or plain numbers, beside each other.
import { bars as barsScene, type Groups } from "../draw/bars.ts";
import { headerColumns } from "../draw/header-columns.ts";
import { Picture } from "./display.ts";
import type { Walk } from "./walk.ts";

/** The headers of the first packet of each walk and of its answer, hop by hop, a column for each: `headersBeside({ NAT: walk1, DR: walk2 })`. */
export function headersBeside(walks: Readonly<Record<string, Walk>>): Picture {
  return new Picture(headerColumns(Object.entries(walks).map(([name, { lab, steps }]) => ({ name, lab, steps }))));
}

/** Numbers as bars in groups of one scale: `bars("Octets", { NAT: { in: 7, out: 3 }, DR: { in: 7, out: 0 } })`. */
export function bars(title: string, groups: Groups, unit = ""): Picture {
  return new Picture(barsScene(title, groups, { unit }));
}
