// Verbs that lay several walks, or plain numbers, beside each other.
import { bars as barsScene, type Groups } from "../draw/bars.ts";
import { headerColumns } from "../draw/header-columns.ts";
import { octetBars } from "../draw/octet-bars.ts";
import { ruleColumns } from "../draw/rule-columns.ts";
import { wirings as wiringsScene } from "../draw/wirings.ts";
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

/** Every device that the first packet of each walk came by, numbered, a row for each walk: `wirings({ "flannel-vxlan": walk1 })`. */
export function wirings(walks: Readonly<Record<string, Walk>>): Picture {
  return new Picture(wiringsScene(Object.entries(walks).map(([name, { lab, frames }]) => ({ name, lab, frames }))));
}

/** What was put around the first packet of each walk where it was longest, header by header on one scale. */
export function octetsBeside(walks: Readonly<Record<string, Walk>>): Picture {
  return new Picture(octetBars(Object.entries(walks).map(([name, { frames }]) => ({ name, frames }))));
}

/** What a node's routing rules said to the first packet of each walk, a column for each: `rulesBeside("node-1", { "to db": walk1 })`. */
export function rulesBeside(netns: string, walks: Readonly<Record<string, Walk>>): Picture {
  return new Picture(
    ruleColumns(
      netns,
      Object.entries(walks).map(([name, { steps }]) => ({ name, steps })),
    ),
  );
}
