// The lab that the verbs mean when none is named: the one made last.

import { topology } from "../draw/topology.ts";
import { labData } from "../lab/data-write.ts";
import { Lab, type LabOptions } from "../lab/lab.ts";
import { BadInput } from "../wire/input.ts";
import { DISPLAY, Picture, type Shown } from "./display.ts";

let current: Lab | null = null;

/** A lab that shows itself as a picture of its nodes, namespaces, devices and cables. */
class ShownLab extends Lab {
  [DISPLAY](): Shown {
    return new Picture(topology(labData(this)))[DISPLAY]();
  }
}

/**
 * Makes an empty lab; from now on `sh`, `walk` and `show` mean this one. Same seed, same bytes.
 *
 * @example
 * const net = lab({ seed: "lecture-1" });
 * const node = net.node("node-1");
 */
export function lab(options: LabOptions = {}): Lab {
  current = new ShownLab(options);
  return current;
}

/** The lab made last. Throws BadInput when there is none. */
export function currentLab(): Lab {
  if (current === null) throw new BadInput("there is no lab yet", "", "Make one first: const net = lab();");
  return current;
}
