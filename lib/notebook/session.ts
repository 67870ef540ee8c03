// The lab that the verbs mean when none is named: the one made last.

import { map } from "../draw/map.ts";
import type { Places } from "../draw/spots.ts";
import { topology } from "../draw/topology.ts";
import type { LabData } from "../lab/data.ts";
import { labFrom } from "../lab/data-read.ts";
import { labData, seenData } from "../lab/data-write.ts";
import { Lab, type LabOptions } from "../lab/lab.ts";
import { labScript } from "../lab/script.ts";
import { BadInput } from "../wire/input.ts";
import { DISPLAY, Picture, type Shown, Told } from "./display.ts";

let current: ShownLab | null = null;

/** A lab that shows itself as a picture of its nodes, namespaces, devices and cables. */
export class ShownLab extends Lab {
  /** From now on `sh`, `walk` and `show` mean this lab, though another was made after it. */
  use(): this {
    current = this;
    return this;
  }
  /** The lab as plain JSON, from which `lab(data)` makes it again. */
  data(): LabData {
    return labData(this);
  }
  /** The machines at these columns and rows, with their cables: `net.map({ client: [0, 0], router: [1, 0] })`. */
  map(places: Places): Picture {
    return new Picture(map(seenData(this), places));
  }
  /** The shell script that builds the same lab on a real Linux machine, for root: save it, run it, compare. */
  script(): Told {
    return new Told(labScript(this));
  }
  [DISPLAY](): Shown {
    return new Picture(topology(seenData(this)))[DISPLAY]();
  }
}

/** The seed that is asked for, or in a class that set PACKETWALK_SEED, another one for each value of it. */
function varied(seed: string | undefined): { seed?: string } {
  const variation = process.env.PACKETWALK_SEED;
  if (variation) return { seed: `${seed ?? "packetwalk"} ${variation}` };
  return seed === undefined ? {} : { seed };
}

/**
 * Makes an empty lab, or the one that `data` describes; from now on `sh`, `walk` and `show` mean this one. Same seed,
 * same bytes; PACKETWALK_SEED in the environment varies all seeds at once. Throws BadInput naming the field when the data is wrong; the lab before stays.
 *
 * @example
 * const net = lab({ seed: "lecture-1" });
 * const node = net.node("node-1");
 */
export function lab(from: LabOptions | LabData = {}): ShownLab {
  return madeLab(from).use();
}

/** A lab as `lab` makes it; the verbs go on meaning the one before. */
export function madeLab(from: LabOptions | LabData): ShownLab {
  const make = (options: LabOptions) => new ShownLab(options);
  return "nodes" in from ? labFrom(from, make) : make({ ...from, ...varied(from.seed) });
}

/** The lab made last. Throws BadInput when there is none. */
export function currentLab(): Lab {
  if (current === null) throw new BadInput("there is no lab yet", "", "Make one first: const net = lab();");
  return current;
}
